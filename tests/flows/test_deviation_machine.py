"""Anything that people, clocks and evaluators do to a plan, against a model of what must be open then."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.access import store as access
from app.access.service import KeyRequest, Scope, create_key, create_workspace
from app.domain.moments import format_instant, parse_instant
from app.plans import store as plans
from app.settings import Settings
from tests.evaluating import acknowledge, deviations, due_at, edit, evaluate, report
from tests.flows.deviation_model import LEVELS, Bounds, Expected
from tests.flows.evaluation_replay import check_log
from tests.http.build import (
    Json,
    activity,
    capture,
    dependency,
    document,
    event,
    get,
    if_match,
    milestone,
    ok,
    put,
    tolerance,
)
from tests.scale import full
from tests.service import NOW, TestClock, new_app

T = TypeVar("T")
WATCHED = ("a", "b")  # neither waits for the other, so that none of them explains the other
MINUTES_PER_DAY = 1440


class World:
    """The service on one database, and a loop of its own to run it in; every run has a workspace of its own."""

    def __init__(self, runner: asyncio.Runner, service: FastAPI, clock: TestClock) -> None:
        self.runner, self.service, self.clock = runner, service, clock
        self.numbers = count(1)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it to its end."""
        return self.runner.run(work)

    async def enter(self) -> tuple[httpx.AsyncClient, int]:
        """A client for a new workspace, and its id."""
        name = f"run-{next(self.numbers)}"
        self.clock.now = NOW

        async def work(tx: Any) -> tuple[str, int]:
            await create_workspace(tx, name, NOW)
            key = await create_key(tx, KeyRequest(name, "somebody", frozenset({Scope.admin})), NOW)
            workspace_id = await access.workspace_id(tx, name)
            assert workspace_id is not None
            return key.token, workspace_id

        token, workspace_id = await self.service.state.database.write(work)
        headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.ASGITransport(self.service)
        return httpx.AsyncClient(transport=transport, base_url="http://leeway.test", headers=headers), workspace_id


class DeviationMachine(RuleBasedStateMachine):
    """One plan: `a`, and `c` that waits for `b`; some built-in tolerances watch it, too."""

    world: World

    @initialize(enough=st.integers(1, 3))
    def begin(self, enough: int) -> None:
        self.bounds = Bounds(enough=enough)
        self.model: dict[tuple[str, int], Expected] = {}
        self.baseline = 1
        self.status = "active"
        self.evaluated = 0
        self.standing: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.events: list[tuple[str, str]] = []
        self.clock, self.service = self.world.clock, self.world.service
        self.world.run(self._lay_out())

    async def _lay_out(self) -> None:
        self.client, self.workspace_id = await self.world.enter()
        slip = tolerance(key="slip", applies_to={"milestones": list(WATCHED)}, **self.bounds.wire())
        ok(await self.client.post("/v1/tolerances", json=slip))
        for key in ("activity-finish", "plan-finish", "deadline"):
            (await self.client.delete(f"/v1/tolerances/{key}", headers=if_match("*"))).raise_for_status()
        tasks = milestone("a", "2026-03-09"), activity("b", "2026-03-02", "2026-03-10"), milestone("c", "2026-03-12")
        await put(self.client, "p", document(*tasks, dependencies=[dependency("b", "c")]))
        await capture(self.client, "p")

    def tick(self) -> datetime:
        """A little later: several things may happen within a minute, but no two at once."""
        self.clock.advance(seconds=20)
        return self.clock()

    @rule(
        key=st.sampled_from("aabbc"),
        kind=st.sampled_from(["started", "reopened", "reopened", "blocked", "unblocked", "completed", "cancelled"]),
        hours_ago=st.sampled_from([0, 0, 5, 50]),
    )
    def record(self, key: str, kind: str, hours_ago: int) -> None:
        """Something has happened, now or some time ago."""
        at = format_instant(self.tick() - timedelta(hours=hours_ago))
        self.events.append((key, at))
        self.world.run(report(self.client, len(self.events), kind, at, key))

    @rule(key=st.sampled_from("aaabc"), days=st.sampled_from([-1, 0, 1, 1, 2, 2, 3, 3, 5]))
    def forecast(self, key: str, days: int) -> None:
        """Somebody expects another finish."""
        at = format_instant(self.tick())
        finish = str(date(2026, 3, 10) + timedelta(days=days))
        self.events.append((key, at))
        self.world.run(report(self.client, len(self.events), "forecast_changed", at, key, finish=finish))
        self.world.run(self._evaluate())

    @precondition(lambda self: self.events)
    @rule(data=st.data(), hours=st.none() | st.integers(-60, 60))
    def take_back(self, data: st.DataObject, hours: int | None) -> None:
        """An event is retracted, or corrected: the work was completed then."""
        now = self.tick()
        number = data.draw(st.integers(1, len(self.events)))
        key, at = self.events[number - 1]
        said: Json = {"event": {"source": "tests", "id": f"run-{number}"}}
        if hours is not None:
            done = min(parse_instant(at) + timedelta(hours=hours), now)
            said["replacement"] = {
                "type": "milestone.completed",
                "milestone": key,
                "occurred_at": format_instant(done),
            }
        self.events.append((key, format_instant(now)))
        kind = "event.retracted" if hours is None else "event.corrected"
        told = event(len(self.events), type=kind, occurred_at=format_instant(now), data=said)
        del told["milestone"]
        self.world.run(self._post("/v1/plans/p/events", told))

    async def _post(self, path: str, body: Json) -> None:
        ok(await self.client.post(path, json=body))

    @rule(key=st.sampled_from("abc"), day=st.integers(8, 17))
    def edit(self, key: str, day: int) -> None:
        """Another day is planned."""
        self.tick()
        self.world.run(edit(self.client, f"plans/p/milestones/{key}", planned_finish=f"2026-03-{day:02}"))

    @rule()
    def capture(self) -> None:
        """The plan as it is now is agreed."""
        self.tick()
        self.world.run(capture(self.client, "p"))
        self.baseline += 1

    @rule(
        warning=st.sampled_from([0, 0.5, 1, 2]),
        breach=st.sampled_from([2.5, 3, 5]),
        margin=st.sampled_from([None, 0, 0.5]),
        enough=st.integers(1, 3),
    )
    def change_tolerance(self, warning: float, breach: float, margin: float | None, enough: int) -> None:
        """More, or less, is tolerated."""
        self.tick()
        self.bounds = Bounds(warning, breach, margin, enough)
        self.world.run(edit(self.client, "tolerances/slip", **self.bounds.wire()))

    @rule(data=st.data(), minutes=st.none() | st.sampled_from([1, 60, 3000]))
    def acknowledge(self, data: st.DataObject, minutes: int | None) -> None:
        """Somebody has seen a deviation; on finished work that settles it."""
        standing = [each for each in self.world.run(deviations(self.client)) if each["state"] != "resolved"]
        if not standing:
            return
        now = self.tick()
        chosen = data.draw(st.sampled_from(range(len(standing))))
        until = None if minutes is None else format_instant(now + timedelta(minutes=minutes))
        said = self.world.run(acknowledge(self.client, standing[chosen], until=until))
        if said["tolerance"] == "slip":
            expected = self.expected(said["milestone"], said["baseline"])
            expected.state = "accepted" if said["state"] == "resolved" else said["state"]
            ends = said["acknowledgement"]["until"]
            expected.until = None if ends is None else parse_instant(ends)
            expected.accepted = said["evidence"]["value"]
            if expected.state == "accepted":
                expected.run.clear()
        self.world.run(self._evaluate())

    @rule(status=st.sampled_from(["on_hold", "completed"]), minutes=st.sampled_from([0, 60, 1441]))
    def rest(self, status: str, minutes: int) -> None:
        """The plan rests, or is done with, for a while."""
        for self.status in (status, "active"):
            self.tick()
            self.world.run(edit(self.client, "plans/p", status=self.status))
            self.clock.advance(minutes=minutes)
            self.world.run(self._evaluate())

    @rule(minutes=st.sampled_from([1, 1, 7, 60, 60, 600, 1441]))
    def wait(self, minutes: int) -> None:
        """Time goes by."""
        self.clock.advance(minutes=minutes)

    @rule()
    def evaluate(self) -> None:
        """The plan is evaluated, if it is due."""
        self.world.run(self._evaluate())

    @rule()
    def evaluate_at_the_next_check(self) -> None:
        """Time goes by until the plan is due."""
        self.world.run(self._evaluate())
        at = self.world.run(due_at(self.client))
        if at is not None:
            self.clock.now = max(at, self.clock.now)
            self.world.run(self._evaluate())

    @rule(percent=st.integers(0, 99))
    def evaluate_early(self, percent: int) -> None:
        """Before the plan is due no level flips; and what is evaluated twice changes nothing."""
        self.world.run(self._evaluate())
        before = self.standing
        at = self.world.run(due_at(self.client))
        if at is not None:
            assert self.clock.now < at
            self.clock.now += (at - self.clock.now) * percent // 100  # `/` rounds: to the check itself, at the last
        self.world.run(self._evaluate_now())
        assert self.standing == before
        cursor = self.world.run(get(self.client, "/v1/feed", **{"from": "now"}))["next_cursor"]
        newest = self.world.run(self._evaluate_now())
        assert newest is None or newest["transitions"] == {}
        assert self.world.run(get(self.client, "/v1/feed", cursor=cursor))["items"] == []

    async def _evaluate_now(self) -> Json | None:
        """Evaluate, due or not."""
        now = self.clock()
        await self.service.state.database.write(lambda tx: plans.mark_due(tx, self.workspace_id, "p", now))
        return await self._evaluate()

    async def _evaluate(self) -> Json | None:
        """Evaluate, and hold what is open against the model; answers the evaluation, if there was one."""
        await evaluate(self.service)
        newest: Json | None = (await get(self.client, "/v1/plans/p/evaluation"))["newest"]
        if newest is None or newest["number"] == self.evaluated:
            return None
        self.evaluated = newest["number"]
        await self._see()
        known = await deviations(self.client)
        self.standing = {
            (each["tolerance"], each["milestone"], each["baseline"]): (each["episode"], each["state"], each["level"])
            for each in known
            if each["state"] != "resolved"
        }
        self._hold_against_the_model(sum(each["tolerance"] == "slip" for each in known))
        return newest

    def _hold_against_the_model(self, count: int) -> None:
        standing = {
            (milestone, baseline): (episode, state, LEVELS[level])
            for (key, milestone, baseline), (episode, state, level) in self.standing.items()
            if key == "slip"
        }
        expected = {
            name: (each.episode, each.state, each.level)
            for name, each in self.model.items()
            if each.state in {"open", "acknowledged"}
        }
        assert standing == expected
        assert count == sum(each.episode for each in self.model.values())

    async def _see(self) -> None:
        """What the evaluation saw, and what the model makes of it."""
        for (_, baseline), each in self.model.items():
            if baseline != self.baseline or self.status == "completed":
                each.end()
        if self.status == "completed":
            return
        items = (await get(self.client, "/v1/plans/p/variance"))["items"]
        for key, item in ((each["milestone"], each) for each in items if each["milestone"] in WATCHED):
            expected, variance = self.expected(key, self.baseline), item["finish_variance"]
            if variance["reason"] == "cancelled":
                expected.end()
            else:
                minutes = variance["working_minutes"]
                expected.see(self.bounds, None if minutes is None else minutes / MINUTES_PER_DAY, self.clock())

    def expected(self, key: str, baseline: int) -> Expected:
        """What the model expects of a milestone."""
        return self.model.setdefault((key, baseline), Expected())

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.world.run(check_log(self.service, self.client, "p", self.workspace_id))
            self.world.run(self.client.aclose())


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The service in a loop of its own."""
    clock = TestClock()
    service = new_app(Settings(database_url=database_url, run_loops=False, database_pool_size=4), clock)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        runner.run(stack.enter_async_context(service.router.lifespan_context(service)))
        yield World(runner, service, clock)
        runner.run(stack.aclose())


@pytest.mark.timeout(full(12_000, 600))
def test_any_history(world: World) -> None:
    machine = type("Machine", (DeviationMachine,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=full(500, 25),
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
