"""HTTP of what objectives come to: their roll-up, and the scorecard of their own metrics."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.metric_scores import graded, score
from app.kit.answers import answer
from app.kit.routing import StrictRoute
from app.kit.schemas import DayOrInstant
from app.kit.threads import beside_loop
from app.metrics.service import reading_document, score_document
from app.objectives import rollup, view
from app.objectives.asking import ask
from app.objectives.rollup_documents import result_document
from app.objectives.rollup_schemas import ObjectiveScorecardOut, RollupOut
from app.objectives.schemas import ObjectivePath
from app.objectives.view import View

router = APIRouter(prefix="/v1/objectives/{objective}", tags=["objectives"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.objectives_read, Scope.variance_read)]
AsOf = Annotated[
    DayOrInstant | None,
    Query(
        description="Status date of every plan and metric; a bare day means its end in the objective's zone. "
        "Default: known_at, else now."
    ),
]
KnownAt = Annotated[
    DayOrInstant | None,
    Query(description="What was known by then counts: objectives, plans and events. Default: everything."),
]


@router.get("/rollup", response_model=RollupOut)
async def get_objective_rollup(
    objective: ObjectivePath, caller: Reader, as_of: AsOf = None, known_at: KnownAt = None
) -> Response:
    """Roll up progress, schedule status and metric score of all that contributes to an objective, by its rule."""
    asked = await ask(caller, objective, as_of, known_at)
    found = await beside_loop(asked.view.size, rollup.rolled_up, asked.view, asked.plans, asked.as_of)
    content = {
        **_header(asked.view, asked.as_of, asked.as_of_source, rollup.known_at(asked.view, asked.plans)),
        "rollup": asked.view.root["rollup"],
        "inputs_digest": rollup.digest(asked.view, asked.plans, asked.as_of),
        **result_document(found),
    }
    return answer(content).response()


@router.get("/scorecard", response_model=ObjectiveScorecardOut)
async def get_objective_scorecard(
    objective: ObjectivePath, caller: Reader, as_of: AsOf = None, known_at: KnownAt = None
) -> Response:
    """What was intended against what was measured: an objective's own success metrics and their score."""
    async with caller.read() as db:
        seen = await view.take(db, caller.workspace_id, objective, known_at, caller.now)
    at, source = seen.as_of(as_of)
    readings = await beside_loop(seen.size, rollup.metric_readings, seen, objective, at)
    content = {
        **_header(seen, at, source, seen.newest),
        "summary": score_document(score(map(graded, readings))),
        "items": [reading_document(each) for each in readings],
    }
    return answer(content).response()


def _header(seen: View, as_of: datetime, source: str, known_at: datetime) -> dict[str, Any]:
    """What every answer says of its question."""
    return {
        "objective": seen.key,
        "version": seen.root["version"],
        "as_of": as_of,
        "as_of_source": source,
        "known_at": known_at,
    }
