"""What if: a plan with changes and events that nobody made, computed and not stored."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store as calendars
from app.calendars.compiled import zone_of
from app.calendars.store import BUILT_INS
from app.domain.calendars import WorkingTime
from app.domain.execution import ExecutionEvent
from app.domain.moments import Moment
from app.domain.plan import MilestoneKind, PlanContent
from app.domain.rules import violations
from app.domain.variance import MilestoneVariance
from app.events.reading import plain_event
from app.kit.bulk import as_dict
from app.kit.problems import FieldError, InvalidRequest
from app.milestones.content import beyond_limits
from app.milestones.problems import InvalidPlan
from app.plans.changes_wire import applied, place_of
from app.schedule.schemas import PreviewIn
from app.schedule.service import compute, item_documents, summary_document
from app.variance.snapshot import Snapshot, to_event

_EVENTFUL = (MilestoneKind.milestone, MilestoneKind.activity)


def changed(content: PlanContent, wanted: PreviewIn) -> PlanContent:
    """The content with the changes of a preview.

    Raises:
        InvalidRequest: a patched part does not fit its schema, or names what is not there.
        InvalidPlan: the result breaks the plan's rules.
    """
    after = applied(content, wanted)
    found = beyond_limits(after) or violations(after)
    if found:
        raise InvalidPlan(errors=[FieldError(place_of(v, wanted), v.code, v.detail) for v in found[:51]])
    return after


async def with_content(db: AsyncConnection, snapshot: Snapshot, content: PlanContent, now: datetime) -> Snapshot:
    """The snapshot with other content, and with the calendars that it names beside its own.

    Raises:
        InvalidRequest: it names a calendar that was not known.
    """
    named = {"/plan/calendar": content.fields.calendar}
    named |= {f"/milestones/{key}/calendar": m.calendar for key, m in content.milestones.items() if m.calendar}
    new = set(named.values()) - BUILT_INS - snapshot.calendar_versions.keys()
    rows = await calendars.versions_at(db, snapshot.head.workspace_id, new, snapshot.asked_known_at or now)
    detail = "is no calendar of this workspace; /v1/calendars lists them"
    unknown = [place for place, key in named.items() if key in new - rows.keys()]
    if unknown:
        raise InvalidRequest(errors=[FieldError(place, "unknown_calendar", detail) for place in unknown[:51]])
    return replace(
        snapshot,
        fields=content.fields,
        current=content.milestones,
        dependencies=content.dependencies,
        calendar_versions={**snapshot.calendar_versions, **{key: as_dict(row) for key, row in rows.items()}},
        known_at=max([snapshot.known_at, *(row.recorded_at for row in rows.values())]),
        compiled={},
    )


def happened(wanted: PreviewIn, raw: Any, snapshot: Snapshot) -> list[ExecutionEvent]:
    """The events of a preview as the fold reads them.

    Raises:
        InvalidRequest: one is of no milestone, or of a phase, or has the name of another event.
    """
    zone, found, errors = zone_of(snapshot.fields.time_zone), [], []
    names = {event.identity for event in snapshot.events}
    for index in range(len(wanted.events)):
        incoming = plain_event(0, snapshot.head.key, raw["events"][index])
        places = [("/milestone", incoming.milestone)]
        if incoming.data.get("replacement"):
            places.append(("/data/replacement/milestone", incoming.data["replacement"].get("milestone")))
        for pointer, key in places:
            if key is not None and (key not in snapshot.current or snapshot.current[key].kind not in _EVENTFUL):
                detail = "is no milestone of this plan that can have events"
                errors.append(FieldError(f"/events/{index}{pointer}", "unknown_milestone", detail))
        if incoming.name in names:
            errors.append(FieldError(f"/events/{index}/id", "event_exists", "names an event that is there already"))
        names.add(incoming.name)
        instant, day = _told(incoming.occurred_at)
        name, who = (incoming.source, incoming.event_id), incoming.actor
        columns = (*name, incoming.type, incoming.milestone, instant, day, incoming.data, who)
        found.append(to_event(columns, zone))
    if errors:
        raise InvalidRequest(errors=errors)
    return found


def _told(moment: Moment) -> tuple[datetime, date | None]:
    if isinstance(moment, datetime):
        return moment, None
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC), moment


def preview(before: Snapshot, after: Snapshot, as_of: datetime, source: str) -> dict[str, Any]:
    """The whole schedule of `after`, and in which dates it differs from `before`, as JSON-ready values.

    Raises:
        ScheduleBeyondCalendars: dates run beyond 2300.
    """
    old, new = compute(before, as_of, source), compute(after, as_of, source)
    items = new.items
    former = {item.milestone: item for item in old.items}
    moved = [_moved(after, former.get(item.milestone), item) for item in items]
    finish, finish_before = new.variance.summary.projected_finish, old.variance.summary.projected_finish
    return {
        "effect": {
            "projected_finish_before": finish_before,
            "projected_finish": finish,
            "working_minutes": _difference(after.working(after.fields.calendar), finish_before, finish),
            "moved": [each for each in moved if each is not None],
        },
        "summary": summary_document(new),
        "items": item_documents(new, items),
    }


def _difference(clock: WorkingTime, before: Moment | None, after: Moment | None) -> int | None:
    if before is None or after is None:
        return None
    return clock.finish_work(after) - clock.finish_work(before)


def _moved(snapshot: Snapshot, before: MilestoneVariance | None, after: MilestoneVariance) -> dict[str, Any] | None:
    dates_before: Sequence[Moment | None] = (None, None)
    if before is not None:
        dates_before = (before.projected_start, before.projected_finish)
    dates = (after.projected_start, after.projected_finish)
    if dates == dates_before:
        return None
    clock = snapshot.working_of(snapshot.current[after.milestone])
    edge = 1 if dates[1] is not None else 0
    return {
        "milestone": after.milestone,
        "projected_start_before": dates_before[0],
        "projected_start": dates[0],
        "projected_finish_before": dates_before[1],
        "projected_finish": dates[1],
        "working_minutes": _difference(clock, dates_before[edge], dates[edge]),
    }
