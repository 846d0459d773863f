"""What was recorded never changes, so a process need not read it twice: a bounded memory of events."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.execution import ExecutionEvent
from app.events import store
from app.kit.memory import Memory
from app.plans.store import Head

_EVENTS_KEPT = 50_000

# By plan and time zone, which tells when a day begins: its events from the first one on, in order, without a gap.
_events: Memory[tuple[UUID, str], list[ExecutionEvent]] = Memory(_EVENTS_KEPT)


async def happened(
    db: AsyncConnection,
    head: Head,
    last_sequence: int,
    time_zone: str,
    read: Callable[[Sequence[Any]], ExecutionEvent],
) -> Sequence[ExecutionEvent]:
    """A plan's events up to a sequence number, as they were recorded; shared, so nobody may change it.

    `read` makes an event, in that zone, of the columns `HAPPENING`. Not for use within a transaction: what
    is not committed yet may never be.
    """
    name = (head.plan_id, time_zone)
    known = _events.get(name) or []
    if len(known) < last_sequence:
        known = [*known, *await store.happenings(db, head, (len(known), last_sequence), read)]
        if len(known) == last_sequence:
            _events.put(name, known)
    return known if len(known) == last_sequence else known[:last_sequence]
