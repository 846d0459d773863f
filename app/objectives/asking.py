"""How a roll-up is asked for: the view of the tree, then one plan after the other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access.caller import Caller
from app.kit.limits import MAX_ROLLUP_MILESTONES, MAX_ROLLUP_PLANS
from app.kit.schemas import DayOrInstant
from app.kit.threads import beside_loop
from app.metrics.reading import Bodies, scorecard
from app.metrics.service import bodies_of
from app.objectives import view as views
from app.objectives.problems import RollupTooLarge
from app.objectives.rollup import PlanReading, plan_reading
from app.objectives.view import View
from app.plans.store import status_at
from app.variance import service as variance
from app.variance.asking import size
from app.variance.snapshot import Question, Snapshot, take


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was resolved, with all that answers it."""

    view: View
    plans: dict[UUID, PlanReading]
    as_of: datetime
    as_of_source: str


async def ask(caller: Caller, objective: str, as_of: DayOrInstant | None, known_at: DayOrInstant | None) -> Asked:
    """Read an objective, all below it, and each plan that contributes to any of it, once.

    Raises:
        ObjectiveNotFound, InstantRefused, RollupTooLarge
    """
    async with caller.read() as db:
        view = await views.take(db, caller.workspace_id, objective, known_at, caller.now)
    at, source = view.as_of(as_of)
    if len(view.heads) > MAX_ROLLUP_PLANS:
        raise RollupTooLarge(f"{len(view.heads)} plans contribute to it. {RollupTooLarge.advice}")
    plans: dict[UUID, PlanReading] = {}
    left = MAX_ROLLUP_MILESTONES
    for plan_id, head in view.heads.items():
        async with caller.read() as db:
            snapshot = await take(db, head, Question(known_at=view.until), view.until)
            metrics, _ = await bodies_of(db, snapshot)
            closed = await status_at(db, head, min(view.until, at))
        left -= len(snapshot.current)
        if left < 0:
            raise RollupTooLarge
        plans[plan_id] = await beside_loop(size(snapshot), _reading, snapshot, metrics, at, closed)
    return Asked(view, plans, at, source)


def _reading(snapshot: Snapshot, metrics: Bodies, as_of: datetime, closed: Any) -> PlanReading:
    summary = variance.measure(snapshot, as_of).variance.summary
    score = scorecard(snapshot, metrics, {}, as_of).score if metrics else None
    return plan_reading(snapshot, summary, score, as_of, closed)
