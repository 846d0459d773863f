"""HTTP of execution events."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.execution import EventType
from app.events import mapping_store, store
from app.events.batch_schemas import BatchEventIn, BatchOut
from app.events.cd_event_schemas import AnyCloudEvent
from app.events.cd_events import Rules, Unmapped
from app.events.problems import BatchRefused, EventNotFound
from app.events.reading import (
    CLOUD_EVENT,
    CLOUD_EVENTS,
    JSON,
    NDJSON,
    Item,
    event_document,
    item_errors,
    mapped_batch,
    mapped_event,
    problem_document,
    read_batch,
    read_event,
)
from app.events.schemas import EventOut, EventPage, ExecutionEventIn, RecordedEvent
from app.events.service import Incoming, Outcome, record
from app.kit.answers import Answer, answer
from app.kit.bulk import as_dict
from app.kit.ids import KEY_PATTERN
from app.kit.limits import MAX_BATCH_BYTES, MAX_EVENT_BYTES
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import filters
from app.kit.problems import Problem
from app.kit.routing import StrictRoute, body, media_type_of
from app.milestones.schemas import PlanPath
from app.plans.lookup import head_of

router = APIRouter(prefix="/v1", tags=["events"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.events_read)]
Writer = Annotated[Caller, needs(Scope.events_write)]


@router.post(
    "/plans/{plan}/events",
    status_code=201,
    response_model=RecordedEvent,
    responses={200: {"model": RecordedEvent, "description": "It was recorded before; this call had no effect."}},
)
@body(JSON, CLOUD_EVENT, max_bytes=MAX_EVENT_BYTES, schemas={JSON: ExecutionEventIn, CLOUD_EVENT: AnyCloudEvent})
async def record_event(plan: PlanPath, caller: Writer) -> Response:
    """Record one execution event. A repeat of (`source`, `id`) with the same content has no second effect.

    A CloudEvent is one of ours, or a CDEvent that an event mapping says the meaning of.
    """
    raw = await caller.request.json()
    incoming = read_event(caller.workspace_id, plan, raw, media_type_of(caller.request))
    if isinstance(incoming, Unmapped):
        incoming = mapped_event(caller.workspace_id, plan, incoming, await _rules(caller))
    if incoming.recorded_at is not None:
        caller.require(Scope.history_write)
    if "idempotency-key" in caller.request.headers:

        async def work(tx: AsyncConnection) -> Answer:
            return _recorded(plan, (await record(tx, [incoming], caller.clock))[0])

        return await caller.write(work)
    outcome: Outcome = await caller.request.app.state.recorder.submit(incoming)
    return _recorded(plan, outcome).response()


async def _rules(caller: Caller) -> Rules:
    async with caller.read() as db:
        return await mapping_store.rules(db, caller.workspace_id)


def _recorded(plan: str, outcome: Outcome) -> Answer:
    if outcome.problem is not None:
        raise outcome.problem
    assert outcome.row is not None
    duplicate = outcome.status == "duplicate"
    content = {**event_document(plan, outcome.row), "duplicate": duplicate}
    return answer(content, 200 if duplicate else 201, location=f"/v1/plans/{plan}/events/{outcome.row['sequence']}")


@router.post("/events/batch", status_code=207, response_model=BatchOut)
@body(
    JSON,
    NDJSON,
    CLOUD_EVENTS,
    max_bytes=MAX_BATCH_BYTES,
    schemas={JSON: list[BatchEventIn], NDJSON: str, CLOUD_EVENTS: list[AnyCloudEvent]},
)
async def record_events(
    caller: Writer,
    atomic: Annotated[bool, Query(description="Record all items or none: any bad item refuses the batch.")] = False,
) -> Response:
    """Record up to 10,000 events of any plans: one result an item, in order.

    An array of events each with its `plan`, the same as NDJSON, or a batch of CloudEvents: ours, and CDEvents that
    an event mapping says the meaning of. One that no mapping matches is rejected as `no-mapping`.
    """
    media_type = media_type_of(caller.request)
    found = await asyncio.to_thread(read_batch, caller.workspace_id, await caller.request.body(), media_type)
    rules = await _rules(caller) if any(isinstance(item, Unmapped) for item in found) else {}
    items = await asyncio.to_thread(mapped_batch, caller.workspace_id, found, rules)
    incoming = [item for item in items if isinstance(item, Incoming)]
    if any(item.recorded_at is not None for item in incoming):
        caller.require(Scope.history_write)

    async def work(tx: AsyncConnection) -> Answer:
        outcomes = iter(await record(tx, incoming, caller.clock))
        results = [next(outcomes) if isinstance(i, Incoming) else Outcome("rejected", problem=i) for i in items]
        if atomic:
            _refuse_any(results)
        return answer(_batch_document(items, results), 207)

    return await caller.write(work)


def _refuse_any(results: Sequence[Outcome]) -> None:
    problems: list[tuple[int, Problem]] = [(i, r.problem) for i, r in enumerate(results) if r.problem is not None]
    if problems:
        raise BatchRefused(errors=item_errors(problems))


def _batch_document(items: Sequence[Item], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    results = []
    counts = {"accepted": 0, "duplicate": 0, "rejected": 0}
    for index, (item, outcome) in enumerate(zip(items, outcomes, strict=True)):
        counts[outcome.status] += 1
        row = outcome.row or {}
        results.append(
            {
                "index": index,
                "status": outcome.status,
                "plan": item.plan if isinstance(item, Incoming) else None,
                "sequence": row.get("sequence"),
                "recorded_at": row.get("recorded_at"),
                "problem": None if outcome.problem is None else problem_document(outcome.problem),
            }
        )
    return {
        "accepted": counts["accepted"],
        "duplicates": counts["duplicate"],
        "rejected": counts["rejected"],
        "results": results,
    }


@router.get("/plans/{plan}/events", response_model=EventPage)
async def list_events(
    plan: PlanPath,
    caller: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    milestone: Annotated[str | None, Query(pattern=KEY_PATTERN, description="Only events of this milestone.")] = None,
    type: Annotated[EventType | None, Query(description="Only events of this type.")] = None,
) -> Response:
    """List the events of a plan in the order they were recorded."""
    chosen = filters(milestone=milestone, type=type and type.value)
    binding = {"list": "events", "plan": plan, **chosen}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        rows = await store.page(db, head, position[0] if position else 0, size + 1, **chosen)
    items = [event_document(plan, as_dict(row)) for row in rows[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["sequence"]]) if len(rows) > size else None
    return answer({"items": items, "next_cursor": more}).response()


SequencePath = Annotated[int, Path(ge=1, le=2**53, description="Its sequence number in the plan.")]


@router.get("/plans/{plan}/events/{sequence}", response_model=EventOut)
async def get_event(plan: PlanPath, sequence: SequencePath, caller: Reader) -> Response:
    """Read an event."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        row = await store.get(db, head, sequence)
    if row is None:
        raise EventNotFound
    return answer(event_document(plan, as_dict(row))).response()
