"""The SQL of sealed outcomes."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import delete_some, insert_all
from app.outcome.tables import plan_outcomes
from app.plans.store import Head

_c = plan_outcomes.c
_LISTED = [_c[name] for name in ("version", "cause", "status", "as_of", "known_at", "sealed_at", "author", "changed")]
_LISTED.append(_c.digest)


def _of(head: Head) -> Any:
    return (_c.workspace_id == head.workspace_id) & (_c.plan_id == head.plan_id)


async def add(tx: AsyncConnection, head: Head, row: Mapping[str, Any]) -> None:
    """Seal a version of the outcome of a locked plan."""
    await insert_all(tx, plan_outcomes, [{"workspace_id": head.workspace_id, "plan_id": head.plan_id, **row}])


async def body(db: AsyncConnection, head: Head, version: int) -> bytes | None:
    """A version as it was sealed, byte by byte."""
    found: bytes | None = await db.scalar(select(_c.body).where(_of(head), _c.version == version))
    return found


async def page(db: AsyncConnection, head: Head, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """What is listed of the versions, newest first."""
    statement = select(*_LISTED).where(_of(head))
    if before is not None:
        statement = statement.where(_c.version < before)
    return (await db.execute(statement.order_by(_c.version.desc()).limit(limit))).all()


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` versions of a plan whose purge began; answers how many went."""
    return await delete_some(tx, plan_outcomes, limit, workspace_id=workspace_id, plan_id=plan_id)
