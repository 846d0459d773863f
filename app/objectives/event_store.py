"""The SQL of what was measured of objectives."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import any_of, as_dict, insert_new
from app.objectives.tables import objective_events

_e = objective_events.c
_SHOWN = [column for column in _e if column.name != "workspace_id"]
_HAPPENING = [_e[name] for name in ("source", "event_id", "type", "occurred_at", "occurred_on", "data")]


async def by_identity(db: AsyncConnection, workspace_id: int, source: str, event_id: str) -> Mapping[str, Any] | None:
    """The event that was recorded under this name, of any objective of the workspace."""
    here = (_e.workspace_id == workspace_id) & (_e.source == source) & (_e.event_id == event_id)
    row = (await db.execute(select(*_SHOWN).where(here))).one_or_none()
    return None if row is None else as_dict(row)


async def add(tx: AsyncConnection, workspace_id: int, row: Mapping[str, Any]) -> bool:
    """Add an event; False if its name is taken."""
    added = {**row, "workspace_id": workspace_id}
    return bool(await insert_new(tx, objective_events, [added], ["workspace_id", "source", "event_id"]))


async def page(
    db: AsyncConnection, workspace_id: int, objective: str, after: int, limit: int, **filters: str
) -> Sequence[Mapping[str, Any]]:
    """Events of an objective in the order they were recorded."""
    statement = select(*_SHOWN).where(_e.workspace_id == workspace_id, _e.objective == objective)
    statement = statement.where(_e.sequence > after, *(_e[name] == value for name, value in filters.items()))
    return [as_dict(row) for row in (await db.execute(statement.order_by(_e.sequence).limit(limit))).all()]


class Happened(NamedTuple):
    """An event of an objective, its columns as the fold of events reads them."""

    objective: str
    sequence: int
    recorded_at: datetime
    columns: tuple[Any, ...]


async def happened(
    db: AsyncConnection, workspace_id: int, objectives: Collection[str], known_at: datetime
) -> list[Happened]:
    """What was recorded of these objectives by an instant, by objective and in order."""
    here = (_e.workspace_id == workspace_id) & any_of(db, _e.objective, objectives) & (_e.recorded_at <= known_at)
    statement = select(_e.objective, _e.sequence, _e.recorded_at, *_HAPPENING).where(here)
    rows = (await db.execute(statement.order_by(_e.objective, _e.sequence))).all()
    # An event of a plan names a milestone after its type.
    return [Happened(row[0], row[1], row[2], (*row[3:6], None, *row[6:])) for row in rows]
