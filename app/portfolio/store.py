"""The SQL of summaries of plans."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, func, literal, select, tuple_, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import delete_some, has_label, insert_all
from app.kit.threads import read_all
from app.plans import store as plans
from app.plans.store import Head
from app.portfolio.tables import IS_OPEN, plan_summaries

_c = plan_summaries.c
ADDED_UP = (
    *("key", "status", "schedule_status", "band", "percent", "finish", "finish_told", "rank", "currency"),
    *("budget_at_completion", "earned_value", "actual_cost", "estimate_at_completion", "expected_cost"),
)
"""The columns that every roll-up reads, in this order; then comes the one that it groups by."""

BEFORE_ALL = (-1, "")
"""The place before the first: where a page begins it is always said, so that every database walks the same index."""


def _of(head: Head) -> Any:
    return (_c.workspace_id == head.workspace_id) & (_c.plan_id == head.plan_id)


async def current(tx: AsyncConnection, head: Head) -> Row[Any] | None:
    """Number, from_at and body of the summary that holds."""
    found = [_c[name] for name in ("number", "from_at", "body")]
    return (await tx.execute(select(*found).where(_of(head), IS_OPEN))).one_or_none()


async def add(tx: AsyncConnection, head: Head, number: int, columns: Mapping[str, Any], at: datetime) -> None:
    """Have a summary of a locked plan hold from an instant on; none must hold then."""
    row = {"workspace_id": head.workspace_id, "plan_id": head.plan_id, "number": number, "from_at": at}
    await insert_all(tx, plan_summaries, [{**row, "to_at": None, **columns}])


async def close(tx: AsyncConnection, head: Head, at: datetime) -> None:
    """Have no summary of a locked plan hold any more."""
    await tx.execute(update(plan_summaries).where(_of(head), IS_OPEN).values(to_at=at))


async def newest_at(db: AsyncConnection, workspace_id: int, known_at: datetime) -> datetime | None:
    """When the newest summary up to an instant was found; None: there was none yet."""
    statement = select(func.max(_c.from_at)).where(_c.workspace_id == workspace_id, _c.from_at <= known_at)
    found: datetime | None = await db.scalar(statement)
    return found


def _chosen(workspace_id: int, chosen: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """`chosen`: owner, status, label (name, value), objective (key)."""
    wanted = [_c.workspace_id == workspace_id]
    for name, value in chosen.items():
        if name == "label":
            wanted.append(has_label(_c.labels, *value))
        elif name == "objective":
            told = type_coerce(_c.objectives, Text)  # keys hold no quotation mark, and weights are numbers
            wanted.append(func.replace(told, f'"{value}":', "", type_=Text) != told)
        else:
            wanted.append(_c[name] == value)
    return wanted


def _known(workspace_id: int, known_at: datetime) -> tuple[Sequence[Any], Sequence[Any]]:
    """What chooses the summaries that held at an instant: of those that still hold, and of those that were replaced.

    Asked in this order, one that is replaced in between is found twice, and none is missed.
    """
    began = _c.from_at <= known_at
    living = plans.living_ids(workspace_id)
    is_living = living.where(living.selected_columns[0] == _c.plan_id).exists()  # looked up for those few alone
    return (IS_OPEN, began), (_c.to_at > known_at, began, is_living)


async def page(
    db: AsyncConnection,
    workspace_id: int,
    chosen: Mapping[str, Any],
    known_at: datetime,
    after: tuple[int, str],
    limit: int,
) -> list[tuple[int, str, Any]]:
    """(rank, key, body) of the summaries that held at an instant, most urgent first, that come after (rank, key)."""
    statement = select(_c.plan_id, _c.rank, _c.key, _c.body).where(*_chosen(workspace_id, chosen))
    position = tuple_(literal(after[0], _c.rank.type), literal(after[1], _c.key.type))
    statement = statement.where(tuple_(_c.rank, _c.key) > position)
    statement = statement.order_by(_c.rank, _c.key).limit(limit)
    found: dict[UUID, tuple[int, str, Any]] = {}
    for which in _known(workspace_id, known_at):
        for plan_id, *row in (await db.execute(statement.where(*which))).all():
            found[plan_id] = (row[0], row[1], row[2])
    return sorted(found.values(), key=lambda row: row[:2])[:limit]


async def added_up(
    db: AsyncConnection, workspace_id: int, chosen: Mapping[str, Any], known_at: datetime, grouped_by: str | None
) -> list[Sequence[Any]]:
    """The columns `ADDED_UP` of every summary that held at an instant, and the one it is `grouped_by`."""
    columns = [_c[name] for name in ADDED_UP]
    statement = select(*columns, *([] if grouped_by is None else [_c[grouped_by]]))
    statement = statement.where(*_chosen(workspace_id, chosen))
    found: dict[str, Sequence[Any]] = {}
    for which in _known(workspace_id, known_at):
        rows = await read_all(await db.execute(statement.where(*which)), lambda row: row)
        found |= {row[0]: row for row in rows}
    return list(found.values())


async def without(db: AsyncConnection, workspace_id: int, known_at: datetime) -> int:
    """How many plans had no summary yet at an instant."""
    having = select(_c.plan_id).where(_c.workspace_id == workspace_id, _c.from_at <= known_at)
    found = plans.living_ids(workspace_id, created_by=known_at).subquery()
    statement = select(func.count()).select_from(found).where(found.c.plan_id.not_in(having))
    return await db.scalar(statement) or 0


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` summaries of a plan whose purge began; answers how many went."""
    return await delete_some(tx, plan_summaries, limit, workspace_id=workspace_id, plan_id=plan_id)
