"""Recording execution events: once each, in one order per plan, at a cost that does not depend on the plan's size."""

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.compiled import zone_of
from app.domain.calendars import WorkingTime
from app.domain.execution import EventType
from app.domain.moments import Moment, from_minutes, parse_moment
from app.domain.plan import MilestoneKind
from app.events import store
from app.events.currencies import currencies_of, named_in, wrong_currencies
from app.events.people import Sayings, named_people, note_named, people_of, sayings, unknown_people
from app.events.problems import EventConflict, EventRefused
from app.kit.bulk import as_dict
from app.kit.clock import Clock
from app.kit.db import Conflict
from app.kit.limits import MAX_FUTURE_HOURS
from app.kit.problems import FieldError, Problem
from app.kit.stamps import RecordedBeforeHistory, next_recorded_at
from app.kit.wakeups import wake
from app.milestones import remembered
from app.parts import store as parts
from app.plans import store as plans
from app.plans.problems import PlanNotFound
from app.plans.store import Cursor

_EVENTFUL = frozenset({MilestoneKind.milestone.value, MilestoneKind.activity.value})
_NAMING: Mapping[str, tuple[str, str]] = {
    EventType.metric_measured: ("metrics", "metric"),
    EventType.risk_occurred: ("risks", "risk"),
    EventType.risk_closed: ("risks", "risk"),
    EventType.assumption_invalidated: ("assumptions", "assumption"),
    EventType.assignment_requested: ("assignments", "assignment"),
    EventType.assignment_accepted: ("assignments", "assignment"),
    EventType.assignment_declined: ("assignments", "assignment"),
}
"""The part of a plan that the data of an event name, and in which member."""
_ACCEPTED, _DUPLICATE, _REJECTED = "accepted", "duplicate", "rejected"


class Incoming(NamedTuple):
    """An event that was read, on its way to be recorded."""

    workspace_id: int
    plan: str
    source: str
    event_id: str
    type: str
    milestone: str | None
    occurred_at: Moment
    actor: str | None
    data: Mapping[str, Any]
    recorded_at: datetime | None = None

    @property
    def name(self) -> tuple[str, str]:
        """Its identity in the workspace."""
        return (self.source, self.event_id)


class Outcome(NamedTuple):
    """What became of an event: its row when it stands (now or since before), else the problem."""

    status: str
    row: Mapping[str, Any] | None = None
    problem: Problem | None = None


class _Progress:
    """Where one plan's history stands while a batch is numbered."""

    def __init__(self, cursor: Cursor, zone: WorkingTime | None) -> None:
        self.cursor = cursor
        self.zone = zone
        self.sequence = cursor.last_sequence
        self.recorded_at = cursor.last_recorded_at

    def moved(self, now: datetime) -> dict[str, Any]:
        """The columns of the plan's row that go on; what is judged, or was sealed, is due for its evaluation."""
        is_sealed = self.cursor.outcome_count > 0 and self.cursor.status in plans.CLOSED
        becomes_due = (self.cursor.status == "active" or is_sealed) and not plans.is_due(self.cursor, now)
        return {
            "workspace_id": self.cursor.workspace_id,
            "plan_id": self.cursor.plan_id,
            "last_sequence": self.sequence,
            "last_recorded_at": self.recorded_at,
            "check_due_at": now if becomes_due else self.cursor.check_due_at,
        }


async def record(tx: AsyncConnection, batch: Sequence[Incoming], clock: Clock) -> list[Outcome]:
    """Record events of any plans in one transaction; answers one outcome an event, in order.

    Plans are locked in the order of their keys and names inserted sorted, so that batches never wait for
    each other in a circle. A name that another plan's transaction took in between runs the whole again.

    Raises:
        Conflict: as above; `Database.write` runs the batch again.
    """
    outcomes: list[Outcome] = [Outcome(_REJECTED)] * len(batch)
    by_workspace: dict[int, list[int]] = {}
    for index, incoming in enumerate(batch):
        by_workspace.setdefault(incoming.workspace_id, []).append(index)
    for workspace_id, indexes in sorted(by_workspace.items()):
        found = await _record_in(tx, workspace_id, [batch[i] for i in indexes], clock)
        for index, outcome in zip(indexes, found, strict=True):
            outcomes[index] = outcome
    return outcomes


class _NotAllNew(Exception):
    """Some of the names are recorded already, or something was refused that a repeat must not be."""


async def _record_in(
    tx: AsyncConnection, workspace_id: int, batch: Sequence[Incoming], clock: Clock
) -> list[Outcome]:
    cursors = await plans.lock_cursors(tx, workspace_id, {i.plan for i in batch})
    kinds = await _kinds(tx, workspace_id, batch, cursors)
    zones = await _zones(tx, workspace_id, batch, cursors)
    parts = await _parts(tx, workspace_id, batch, cursors)
    costly = {i.plan for i in batch if named_in(i.type, i.data)} & cursors.keys()
    currencies = await currencies_of(tx, workspace_id, [cursors[key] for key in sorted(costly)])
    people = await people_of(tx, workspace_id, [_sayings(i) for i in batch if i.plan in cursors])
    judgement = _Judgement(cursors, zones, kinds, parts, (currencies, people), clock())
    try:
        # Nearly always every name is new; only if one is not is there anything to look up.
        async with tx.begin_nested():
            outcomes, new, moved = judgement.of(batch, {})
            if any(o.problem for o in outcomes) or await store.add(tx, new) != len(new):
                raise _NotAllNew  # noqa: TRY301 - leaving the savepoint by an exception undoes it
    except _NotAllNew:
        outcomes, new, moved = judgement.of(batch, await _known(tx, workspace_id, batch))
        if await store.add(tx, new) != len(new):
            raise Conflict from None
    await plans.advance_events(tx, moved)
    await note_named(tx, new, people)
    due = {cursor.plan_id: cursor.check_due_at for cursor in cursors.values()}
    if any(row["check_due_at"] != due[row["plan_id"]] for row in moved):
        await wake(tx, "due")
    return outcomes


async def _known(
    tx: AsyncConnection, workspace_id: int, batch: Sequence[Incoming]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    rows = await store.by_identity(tx, workspace_id, {i.name for i in batch})
    return {name: as_dict(row) for name, row in rows.items()}


async def _kinds(
    tx: AsyncConnection, workspace_id: int, batch: Sequence[Incoming], cursors: Mapping[str, Cursor]
) -> dict[tuple[UUID, str], str]:
    wanted: dict[tuple[UUID, int], set[str]] = {}
    for incoming in batch:
        cursor = cursors.get(incoming.plan)
        if cursor is not None:
            wanted.setdefault((cursor.plan_id, cursor.revision), set()).update(_named_milestones(incoming))
    return await remembered.kinds_of(tx, workspace_id, wanted)


def _named_milestones(incoming: Incoming) -> list[str]:
    replacement = incoming.data.get("replacement") or {}
    return [key for key in (incoming.milestone, replacement.get("milestone")) if key is not None]


async def _parts(
    tx: AsyncConnection, workspace_id: int, batch: Sequence[Incoming], cursors: Mapping[str, Cursor]
) -> set[tuple[UUID, str, str]]:
    """The (plan id, part, key) that events name and that ever stood in their plans."""
    wanted = {
        (cursors[incoming.plan].plan_id, part, key)
        for incoming in batch
        if incoming.plan in cursors
        for _, part, key in _named_parts(incoming)
    }
    return await parts.ever(tx, workspace_id, wanted) if wanted else set()


def _named_parts(incoming: Incoming) -> list[tuple[str, str, str]]:
    """What an event, or the replacement that it carries, names besides milestones: (member, part, key)."""
    told = [(incoming.type, incoming.data, "/data")]
    replacement = incoming.data.get("replacement")
    if replacement:
        told.append((replacement["type"], replacement.get("data", {}), "/data/replacement/data"))
    named = [(_NAMING[type_], data, place) for type_, data, place in told if type_ in _NAMING]
    return [(f"{place}/{member}", part, data[member]) for (part, member), data, place in named]


async def _zones(
    tx: AsyncConnection, workspace_id: int, batch: Sequence[Incoming], cursors: Mapping[str, Cursor]
) -> dict[str, WorkingTime]:
    """The zones of the plans of which a day was reported."""
    keys = {i.plan for i in batch if any(not isinstance(moment, datetime) for _, moment in _told(i))} & cursors.keys()
    if not keys:
        return {}
    names = await plans.time_zones(tx, workspace_id, [cursors[key].plan_id for key in keys])
    return {key: zone_of(names[cursors[key].plan_id]) for key in keys}


class _Judgement:
    """What becomes of the events of one workspace, given its locked plans."""

    def __init__(
        self,
        cursors: Mapping[str, Cursor],
        zones: Mapping[str, WorkingTime],
        kinds: Mapping[tuple[UUID, str], str],
        known_parts: Set[tuple[UUID, str, str]],
        others: tuple[Mapping[UUID, str], Set[str]],
        now: datetime,
    ) -> None:
        self._cursors, self._zones, self._kinds, self._parts, self._now = cursors, zones, kinds, known_parts, now
        self._currencies, self._people = others

    def of(
        self, batch: Sequence[Incoming], recorded: Mapping[tuple[str, str], Mapping[str, Any]]
    ) -> tuple[list[Outcome], list[Mapping[str, Any]], list[dict[str, Any]]]:
        """An outcome an event, the rows to add, and where the plans' histories then stand."""
        progress = {key: _Progress(cursor, self._zones.get(key)) for key, cursor in self._cursors.items()}
        known = dict(recorded)
        outcomes: list[Outcome] = []
        new: list[Mapping[str, Any]] = []
        for incoming in batch:
            outcome = self._of_one(incoming, progress.get(incoming.plan), known)
            if outcome.status == _ACCEPTED and outcome.row is not None:
                known[incoming.name] = outcome.row
                new.append(outcome.row)
            outcomes.append(outcome)
        return outcomes, new, [p.moved(self._now) for p in progress.values() if p.sequence > p.cursor.last_sequence]

    def _of_one(
        self,
        incoming: Incoming,
        progress: _Progress | None,
        known: Mapping[tuple[str, str], Mapping[str, Any]],
    ) -> Outcome:
        if progress is None:
            return Outcome(_REJECTED, problem=PlanNotFound())
        instant, day = _occurred(incoming.occurred_at, progress.zone)
        row = _row(incoming, progress.cursor, instant, day)
        before = known.get(incoming.name)
        if before is not None:
            # Of a day only the day counts: where it began may have been told in another zone of the plan.
            told = row if day is None else {name: value for name, value in row.items() if name != "occurred_at"}
            same = all(before[name] == value for name, value in told.items())
            return Outcome(_DUPLICATE, before) if same else Outcome(_REJECTED, problem=EventConflict())
        try:
            recorded_at = next_recorded_at(incoming.recorded_at, self._now, progress.recorded_at)
        except RecordedBeforeHistory as problem:
            return Outcome(_REJECTED, problem=problem)
        if not self._is_plain(incoming, progress.cursor.plan_id, instant):
            errors = _wrong_milestones(incoming, progress.cursor.plan_id, self._kinds)
            errors += _wrong_parts(incoming, progress.cursor.plan_id, self._parts)
            errors += unknown_people(_sayings(incoming), self._people)
            errors += _too_far_ahead(incoming, progress.zone, recorded_at)
            currency = self._currencies.get(progress.cursor.plan_id)
            errors += wrong_currencies(incoming.type, incoming.data, currency)
            if errors:
                return Outcome(_REJECTED, problem=EventRefused(errors=errors))
        progress.sequence += 1
        progress.recorded_at = recorded_at
        return Outcome(_ACCEPTED, {**row, "sequence": progress.sequence, "recorded_at": recorded_at})

    def _is_plain(self, incoming: Incoming, plan_id: UUID, instant: datetime) -> bool:
        """Whether one look shows that nothing is wrong: no history, replacement, phase, other part, or future."""
        return (
            incoming.recorded_at is None
            and instant <= self._now
            and plan_id not in self._currencies
            and "replacement" not in incoming.data
            and incoming.type not in _NAMING
            and not named_people(_sayings(incoming))
            and (incoming.milestone is None or self._kinds.get((plan_id, incoming.milestone)) in _EVENTFUL)
        )


def _sayings(incoming: Incoming) -> Sayings:
    return sayings(incoming.type, incoming.data, incoming.actor)


def _told(incoming: Incoming) -> list[tuple[str, Moment]]:
    """When it happened, and when a replacement says that it did, each with its place."""
    told: list[tuple[str, Moment]] = [("/occurred_at", incoming.occurred_at)]
    replacement = incoming.data.get("replacement")
    if replacement:
        told.append(("/data/replacement/occurred_at", parse_moment(replacement["occurred_at"])))
    return told


def _too_far_ahead(incoming: Incoming, zone: WorkingTime | None, recorded_at: datetime) -> list[FieldError]:
    latest = recorded_at + timedelta(hours=MAX_FUTURE_HOURS)
    detail = f"lies more than {MAX_FUTURE_HOURS} hours after the event is recorded"
    return [
        FieldError(pointer, "too_far_ahead", detail)
        for pointer, moment in _told(incoming)
        if _occurred(moment, zone)[0] > latest
    ]


def _occurred(moment: Moment, zone: WorkingTime | None) -> tuple[datetime, date | None]:
    if isinstance(moment, datetime):
        return moment, None
    assert zone is not None
    return from_minutes(zone.day_start(moment)), moment


def _row(incoming: Incoming, cursor: Cursor, instant: datetime, day: date | None) -> dict[str, Any]:
    return {
        "workspace_id": cursor.workspace_id,
        "plan_id": cursor.plan_id,
        "source": incoming.source,
        "event_id": incoming.event_id,
        "type": incoming.type,
        "milestone": incoming.milestone,
        "occurred_at": instant,
        "occurred_on": day,
        "actor": incoming.actor,
        "data": incoming.data,
    }


def _wrong_milestones(incoming: Incoming, plan_id: UUID, kinds: Mapping[tuple[UUID, str], str]) -> list[FieldError]:
    places = [("/milestone", incoming.milestone)]
    if incoming.data.get("replacement"):
        places.append(("/data/replacement/milestone", incoming.data["replacement"].get("milestone")))
    errors = []
    for pointer, key in places:
        kind = kinds.get((plan_id, key)) if key is not None else MilestoneKind.milestone
        if kind is None:
            errors.append(FieldError(pointer, "unknown_milestone", "is no milestone of this plan"))
        elif kind == MilestoneKind.phase:
            detail = "is a phase, which has no events of its own; report its children"
            errors.append(FieldError(pointer, "phase_has_no_events", detail))
    return errors


def _wrong_parts(incoming: Incoming, plan_id: UUID, known: Set[tuple[UUID, str, str]]) -> list[FieldError]:
    errors = []
    for pointer, part, key in _named_parts(incoming):
        if (plan_id, part, key) not in known:
            one = part.removesuffix("s")
            errors.append(FieldError(pointer, f"unknown_{one}", f"is no {one} of this plan"))
    return errors
