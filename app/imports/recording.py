"""What a file says has happened, recorded as events of the plan's own source."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.compiled import zone_of
from app.domain.plan import PlanContent
from app.events import store
from app.events.service import Incoming, Outcome, record
from app.imports.places import placed
from app.imports.prepared import Prepared
from app.imports.problems import ImportRefused
from app.imports.progress import NewEvent, News, news
from app.kit.clock import Clock
from app.kit.db import Conflict
from app.kit.problems import FieldError
from app.kit.threads import beside_loop
from app.plans.store import Head
from app.variance.snapshot import end_of, to_event

_AT_ONCE = 500  # the event loop is free between two groups


def source_of(plan: str) -> str:
    """The source of all events that files of a plan bring."""
    return f"import/{plan}"


async def record_progress(
    tx: AsyncConnection, head: Head, file: Prepared, content: PlanContent, clock: Clock
) -> News:
    """Record what is new in a file; its milestones are in the plan, which is locked.

    Args:
        tx: the transaction.
        head: the plan's row.
        file: the file, its statements under the plan's own keys.
        content: what the file says the plan is.
        clock: the clock.

    Raises:
        ImportRefused: naming the places of what cannot be recorded.
        Conflict: somebody took an id of ours.
    """
    source = source_of(head.key)
    rows = await store.of_source(tx, head.workspace_id, source)
    found = await beside_loop(len(rows) + len(file.statements), _news, source, file, content, rows, head.plan_id)
    told = [*found.retractions, *found.events]
    for start in range(0, len(told), _AT_ONCE):
        group = told[start : start + _AT_ONCE]
        outcomes = await record(tx, [_incoming(head, source, each) for each in group], clock)
        _refuse(file, group, outcomes)
    return found


def _news(source: str, file: Prepared, content: PlanContent, rows: Sequence[Sequence[Any]], plan_id: UUID) -> News:
    zone = zone_of(content.fields.time_zone)
    earlier = [to_event(row[1:], zone) for row in rows if row[0] == plan_id]
    status_date = content.fields.status_date
    until = None if status_date is None else end_of(status_date, zone)
    return news(source, file.statements, earlier, content.milestones.keys(), {row[2] for row in rows}, until)


def _incoming(head: Head, source: str, event: NewEvent) -> Incoming:
    about = (event.type, event.milestone, event.occurred_at, None, event.data)
    return Incoming(head.workspace_id, head.key, source, event.id, *about)


def _refuse(file: Prepared, group: Sequence[NewEvent], outcomes: Sequence[Outcome]) -> None:
    errors: list[FieldError] = []
    for event, outcome in zip(group, outcomes, strict=True):
        if outcome.status == "accepted":
            continue
        if outcome.problem is None or not outcome.problem.errors:
            raise Conflict  # the id was free a moment ago
        pointer = "" if event.statement is None else f"/statements/{event.statement}"
        errors += placed(file.parsed, outcome.problem.errors, pointer)
    if errors:
        raise ImportRefused(errors=errors)
