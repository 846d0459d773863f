"""HTTP of the success metrics of objectives."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, not_modified
from app.kit.ids import KEY_PATTERN, new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import Reason
from app.kit.patching import merge
from app.kit.problems import from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp
from app.metrics.schemas import MetricFields
from app.objectives import metrics, service
from app.objectives.metric_schemas import (
    ObjectiveMetricIn,
    ObjectiveMetricOut,
    ObjectiveMetricPage,
    ObjectiveMetricPatch,
)
from app.objectives.metrics import Body
from app.objectives.schemas import ObjectivePath
from app.parts.schemas import body_of

router = APIRouter(prefix="/v1/objectives/{objective}/metrics", tags=["objectives"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.objectives_read)]
Writer = Annotated[Caller, needs(Scope.objectives_write)]
MetricPath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the metric.", examples=["adoption"])]


def _answer(key: str, told: Body, status: int = 200, location: str | None = None) -> Answer:
    return answer({"key": key, **told}, status, etag=metrics.etag(told), location=location)


@router.get("", response_model=ObjectiveMetricPage)
async def list_objective_metrics(
    objective: ObjectivePath, caller: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the success metrics of an objective, by key."""
    binding = {"list": "objective_metrics", "objective": objective}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        version = await service.get(db, caller.workspace_id, objective)
    keys = [key for key in sorted(version["metrics"]) if position is None or key > position[0]]
    more = encode_cursor(caller.cursor_secret, binding, [keys[size - 1]]) if len(keys) > size else None
    items = [{"key": key, **version["metrics"][key]} for key in keys[:size]]
    return answer({"items": items, "next_cursor": more}).response()


@router.post("", status_code=201, response_model=ObjectiveMetricOut)
async def create_objective_metric(
    objective: ObjectivePath, metric: ObjectiveMetricIn, caller: Writer, reason: Reason = None
) -> Response:
    """Add a success metric to an objective: a new version of it."""
    key, told = metric.key or new_key("metric"), body_of(metric)
    place, stamp = (caller.workspace_id, objective), Stamp(caller.name, caller.clock, reason)

    async def work(tx: AsyncConnection) -> Answer:
        await metrics.create(tx, place, key, told, stamp)
        return _answer(key, told, 201, f"/v1/objectives/{objective}/metrics/{key}")

    return await caller.write(work)


@router.get("/{metric}", response_model=ObjectiveMetricOut)
async def get_objective_metric(objective: ObjectivePath, metric: MetricPath, caller: Reader) -> Response:
    """Read a success metric of an objective."""
    async with caller.read() as db:
        told = metrics.body_in(await service.get(db, caller.workspace_id, objective), metric)
    return not_modified(caller.request, metrics.etag(told)) or _answer(metric, told).response()


@router.patch("/{metric}", response_model=ObjectiveMetricOut)
@body(*MERGE_PATCH)
async def update_objective_metric(
    objective: ObjectivePath,
    metric: MetricPath,
    patch: ObjectiveMetricPatch,  # type: ignore[valid-type]
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
) -> Response:
    """Change a success metric of an objective by JSON merge patch: a new version of it, unless nothing differs."""
    change = patch.model_dump(mode="json", exclude_unset=True)  # type: ignore[attr-defined]
    place, stamp = (caller.workspace_id, objective), Stamp(caller.name, caller.clock, reason)

    def edited(before: Body) -> Any:
        after = merge(before, change)
        try:
            return body_of(MetricFields.model_validate(after))
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        return _answer(metric, await metrics.update(tx, place, metric, edited, stamp, if_match))

    return await caller.write(work)


@router.delete("/{metric}", status_code=204)
async def delete_objective_metric(
    objective: ObjectivePath, metric: MetricPath, caller: Writer, if_match: IfMatch = None, reason: Reason = None
) -> Response:
    """Take a success metric out of an objective: a new version of it. What was measured of it stays."""
    place, stamp = (caller.workspace_id, objective), Stamp(caller.name, caller.clock, reason)

    async def work(tx: AsyncConnection) -> Answer:
        await metrics.delete(tx, place, metric, stamp, if_match)
        return Answer(204)

    return await caller.write(work)
