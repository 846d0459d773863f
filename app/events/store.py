"""The SQL of execution events."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.tables import events
from app.kit.bulk import delete_some, insert_new, probe
from app.kit.threads import read_all
from app.plans.store import Head

T = TypeVar("T")

COLUMNS = [c for c in events.c if c.name not in {"workspace_id", "plan_id"}]

HAPPENING = [
    events.c[name]
    for name in ("source", "event_id", "type", "milestone", "occurred_at", "occurred_on", "data", "actor")
]


def _of(head: Head) -> tuple[Any, Any]:
    return events.c.workspace_id == head.workspace_id, events.c.plan_id == head.plan_id


async def by_identity(
    db: AsyncConnection, workspace_id: int, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Row[Any]]:
    """The events recorded under these (source, id) names, in any plan of the workspace."""
    here = events.c.workspace_id == workspace_id
    statement = probe(db, list(events.c), here, (events.c.source, events.c.event_id), set(names))
    return {(row.source, row.event_id): row for row in (await db.execute(statement)).all()}


async def add(tx: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add events in the order of their names; answers how many were new (fewer: another plan got a name first)."""
    ordered = sorted(rows, key=lambda row: (row["workspace_id"], row["source"], row["event_id"]))
    return await insert_new(tx, events, ordered, ["workspace_id", "source", "event_id"])


async def page(db: AsyncConnection, head: Head, after: int, limit: int, **filters: str) -> Sequence[Row[Any]]:
    """Events of a plan in the order they were recorded."""
    statement = select(*COLUMNS).where(*_of(head), events.c.sequence > after)
    for name, value in filters.items():
        statement = statement.where(events.c[name] == value)
    return (await db.execute(statement.order_by(events.c.sequence).limit(limit))).all()


async def get(db: AsyncConnection, head: Head, sequence: int) -> Row[Any] | None:
    """One event."""
    statement = select(*COLUMNS).where(*_of(head), events.c.sequence == sequence)
    return (await db.execute(statement)).one_or_none()


async def newest_at(db: AsyncConnection, head: Head, known_at: datetime) -> tuple[int, datetime | None]:
    """The sequence of the newest event recorded by an instant, and when it was; (0, None) if there is none."""
    statement = select(events.c.sequence, events.c.recorded_at).where(*_of(head), events.c.recorded_at <= known_at)
    row = (await db.execute(statement.order_by(events.c.sequence.desc()).limit(1))).one_or_none()
    return (0, None) if row is None else (row.sequence, row.recorded_at)


async def happenings(
    db: AsyncConnection, head: Head, between: tuple[int, int], read: Callable[[Sequence[Any]], T]
) -> list[T]:
    """A plan's events after one sequence number, up to another, as `read` makes them of the columns `HAPPENING`."""
    after, last = between
    statement = select(*HAPPENING).where(*_of(head), events.c.sequence > after, events.c.sequence <= last)
    return await read_all(await db.execute(statement.order_by(events.c.sequence)), read)


async def of_types(db: AsyncConnection, head: Head, types: Iterable[str]) -> Sequence[Row[Any]]:
    """A plan's events of these types as the columns `HAPPENING`, in the order they were recorded."""
    statement = select(*HAPPENING).where(*_of(head), events.c.type.in_(sorted(types)))
    return (await db.execute(statement.order_by(events.c.sequence))).all()


async def of_source(db: AsyncConnection, workspace_id: int, source: str) -> Sequence[Row[Any]]:
    """All events of one source in the workspace: their plan's id, then the columns `HAPPENING`, in any order."""
    here = (events.c.workspace_id == workspace_id) & (events.c.source == source)
    return (await db.execute(select(events.c.plan_id, *HAPPENING).where(here))).all()


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` events of a plan whose purge began; answers how many went."""
    return await delete_some(tx, events, limit, workspace_id=workspace_id, plan_id=plan_id)


async def recorded_instants(db: AsyncConnection, head: Head, until: datetime) -> set[datetime]:
    """When the events up to an instant were recorded."""
    here = (events.c.workspace_id == head.workspace_id) & (events.c.plan_id == head.plan_id)
    return set((await db.scalars(select(events.c.recorded_at).where(here, events.c.recorded_at <= until))).all())
