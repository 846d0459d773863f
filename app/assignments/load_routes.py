"""HTTP of load: of the resources of a plan, and of one resource in all plans."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.assignments import load_wire as told_as
from app.assignments import service
from app.assignments.asking import Asked, Share
from app.assignments.asking import ask as ask_resource
from app.assignments.load import Spans, plan_load, spans
from app.assignments.load_schemas import PlanLoadOut, ResourceLoadOut
from app.domain.calendars import WorkingTime
from app.domain.cost_periods import Period
from app.domain.moments import to_minutes
from app.domain.plan import PartBody
from app.kit.answers import answer
from app.kit.limits import MAX_LOAD_ROWS
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute
from app.kit.schemas import Day, DayOrInstant
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.resources.schemas import ResourcePath
from app.variance.asking import AsOf, ItemLimit, KnownAt, Reader, ask, size
from app.variance.snapshot import Question, Snapshot

router = APIRouter(prefix="/v1", tags=["assignments"], route_class=StrictRoute)

ResourceReader = Annotated[Caller, needs(Scope.resources_read, Scope.variance_read)]
From = Annotated[Day | None, Query(alias="from", description="A day of the first period; default: that of as_of.")]
To = Annotated[Day | None, Query(description="A day of the last period; default: twelve weeks after the first.")]
Length = Annotated[Period, Query(description="Weeks begin on Monday.")]
_USUAL = timedelta(days=83)


def _spans(first: date | None, last: date | None, period: Period, zone: WorkingTime, as_of: datetime) -> Spans:
    begin = first or zone.day_of(to_minutes(as_of))
    return spans(begin, last or begin + _USUAL, period, zone)


def _told(period: Period, told: Spans) -> dict[str, Any]:
    return {
        "period": str(period),
        "from": told.days[0].isoformat(),
        "to": (told.days[-1] - timedelta(days=1)).isoformat(),
    }


@router.get("/plans/{plan}/load", response_model=PlanLoadOut)
async def get_plan_load(
    plan: PlanPath,
    caller: Reader,
    first: From = None,
    to: To = None,
    period: Length = Period.week,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """What the resources of a plan have to do in it, can do, and did, period by period."""
    binding = {"list": "load", "from": first, "to": to, "period": period}
    asked = await ask(caller, plan, Question(as_of, known_at), binding, cursor)
    async with caller.read() as db:
        bodies = await service.bodies_of(db, asked.snapshot)
    told = _spans(first, to, period, asked.snapshot.zone, asked.as_of)
    most = min(limit, MAX_ITEMS_LIMIT, max(1, MAX_LOAD_ROWS // (len(told.days) - 1)))
    page = (asked.after, most)
    content = await beside_loop(size(asked.snapshot), _of_plan, asked.snapshot, bodies, asked.as_of, told, page)
    last = content.pop("last")
    header = {**asked.header, **_told(period, told)}
    return answer({**header, **content, "next_cursor": asked.next_cursor(last)}).response()


def _of_plan(
    snapshot: Snapshot, bodies: Mapping[str, PartBody], as_of: datetime, told: Spans, page: tuple[str | None, int]
) -> dict[str, Any]:
    found = plan_load(snapshot, bodies, as_of)
    after, most = page
    keys = sorted(found.planned.keys() | found.spent.keys())
    later = [key for key in keys if after is None or key > after]
    items = []
    for key in later[:most]:
        version, planned = snapshot.resources[key][-1], found.planned.get(key, ())
        calendar = snapshot.working(version["calendar"] or snapshot.fields.calendar)
        burden = told_as.burden(version, [calendar], planned, found.spent.get(key, ()), told)
        items.append({**burden, "assignments": [told_as.work(each, told) for each in planned]})
    last = later[most - 1] if 0 < most < len(later) else None
    return {"unattributed_minutes": found.unattributed, "items": items, "last": last}


@router.get("/resources/{resource}/load", response_model=ResourceLoadOut)
async def get_resource_load(
    resource: ResourcePath,
    caller: ResourceReader,
    first: From = None,
    to: To = None,
    period: Length = Period.week,
    as_of: Annotated[
        DayOrInstant | None,
        Query(description="Status date of every plan; a bare day means its end in UTC. Default: known_at, else now."),
    ] = None,
    known_at: Annotated[
        DayOrInstant | None,
        Query(description="What was known by then counts: the resource, calendars, plans and events."),
    ] = None,
) -> Response:
    """What a resource has to do in all plans that assign it, period by period, against what it can do."""
    asked = await ask_resource(caller, resource, as_of, known_at)
    told = _spans(first, to, period, asked.zone, asked.as_of)
    weight = sum(size(share.snapshot) for share in asked.shares)
    content = await beside_loop(weight, _of_resource, asked, told)
    header = {"as_of": asked.as_of, "as_of_source": asked.as_of_source, "known_at": asked.known_at}
    return answer({**header, "inputs_digest": asked.digest, **_told(period, told), **content}).response()


def _of_resource(asked: Asked, told: Spans) -> dict[str, Any]:
    key = asked.version["key"]
    planned = [each for share in asked.shares for each in share.load.planned.get(key, ())]
    spent = [each for share in asked.shares for each in share.load.spent.get(key, ())]
    shares = sorted(asked.shares, key=lambda share: share.snapshot.head.key)
    burden = told_as.burden(asked.version, asked.calendars, planned, spent, told)
    return {**burden, "plans": [_share(asked, share, told) for share in shares]}


def _share(asked: Asked, share: Share, told: Spans) -> dict[str, Any]:
    key = asked.version["key"]
    planned, spent = share.load.planned.get(key, ()), share.load.spent.get(key, ())
    return {
        "plan": share.snapshot.head.key,
        "revision": share.snapshot.revision,
        "effort": told_as.effort(asked.version, planned, spent),
        "assignments": [told_as.work(each, told) for each in planned],
    }
