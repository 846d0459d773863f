"""POST /v1/tolerances/preview: what a tolerance would have found, which is what it finds where it is there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.kit.limits import MAX_PREVIEW_FACTS, MAX_PREVIEW_MILESTONE_STEPS
from tests.evaluating import advance_to, deviations, edit, evaluate, history, only, report
from tests.http.build import (
    Json,
    activity,
    capture,
    dependency,
    document,
    event,
    failure,
    get,
    milestone,
    ok,
    places,
    put,
    tolerance,
)
from tests.service import TestClock

URL = "/v1/tolerances/preview"
SLIP = tolerance(upper={"warning": 0, "breach": 3})
TOLERANCES = [
    pytest.param(SLIP, id="finish"),
    pytest.param({**SLIP, "consecutive": 2, "clear_margin": 0.5}, id="twice in a row"),
    pytest.param({**SLIP, "basis": "actual"}, id="facts alone"),
    pytest.param({**SLIP, "baseline": "original"}, id="since the start"),
    pytest.param(tolerance(measure="plan_finish_variance", upper={"breach": 1}), id="the plan"),
    pytest.param(tolerance(measure="deadline_variance", upper={"warning": 0}), id="deadline"),
    pytest.param(tolerance(measure="silence_minutes", upper={"warning": 1, "breach": 2}), id="silence"),
    pytest.param(tolerance(measure="blocked_minutes", unit="working_minutes", upper={"breach": 300}), id="blocked"),
    pytest.param(tolerance(measure="total_float", lower={"breach": -1.5}, upper={}), id="float"),
]


async def preview(client: httpx.AsyncClient, wanted: Json, **period: str) -> Json:
    """What the tolerance would have found in the plan `p`."""
    named = {"from" if name == "since" else name: value for name, value in period.items()}
    return ok(await client.post(URL, json={"plan": "p", "tolerance": wanted, **named}))


async def live_through(service: FastAPI, client: httpx.AsyncClient) -> None:
    """Three weeks of a plan, evaluated whenever it is due."""

    async def until(day: int, hour: int = 9, minute: int = 0) -> None:
        await advance_to(service, client, datetime(2026, 3, day, hour, minute, tzinfo=UTC))

    work = activity("a", "2026-03-02", "2026-03-05"), milestone("b", "2026-03-06", deadline="2026-03-09")
    links = [dependency("a", "b")]
    await put(client, "p", document(*work, milestone("c", "2026-03-04"), dependencies=links))
    await capture(client, "p")
    await evaluate(service)
    await until(2, 12)
    await report(client, 1, "started", "2026-03-02T10:00:00Z")
    await until(3, 8)
    await report(client, 2, "blocked", "2026-03-03T07:00:00Z", reason_code="supply")
    await until(5, 10)
    await report(client, 3, "unblocked", "2026-03-05T09:00:00Z")
    await until(5, 10, 1)
    await report(client, 4, "forecast_changed", "2026-03-05T09:30:00Z", finish="2026-03-11")
    await until(6, 15)
    await report(client, 5, "completed", "2026-03-03T16:00:00Z", "c")
    await until(9)
    await edit(client, "plans/p/milestones/b", planned_finish="2026-03-12", deadline="2026-03-13")
    await until(10)
    await capture(client, "p")
    await until(12, 11)
    await report(client, 6, "completed", "2026-03-11T18:00:00Z")
    await until(14)
    await report(client, 7, "completed", "2026-03-12T18:00:00Z", "b")
    await until(16)
    await edit(client, "plans/p/milestones/c", labels={"team": "docs"})
    await until(20)


async def as_foreseen(client: httpx.AsyncClient, found: Json) -> Json:
    """A deviation as a preview tells it."""
    opened, *later = await history(client, found)
    worse = [each for each in later if each["kind"] == "worsened"]
    return {
        **{
            name: found[name]
            for name in ("milestone", "about", "baseline", "episode", "opened_at", "resolved_at", "resolution")
        },
        **{name: opened[name] for name in ("as_of", "level", "value", "summary")},
        "worst_level": max((each["level"] for each in [opened, *worse]), key=["warning", "breach"].index),
        "worst_value": worse[-1]["value"] if worse else opened["value"],
    }


@pytest.mark.parametrize("wanted", TOLERANCES)
async def test_it_finds_what_the_tolerance_finds_when_it_is_there(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock, wanted: Json
) -> None:
    await only(client, {**wanted, "key": "tried"})
    await live_through(service, client)
    lived = [await as_foreseen(client, each) for each in await deviations(client)]
    foreseen = await preview(client, wanted)

    def order(each: Json) -> tuple[Any, ...]:
        return each["opened_at"], each["milestone"] or "", each["baseline"] or 0

    assert lived, "it found something at all"
    assert sorted(foreseen["deviations"], key=order) == sorted(lived, key=order)
    assert foreseen["opened"] == len(lived)
    assert foreseen["still_open"] == sum(each["resolved_at"] is None for each in lived)


class TestHistory:
    """Over a plan `p` with a milestone that was forecast four days late for a while."""

    @pytest.fixture(autouse=True)
    async def _history(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        await put(client, "p", document())
        await capture(client, "p")
        for day, finish in ((3, "2026-03-14"), (5, "2026-03-10")):
            clock.now = datetime(2026, 3, day, 9, tzinfo=UTC)
            at = clock().isoformat()
            await report(client, day, "forecast_changed", at, finish=finish)
        clock.now = datetime(2026, 3, 6, 9, tzinfo=UTC)

    async def test_nothing_is_stored(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        assert (await preview(client, {**SLIP, "key": "tried"}))["opened"] == 1
        assert (await client.get("/v1/tolerances/tried")).status_code == 404
        assert (await deviations(client), (await get(client, "/v1/feed"))["items"]) == ([], [])

    async def test_it_tells_when_and_why(self, client: httpx.AsyncClient) -> None:
        found = await preview(client, SLIP)
        assert (found["plan"], found["opened"], found["still_open"], found["is_sampled"]) == ("p", 1, 0, False)
        (deviation,) = found["deviations"]
        assert deviation["summary"].startswith("a ")
        assert (deviation["opened_at"], deviation["resolved_at"]) == ("2026-03-03T09:00:00Z", "2026-03-05T09:00:00Z")
        assert (deviation["level"], deviation["value"], deviation["resolution"]) == (
            "breach",
            4.0,
            "within_tolerance",
        )

    PERIODS: list[tuple[dict[str, str], list[str]]] = [
        ({"since": "2026-03-03T12:00:00Z"}, ["2026-03-03T12:00:00Z"]),
        ({"since": "2026-03-03"}, ["2026-03-04T00:00:00Z"]),
        ({"since": "2026-03-05T09:00:00Z"}, []),
        ({"to": "2026-03-03T08:59:00Z"}, []),
        ({"to": "2026-03-03"}, ["2026-03-03T09:00:00Z"]),
        ({"since": "2020-01-01", "to": "2030-01-01"}, ["2026-03-03T09:00:00Z"]),
    ]

    async def test_a_period_begins_with_what_was_known_then_and_ends(
        self, client: httpx.AsyncClient, subtests: pytest.Subtests
    ) -> None:
        for period, opened_at in self.PERIODS:
            with subtests.test(period=period):
                assert [
                    each["opened_at"] for each in (await preview(client, SLIP, **period))["deviations"]
                ] == opened_at

    async def test_a_draft_is_not_judged(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        await put(client, "draft", document(milestone(finish="2026-03-03", deadline="2026-03-03")))
        wanted = tolerance(measure="deadline_variance", upper={"breach": 0})
        clock.advance(days=1)
        await capture(client, "draft")
        clock.advance(days=1)
        (found,) = ok(await client.post(URL, json={"plan": "draft", "tolerance": wanted}))["deviations"]
        assert found["opened_at"].startswith("2026-03-07T09:00:00")

    async def test_too_many_facts_are_judged_some_together(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        for number in range(MAX_PREVIEW_FACTS + 10):
            clock.advance(minutes=1)
            await report(client, f"note-{number}", "assigned", "2026-03-06", assignee="somebody")
        found = await preview(client, SLIP)
        assert (found["is_sampled"], found["opened"]) == (True, 1)
        assert MAX_PREVIEW_FACTS <= found["evaluations"] < MAX_PREVIEW_FACTS + 10


WHO = {"assignee": "somebody"}


class TestRefused:
    """A clear problem, with the place in the request."""

    @pytest.fixture(autouse=True)
    async def _plan(self, client: httpx.AsyncClient) -> None:
        await put(client, "p", document())
        await capture(client, "p")

    IMPOSSIBLE: list[tuple[Json, str]] = [
        (tolerance(upper={"warning": 5, "breach": 1}), "/tolerance/upper"),
        (tolerance(unit="points"), "/tolerance/unit"),
        (tolerance(measure="mood"), "/tolerance/measure"),
        (tolerance(upper={}), "/tolerance"),
        (tolerance(baseline="7"), "/tolerance/baseline"),
        (tolerance(applies_to={"milestones": ["a", "gone"]}), "/tolerance/applies_to/milestones"),
        (tolerance(applies_to={"labels": {"team": "nobodys"}}), "/tolerance/applies_to/labels"),
    ]

    async def test_a_tolerance_that_cannot_be(self, client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
        for wanted, pointer in self.IMPOSSIBLE:
            with subtests.test(wanted=wanted):
                refused = await client.post(URL, json={"plan": "p", "tolerance": wanted})
                assert [found[: len(pointer)] for found, _ in places(refused)] == [pointer]

    async def test_a_period_that_is_empty(self, client: httpx.AsyncClient) -> None:
        body = {"plan": "p", "tolerance": SLIP, "from": "2026-03-02T08:00:00Z", "to": "2026-03-01T08:00:00Z"}
        assert places(await client.post(URL, json=body)) == [("/from", "empty_period")]

    async def test_a_plan_that_is_not_there(self, client: httpx.AsyncClient) -> None:
        refused = await client.post(URL, json={"plan": "nobodys", "tolerance": SLIP})
        assert places(refused) == [("/plan", "unknown_plan")]

    async def test_a_plan_too_large_for_so_long(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        facts = 200
        many = [milestone(f"m{number}") for number in range(MAX_PREVIEW_MILESTONE_STEPS // facts + 1)]
        await put(client, "p", document(*many), If_Match="*")
        for number in range(facts):
            clock.advance(minutes=1)
            ok(await client.post("/v1/plans/p/events", json=event(number, "m0", type="milestone.assigned", data=WHO)))
        answer = await client.post(URL, json={"plan": "p", "tolerance": SLIP})
        assert failure(answer) == (422, "preview-too-long")
        since = (clock() - timedelta(minutes=1)).isoformat()
        assert ok(await client.post(URL, json={"plan": "p", "tolerance": SLIP, "from": since}))["opened"] == 0
