"""Deviations: what an evaluation must know of them, what it makes of them, and what people do about them.

An evaluation reads `standing`, and what it found is made ready by `prepare`, both outside of any transaction; it
ends with `apply` in one that holds the plan's lock, and only writes. A person's act takes the same lock. So `prepare`
reads the records again, and every transition must follow from how its record stands *then*; and `apply` makes sure
that nobody acted since. If either is not so, `Moved` has the plan judged again. A record without a transition keeps
its state and its acknowledgement, whoever gave it one while the plan was judged; only what is shown of it is
refreshed.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import checks, store
from app.deviations.records import (
    EVALUATOR,
    EvaluationStamp,
    Record,
    Shown,
    changed,
    continues,
    counted,
    opened,
    refreshed,
)
from app.deviations.wire import deviation_document, filterable, transition_document
from app.domain.deviation_values import Reconciled, Subject, Track, Transition, TransitionKind
from app.feed.announcements import AnnouncementType
from app.kit.bulk import Statement, run
from app.kit.db import Database
from app.kit.threads import beside_loop
from app.plans import due
from app.plans.store import Head
from app.webhooks import service as webhooks
from app.webhooks.envelopes import Announcement

__all__ = ["EvaluationStamp", "Moved", "Prepared", "Shown", "apply", "episodes", "prepare", "standing"]

_COUNTS = ("beyond", "within", "counted_at")


class Moved(Exception):
    """Somebody acknowledged a deviation while an evaluation was computed that did not know of it: evaluate again."""


@dataclass(slots=True)
class _Changes:
    """What an evaluation changes, on its way to the database."""

    before: dict[Subject, Record]
    after: dict[Subject, Record]
    new: list[Record] = field(default_factory=list)
    ended: list[Record] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    whole: list[Record] = field(default_factory=list)
    counts: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an evaluation writes.

    Attributes:
        acts: how often a person had acted on the plan's deviations when the records were read.
        at: the instant of the evaluation.
        values: what is judged of every subject that is shown; None: it has no value now.
    """

    acts: int
    at: datetime
    statements: Sequence[Statement]
    announcements: Sequence[Announcement]
    values: Mapping[Subject, float | None]


async def standing(db: AsyncConnection, head: Head) -> dict[Subject, Track]:
    """What the next evaluation of a plan must know: what is open, acknowledged, or accepted and not yet forgotten."""
    return await store.tracks(db, head)


async def episodes(db: AsyncConnection, head: Head, subjects: Collection[Subject]) -> dict[Subject, int]:
    """The number of the newest episode of those subjects that ever had one."""
    return await store.episodes(db, head, subjects)


async def prepare(
    database: Database,
    head: Head,
    stamp: EvaluationStamp,
    reconciled: Reconciled,
    shown: Mapping[Subject, Shown],
) -> Prepared:
    """Make ready what `apply` writes of what an evaluation found: all that can be done without the plan's lock.

    Raises:
        Moved: a person's act got in between.
    """
    async with database.read() as db:
        acts = await due.acts(db, head)  # before the records: an act between the two is noticed, if for nothing
        known = {record.subject: record for record in await store.standing(db, head)}
        dialect = db.dialect
    size = len(known) + len(reconciled.transitions)
    changes = await beside_loop(size, _find, known, head, stamp, reconciled, shown)
    statements = await beside_loop(
        size, store.writing, dialect, changes.new, changes.whole, changes.counts, changes.history
    )
    values = {subject: None if one.judged is None else one.judged.value for subject, one in shown.items()}
    return Prepared(acts, stamp.recorded_at, statements, changes.announcements, values)


async def apply(tx: AsyncConnection, head: Head, prepared: Prepared) -> None:
    """Record what was prepared, check actions that are due, and announce all of it.

    The caller holds the lock of the plan, whose row is now `head`, and has made sure that no newer evaluation was
    written.

    Raises:
        Moved: a person's act got in between; nothing was written.
    """
    if head.act_count != prepared.acts:
        raise Moved
    for statement in prepared.statements:
        await run(tx, statement)
    checked = await checks.check_due(tx, head, prepared.at, prepared.values)
    if prepared.announcements or checked:
        await webhooks.announce(tx, head.workspace_id, [*prepared.announcements, *checked])


def _find(
    known: dict[Subject, Record],
    head: Head,
    stamp: EvaluationStamp,
    reconciled: Reconciled,
    shown: Mapping[Subject, Shown],
) -> _Changes:
    """What changes; nothing is written yet."""
    _check(known, reconciled, stamp)
    changes = _Changes(known, dict(known))
    for transition in reconciled.transitions:
        _tell(changes, transition, head, stamp, shown.get(transition.subject))
    for subject, record in changes.after.items():
        track, is_told = reconciled.tracks.get(subject), record is not known.get(subject)
        if record.is_over:
            changes.after[subject] = _accepted(record, track, is_new=is_told)
        else:
            now = record if is_told else refreshed(record, shown.get(subject), stamp.as_of)
            changes.after[subject] = counted(now, track)
    changes.new = [changes.after[record.subject] for record in changes.new]
    _sort_out(changes)
    return changes


def _check(known: Mapping[Subject, Record], reconciled: Reconciled, stamp: EvaluationStamp) -> None:
    found: dict[Subject, list[Transition]] = defaultdict(list)
    for transition in reconciled.transitions:
        found[transition.subject].append(transition)
    for subject, transitions in found.items():
        if not continues(known.get(subject), transitions, stamp.recorded_at):
            raise Moved


def _tell(changes: _Changes, transition: Transition, head: Head, stamp: EvaluationStamp, shown: Shown | None) -> None:
    """Add a transition: to its record, to the history, and to what is announced."""
    record = changes.after.get(transition.subject)
    if transition.kind is TransitionKind.opened:
        assert shown is not None, "what opens is shown"
        if record is not None:  # it was accepted, and is worse now
            changes.ended.append(replace(record, stands=False))
        record = opened(head, transition, shown, stamp)
        changes.new.append(record)
    assert record is not None, "it was checked that there is one"
    record = changed(record, transition, stamp)
    if record.is_over and shown is not None:  # what it explained until now stays to be seen
        shown = replace(shown, consequences=tuple(record.consequences))
    record = refreshed(record, shown, stamp.as_of, is_told=True)
    changes.after[transition.subject] = record
    told = {
        "kind": transition.kind.value,
        "as_of": stamp.as_of,
        "evaluation": stamp.number,
        "retroactive": transition.subject in stamp.retroactive,
        "actor": EVALUATOR,
    }
    row = history_row(record, told)
    changes.history.append(row)
    changes.announcements.append(announcement(record, head, row))


def _accepted(record: Record, track: Track | None, *, is_new: bool) -> Record:
    """What is over: what was accepted stands until an evaluation that knows of it forgets it."""
    if is_new or not record.stands:
        return record
    if track is not None and track.is_accepted:
        return counted(record, track)
    accepted_meanwhile = track is not None and track.state is not None
    return record if accepted_meanwhile else replace(record, stands=False)


def _sort_out(changes: _Changes) -> None:
    """What is to be written of records that were there: whole, or their counts alone."""
    fresh = {record.deviation_id for record in changes.new}
    changes.whole = list(changes.ended)
    for subject, record in changes.after.items():
        old = changes.before.get(subject)
        if record.deviation_id in fresh or old is None or record is old:
            continue
        same = replace(old, **{name: getattr(record, name) for name in _COUNTS})
        (changes.counts if same == record else changes.whole).append(record)


def history_row(record: Record, told: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a record's newest transition.

    Args:
        record: as it stands after it.
        told: kind, as_of, evaluation, retroactive and actor.
    """
    return {
        "workspace_id": record.workspace_id,
        "plan_id": record.plan_id,
        "deviation_id": record.deviation_id,
        "number": record.transitions,
        **told,
        "recorded_at": record.changed_at,
        "level": record.level,
        "state": record.state,
        "resolution": record.resolution,
        "value": record.value,
        "unit": record.unit,
        "bound": record.bound,
        "data": {"summary": record.summary, "acknowledgement": record.acknowledgement},
    }


def announcement(record: Record, head: Head, row: Mapping[str, Any]) -> Announcement:
    """What is announced of a transition: the deviation as GET answers it after it, and the transition."""
    return Announcement(
        type=AnnouncementType(f"deviation.{row['kind']}"),
        occurred_at=record.changed_at,
        plan_id=head.plan_id,
        plan=head.key,
        data={**deviation_document(record, head.key), "transition": transition_document(row)},
        filterable=filterable(record),
    )
