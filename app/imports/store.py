"""The SQL of imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.imports.tables import imports
from app.kit.bulk import delete_some, insert_all
from app.plans import store as plans
from app.plans.store import Head

_SHOWN = [
    imports.c[name]
    for name in (
        *("import_id", "plan_id", "format", "project", "status_date", "revision", "author", "reason", "recorded_at"),
    )
]


def _of(head: Head) -> tuple[Any, Any]:
    return imports.c.workspace_id == head.workspace_id, imports.c.plan_id == head.plan_id


async def add(tx: AsyncConnection, head: Head, row: Mapping[str, Any]) -> None:
    """Add an import."""
    await insert_all(tx, imports, [{"workspace_id": head.workspace_id, "plan_id": head.plan_id, **row}])


async def report_of(db: AsyncConnection, head: Head, digest: bytes) -> str | None:
    """The report of the import of this file into this plan."""
    found: str | None = await db.scalar(select(imports.c.report).where(*_of(head), imports.c.digest == digest))
    return found


async def report(db: AsyncConnection, workspace_id: int, import_id: UUID) -> str | None:
    """The report of an import into a living plan."""
    here = (imports.c.workspace_id == workspace_id) & (imports.c.import_id == import_id)
    living = imports.c.plan_id.in_(plans.living_ids(workspace_id))
    found: str | None = await db.scalar(select(imports.c.report).where(here, living))
    return found


async def has_project(db: AsyncConnection, head: Head, project: str) -> bool:
    """Whether a file of this project was imported into the plan."""
    statement = select(imports.c.import_id).where(*_of(head), imports.c.project == project).limit(1)
    return (await db.scalar(statement)) is not None


async def newest(db: AsyncConnection, head: Head) -> tuple[Mapping[str, Any], datetime] | None:
    """What the newest import of the plan left for the next, and when it was recorded."""
    statement = select(imports.c.state, imports.c.recorded_at).where(*_of(head))
    row = (await db.execute(statement.order_by(imports.c.recorded_at.desc()).limit(1))).one_or_none()
    return None if row is None else (row[0], row[1])


async def page(
    db: AsyncConnection, workspace_id: int, plan: str | None, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Imports of living plans, or of the one with this key, newest first, without their reports."""
    living = imports.c.plan_id.in_(plans.living_ids(workspace_id, plan))
    statement = select(*_SHOWN).where(imports.c.workspace_id == workspace_id, living)
    if before is not None:
        statement = statement.where(imports.c.import_id < before)
    return (await db.execute(statement.order_by(imports.c.import_id.desc()).limit(limit))).all()


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` imports of a plan whose purge began; answers how many went."""
    return await delete_some(tx, imports, limit, workspace_id=workspace_id, plan_id=plan_id)
