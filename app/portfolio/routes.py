"""HTTP of the portfolio."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.calendars.compiled import zone_of
from app.kit.answers import answer
from app.kit.ids import KEY_PATTERN
from app.kit.paging import MAX_LIMIT, Cursor, Limit, decode_cursor, encode_cursor, position_of
from app.kit.parameters import LABEL_PATTERN, filters
from app.kit.routing import StrictRoute
from app.kit.schemas import DayOrInstant
from app.plans.field_schemas import PlanStatus
from app.portfolio import service, store
from app.portfolio.schemas import PortfolioOut

router = APIRouter(prefix="/v1/portfolio", tags=["portfolio"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.plans_read, Scope.variance_read)]
_BY = r"^(none|owner|objective|label:[A-Za-z0-9][A-Za-z0-9._/-]{0,62})$"
_LATER: dict[str, Any] = {"totals": None, "groups": [], "groups_left_out": 0, "not_evaluated": None}


@router.get("", response_model=PortfolioOut)
async def get_portfolio(
    caller: Reader,
    by: Annotated[
        str,
        Query(
            pattern=_BY,
            description="What plans are grouped by: `none`, `owner`, `objective`, or the values of a label as "
            "`label:<name>`.",
            examples=["label:team"],
        ),
    ] = "none",
    owner: Annotated[str | None, Query(min_length=1, max_length=200, description="Only plans of this owner.")] = None,
    label: Annotated[
        str | None, Query(pattern=LABEL_PATTERN, description="Only plans with this label.", examples=["team:core"])
    ] = None,
    objective: Annotated[
        str | None, Query(pattern=KEY_PATTERN, description="Only plans that contribute to this objective.")
    ] = None,
    status: Annotated[PlanStatus | None, Query(description="Only plans of this status.")] = None,
    known_at: Annotated[
        DayOrInstant | None,
        Query(
            description="What evaluations had found by then counts; a bare day means its end in UTC. Default: now. "
            "Plans that were deleted since are not shown."
        ),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """All plans of the workspace, rolled up; what needs attention now first.

    Read from the summaries that evaluations keep: each says when it was found. Later pages show what was known when
    the first was asked for.
    """
    given = filters(owner=owner, label=label, objective=objective, status=status)
    binding: dict[str, Any] = {"list": "portfolio", "by": by, "known_at": known_at, **given}
    after, instant = None, service.instant_of(known_at, caller.now, zone_of("UTC"))
    if cursor is not None:
        binding["carried"] = decode_cursor(caller.cursor_secret, cursor)[1]
        after = position_of(caller.cursor_secret, binding, cursor)
        instant = datetime.fromisoformat(binding["carried"]["known_at"])
    chosen: dict[str, Any] = {**given, **({} if label is None else {"label": label.split(":", 1)})}
    size = min(limit, MAX_LIMIT)
    kind, _, name = by.partition(":")
    rolled_up, rows = _LATER, []
    async with caller.read() as db:
        # Another replica's clock may be ahead: what it found is known, whatever this one's clock says.
        newest = await store.newest_at(db, caller.workspace_id, instant)
        if after is None:
            not_evaluated = await store.without(db, caller.workspace_id, instant)
            found = await service.rolled_up(
                db, caller.workspace_id, chosen, service.Grouping(kind, name), newest or instant
            )
            rolled_up = {**found, "not_evaluated": not_evaluated}
        if newest is not None:
            position = store.BEFORE_ALL if after is None else (after[0], after[1])
            rows = await store.page(db, caller.workspace_id, chosen, newest, position, size + 1)
    more = None
    if len(rows) > size and newest is not None:
        last = rows[size - 1]
        binding["carried"] = {"known_at": newest.isoformat()}
        more = encode_cursor(caller.cursor_secret, binding, last[:2])
    content = {"by": by, "known_at": newest, **rolled_up, "items": [row[2] for row in rows[:size]]}
    return answer({**content, "next_cursor": more}).response()
