"""The SQL of status reports."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import delete_some, insert_all
from app.plans.store import Head
from app.reports.tables import status_reports

_c = status_reports.c
_SHOWN = [column for column in _c if column.name not in {"workspace_id", "plan_id"}]


def _of(head: Head) -> Any:
    return (_c.workspace_id == head.workspace_id) & (_c.plan_id == head.plan_id)


async def add(tx: AsyncConnection, head: Head, row: Mapping[str, Any]) -> None:
    """Add a report of a locked plan."""
    await insert_all(tx, status_reports, [{"workspace_id": head.workspace_id, "plan_id": head.plan_id, **row}])


async def newest(db: AsyncConnection, head: Head) -> tuple[int, datetime | None]:
    """The number of the newest report and when it was recorded; 0 if there is none."""
    statement = select(func.max(_c.number), func.max(_c.recorded_at)).where(_of(head))
    number, recorded_at = (await db.execute(statement)).one()
    return number or 0, recorded_at


async def get(db: AsyncConnection, head: Head, number: int) -> Row[Any] | None:
    """One report."""
    return (await db.execute(select(*_SHOWN).where(_of(head), _c.number == number))).one_or_none()


async def page(db: AsyncConnection, head: Head, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Reports, newest first."""
    statement = select(*_SHOWN).where(_of(head))
    if before is not None:
        statement = statement.where(_c.number < before)
    return (await db.execute(statement.order_by(_c.number.desc()).limit(limit))).all()


async def superseders(db: AsyncConnection, head: Head, numbers: Collection[int]) -> dict[int, int]:
    """By the number of each of these reports that was superseded, the one that took its place."""
    statement = select(_c.supersedes, _c.number).where(_of(head), _c.supersedes.in_(sorted(numbers)))
    return {row[0]: row[1] for row in (await db.execute(statement)).all()}


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` reports of a plan whose purge began; answers how many went."""
    return await delete_some(tx, status_reports, limit, workspace_id=workspace_id, plan_id=plan_id)
