"""Deviations of what is no date: a metric falls behind its pace, by what is measured and by silence alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.deviation_values import Subject, Track
from app.evaluation.service import counted
from app.evaluation.tables import evaluations as log
from tests.evaluating import (
    acknowledge,
    advance_to,
    advance_to_next_check,
    deviations,
    due_at,
    edit,
    evaluate,
    history,
    kinds,
    only,
    report,
)
from tests.http.build import Json, activity, capture, document, event, get, if_match, milestone, ok, places, put
from tests.service import TestClock

PACE = {"key": "pace", "measure": "metric_gap_points", "unit": "points", "upper": {"warning": 10, "breach": 25}}
ADOPTION = {
    "key": "adoption",
    "name": "Teams that use it",
    "baseline_value": 0,
    "target": 100,
    "start_at": "2026-03-02T09:00:00Z",
    "measure_at": "2026-03-12T09:00:00Z",
    "owner": "ada",
}
"""Ten days in which a point is expected each 144 minutes, from the present of the tests on."""
DAY = timedelta(days=1)


def metric(**fields: Any) -> Json:
    """A metric that is expected to grow by ten points a day."""
    return {**ADOPTION, **fields}


async def measure(client: httpx.AsyncClient, number: int, value: float, at: str, **data: Any) -> None:
    """Report what the metric is."""
    told = {"metric": "adoption", "value": value, **data}
    said = event(number, type="metric.measured", occurred_at=at, data=told)
    del said["milestone"]
    ok(await client.post("/v1/plans/p/events", json=said))


@pytest.fixture
async def _plan(client: httpx.AsyncClient, service: FastAPI) -> None:
    """A plan `p` with the metric `adoption`, 0 from the beginning; nothing but PACE watches it."""
    await only(client, PACE)
    await put(client, "p", document(milestone("a", "2026-06-30"), metrics=[metric()], owner="boss"))
    await capture(client, "p")
    await measure(client, 1, 0, "2026-03-02T09:00:00Z")
    await evaluate(service)


@pytest.mark.usefixtures("_plan")
class TestByTimeAlone:
    """Nothing is reported, and the gap grows by ten points a day."""

    async def test_it_is_flagged_in_the_first_minute_beyond_the_bound(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        start = clock.now
        assert await deviations(client) == []
        assert await due_at(client) == start + 0.8 * DAY  # where a warning would be over
        while not await deviations(client):
            found = await advance_to_next_check(service, client)
        assert found == start + DAY + timedelta(minutes=1)
        (late,) = await deviations(client)
        assert (late["milestone"], late["about"], late["level"]) == (None, "metrics/adoption", "warning")
        assert (late["baseline"], late["owner"], late["labels"]) == (None, "ada", {})
        assert late["evidence"]["value"] == pytest.approx(10, abs=0.01)
        assert late["evidence"]["unit"] == "points"
        assert late["evidence"]["events"] == [{"source": "tests", "id": "run-1"}]
        assert late["evidence"]["operands"]["target"] == 100
        assert late["summary"].endswith("behind its pace; the tolerance is 10 points")
        assert late["impact"] == {"unabsorbed_minutes": None}

    async def test_it_worsens_and_is_over_once_enough_is_measured(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await advance_to(service, client, clock.now + 3 * DAY)
        (late,) = await deviations(client)
        assert late["level"] == "breach"
        await measure(client, 2, 29, "2026-03-05T09:00:00Z")
        await evaluate(service)
        (late,) = await deviations(client)
        assert (late["state"], late["resolution"]) == ("resolved", "within_tolerance")
        told = await history(client, late)
        assert [each["kind"] for each in told] == ["opened", *["worsened"] * (len(told) - 2), "resolved"]

    async def test_an_evaluation_each_minute_finds_the_same_as_the_checks(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        """Whatever the loop skips, nothing is to be found between two checks."""
        start, at = clock.now, await due_at(client)
        assert at is not None
        clock.now = at - timedelta(minutes=1)
        await edit(client, "plans/p", goal="Have it looked at")
        await evaluate(service)
        assert await deviations(client) == []
        assert await due_at(client) == at > start


@pytest.mark.usefixtures("_plan")
class TestRecords:
    """What becomes of the record."""

    async def opened(self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> Json:
        """The record of a metric that is three days behind."""
        await advance_to(service, client, clock.now + 3 * DAY)
        (found,) = await deviations(client)
        return found

    async def test_it_is_over_when_the_metric_leaves_the_plan(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await self.opened(client, service, clock)
        gone = await client.delete("/v1/plans/p/metrics/adoption", headers=if_match("*"))
        assert gone.is_success, gone.text
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["state"], found["resolution"]) == ("resolved", "removed")
        assert found["about"] == "metrics/adoption"

    async def test_it_is_acknowledged_like_any_other(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        found = await self.opened(client, service, clock)
        until = (clock.now + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
        assert (await acknowledge(client, found, until=until))["about"] == "metrics/adoption"
        await advance_to(service, client, clock.now + timedelta(hours=2))
        assert (await kinds(client, found))[-2:] == ["acknowledged", "reopened"]

    async def test_a_second_episode_is_counted(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await self.opened(client, service, clock)
        await measure(client, 2, 30, "2026-03-05T09:00:00Z")
        await evaluate(service)
        await advance_to(service, client, clock.now + 2 * DAY)
        assert [(each["episode"], each["state"]) for each in await deviations(client)] == [
            (1, "resolved"),
            (2, "open"),
        ]

    async def test_it_is_announced_in_the_feed(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await self.opened(client, service, clock)
        items = (await get(client, "/v1/feed", measure="metric_gap_points"))["items"]
        assert {(each["data"]["milestone"], each["data"]["about"]) for each in items} == {(None, "metrics/adoption")}

    async def test_what_was_measured_before_and_is_told_late_is_retroactive(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        found = await self.opened(client, service, clock)
        await measure(client, 2, 50, "2026-03-04T09:00:00Z")
        await evaluate(service)
        assert [each["retroactive"] for each in await history(client, found)][-1] is True
        assert not any(each["retroactive"] for each in (await history(client, found))[:-1])

    async def test_counts_under_way_are_remembered_between_evaluations(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await edit(client, "tolerances/pace", consecutive=3)
        await advance_to(service, client, clock.now + DAY + timedelta(minutes=2))
        assert await deviations(client) == []
        async with service.state.database.read() as db:
            row = (await db.execute(select(log).order_by(log.c.number.desc()).limit(1))).one()
        ((subject, track),) = counted(row).items()
        assert (subject, track.beyond) == (Subject("pace", None, None, "metrics/adoption"), 2)
        await advance_to_next_check(service, client)
        (found,) = await deviations(client)
        assert found["opened_at"] == "2026-03-03T09:03:00Z"


def test_counts_that_were_logged_before_there_were_items_are_read() -> None:
    class Row:
        """A row of the log."""

        counting = (["finish", "a", 1, 2, 1, "2026-03-02T09:00:00+00:00"], ["blocked", None, None, None, 0, 1, None])

    first, second = counted(Row).items()
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert first == (Subject("finish", "a", 1), Track(episode=2, beyond=1, counted_at=at))
    assert second == (Subject("blocked", None, None), Track(beyond=1))


@pytest.mark.usefixtures("_plan")
class TestLists:
    """Choosing by what they are about."""

    ABOUT = {"metrics/adoption": 1, "metrics": 1, "metrics/adopt": 0, "adoption": 0, "risks": 0, "Metrics": 0}

    async def test_by_the_whole_path_or_its_beginning(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await advance_to(service, client, clock.now + 2 * DAY)
        assert {about: len(await deviations(client, about=about)) for about in self.ABOUT} == self.ABOUT
        everywhere = {about: (await get(client, "/v1/deviations", about=about))["items"] for about in self.ABOUT}
        assert {about: len(items) for about, items in everywhere.items()} == self.ABOUT
        assert await deviations(client, milestone="a") == []

    async def test_what_is_no_path_is_refused(self, client: httpx.AsyncClient) -> None:
        for about in ("", "/metrics", "metrics/", "metrics//a", "a/b/c/d/e", "metrics/a%"):
            answer = await client.get("/v1/deviations", params={"about": about})
            assert places(answer) == [("?about", "string_pattern_mismatch")], about


@pytest.mark.usefixtures("_plan")
class TestPreview:
    """A tolerance of metrics is replayed like any other."""

    async def test_it_finds_what_the_loop_found(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await advance_to(service, client, clock.now + 3 * DAY)
        (found,) = await deviations(client)
        tried = ok(await client.post("/v1/tolerances/preview", json={"plan": "p", "tolerance": PACE}))
        (foreseen,) = tried["deviations"]
        same = ("milestone", "about", "baseline", "episode", "opened_at", "resolved_at")
        assert {name: foreseen[name] for name in same} == {name: found[name] for name in same}
        assert (foreseen["level"], foreseen["worst_level"]) == ("warning", "breach")
        assert foreseen["summary"].endswith("behind its pace; the tolerance is 10 points")


@pytest.mark.parametrize(
    ("measure", "unit", "applies_to", "wrong"),
    [
        ("metric_gap_points", "points", {"milestones": ["a"]}, ("/applies_to/milestones", "not_of_milestones")),
        ("metric_gap_points", "points", {"critical_only": True}, ("/applies_to/critical_only", "not_of_milestones")),
        ("cost_performance", "ratio", {"labels": {"team": "x"}}, ("/applies_to/labels", "not_of_milestones")),
        ("contingency_due", "count", {"kinds": ["phase"]}, ("/applies_to/kinds", "not_of_items")),
        ("assumption_invalidated", "count", {"labels": {"team": "x"}}, ("/applies_to/labels", "not_of_items")),
    ],
)
async def test_what_narrows_milestones_narrows_no_items(
    client: httpx.AsyncClient, measure: str, unit: str, applies_to: Json, wrong: tuple[str, str]
) -> None:
    wanted = {"measure": measure, "unit": unit, "upper": {"breach": 0}, "applies_to": applies_to}
    assert places(await client.post("/v1/tolerances", json=wanted)) == [wrong]


@pytest.mark.parametrize(
    ("measure", "unit", "bounds", "wrong"),
    [
        ("metric_gap_points", "count", {"upper": {"breach": 1}}, ("/unit", "not_a_unit_of_the_measure")),
        ("contingency_due", "count", {"upper": {"breach": 1}}, ("/upper/breach", "out_of_reach")),
        ("contingency_due", "count", {"lower": {"breach": 1}}, ("/lower/breach", "out_of_reach")),
        ("cost_performance", "ratio", {"lower": {"breach": 0}}, ("/lower/breach", "out_of_reach")),
        ("cost_performance", "ratio", {"upper": {"breach": 2}, "clear_margin": 3}, ("/clear_margin", "never_clear")),
        (
            "cost_at_completion_percent",
            "percent_of_budget",
            {"lower": {"breach": -100}},
            ("/lower/breach", "out_of_reach"),
        ),
        ("over_allocation_minutes", "working_minutes", {"upper": {"breach": -1}}, ("/upper/breach", "out_of_reach")),
    ],
)
async def test_bounds_that_no_item_can_cross_are_refused(
    client: httpx.AsyncClient, measure: str, unit: str, bounds: Json, wrong: tuple[str, str]
) -> None:
    wanted = {"measure": measure, "unit": unit, **bounds}
    assert places(await client.post("/v1/tolerances", json=wanted)) == [wrong]


async def test_one_of_a_plan_may_name_the_milestones_that_items_are_about(client: httpx.AsyncClient) -> None:
    await put(client, "p", document(milestone("a")))
    wanted = {
        "key": "of-a",
        "plan": "p",
        "measure": "assumption_invalidated",
        "unit": "count",
        "upper": {"breach": 0},
    }
    ok(await client.post("/v1/tolerances", json={**wanted, "applies_to": {"milestones": ["a"]}}))
    other = {**wanted, "key": "of-b", "applies_to": {"milestones": ["b"]}}
    assert places(await client.post("/v1/tolerances", json=other)) == [
        ("/applies_to/milestones", "unknown_milestone")
    ]


class TestContingencies:
    """A contingency falls due when its trigger holds: here a day that comes."""

    @pytest.fixture(autouse=True)
    async def _risk(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        trigger = {"type": "date", "date": "2026-03-04"}
        other = {"key": "second-source", "name": "Order elsewhere", "trigger": trigger, "change": {}}
        risk = {"key": "supplier", "name": "No parts", "probability": 0.3, "contingencies": [other]}
        dates = milestone("a", "2026-06-30"), milestone("kick-off", "2026-03-03")
        await put(client, "p", document(*dates, risks=[risk], owner="boss"))
        await report(client, "started", "completed", "2026-03-02", "kick-off")
        await capture(client, "p")
        await evaluate(service)

    async def test_nobody_need_say_so(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        assert await deviations(client) == []
        await advance_to_next_check(service, client)
        (found,) = await deviations(client)
        assert (found["tolerance"], found["level"], found["evidence"]["value"]) == ("contingency", "breach", 1)
        assert (found["milestone"], found["about"]) == (None, "risks/supplier/contingencies/second-source")
        assert found["owner"] == "boss"
        assert found["opened_at"] == "2026-03-04T00:01:00Z"

    async def test_it_is_over_when_the_risk_is_closed(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await advance_to_next_check(service, client)
        said = event(1, type="risk.closed", occurred_at="2026-03-04T00:00:00Z", data={"risk": "supplier"})
        del said["milestone"]
        ok(await client.post("/v1/plans/p/events", json=said))
        await evaluate(service)
        (found,) = await deviations(client, about="risks/supplier")
        assert found["resolution"] == "within_tolerance"


class TestPerformance:
    """Cost and schedule performance, of the plan as a whole and against its baseline."""

    LOW = {"measure": "cost_performance", "unit": "ratio", "lower": {"warning": 0.95, "breach": 0.9}}
    SLOW = {"measure": "schedule_performance", "unit": "ratio", "lower": {"breach": 0.8}}

    @pytest.fixture(autouse=True)
    async def _books(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await only(client, {"key": "low", **self.LOW}, {"key": "slow", **self.SLOW})
        budget = {"amount": "1000.00", "currency": "EUR"}
        work = activity("a", "2026-03-02T09:00:00Z", "2026-03-12T09:00:00Z", budget=budget)
        await put(client, "p", document(work, currency="EUR", weight_basis="equal"))
        await capture(client, "p")
        await report(client, 1, "started", "2026-03-02T09:00:00Z")
        await evaluate(service)

    async def spend(self, client: httpx.AsyncClient, service: FastAPI, amount: str, percent: int) -> None:
        """Book a cost for so much of the work."""
        told = event("cost", type="cost.incurred", occurred_at="2026-03-02T09:00:00Z")
        ok(await client.post("/v1/plans/p/events", json={**told, "data": {"amount": amount, "currency": "EUR"}}))
        await report(client, "work", "progressed", "2026-03-02T09:00:00Z", percent_complete=percent)
        await evaluate(service)

    async def test_too_little_for_the_money_is_flagged(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await self.spend(client, service, "500.00", 40)
        (found,) = await deviations(client, tolerance="low")
        assert (found["milestone"], found["about"], found["baseline"]) == (None, None, 1)
        assert (found["level"], found["evidence"]["value"], found["evidence"]["unit"]) == ("breach", 0.8, "ratio")
        assert found["summary"].endswith("; the tolerance is 0.9")

    async def test_it_is_over_with_its_baseline(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await self.spend(client, service, "500.00", 40)
        await capture(client, "p")
        await evaluate(service)
        found = await deviations(client, tolerance="low")
        assert [(each["baseline"], each["resolution"]) for each in found] == [(1, "rebaselined"), (2, None)]

    async def test_time_that_earns_nothing_is_flagged_by_itself(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await self.spend(client, service, "300.00", 30)
        while not await deviations(client, tolerance="slow"):
            assert await advance_to_next_check(service, client) < datetime(2026, 3, 12, tzinfo=UTC)
        (found,) = await deviations(client, tolerance="slow")
        assert clock.now == datetime(2026, 3, 6, 3, 1, tzinfo=UTC)  # 3 days earned in more than 3.75
        assert found["evidence"]["value"] == pytest.approx(0.8, abs=1e-3)
