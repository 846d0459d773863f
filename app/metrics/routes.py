"""HTTP of success metrics and of the scorecard."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.kit.answers import answer
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute
from app.kit.threads import beside_loop
from app.metrics import service
from app.metrics.problems import MetricExists, MetricNotFound
from app.metrics.reading import Bodies, scorecard
from app.metrics.schemas import MetricFields
from app.metrics.scorecard_schemas import ScorecardOut
from app.milestones.schemas import PlanPath
from app.parts.resource import Resource, router_of
from app.parts.service import Kind
from app.variance.asking import Asked, AsOf, BaselineName, ItemLimit, KnownAt, Reader, ask, size
from app.variance.snapshot import Question

_WORK = 20  # a metric is as much work as so many events
METRICS = Kind(service.PART, MetricNotFound, MetricExists)

router = router_of(Resource(METRICS, "metric", "metrics", "Metric", MetricFields))
scorecards = APIRouter(prefix="/v1/plans/{plan}", tags=["metrics"], route_class=StrictRoute)


@scorecards.get("/scorecard", response_model=ScorecardOut)
async def get_scorecard(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """What was measured against what was intended: the success metrics of a plan and their score, at any instant."""
    question = Question(as_of, known_at, baseline)
    asked = await ask(caller, plan, question, {"list": "scorecard"}, cursor)
    async with caller.read() as db:
        bodies = await service.bodies_of(db, asked.snapshot)
    amount = size(asked.snapshot) + _WORK * len(bodies[0])
    content, last = await beside_loop(amount, _page, asked, bodies, min(limit, MAX_ITEMS_LIMIT))
    return answer({**asked.header, **content, "next_cursor": asked.next_cursor(last)}).response()


def _page(asked: Asked, bodies: tuple[Bodies, Bodies], limit: int) -> tuple[dict[str, Any], str | None]:
    """One page of a scorecard, and the key of its last item if more follow."""
    card = scorecard(asked.snapshot, *bodies, asked.as_of)
    keys = [key for key in card.readings if asked.after is None or key > asked.after]
    shown = keys[:limit]
    items = [service.item_document(card.readings[key], card.baseline) for key in shown]
    last = shown[-1] if shown and len(keys) > limit else None
    return {"summary": service.summary_document(card), "items": items}, last
