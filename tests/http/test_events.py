"""Recording one execution event, and reading what was recorded."""

from typing import Any

import httpx
import pytest

from tests.http.events_build import (
    batch,
    codes,
    correction,
    event,
    instead,
    listed,
    make_plan,
    milestone,
    ok,
    phase,
    post,
    put_plan,
    retraction,
)
from tests.service import TestClock

EVENTS = "/v1/plans/p/events"
ALL_TYPES: dict[str, dict[str, Any]] = {
    "milestone.started": {},
    "milestone.progressed": {"percent_complete": 40.0, "remaining_minutes": 600},
    "milestone.completed": {},
    "milestone.reopened": {},
    "milestone.blocked": {"reason_code": "parts", "description": "no parts", "expected_resume_at": "2026-03-05"},
    "milestone.unblocked": {},
    "milestone.forecast_changed": {"start": None, "finish": "2026-03-12T16:00:00Z"},
    "milestone.cancelled": {},
    "milestone.assigned": {"assignee": "ann"},
    "cost.incurred": {"amount": "1250.00", "currency": "EUR"},
    "effort.spent": {"minutes": 90, "resource": "p"},
    "note.added": {"text": "Grüße ✓"},
    "metric.measured": {"metric": "adoption", "value": -12.5},
    "risk.occurred": {"risk": "supplier", "description": "bankrupt"},
    "risk.closed": {"risk": "supplier", "reason": "another one was found"},
    "assumption.invalidated": {"assumption": "stable-api", "reason": "they announced version 2"},
    "assignment.requested": {"assignment": "build", "to": "p", "by": "ann", "note": "for a week"},
    "assignment.accepted": {"assignment": "build", "by": "p"},
    "assignment.declined": {"assignment": "build", "by": "p", "reason": "on holiday"},
    "event.corrected": {
        "event": {"source": "ci", "id": "e0"},
        "replacement": {
            "type": "milestone.completed",
            "milestone": "m",
            "occurred_at": "2026-03-01",
            "actor": "ann",
            "data": {},
        },
    },
    "event.retracted": {"event": {"source": "ci", "id": "e0"}, "reason": "never happened"},
}


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client whose plan `p` has the milestone `m`, the phase `f`, a metric, a risk and an assumption."""
    parts = {
        "metrics": [{"key": "adoption", "name": "Adoption", "baseline_value": 0, "target": 40}],
        "risks": [{"key": "supplier", "name": "The supplier fails", "probability": 0.3}],
        "assumptions": [{"key": "stable-api", "statement": "The interface stays as it is"}],
        "assignments": [{"key": "build", "milestone": "m", "resource": "p", "units": 1.0}],
    }
    await ok(await client.post("/v1/resources", json={"key": "p", "name": "Anna"}))
    await make_plan(client, "p", [milestone("m"), phase("f")], **parts)
    return client


async def test_every_type_is_recorded_and_read_back_as_it_was_sent(plan: httpx.AsyncClient) -> None:
    for number, (kind, data) in enumerate(ALL_TYPES.items(), 1):
        target = None if kind.startswith("event.") else "m"
        sent = event(f"e{number}", kind, target, actor="ann", data=data)
        answer = await plan.post(EVENTS, json=sent)
        assert (answer.status_code, answer.headers["location"]) == (201, f"{EVENTS}/{number}")
        recorded = answer.json()
        assert recorded.pop("duplicate") is False
        assert recorded.items() >= {**sent, "plan": "p", "sequence": number, "milestone": target}.items()
        assert await ok(await plan.get(answer.headers["location"])) == recorded


async def test_what_is_not_about_work_may_belong_to_the_plan_as_a_whole(plan: httpx.AsyncClient) -> None:
    for kind in [kind for kind in ALL_TYPES if not kind.startswith(("milestone.", "event."))]:
        (recorded,) = await post(plan, "p", event(kind, kind, None, data=ALL_TYPES[kind]))
        assert recorded["milestone"] is None


async def test_a_repeat_answers_what_was_recorded_first(plan: httpx.AsyncClient, clock: TestClock) -> None:
    first = await plan.post(EVENTS, json=event("e", "started"))
    clock.advance(hours=1)
    again = await plan.post(EVENTS, json=event("e", "started"))
    assert (again.status_code, again.headers["location"]) == (200, first.headers["location"])
    assert again.json() == {**first.json(), "duplicate": True}
    assert len(await listed(plan, "p")) == 1


async def test_the_spelling_of_a_repeat_does_not_matter(plan: httpx.AsyncClient) -> None:
    sent = event("e", "started")
    await post(plan, "p", sent)
    spellings: list[dict[str, Any]] = [
        {"occurred_at": "2026-03-01T09:00:00+01:00"},
        {"occurred_at": "2026-03-01t08:00:00.000z"},
        {"data": {}},
        {"actor": None},
    ]
    for spelled in spellings:
        assert (await plan.post(EVENTS, json={**sent, **spelled})).status_code == 200, spelled


async def test_a_repeat_of_a_day_is_one_also_when_the_plan_has_moved_to_another_zone(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", event("e", "completed", at="2026-03-01"))
    moved = await plan.patch("/v1/plans/p", json={"time_zone": "Asia/Tokyo"}, headers={"If-Match": "*"})
    assert moved.status_code == 200
    assert (await plan.post(EVENTS, json=event("e", "completed", at="2026-03-01"))).status_code == 200
    assert (await plan.post(EVENTS, json=event("e", "completed", at="2026-03-02"))).status_code == 409
    assert (await plan.post(EVENTS, json=event("e", "completed", at="2026-03-01T00:00:00Z"))).status_code == 409


async def test_the_same_name_with_other_content_is_refused_and_the_first_stands(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m"), milestone("n")])
    (first,) = await post(client, "p", event("e", "started"))
    for other in (
        event("e", "completed"),
        event("e", "started", at="2026-03-01T08:00:01Z"),
        event("e", "started", at="2026-03-01"),
        event("e", "started", actor="bob"),
        event("e", "started", "n"),
        event("e", "progressed", data={"percent_complete": 1}),
    ):
        refused = await client.post(EVENTS, json=other)
        assert (refused.status_code, refused.json().get("code")) == (409, "event-conflict"), other
    assert await listed(client, "p") == [{name: first[name] for name in first if name != "duplicate"}]


async def test_a_name_is_unique_in_the_workspace_and_not_in_the_plan(plan: httpx.AsyncClient) -> None:
    await make_plan(plan, "q", [milestone("m")])
    await post(plan, "p", event("e", "started"))
    assert (await plan.post("/v1/plans/q/events", json=event("e", "started"))).status_code == 409
    assert await listed(plan, "q") == []
    await post(plan, "q", {**event("e", "started"), "source": "other"})


IMPOSSIBLE: list[tuple[dict[str, Any], str, str]] = [
    (event("e", "started", "nobody"), "/milestone", "unknown_milestone"),
    (event("e", "started", "f"), "/milestone", "phase_has_no_events"),
    (event("e", "note.added", "nobody", data={"text": "?"}), "/milestone", "unknown_milestone"),
    (correction("e", "x", instead("started", "nobody")), "/data/replacement/milestone", "unknown_milestone"),
    (correction("e", "x", instead("started", "f")), "/data/replacement/milestone", "phase_has_no_events"),
    (event("e", "started", at="2026-03-03T09:00:01Z"), "/occurred_at", "too_far_ahead"),
    (event("e", "started", at="2026-03-04"), "/occurred_at", "too_far_ahead"),
    (
        correction("e", "x", instead("started", at="2026-03-03T09:00:01Z")),
        "/data/replacement/occurred_at",
        "too_far_ahead",
    ),
    (correction("e", "x", instead("started", at="2027-01-01")), "/data/replacement/occurred_at", "too_far_ahead"),
]


async def test_what_cannot_be_is_refused_and_nothing_is_recorded(plan: httpx.AsyncClient) -> None:
    for wrong, pointer, code in IMPOSSIBLE:
        refused = await plan.post(EVENTS, json=wrong)
        assert (refused.status_code, refused.json().get("code")) == (422, "event-refused"), wrong
        assert codes(refused) == [(pointer, code)]
    assert await listed(plan, "p") == []


async def test_up_to_a_day_ahead_is_accepted(plan: httpx.AsyncClient) -> None:
    tomorrow = "2026-03-03T09:00:00Z"  # 24 hours after the clock of the tests
    await post(plan, "p", event("a", "started", at=tomorrow), event("b", "started", at="2026-03-03"))
    await post(plan, "p", correction("c", "a", instead("started", at=tomorrow)))


async def test_an_unknown_plan_is_not_found(plan: httpx.AsyncClient) -> None:
    for answer in (
        await plan.post("/v1/plans/q/events", json=event("e", "started")),
        await plan.get("/v1/plans/q/events"),
        await plan.get("/v1/plans/q/events/1"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "plan-not-found")


async def test_an_unknown_sequence_is_not_found(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", event("e", "started"))
    for sequence in (2, 2**53):
        missing = await plan.get(f"{EVENTS}/{sequence}")
        assert (missing.status_code, missing.json()["code"]) == (404, "event-not-found")


WRONG_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"type": "milestone.exploded"}, ""),
    ({"type": None}, ""),
    ({"milestone": None}, "/milestone"),
    ({"milestone": "no key"}, "/milestone"),
    ({"id": ""}, "/id"),
    ({"id": "x" * 201}, "/id"),
    ({"source": " ci"}, "/source"),
    ({"source": "Grüße"}, "/source"),
    ({"occurred_at": "2026-03-01T08:00:00"}, "/occurred_at"),
    ({"occurred_at": "2026-02-30"}, "/occurred_at"),
    ({"occurred_at": 1772352000}, "/occurred_at"),
    ({"surprise": 1}, "/surprise"),
    ({"data": {"percent_complete": 1}}, "/data/percent_complete"),
    ({"data": []}, "/data"),
]
WRONG_DATA: list[tuple[str, dict[str, Any]]] = [
    ("milestone.progressed", {}),
    ("milestone.progressed", {"percent_complete": 100.5}),
    ("milestone.progressed", {"percent_complete": "40"}),
    ("milestone.progressed", {"remaining_minutes": -1}),
    ("milestone.forecast_changed", {}),
    ("milestone.forecast_changed", {"finish": "soon"}),
    ("milestone.blocked", {"expected_resume_at": "2026-03-05T08:00:00"}),
    ("milestone.assigned", {}),
    ("cost.incurred", {"amount": 1250, "currency": "EUR"}),
    ("cost.incurred", {"amount": "1250", "currency": "euro"}),
    ("effort.spent", {"minutes": 1.5}),
    ("note.added", {"text": ""}),
    ("note.added", {"text": "x" * 10_001}),
]
WRONG_CORRECTIONS: dict[str, dict[str, Any]] = {
    "without replacement": {"event": {"source": "ci", "id": "x"}},
    "without id": {"event": {"source": "ci"}, "replacement": instead("started")},
    "a replacement has no name": {
        "event": {"source": "ci", "id": "x"},
        "replacement": {**instead("started"), "id": "y"},
    },
    "a replacement supersedes nothing": {
        "event": {"source": "ci", "id": "x"},
        "replacement": {**instead("started"), "type": "event.retracted"},
    },
}


async def test_wrong_fields_are_named(plan: httpx.AsyncClient) -> None:
    for change, pointer in WRONG_FIELDS:
        refused = await plan.post(EVENTS, json={**event("e", "started"), **change})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request"), change
        assert pointer in {found for found, _ in codes(refused)}, change
    assert await listed(plan, "p") == []


async def test_wrong_data_are_refused(plan: httpx.AsyncClient) -> None:
    for kind, data in WRONG_DATA:
        refused = await plan.post(EVENTS, json=event("e", kind, data=data))
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request"), (kind, data)
        assert all(pointer.startswith("/data") for pointer, _ in codes(refused)), (kind, data)
    assert await listed(plan, "p") == []


async def test_wrong_corrections_are_refused(plan: httpx.AsyncClient) -> None:
    for what, data in WRONG_CORRECTIONS.items():
        refused = await plan.post(EVENTS, json=event("e", "event.corrected", None, data=data))
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request"), what
    assert await listed(plan, "p") == []


async def test_an_event_beyond_64_kib_is_too_large(plan: httpx.AsyncClient) -> None:
    refused = await plan.post(EVENTS, json=event("e", "note.added", data={"text": "x" * 65_536}))
    assert (refused.status_code, refused.json()["code"]) == (413, "payload-too-large")


async def test_sequence_has_no_gaps_and_recorded_at_always_grows(plan: httpx.AsyncClient, clock: TestClock) -> None:
    for number in range(4):
        await post(plan, "p", event(f"a{number}", "started"))
        await plan.post(EVENTS, json=event(f"a{number}", "completed"))  # refused
        await plan.post(EVENTS, json=event(f"b{number}", "started", "nobody"))  # refused
        await plan.post(EVENTS, json=event(f"a{number}", "started"))  # a duplicate
        await batch(plan, [{"plan": "p", **event(f"c{number}", "started")}, {"plan": "p"}])
        clock.advance(seconds=-1 if number % 2 else 0)  # also where the clock stands still or goes back
    found = await listed(plan, "p")
    assert [each["sequence"] for each in found] == list(range(1, 9))
    instants = [each["recorded_at"] for each in found]
    assert len(set(instants)) == len(instants)
    assert sorted(instants, key=lambda text: text.replace("Z", ".000000Z") if "." not in text else text) == instants


async def test_an_event_of_a_removed_milestone_is_accepted_and_reported(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m"), milestone("gone")])
    await put_plan(client, "p", [milestone("m")])
    await post(client, "p", event("e", "completed", "gone"))
    answer = await ok(await client.get("/v1/plans/p/variance/gone"))
    assert [found["code"] for found in answer["item"]["findings"]] == ["event_on_removed"]
    assert answer["item"]["finish_variance"]["reason"] == "removed"


async def test_a_retraction_may_name_what_nobody_knows(plan: httpx.AsyncClient) -> None:
    (recorded,) = await post(plan, "p", retraction("r", "x"))
    assert (recorded["milestone"], recorded["data"]) == (None, {"event": {"source": "ci", "id": "x"}})


async def test_an_idempotency_key_replays_the_answer(plan: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await plan.post(EVENTS, json=event("e", "started"), headers=headers)
    again = await plan.post(EVENTS, json=event("e", "started"), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await listed(plan, "p")) == 1


# --- lists


@pytest.fixture
async def seven(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A plan with seven events of two milestones and of itself."""
    await make_plan(client, "p", [milestone("m"), milestone("n")])
    for number in range(3):
        await post(client, "p", event(f"m{number}", "started", "m"), event(f"n{number}", "completed", "n"))
    await post(client, "p", event("p0", "note.added", None, data={"text": "hello"}))
    return client


async def test_a_list_is_in_the_order_of_recording_and_filtered(seven: httpx.AsyncClient) -> None:
    wanted: list[tuple[dict[str, str], list[str]]] = [
        ({}, ["m0", "n0", "m1", "n1", "m2", "n2", "p0"]),
        ({"milestone": "m"}, ["m0", "m1", "m2"]),
        ({"type": "milestone.completed"}, ["n0", "n1", "n2"]),
        ({"milestone": "m", "type": "milestone.completed"}, []),
        ({"type": "note.added"}, ["p0"]),
    ]
    for filters, ids in wanted:
        page = await ok(await seven.get(EVENTS, params=filters))
        assert ([each["id"] for each in page["items"]], page["next_cursor"]) == (ids, None)


async def test_pages_join_without_gap_or_repeat(seven: httpx.AsyncClient) -> None:
    found: list[str] = []
    sizes: list[int] = []
    params: dict[str, Any] = {"limit": 3}
    while "cursor" not in params or params["cursor"] is not None:
        page = await ok(await seven.get(EVENTS, params=params))
        found += [each["id"] for each in page["items"]]
        sizes.append(len(page["items"]))
        params["cursor"] = page["next_cursor"]
    assert (sizes, found) == ([3, 3, 1], ["m0", "n0", "m1", "n1", "m2", "n2", "p0"])


async def test_a_cursor_belongs_to_its_plan_and_filters(seven: httpx.AsyncClient) -> None:
    await make_plan(seven, "q", [milestone("m")])
    cursor = (await ok(await seven.get(EVENTS, params={"limit": 1, "milestone": "m"})))["next_cursor"]
    for path, params in (
        (EVENTS, {"limit": 1}),
        (EVENTS, {"milestone": "n"}),
        ("/v1/plans/q/events", {"milestone": "m"}),
    ):
        refused = await seven.get(path, params={**params, "cursor": cursor})
        assert refused.status_code == 422
        assert codes(refused) == [("?cursor", "invalid_cursor")]


async def test_a_limit_beyond_200_is_lowered_to_it(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m")])
    await batch(client, [{"plan": "p", **event(f"e{number}", "started")} for number in range(201)])
    page = await ok(await client.get(EVENTS, params={"limit": 5000}))
    assert len(page["items"]) == 200
    assert page["next_cursor"] is not None
