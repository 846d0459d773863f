"""The SQL of workspaces and API keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.tables import api_keys, workspaces
from app.kit.bulk import insert_all, insert_new


async def add_workspace(tx: AsyncConnection, name: str, cursor_secret: bytes, now: datetime) -> bool:
    """Add a workspace; False if the name is taken."""
    row = {"name": name, "cursor_secret": cursor_secret, "created_at": now}
    return bool(await insert_new(tx, workspaces, [row], ["name"]))


async def workspace_id(db: AsyncConnection, name: str) -> int | None:
    """The id of the workspace of this name."""
    found: int | None = await db.scalar(select(workspaces.c.workspace_id).where(workspaces.c.name == name))
    return found


async def lock_workspace(tx: AsyncConnection, workspace_id: int) -> None:
    """Let one transaction after the other do what is limited in a workspace; what names it is not held up."""
    here = workspaces.c.workspace_id == workspace_id
    await tx.execute(select(workspaces.c.workspace_id).where(here).with_for_update(key_share=True))


async def any_workspace(db: AsyncConnection) -> bool:
    """Whether the database has been set up."""
    return (await db.scalar(select(func.count()).select_from(select(workspaces).limit(1).subquery()))) == 1


async def add_key(tx: AsyncConnection, row: dict[str, Any]) -> None:
    """Add an API key."""
    await insert_all(tx, api_keys, [row])


async def find_key(db: AsyncConnection, token_hash: bytes) -> Row[Any] | None:
    """The key with this hash, joined with its workspace."""
    return (
        await db.execute(
            select(api_keys, workspaces.c.name.label("workspace"), workspaces.c.cursor_secret)
            .join(workspaces, workspaces.c.workspace_id == api_keys.c.workspace_id)
            .where(api_keys.c.token_hash == token_hash)
        )
    ).one_or_none()


async def list_keys(db: AsyncConnection) -> list[Any]:
    """All keys of all workspaces, without their hashes."""
    columns = [c for c in api_keys.c if c.name != "token_hash"]
    statement = (
        select(*columns, workspaces.c.name.label("workspace"))
        .join(workspaces, workspaces.c.workspace_id == api_keys.c.workspace_id)
        .order_by(workspaces.c.name, api_keys.c.key_id)
    )
    return list((await db.execute(statement)).all())


async def revoke_key(tx: AsyncConnection, key_id: UUID, now: datetime) -> bool:
    """Revoke a key; False if there is none with this id that still works."""
    changed = await tx.execute(
        update(api_keys).where(api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return changed.rowcount == 1
