"""The SQL of event mappings; one is a mapping of its fields as on the wire, with `recorded_at` an instant."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.event_mapping import MappingRule, by_type
from app.events.tables import event_mappings
from app.kit.bulk import as_dict, insert_new

EventMapping = Mapping[str, Any]
_SHOWN = [column for column in event_mappings.c if column.name != "workspace_id"]
_RULE = [event_mappings.c[name] for name in MappingRule._fields]


def _of(workspace_id: int) -> Select[Any]:
    return select(*_SHOWN).where(event_mappings.c.workspace_id == workspace_id)


async def get(db: AsyncConnection, workspace_id: int, key: str, *, lock: bool = False) -> EventMapping | None:
    """One mapping, on demand locked against other writers."""
    statement = _of(workspace_id).where(event_mappings.c.key == key)
    row = (await db.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else as_dict(row)


async def page(db: AsyncConnection, workspace_id: int, after: str, limit: int) -> list[EventMapping]:
    """The mappings by key, from the one that follows `after` on."""
    statement = _of(workspace_id).where(event_mappings.c.key > after).order_by(event_mappings.c.key).limit(limit)
    return [as_dict(row) for row in (await db.execute(statement)).all()]


async def rules(db: AsyncConnection, workspace_id: int) -> dict[str, Sequence[MappingRule]]:
    """All rules of the workspace by event type, in the order they are tried."""
    rows = (await db.execute(select(*_RULE).where(event_mappings.c.workspace_id == workspace_id))).all()
    return {**by_type(MappingRule(*row) for row in rows)}


async def count(db: AsyncConnection, workspace_id: int) -> int:
    """How many mappings the workspace has."""
    here = event_mappings.c.workspace_id == workspace_id
    return (await db.execute(select(func.count()).select_from(event_mappings).where(here))).scalar_one()


async def add(tx: AsyncConnection, workspace_id: int, mapping: EventMapping) -> bool:
    """Add a mapping; False if its key is taken."""
    row = {"workspace_id": workspace_id, **mapping}
    return bool(await insert_new(tx, event_mappings, [row], ["workspace_id", "key"]))


async def replace(tx: AsyncConnection, workspace_id: int, mapping: EventMapping) -> None:
    """Store a locked mapping as it is now."""
    here = (event_mappings.c.workspace_id == workspace_id) & (event_mappings.c.key == mapping["key"])
    await tx.execute(update(event_mappings).where(here).values(**mapping))


async def remove(tx: AsyncConnection, workspace_id: int, key: str) -> None:
    """Delete a locked mapping."""
    here = (event_mappings.c.workspace_id == workspace_id) & (event_mappings.c.key == key)
    await tx.execute(delete(event_mappings).where(here))
