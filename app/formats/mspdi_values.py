"""What the elements of a Microsoft Project XML file say, each as a value of its own."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from app.domain.calendars import Interval, Intervals
from app.formats.mspdi_fields import Fields, Reading, clean
from app.formats.mspdi_xml import Node, read_items

TEXT_1 = "188743731"  # the field Text1 of a task
ID_ALIAS = "Leeway id"  # what an export of ours calls Text1
_DAY = 1440
_OWN_ID = 100  # the longest key
_ELAPSED = frozenset({4, 6, 8, 10, 12, 20, 36, 38, 40, 42, 44, 52})
_PERCENT = frozenset({19, 20, 51, 52})
_WORK_RESOURCE = 1


@dataclass(frozen=True, slots=True)
class Link:
    """A predecessor; `lag` is tenths of a minute, or percent of the predecessor's duration."""

    place: str
    predecessor: int | None
    type: int
    lag: Decimal
    percent: bool
    elapsed: bool
    crosses: bool


@dataclass(frozen=True, slots=True)
class Baseline:
    """The dates of a task in one baseline; an interim plan has a number of its own kind."""

    number: int
    interim: bool
    start: datetime | None
    finish: datetime | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """A task. Units: `minutes` and `remaining` minutes; `cost` the currency's hundredths."""

    fields: Fields
    uid: int
    own_id: str
    name: str
    level: int
    summary: bool
    milestone: bool
    start: datetime | None
    finish: datetime | None
    minutes: int | None
    elapsed: bool
    constraint: int
    constraint_date: datetime | None
    deadline: datetime | None
    calendar: int | None
    alone: bool  # its own calendar counts, not those of its resources
    cost: Decimal | None
    percent: int | None
    remaining: int | None
    actual_start: datetime | None
    actual_finish: datetime | None
    links: tuple[Link, ...]
    baselines: tuple[Baseline, ...]


@dataclass(frozen=True, slots=True)
class Exception_:
    """Days that differ from their weekday: how they recur from `first` to `last`, and their working time."""

    place: str
    name: str
    type: int
    first: date | None
    last: date | None
    occurrences: int | None
    period: int
    days_of_week: int
    month_item: int
    month_position: int
    month: int
    month_day: int
    intervals: Intervals


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """A week of another kind, from `first` to `last`; the weekdays that are missing are off."""

    place: str
    first: date | None
    last: date | None
    days: dict[int, Intervals | None]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar; `days` are its own weekdays (1: Sunday), None: working time that is not told."""

    place: str
    uid: int
    name: str
    base: int | None
    days: dict[int, Intervals | None]
    exceptions: tuple[Exception_, ...]
    weeks: tuple[WorkWeek, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that works."""

    name: str
    calendar: int | None


@dataclass(slots=True)
class File:
    """A whole file: the fields of the project, and what stands in its lists."""

    header: Fields
    calendars: dict[int, Calendar] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    resources: dict[int, Resource] = field(default_factory=dict)
    assigned: dict[int, list[int]] = field(default_factory=dict)


def read_file(body: bytes, reading: Reading) -> File:
    """The values of a file; those that cannot be read are told to the reading. O(bytes).

    Raises:
        Unreadable: see `read_items`.
    """
    file = File(Fields(reading, Node("Project", 1)))
    has_ids = False
    for list_, node in read_items(body):
        if not list_:
            file.header.node.parts.setdefault(node.name, [node])
        elif list_ == "ExtendedAttributes":
            fields = Fields(reading, node)
            has_ids |= fields.text("FieldID") == TEXT_1 and fields.text("Alias") == ID_ALIAS
        elif list_ == "Tasks":
            _add_task(file, Fields(reading, node), has_ids=has_ids)
        elif list_ == "Calendars":
            _add_calendar(file, Fields(reading, node))
        elif list_ == "Resources":
            _add_resource(file, Fields(reading, node))
        else:
            _add_assignment(file, Fields(reading, node))
    return file


def _add_resource(file: File, fields: Fields) -> None:
    uid, kind = fields.integer("UID"), fields.integer("Type")
    if uid is not None and kind in {None, _WORK_RESOURCE}:
        file.resources[uid] = Resource(clean(fields.text("Name")), fields.integer("CalendarUID"))


def _add_assignment(file: File, fields: Fields) -> None:
    task, resource = fields.integer("TaskUID"), fields.integer("ResourceUID")
    if task is not None and resource is not None:
        file.assigned.setdefault(task, []).append(resource)


def _uid(fields: Fields, what: str, known: object) -> int | None:
    """The id of a task or calendar, which then is the name of its place."""
    name = clean(fields.text("Name"), 60)
    uid = fields.integer("UID")
    shown = "" if uid is None else f" {uid}"
    fields.label = f"{what}{shown} ({name})" if name else f"{what}{shown}"
    if uid is None and not fields.text("UID"):
        fields.wrong("UID", "missing", "has no UID")
    if isinstance(known, dict) and uid in known:
        fields.wrong("UID", "repeated", f"stands on another {what.lower()} too")
        return None
    return uid


def _add_task(file: File, fields: Fields, *, has_ids: bool) -> None:
    if fields.flag("IsNull"):
        return
    uid = _uid(fields, "Task", file.tasks)
    if uid is not None:
        own_id = _own_id(fields) if has_ids else ""
        # The field names of the node are not read again; what they take would be most of a large plan.
        file.tasks[uid] = _task(fields, uid, own_id)


def _own_id(fields: Fields) -> str:
    for each in fields.inner("ExtendedAttribute"):
        if each.text("FieldID") == TEXT_1:
            return clean(each.text("Value"), _OWN_ID)
    return ""


def _level(fields: Fields) -> int:
    """How deep in the outline; 0 is the project itself."""
    level = fields.integer("OutlineLevel", low=0)
    if level is None:
        number = fields.text("OutlineNumber")
        level = 0 if number == "0" else number.count(".") + 1
    return level


def _task(fields: Fields, uid: int, own_id: str) -> Task:
    return Task(
        fields=fields,
        uid=uid,
        own_id=own_id,
        name=clean(fields.text("Name")) or f"Task {uid}",
        level=_level(fields),
        summary=bool(fields.flag("Summary")),
        milestone=bool(fields.flag("Milestone")),
        start=fields.moment("Start"),
        finish=fields.moment("Finish"),
        minutes=fields.minutes("Duration"),
        elapsed=fields.integer("DurationFormat") in _ELAPSED,
        constraint=fields.integer("ConstraintType", 0, 7) or 0,
        constraint_date=fields.moment("ConstraintDate"),
        deadline=fields.moment("Deadline"),
        calendar=fields.integer("CalendarUID"),
        alone=bool(fields.flag("IgnoreResourceCalendar")),
        cost=fields.number("Cost"),
        percent=fields.integer("PercentComplete", 0, 100),
        remaining=fields.minutes("RemainingDuration"),
        actual_start=fields.moment("ActualStart"),
        actual_finish=fields.moment("ActualFinish"),
        links=tuple(_link(each) for each in fields.inner("PredecessorLink")),
        baselines=tuple(_baseline(each) for each in fields.inner("Baseline")),
    )
