"""What a Microsoft Project XML file says, each task, link and resource as a value of its own."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from app.formats.mspdi_calendar_values import Calendar, read_calendar
from app.formats.mspdi_fields import Fields, Reading, clean
from app.formats.mspdi_xml import Node, read_items
from app.formats.parsed import Place, Unreadable

TEXT_1 = "188743731"  # the id of the field Text1 of tasks
ID_ALIAS = "Leeway id"  # what our own exports call Text1
_ID_LENGTH = 100
_MAX_TASKS = 50_000
_ELAPSED = frozenset({4, 6, 8, 10, 12, 20, 36, 38, 40, 42, 44, 52})  # formats of durations and lags
_PERCENT = frozenset({19, 20, 51, 52})
_WORK = 1  # the type of a resource that works; 0: material, 2: cost


@dataclass(frozen=True, slots=True)
class Link:
    """A predecessor. Units: `lag` tenths of a minute, or percent of the predecessor's duration."""

    place: str
    predecessor: int | None
    type: int
    lag: Decimal
    percent: bool
    elapsed: bool
    crosses: bool


@dataclass(frozen=True, slots=True)
class Dates:
    """What a baseline keeps of a task. An interim plan is numbered apart from the baselines."""

    number: int
    interim: bool
    start: datetime | None
    finish: datetime | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """A task. Units: `minutes` and `remaining` minutes; `cost` hundredths of the currency's unit.

    Attributes:
        own_id: the id that an export of ours gave it; else empty.
        level: its depth in the outline; 0 is the project itself.
        elapsed: its duration counts all minutes, not those of a calendar.
        alone: the calendars of its resources do not count.
    """

    place: str
    uid: int
    own_id: str
    name: str
    level: int
    active: bool
    manual: bool
    summary: bool
    milestone: bool
    external: bool
    subproject: bool
    leveled: bool
    start: datetime | None
    finish: datetime | None
    minutes: int | None
    elapsed: bool
    constraint: int
    constraint_date: datetime | None
    deadline: datetime | None
    calendar: int | None
    alone: bool
    cost: Decimal | None
    percent: int | None
    remaining: int | None
    actual_start: datetime | None
    actual_finish: datetime | None
    resume: datetime | None
    links: tuple[Link, ...]
    baselines: tuple[Dates, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that works."""

    name: str
    calendar: int | None


@dataclass(slots=True)
class File:
    """A whole file: the fields of the project, and what stands in its lists, by UID."""

    header: Fields
    calendars: dict[int, Calendar] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    resources: dict[int, Resource] = field(default_factory=dict)
    assigned: dict[int, list[int]] = field(default_factory=dict)
    has_own_ids: bool = False


def read_file(body: bytes, reading: Reading) -> File:
    """The values of a file; those that cannot be read are told to the reading. O(bytes).

    Raises:
        Unreadable: see `read_items`; or there are more tasks than any plan may have.
    """
    file = File(Fields(reading, Node("Project", 1)))
    for list_, node in read_items(body):
        fields = Fields(reading, node)
        if not list_:
            file.header.node.parts.setdefault(node.name, [node])
        elif list_ == "ExtendedAttributes":
            file.has_own_ids |= (fields.text("FieldID"), fields.text("Alias")) == (TEXT_1, ID_ALIAS)
        elif list_ == "Calendars":
            _add_calendar(file, fields)
        elif list_ == "Tasks":
            _add_task(file, fields)
        elif list_ == "Resources":
            _add_resource(file, fields)
        else:
            _add_assignment(file, fields)
    return file


def _add_calendar(file: File, fields: Fields) -> None:
    uid = _uid(fields, "Calendar", file.calendars)
    if uid is not None:
        file.calendars[uid] = read_calendar(fields, uid)


def _add_task(file: File, fields: Fields) -> None:
    if fields.flag("IsNull"):
        return
    uid = _uid(fields, "Task", file.tasks)
    if uid is not None:
        file.tasks[uid] = _task(fields, uid, _own_id(fields) if file.has_own_ids else "")
    if len(file.tasks) > _MAX_TASKS:
        raise Unreadable([Place(fields.place(), "too_large", f"the file has more than {_MAX_TASKS} tasks")])


def _add_resource(file: File, fields: Fields) -> None:
    uid, kind = fields.integer("UID"), fields.integer("Type")
    if uid is not None and kind in {None, _WORK}:
        file.resources[uid] = Resource(clean(fields.text("Name")), fields.integer("CalendarUID"))


def _add_assignment(file: File, fields: Fields) -> None:
    task, resource = fields.integer("TaskUID"), fields.integer("ResourceUID")
    if task is not None and resource is not None:
        file.assigned.setdefault(task, []).append(resource)


def _uid(fields: Fields, what: str, known: Container[int]) -> int | None:
    """The id of a task or calendar; it names the place from here on."""
    name = clean(fields.text("Name"), 60)
    fields.label = f"{what} ({name})" if name else what
    uid = fields.integer("UID", low=0)
    if uid is None:
        if not fields.text("UID"):
            fields.wrong(None, "missing", "has no UID")
        return None
    fields.label = f"{what} {uid} ({name})" if name else f"{what} {uid}"
    if uid in known:
        fields.wrong("UID", "repeated", f"stands on another {what.lower()} too")
        return None
    return uid


def _own_id(fields: Fields) -> str:
    values = (each.text("Value") for each in fields.inner("ExtendedAttribute") if each.text("FieldID") == TEXT_1)
    return clean(next(values, ""), _ID_LENGTH)


def _level(fields: Fields) -> int:
    level = fields.integer("OutlineLevel", low=0)
    if level is None:
        number = fields.text("OutlineNumber")
        return 0 if number == "0" else number.count(".") + 1
    return level


def _task(fields: Fields, uid: int, own_id: str) -> Task:
    return Task(
        place=fields.place(),
        uid=uid,
        own_id=own_id,
        name=clean(fields.text("Name")) or f"Task {uid}",
        level=_level(fields),
        active=fields.flag("Active") is not False,
        manual=bool(fields.flag("Manual")),
        summary=bool(fields.flag("Summary")),
        milestone=bool(fields.flag("Milestone")),
        external=bool(fields.flag("ExternalTask")),
        subproject=bool(fields.flag("IsSubproject")),
        leveled=bool(fields.number("LevelingDelay")),
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
        resume=fields.moment("Resume"),
        links=tuple(_link(each) for each in fields.inner("PredecessorLink")),
        baselines=tuple(_dates(each) for each in fields.inner("Baseline")),
    )


def _link(fields: Fields) -> Link:
    kind, told_as = fields.integer("Type", 0, 3), fields.integer("LagFormat")
    predecessor = fields.integer("PredecessorUID")
    if predecessor is None and not fields.text("PredecessorUID"):
        fields.wrong(None, "missing", "has no PredecessorUID")
    return Link(
        place=fields.place(),
        predecessor=predecessor,
        type=1 if kind is None else kind,
        lag=fields.number("LinkLag") or Decimal(0),
        percent=told_as in _PERCENT,
        elapsed=told_as in _ELAPSED,
        crosses=bool(fields.flag("CrossProject")),
    )


def _dates(fields: Fields) -> Dates:
    return Dates(
        number=fields.integer("Number", 0, 10) or 0,
        interim=bool(fields.flag("Interim")),
        start=fields.moment("Start"),
        finish=fields.moment("Finish"),
        minutes=fields.minutes("Duration"),
    )
