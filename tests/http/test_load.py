"""Load over HTTP: what resources have to do, can do and did; what that costs; and who has too much to do."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.kit import limits
from tests.evaluating import deviations, evaluate
from tests.http import build
from tests.http.build import Json, activity, assignment, document, failure, if_match, milestone, ok, places, resource
from tests.service import TestClock

EUR = {"amount": "60.00", "currency": "EUR"}
MARCH = {"from": "2026-03-02", "to": "2026-03-13"}


async def lay_out(client: httpx.AsyncClient, plan: str = "p", *assignments: Json, **fields: Any) -> None:
    """A plan in office hours: `a` from Monday to Friday, `b` in the week after, `c` on the Friday of that."""
    milestones = [
        activity("a", "2026-03-02", "2026-03-06"),
        activity("b", "2026-03-09", "2026-03-13"),
        milestone("c", "2026-03-13"),
    ]
    content = document(*milestones, calendar="standard", assignments=list(assignments), **fields)
    await build.put(client, plan, content)


@pytest.fixture
async def _anna(client: httpx.AsyncClient) -> None:
    """Anna, who works full-time at 60 EUR an hour."""
    ok(await client.post("/v1/resources", json=resource(key="anna", cost_rate=EUR, owner="ada")))


async def spend(client: httpx.AsyncClient, number: int, minutes: int, at: str, **fields: Any) -> None:
    """Report that anna worked."""
    event = {"id": f"e{number}", "source": "time", "type": "effort.spent", "occurred_at": at, "actor": "anna"}
    ok(await client.post("/v1/plans/p/events", json={**event, "data": {"minutes": minutes}, **fields}))


async def of_plan(client: httpx.AsyncClient, plan: str = "p", **params: Any) -> Json:
    return await build.get(client, f"/v1/plans/{plan}/load", **{**MARCH, **params})


async def of_anna(client: httpx.AsyncClient, **params: Any) -> Json:
    return await build.get(client, "/v1/resources/anna/load", **{**MARCH, **params})


def row(period: Json) -> tuple[str, float, float, float]:
    names = ("start", "capacity_minutes", "planned_minutes", "over_allocated_minutes")
    start, capacity, planned, over = (period[name] for name in names)
    return start, capacity, planned, over


@pytest.mark.usefixtures("_anna")
class TestOfAPlan:
    """GET /v1/plans/{plan}/load."""

    async def test_effort_is_spread_over_working_time_against_capacity(self, client: httpx.AsyncClient) -> None:
        mine = assignment(key="x", units=0.5), assignment(key="y", milestone="b", units=None, effort_minutes=3000)
        await lay_out(client, "p", *mine)
        told = await of_plan(client)
        assert (told["from"], told["to"], told["period"]) == ("2026-03-02", "2026-03-15", "week")
        (item,) = told["items"]
        assert [row(each) for each in item["periods"]] == [
            ("2026-03-02", 2400, 1200, 0),
            ("2026-03-09", 2400, 3000, 600),
        ]
        assert item["findings"] == [{"code": "over_allocated", "start": "2026-03-09", "minutes": 600}]
        assert item["over_allocated_minutes"] == 600
        assert [(each["assignment"], each["planned_minutes"]) for each in item["assignments"]] == [
            ("x", 1200),
            ("y", 3000),
        ]

    async def test_days_and_months_are_periods_too(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x", units=1.0), assignment(key="y", milestone="b", units=1.0))
        days = (await of_plan(client, period="day"))["items"][0]["periods"]
        assert [each["planned_minutes"] for each in days] == [480] * 5 + [0] * 2 + [480] * 5
        (month,) = (await of_plan(client, period="month"))["items"][0]["periods"]
        assert (month["start"], month["finish"], month["planned_minutes"]) == ("2026-03-01", "2026-03-31", 4800)

    async def test_the_projected_dates_count(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        await lay_out(client, "p", assignment(key="x", units=1.0))
        clock.advance(days=7)
        late = {"type": "milestone.started", "occurred_at": "2026-03-09T08:00:00Z"}
        ok(await client.post("/v1/plans/p/events", json=build.event(1, "a", **late)))
        periods = (await of_plan(client, as_of="2026-03-09T08:00:00Z"))["items"][0]["periods"]
        assert [each["planned_minutes"] for each in periods] == [0, 2400]

    async def test_an_instant_takes_its_effort_when_it_is(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x", milestone="c", units=None, effort_minutes=60))
        days = (await of_plan(client, period="day"))["items"][0]["periods"]
        assert [(each["start"], each["planned_minutes"]) for each in days if each["planned_minutes"]] == [
            ("2026-03-13", 60)
        ]

    async def test_what_was_cancelled_is_no_work(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x", units=1.0))
        ok(await client.post("/v1/plans/p/events", json=build.event(1, "a", type="milestone.cancelled")))
        (item,) = (await of_plan(client))["items"]
        assert (item["effort"]["planned_minutes"], item["assignments"][0]["reason"]) == (0, "cancelled")

    async def test_effort_and_its_cost_are_told_planned_against_actual(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x", units=1.0))
        await spend(client, 1, 90, "2026-03-01T10:00:00Z")
        await spend(client, 2, 30, "2026-03-02", actor="ben", data={"minutes": 30, "resource": "anna"})
        await spend(client, 3, 15, "2026-03-02", actor="somebody")
        told = await of_plan(client)
        (item,) = told["items"]
        assert told["unattributed_minutes"] == 15
        assert item["effort"] == {
            "planned_minutes": 2400,
            "actual_minutes": 120,
            "planned_cost": {"amount": "2400.00", "currency": "EUR"},
            "actual_cost": {"amount": "120.00", "currency": "EUR"},
        }
        assert [each["actual_minutes"] for each in item["periods"]] == [30, 0]

    async def test_pages_and_periods_are_bounded(self, client: httpx.AsyncClient) -> None:
        ok(await client.post("/v1/resources", json=resource(key="ben")))
        await lay_out(client, "p", assignment(key="x"), assignment(key="y", resource="ben"))
        first = await of_plan(client, limit=1)
        rest = await of_plan(client, limit=1, cursor=first["next_cursor"])
        assert [item["resource"] for item in first["items"] + rest["items"]] == ["anna", "ben"]
        assert rest["next_cursor"] is None
        url = "/v1/plans/p/load"
        too_many = await client.get(url, params={"from": "2026-01-01", "to": "2028-01-01", "period": "day"})
        assert places(too_many) == [("?period", "too_many_periods")]
        endless = await client.get(url, params={"from": "1971-01-01", "to": "2199-01-01", "period": "day"})
        assert places(endless) == [("?period", "too_many_periods")]
        empty = await client.get(url, params={"from": "2026-03-02", "to": "2026-03-01"})
        assert places(empty) == [("?to", "empty_period")]
        assert (await build.get(client, "/v1/limits"))["max_load_periods"] == limits.MAX_LOAD_PERIODS

    async def test_what_was_known_reads_the_same_after_any_change(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        ok(await client.post("/v1/calendars", json=build.calendar(key="short")))
        ok(await client.patch("/v1/resources/anna", json={"calendar": "short"}, headers=if_match("*")))
        await lay_out(client, "p", assignment(key="x", units=1.0))
        params = {**MARCH, "as_of": "2026-03-03T00:00:00Z"}
        urls = ("/v1/plans/p/load", "/v1/resources/anna/load")
        before = [await client.get(url, params=params) for url in urls]
        clock.advance(days=1)
        ok(await client.patch("/v1/resources/anna", json={"capacity": 0.5}, headers=if_match("*")))
        short = {"weekly": {"friday": None}}
        ok(await client.patch("/v1/calendars/short", json=short, headers=if_match("*")))
        await spend(client, 1, 60, "2026-03-02")
        after = (await client.get(urls[0], params=params)).json()["items"][0]["periods"]
        assert [each["capacity_minutes"] for each in after] == [960, 960]
        for url, answer in zip(urls, before, strict=True):
            again = await client.get(url, params={**params, "known_at": answer.json()["known_at"]})
            assert again.content == answer.content


@pytest.mark.usefixtures("_anna")
class TestOfAResource:
    """GET /v1/resources/{resource}/load."""

    async def test_all_plans_count_together(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x", units=0.75))
        await lay_out(client, "q", assignment(key="x", units=0.5))
        await lay_out(client, "unassigned")
        told = await of_anna(client)
        assert [row(each) for each in told["periods"]] == [
            ("2026-03-02", 2400, 3000, 600),
            ("2026-03-09", 2400, 0, 0),
        ]
        assert [(each["plan"], each["effort"]["planned_minutes"]) for each in told["plans"]] == [
            ("p", 1800),
            ("q", 1200),
        ]
        for plan in ("p", "q"):
            assert (await of_plan(client, plan))["items"][0]["over_allocated_minutes"] == 0

    async def test_plans_that_left_it_do_not_count(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x"))
        await lay_out(client, "q", assignment(key="x"))
        await lay_out(client, "r", assignment(key="x"))
        assert (await client.delete("/v1/plans/p/assignments/x", headers=if_match("*"))).status_code == 204
        assert (await client.delete("/v1/plans/q", headers=if_match("*"))).status_code == 204
        ok(await client.patch("/v1/plans/r", json={"status": "cancelled"}, headers=if_match("*")))
        assert (await of_anna(client))["plans"] == []

    async def test_without_calendar_and_plan_nobody_knows_what_it_can_do(self, client: httpx.AsyncClient) -> None:
        (first, *_) = (await of_anna(client))["periods"]
        assert (first["working_minutes"], first["capacity_minutes"], first["over_allocated_minutes"]) == (None,) * 3

    async def test_its_own_calendar_counts(self, client: httpx.AsyncClient) -> None:
        ok(await client.post("/v1/calendars", json=build.calendar(key="shift", time_zone="Asia/Tokyo")))
        change = {"calendar": "shift", "capacity": 2.0}
        ok(await client.patch("/v1/resources/anna", json=change, headers=if_match("*")))
        assert [each["capacity_minutes"] for each in (await of_anna(client))["periods"]] == [4800, 4800]

    async def test_what_it_was_before_is_told(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        created = (await build.get(client, "/v1/resources/anna"))["recorded_at"]
        clock.advance(days=2)
        await lay_out(client, "p", assignment(key="x"))
        assert (await of_anna(client, known_at=created))["plans"] == []
        assert (await of_anna(client, known_at="2026-03-03"))["as_of_source"] == "known_at"
        assert len((await of_anna(client, known_at="2026-03-04"))["plans"]) == 1
        for wrong in ("2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z"):
            refused = await client.get("/v1/resources/anna/load", params={"known_at": wrong})
            assert places(refused) == [("?known_at", "known_at_refused")]

    async def test_an_unknown_one_is_not_found(self, client: httpx.AsyncClient) -> None:
        assert failure(await client.get("/v1/resources/nobody/load")) == (404, "resource-not-found")

    @pytest.mark.parametrize("limit", ["MAX_LOAD_PLANS", "MAX_LOAD_MILESTONES"])
    async def test_more_than_is_read_at_once_is_refused(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, limit: str
    ) -> None:
        monkeypatch.setattr(f"app.assignments.asking.{limit}", 1)
        await lay_out(client, "p", assignment(key="x"))
        await lay_out(client, "q", assignment(key="x"))
        assert failure(await client.get("/v1/resources/anna/load")) == (422, "load-too-large")


@pytest.mark.usefixtures("_anna")
class TestCost:
    """Effort is money: minutes x the rate that the resource had when they were spent."""

    async def cost(self, client: httpx.AsyncClient, **params: Any) -> tuple[str | None, int, Any]:
        told = await build.get(client, "/v1/plans/p/cost", **params)
        effort = told["effort"]
        return effort["cost"] and effort["cost"]["amount"], effort["minutes_without_rate"], told["total"]["actual"]

    async def test_effort_costs_what_it_cost_then(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        await lay_out(client, "p", assignment(key="x"), currency="EUR")
        clock.advance(days=1)
        await spend(client, 1, 90, "2026-03-02T10:00:00Z")
        before = await client.get("/v1/plans/p/cost", params={"as_of": "2026-03-20"})
        clock.advance(days=1)
        dearer = {"cost_rate": {"amount": "90.00", "currency": "EUR"}}
        ok(await client.patch("/v1/resources/anna", json=dearer, headers=if_match("*")))
        clock.advance(days=1)
        await spend(client, 2, 60, "2026-03-05T08:00:00Z")
        paid = {"amount": "180.00", "currency": "EUR"}
        assert await self.cost(client) == ("180.00", 0, paid)
        params = {"as_of": "2026-03-20", "known_at": before.json()["known_at"]}
        assert (await client.get("/v1/plans/p/cost", params=params)).content == before.content

    async def test_what_has_no_rate_is_counted_apart(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x"), currency="EUR")
        await spend(client, 1, 60, "2026-03-01", actor="somebody")
        await spend(client, 2, 60, "2026-03-01", actor=None)
        assert await self.cost(client) == (None, 120, {"amount": "0.00", "currency": "EUR"})

    async def test_an_actor_is_a_resource_once_the_plan_names_it(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        await lay_out(client, "p", currency="EUR")
        await spend(client, 1, 60, "2026-03-01", actor="ben")
        clock.advance(hours=1)
        ok(await client.post("/v1/resources", json=resource(key="ben", cost_rate=EUR)))
        assert (await self.cost(client))[1] == 60
        clock.advance(hours=1)
        ok(await client.post("/v1/plans/p/assignments", json=assignment(key="x", resource="ben")))
        assert (await self.cost(client))[:2] == ("60.00", 0)

    async def test_a_corrected_effort_keeps_its_actor(self, client: httpx.AsyncClient) -> None:
        await lay_out(client, "p", assignment(key="x"), currency="EUR")
        await spend(client, 1, 60, "2026-03-01")
        instead = {"type": "effort.spent", "occurred_at": "2026-03-01", "actor": "anna", "data": {"minutes": 30}}
        data = {"event": {"source": "time", "id": "e1"}, "replacement": instead}
        await spend(client, 2, 0, "2026-03-01", type="event.corrected", data=data)
        assert (await self.cost(client))[0] == "30.00"

    async def test_planned_effort_has_a_cost_too(self, client: httpx.AsyncClient) -> None:
        ok(await client.post("/v1/resources", json=resource(key="ben")))
        await lay_out(client, "p", assignment(key="x", units=1.0), currency="EUR")
        effort = (await build.get(client, "/v1/plans/p/cost"))["effort"]
        assert (effort["planned_minutes"], effort["planned_cost"]["amount"]) == (2400, "2400.00")
        assert effort["planned_reason"] is None
        ok(await client.post("/v1/plans/p/assignments", json=assignment(key="y", resource="ben")))
        effort = (await build.get(client, "/v1/plans/p/cost"))["effort"]
        assert (effort["planned_minutes"], effort["planned_cost"]) == (3600, None)
        assert effort["planned_reason"] == "no_rate"


@pytest.mark.usefixtures("_anna")
async def test_no_plan_misses_a_version_that_is_made_meanwhile(client: httpx.AsyncClient, clock: TestClock) -> None:
    edits = [client.patch("/v1/resources/anna", json={"capacity": 1.5 + i}, headers=if_match("*")) for i in range(4)]
    await asyncio.gather(*(lay_out(client, f"p{i}", assignment(key="x")) for i in range(4)), *edits)
    newest = (await build.get(client, "/v1/resources/anna"))["version"]
    assert newest == 5
    clock.advance(seconds=1)  # the clock stood, and the versions are a microsecond apart: the last lie ahead of it
    for plan in ("p0", "p1", "p2", "p3"):
        told = await of_plan(client, plan)
        assert told["items"][0]["version"] == newest
        assert await of_plan(client, plan, known_at=told["known_at"], as_of=told["as_of"]) == {
            **told,
            "as_of_source": "asked",
        }


@pytest.mark.usefixtures("_anna")
async def test_too_much_to_do_is_a_deviation(client: httpx.AsyncClient, service: FastAPI) -> None:
    tolerance = build.tolerance(
        key="crowded", measure="over_allocation_minutes", unit="working_minutes", upper={"warning": 0, "breach": 480}
    )
    ok(await client.post("/v1/tolerances", json=tolerance))
    await lay_out(client, "p", assignment(key="x", milestone="b", units=None, effort_minutes=3000))
    await build.capture(client, "p")
    await evaluate(service)
    (found,) = await deviations(client, measure="over_allocation_minutes")
    assert (found["about"], found["level"], found["evidence"]["value"]) == ("resources/anna", "breach", 600)
    ok(await client.patch("/v1/resources/anna", json={"capacity": 2.0}, headers=if_match("*")))
    await evaluate(service)
    (resolved,) = await deviations(client, measure="over_allocation_minutes", state="resolved")
    assert resolved["resolution"] == "within_tolerance"
