"""HTTP of assumptions and of the evidence of a plan."""

from fastapi import APIRouter
from starlette.responses import Response

from app.assumptions import service
from app.assumptions.evidence_schemas import PlanEvidenceOut
from app.assumptions.items import PART
from app.assumptions.problems import AssumptionExists, AssumptionNotFound
from app.assumptions.schemas import AssumptionFields
from app.kit.answers import answer
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.parts.resource import Resource, router_of
from app.parts.service import Kind
from app.variance.asking import AsOf, BaselineName, ItemLimit, KnownAt, Reader, ask, size
from app.variance.snapshot import Question

ASSUMPTIONS = Kind(PART, AssumptionNotFound, AssumptionExists)

router = router_of(Resource(ASSUMPTIONS, "assumption", "assumptions", "Assumption", AssumptionFields))
evidence = APIRouter(prefix="/v1/plans/{plan}", tags=["assumptions"], route_class=StrictRoute)


@evidence.get("/evidence", response_model=PlanEvidenceOut)
async def get_evidence(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """What the plan takes for granted, where it has that from, and what of it does not hold, at any instant."""
    asked = await ask(caller, plan, Question(as_of, known_at, baseline), {"list": "evidence"}, cursor)
    async with caller.read() as db:
        bodies = await service.bodies_of(db, asked.snapshot)
    found = await beside_loop(size(asked.snapshot), service.evidence, asked.snapshot, bodies, asked.as_of)
    most = min(limit, MAX_ITEMS_LIMIT)
    later = [item for item in found if asked.after is None or item["assumption"] > asked.after]
    last = later[most - 1]["assumption"] if 0 < most < len(later) else None
    content = {"summary": service.summary(found), "items": later[:most]}
    return answer({**asked.header, **content, "next_cursor": asked.next_cursor(last)}).response()
