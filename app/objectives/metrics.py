"""The success metrics of an objective: part of its content, so that each edit of one is a new version of it."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.metric_rules import wrongs_of
from app.domain.metric_values import metric_of
from app.kit import wire
from app.kit.etags import require_match
from app.kit.limits import MAX_OBJECTIVE_METRICS
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp
from app.metrics.problems import MetricExists, MetricNotFound
from app.objectives import service
from app.objectives.store import Version

Body = Mapping[str, Any]


def etag(body: Body) -> str:
    """The ETag of a metric: it follows what it says, not the versions of its objective."""
    return f'"m{wire.digest(body)[-16:]}"'


def body_in(version: Version, key: str) -> Body:
    """What a metric of a version says.

    Raises:
        MetricNotFound: the objective has no such metric.
    """
    body: Body | None = version["metrics"].get(key)
    if body is None:
        raise MetricNotFound
    return body


async def create(tx: AsyncConnection, place: tuple[int, str], key: str, body: Body, stamp: Stamp) -> None:
    """Add a metric to the objective at `place` (workspace, key).

    Raises:
        ObjectiveNotFound, MetricExists
        InvalidRequest: it is not sound, or there are too many.
    """
    _require_sound(key, body)

    def check(version: Version) -> None:
        if key in version["metrics"]:
            raise MetricExists
        if len(version["metrics"]) >= MAX_OBJECTIVE_METRICS:
            detail = f"an objective has at most {MAX_OBJECTIVE_METRICS} metrics"
            raise InvalidRequest(errors=[FieldError("", "too_many", detail)])

    await service.change(tx, *place, lambda before: _with(before, {**before["metrics"], key: body}), stamp, check)


async def update(
    tx: AsyncConnection,
    place: tuple[int, str],
    key: str,
    edit: Callable[[Body], Body],
    stamp: Stamp,
    if_match: str | None,
) -> Body:
    """Change a metric; without a difference nothing is added to the objective. Answers what it says then.

    Raises:
        ObjectiveNotFound, MetricNotFound, PreconditionRequired, PreconditionFailed, InvalidRequest
    """

    def edited(before: Body) -> dict[str, Any]:
        body = edit(before["metrics"][key])
        _require_sound(key, body)
        return _with(before, {**before["metrics"], key: body})

    version = await service.change(tx, *place, edited, stamp, _matching(key, if_match))
    return body_in(version, key)


async def delete(tx: AsyncConnection, place: tuple[int, str], key: str, stamp: Stamp, if_match: str | None) -> None:
    """Take a metric out of an objective; what was measured of it stays.

    Raises:
        ObjectiveNotFound, MetricNotFound, PreconditionRequired, PreconditionFailed
    """

    def edited(before: Body) -> dict[str, Any]:
        return _with(before, {name: body for name, body in before["metrics"].items() if name != key})

    await service.change(tx, *place, edited, stamp, _matching(key, if_match))


def _matching(key: str, if_match: str | None) -> Callable[[Version], None]:
    return lambda version: require_match(if_match, etag(body_in(version, key)))


def _with(before: Body, metrics: Mapping[str, Body]) -> dict[str, Any]:
    return {**before, "metrics": metrics}


def _require_sound(key: str, body: Body) -> None:
    wrong = wrongs_of(metric_of(key, body))
    if wrong:
        raise InvalidRequest(
            errors=[FieldError(f"/{each.field}" if each.field else "", each.code, each.detail) for each in wrong]
        )
