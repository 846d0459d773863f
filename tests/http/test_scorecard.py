"""The scorecard: what was measured against what was intended, as of and as known at any instant."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.http.build import capture, document, failure, get, if_match, milestone, ok, put
from tests.http.metrics_build import create, measure, metric, reading, remove, scorecard
from tests.service import TestClock

DAY_50 = "2026-02-20T00:00:00Z"  # half of the time of a metric


@pytest.fixture
async def plan(client: httpx.AsyncClient, clock: TestClock) -> httpx.AsyncClient:
    """A client with a plan `p` that goes from 10 March to 10 June 2026, the day being 1 March."""
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    await put(client, "p", document(milestone("a", "2026-03-10"), milestone("b", "2026-06-10")))
    return client


async def test_a_metric_says_where_it_stands_and_where_it_goes(plan: httpx.AsyncClient) -> None:
    await create(plan, metric(unit="%", owner="ann", floor=60.0, stretch=130.0))
    values = (("2026-01-11", 8), ("2026-01-21", 16), ("2026-01-31", 24), ("2026-02-10", 32))
    await measure(plan, *((f"{day}T00:00:00Z", value) for day, value in values))
    found = await reading(plan, as_of=DAY_50)
    assert found == {
        "metric": "adoption",
        "name": "Adoption",
        "kind": "numeric",
        "unit": "%",
        "direction": "higher",
        "owner": "ann",
        "weight": 1.0,
        "commitment": "aspirational",
        "baseline_value": 0.0,
        "target": 100.0,
        "low": None,
        "high": None,
        "floor": 60.0,
        "stretch": 130.0,
        "start_at": "2026-01-01T00:00:00Z",
        "measure_at": "2026-04-11T00:00:00Z",
        "value": 32.0,
        "measured_at": "2026-02-10T00:00:00Z",
        "attainment": 0.32,
        "grade": 0.32,
        "band": "red",
        "overachieved": False,
        "floor_missed": True,
        "stretch_reached": False,
        "reason": None,
        "is_due": False,
        "is_final": False,
        "gate": None,
        "expected_attainment": 0.5,
        "pace_gap_points": 18.0,
        "on_pace": False,
        "pace_reason": None,
        "projection": {
            "value": 80.0,
            "low": 80.0,
            "high": 80.0,
            "attainment": 0.8,
            "attainment_low": 0.8,
            "attainment_high": 0.8,
            "reason": None,
        },
        "stale": False,
        "baseline": None,
        "baseline_reason": "no_baseline",
        "events": [{"source": "ci", "id": f"adoption/{day}T00:00:00Z"} for day, _ in values],
    }


async def test_the_score_of_a_plan_with_its_drivers_coverage_and_gates(plan: httpx.AsyncClient) -> None:
    await create(plan, metric("a", weight=4.0), metric("b", weight=4.0, gate=True), metric("c", weight=2.0))
    await measure(plan, ("2026-02-01T00:00:00Z", 50), key="a")
    await measure(plan, ("2026-02-01T00:00:00Z", 90), key="b")
    summary = (await scorecard(plan))["summary"]
    assert summary == {
        "score": 0.7,
        "band": "green",
        "verdict": "met",
        "reason": None,
        "coverage": 0.8,
        "failed_gates": [],
        "pending_gates": ["b"],
        "drivers": [{"metric": "a", "lost_points": 25.0}, {"metric": "b", "lost_points": 5.0}],
        "counts": {"red": 0, "amber": 1, "green": 1, "unknown": 1},
        "added": [],
        "removed": [],
        "baseline": None,
    }


async def test_a_failed_gate_fails_the_plan_whatever_its_score_is(plan: httpx.AsyncClient, clock: TestClock) -> None:
    await create(plan, metric("a", weight=99.0), metric("b", gate=True))
    await measure(plan, ("2026-02-01T00:00:00Z", 100), key="a")
    clock.now = datetime(2026, 4, 11, tzinfo=UTC)  # b is due, and nobody has measured it
    summary = (await scorecard(plan))["summary"]
    assert (summary["score"], summary["verdict"], summary["failed_gates"]) == (0.99, "failed", ["b"])


async def test_what_was_not_measured_is_unknown_until_its_grace_period_is_over(plan: httpx.AsyncClient) -> None:
    await create(plan, metric(measure_at="2026-02-01T00:00:00Z", grace_minutes=1440))
    told = []
    for as_of in ("2026-01-31T00:00:00Z", "2026-02-01T12:00:00Z", "2026-02-02T00:00:00Z"):
        found = await scorecard(plan, as_of=as_of)
        item = found["items"][0]
        told.append((item["attainment"], item["reason"], found["summary"]["score"], found["summary"]["reason"]))
    assert told == [
        (None, "not_measured", None, "insufficient_data"),
        (None, "measurement_due", None, "insufficient_data"),
        (0.0, "not_measured_in_time", 0.0, None),
    ]


async def test_too_few_measurements_make_no_projection(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    await measure(plan, *((f"2026-01-0{day}T00:00:00Z", day) for day in (2, 3, 4)))
    assert (await reading(plan))["projection"]["reason"] == "insufficient_data"


async def test_a_plan_without_metrics_has_no_score(plan: httpx.AsyncClient) -> None:
    found = await scorecard(plan)
    assert (found["items"], found["summary"]["score"], found["summary"]["coverage"]) == ([], None, None)
    assert (found["summary"]["reason"], found["summary"]["verdict"]) == ("insufficient_data", None)


# --- the baseline


async def test_dates_that_a_metric_leaves_out_are_those_of_the_baseline(plan: httpx.AsyncClient) -> None:
    await create(plan, metric(start_at=None, measure_at=None))
    assert (await reading(plan))["pace_reason"] == "no_measure_date"
    await capture(plan, "p")
    found = await reading(plan)
    assert (found["start_at"], found["measure_at"]) == ("2026-03-10T00:00:00Z", "2026-06-11T00:00:00Z")
    assert found["pace_reason"] == "not_begun"
    moved = {"planned_finish": "2026-12-01"}
    ok(await plan.patch("/v1/plans/p/milestones/b", json=moved, headers=if_match("*")))
    assert (await reading(plan))["measure_at"] == "2026-06-11T00:00:00Z"


async def test_a_target_that_was_moved_is_told_beside_that_of_the_baseline(plan: httpx.AsyncClient) -> None:
    await create(plan, metric("a"), metric("gone"))
    await measure(plan, ("2026-02-01T00:00:00Z", 45), key="a")
    await measure(plan, ("2026-02-01T00:00:00Z", 0), key="gone")
    await capture(plan, "p")
    ok(await plan.patch("/v1/plans/p/metrics/a", json={"target": 50, "owner": "bob"}, headers=if_match("*")))
    await remove(plan, "gone")
    await create(plan, metric("new"))
    found = await scorecard(plan)
    by_key = {each["metric"]: each for each in found["items"]}
    assert (by_key["a"]["attainment"], by_key["a"]["band"]) == (0.9, "green")
    then = by_key["a"]["baseline"]
    assert (then["target"], then["attainment"], then["band"], then["changed"]) == (100.0, 0.45, "amber", ["target"])
    assert (by_key["new"]["baseline"], by_key["new"]["baseline_reason"]) == (None, "not_in_baseline")
    summary = found["summary"]
    assert (summary["added"], summary["removed"]) == (["new"], ["gone"])
    assert (summary["score"], summary["coverage"]) == (None, 0.5)
    assert (summary["baseline"]["score"], summary["baseline"]["coverage"]) == (0.225, 1.0)


async def test_any_baseline_may_be_asked_for(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    await capture(plan, "p")
    ok(await plan.patch("/v1/plans/p/metrics/adoption", json={"target": 50}, headers=if_match("*")))
    await capture(plan, "p")
    changed = [
        (await reading(plan, baseline=name))["baseline"]["changed"] for name in ("1", "2", "original", "current")
    ]
    assert changed == [["target"], [], ["target"], []]
    assert failure(await plan.get("/v1/plans/p/scorecard", params={"baseline": "3"})) == (404, "baseline-not-found")


# --- two clocks


async def test_as_of_moves_what_was_measured(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    await measure(plan, ("2026-01-10T12:00:00Z", 10), ("2026-02-10T12:00:00Z", 60))
    values = [(await reading(plan, as_of=at))["value"] for at in ("2026-01-09", "2026-01-10", "2026-03-01")]
    assert values == [None, 10, 60]


async def test_an_answer_is_the_same_for_ever_when_asked_again_with_its_echo(
    plan: httpx.AsyncClient, clock: TestClock
) -> None:
    await create(plan, metric(), metric("nps"))
    await capture(plan, "p")
    await measure(plan, ("2026-02-01T00:00:00Z", 30))
    clock.advance(days=1)
    answer = await plan.get("/v1/plans/p/scorecard", params={"as_of": DAY_50})
    first = ok(answer)
    clock.advance(days=1)
    await measure(plan, ("2026-02-02T00:00:00Z", 90), ("2026-02-19T00:00:00Z", 95))
    ok(await plan.patch("/v1/plans/p/metrics/adoption", json={"target": 200}, headers=if_match("*")))
    await remove(plan, "nps")
    await capture(plan, "p")
    now = await scorecard(plan, as_of=DAY_50)
    assert (now["revision"], now["inputs_digest"] == first["inputs_digest"]) == (first["revision"] + 2, False)
    echo = {name: first[name] for name in ("as_of", "known_at")}
    again = await plan.get("/v1/plans/p/scorecard", params=echo)
    assert again.content == answer.content
    assert [each["value"] for each in again.json()["items"]] == [30, None]


async def test_a_correction_is_known_from_when_it_was_recorded(plan: httpx.AsyncClient, clock: TestClock) -> None:
    await create(plan, metric())
    await measure(plan, ("2026-02-01T00:00:00Z", 30))
    before = (await scorecard(plan))["known_at"]
    clock.advance(hours=1)
    wrong = {"source": "ci", "id": "adoption/2026-02-01T00:00:00Z"}
    retraction = {"id": "r", "source": "ci", "type": "event.retracted", "occurred_at": "2026-03-01T00:00:00Z"}
    ok(await plan.post("/v1/plans/p/events", json={**retraction, "data": {"event": wrong}}))
    assert (await reading(plan))["reason"] == "not_measured"
    assert (await reading(plan, known_at=before, as_of="2026-03-01"))["value"] == 30


# --- pages


async def test_metrics_come_in_pages_of_one_and_the_same_answer(plan: httpx.AsyncClient, clock: TestClock) -> None:
    await create(plan, *(metric(key) for key in "abc"))
    first = await scorecard(plan, limit=2)
    await measure(plan, ("2026-02-01T00:00:00Z", 30), key="c")
    clock.advance(days=1)
    rest = await scorecard(plan, limit=2, cursor=first["next_cursor"])
    assert [each["metric"] for each in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert (rest["items"][0]["value"], rest["next_cursor"]) == (None, None)
    assert rest["summary"] == first["summary"]


async def test_a_page_without_items_is_the_summary_alone(plan: httpx.AsyncClient) -> None:
    await create(plan, metric())
    found = await scorecard(plan, limit=0)
    assert (found["items"], found["next_cursor"], found["summary"]["counts"]["unknown"]) == ([], None, 1)


async def test_of_a_plan_that_is_not_there_there_is_no_scorecard(client: httpx.AsyncClient) -> None:
    assert failure(await client.get("/v1/plans/nobody/scorecard")) == (404, "plan-not-found")


async def test_metrics_change_nothing_of_the_variance(plan: httpx.AsyncClient) -> None:
    await capture(plan, "p")
    before = await get(plan, "/v1/plans/p/variance")
    await create(plan, metric())
    await measure(plan, ("2026-02-01T00:00:00Z", 30))
    after = await get(plan, "/v1/plans/p/variance")
    assert (after["items"], after["summary"]) == (before["items"], before["summary"])
