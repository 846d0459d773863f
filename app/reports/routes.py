"""HTTP of status reports."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.kit.answers import Answer, answer
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.routing import StrictRoute
from app.kit.stamps import Stamp
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.plans.lookup import head_of
from app.reports import service, store
from app.reports.schemas import StatusReportIn, StatusReportOut, StatusReportPage
from app.variance.asking import size

router = APIRouter(prefix="/v1/plans/{plan}/status-reports", tags=["status-reports"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.variance_read)]
Writer = Annotated[Caller, needs(Scope.plans_write)]
NumberPath = Annotated[int, Path(ge=1, le=2_147_483_646, description="Number of the report.")]


@router.get("", response_model=StatusReportPage)
async def list_status_reports(plan: PlanPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the status reports of a plan, newest first."""
    binding = {"list": "status-reports", "plan": plan}
    position = position_of(caller.cursor_secret, binding, cursor)
    most = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        rows = await store.page(db, head, position[0] if position else None, most + 1)
        items = await service.shown(db, head, rows[:most])
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["number"]]) if len(rows) > most else None
    return answer({"items": items, "next_cursor": more}).response()


@router.post("", status_code=201, response_model=StatusReportOut)
async def create_status_report(plan: PlanPath, report: StatusReportIn, caller: Writer) -> Response:
    """Say how the plan does, in a person's own judgement; what is computed of it now is kept beside it."""
    async with caller.read() as db:
        snapshot, levels = await service.taken(db, caller.workspace_id, plan, caller.now)
    as_of, _ = snapshot.as_of(None, caller.now)
    summary = await beside_loop(size(snapshot), service.summarised, snapshot, as_of)
    beside = service.computed(snapshot, as_of, summary, levels), summary
    stamp = Stamp(caller.name, caller.clock)

    async def work(tx: AsyncConnection) -> Answer:
        made = await service.report(tx, caller.workspace_id, plan, report, beside, stamp)
        return answer(made, 201, location=f"/v1/plans/{plan}/status-reports/{made['number']}")

    return await caller.write(work)


@router.get("/{report}", response_model=StatusReportOut)
async def get_status_report(plan: PlanPath, report: NumberPath, caller: Reader) -> Response:
    """Read a status report as it was given, and what took its place if anything did."""
    async with caller.read() as db:
        found = await service.get(db, await head_of(db, caller.workspace_id, plan), report)
    return answer(found).response()
