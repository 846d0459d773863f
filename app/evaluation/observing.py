"""What tolerances are judged on: a plan as it was known, seen from its data date against one baseline.

Items and the plan's summary are made of what else it consists of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.baseline_floats import baseline_floats
from app.domain.cpm import options_of
from app.domain.deviation_values import Observed
from app.domain.plan import Dependency, PlanFields
from app.domain.progress import effective, fold
from app.domain.tolerances import Tolerance
from app.evaluation.items import PARTS_OF_ITEMS, items_in
from app.milestones import remembered
from app.parts import store as parts_of
from app.plans import store as plans
from app.plans.problems import BaselineNotFound
from app.plans.store import Head
from app.variance.scene import Parts, Scene
from app.variance.service import measure
from app.variance.snapshot import Question, Snapshot, take

OBJECTIVES = "objectives"
_CURRENT = "current"


@dataclass(frozen=True, slots=True)
class View:
    """A plan beside one baseline, and what the tolerances that look at that one say.

    Attributes:
        parts: what items and the summary are made of.
    """

    snapshot: Snapshot
    baseline_fields: PlanFields
    baseline_dependencies: Mapping[tuple[str, str, str], Dependency]
    tolerances: tuple[Tolerance, ...]
    parts: Parts = field(default_factory=dict)


async def views_of(
    db: AsyncConnection, head: Head, tolerances: Sequence[Tolerance], now: datetime, known_at: datetime | None = None
) -> list[View]:
    """The plan beside each baseline that a tolerance looks at, all as it was known at one and the same instant.

    There is always a view beside the current baseline. A tolerance whose baseline does not exist (yet) is in none.
    """
    first = await take(db, head, Question(known_at=known_at), now)
    names = {_CURRENT: first}
    for name in sorted({tolerance.baseline for tolerance in tolerances} - {_CURRENT}):
        try:
            question = Question(known_at=first.known_at, baseline=name)
            names[name] = replace(await take(db, first.head, question, now), asked_known_at=first.asked_known_at)
        except BaselineNotFound:
            continue
    parts = await _parts_of(db, first)
    return [
        await _beside(db, snapshot, parts, tuple(each for each in tolerances if each.baseline == name))
        for name, snapshot in names.items()
    ]


async def view_of(db: AsyncConnection, snapshot: Snapshot) -> View:
    """The plan of a snapshot beside its baseline, with what items are made of; no tolerance looks at it."""
    return await _beside(db, snapshot, await _parts_of(db, snapshot), ())


async def _parts_of(db: AsyncConnection, snapshot: Snapshot) -> Parts:
    return await parts_of.parts_at(db, snapshot.head, snapshot.revision, *PARTS_OF_ITEMS, OBJECTIVES)


async def _beside(db: AsyncConnection, snapshot: Snapshot, parts: Parts, tolerances: tuple[Tolerance, ...]) -> View:
    if snapshot.baseline is None:
        return View(snapshot, snapshot.fields, {}, tolerances, parts)
    fields = await plans.fields_at(db, snapshot.head, snapshot.baseline.revision)
    links = await remembered.dependencies_at(db, snapshot.head, snapshot.baseline.revision)
    return View(snapshot, fields, links, tolerances, parts)


def observe(view: View, as_of: datetime, now: datetime) -> Observed:
    """Measure the plan and its schedule as of an instant. Pure; O(events log events + milestones)."""
    return scene_of(view, as_of, now).observed


def scene_of(view: View, as_of: datetime, now: datetime) -> Scene:
    """The plan as it is observed, with what its items are made of."""
    return Scene(view.snapshot, _measured(view, as_of, now), view.parts, items_in)


def _measured(view: View, as_of: datetime, now: datetime) -> Observed:
    snapshot = view.snapshot
    measured = measure(snapshot, as_of)
    number, floats = None, _no_floats
    if snapshot.baseline is not None and snapshot.baseline_milestones is not None:
        number = snapshot.baseline.number
        floats = cache(
            partial(
                baseline_floats,
                snapshot.baseline_milestones,
                view.baseline_dependencies.values(),
                snapshot.working_of,
                snapshot.working(snapshot.fields.calendar),
                options_of(view.baseline_fields),
                snapshot.baseline.recorded_at,
            )
        )
    return Observed(
        fields=snapshot.fields,
        current=snapshot.current,
        dependencies=snapshot.dependencies,
        baseline=snapshot.baseline_milestones,
        baseline_number=number,
        baseline_floats=floats,
        events=snapshot.events,
        states=measured.states,
        present=measured.states if as_of == now else fold(effective(snapshot.events), now),
        schedule=measured.schedule,
        variance=measured.variance,
        working=snapshot.working_of,
        plan_working=snapshot.working(snapshot.fields.calendar),
        as_of=as_of,
        now=now,
        moves=snapshot.fields.status_date is None,
    )


def _no_floats() -> Mapping[str, int]:
    return {}
