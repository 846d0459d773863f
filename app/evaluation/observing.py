"""What tolerances are judged on: a plan as it was known, seen from its data date against one baseline.

Items are made of what else the plan consists of, which is read only where a tolerance judges items.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache, partial

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.baseline_floats import baseline_floats
from app.domain.cpm import options_of
from app.domain.deviation_values import Observed
from app.domain.plan import Dependency, PlanFields
from app.domain.progress import effective, fold
from app.domain.tolerances import ITEM_MEASURES, Tolerance
from app.evaluation.items import PARTS_OF_ITEMS, items_in
from app.milestones import remembered
from app.parts import store as parts_of
from app.plans import store as plans
from app.plans.problems import BaselineNotFound
from app.plans.store import Head
from app.variance.scene import Parts, Scene
from app.variance.service import measure
from app.variance.snapshot import Question, Snapshot, take

_CURRENT = "current"
_LATER = 8  # later data dates that are kept while items are asked for their values at them


@dataclass(frozen=True, slots=True)
class View:
    """A plan beside one baseline, and what the tolerances that look at that one say.

    Attributes:
        parts, baseline_parts: what items are made of, of either revision; empty where no tolerance judges items.
    """

    snapshot: Snapshot
    baseline_fields: PlanFields
    baseline_dependencies: Mapping[tuple[str, str, str], Dependency]
    tolerances: tuple[Tolerance, ...]
    parts: Parts = field(default_factory=dict)
    baseline_parts: Parts = field(default_factory=dict)


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
    found, parts = [], _Parts(db, head)
    for name, snapshot in names.items():
        links: Mapping[tuple[str, str, str], Dependency] = {}
        fields = snapshot.fields
        if snapshot.baseline is not None:
            fields = await plans.fields_at(db, head, snapshot.baseline.revision)
            links = await remembered.dependencies_at(db, head, snapshot.baseline.revision)
        view = View(snapshot, fields, links, tuple(t for t in tolerances if t.baseline == name))
        if any(tolerance.measure in ITEM_MEASURES for tolerance in view.tolerances):
            base = None if snapshot.baseline is None else snapshot.baseline.revision
            view = replace(view, parts=await parts.of(snapshot.revision), baseline_parts=await parts.of(base))
        found.append(view)
    return found


class _Parts:
    """The parts of revisions of one plan that items are made of, each revision read once."""

    def __init__(self, db: AsyncConnection, head: Head) -> None:
        self._db = db
        self._head = head
        self._found: dict[int, Parts] = {}

    async def of(self, revision: int | None) -> Parts:
        """Those of a revision; of none there are none."""
        if revision is None:
            return {}
        if revision not in self._found:
            self._found[revision] = await parts_of.parts_at(self._db, self._head, revision, *PARTS_OF_ITEMS)
        return self._found[revision]


def observe(view: View, as_of: datetime, now: datetime) -> Observed:
    """Measure the plan and its schedule as of an instant. Pure; O(events log events + milestones)."""
    return _scene_of(view, as_of, now).observed


def _scene_of(view: View, as_of: datetime, now: datetime) -> Scene:
    return Scene(
        snapshot=view.snapshot,
        measured=_measured(view, as_of, now),
        parts=view.parts,
        baseline_parts=view.baseline_parts,
        at=lru_cache(_LATER)(lambda at: _scene_of(view, at, at)),
        items=items_in,
    )


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
