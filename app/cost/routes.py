"""HTTP of cost and performance."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.cost import service
from app.cost.schemas import CostOut
from app.domain.assignments import PART
from app.domain.cost_lines import CostBy
from app.domain.cost_periods import Period
from app.kit.answers import answer
from app.kit.ids import KEY_PATTERN
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.parts.store import parts_at
from app.variance.asking import AsOf, BaselineName, ItemLimit, KnownAt, Reader, ask, size
from app.variance.snapshot import Question

router = APIRouter(prefix="/v1/plans/{plan}", tags=["cost"], route_class=StrictRoute)


@router.get("/cost", response_model=CostOut)
async def get_cost(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
    by: Annotated[CostBy, Query(description="What the lines are.")] = CostBy.milestone,
    period: Annotated[
        Period, Query(description="Of the curves, and of the lines by period; weeks begin on Monday.")
    ] = Period.month,
    phase: Annotated[
        str | None,
        Query(pattern=KEY_PATTERN, description="Only what lies in this phase, at any depth; default: the plan."),
    ] = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """What was planned, earned and spent, line by line; cost and schedule performance, and the S-curves."""
    question = Question(as_of, known_at, baseline)
    binding = {"list": "cost", "by": by, "period": period, "phase": phase}
    asked = await ask(caller, plan, question, binding, cursor)
    view = service.View(phase, by, period, min(limit, MAX_ITEMS_LIMIT), asked.after)
    async with caller.read() as db:
        found = await parts_at(db, asked.snapshot.head, asked.snapshot.revision, PART)
    bodies = found.get(PART, {})
    content = await beside_loop(size(asked.snapshot), service.document, asked.snapshot, asked.as_of, view, bodies)
    last = content.pop("last")
    return answer({**asked.header, **content, "next_cursor": asked.next_cursor(last)}).response()
