"""The SQL of corrective actions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations.records import Record
from app.deviations.tables import UNCHECKED, corrective_actions
from app.kit.bulk import insert_all, update_each
from app.plans.store import Head

_KEY = ("workspace_id", "plan_id", "deviation_id", "action_id")
_CHECKED = ("value_after", "effective", "checked_at")


def _unchecked(head: Head) -> Any:
    c = corrective_actions.c
    return (c.workspace_id == head.workspace_id) & (c.plan_id == head.plan_id) & (c.status != "cancelled") & UNCHECKED


def _of(record: Record) -> Any:
    c = corrective_actions.c
    here = (c.workspace_id == record.workspace_id) & (c.plan_id == record.plan_id)
    return here & (c.deviation_id == record.deviation_id)


async def next_due(db: AsyncConnection, head: Head) -> datetime | None:
    """When the first action of a plan that was not checked yet is due."""
    found: datetime | None = await db.scalar(select(func.min(corrective_actions.c.due_at)).where(_unchecked(head)))
    return found


async def unchecked(db: AsyncConnection, head: Head) -> Sequence[Row[Any]]:
    """The actions of a plan whose effect was not checked yet."""
    statement = select(corrective_actions).where(_unchecked(head)).order_by(corrective_actions.c.action_id)
    return (await db.execute(statement)).all()


async def save_checks(tx: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Save what the checks of many actions found."""
    await update_each(
        tx, corrective_actions, _KEY, [{name: row[name] for name in (*_KEY, *_CHECKED)} for row in rows]
    )


async def page(db: AsyncConnection, record: Record, after: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Actions of a deviation, in the order they were planned in."""
    statement = select(corrective_actions).where(_of(record))
    if after is not None:
        statement = statement.where(corrective_actions.c.action_id > after)
    return (await db.execute(statement.order_by(corrective_actions.c.action_id).limit(limit))).all()


async def get(db: AsyncConnection, record: Record, action_id: UUID) -> Row[Any] | None:
    """One action."""
    statement = select(corrective_actions).where(_of(record), corrective_actions.c.action_id == action_id)
    return (await db.execute(statement)).one_or_none()


async def add(tx: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add an action."""
    await insert_all(tx, corrective_actions, [row])


async def change(tx: AsyncConnection, record: Record, action_id: UUID, values: Mapping[str, Any]) -> None:
    """Change an action."""
    here = _of(record) & (corrective_actions.c.action_id == action_id)
    await tx.execute(update(corrective_actions).where(here).values(**values))
