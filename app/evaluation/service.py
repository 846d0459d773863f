"""Evaluating plans that are due: claimed, judged with no transaction open, written in one short transaction."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.rules import tzdata_version
from app.deviations import action_store
from app.deviations import service as deviations
from app.deviations.service import EvaluationStamp, Moved, Prepared
from app.domain.deviation_values import Reconciled, Subject, Track
from app.domain.deviations import Scope, reconcile
from app.domain.tolerances import Tolerance
from app.evaluation import store
from app.evaluation.items import items_in
from app.evaluation.judgement import Judgement, Looked, conclude, look
from app.evaluation.lateness import Late, told_late
from app.evaluation.observing import OBJECTIVES, View, scene_of, views_of
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.logs import log
from app.kit.problems import ServiceUnavailable
from app.kit.threads import beside_loop
from app.kit.wakeups import wake
from app.outcome import service as outcomes
from app.outcome.reading import Outcome
from app.plans import due
from app.plans.due import Due
from app.plans.store import Head
from app.portfolio import keeping as summaries
from app.portfolio.sketch import Sketch, sketched
from app.tolerances import store as tolerances_of
from app.variance.scene import Scene
from app.variance.snapshot import ENGINE

LEASE = timedelta(seconds=30)
_AT_ONCE = 4
_BACKOFF = timedelta(seconds=5)
_MAX_BACKOFF = timedelta(hours=1)
_CLOSED = frozenset({"completed", "cancelled"})


async def evaluate_due(database: Database, clock: Clock) -> int:
    """Claim some of the plans that are due and evaluate each; answers how many were claimed.

    A plan that fails is tried again later, longer each time, and holds up no other.

    Raises:
        ServiceUnavailable: the database is away; what was claimed is free again after its lease.
    """
    now = clock()
    async with database.read() as db:  # to look costs no writer its turn
        if not await due.is_any_due(db, now):
            return 0
    # No two leases are alike: the one that a plan still has tells whose it is. None waits for another to be over.
    count = 1 if database.is_sqlite else _AT_ONCE
    leases = [now + LEASE + timedelta(microseconds=random.randrange(1_000_000)) for _ in range(count)]  # noqa: S311
    claimed = await database.write(lambda tx: due.claim_due(tx, now, leases))
    async with asyncio.TaskGroup() as group:
        for plan in claimed:
            group.create_task(_evaluate_or_back_off(database, clock, plan))
    return len(claimed)


async def _evaluate_or_back_off(database: Database, clock: Clock, plan: Due) -> None:
    try:
        await evaluate(database, clock, plan)
    except Exception as error:  # noqa: BLE001 - one plan must not hold up the others
        log.exception("evaluation failed", plan=plan.head.key)
        name, now = type(error).__name__, clock()
        with suppress(ServiceUnavailable):  # then its lease is the pause
            await database.write(lambda tx: _back_off(tx, plan.head, name, now))


async def _back_off(tx: AsyncConnection, head: Head, error: str, now: datetime) -> None:
    current = await due.lock_due(tx, head)
    if current is None or current.evaluation_count != head.evaluation_count:
        return
    # Who wrote meanwhile made it due, and what they wrote may be what mends it.
    is_ours = current.check_due_at == head.check_due_at
    failures, _ = await due.evaluation_health(tx, head)
    pause = min(_BACKOFF * 2 ** min(failures, 20), _MAX_BACKOFF)
    values = {"evaluation_failures": failures + 1, "evaluation_error": error}
    await due.settle(tx, head, **values, check_due_at=now + pause if is_ours else current.check_due_at)


async def evaluate(database: Database, clock: Clock, plan: Due) -> None:
    """Evaluate one claimed plan, whatever its status: only active ones are judged, closed ones are closed."""
    head, now = plan.head, clock()
    if plan.is_deleted or head.status in _CLOSED:
        await _close(database, clock, head, now, is_deleted=plan.is_deleted)
    elif head.status == "active":
        await _evaluate_active(database, clock, head, now)
    else:
        await database.write(lambda tx: _rest(tx, head, now))


async def _rest(tx: AsyncConnection, head: Head, now: datetime) -> None:
    """A draft, or a plan on hold, is not evaluated until somebody changes that; it is in the portfolio."""
    current = await due.lock_due(tx, head)
    if current is not None and current.check_due_at == head.check_due_at:
        await summaries.rest(tx, current, now)
        await due.settle(tx, head, check_due_at=None)


async def _close(database: Database, clock: Clock, head: Head, now: datetime, *, is_deleted: bool) -> None:
    """Nothing of a plan that is closed is judged any more; an outcome that was sealed is looked at again."""
    async with database.read() as db:
        standing = await deviations.standing(db, head)
        previous = await store.newest(db, head)
        now = _not_before(previous, now)
        views = [] if is_deleted else await views_of(db, head, (), now)
    scope = Scope(as_of=now, now=now, baselines={}, closed=True)
    reconciled = reconcile(standing, (), {}, scope, lambda *_: {})
    entry = _Entry(
        evaluated_at=now,
        as_of=now,
        known_at=head.last_recorded_at,
        sequence=head.last_sequence,
        revision=head.revision,
        baseline=None if previous is None else previous.baseline,
        is_closed=True,
    )
    is_sealed = head.outcome_count > 0 and not is_deleted
    revision = await outcomes.revised(database, head, now) if is_sealed else None
    outcome = None if revision is None else revision.computed.outcome
    found = Judgement(reconciled, {}, None if revision is None else revision.next_at)
    sketch = await beside_loop(_size(views[0]), _closed, views[0], now, outcome) if views else None
    await _finish(database, clock, head, entry, Result(found, sketch, revision=revision))


def _closed(view: View, now: datetime, outcome: Outcome | None) -> Sketch:
    return sketched(scene_of(view, now, now), view.parts.get(OBJECTIVES, {}), outcome)


def _size(view: View) -> int:
    """How much there is to compute with."""
    return len(view.snapshot.current) + len(view.snapshot.events)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the log says of an evaluation before anything is judged."""

    evaluated_at: datetime
    as_of: datetime
    known_at: datetime
    sequence: int
    revision: int
    baseline: int | None
    is_closed: bool = False
    tolerances: Mapping[str, int] | None = None
    calendars: Mapping[str, int] | None = None

    def row(self, number: int, found: Judgement) -> dict[str, Any]:
        """The row of the log."""
        kinds: dict[str, int] = {}
        for transition in found.reconciled.transitions:
            kinds[transition.kind.value] = kinds.get(transition.kind.value, 0) + 1
        return {
            "number": number,
            "evaluated_at": self.evaluated_at,
            "as_of": self.as_of,
            "known_at": self.known_at,
            "sequence": self.sequence,
            "revision": self.revision,
            "baseline": self.baseline,
            "is_closed": self.is_closed,
            "engine": f"{ENGINE}/{tzdata_version()}",
            "tolerances": dict(self.tolerances or {}),
            "calendars": dict(self.calendars or {}),
            "counting": _counting(found.reconciled),
            "transitions": kinds,
            "next_check_at": found.next_check_at,
        }


def _counting(reconciled: Reconciled) -> list[list[Any]]:
    """The counts under way of subjects without a record, as they are logged."""
    found = (
        (subject, track)
        for subject, track in reconciled.tracks.items()
        if track.state is None and not track.is_accepted and track.beyond
    )
    return [
        [*subject, track.episode, track.beyond, None if track.counted_at is None else track.counted_at.isoformat()]
        for subject, track in sorted(found, key=lambda item: str(item[0]))
    ]


def counted(row: Any) -> dict[Subject, Track]:
    """The counts under way that a row of the log carries; old rows know only of dates."""
    found = {}
    for *subject, episode, beyond, at in [] if row is None else row.counting:
        counted_at = None if at is None else datetime.fromisoformat(at)
        found[Subject(*subject)] = Track(episode=episode, beyond=beyond, counted_at=counted_at)
    return found


def _not_before(previous: Any, now: datetime) -> datetime:
    """Time never goes back in the log, whichever replica's clock is asked."""
    return now if previous is None else max(now, previous.evaluated_at)


async def _evaluate_active(database: Database, clock: Clock, head: Head, now: datetime) -> None:
    async with database.read() as db:
        previous = await store.newest(db, head)
        standing = await deviations.standing(db, head)
        tolerances = await tolerances_of.living(db, head.workspace_id, head.key)
        now = _not_before(previous, now)
        views = await views_of(db, head, tolerances, now)
    snapshot = views[0].snapshot
    as_of, _ = snapshot.as_of(None, now)
    tracks = {**counted(previous), **standing}
    size = _size(views[0])
    looked = await beside_loop(size, look, views, as_of, now, tracks.keys())
    fresh = [value.subject for value in looked.judged if value.level is not None and value.subject not in tracks]
    async with database.read() as db:
        episodes = await deviations.episodes(db, head, fresh)
    tracks |= {subject: Track(episode=episode) for subject, episode in episodes.items()}
    found = await beside_loop(size, conclude, looked, tracks)
    sketch = await beside_loop(size, _sketched, views[0], looked)
    await _finish(
        database,
        clock,
        replace(snapshot.head, check_due_at=head.check_due_at, evaluation_count=head.evaluation_count),
        _entry(views, tolerances, as_of, now),
        Result(found, sketch, _late(views, previous)),
    )


def _sketched(view: View, looked: Looked) -> Sketch:
    """The summary of what was seen beside the current baseline."""
    scene = Scene(view.snapshot, looked.observed[0][0], view.parts, items_in)
    return sketched(scene, view.parts.get(OBJECTIVES, {}))


def _entry(views: Sequence[View], tolerances: Sequence[Tolerance], as_of: datetime, now: datetime) -> _Entry:
    snapshot = views[0].snapshot
    return _Entry(
        evaluated_at=now,
        as_of=as_of,
        known_at=snapshot.known_at,
        sequence=snapshot.sequence,
        revision=snapshot.revision,
        baseline=None if snapshot.baseline is None else snapshot.baseline.number,
        tolerances={tolerance.key: tolerance.version for tolerance in tolerances},
        calendars={key: row["version"] for view in views for key, row in view.snapshot.calendar_versions.items()},
    )


def _late(views: Sequence[View], previous: Any) -> Late:
    """Of what something was told since the previous evaluation that happened before it."""
    if previous is None or previous.is_closed:
        return Late()
    return told_late(views[0].snapshot, previous.sequence, previous.as_of)


@dataclass(frozen=True, slots=True)
class Result:
    """All that an evaluation made of a plan; `sketch` is None of one that was deleted."""

    found: Judgement
    sketch: Sketch | None
    late: Late = field(default_factory=Late)
    revision: outcomes.Revision | None = None


async def _finish(database: Database, clock: Clock, head: Head, entry: _Entry, result: Result) -> None:
    found, late = result.found, result.late
    changed = {transition.subject for transition in found.reconciled.transitions}
    retroactive = frozenset(each for each in changed if late.has(each, found.shown.get(each)))
    stamp = EvaluationStamp(head.evaluation_count + 1, entry.evaluated_at, entry.as_of, retroactive)
    try:
        prepared = await deviations.prepare(database, head, stamp, found.reconciled, found.shown)
        await database.write(lambda tx: _save(tx, clock, head, entry, result, prepared))
    except Moved:  # somebody acknowledged in between: judge again, with what they said
        await database.write(lambda tx: _judge_again(tx, head, entry.evaluated_at))


async def _current(tx: AsyncConnection, head: Head) -> Head | None:
    """The plan, locked; None: another evaluator was faster, and what it wrote stands."""
    current = await due.lock_due(tx, head)
    return None if current is None or current.evaluation_count != head.evaluation_count else current


async def _judge_again(tx: AsyncConnection, head: Head, now: datetime) -> None:
    if await _current(tx, head) is not None:
        await due.settle(tx, head, check_due_at=now)


async def _save(
    tx: AsyncConnection, clock: Clock, head: Head, entry: _Entry, result: Result, prepared: Prepared
) -> None:
    current = await _current(tx, head)
    if current is None:
        return
    found, revision = result.found, result.revision
    number = head.evaluation_count + 1
    await deviations.apply(tx, current, prepared)
    await store.add(tx, head, entry.row(number, found))
    if revision is not None:
        await outcomes.seal_revision(tx, current, revision, entry.evaluated_at)
    if result.sketch is not None:
        await summaries.keep(tx, result.sketch, clock())
    values: dict[str, Any] = {"evaluation_count": number, "evaluation_failures": 0, "evaluation_error": None}
    if current.check_due_at == head.check_due_at:  # nobody made it due meanwhile
        times = (found.next_check_at, await action_store.next_due(tx, head))
        at = min((each for each in times if each is not None), default=None)
        is_all = _unmoved(current, head) and await _same_tolerances(tx, head, entry)
        values["check_due_at"] = at if is_all else entry.evaluated_at
    await due.settle(tx, head, **values)
    await wake(tx, "evaluated")


async def _same_tolerances(tx: AsyncConnection, head: Head, entry: _Entry) -> bool:
    """Whether the tolerances are those that were judged; of a plan that is closed none counts."""
    if entry.is_closed:
        return True
    living = await tolerances_of.living(tx, head.workspace_id, head.key)
    return {each.key: each.version for each in living} == entry.tolerances


def _unmoved(current: Head, head: Head) -> bool:
    """Whether what was judged is still all that is known."""
    return (current.revision, current.last_sequence, current.last_recorded_at, current.status) == (
        head.revision,
        head.last_sequence,
        head.last_recorded_at,
        head.status,
    )
