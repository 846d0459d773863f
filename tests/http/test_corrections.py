"""Corrections and retractions: what was reported wrongly, in whatever order it arrives; and what is merely odd."""

import httpx
import pytest

from tests.http.events_build import (
    Json,
    activity,
    by_key,
    correction,
    event,
    instead,
    item,
    listed,
    make_plan,
    milestone,
    ok,
    post,
    put_plan,
    retraction,
    variance,
)

LATER = "2026-03-31T00:00:00Z"
DONE_LATE = instead("completed", at="2026-02-12")
DONE_EARLY = instead("completed", at="2026-02-08")


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client whose plan `p` has the milestones `m` and `n`, both planned for 10 March."""
    await make_plan(client, "p", [milestone("m"), milestone("n")])
    return client


def done(event_id: str = "done", at: str = "2026-03-02") -> Json:
    return event(event_id, "completed", "m", at)


async def finished(client: httpx.AsyncClient, key: str = "m") -> object:
    """When the milestone was finished, as its events say now."""
    return (await item(client, "p", key, as_of=LATER))["actual_finish"]


CASES: dict[str, tuple[list[Json], str | None]] = {
    "nothing but the event": ([done()], "2026-03-02"),
    "retracted": ([done(), retraction("r", "done")], None),
    "retracted before it arrives": ([retraction("r", "done"), done()], None),
    "corrected": ([done(), correction("c", "done", DONE_EARLY)], "2026-02-08"),
    "corrected before it arrives": ([correction("c", "done", DONE_EARLY), done()], "2026-02-08"),
    "a correction without its target": ([correction("c", "done", DONE_EARLY)], None),
    "a correction corrected": (
        [done(), correction("c", "done", DONE_EARLY), correction("d", "c", DONE_LATE)],
        "2026-02-12",
    ),
    "a correction corrected, all backwards": (
        [correction("d", "c", DONE_LATE), correction("c", "done", DONE_EARLY), done()],
        "2026-02-12",
    ),
    "a correction retracted brings the original back": (
        [done(), correction("c", "done", DONE_EARLY), retraction("r", "c")],
        "2026-03-02",
    ),
    "a retraction retracted brings the original back": (
        [done(), retraction("r", "done"), retraction("s", "r")],
        "2026-03-02",
    ),
    "a retraction wins over a correction": (
        [done(), correction("c", "done", DONE_EARLY), retraction("r", "done")],
        None,
    ),
    "of two corrections the later in canonical order wins": (
        [
            done(),
            correction("c", "done", DONE_LATE, at="2026-03-02T00:00:00Z"),
            correction("d", "done", DONE_EARLY, at="2026-03-01T00:00:00Z"),
        ],
        "2026-02-12",
    ),
    "a correction that names itself says nothing": ([done(), correction("c", "c", DONE_EARLY)], "2026-03-02"),
    "corrections in a circle say nothing": (
        [done(), correction("c", "d", DONE_EARLY), correction("d", "c", DONE_LATE)],
        "2026-03-02",
    ),
    "corrected to something else": ([done(), correction("c", "done", instead("started"))], None),
}


async def test_what_stands_after_corrections_and_retractions(client: httpx.AsyncClient) -> None:
    for number, (what, (events, expected)) in enumerate(CASES.items()):
        plan = f"p{number}"
        await make_plan(client, plan, [milestone("m")])
        named = [_renamed(each, f"case-{number}") for each in events]
        await post(client, plan, *named)
        assert (await item(client, plan, as_of=LATER))["actual_finish"] == expected, what


def _renamed(sent: Json, source: str) -> Json:
    """The same event of another source: names are unique in a workspace."""
    data = dict(sent.get("data", {}))
    if "event" in data:
        data["event"] = {**data["event"], "source": source}
    return {**sent, "source": source, "data": data}


async def test_the_replacement_may_be_of_another_milestone(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", done(), correction("c", "done", instead("completed", "n", "2026-03-02")))
    assert (await finished(plan, "m"), await finished(plan, "n")) == (None, "2026-03-02")


async def test_a_correction_acts_whenever_it_says_it_happened(plan: httpx.AsyncClient) -> None:
    await post(
        plan, "p", done(at="2026-03-01"), correction("c", "done", instead("started"), at="2026-03-02T08:00:00Z")
    )
    before = await item(plan, "p", as_of="2026-03-01T12:00:00Z")
    assert (before["actual_finish"], before["lifecycle"]) == (None, "in_progress")


async def test_what_was_known_before_a_correction_stays_what_it_was(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", done())
    known_at = (await variance(plan, "p"))["known_at"]
    params = {"known_at": known_at, "as_of": LATER}
    before = await plan.get("/v1/plans/p/variance", params=params)
    await post(plan, "p", retraction("r", "done"))
    assert (await plan.get("/v1/plans/p/variance", params=params)).content == before.content
    assert await finished(plan) is None


async def test_corrected_events_stay_in_the_list(plan: httpx.AsyncClient) -> None:
    await post(plan, "p", done(), correction("c", "done", DONE_EARLY), retraction("r", "c"))
    assert [each["id"] for each in await listed(plan, "p")] == ["done", "c", "r"]
    refused = await plan.post("/v1/plans/p/events", json=done(at="2026-03-01"))
    assert refused.status_code == 409  # also after its retraction


async def test_an_event_of_another_plan_is_out_of_reach(plan: httpx.AsyncClient) -> None:
    await make_plan(plan, "q", [milestone("m")])
    await post(plan, "p", done())
    await post(plan, "q", retraction("r", "done"))
    assert await finished(plan) == "2026-03-02"


# --- odd, and reported

ODD: dict[str, list[Json]] = {
    "started_again": [event("a", "started"), event("b", "started", at="2026-03-01T09:00:00Z")],
    "progress_after_completion": [
        event("a", "completed"),
        event("b", "progressed", at="2026-03-01T09:00:00Z", data={"percent_complete": 50}),
    ],
    "completed_again": [event("a", "completed"), event("b", "completed", at="2026-03-01T09:00:00Z")],
    "blocked_after_completion": [event("a", "completed"), event("b", "blocked", at="2026-03-01T09:00:00Z")],
    "blocked_again": [event("a", "blocked"), event("b", "blocked", at="2026-03-01T09:00:00Z")],
    "unblocked_without_block": [event("b", "unblocked")],
    "progress_while_blocked": [event("a", "blocked"), event("b", "started", at="2026-03-01T09:00:00Z")],
    "reopened_while_open": [event("b", "reopened")],
    "finish_before_start": [event("b", "completed"), event("a", "started", at="2026-03-01T09:00:00Z")],
    "event_after_cancellation": [event("a", "cancelled"), event("b", "started", at="2026-03-01T09:00:00Z")],
    "percent_decreased": [
        event("a", "progressed", data={"percent_complete": 50}),
        event("b", "progressed", at="2026-03-01T09:00:00Z", data={"percent_complete": 40}),
    ],
}


async def test_odd_transitions_are_recorded_and_reported_as_findings(client: httpx.AsyncClient) -> None:
    milestones = [activity(code, "2026-03-01", "2026-03-10") for code in ODD]
    await make_plan(client, "p", milestones)
    for code, events in ODD.items():
        await post(client, "p", *({**each, "milestone": code, "source": code} for each in events))
    found = by_key(await variance(client, "p", as_of=LATER))
    for code in ODD:
        findings = [(finding["code"], finding["event"]) for finding in found[code]["findings"]]
        assert findings == [(code, {"source": code, "id": "b"})]


async def test_a_duration_that_does_not_fit_its_dates_is_a_finding(client: httpx.AsyncClient) -> None:
    await put_plan(client, "p", [activity("m", "2026-03-01", "2026-03-02", planned_duration_minutes=60)])
    (finding,) = (await item(client, "p"))["findings"]
    assert (finding["code"], finding["event"]) == ("duration_mismatch", None)


async def test_events_of_what_became_a_phase_are_a_finding(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("m")])
    await post(client, "p", event("e", "completed"))
    change = {"kind": "phase", "planned_finish": None}
    await ok(await client.patch("/v1/plans/p/milestones/m", json=change, headers={"If-Match": "*"}))
    found = await item(client, "p", as_of=LATER)
    assert [finding["code"] for finding in found["findings"]] == ["event_on_phase"]
    assert found["actual_finish"] is None
