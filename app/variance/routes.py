"""HTTP of variance and trend."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.variance import ScheduleStatus
from app.kit.answers import answer
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor, decode_cursor, encode_cursor, position_of
from app.kit.routing import StrictRoute
from app.kit.schemas import DayOrInstant
from app.kit.threads import beside_loop
from app.milestones.problems import MilestoneNotFound
from app.milestones.schemas import MilestonePath, PlanPath
from app.plans.lookup import head_of
from app.variance import service
from app.variance.schemas import OneVarianceOut, PlanVarianceOut, TrendOut
from app.variance.snapshot import Question, Snapshot, take

router = APIRouter(prefix="/v1/plans/{plan}", tags=["variance"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.variance_read)]
AsOf = Annotated[
    DayOrInstant | None,
    Query(
        description="Status date: what had happened by then counts. A bare day means its end in the plan's zone. "
        "Default: the plan's status_date, else known_at, else now."
    ),
]
KnownAt = Annotated[
    DayOrInstant | None,
    Query(description="What was known by then counts: plan, calendars and events. Default: everything."),
]
BaselineName = Annotated[
    str | None,
    Query(
        pattern=r"^([1-9]\d{0,8}|original|current)$",
        description="Number of a baseline, `original` or `current` (the default).",
    ),
]


async def _snapshot(caller: Caller, plan: str, question: Question) -> Snapshot:
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        return await take(db, head, question, caller.now)


def _size(snapshot: Snapshot) -> int:
    return len(snapshot.current) + len(snapshot.events)


@router.get("/variance", response_model=PlanVarianceOut)
async def get_variance(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
    schedule_status: Annotated[ScheduleStatus | None, Query(description="Only items of this status.")] = None,
    limit: Annotated[
        int, Query(ge=0, description="Items a page; more than 1,000 is lowered to 1,000; 0: the summary alone.")
    ] = 50,
    cursor: Cursor = None,
) -> Response:
    """How far execution has drifted from a baseline: the plan and each milestone, as of any instant."""
    asked = {"plan": plan, "as_of": as_of, "known_at": known_at, "baseline": baseline, "status": schedule_status}
    binding: dict[str, Any] = {"list": "variance", **asked}
    question = Question(as_of, known_at, baseline)
    source, now = None, caller.now
    if cursor is not None:
        # Later pages answer the very question of the first, as it was resolved then.
        carried = decode_cursor(caller.cursor_secret, cursor)[1]
        binding["carried"] = carried
        position_of(caller.cursor_secret, binding, cursor)
        known = datetime.fromisoformat(carried["known_at"])
        question = Question(datetime.fromisoformat(carried["as_of"]), known, carried["baseline"])
        source = carried["as_of_source"]
    snapshot = await _snapshot(caller, plan, question)
    at, found_source = snapshot.as_of(question.as_of, now)
    head = service.header(snapshot, at, source or found_source)
    binding["carried"] = {
        "as_of": at.isoformat(),
        "as_of_source": head["as_of_source"],
        "known_at": snapshot.known_at.isoformat(),
        "baseline": None if snapshot.baseline is None else str(snapshot.baseline.number),
    }
    position = position_of(caller.cursor_secret, binding, cursor)
    page = _Page(min(limit, MAX_ITEMS_LIMIT), position[0] if position else None, schedule_status)
    content = await beside_loop(_size(snapshot), _variance_document, snapshot, at, page)
    last = content.pop("last")
    more = None if last is None else encode_cursor(caller.cursor_secret, binding, [last])
    return answer({**head, **content, "next_cursor": more}).response()


class _Page:
    """Which items a page shows."""

    def __init__(self, size: int, after: str | None, status: ScheduleStatus | None) -> None:
        self.size, self.after, self.status = size, after, status


def _variance_document(snapshot: Snapshot, as_of: datetime, page: _Page) -> dict[str, Any]:
    measured = service.measure(snapshot, as_of)
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
    snapshot = await _snapshot(caller, plan, Question(as_of, known_at, baseline))
    at, source = snapshot.as_of(as_of, caller.now)
    measured = await beside_loop(_size(snapshot), service.measure, snapshot, at)
    item = next((item for item in measured.items if item.milestone == milestone), None)
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
    snapshot = await _snapshot(caller, plan, Question(None, known_at, baseline))
    last = to if to is not None else snapshot.asked_known_at or caller.now
    instants = service.trend_instants(snapshot, from_, last, step_days)
    steps = await beside_loop(_size(snapshot) * len(instants), service.trend, snapshot, instants)
    head = service.header(snapshot, instants[-1], "asked")
    shown = {name: head[name] for name in ("plan", "known_at", "revision", "baseline")}
    return answer({**shown, "items": steps}).response()
