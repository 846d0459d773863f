"""What if: a plan with changes and events that nobody made, computed and not stored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store as calendars
from app.calendars.compiled import zone_of
from app.calendars.store import BUILT_INS
from app.domain.calendars import WorkingTime
from app.domain.changes import compare
from app.domain.execution import ExecutionEvent
from app.domain.moments import Moment
from app.domain.plan import Dependency, Milestone, MilestoneKind, PlanContent, PlanFields
from app.domain.rules import Violation, violations
from app.domain.variance import MilestoneVariance
from app.events.reading import JSON, read_event
from app.kit.bulk import as_dict
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.milestones.problems import InvalidPlan
from app.milestones.schemas import MilestoneDocument, milestone_document, to_dependency, to_milestone
from app.plans.schemas import PlanFieldsIn, changes_document, fields_document, to_fields
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
    fields = _fields(content.fields, wanted)
    milestones = _milestones(content.milestones, wanted)
    dependencies = _dependencies(content, wanted, milestones)
    after = PlanContent(fields, milestones, dependencies)
    found = violations(after)
    if found:
        raise InvalidPlan(errors=[FieldError(_place(v), v.code, v.detail) for v in found[:51]])
    return after


def _place(violation: Violation) -> str:
    if violation.part == "plan":
        return "/plan" + (f"/{violation.field}" if violation.field else "")
    if violation.part == "milestones" and violation.key is not None:
        return f"/milestones/{violation.key}" + (f"/{violation.field}" if violation.field else "")
    return f"/{violation.part}"


def _fields(before: PlanFields, wanted: PreviewIn) -> PlanFields:
    if wanted.plan is None:
        return before
    if "status" in wanted.plan.model_fields_set:
        detail = "is no part of the schedule: leave it out"
        raise InvalidRequest(errors=[FieldError("/plan/status", "not_schedulable", detail)])
    return to_fields(_patched(PlanFieldsIn, fields_document(before), wanted.plan, "/plan"))


def _milestones(before: Mapping[str, Milestone], wanted: PreviewIn) -> dict[str, Milestone]:
    after, missing = dict(before), []
    for key, patch in wanted.milestones.items():
        if patch is not None:
            found = milestone_document(before[key]) if key in before else {"key": key, "name": key}
            after[key] = to_milestone(_patched(MilestoneDocument, found, patch, f"/milestones/{key}"), key)
        elif after.pop(key, None) is None:
            missing.append(FieldError(f"/milestones/{key}", "unknown_milestone", "is no milestone of this plan"))
    if missing:
        raise InvalidRequest(errors=missing)
    return after


def _dependencies(
    content: PlanContent, wanted: PreviewIn, milestones: Mapping[str, Milestone]
) -> dict[tuple[str, str, str], Dependency]:
    gone = content.milestones.keys() - milestones.keys()
    after = {i: link for i, link in content.dependencies.items() if i[0] not in gone and i[2] not in gone}
    missing = []
    for index, name in enumerate(wanted.removed_dependencies):
        if after.pop((name.predecessor, name.type.value, name.successor), None) is None:
            place = f"/removed_dependencies/{index}"
            missing.append(FieldError(place, "unknown_dependency", "is no dependency of this plan"))
    if missing:
        raise InvalidRequest(errors=missing)
    added = [to_dependency(link) for link in wanted.dependencies]
    return after | {link.identity: link for link in added}


def _patched(model: Any, before: dict[str, Any], patch: BaseModel, place: str) -> Any:
    after = merge(before, patch.model_dump(mode="json", exclude_unset=True))
    try:
        return model.model_validate(after)
    except ValidationError as error:
        problem = from_validation(error.errors(include_url=False), after)
        errors = [replace(e, pointer=place + e.pointer) for e in problem.errors]
        raise InvalidRequest(errors=errors) from None


async def with_content(db: AsyncConnection, snapshot: Snapshot, content: PlanContent, now: datetime) -> Snapshot:
    """The snapshot with other content, and with the calendars that it names beside its own.

    Raises:
        InvalidRequest: it names a calendar that was not known.
    """
    named = {m.calendar for m in content.milestones.values() if m.calendar is not None} | {content.fields.calendar}
    new = named - BUILT_INS - snapshot.calendar_versions.keys()
    rows = await calendars.versions_at(db, snapshot.head.workspace_id, new, snapshot.asked_known_at or now)
    unknown = sorted(new - rows.keys())
    if unknown:
        detail = "is no calendar of this workspace; /v1/calendars lists them"
        raise InvalidRequest(errors=[FieldError("", "unknown_calendar", f"{key} {detail}") for key in unknown])
    return replace(
        snapshot,
        fields=content.fields,
        current=content.milestones,
        dependencies=content.dependencies,
        calendar_versions={**snapshot.calendar_versions, **{key: as_dict(row) for key, row in rows.items()}},
        compiled={},
    )


def happened(wanted: PreviewIn, raw: Any, snapshot: Snapshot) -> list[ExecutionEvent]:
    """The events of a preview as the fold reads them.

    Raises:
        InvalidRequest: one is of no milestone, or of a phase.
    """
    zone, found, errors = zone_of(snapshot.fields.time_zone), [], []
    for index, event in enumerate(wanted.events):
        incoming = read_event(0, snapshot.head.key, raw["events"][index], JSON)
        key = getattr(event, "milestone", None)
        if key is not None and (key not in snapshot.current or snapshot.current[key].kind not in _EVENTFUL):
            detail = "is no milestone of this plan that can have events"
            errors.append(FieldError(f"/events/{index}/milestone", "unknown_milestone", detail))
        instant, day = _told(incoming.occurred_at)
        columns = (incoming.source, incoming.event_id, incoming.type, incoming.milestone, instant, day, incoming.data)
        found.append(to_event(columns, zone))
    if errors:
        raise InvalidRequest(errors=errors)
    return found


def _told(moment: Moment) -> tuple[datetime, date | None]:
    if isinstance(moment, datetime):
        return moment, None
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC), moment


def preview(before: Snapshot, after: Snapshot, as_of: datetime) -> dict[str, Any]:
    """The whole schedule of `after`, and what differs from `before`, as JSON-ready values.

    Raises:
        ScheduleBeyondCalendars: dates run beyond 2300.
    """
    old, new = compute(before, as_of)[0], compute(after, as_of)
    measured, schedule = new
    items = [item for item in measured.variance.items if item.milestone in schedule.items]
    former = {item.milestone: item for item in old.variance.items}
    moved = [_moved(after, former.get(item.milestone), item) for item in items]
    finish, finish_before = measured.variance.summary.projected_finish, old.variance.summary.projected_finish
    contents = _content(before), _content(after)
    return {
        "effect": {
            "changes": changes_document(compare(*contents), *contents),
            "projected_finish_before": finish_before,
            "projected_finish": finish,
            "working_minutes": _difference(after.working(after.fields.calendar), finish_before, finish),
            "moved": [each for each in moved if each is not None],
        },
        "summary": summary_document(after, measured, schedule),
        "items": item_documents(items, schedule),
    }


def _content(snapshot: Snapshot) -> PlanContent:
    return PlanContent(snapshot.fields, snapshot.current, snapshot.dependencies)


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
