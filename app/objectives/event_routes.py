"""HTTP of what is measured of objectives."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.events.problems import EventNotFound
from app.kit.answers import Answer, answer
from app.kit.limits import MAX_EVENT_BYTES
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import filters
from app.kit.routing import JSON, StrictRoute, body
from app.objectives import event_store, service
from app.objectives.event_schemas import (
    ObjectiveEventIn,
    ObjectiveEventOut,
    ObjectiveEventPage,
    ObjectiveEventType,
    RecordedObjectiveEvent,
)
from app.objectives.recording import Incoming, record
from app.objectives.schemas import ObjectivePath

router = APIRouter(prefix="/v1/objectives/{objective}/events", tags=["objectives"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.events_read)]
Writer = Annotated[Caller, needs(Scope.events_write)]


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: row[name] for name in ("objective", "sequence", "source", "type", "recorded_at", "actor", "data")}
    return {**shown, "id": row["event_id"], "occurred_at": row["occurred_on"] or row["occurred_at"]}


@router.post(
    "",
    status_code=201,
    response_model=RecordedObjectiveEvent,
    responses={
        200: {"model": RecordedObjectiveEvent, "description": "It was recorded before; this call had no effect."}
    },
)
@body(*JSON, max_bytes=MAX_EVENT_BYTES)
async def record_objective_event(objective: ObjectivePath, event: ObjectiveEventIn, caller: Writer) -> Response:
    """Record what was measured of an objective. A repeat of (`source`, `id`) with the same content has no effect."""
    if event.recorded_at is not None:
        caller.require(Scope.history_write)
    data = event.data.model_dump(mode="json", exclude_unset=True)
    happened = (event.occurred_at, event.actor, data, event.recorded_at)
    incoming = Incoming(event.source, event.id, event.type, *happened)

    async def work(tx: AsyncConnection) -> Answer:
        row, duplicate = await record(tx, caller.workspace_id, objective, incoming, caller.clock)
        told = {**_document(row), "duplicate": duplicate}
        if duplicate:
            return answer(told)
        return answer(told, 201, location=f"/v1/objectives/{objective}/events/{row['sequence']}")

    return await caller.write(work)


@router.get("", response_model=ObjectiveEventPage)
async def list_objective_events(
    objective: ObjectivePath,
    caller: Reader,
    type: Annotated[  # noqa: A002 - the name of the parameter
        ObjectiveEventType | None, Query(description="Only events of this type.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the events of an objective in the order they were recorded."""
    chosen = filters(type=type)
    binding = {"list": "objective_events", "objective": objective, **chosen}
    position = position_of(caller.cursor_secret, binding, cursor)
    after, size = position[0] if position else 0, min(limit, MAX_LIMIT)
    async with caller.read() as db:
        await service.get(db, caller.workspace_id, objective)
        rows = await event_store.page(db, caller.workspace_id, objective, after, size + 1, **chosen)
    more = None
    if len(rows) > size:
        more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1]["sequence"]])
    return answer({"items": [_document(row) for row in rows[:size]], "next_cursor": more}).response()


@router.get("/{sequence}", response_model=ObjectiveEventOut)
async def get_objective_event(
    objective: ObjectivePath,
    sequence: Annotated[int, Path(ge=1, le=2**62, description="Its place in the objective's history.")],
    caller: Reader,
) -> Response:
    """Read one event of an objective."""
    async with caller.read() as db:
        await service.get(db, caller.workspace_id, objective)
        rows = await event_store.page(db, caller.workspace_id, objective, sequence - 1, 1)
    if not rows or rows[0]["sequence"] != sequence:
        raise EventNotFound
    return answer(_document(rows[0])).response()
