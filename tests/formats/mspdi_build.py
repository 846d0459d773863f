"""Short ways to say files of Microsoft Project, to read them, and to schedule what they say."""

from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest

from app.calendars.rules import expand, working_rules
from app.calendars.schemas import CalendarIn
from app.domain.calendars import WorkingRules, WorkingTime, built_in, compile_calendar, zone_transitions
from app.domain.cpm import Schedule, ScheduleInputs, options_of, schedule
from app.domain.execution import ExecutionEvent, State
from app.domain.moments import parse_instant
from app.domain.plan import PlanContent
from app.domain.progress import fold
from app.formats.exported import Exported, ExportedBaseline, ExportedCalendar
from app.formats.mspdi import read
from app.formats.mspdi_xml import NAMESPACE
from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from app.milestones.schemas import to_dependency, to_milestone
from app.plans.field_schemas import to_fields
from app.plans.schemas import DocumentIn

Parts = dict[str, Any]
BUILT_IN = ("always", "standard")
MORNING = {"FromTime": "08:00:00", "ToTime": "12:00:00"}
AFTERNOON = {"FromTime": "13:00:00", "ToTime": "17:00:00"}
HOURS = {"WorkingTime": [MORNING, AFTERNOON]}


def element(name: str, content: Any) -> str:
    """An element: of a mapping its parts, of a list one for each entry, else its text; nothing of None."""
    if content is None:
        return ""
    if isinstance(content, list | tuple):
        return "".join(element(name, each) for each in content)
    inner = _parts(content) if isinstance(content, dict) else escape(str(content))
    return f"<{name}>{inner}</{name}>\n"


def _parts(content: Parts) -> str:
    return "\n" + "".join(element(name, each) for name, each in content.items())


def file(tasks: Any = (), calendars: Any = None, **fields: Any) -> bytes:
    """A whole file: `Resources`, `Assignments` and `ExtendedAttributes` are given as lists among the fields."""
    for list_, one in (("Resources", "Resource"), ("Assignments", "Assignment")):
        fields[list_] = {one: fields.pop(list_, ())}
    attributes = {"ExtendedAttribute": fields.pop("ExtendedAttributes", ())}
    header = {"Title": "Plan", "StartDate": "2026-01-05T08:00:00", "CalendarUID": 1} | fields
    lists = {name: header.pop(name) for name in ("Resources", "Assignments")}
    content = {
        **header,
        "ExtendedAttributes": attributes,
        "Calendars": {"Calendar": [calendar()] if calendars is None else calendars},
        "Tasks": {"Task": tasks},
        **lists,
    }
    return f'<?xml version="1.0"?>\n<Project xmlns="{NAMESPACE}">{_parts(content)}</Project>'.encode()


def task(uid: Any = 1, level: Any = 1, **fields: Any) -> Parts:
    """A task of eight hours."""
    told = {"UID": uid, "ID": uid, "Name": f"T{uid}", "OutlineLevel": level, "Duration": "PT8H0M0S"}
    return told | fields


def calendar(uid: int = 1, name: str | None = "Standard", days: Any = None, **fields: Any) -> Parts:
    """A calendar that works from Monday to Friday, or as its days say (1: Sunday)."""
    week = [weekday(day, HOURS if 1 < day < 7 else None) for day in range(1, 8)] if days is None else days
    return {
        "UID": uid,
        "Name": name,
        "IsBaseCalendar": 1,
        "BaseCalendarUID": -1,
        "WeekDays": {"WeekDay": week},
    } | fields


def weekday(day: int, hours: Any = None) -> Parts:
    return {"DayType": day, "DayWorking": int(hours is not None), "WorkingTimes": hours}


def period(first: str, last: str | None = None) -> Parts:
    return {"FromDate": f"{first}T00:00:00", "ToDate": f"{last or first}T23:59:00"}


def link(uid: Any, type_: int | None = 1, **fields: Any) -> Parts:
    return {"PredecessorUID": uid, "Type": type_} | fields


def parse(body: bytes, zone: str = "UTC") -> ParsedFile:
    return read(body, ReadOptions(time_zone=zone))


def parsed(tasks: Any = (), calendars: Any = None, **fields: Any) -> ParsedFile:
    return parse(file(tasks, calendars, **fields))


def only(tasks: Any, **fields: Any) -> Any:
    """The first milestone that the file tells."""
    return parsed(tasks, **fields).document["milestones"][0]


def problems(tasks: Any = (), calendars: Any = None, **fields: Any) -> tuple[Place, ...]:
    with pytest.raises(Unreadable) as caught:
        parsed(tasks, calendars, **fields)
    return caught.value.problems


def codes(tasks: Any = (), calendars: Any = None, **fields: Any) -> list[str]:
    return [each.code for each in problems(tasks, calendars, **fields)]


def notes(found: ParsedFile) -> list[str]:
    return [each.code for each in found.notes]


def content_of(found: ParsedFile) -> PlanContent:
    """The plan of a file, by the API's own checks of a document; keys are the file's ids."""
    document = DocumentIn.model_validate(found.document)
    links = [to_dependency(each) for each in document.dependencies]
    return PlanContent(
        to_fields(document),
        {each.key: to_milestone(each, each.key) for each in document.milestones},
        {each.identity: each for each in links},
    )


def rules_of(found: ParsedFile) -> dict[str, WorkingRules]:
    """The calendars of a file by the names that it uses, and the built-in ones."""
    zone = found.document["time_zone"]
    rules = {key: built_in(key, zone_transitions(zone)) for key in BUILT_IN}
    for each in found.calendars:
        told = CalendarIn.model_validate({**each, "key": None}).model_dump(mode="json", by_alias=True)
        rules[each["key"]] = working_rules({**told, "expanded": expand(told, date(2024, 1, 1))}, zone)
    return rules


def clocks_of(found: ParsedFile) -> dict[str, WorkingTime]:
    rules = rules_of(found)
    return {key: compile_calendar(each, date(2001, 1, 1), date(2031, 1, 1)) for key, each in rules.items()}


def states_of(found: ParsedFile, as_of: datetime) -> dict[str, State]:
    """What the statements of a file amount to."""
    events = []
    for number, each in enumerate(found.statements):
        at = parse_instant(each["occurred_at"])
        events.append(ExecutionEvent("file", str(number), each["type"], each["milestone"], at, None, each["data"]))
    return dict(fold(events, as_of))


def scheduled(found: ParsedFile, as_of: datetime) -> Schedule:
    """The schedule that the engine makes of a file."""
    content, clocks = content_of(found), clocks_of(found)
    plan = clocks[content.fields.calendar]
    inputs = ScheduleInputs(
        milestones=content.milestones,
        dependencies=content.dependencies.values(),
        states=states_of(found, as_of),
        working=lambda each: plan if each.calendar is None else clocks[each.calendar],
        plan_working=plan,
        options=options_of(content.fields),
    )
    return schedule(inputs, as_of)


def exported(found: ParsedFile, as_of: datetime, baselines: list[ExportedBaseline] | None = None) -> Exported:
    """The plan of a file, ready to be written as one."""
    content, rules = content_of(found), rules_of(found)
    used = {content.fields.calendar, *(each.calendar for each in content.milestones.values() if each.calendar)}
    return Exported(
        key="plan",
        content=content,
        as_of=as_of,
        states=states_of(found, as_of),
        schedule=scheduled(found, as_of),
        calendars={key: ExportedCalendar(key, rules[key]) for key in used},
        baselines=baselines or (),
    )
