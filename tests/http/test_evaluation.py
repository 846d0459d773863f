"""Evaluation over HTTP: what makes a plan due, what time alone brings, and the log of what was judged."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from tests.evaluating import (
    advance_to,
    advance_to_next_check,
    deviations,
    due_at,
    edit,
    evaluate,
    evaluations,
    history,
    kinds,
    only,
    report,
)
from tests.http.build import calendar, capture, document, event, failure, get, if_match, milestone, ok, put, tolerance
from tests.service import TestClock

SLIP = tolerance(key="slip", upper={"breach": 0})
OVERDUE = datetime(2026, 3, 11, 0, 1, tzinfo=UTC)  # the first minute after the day that `a` is planned on


@pytest.fixture
async def _plan(client: httpx.AsyncClient) -> None:
    """A plan `p` whose only milestone `a` is planned for 10 March; nothing but SLIP watches it."""
    await only(client, SLIP)
    await put(client, "p", document())
    await capture(client, "p")


async def test_a_new_workspace_is_watched_without_any_set_up(client: httpx.AsyncClient, service: FastAPI) -> None:
    await put(client, "p", document(milestone("a", "2026-03-01")))
    await capture(client, "p")
    await evaluate(service)
    assert {each["tolerance"]: each["milestone"] for each in await deviations(client)} == {
        "finish": "a",
        "plan-finish": None,
    }


@pytest.mark.usefixtures("_plan")
class TestAtOnce:
    """Whatever is recorded makes the plan due at once."""

    async def test_a_late_event(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await evaluate(service)
        await report(client, 1, "forecast_changed", "2026-03-02", finish="2026-03-12")
        assert await due_at(client) == service.state.clock()
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["milestone"], found["level"], found["state"]) == ("a", "breach", "open")
        assert (found["evidence"]["value"], found["evidence"]["basis"]) == (2.0, "forecast")
        assert found["evidence"]["events"] == [{"source": "tests", "id": "run-1"}]
        assert found["summary"].startswith("a is forecast to finish 2 days ")

    async def test_an_edit_of_the_plan_and_its_undoing(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await edit(client, "plans/p/milestones/a", planned_finish="2026-03-15")
        await evaluate(service)
        clock.advance(hours=1)
        await edit(client, "plans/p/milestones/a", planned_finish="2026-03-10")
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["state"], found["resolution"]) == ("resolved", "within_tolerance")
        assert found["resolved_at"] == "2026-03-02T10:00:00Z"
        assert await kinds(client, found) == ["opened", "resolved"]

    async def test_a_change_of_a_tolerance(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await edit(client, "tolerances/slip", upper={"breach": 5})
        await edit(client, "plans/p/milestones/a", planned_finish="2026-03-13")
        await evaluate(service)
        assert await deviations(client) == []
        await edit(client, "tolerances/slip", upper={"breach": 2})
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["state"], found["tolerance_version"]) == ("open", 3)
        clock.advance(minutes=1)
        await edit(client, "tolerances/slip", upper={"breach": 5})
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["state"], found["resolution"]) == ("resolved", "within_tolerance")

    async def test_a_new_version_of_a_calendar(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        ok(await client.post("/v1/calendars", json=calendar(key="site")))
        await put(client, "p", document(calendar="site"), If_Match="*")
        await evaluate(service)
        off = {"date": "2026-03-10", "intervals": [], "name": "Strike"}
        await edit(client, "calendars/site", exceptions=[off])
        assert await due_at(client) == service.state.clock()

    async def test_nothing_else(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await evaluate(service)
        at = await due_at(client)
        await put(client, "other", document())
        ok(await client.post("/v1/tolerances", json=tolerance(key="of-other", plan="other")))
        again = event(1)
        for _ in range(2):
            await client.post("/v1/plans/other/events", json=again)
        assert await due_at(client) == at


@pytest.mark.usefixtures("_plan")
class TestByTimeAlone:
    """Nobody sends anything: the plan is due at the instant at which that itself is a deviation."""

    async def test_what_is_overdue_is_flagged_in_that_very_minute(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await evaluate(service)
        assert await due_at(client) == OVERDUE
        await advance_to_next_check(service, client)
        (found,) = await deviations(client)
        assert (found["opened_at"], found["evidence"]["basis"]) == ("2026-03-11T00:01:00Z", "overdue_floor")
        (opened,) = await history(client, found)
        assert (opened["recorded_at"], opened["as_of"], opened["retroactive"]) == (
            "2026-03-11T00:01:00Z",
            "2026-03-11T00:01:00Z",
            False,
        )

    async def test_and_not_a_minute_before(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = OVERDUE - timedelta(minutes=1)
        await evaluate(service)
        assert (await evaluations(client))[-1]["as_of"] == "2026-03-11T00:00:00Z"
        assert await deviations(client) == []
        assert await due_at(client) == OVERDUE

    async def test_work_under_way_that_nobody_hears_of(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        silence = {"measure": "silence_minutes", "unit": "working_minutes", "upper": {"warning": 120, "breach": 240}}
        ok(await client.post("/v1/tolerances", json=tolerance(key="unheard", **silence)))
        await report(client, 1, "started", "2026-03-02T08:30:00Z")
        await evaluate(service)
        await advance_to(service, client, datetime(2026, 3, 2, 10, 30, tzinfo=UTC))
        assert await deviations(client) == []
        assert await advance_to_next_check(service, client) == datetime(2026, 3, 2, 10, 31, tzinfo=UTC)
        (found,) = await deviations(client)
        assert (found["tolerance"], found["level"], found["evidence"]["value"]) == ("unheard", "warning", 121)
        await advance_to(service, client, datetime(2026, 3, 2, 12, 31, tzinfo=UTC))
        assert [each["level"] for each in await history(client, found)][-2:] == ["warning", "breach"]
        await report(client, 2, "progressed", "2026-03-02T12:31:00Z", percent_complete=10)
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["state"], found["resolution"]) == ("resolved", "within_tolerance")

    async def test_what_stays_blocked(self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> None:
        blocked = {"measure": "blocked_minutes", "unit": "working_minutes", "upper": {"breach": 60}}
        ok(await client.post("/v1/tolerances", json=tolerance(key="stuck", **blocked)))
        await report(client, 1, "blocked", "2026-03-02T08:45:00Z", reason_code="supply")
        await evaluate(service)
        await advance_to(service, client, datetime(2026, 3, 2, 9, 45, tzinfo=UTC))
        assert await deviations(client) == []
        assert await advance_to_next_check(service, client) == datetime(2026, 3, 2, 9, 46, tzinfo=UTC)
        (found,) = await deviations(client)
        assert (found["tolerance"], found["evidence"]["value"]) == ("stuck", 61)
        await report(client, 2, "unblocked", "2026-03-02T09:46:00Z")
        await evaluate(service)
        assert (await deviations(client))[0]["resolution"] == "within_tolerance"

    async def test_nothing_is_due_where_nothing_can_change(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await report(client, 1, "completed", "2026-03-02T08:00:00Z")
        await evaluate(service)
        assert await due_at(client) is None


@pytest.mark.usefixtures("_plan")
class TestStatus:
    """Only active plans are judged; what is open in a closed one is over."""

    async def test_a_draft_is_not_judged(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await put(client, "draft", document(milestone("a", "2026-03-01")))
        ok(await client.post("/v1/plans/draft/events", json=event("d", type="milestone.started")))
        await evaluate(service)
        assert await evaluations(client, "draft") == []

    async def test_on_hold_nothing_happens_until_it_goes_on(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await edit(client, "plans/p", status="on_hold")
        await evaluate(service)
        assert await due_at(client) is None
        clock.now = OVERDUE
        await edit(client, "plans/p", goal="Later")
        await evaluate(service)
        assert (await evaluations(client), await due_at(client)) == ([], None)
        await edit(client, "plans/p", status="active")
        await evaluate(service)
        assert [each["state"] for each in await deviations(client)] == ["open"]

    async def test_on_hold_what_is_open_stays_open(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = OVERDUE
        await evaluate(service)
        await edit(client, "plans/p", status="on_hold")
        await report(client, 1, "completed", "2026-03-10T10:00:00Z")
        await evaluate(service)
        assert [each["state"] for each in await deviations(client)] == ["open"]

    @pytest.mark.parametrize("status", ["completed", "cancelled"])
    async def test_what_is_open_is_over_with_the_plan(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock, status: str
    ) -> None:
        clock.now = OVERDUE
        await evaluate(service)
        clock.advance(minutes=5)
        await edit(client, "plans/p", status=status)
        await evaluate(service)
        (found,) = await deviations(client)
        assert (found["state"], found["resolution"]) == ("resolved", "plan_closed")
        assert found["resolved_at"] == "2026-03-11T00:06:00Z"
        assert (await evaluations(client))[-1]["is_closed"]
        assert await due_at(client) is None

    async def test_a_plan_that_is_opened_again_begins_another_episode(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = OVERDUE
        for status in ("active", "completed", "active"):
            await edit(client, "plans/p", status=status)
            await evaluate(service)
        assert [(each["episode"], each["state"]) for each in await deviations(client)] == [
            (1, "resolved"),
            (2, "open"),
        ]

    async def test_what_is_open_in_a_deleted_plan_is_told_to_be_over(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = OVERDUE
        await evaluate(service)
        await client.delete("/v1/plans/p", headers=if_match("*"))
        await evaluate(service)
        feed = (await get(client, "/v1/feed"))["items"]
        assert [(each["type"], each["data"]["resolution"]) for each in feed] == [
            ("deviation.opened", None),
            ("deviation.resolved", "plan_closed"),
        ]


@pytest.mark.usefixtures("_plan")
class TestLog:
    """GET /evaluation and /evaluations."""

    async def test_before_the_first_evaluation(self, client: httpx.AsyncClient) -> None:
        assert await get(client, "/v1/plans/p/evaluation") == {
            "plan": "p",
            "status": "active",
            "last_sequence": 0,
            "evaluated_sequence": 0,
            "check_due_at": "2026-03-02T09:00:00Z",
            "failures": 0,
            "last_error": None,
            "newest": None,
        }

    async def test_an_evaluation_tells_all_that_it_knew_of(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = OVERDUE
        await report(client, 1, "started", "2026-03-10T08:00:00Z")
        await evaluate(service)
        found = await get(client, "/v1/plans/p/evaluation")
        assert (found["last_sequence"], found["evaluated_sequence"]) == (1, 1)
        newest = found["newest"]
        assert newest | {"engine": "", "next_check_at": ""} == {
            "number": 1,
            "evaluated_at": "2026-03-11T00:01:00Z",
            "as_of": "2026-03-11T00:01:00Z",
            "known_at": "2026-03-11T00:01:00Z",
            "sequence": 1,
            "revision": 1,
            "baseline": 1,
            "is_closed": False,
            "engine": "",
            "tolerances": {"slip": 1},
            "calendars": {},
            "transitions": {"opened": 1},
            "next_check_at": "",
        }
        asked = {name: newest[name] for name in ("as_of", "known_at")}
        variance = (await get(client, "/v1/plans/p/variance/a", **asked))["item"]["finish_variance"]
        (deviation,) = await deviations(client)
        assert variance["working_minutes"] == deviation["evidence"]["operands"]["working_minutes"] == 1

    async def test_the_log_is_read_page_by_page(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        for number in (1, 2, 3):
            await report(client, number, "started", "2026-03-02T08:00:00Z")
            await evaluate(service)
        first = await get(client, "/v1/plans/p/evaluations", limit=2)
        last = await get(client, "/v1/plans/p/evaluations", limit=2, cursor=first["next_cursor"])
        assert [each["sequence"] for each in first["items"] + last["items"]] == [3, 2, 1]
        assert last["next_cursor"] is None

    async def test_evaluating_again_changes_nothing(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = OVERDUE
        await evaluate(service)
        before = await deviations(client), await get(client, "/v1/feed")
        for _ in range(3):
            await edit(client, "tolerances/slip", name=f"Number {len(await evaluations(client))}")
            await evaluate(service)
        (found,), feed = await deviations(client), await get(client, "/v1/feed")
        assert ([found | {"tolerance_version": 1}], feed["items"]) == (before[0], before[1]["items"])
        assert [each["transitions"] for each in await evaluations(client)] == [{"opened": 1}, {}, {}, {}]

    @pytest.mark.parametrize("path", ["evaluation", "evaluations"])
    async def test_of_no_plan_there_is_none(self, client: httpx.AsyncClient, path: str) -> None:
        assert failure(await client.get(f"/v1/plans/nobodys/{path}")) == (404, "plan-not-found")
