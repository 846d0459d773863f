"""The SQL of the log of evaluations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.evaluation.tables import evaluations
from app.kit.bulk import delete_some, insert_all
from app.plans.store import Head


def _of(workspace_id: int, plan_id: UUID) -> Any:
    return (evaluations.c.workspace_id == workspace_id) & (evaluations.c.plan_id == plan_id)


async def add(tx: AsyncConnection, head: Head, row: Mapping[str, Any]) -> None:
    """Log an evaluation."""
    await insert_all(tx, evaluations, [{"workspace_id": head.workspace_id, "plan_id": head.plan_id, **row}])


async def newest(db: AsyncConnection, head: Head) -> Row[Any] | None:
    """The newest evaluation of a plan that its row knows of."""
    here = _of(head.workspace_id, head.plan_id) & (evaluations.c.number == head.evaluation_count)
    return (await db.execute(select(evaluations).where(here))).one_or_none()


async def page(db: AsyncConnection, head: Head, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Evaluations of a plan, newest first."""
    statement = select(evaluations).where(_of(head.workspace_id, head.plan_id))
    if before is not None:
        statement = statement.where(evaluations.c.number < before)
    return (await db.execute(statement.order_by(evaluations.c.number.desc()).limit(limit))).all()


async def evaluated_sequence(db: AsyncConnection, workspace_id: int, plan_id: UUID) -> int:
    """The newest event that an evaluation of the plan has covered; 0: none."""
    newest_first = (
        select(evaluations.c.sequence).where(_of(workspace_id, plan_id)).order_by(evaluations.c.number.desc())
    )
    return await db.scalar(newest_first.limit(1)) or 0


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete some of the log of a plan that is being purged; how many rows."""
    return await delete_some(tx, evaluations, limit, workspace_id=workspace_id, plan_id=plan_id)
