"""HTTP of deviations."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.deviations import store
from app.deviations.acknowledging import acknowledge
from app.deviations.filters import Filters, FiltersGiven
from app.deviations.problems import DeviationNotFound
from app.deviations.schemas import (
    AcknowledgementIn,
    DeviationOut,
    DeviationPage,
    DeviationSummary,
    TransitionPage,
)
from app.deviations.wire import deviation_document, transition_document
from app.evaluation.waiting import MinSequence, WaitSeconds, evaluated
from app.kit.answers import Answer, answer
from app.kit.bulk import as_dict
from app.kit.ids import KEY_PATTERN
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.problems import FieldError, InvalidRequest
from app.kit.routing import StrictRoute
from app.kit.stamps import Stamp
from app.milestones.schemas import PlanPath
from app.plans import store as plans
from app.plans.problems import PlanNotFound

router = APIRouter(prefix="/v1", tags=["deviations"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.deviations_read)]
Writer = Annotated[Caller, needs(Scope.deviations_write)]
DeviationPath = Annotated[UUID, Path(description="Id of the deviation.")]
PlanKey = Annotated[str | None, Query(pattern=KEY_PATTERN, description="Only those of this plan.")]
OwnerName = Annotated[str | None, Query(min_length=1, max_length=200, description="Only those of this owner.")]


@router.get("/plans/{plan}/deviations", response_model=DeviationPage)
async def list_plan_deviations(
    plan: PlanPath,
    caller: Reader,
    filters: FiltersGiven,
    limit: Limit = 50,
    cursor: Cursor = None,
    min_sequence: MinSequence = None,
    wait_seconds: WaitSeconds = 0,
) -> Response:
    """List the deviations of a plan, newest first; with `min_sequence`, as soon as that event was judged."""
    covered = await evaluated(caller, plan, min_sequence, wait_seconds)
    return await _page(caller, filters, limit, cursor, (plan, covered))


@router.get("/deviations", response_model=DeviationPage)
async def list_deviations(
    caller: Reader,
    filters: FiltersGiven,
    limit: Limit = 50,
    cursor: Cursor = None,
    plan: PlanKey = None,
    min_sequence: MinSequence = None,
    wait_seconds: WaitSeconds = 0,
) -> Response:
    """List deviations, newest first: of all plans, or of one."""
    if plan is None and min_sequence is not None:
        place = FieldError("?min_sequence", "needs_plan", "counts the events of one plan; give plan as well")
        raise InvalidRequest(errors=[place])
    if plan is None:
        return await _page(caller, filters, limit, cursor, (None, None))
    try:
        covered = await evaluated(caller, plan, min_sequence, wait_seconds)
    except PlanNotFound:  # as every list: of what there is not, there are none
        return answer({"items": [], "next_cursor": None, "evaluated_sequence": None}).response()
    return await _page(caller, filters, limit, cursor, (plan, covered))


async def _page(
    caller: Caller, filters: Filters, limit: int, cursor: str | None, of: tuple[str | None, int | None]
) -> Response:
    """A page of the deviations `of` a plan of which events up to a sequence were judged, or of all plans."""
    plan, covered = of
    binding = {"list": "deviations", "plan": plan, **filters.binding}
    position = position_of(caller.cursor_secret, binding, cursor)
    before = (datetime.fromisoformat(position[0]), UUID(position[1])) if position else None
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        chosen = await _of_plan(db, caller, plan, filters.given)
        records = await store.page(db, caller.workspace_id, chosen, before, size + 1)
        keys = await plans.keys_of(db, caller.workspace_id, {record.plan_id for record in records})
    items = [deviation_document(record, keys[record.plan_id]) for record in records[:size]]
    more = None
    if len(records) > size:
        last = records[size - 1]
        more = encode_cursor(caller.cursor_secret, binding, [last.opened_at.isoformat(), str(last.deviation_id)])
    return answer({"items": items, "next_cursor": more, "evaluated_sequence": covered}).response()


async def _of_plan(db: AsyncConnection, caller: Caller, plan: str | None, chosen: dict[str, Any]) -> dict[str, Any]:
    """The filters, and the plan among them; one that there is not has nothing."""
    if plan is None:
        return chosen
    head = await plans.get(db, caller.workspace_id, plan)
    return {**chosen, "plan_id": UUID(int=0) if head is None else head.plan_id}


@router.get("/deviations/summary", response_model=DeviationSummary)
async def get_deviation_summary(
    caller: Reader, limit: Limit = 50, cursor: Cursor = None, plan: PlanKey = None, owner: OwnerName = None
) -> Response:
    """Count the deviations that are not over, by plan and owner; plans in the order they were created in."""
    chosen: dict[str, Any] = {} if owner is None else {"owner": owner}
    binding = {"list": "deviation-summary", "plan": plan, **chosen}
    position = position_of(caller.cursor_secret, binding, cursor)
    after = (UUID(position[0]), position[1]) if position else None
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        chosen = await _of_plan(db, caller, plan, chosen)
        rows = [as_dict(row) for row in await store.summary(db, caller.workspace_id, chosen, after, size + 1)]
        keys = await plans.keys_of(db, caller.workspace_id, {row["plan_id"] for row in rows})
    more = None
    if len(rows) > size:
        more = encode_cursor(caller.cursor_secret, binding, [str(rows[size - 1]["plan_id"]), rows[size - 1]["owner"]])
    items = [{"plan": keys[row.pop("plan_id")], "owner": row.pop("owner") or None, **row} for row in rows[:size]]
    return answer({"items": items, "next_cursor": more}).response()


@router.get("/deviations/{deviation}", response_model=DeviationOut)
async def get_deviation(deviation: DeviationPath, caller: Reader) -> Response:
    """Read a deviation."""
    async with caller.read() as db:
        record = await store.get(db, caller.workspace_id, deviation)
        keys = {} if record is None else await plans.keys_of(db, caller.workspace_id, [record.plan_id])
    if record is None:
        raise DeviationNotFound
    return answer(deviation_document(record, keys[record.plan_id], whole=True)).response()


@router.get("/deviations/{deviation}/transitions", response_model=TransitionPage)
async def list_deviation_transitions(
    deviation: DeviationPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List what happened to a deviation, oldest first: as of when, and when it was recorded."""
    binding = {"list": "deviation-transitions", "deviation": str(deviation)}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        record = await store.get(db, caller.workspace_id, deviation)
        if record is None:
            raise DeviationNotFound
        rows = await store.history(db, record, position[0] if position else 0, size + 1)
    items = [transition_document(as_dict(row)) for row in rows[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["number"]]) if len(rows) > size else None
    return answer({"items": items, "next_cursor": more}).response()


@router.post("/deviations/{deviation}/acknowledgements", status_code=201, response_model=DeviationOut)
async def acknowledge_deviation(
    deviation: DeviationPath, acknowledgement: AcknowledgementIn, caller: Writer
) -> Response:
    """Acknowledge a deviation: it stays, quietly, until it gets worse or `until` passes. Finished work is settled."""
    given = dict(acknowledgement)

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock)
        head, record = await acknowledge(tx, caller.workspace_id, deviation, given, stamp)
        return answer(deviation_document(record, head.key, whole=True), 201, location=f"/v1/deviations/{deviation}")

    return await caller.write(work)
