"""Loading real history: facts recorded at the instant they were really recorded."""

import httpx
import pytest

from tests.http.events_build import Json, batch, capture, event, item, listed, milestone, ok, post, put_plan, variance
from tests.service import MakeClient, MakeKey

EVENTS = "/v1/plans/p/events"
BEGIN = "2025-01-01T00:00:00Z"
DOCUMENT = {"name": "p", "milestones": [milestone("m", "2025-06-01")]}
BASELINE = {"name": "b", "reason": "announced"}


def recorded(event_id: str, recorded_at: str, **more: object) -> Json:
    return {**event(event_id, "started", at="2025-01-05"), "recorded_at": recorded_at, **more}


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client whose plan `p` was recorded at the beginning of 2025, and baselined at the same instant."""
    params = {"recorded_at": BEGIN}
    await ok(await client.put("/v1/plans/p/document", json=DOCUMENT, params=params))
    await ok(await client.post("/v1/plans/p/baselines", json=BASELINE, params=params))
    return client


async def test_every_fact_takes_the_instant_it_is_given(plan: httpx.AsyncClient) -> None:
    (first,) = await post(plan, "p", recorded("e", "2025-02-01T10:00:00+02:00"))
    assert first["recorded_at"] == "2025-02-01T08:00:00Z"
    created = await plan.post("/v1/plans", json={"key": "q", "name": "q"}, params={"recorded_at": BEGIN})
    assert created.json()["created_at"] == BEGIN
    baseline = await ok(await plan.get("/v1/plans/p/baselines/1"))
    assert baseline["captured_at"] == "2025-01-01T00:00:00.000001Z"  # two facts are never recorded at one instant
    revisions = await ok(await plan.get("/v1/plans/p/revisions"))
    assert [revision["recorded_at"] for revision in revisions["items"]] == [BEGIN]


async def test_facts_of_one_instant_are_a_microsecond_apart(plan: httpx.AsyncClient) -> None:
    same = "2025-02-01T08:00:00Z"
    found = await post(plan, "p", *(recorded(f"e{number}", same) for number in range(3)))
    suffixes = ["00Z", "00.000001Z", "00.000002Z"]
    assert [each["recorded_at"] for each in found] == [f"2025-02-01T08:00:{suffix}" for suffix in suffixes]


async def test_history_is_never_written_before_its_last_fact_nor_in_the_future(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", recorded("e", "2025-02-01T08:00:00Z"))
    for wrong in ("2025-01-31T08:00:00Z", "2026-03-02T09:00:01Z"):
        answers = [
            await plan.post(EVENTS, json=recorded("x", wrong)),
            await plan.post("/v1/plans/p/baselines", json=BASELINE, params={"recorded_at": wrong}),
            await plan.put(
                "/v1/plans/p/document",
                json={**DOCUMENT, "name": "q"},
                params={"recorded_at": wrong},
                headers={"If-Match": "*"},
            ),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (422, "recorded-before-history")
    assert len(await listed(plan, "p")) == 1


async def test_what_is_recorded_now_ends_the_loading(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", event("now", "started"))
    refused = await plan.post(EVENTS, json=recorded("x", "2026-03-01T08:00:00Z"))
    assert (refused.status_code, refused.json()["code"]) == (422, "recorded-before-history")


async def test_a_repeat_keeps_the_first_recorded_at(plan: httpx.AsyncClient) -> None:
    (first,) = await post(plan, "p", recorded("e", "2025-02-01T08:00:00Z"))
    for again in (recorded("e", "2025-03-01T08:00:00Z"), recorded("e", "2024-03-01T08:00:00Z"), recorded("e", BEGIN)):
        answer = await plan.post(EVENTS, json=again)
        assert (answer.status_code, answer.json()) == (200, {**first, "duplicate": True})


async def test_the_future_of_an_event_begins_a_day_after_it_was_recorded(plan: httpx.AsyncClient) -> None:
    late = recorded("x", "2025-01-03T00:00:00Z", occurred_at="2025-01-04T00:00:01Z")
    refused = await plan.post(EVENTS, json=late)
    assert (refused.status_code, refused.json()["code"]) == (422, "event-refused")
    await post(plan, "p", {**late, "occurred_at": "2025-01-04T00:00:00Z"})


async def test_a_batch_is_judged_item_by_item(plan: httpx.AsyncClient) -> None:
    items = [
        {"plan": "p", **recorded("a", "2025-02-01T00:00:00Z")},
        {"plan": "p", **recorded("b", "2025-01-15T00:00:00Z")},
        {"plan": "p", **recorded("c", "2025-02-01T00:00:00Z")},
    ]
    answer = await batch(plan, items)
    assert [result["status"] for result in answer["results"]] == ["accepted", "rejected", "accepted"]
    assert answer["results"][1]["problem"]["code"] == "recorded-before-history"
    assert [each["sequence"] for each in await listed(plan, "p")] == [1, 2]


async def test_only_a_key_for_history_may_say_when_something_was_recorded(
    plan: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    everyday = make_client(await make_key("plans:read", "plans:write", "events:write"))
    params = {"recorded_at": "2025-02-01T00:00:00Z"}
    answers = [
        await everyday.post(EVENTS, json=recorded("e", "2025-02-01T00:00:00Z")),
        await everyday.post("/v1/events/batch", json=[{"plan": "p", **recorded("e", "2025-02-01T00:00:00Z")}]),
        await everyday.post("/v1/plans/p/baselines", json=BASELINE, params=params),
        await everyday.post("/v1/plans", json={"key": "q", "name": "q"}, params=params),
        await everyday.put("/v1/plans/q/document", json=DOCUMENT, params=params),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 5
    historian = make_client(await make_key("events:write", "history:write"))
    assert (await historian.post(EVENTS, json=recorded("e", "2025-02-01T00:00:00Z"))).status_code == 201


async def test_an_instant_without_an_offset_is_refused(plan: httpx.AsyncClient) -> None:
    for wrong in ("2025-02-01T08:00:00", "2025-02-01", "yesterday"):
        assert (await plan.post(EVENTS, json=recorded("e", wrong))).status_code == 422
        params = {"recorded_at": wrong}
        assert (await plan.post("/v1/plans/p/baselines", json=BASELINE, params=params)).status_code == 422


async def test_loaded_history_answers_what_was_known_when(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", recorded("e", "2025-03-01T00:00:00Z", type="milestone.completed", occurred_at="2025-02-20"))
    before = await item(plan, "p", known_at="2025-02-25T00:00:00Z")
    after = await item(plan, "p", known_at="2025-03-01T00:00:00Z")
    assert (before["actual_finish"], after["actual_finish"]) == (None, "2025-02-20")


async def test_a_revision_and_a_baseline_of_the_past_are_known_from_then_on(plan: httpx.AsyncClient) -> None:
    moved = {**DOCUMENT, "milestones": [milestone("m", "2025-07-01")]}
    params = {"recorded_at": "2025-03-01T00:00:00Z"}
    await ok(await plan.put("/v1/plans/p/document", json=moved, params=params, headers={"If-Match": "*"}))
    await ok(await plan.post("/v1/plans/p/baselines", json=BASELINE, params={"recorded_at": "2025-04-01T00:00:00Z"}))
    found = []
    for known_at in ("2025-02-01T00:00:00Z", "2025-03-15T00:00:00Z", "2025-04-15T00:00:00Z"):
        answer = await variance(plan, "p", known_at=known_at)
        found.append((answer["revision"], answer["baseline"]["number"], answer["items"][0]["planned_finish"]))
    assert found == [(1, 1, "2025-06-01"), (2, 1, "2025-07-01"), (2, 2, "2025-07-01")]


async def test_what_is_said_without_recorded_at_is_recorded_now(plan: httpx.AsyncClient) -> None:
    await put_plan(plan, "p", [milestone("m", "2025-08-01")])
    assert (await capture(plan, "p"))["captured_at"] == "2026-03-02T09:00:00.000001Z"
