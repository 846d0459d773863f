"""HTTP of outcomes: read, seal by closing the plan, read what was sealed."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.kit.answers import Answer, answer
from app.kit.bulk import as_dict
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.problems import ServiceUnavailable
from app.kit.routing import StrictRoute
from app.kit.stamps import Stamp
from app.milestones.schemas import PlanPath
from app.outcome import service, store
from app.outcome.problems import OutcomeNotFound
from app.outcome.schemas import CloseIn, OutcomeOut, OutcomePage, SealedOutcomeOut
from app.plans.lookup import head_of, locked
from app.variance.asking import AsOf, KnownAt, Reader
from app.variance.snapshot import Question

router = APIRouter(prefix="/v1/plans/{plan}", tags=["outcome"], route_class=StrictRoute)

Writer = Annotated[Caller, needs(Scope.plans_write)]
VersionPath = Annotated[int, Path(ge=1, le=2_147_483_646, description="Number of the version.")]
_ATTEMPTS = 5


@router.get("/outcome", response_model=OutcomeOut)
async def get_outcome(plan: PlanPath, caller: Reader, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """What became of the plan: delivery, budget and metrics against the original and the current baseline.

    With how the target moved, why it went as it did, how good forecasts and estimates were, and what was learned.
    """
    async with caller.read() as db:
        found = await service.answered(db, caller.workspace_id, plan, Question(as_of, known_at), caller.now)
    return answer(found).response()


@router.post("/close", status_code=201, response_model=SealedOutcomeOut)
async def close_plan(plan: PlanPath, close: CloseIn, caller: Writer) -> Response:
    """Close the plan as completed or cancelled, and seal its outcome as a version that never changes.

    Metrics whose time is not over are told as pending: benefits lag delivery. What is recorded of the plan later
    seals the next version by itself.
    """
    stamp = Stamp(caller.name, caller.clock, close.reason)
    lessons = [lesson.model_dump(mode="json") for lesson in close.lessons]
    closing = service.Closing(close.status, lessons, close.as_of)
    for _ in range(_ATTEMPTS):
        async with caller.read() as db:
            computed = await service.before_closing(db, caller.workspace_id, plan, closing, caller.now)

        async def work(tx: AsyncConnection, computed: service.Computed = computed) -> Answer:
            head = await locked(tx, caller.workspace_id, plan)
            body = await service.close(tx, head, computed, closing, stamp)
            return Answer(201, body, {"Location": f"/v1/plans/{plan}/outcomes/{head.outcome_count + 1}"})

        try:
            return await caller.write(work)
        except service.Moved:
            continue
    raise ServiceUnavailable("Other writers were in the way.", retry_after_seconds=1)


@router.get("/outcomes", response_model=OutcomePage)
async def list_outcomes(plan: PlanPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the versions of the outcome that were sealed, newest first."""
    binding = {"list": "outcomes", "plan": plan}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        rows = await store.page(db, head, position[0] if position else None, size + 1)
    items = [as_dict(row) for row in rows[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["version"]]) if len(rows) > size else None
    return answer({"items": items, "next_cursor": more}).response()


@router.get("/outcomes/{version}", response_model=SealedOutcomeOut)
async def get_sealed_outcome(plan: PlanPath, version: VersionPath, caller: Reader) -> Response:
    """Read a version of the outcome, byte by byte as it was sealed."""
    async with caller.read() as db:
        body = await store.body(db, await head_of(db, caller.workspace_id, plan), version)
    if body is None:
        raise OutcomeNotFound
    return Answer(200, body).response()
