"""One consistent snapshot of a plan, as known at an instant: everything variance is computed from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from sys import intern
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store as calendars
from app.calendars.compiled import working, zone_of
from app.calendars.rules import tzdata_version
from app.calendars.store import BUILT_INS
from app.deviations import store as deviations
from app.domain.calendars import WorkingTime
from app.domain.moments import Moment, from_minutes, parse_moment, to_minutes
from app.domain.plan import Dependency, Milestone, PlanFields
from app.domain.progress import ExecutionEvent
from app.events import store as events
from app.events.remembered import happened
from app.kit import wire
from app.kit.bulk import as_dict
from app.kit.problems import FieldError
from app.milestones import remembered
from app.milestones import store as milestones
from app.plans import baseline_store
from app.plans import store as plans
from app.plans.lookup import baseline_of
from app.plans.problems import BaselineNotFound
from app.plans.store import Head
from app.resources import store as resources
from app.resources.store import Version as Resource
from app.variance.problems import InstantRefused

_ATTEMPTS = 5

ENGINE = "2"
"""Version of the arithmetic; part of the digest, raised whenever an answer to the same question changes."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: instants or days as given, and a baseline's name."""

    as_of: Moment | None = None
    known_at: Moment | None = None
    baseline: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A plan as it was known at `known_at` (the newest fact at or before the instant asked).

    `resources` are those that it ever named, by key, each in its versions, oldest first.
    """

    head: Head
    fields: PlanFields
    revision: int
    baseline: Any
    known_at: datetime
    asked_known_at: datetime | None
    current: Mapping[str, Milestone]
    dependencies: Mapping[tuple[str, str, str], Dependency]
    baseline_milestones: Mapping[str, Milestone] | None
    events: Sequence[ExecutionEvent]
    calendar_versions: Mapping[str, Mapping[str, Any]]
    sequence: int
    resources: Mapping[str, Sequence[Resource]] = field(default_factory=dict)
    compiled: dict[str, WorkingTime] = field(default_factory=dict)

    @property
    def is_past(self) -> bool:
        """Whether the instant asked lies before the plan's newest fact, so that nothing can be added to it."""
        return self.asked_known_at is not None and self.asked_known_at < self.head.last_recorded_at

    @property
    def zone(self) -> WorkingTime:
        """The days of the plan's zone."""
        return zone_of(self.fields.time_zone)

    def working(self, calendar: str) -> WorkingTime:
        """A calendar of the snapshot, compiled once: a plan may name more than the process keeps."""
        found = self.compiled.get(calendar)
        if found is None:
            found = working(calendar, self.calendar_versions.get(calendar), self.fields.time_zone)
            self.compiled[calendar] = found
        return found

    def working_of(self, milestone: Milestone) -> WorkingTime:
        """The calendar of a milestone: its own, else the plan's."""
        return self.working(milestone.calendar or self.fields.calendar)

    def as_of(self, asked: Moment | None, now: datetime) -> tuple[datetime, str]:
        """The status date of the answer and where it comes from."""
        if asked is not None:
            return end_of(asked, self.zone), "asked"
        if self.fields.status_date is not None:
            return end_of(self.fields.status_date, self.zone), "status_date"
        return (now, "now") if self.asked_known_at is None else (self.asked_known_at, "known_at")

    def digest(self, as_of: datetime) -> str:
        """SHA-256 over the names of everything the answer is computed from."""
        named = {key: versions[-1]["version"] for key, versions in self.resources.items()}
        return wire.digest(
            {
                **({"resources": named} if named else {}),
                "engine": ENGINE,
                "tzdata": tzdata_version(),
                "plan": str(self.head.plan_id),
                "revision": self.revision,
                "baseline": None if self.baseline is None else self.baseline.number,
                "sequence": self.sequence,
                "calendars": {key: row["version"] for key, row in self.calendar_versions.items()},
                "as_of": as_of.isoformat(),
                "known_at": self.known_at.isoformat(),
            }
        )


def end_of(moment: Moment, zone: WorkingTime) -> datetime:
    """An instant as it is; a day as the end of it in the zone."""
    return moment if isinstance(moment, datetime) else from_minutes(zone.day_end(moment))


async def take(db: AsyncConnection, head: Head, question: Question, now: datetime) -> Snapshot:
    """Read everything about a plan that was known at the instant asked; outside of any transaction.

    Calendars and resources change outside the plan, but each new version is noted in the plan's row. So where they
    count up to now, the row is looked at again afterwards, and everything is read again if it has moved on.

    Raises:
        InstantRefused: `known_at` lies in the future, or before the plan's first fact.
        BaselineNotFound: the baseline asked for was not known then.
    """
    for _ in range(_ATTEMPTS):
        snapshot = await _take(db, head, question, now)
        if not (snapshot.calendar_versions or snapshot.resources) or snapshot.is_past:
            return snapshot
        again = await plans.get(db, head.workspace_id, head.key)
        if again is None or again.last_recorded_at == head.last_recorded_at:
            return snapshot
        head = again
    # Writers are faster than this reader: then as of the plan's newest fact, which needs no second look.
    return await _take(db, head, replace(question, known_at=question.known_at or head.last_recorded_at), now)


async def _take(db: AsyncConnection, head: Head, question: Question, now: datetime) -> Snapshot:
    # Another replica's clock may be ahead: what it recorded is known, whatever this one's clock says.
    asked = await _known_at(db, head, question.known_at, max(now, head.last_recorded_at))
    horizon = head.last_recorded_at if asked is None else min(asked, head.last_recorded_at)
    found = await plans.revision_at(db, head, horizon)
    if found is None:
        raise _refused("lies before the plan's first fact")
    revision, revised_at = found
    fields = await plans.fields_at(db, head, revision)
    baseline = await _baseline(db, head, question.baseline, horizon)
    current = await remembered.milestones_at(db, head, revision)
    dependencies = await remembered.dependencies_at(db, head, revision)
    before = None
    if baseline is not None:
        same = baseline.revision == revision
        before = current if same else await remembered.milestones_at(db, head, baseline.revision)
    until = max(horizon, asked or now)
    people = await resources.named_at(db, head, horizon, until)
    named = {each.calendar for each in (*current.values(), *(before or {}).values())} | {fields.calendar}
    named |= {versions[-1]["calendar"] for versions in people.values()}
    versions = await _calendars(db, head, named, until)
    known_at, sequence = horizon, head.last_sequence
    if horizon != head.last_recorded_at:
        sequence, happened_at = await events.newest_at(db, head, horizon)
        facts = [revised_at, *([happened_at] if happened_at else [])]
        known_at = max([*facts, *await _other_facts(db, head, revision, horizon, people)])
    else:
        outside = [*versions.values(), *(version for told in people.values() for version in told)]
        known_at = max([horizon, *(row["recorded_at"] for row in outside if row["recorded_at"] <= until)])
    zone = zone_of(fields.time_zone)
    return Snapshot(
        head=head,
        fields=fields,
        revision=revision,
        baseline=baseline,
        known_at=known_at,
        asked_known_at=asked,
        current=current,
        dependencies=dependencies,
        baseline_milestones=before,
        events=await happened(db, head, sequence, fields.time_zone, lambda row: to_event(row, zone)),
        calendar_versions=versions,
        sequence=sequence,
        resources=people,
    )


async def _known_at(db: AsyncConnection, head: Head, asked: Moment | None, now: datetime) -> datetime | None:
    """The instant of knowledge that is asked for; of a day that is not over yet, now.

    A day ends in the zone that the plan had at the end of that day in UTC, which no later edit can change.

    Raises:
        InstantRefused: it lies in the future.
    """
    if asked is None:
        return None
    instant = asked
    if not isinstance(instant, datetime):
        end = end_of(asked, zone_of("UTC"))
        found = await plans.revision_at(db, head, min(end, head.last_recorded_at))
        fields = await plans.fields_at(db, head, 1 if found is None else found[0])
        zone = zone_of(fields.time_zone)
        instant = end_of(asked, zone)
        if asked == zone.day_of(to_minutes(now)):
            return now
    if instant > now:
        raise _refused("lies in the future")
    return instant


def _refused(detail: str) -> InstantRefused:
    return InstantRefused(errors=[FieldError("?known_at", "known_at_refused", detail)])


async def _baseline(db: AsyncConnection, head: Head, name: str | None, known_at: datetime) -> Any:
    try:
        return await baseline_of(db, head, name or "current", known_at)
    except BaselineNotFound:
        if name not in {None, "current"}:
            raise
        return None


async def _other_facts(
    db: AsyncConnection, head: Head, revision: int, horizon: datetime, people: Mapping[str, Sequence[Resource]]
) -> list[datetime]:
    """When the newest baseline, status, act and version of a calendar or resource ever named were recorded.

    A plan notes the versions of calendars it no longer names, too: a baseline may still name them.
    """
    named = await plans.calendars_named(db, head, revision) | await milestones.calendars_named(db, head, revision)
    ever = [version for versions in people.values() for version in versions]
    named |= {version["calendar"] for version in ever if version["calendar"] is not None}
    status = await plans.status_at(db, head, horizon)
    found = [
        None if status is None else status.recorded_at,
        await baseline_store.newest_baseline_at(db, head, horizon),
        await calendars.newest_version_at(db, head.workspace_id, named - BUILT_INS, horizon),
        await deviations.newest_act_at(db, head, horizon),
        max((each["recorded_at"] for each in ever if each["recorded_at"] <= horizon), default=None),
    ]
    return [instant for instant in found if instant is not None]


async def _calendars(
    db: AsyncConnection, head: Head, named: Iterable[str | None], known_at: datetime
) -> dict[str, dict[str, Any]]:
    own = {key for key in named if key is not None} - BUILT_INS
    if not own:
        return {}
    rows = await calendars.versions_at(db, head.workspace_id, own, known_at)
    return {key: as_dict(row) for key, row in rows.items()}


def to_event(row: Sequence[Any], zone: WorkingTime) -> ExecutionEvent:
    """A stored event, as its columns `HAPPENING` (without an actor: nobody did it), as the fold reads it."""
    source, event_id, type_, milestone, occurred_at, occurred_on, data, *rest = row
    source, type_, milestone = intern(source), intern(type_), milestone and intern(milestone)  # few, and each often
    if occurred_on is not None:
        # A day is one of the plan's zone as this revision has it; the stored instant is what it was at first.
        occurred_at = from_minutes(zone.day_start(occurred_on))
    if not type_.startswith("event."):
        actor = rest[0] and intern(rest[0]) if rest else None
        return ExecutionEvent(source, event_id, type_, milestone, occurred_at, occurred_on, data, actor)
    target = (data["event"]["source"], data["event"]["id"])
    replacement = None
    if type_ == "event.corrected":
        replacement = _replacement(source, event_id, data["replacement"], zone)
    return ExecutionEvent(
        source, event_id, type_, None, occurred_at, occurred_on, data, replacement=replacement, target=target
    )


def _replacement(source: str, event_id: str, content: Mapping[str, Any], zone: WorkingTime) -> ExecutionEvent:
    moment = parse_moment(content["occurred_at"])
    day: date | None = None
    if isinstance(moment, datetime):
        instant = moment
    else:
        instant, day = from_minutes(zone.day_start(moment)), moment
    milestone, data = content.get("milestone"), content.get("data", {})
    return ExecutionEvent(source, event_id, content["type"], milestone, instant, day, data, content.get("actor"))
