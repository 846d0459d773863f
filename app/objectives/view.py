"""An objective and all below it, as they were known at an instant: versions, contributions and measurements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.compiled import zone_of
from app.domain.calendars import WorkingTime
from app.domain.moments import LATEST, Moment, to_minutes
from app.domain.progress import ExecutionEvent
from app.kit.problems import FieldError
from app.objectives import event_store, store
from app.objectives.event_store import Happened
from app.objectives.problems import ObjectiveNotFound
from app.objectives.store import Version
from app.parts import store as parts
from app.plans import store as plans
from app.plans.store import Head
from app.variance.problems import InstantRefused
from app.variance.snapshot import end_of, to_event


@dataclass(frozen=True, slots=True)
class Contribution:
    """That a plan contributes to an objective."""

    objective: str
    plan_id: UUID
    weight: float


@dataclass(frozen=True)
class View:
    """What is known of an objective and all below it.

    Attributes:
        key: of the objective asked for. `versions`: its own and those of all below it, by key.
        contributions: of living plans; `heads`: those plans.
        recorded: what was measured of each objective.
        asked_known_at: the instant asked; None: everything known counts. `until`: that instant, else now.
        newest: the newest fact up to then, but for those of the plans themselves.
    """

    key: str
    versions: Mapping[str, Version]
    contributions: Sequence[Contribution]
    heads: Mapping[UUID, Head]
    recorded: Sequence[Happened]
    asked_known_at: datetime | None
    until: datetime
    newest: datetime

    @property
    def root(self) -> Version:
        """The objective asked for."""
        return self.versions[self.key]

    def zone(self, key: str) -> WorkingTime:
        """The days of an objective's zone."""
        return zone_of(self.versions[key]["time_zone"])

    @property
    def size(self) -> int:
        """How much there is to compute with."""
        return len(self.recorded) + sum(1 + len(version["metrics"]) for version in self.versions.values())

    @cached_property
    def _by_parent(self) -> Mapping[str | None, list[str]]:
        found: dict[str | None, list[str]] = defaultdict(list)
        for key, version in self.versions.items():
            if key != self.key:
                found[version["parent"]].append(key)
        return found

    @cached_property
    def _by_objective(self) -> Mapping[str, list[Happened]]:
        found: dict[str, list[Happened]] = defaultdict(list)
        for each in self.recorded:
            found[each.objective].append(each)
        return found

    def children(self, key: str) -> list[str]:
        """The keys of the objectives right below one."""
        return self._by_parent.get(key, [])

    def events(self, key: str) -> list[ExecutionEvent]:
        """What was measured of an objective, in the order it was recorded."""
        zone = self.zone(key)
        return [to_event(each.columns, zone) for each in self._by_objective.get(key, [])]

    def as_of(self, asked: Moment | None) -> tuple[datetime, str]:
        """The status date of the answer and where it comes from."""
        if asked is not None:
            return end_of(asked, self.zone(self.key)), "asked"
        return self.until, "now" if self.asked_known_at is None else "known_at"


async def take(db: AsyncConnection, workspace_id: int, key: str, known_at: Moment | None, now: datetime) -> View:
    """Read everything about an objective that was known at the instant asked; outside of any transaction.

    Plans that were deleted later are among it, until they are purged.

    Raises:
        ObjectiveNotFound: no such living objective.
        InstantRefused: `known_at` lies in the future, or before the objective's first version.
    """
    row = await store.row(db, workspace_id, key)
    if row is None or row.deleted_at is not None:
        raise ObjectiveNotFound
    asked = await _instant(db, workspace_id, key, known_at, now)
    horizon = LATEST if asked is None else asked
    # Versions are recorded one after the other in the whole workspace: up to one of them the tree is settled.
    tree_at = await store.newest_fact(db, workspace_id, horizon)
    versions = {} if tree_at is None else await _below(db, workspace_id, key, tree_at)
    if tree_at is None or not versions:
        raise _refused("lies before the objective's first version")
    recorded = await event_store.happened(db, workspace_id, versions, horizon)
    ever = {named[0] for named in await parts.having(db, workspace_id, "objectives", versions)}
    known = await plans.known(db, workspace_id, ever, horizon)
    # Read after the plans: what a later revision ended or began is told by its number.
    named = await parts.having(db, workspace_id, "objectives", versions) if known else []
    facts = [tree_at, *(each.recorded_at for each in recorded), *(at for *_, at in known)]
    facts += [gone_at for _, gone_at, *_ in known if gone_at is not None and gone_at <= horizon]
    there = {head.plan_id: (head, revision) for head, gone, revision, _ in known if gone is None or gone > horizon}
    contributions = [
        Contribution(objective, plan_id, body["weight"])
        for plan_id, objective, first, last, body in named
        if plan_id in there and first <= there[plan_id][1] < last
    ]
    heads = {each.plan_id: there[each.plan_id][0] for each in contributions}
    seen = max([*facts, *(head.last_recorded_at for head, *_ in known)])
    if asked is not None and asked > max(now, seen):
        raise _refused("lies in the future")
    until = asked or max(now, seen)
    return View(key, versions, contributions, heads, recorded, asked, until, max(facts))


async def _below(db: AsyncConnection, workspace_id: int, key: str, tree_at: datetime) -> dict[str, Version]:
    """The objective and all below it."""
    found = level = await store.at(db, workspace_id, [key], tree_at)
    while level:
        level = await store.children_at(db, workspace_id, level, tree_at)
        found = {**found, **level}
    return found


async def _instant(
    db: AsyncConnection, workspace_id: int, key: str, asked: Moment | None, now: datetime
) -> datetime | None:
    """The instant of knowledge that is asked for; of a day that is not over yet, now.

    A day ends in the zone that the objective had at the end of that day in UTC, which no later edit can change.
    """
    if asked is None or isinstance(asked, datetime):
        return asked
    first = await store.get(db, workspace_id, key, 1)
    then = await store.at(db, workspace_id, [key], end_of(asked, zone_of("UTC")))
    version = then.get(key, first)
    assert version is not None
    zone = zone_of(version["time_zone"])
    return None if asked == zone.day_of(to_minutes(now)) else end_of(asked, zone)


def _refused(detail: str) -> InstantRefused:
    return InstantRefused(errors=[FieldError("?known_at", "known_at_refused", detail)])
