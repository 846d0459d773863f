"""Deviations from values that a test states: judged, reconciled and recorded as an evaluation does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import service
from app.deviations.service import EvaluationStamp, Prepared, Shown
from app.domain.deviation_values import Evidence, Judged, Reconciled, Subject, Track
from app.domain.deviations import Scope, reconcile
from app.domain.levels import level_of
from app.domain.measures import Reason
from app.domain.tolerances import AGAINST_BASELINE, Bounds, Measure, Tolerance, Unit
from app.plans import store as plans
from app.plans.store import Head
from tests.http import build
from tests.http.build import Json

FINISH = Tolerance("finish", Measure.finish_variance, Unit.working_days, upper=Bounds(1, 5))
BREACHES = Tolerance("breaches", Measure.total_float, Unit.working_days, upper=Bounds(None, 5))
PLAN = "the_plan"  # says the plan as a whole, where else the key of a milestone stands


def service_of(client: httpx.AsyncClient) -> FastAPI:
    """The application that a client of these tests talks to."""
    app: FastAPI = client._transport.app  # type: ignore[attr-defined]
    return app


@dataclass(frozen=True, slots=True)
class Found:
    """What an evaluation found, and has not written yet."""

    head: Head
    stamp: EvaluationStamp
    reconciled: Reconciled
    shown: Mapping[Subject, Shown]


@dataclass(slots=True)
class Watch:
    """A plan that is watched by one tolerance; `baseline` is the one that it looks at."""

    client: httpx.AsyncClient
    plan: str = "p"
    tolerance: Tolerance = FINISH
    baseline: int = 1
    owner: str | None = "crew-4"
    labels: Mapping[str, str] = field(default_factory=dict)
    consequences: tuple[str, ...] = ()
    final: frozenset[str] = frozenset()
    retroactive: bool = False
    number: int = 0

    async def sees(self, **values: float | Reason | None) -> None:
        """Evaluate the plan now, with these values of its milestones; a reason stands for none."""
        await self.write(await self.judge(values))

    async def judge(self, values: Mapping[str, float | Reason | None], *, closed: bool = False) -> Found:
        """What an evaluation finds now; nothing is written."""
        app = service_of(self.client)
        now = app.state.clock()
        judged = [self._judged(name, value) for name, value in values.items()]
        async with app.state.database.read() as db:
            head = await self.head(db)
            tracks = await service.standing(db, head)
            older = await service.episodes(db, head, [one.subject for one in judged if one.subject not in tracks])
        tracks |= {subject: Track(episode=episode) for subject, episode in older.items()}
        scope = Scope(as_of=now, now=now, baselines={self.tolerance.key: self._number}, closed=closed)
        found = reconcile(tracks, judged, {self.tolerance.key: self.tolerance}, scope, lambda *_: {})
        self.number += 1
        changed = frozenset(transition.subject for transition in found.transitions)
        stamp = EvaluationStamp(self.number, now, now, changed if self.retroactive else frozenset())
        return Found(head, stamp, found, {one.subject: self._shown(one) for one in judged})

    async def write(self, found: Found) -> None:
        """Write what an evaluation found.

        Raises:
            Moved: somebody acted on it since then.
        """

        await self.apply(await self.prepare(found))

    async def prepare(self, found: Found) -> Prepared:
        """Make ready what is to be written.

        Raises:
            Moved: somebody acted on it since it was found.
        """
        database = service_of(self.client).state.database
        return await service.prepare(database, found.head, found.stamp, found.reconciled, found.shown)

    async def apply(self, prepared: Prepared) -> None:
        """Write it, under the plan's lock.

        Raises:
            Moved: somebody acted since it was made ready.
        """

        async def work(tx: AsyncConnection) -> None:
            head = await self.head(tx)
            (locked,) = await plans.lock_ids(tx, head.workspace_id, [head.plan_id])
            await service.apply(tx, locked, prepared)

        await service_of(self.client).state.database.write(work)

    async def head(self, db: AsyncConnection) -> Head:
        """The plan's row, in the workspace of the client's key."""
        token = self.client.headers["Authorization"].removeprefix("Bearer ")
        workspace_id = (await service_of(self.client).state.gate.principal(token)).workspace_id
        head = await plans.get(db, workspace_id, self.plan)
        assert head is not None
        return head

    async def deviations(self, **params: Any) -> list[Json]:
        """The plan's deviations, newest first."""
        items: list[Json] = (await build.get(self.client, f"/v1/plans/{self.plan}/deviations", **params))["items"]
        return items

    async def only(self, **params: Any) -> Json:
        """The plan's one deviation."""
        (found,) = await self.deviations(**params)
        return found

    async def history(self, deviation: Json) -> list[Json]:
        """The transitions of a deviation, oldest first."""
        found: list[Json] = (await build.get(self.client, f"/v1/deviations/{deviation['id']}/transitions"))["items"]
        return found

    @property
    def _number(self) -> int | None:
        return self.baseline if self.tolerance.measure in AGAINST_BASELINE else None

    def _judged(self, name: str, value: float | Reason | None) -> Judged:
        subject = Subject(self.tolerance.key, None if name == PLAN else name, self._number)
        if value is None or isinstance(value, Reason):
            return Judged(subject, None, value)
        level = level_of(self.tolerance, value)
        return Judged(subject, value, None, level, "actual", is_final=name in self.final)

    def _shown(self, one: Judged) -> Shown:
        name = one.subject.milestone or "the plan"
        evidence = None
        if one.value is not None:
            operands = {"baseline_finish": "2026-03-10", "minutes_per_day": 480}
            events = (("ci/release", "run-1"),)
            evidence = Evidence(operands, events, round(480 * one.value), f"{name} is {one.value:g} days late")
        return Shown(self.tolerance, one, evidence, self.owner, self.labels, self.consequences)


async def watched(client: httpx.AsyncClient, plan: str = "p", *, keys: str = "ab", **more: Any) -> Watch:
    """A plan with milestones of these keys and a baseline, and what watches it."""
    await build.put(client, plan, build.document(*map(build.milestone, keys)))
    await build.capture(client, plan)
    return Watch(client, plan, **more)


def other(watch: Watch, tolerance: Tolerance | None = None, **changes: Any) -> Watch:
    """What watches the same plan by another tolerance, or in another way."""
    return replace(watch, tolerance=tolerance or watch.tolerance, **changes)


async def acknowledge(client: httpx.AsyncClient, deviation: Json, **fields: Any) -> Json:
    """Acknowledge a deviation."""
    path = f"/v1/deviations/{deviation['id']}/acknowledgements"
    return build.ok(await client.post(path, json={"reason": "known", **fields}))


async def take_action(client: httpx.AsyncClient, deviation: Json, **fields: Any) -> Json:
    """Plan a corrective action, due on 5 March."""
    wanted = {"title": "A second shift", "owner": "site-manager", "due_at": "2026-03-05T09:00:00Z", **fields}
    return build.ok(await client.post(f"/v1/deviations/{deviation['id']}/actions", json=wanted))


async def lay_out_deviation(client: httpx.AsyncClient, plan: str) -> tuple[str, str]:
    """An open deviation of milestone `a` of a plan with a baseline, and a corrective action; answers their ids."""
    watch = Watch(client, plan)
    await watch.sees(a=6.0)
    deviation = await watch.only()
    action = await take_action(client, deviation, due_at="2099-01-05T09:00:00Z")
    return deviation["id"], action["id"]
