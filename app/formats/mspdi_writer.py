"""A plan as Microsoft Project XML, as Microsoft Project and MPXJ open it."""

from collections.abc import Iterator
from io import BytesIO

from app.domain.cpm_leaf import shown_at
from app.domain.moments import parse_moment, to_minutes
from app.formats.exported import Exported
from app.formats.mspdi_elements import duration, flag, group, tag
from app.formats.mspdi_fields import clean
from app.formats.mspdi_values import ID_ALIAS, TEXT_1
from app.formats.mspdi_writer_calendars import base_calendars, resource_calendar
from app.formats.mspdi_writer_plan import Facts, facts_of, owners_of
from app.formats.mspdi_writer_tasks import tasks
from app.formats.mspdi_xml import NAMESPACE

_MANDATORY, _ON = frozenset({"MSO", "MFO"}), frozenset({"SO", "FO"})


def write(exported: Exported) -> bytes:
    """The plan as of its data date, as a file in UTF-8; the same plan gives the same bytes.

    Local times are those of the plan's zone. Owners become resources, and what cannot be told otherwise the
    nearest that can: planned dates that are held become constraints, what is cancelled is inactive, the
    baseline that the plan is compared with is Baseline, the newest ten others are Baseline 1 to 10. A milestone
    that comes from no such file has its id in the field Text1. O(milestones · log milestones).

    Source: Microsoft's schema of the Project XML data interchange, whose order of elements this keeps.
    """
    out = BytesIO()
    for part in _parts(facts_of(exported)):
        out.write(part.encode())
    return out.getvalue()


def _parts(facts: Facts) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Project xmlns="{NAMESPACE}">\n'
    yield from _header(facts)
    yield group("ExtendedAttributes", (_own_id(),))
    yield group("Calendars", _calendars(facts))
    yield "<Tasks>\n"
    yield _project_task(facts)
    yield from tasks(facts)
    yield "</Tasks>\n"
    yield group("Resources", (_resource(facts, name, uid) for name, uid in facts.owners.items()))
    yield group("Assignments", _assignments(facts))
    yield "</Project>\n"


def _header(facts: Facts) -> Iterator[str]:
    exported = facts.exported
    fields, options = exported.content.fields, exported.content.fields.schedule_options
    rules = exported.calendars[fields.calendar].rules
    per_day = rules.minutes_per_day
    start, finish = _span(facts)
    yield tag("SaveVersion", 14) + tag("Name", exported.key) + tag("Title", clean(fields.name))
    yield tag("Manager", fields.owner and clean(fields.owner)) + flag("ScheduleFromStart", value=True)
    yield tag("StartDate", facts.told(start)) + tag("FinishDate", facts.told(finish))
    yield tag("CriticalSlackLimit", int(options.get("critical_float_minutes") or 0) // per_day)
    yield tag("CurrencyDigits", 2) + tag("CurrencyCode", facts.currency)
    yield tag("CalendarUID", facts.calendar_uids[fields.calendar])
    yield tag("MinutesPerDay", per_day)
    yield tag("MinutesPerWeek", sum(finish - start for day in rules.weekly for start, finish in day))
    yield tag("DaysPerMonth", 20) + tag("DurationFormat", 7) + tag("WorkFormat", 2)
    yield flag("HonorConstraints", value=_honors(facts)) + flag("NewTasksEstimated", value=False)
    yield tag("StatusDate", facts.told(to_minutes(exported.as_of))) + flag("NewTasksAreManual", value=False)


def _honors(facts: Facts) -> bool:
    """Whether a constraint on a date is kept against logic; SO and FO are not, MSO and MFO are."""
    constraints = [each.constraint for each in facts.exported.content.milestones.values()]
    types = {each.type for each in constraints if each is not None}
    return bool(types & _MANDATORY) or not types & _ON


def _span(facts: Facts) -> tuple[int, int]:
    """The start of the project, as it is told or as its first work, and the finish of its last, as instants."""
    exported = facts.exported
    told = exported.content.fields.schedule_options.get("project_start")
    starts = [each.projected_start for each in exported.schedule.items.values()]
    first = min((start for start in starts if start is not None), default=to_minutes(exported.as_of))
    if told is not None:
        first = shown_at(facts.plan_clock, parse_moment(str(told)), "start")
    last = exported.schedule.finish
    return first, first if last is None else max(first, last)


def _own_id() -> str:
    return group("ExtendedAttribute", (tag("FieldID", TEXT_1), tag("FieldName", "Text1"), tag("Alias", ID_ALIAS)))


def _calendars(facts: Facts) -> Iterator[str]:
    exported = facts.exported
    yield from base_calendars(exported.calendars, facts.calendar_uids)
    base = facts.calendar_uids[exported.content.fields.calendar]
    for name, uid in facts.owners.items():
        yield resource_calendar(_calendar_of(facts, uid), name, base)


def _calendar_of(facts: Facts, resource: int) -> int:
    return len(facts.calendar_uids) + resource


def _project_task(facts: Facts) -> str:
    """The task that stands for the project."""
    start, finish = _span(facts)
    clock = facts.plan_clock
    return group(
        "Task",
        (
            tag("UID", 0) + tag("ID", 0) + tag("Name", clean(facts.exported.content.fields.name)),
            tag("Type", 1) + flag("IsNull", value=False),
            tag("WBS", "0") + tag("OutlineNumber", "0") + tag("OutlineLevel", 0),
            tag("Start", facts.told(start)) + tag("Finish", facts.told(finish)),
            tag("Duration", duration(max(clock.worked(finish) - clock.worked(start), 0))) + tag("DurationFormat", 7),
            flag("Milestone", value=False) + flag("Summary", value=True),
        ),
    )


def _resource(facts: Facts, name: str, uid: int) -> str:
    parts = (
        tag("UID", uid) + tag("ID", uid) + tag("Name", name),
        tag("Type", 1) + flag("IsNull", value=False),
        tag("CalendarUID", _calendar_of(facts, uid)),
    )
    return group("Resource", parts)


def _assignments(facts: Facts) -> Iterator[str]:
    number = 0
    for row in facts.rows:
        for name in dict.fromkeys(owners_of(row.milestone)):
            number += 1
            task = facts.uids[row.milestone.key]
            parts = tag("UID", number), tag("TaskUID", task), tag("ResourceUID", facts.owners[name]), tag("Units", 1)
            yield group("Assignment", parts)
