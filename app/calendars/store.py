"""The SQL of calendars."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.tables import calendar_versions, calendars
from app.kit.bulk import insert_all, insert_new

BUILT_INS = frozenset({"always", "standard"})


def _versions_of(workspace_id: int) -> Any:
    here = (calendars.c.workspace_id == calendar_versions.c.workspace_id) & (
        calendars.c.key == calendar_versions.c.key
    )
    return (
        select(calendar_versions)
        .join(calendars, here)
        .where(calendars.c.workspace_id == workspace_id, calendars.c.deleted.is_(False))
    )


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Row[Any] | None:
    """A version of a living calendar, by default the newest."""
    wanted = calendars.c.version if version is None else version
    statement = _versions_of(workspace_id).where(calendars.c.key == key, calendar_versions.c.version == wanted)
    return (await db.execute(statement)).one_or_none()


async def page(db: AsyncConnection, workspace_id: int, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """The newest versions of living calendars, by key."""
    statement = _versions_of(workspace_id).where(calendar_versions.c.version == calendars.c.version)
    if after is not None:
        statement = statement.where(calendars.c.key > after)
    return (await db.execute(statement.order_by(calendars.c.key).limit(limit))).all()


async def lock(tx: AsyncConnection, workspace_id: int, key: str) -> Row[Any] | None:
    """Lock a calendar, deleted or not, against other writers and new users."""
    here = (calendars.c.workspace_id == workspace_id) & (calendars.c.key == key)
    return (await tx.execute(select(calendars).where(here).with_for_update())).one_or_none()


async def lock_shared(tx: AsyncConnection, workspace_id: int, keys: Iterable[str]) -> set[str]:
    """The living calendars among these keys, kept from changing until this transaction ends."""
    statement = (
        select(calendars.c.key)
        .where(calendars.c.workspace_id == workspace_id, calendars.c.key.in_(sorted(keys)))
        .where(calendars.c.deleted.is_(False))
        .order_by(calendars.c.key)
        .with_for_update(read=True)
    )
    return set((await tx.scalars(statement)).all())


async def add(tx: AsyncConnection, workspace_id: int, key: str) -> bool:
    """Add a calendar's row; False if the key is taken, also by a deleted calendar."""
    row = {"workspace_id": workspace_id, "key": key, "version": 1, "deleted": False}
    return bool(await insert_new(tx, calendars, [row], ["workspace_id", "key"]))


async def move(tx: AsyncConnection, workspace_id: int, key: str, **values: Any) -> None:
    """Change a calendar's row: its newest version, or whether it is deleted."""
    here = (calendars.c.workspace_id == workspace_id) & (calendars.c.key == key)
    await tx.execute(update(calendars).where(here).values(**values))


async def add_version(tx: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add an immutable version."""
    await insert_all(tx, calendar_versions, [row])


async def last_recorded_at(db: AsyncConnection, workspace_id: int, key: str) -> datetime | None:
    """When the newest version was recorded."""
    here = (calendar_versions.c.workspace_id == workspace_id) & (calendar_versions.c.key == key)
    found: datetime | None = await db.scalar(select(func.max(calendar_versions.c.recorded_at)).where(here))
    return found


async def versions_at(
    db: AsyncConnection, workspace_id: int, keys: Iterable[str], known_at: datetime
) -> dict[str, Row[Any]]:
    """The version of each calendar known at an instant, or its first if that is later (loaded history)."""
    statement = (
        select(calendar_versions)
        .where(calendar_versions.c.workspace_id == workspace_id, calendar_versions.c.key.in_(sorted(keys)))
        .where((calendar_versions.c.recorded_at <= known_at) | (calendar_versions.c.version == 1))
        .order_by(calendar_versions.c.key, calendar_versions.c.version)
    )
    return {row.key: row for row in (await db.execute(statement)).all()}


async def newest_version_at(
    db: AsyncConnection, workspace_id: int, keys: Iterable[str], known_at: datetime
) -> datetime | None:
    """When the newest version of any of these calendars known at an instant was recorded."""
    statement = select(func.max(calendar_versions.c.recorded_at)).where(
        calendar_versions.c.workspace_id == workspace_id,
        calendar_versions.c.key.in_(sorted(keys)),
        calendar_versions.c.recorded_at <= known_at,
    )
    found: datetime | None = await db.scalar(statement)
    return found
