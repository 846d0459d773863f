"""Recording what was measured of an objective: once each, in one order, under the lock of the objective."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.compiled import zone_of
from app.domain.moments import Moment, from_minutes, parse_moment
from app.events.problems import EventConflict, EventRefused
from app.kit.clock import Clock
from app.kit.db import Conflict
from app.kit.limits import MAX_FUTURE_HOURS
from app.kit.problems import FieldError
from app.kit.stamps import next_recorded_at
from app.objectives import event_store, store
from app.objectives.problems import ObjectiveNotFound
from app.objectives.store import Version


class Incoming(NamedTuple):
    """An event that was read, on its way to be recorded."""

    source: str
    event_id: str
    type: str
    occurred_at: Moment
    actor: str | None
    data: Mapping[str, Any]
    recorded_at: datetime | None = None


class Recorded(NamedTuple):
    """What became of an event: its row, and whether it was recorded before."""

    row: Mapping[str, Any]
    duplicate: bool


async def record(
    tx: AsyncConnection, workspace_id: int, objective: str, incoming: Incoming, clock: Clock
) -> Recorded:
    """Record an event of an objective; a repeat of (source, id) with the same content has no second effect.

    Raises:
        ObjectiveNotFound, EventConflict, EventRefused, RecordedBeforeHistory
        Conflict: another objective's event took the name in between; `Database.write` runs the work again.
    """
    head = await store.lock(tx, workspace_id, objective)
    version = None if head is None else await store.get(tx, workspace_id, objective)
    if head is None or version is None:
        raise ObjectiveNotFound
    row = _row(objective, incoming, version["time_zone"])
    before = await event_store.by_identity(tx, workspace_id, incoming.source, incoming.event_id)
    if before is not None:
        # Of a day only the day counts: where it began may have been told in another zone.
        told = {name: value for name, value in row.items() if name != "occurred_at" or row["occurred_on"] is None}
        if any(before[name] != value for name, value in told.items()):
            raise EventConflict
        return Recorded(before, duplicate=True)
    recorded_at = next_recorded_at(incoming.recorded_at, clock(), head.last_recorded_at)
    errors = [*_unknown_metrics(incoming, version), *_too_far_ahead(incoming, version, recorded_at)]
    if errors:
        raise EventRefused(errors=errors)
    row |= {"sequence": head.last_sequence + 1, "recorded_at": recorded_at}
    if not await event_store.add(tx, workspace_id, row):
        raise Conflict
    moved = {"last_sequence": row["sequence"], "last_recorded_at": recorded_at}
    await store.move(tx, workspace_id, objective, **moved)
    return Recorded(row, duplicate=False)


def _row(objective: str, incoming: Incoming, time_zone: str) -> dict[str, Any]:
    instant, day = _occurred(incoming.occurred_at, time_zone)
    return {
        "objective": objective,
        "source": incoming.source,
        "event_id": incoming.event_id,
        "type": incoming.type,
        "occurred_at": instant,
        "occurred_on": day,
        "actor": incoming.actor,
        "data": incoming.data,
    }


def _occurred(moment: Moment, time_zone: str) -> tuple[datetime, date | None]:
    if isinstance(moment, datetime):
        return moment, None
    return from_minutes(zone_of(time_zone).day_start(moment)), moment


def _unknown_metrics(incoming: Incoming, version: Version) -> list[FieldError]:
    replacement = incoming.data.get("replacement")
    named = [("/data/metric", incoming.data)] if incoming.type == "metric.measured" else []
    named += [("/data/replacement/data/metric", replacement["data"])] if replacement else []
    detail = "is no metric of this objective"
    unknown = [pointer for pointer, data in named if data["metric"] not in version["metrics"]]
    return [FieldError(pointer, "unknown_metric", detail) for pointer in unknown]


def _too_far_ahead(incoming: Incoming, version: Version, recorded_at: datetime) -> list[FieldError]:
    told = [("/occurred_at", incoming.occurred_at)]
    if incoming.data.get("replacement"):
        told.append(("/data/replacement/occurred_at", parse_moment(incoming.data["replacement"]["occurred_at"])))
    latest = recorded_at + timedelta(hours=MAX_FUTURE_HOURS)
    late = [pointer for pointer, moment in told if _occurred(moment, version["time_zone"])[0] > latest]
    detail = f"lies more than {MAX_FUTURE_HOURS} hours after the event is recorded"
    return [FieldError(pointer, "too_far_ahead", detail) for pointer in late]
