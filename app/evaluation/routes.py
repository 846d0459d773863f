"""HTTP of evaluations."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.calendars.compiled import zone_of
from app.evaluation import store
from app.evaluation.preview import period_of, replay
from app.evaluation.schemas import EvaluationOut, EvaluationPage, LoggedOut, TolerancePreviewIn, TolerancePreviewOut
from app.evaluation.waiting import MinSequence, WaitSeconds, evaluated
from app.kit.answers import answer
from app.kit.bulk import as_dict
from app.kit.db import Database
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.problems import FieldError, InvalidRequest
from app.kit.routing import StrictRoute
from app.milestones.schemas import PlanPath
from app.plans import due
from app.plans import store as plans
from app.plans.lookup import head_of
from app.tolerances.service import require_fit, tried
from app.variance.snapshot import end_of

router = APIRouter(prefix="/v1", route_class=StrictRoute)

_SHOWN = 1_000
Viewer = Annotated[Caller, needs(Scope.tolerances_read, Scope.variance_read)]
Reader = Annotated[Caller, needs(Scope.deviations_read)]


@router.get("/plans/{plan}/evaluation", tags=["evaluation"], response_model=EvaluationOut)
async def get_evaluation(
    plan: PlanPath, caller: Reader, min_sequence: MinSequence = None, wait_seconds: WaitSeconds = 0
) -> Response:
    """Get how far the evaluation of a plan has come, waited for if asked.

    Recording events and edits makes a plan due at once; otherwise it is evaluated at the next instant at which a
    finding could change. Nobody need ask for it.
    """
    await evaluated(caller, plan, min_sequence, wait_seconds)
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        newest = await store.newest(db, head)
        failures, error = await due.evaluation_health(db, head)
    told = {
        "plan": head.key,
        "status": head.status,
        "last_sequence": head.last_sequence,
        "evaluated_sequence": 0 if newest is None else newest.sequence,
        "check_due_at": head.check_due_at,
        "failures": failures,
        "last_error": error,
        "newest": None if newest is None else _logged(newest),
    }
    return answer(told).response()


@router.get("/plans/{plan}/evaluations", tags=["evaluation"], response_model=EvaluationPage)
async def list_evaluations(plan: PlanPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the evaluations of a plan, newest first.

    Each says what it knew of: asked with its `as_of` and `known_at`, variance and schedule are what it judged.
    """
    binding = {"list": "evaluations", "plan": plan}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        rows = await store.page(db, head, position[0] if position else None, size + 1)
    more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1].number]) if len(rows) > size else None
    return answer({"items": [_logged(row) for row in rows[:size]], "next_cursor": more}).response()


@router.post("/tolerances/preview", tags=["tolerances"], response_model=TolerancePreviewOut)
async def preview_tolerance(wanted: TolerancePreviewIn, caller: Viewer) -> Response:
    """Replay a tolerance over a plan's history: which deviations it would have opened, and when.

    The plan is evaluated as if the tolerance had been there: after each fact with what was known by then, and
    between two facts whenever time alone would have changed a finding. Nothing is stored. Times in which the plan was
    on hold or completed are replayed as if it had been active: what its status was then is not kept. The tolerance
    must fit the plan as it is now: the milestones and the baseline that it names must be there.
    """
    database: Database = caller.request.app.state.database
    definition = wanted.tolerance.model_dump(mode="json")
    tolerance = tried(wanted.tolerance.key or "preview", {**definition, "plan": None}, "/tolerance")
    async with caller.read() as db:
        head = await plans.get(db, caller.workspace_id, wanted.plan)
        if head is None:
            raise InvalidRequest(errors=[FieldError("/plan", "unknown_plan", "is no plan in your workspace")])
        await require_fit(db, head, tolerance, pointer="/tolerance")
        zone = zone_of((await plans.fields_at(db, head, head.revision)).time_zone)
    until = caller.now if wanted.to is None else min(end_of(wanted.to, zone), caller.now)
    first = None if wanted.from_ is None else end_of(wanted.from_, zone)
    if first is not None and first > until:
        raise InvalidRequest(errors=[FieldError("/from", "empty_period", "lies after to, or in the future")])
    period = await period_of(database, head, first, until)
    found = await replay(database, head, tolerance, period)
    told = {
        "plan": head.key,
        "evaluations": found.evaluations,
        "is_sampled": period.is_sampled,
        "opened": len(found.found),
        "still_open": len(found.open),
        "deviations": found.found[:_SHOWN],
    }
    return answer(told).response()


def _logged(row: Any) -> dict[str, Any]:
    told = as_dict(row)
    return {name: told[name] for name in LoggedOut.model_fields}
