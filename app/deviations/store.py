"""The SQL of deviations and of their history."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from string import ascii_letters, digits
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Row,
    Select,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations.records import Record, place_of, subject_of
from app.deviations.tables import NOT_OVER, STANDS, corrective_actions, deviation_transitions, deviations
from app.domain.deviation_values import DeviationState, Resolution, Subject, Track
from app.domain.tolerances import Level
from app.kit.bulk import Statement, any_of, delete_some, has_label, inserting, run, updating
from app.kit.threads import read_all
from app.plans import store as plans
from app.plans.store import Head

_COLUMNS = [deviations.c[name] for name in Record.__dataclass_fields__]
_KEY = ("workspace_id", "plan_id", "deviation_id")
_COUNTS = ("beyond", "within", "counted_at")
# Without those before it, a place begins with its first slash.
_KEY_CHARACTERS = f"{ascii_letters}{digits}._~-"
# What never changes once a record is there.
_FIXED = {*_KEY, "tolerance", "milestone", "baseline", "episode", "opened_at"}
_CHANGING = tuple(name for name in Record.__dataclass_fields__ if name not in _FIXED)


def _of(head: Head) -> Any:
    return (deviations.c.workspace_id == head.workspace_id) & (deviations.c.plan_id == head.plan_id)


async def standing(db: AsyncConnection, head: Head) -> list[Record]:
    """The records that the next evaluation of a plan must know of: of each subject at most one."""
    found = await db.execute(select(*_COLUMNS).where(_of(head), STANDS))
    return await read_all(found, lambda row: Record(*row))


_TRACK = ("tolerance", "milestone", "baseline", "episode", "state", "resolution", "level", "told_value")
_TRACKED = [deviations.c[name] for name in (*_TRACK, "beyond", "within", "counted_at", "acknowledged_until")]


async def tracks(db: AsyncConnection, head: Head) -> dict[Subject, Track]:
    """What of them the next evaluation begins with, and nothing of what is only shown."""
    found = await db.execute(select(*_TRACKED).where(_of(head), STANDS))
    return dict(await read_all(found, _track))


def _track(row: Sequence[Any]) -> tuple[Subject, Track]:
    tolerance, milestone, baseline, episode, state, resolution, level, *counts = row
    standing_as = None if state == DeviationState.resolved else DeviationState(state)
    is_accepted = resolution == Resolution.accepted
    track = Track(episode, standing_as, is_accepted, Level(level), *counts)
    return subject_of(tolerance, milestone, baseline), track


async def episodes(db: AsyncConnection, head: Head, subjects: Collection[Subject]) -> dict[Subject, int]:
    """The number of the newest episode of those subjects that ever had one."""
    if not subjects:
        return {}
    c = deviations.c
    statement = (
        select(c.tolerance, c.milestone, c.baseline, func.max(c.episode))
        .where(_of(head), any_of(db, c.tolerance, {subject.tolerance for subject in subjects}))
        .where(any_of(db, c.milestone, {place_of(each.milestone, each.about) for each in subjects}))
        .group_by(c.tolerance, c.milestone, c.baseline)
    )
    rows = (await db.execute(statement)).all()
    found = {subject_of(*row[:3]): row[3] for row in rows}
    return {subject: found[subject] for subject in subjects if subject in found}


def writing(
    dialect: Dialect,
    new: Sequence[Record],
    changed: Sequence[Record],
    counted: Sequence[Record],
    history: Sequence[Mapping[str, Any]],
) -> list[Statement]:
    """The statements that write an evaluation: of `counted` records the counts alone; new ones come after the old."""
    every = tuple(Record.__dataclass_fields__)
    return [
        updating(dialect, deviations, _KEY, [_row(record, (*_KEY, *_CHANGING)) for record in changed]),
        updating(dialect, deviations, _KEY, [_row(record, (*_KEY, *_COUNTS)) for record in counted]),
        inserting(dialect, deviations, [_row(record, every) for record in new]),
        inserting(dialect, deviation_transitions, history),
    ]


async def save(tx: AsyncConnection, record: Record, transition: Mapping[str, Any]) -> None:
    """Save what somebody changed of a record, and its transition."""
    for statement in writing(tx.dialect, (), [record], (), [transition]):
        await run(tx, statement)


def _row(record: Record, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _living(workspace_id: int) -> Any:
    """The records of plans that are not deleted."""
    here = deviations.c.workspace_id == workspace_id
    return here & deviations.c.plan_id.in_(plans.living_ids(workspace_id))


async def get(db: AsyncConnection, workspace_id: int, deviation_id: UUID) -> Record | None:
    """A record of a plan that is not deleted."""
    statement = select(*_COLUMNS).where(_living(workspace_id), deviations.c.deviation_id == deviation_id)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else Record(*row)


async def by_ids(db: AsyncConnection, head: Head, deviation_ids: Collection[UUID]) -> dict[UUID, Record]:
    """Records of a plan by their ids."""
    statement = select(*_COLUMNS).where(_of(head), deviations.c.deviation_id.in_(sorted(deviation_ids)))
    return {row.deviation_id: Record(*row) for row in (await db.execute(statement)).all()}


async def page(
    db: AsyncConnection,
    workspace_id: int,
    chosen: Mapping[str, Any],
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Record]:
    """Records of living plans, newest first; `chosen` as `conditions` takes it."""
    c = deviations.c
    statement = select(*_COLUMNS).where(*conditions(workspace_id, chosen))
    if before is not None:
        position = tuple_(literal(before[0], c.opened_at.type), literal(before[1], c.deviation_id.type))
        statement = statement.where(tuple_(c.opened_at, c.deviation_id) < position)
    statement = statement.order_by(c.opened_at.desc(), c.deviation_id.desc()).limit(limit)
    return [Record(*row) for row in (await db.execute(statement)).all()]


def conditions(workspace_id: int, chosen: Mapping[str, Any]) -> list[Any]:
    """What is asked for: columns by name, `label` (name, value), `about`, `opened_after` and the like.

    The state `unresolved` is open or acknowledged. A `plan_id` is known to be living; without one only the records
    of living plans are.
    """
    c = deviations.c
    wanted: list[Any] = [c.workspace_id == workspace_id if "plan_id" in chosen else _living(workspace_id)]
    for name, value in chosen.items():
        if name == "label":
            wanted.append(has_label(c.labels, *value))
        elif name == "milestone":
            wanted.append(_begins(c.milestone, value))
        elif name == "about":
            wanted.append(_begins(func.ltrim(c.milestone, _KEY_CHARACTERS), f"/{value}"))
        elif name == "opened_after":
            wanted.append(c.opened_at > value)
        elif name == "opened_before":
            wanted.append(c.opened_at < value)
        elif name == "changed_after":
            wanted.append(c.changed_at > value)
        elif (name, value) != ("state", "unresolved"):
            wanted.append(c[name] == value)
    if chosen.get("state", "resolved") != "resolved":
        wanted.append(NOT_OVER)  # said again as the indexes say it
    return wanted


def _begins(place: ColumnElement[str], first: str) -> ColumnElement[bool]:
    """Whether a place is this one, or a part of it."""
    return (place == first) | (func.substr(place, 1, len(first) + 1) == f"{first}/")


async def summary(
    db: AsyncConnection,
    workspace_id: int,
    chosen: Mapping[str, Any],
    after: tuple[UUID, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """How many are not over: plan_id, owner ('': nobody), open, acknowledged, warning, breach; by plan and owner."""
    c = deviations.c
    owner = func.coalesce(c.owner, "")

    def count(column: ColumnElement[str], value: str) -> ColumnElement[int]:
        return func.sum(case((column == value, 1), else_=0)).label(value)

    counts = [count(c.state, "open"), count(c.state, "acknowledged"), count(c.level, "warning")]
    statement: Select[Any] = (
        select(c.plan_id, owner.label("owner"), *counts, count(c.level, "breach"))
        .where(NOT_OVER, *conditions(workspace_id, chosen))
        .group_by(c.plan_id, owner)
        .order_by(c.plan_id, owner)
        .limit(limit)
    )
    if after is not None:
        same = (c.plan_id == after[0]) & (owner > after[1])
        statement = statement.where(or_(c.plan_id > after[0], same))
    found: Sequence[Row[Any]] = (await db.execute(statement)).all()
    return found


async def levels(db: AsyncConnection, head: Head) -> dict[tuple[str, str], int]:
    """How many deviations of a plan are not over, by state and level."""
    c = deviations.c
    statement = select(c.state, c.level, func.count()).where(_of(head), NOT_OVER).group_by(c.state, c.level)
    return {(row[0], row[1]): row[2] for row in (await db.execute(statement)).all()}


async def history(db: AsyncConnection, record: Record, after: int, limit: int) -> Sequence[Row[Any]]:
    """Transitions of a deviation, oldest first."""
    c = deviation_transitions.c
    statement = (
        select(deviation_transitions)
        .where(c.workspace_id == record.workspace_id, c.plan_id == record.plan_id)
        .where(c.deviation_id == record.deviation_id, c.number > after)
        .order_by(c.number)
        .limit(limit)
    )
    return (await db.execute(statement)).all()


def _acts(head: Head, known_at: datetime) -> Any:
    """The transitions of a plan that people made up to an instant."""
    c = deviation_transitions.c
    here = (c.workspace_id == head.workspace_id) & (c.plan_id == head.plan_id)
    return here & c.evaluation.is_(None) & (c.recorded_at <= known_at)


async def newest_act_at(db: AsyncConnection, head: Head, known_at: datetime) -> datetime | None:
    """When a person acted last on the deviations of a plan, up to an instant; None: nobody did."""
    if not head.act_count:
        return None
    newest = select(func.max(deviation_transitions.c.recorded_at)).where(_acts(head, known_at))
    found: datetime | None = await db.scalar(newest)
    return found


async def said(db: AsyncConnection, head: Head, known_at: datetime) -> list[tuple[UUID, str | None, Any]]:
    """What people said of the deviations of a plan up to an instant, oldest first.

    As (deviation, milestone, acknowledgement); of the plan as a whole there is no milestone.
    """
    c = deviation_transitions.c
    same = (deviations.c.workspace_id == c.workspace_id) & (deviations.c.plan_id == c.plan_id)
    same &= deviations.c.deviation_id == c.deviation_id
    statement = (
        select(c.deviation_id, deviations.c.tolerance, deviations.c.milestone, deviations.c.baseline)
        .add_columns(c.data)
        .join(deviations, same)
        .where(_acts(head, known_at))
    )
    rows = (await db.execute(statement.order_by(c.recorded_at, c.deviation_id, c.number))).all()
    return [(row[0], subject_of(*row[1:4]).milestone, row[4]["acknowledgement"]) for row in rows]


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete some of the deviations of a plan that is being purged; how many rows."""
    gone = 0
    for table in (corrective_actions, deviation_transitions, deviations):
        gone += await delete_some(tx, table, limit - gone, workspace_id=workspace_id, plan_id=plan_id)
    return gone
