"""HTTP of assignments, and of who holds them."""

from fastapi import APIRouter
from starlette.responses import Response

from app.assignments import service
from app.assignments.delegation_schemas import DelegationsOut
from app.assignments.problems import AssignmentExists, AssignmentNotFound
from app.assignments.schemas import AssignmentFields
from app.domain.assignments import PART
from app.kit.answers import answer
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.parts.resource import Resource, router_of
from app.parts.service import Kind
from app.variance.asking import AsOf, ItemLimit, KnownAt, Reader, ask, size
from app.variance.snapshot import Question

ASSIGNMENTS = Kind(PART, AssignmentNotFound, AssignmentExists)

router = router_of(Resource(ASSIGNMENTS, "assignment", "assignments", "Assignment", AssignmentFields))
delegations = APIRouter(prefix="/v1/plans/{plan}", tags=["assignments"], route_class=StrictRoute)


@delegations.get("/delegations", response_model=DelegationsOut)
async def list_delegations(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Who holds each assignment, and by which hand-overs: who asked whom, and what the answer was."""
    asked = await ask(caller, plan, Question(as_of, known_at), {"list": "delegations"}, cursor)
    async with caller.read() as db:
        bodies = await service.bodies_of(db, asked.snapshot)
    found = await beside_loop(size(asked.snapshot), service.delegations, asked.snapshot, bodies, asked.as_of)
    most = min(limit, MAX_ITEMS_LIMIT)
    later = [item for item in found if asked.after is None or item["assignment"] > asked.after]
    last = later[most - 1]["assignment"] if 0 < most < len(later) else None
    content = {"summary": service.summary(found), "items": later[:most]}
    return answer({**asked.header, **content, "next_cursor": asked.next_cursor(last)}).response()
