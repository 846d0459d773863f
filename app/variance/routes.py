"""HTTP of variance and trend."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.domain.variance import ScheduleStatus
from app.kit.answers import answer
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute
from app.kit.schemas import DayOrInstant
from app.kit.threads import beside_loop
from app.milestones.problems import MilestoneNotFound
from app.milestones.schemas import MilestonePath, PlanPath
from app.variance import service
from app.variance.asking import AsOf, BaselineName, ItemLimit, KnownAt, Reader, ask, size, snapshot_of
from app.variance.schemas import OneVarianceOut, PlanVarianceOut, TrendOut
from app.variance.snapshot import Question, Snapshot

router = APIRouter(prefix="/v1/plans/{plan}", tags=["variance"], route_class=StrictRoute)


@router.get("/variance", response_model=PlanVarianceOut)
async def get_variance(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
    schedule_status: Annotated[ScheduleStatus | None, Query(description="Only items of this status.")] = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """How far execution has drifted from a baseline: the plan and each milestone, as of any instant."""
    question = Question(as_of, known_at, baseline)
    asked = await ask(caller, plan, question, {"list": "variance", "status": schedule_status}, cursor)
    page = _Page(min(limit, MAX_ITEMS_LIMIT), asked.after, schedule_status)
    content = await beside_loop(size(asked.snapshot), _variance_document, asked.snapshot, asked.as_of, page)
    last = content.pop("last")
    return answer({**asked.header, **content, "next_cursor": asked.next_cursor(last)}).response()


class _Page:
    """Which items a page shows."""

    def __init__(self, size: int, after: str | None, status: ScheduleStatus | None) -> None:
        self.size, self.after, self.status = size, after, status


def _variance_document(snapshot: Snapshot, as_of: datetime, page: _Page) -> dict[str, Any]:
    measured = service.measure(snapshot, as_of).variance
    chosen = [
        item
        for item in measured.items
        if (page.status is None or item.schedule_status is page.status)
        and (page.after is None or item.milestone > page.after)
    ]
    shown = chosen[: page.size]
    return {
        "summary": service.summary_document(measured.summary),
        "items": [service.item_document(item) for item in shown],
        "last": shown[-1].milestone if shown and len(chosen) > page.size else None,
    }


@router.get("/variance/{milestone}", response_model=OneVarianceOut)
async def get_milestone_variance(
    plan: PlanPath,
    milestone: MilestonePath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
) -> Response:
    """How far execution of one milestone has drifted from a baseline."""
    snapshot = await snapshot_of(caller, plan, Question(as_of, known_at, baseline))
    at, source = snapshot.as_of(as_of, caller.now)
    measured = await beside_loop(size(snapshot), service.measure, snapshot, at)
    item = next((item for item in measured.variance.items if item.milestone == milestone), None)
    if item is None:
        raise MilestoneNotFound
    return answer({**service.header(snapshot, at, source), "item": service.item_document(item)}).response()


@router.get("/trend", response_model=TrendOut)
async def get_trend(
    plan: PlanPath,
    caller: Reader,
    from_: Annotated[DayOrInstant, Query(alias="from", description="First status date.")],
    to: Annotated[DayOrInstant | None, Query(description="Last status date; default: now.")] = None,
    step_days: Annotated[int, Query(ge=1, le=366, description="Days between two steps.")] = 7,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
) -> Response:
    """The plan's summary at each step of a period, all as known at one instant."""
    snapshot = await snapshot_of(caller, plan, Question(None, known_at, baseline))
    last = to if to is not None else snapshot.asked_known_at or caller.now
    instants = service.trend_instants(snapshot, from_, last, step_days)
    steps = await beside_loop(size(snapshot) * len(instants), service.trend, snapshot, instants)
    head = service.header(snapshot, instants[-1], "asked")
    shown = {name: head[name] for name in ("plan", "known_at", "revision", "baseline")}
    return answer({**shown, "items": steps}).response()
