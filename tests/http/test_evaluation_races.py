"""Several evaluators and writers at once, plans that fail, and readers who wait for an evaluation."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations.acknowledging import acknowledge
from app.deviations.tables import deviations as table
from app.evaluation.service import LEASE, evaluate, evaluate_due
from app.kit.stamps import Stamp
from app.plans import due
from app.plans import store as plans
from app.plans.due import Due
from app.settings import Settings
from tests.evaluating import deviations, due_at, edit, evaluations, kinds, only, report
from tests.evaluating import evaluate as evaluate_all
from tests.http.build import Json, capture, document, get, milestone, ok, put, tolerance
from tests.service import TestClock

SLIP = tolerance(key="slip", upper={"warning": 0, "breach": 5})


@pytest.fixture(autouse=True)
async def _plan(client: httpx.AsyncClient) -> None:
    """A plan `p` whose only milestone `a` is two days late."""
    await only(client, SLIP)
    await put(client, "p", document())
    await capture(client, "p")
    await report(client, "first", "forecast_changed", "2026-03-02T08:00:00Z", finish="2026-03-12")


async def claim(service: FastAPI) -> Due:
    """Claim the plan as an evaluator does."""
    now = service.state.clock()
    (found,) = await service.state.database.write(lambda tx: due.claim_due(tx, now, [now + LEASE]))
    plan: Due = found
    return plan


async def finish(service: FastAPI, plan: Due) -> None:
    """Evaluate the plan as it was when it was claimed."""
    await evaluate(service.state.database, service.state.clock, plan)


async def opened(client: httpx.AsyncClient) -> list[str]:
    """The kinds of what the feed tells."""
    return [each["type"] for each in (await get(client, "/v1/feed"))["items"]]


class TestAtOnce:
    """Whatever gets in between, nothing is found twice and nothing is missed."""

    async def test_of_two_evaluators_of_one_plan_one_wins(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        plan = await claim(service)
        await asyncio.gather(finish(service, plan), finish(service, plan))
        assert [each["number"] for each in await evaluations(client)] == [1]
        assert len(await deviations(client)) == 1
        assert await opened(client) == ["deviation.opened"]

    async def test_a_claimed_plan_is_not_claimed_again(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await claim(service)
        assert await evaluate_due(service.state.database, service.state.clock) == 0

    async def test_many_evaluators_share_many_plans(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        for number in range(40):
            await put(client, f"plan-{number}", document(milestone("a", "2026-03-01")))
            await capture(client, f"plan-{number}")
        await asyncio.gather(*(evaluate_all(service) for _ in range(4)))
        for number in range(40):
            assert len(await evaluations(client, f"plan-{number}")) == 1
        assert len(await opened(client)) == 41

    async def test_an_event_that_arrives_meanwhile_leaves_the_plan_due(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        plan = await claim(service)
        await report(client, 1, "forecast_changed", "2026-03-02T08:30:00Z", finish="2026-03-20")
        await finish(service, plan)
        (found,) = await deviations(client)
        assert (found["evidence"]["value"], (await evaluations(client))[-1]["sequence"]) == (2.0, 1)
        assert await due_at(client) == clock()
        await evaluate_all(service)
        (found,) = await deviations(client)
        assert (found["evidence"]["value"], (await evaluations(client))[-1]["sequence"]) == (10.0, 2)
        assert await kinds(client, found) == ["opened", "worsened"]

    async def test_an_acknowledgement_that_comes_meanwhile_is_not_lost(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await evaluate_all(service)
        (found,) = await deviations(client)
        await report(client, 1, "forecast_changed", "2026-03-02T08:30:00Z", finish="2026-03-13")
        plan = await claim(service)
        late: list[asyncio.Task[None]] = []

        async def hold(tx: AsyncConnection) -> None:
            """Hold the plan's lock until the evaluator, which has read everything, waits for it."""
            await plans.lock_ids(tx, plan.head.workspace_id, [plan.head.plan_id])
            late.append(asyncio.create_task(finish(service, plan)))
            await asyncio.sleep(0.5)
            said = {"reason": "Known", "reason_code": None, "until": None}
            await acknowledge(tx, plan.head.workspace_id, UUID(found["id"]), said, Stamp("somebody", clock))

        await service.state.database.write(hold)
        await late[0]
        assert len(await evaluations(client)) == 1  # what it found did not follow from what stands now
        await evaluate_all(service)
        assert await kinds(client, found) == ["opened", "acknowledged", "worsened"]
        assert [each["state"] for each in await deviations(client)] == ["acknowledged"]

    async def test_what_a_dead_evaluator_claimed_is_free_after_its_lease(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        dead = await claim(service)
        clock.advance(seconds=29)
        await evaluate_all(service)
        assert await evaluations(client) == []
        clock.advance(seconds=2)
        await evaluate_all(service)
        assert len(await deviations(client)) == 1
        await finish(service, dead)  # it was only slow
        assert len(await evaluations(client)) == 1


class TestFailures:
    """A plan that can't be evaluated is tried again, ever later; the others go on."""

    @pytest.fixture
    async def _broken(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await evaluate_all(service)

        async def spoil(tx: AsyncConnection) -> None:
            await tx.execute(update(table).values(level="nonsense"))

        await service.state.database.write(spoil)
        await edit(client, "tolerances/slip", name="Looked at again")

    @pytest.mark.usefixtures("_broken")
    async def test_it_is_backed_off_and_reported(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        pauses = []
        for failures in range(1, 4):
            await evaluate_all(service)
            found = await get(client, "/v1/plans/p/evaluation")
            assert (found["failures"], found["last_error"]) == (failures, "ValueError")
            at = await due_at(client)
            assert at is not None
            pauses.append(at - clock())
            clock.now = at
        assert pauses == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]

    @pytest.mark.usefixtures("_broken")
    async def test_the_others_go_on(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        for key in ("before", "z-after"):
            await put(client, key, document(milestone("a", "2026-03-01")))
            await capture(client, key)
        await evaluate_all(service)
        for key in ("before", "z-after"):
            assert len(await deviations(client, key)) == 1

    @pytest.mark.usefixtures("_broken")
    async def test_it_recovers_and_its_failures_are_forgotten(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await evaluate_all(service)

        async def mend(tx: AsyncConnection) -> None:
            await tx.execute(update(table).values(level="warning"))

        await service.state.database.write(mend)
        clock.advance(seconds=5)
        await evaluate_all(service)
        found = await get(client, "/v1/plans/p/evaluation")
        assert (found["failures"], found["last_error"]) == (0, None)
        assert len(await evaluations(client)) == 2

    async def test_dates_beyond_the_years_of_calendars_are_no_failure(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await put(client, "far", document(milestone("a", "2199-12-31"), calendar="standard"))
        await capture(client, "far")
        ok(await client.post("/v1/plans/far/events", json=FAR))
        await evaluate_all(service)
        found = await get(client, "/v1/plans/far/evaluation")
        assert (found["failures"], found["evaluated_sequence"]) == (0, 1)


FAR = {
    "id": "far",
    "source": "tests",
    "type": "milestone.forecast_changed",
    "milestone": "a",
    "occurred_at": "2026-03-02T08:00:00Z",
    "data": {"finish": "2199-12-31T23:59:00Z"},
}
Ask = Callable[[], Awaitable[httpx.Response]]


class TestWaiting:
    """A reader may wait until an event was judged; it holds no connection meanwhile."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """With one connection there is none to be held."""
        return settings.model_copy(update={"database_pool_size": 1})

    @pytest.mark.parametrize("path", ["/v1/plans/p/evaluation", "/v1/plans/p/deviations", "/v1/deviations?plan=p"])
    async def test_it_is_answered_as_soon_as_the_evaluation_is_written(
        self, client: httpx.AsyncClient, service: FastAPI, path: str
    ) -> None:
        loop, delays = asyncio.get_running_loop(), []
        for sequence in range(2, 7):

            async def wait(sequence: int = sequence) -> tuple[Json, float]:
                params = {"min_sequence": sequence, "wait_seconds": 20}
                return ok(await client.get(httpx.URL(path).copy_merge_params(params))), loop.time()

            waiting = asyncio.create_task(wait())
            await report(client, sequence, "forecast_changed", "2026-03-02T08:00:00Z", finish=f"2026-03-1{sequence}")
            await asyncio.sleep(0.2)
            assert not waiting.done()
            await evaluate_all(service)
            written = loop.time()
            found, at = await waiting
            assert found["evaluated_sequence"] == sequence
            delays.append(at - written)
        assert median(delays) < 0.1

    async def test_many_who_wait_hold_up_nobody(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        params = {"min_sequence": 2, "wait_seconds": 20}
        waiting = [asyncio.create_task(get(client, "/v1/plans/p/deviations", **params)) for _ in range(30)]
        await asyncio.sleep(0.2)
        await report(client, 2, "completed", "2026-03-02T08:00:00Z")
        await evaluate_all(service)
        assert {each["evaluated_sequence"] for each in await asyncio.gather(*waiting)} == {2}

    async def test_after_its_time_there_is_what_there_is(self, client: httpx.AsyncClient) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        found = await get(client, "/v1/plans/p/deviations", min_sequence=1, wait_seconds=0.3)
        assert (found["items"], found["evaluated_sequence"]) == ([], 0)
        assert 0.3 <= loop.time() - began < 5

    async def test_what_was_judged_already_is_answered_at_once(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await evaluate_all(service)
        assert (await get(client, "/v1/plans/p/evaluation", min_sequence=1, wait_seconds=30))[
            "evaluated_sequence"
        ] == 1

    async def test_for_a_plan_that_is_not_judged_nobody_waits(self, client: httpx.AsyncClient) -> None:
        await edit(client, "plans/p", status="on_hold")
        found: dict[str, Any] = await get(client, "/v1/plans/p/evaluation", min_sequence=9, wait_seconds=30)
        assert found["evaluated_sequence"] == 0
