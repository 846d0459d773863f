"""A plan with its dates as a schedule file."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.rules import working_rules
from app.domain.calendars import built_in, zone_transitions
from app.domain.plan import PlanContent
from app.formats.exported import Exported, ExportedBaseline, ExportedCalendar
from app.milestones import remembered
from app.plans import baseline_store
from app.schedule.service import compute
from app.variance.snapshot import Snapshot

_MOST_BASELINES = 11  # as many as Microsoft Project has
_BUILT_IN_NAMES = {"always": "24 hours", "standard": "Standard"}


async def baselines_of(db: AsyncConnection, snapshot: Snapshot) -> list[ExportedBaseline]:
    """The newest baselines known to the snapshot by number; the one it compares with comes last."""
    head, compared = snapshot.head, snapshot.baseline
    if compared is None:
        return []
    rows = await baseline_store.newest_baselines(db, head, _MOST_BASELINES, snapshot.known_at)
    others = [row for row in rows if row.number != compared.number][: _MOST_BASELINES - 1]
    found = []
    for row in [*sorted(others, key=lambda row: row.number), compared]:
        milestones = await remembered.milestones_at(db, head, row.revision)
        found.append(ExportedBaseline(row.number, row.name, milestones))
    return found


def export(
    snapshot: Snapshot, as_of: datetime, baselines: list[ExportedBaseline], write: Callable[[Exported], bytes]
) -> bytes:
    """The file of a snapshot as of an instant.

    Raises:
        ScheduleBeyondCalendars: dates run beyond 2300.
    """
    computed = compute(snapshot, as_of)
    exported = Exported(
        key=snapshot.head.key,
        content=PlanContent(snapshot.fields, snapshot.current, snapshot.dependencies),
        as_of=as_of,
        states=computed.states,
        schedule=computed.schedule,
        calendars=_calendars(snapshot),
        baselines=baselines,
    )
    return write(exported)


def _calendars(snapshot: Snapshot) -> Mapping[str, ExportedCalendar]:
    zone = snapshot.fields.time_zone
    named = {m.calendar for m in snapshot.current.values() if m.calendar is not None} | {snapshot.fields.calendar}
    return {key: _calendar(key, snapshot.calendar_versions.get(key), zone) for key in sorted(named)}


def _calendar(key: str, definition: Mapping[str, Any] | None, zone: str) -> ExportedCalendar:
    if definition is None:
        return ExportedCalendar(_BUILT_IN_NAMES[key], built_in(key, zone_transitions(zone)))
    return ExportedCalendar(definition["name"], working_rules(definition, zone))
