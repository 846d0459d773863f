"""What the calendars of a Microsoft Project XML file say, each as a value of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.calendars import Intervals
from app.formats.mspdi_fields import Fields, clean

Hours = Intervals | None  # None: working time that is not told
_DAY = 1440
_MAX_INTERVALS = 48


@dataclass(frozen=True, slots=True)
class Differing:
    """Days that differ from their weekdays: from `first` to `last`, every day or as `type` says.

    `type`, `month_item` and `month_position` are the numbers of the file, `month` 0 for January, bit 0 of
    `days_of_week` Sunday; `occurrences` is None where `last` alone ends them.
    """

    place: str
    name: str
    intervals: Hours
    first: date
    last: date
    type: int = 0
    occurrences: int | None = None
    period: int = 1
    days_of_week: int = 0
    month_item: int = 0
    month_position: int = 0
    month: int = 0
    month_day: int = 0


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """Weeks of another kind from `first` to `last`; the weekdays (1: Sunday) that are missing are off."""

    name: str
    first: date
    last: date
    days: Mapping[int, Hours]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar. `days` are the weekdays (1: Sunday) of its own, the others are those of its base."""

    place: str
    uid: int
    name: str
    base: int | None
    days: Mapping[int, Hours]
    differing: tuple[Differing, ...]
    weeks: tuple[WorkWeek, ...]


def read_calendar(fields: Fields, uid: int) -> Calendar:
    """A calendar's own words; what of it cannot be read is told to the reading."""
    base = fields.integer("BaseCalendarUID")
    differing = [found for each in fields.inner("Exceptions", "Exception") if (found := _exception(each))]
    if not differing:  # before 2007 they stood among the weekdays, and for its sake they still do
        days = (each for each in fields.inner("WeekDays", "WeekDay") if each.integer("DayType") == 0)
        differing = [old for each in days if (old := _old_exception(each))]
    return Calendar(
        place=fields.place(),
        uid=uid,
        name=clean(fields.text("Name"), 180),
        base=None if base is None or base < 0 or base == uid else base,
        days=_weekdays(fields),
        differing=tuple(differing),
        weeks=tuple(week for each in fields.inner("WorkWeeks", "WorkWeek") if (week := _work_week(each))),
    )


def _weekdays(fields: Fields) -> dict[int, Hours]:
    return {
        day: _hours(each) for each in fields.inner("WeekDays", "WeekDay") if (day := each.integer("DayType", 0, 7))
    }


def _hours(fields: Fields) -> Hours:
    """The working time of a day: sorted, what overlaps or touches joined; midnight at the end is 24:00."""
    found: list[tuple[int, int]] = []
    for each in fields.inner("WorkingTimes", "WorkingTime"):
        start, finish = each.clock("FromTime"), each.clock("ToTime")
        if start is None or finish is None:
            continue
        finish = finish or _DAY
        if start >= finish:
            each.wrong("ToTime", "time_order", "lies before FromTime")
        else:
            found.append((start, finish))
    if len(found) > _MAX_INTERVALS:
        fields.wrong("WorkingTimes", "too_many", f"tells more than {_MAX_INTERVALS} working times of one day")
    works = fields.flag("DayWorking")
    if works is False or (works is None and not found):
        return ()
    return _joined(found[:_MAX_INTERVALS]) or None


def _joined(intervals: list[tuple[int, int]]) -> Intervals:
    joined: list[tuple[int, int]] = []
    for start, finish in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(finish, joined[-1][1])
        else:
            joined.append((start, finish))
    return tuple(joined)


def _period(fields: Fields) -> tuple[date, date] | None:
    """The first and the last day of the element's time, both local."""
    for each in fields.inner("TimePeriod"):
        first, last = each.day("FromDate"), each.day("ToDate")
        if first is not None and last is not None and first <= last:
            return first, last
        if first is not None and last is not None:
            each.wrong("ToDate", "time_order", "lies before FromDate")
            return None
    fields.note("TimePeriod", "days_left_out", "tells no days, and is left out")
    return None


def _old_exception(fields: Fields) -> Differing | None:
    period = _period(fields)
    return None if period is None else Differing(fields.place(), "", _hours(fields), *period)


def _exception(fields: Fields) -> Differing | None:
    period = _period(fields)
    if period is None:
        return None
    return Differing(
        fields.place(),
        clean(fields.text("Name")),
        _hours(fields),
        *period,
        type=fields.integer("Type") or 0,
        occurrences=fields.integer("Occurrences", 0) if fields.flag("EnteredByOccurrences") else None,
        period=max(fields.integer("Period", 0) or 1, 1),
        days_of_week=fields.integer("DaysOfWeek", 0, 127) or 0,
        month_item=fields.integer("MonthItem", 0, 9) or 0,
        month_position=fields.integer("MonthPosition", 0, 4) or 0,
        month=fields.integer("Month", 0, 11) or 0,
        month_day=fields.integer("MonthDay", 0, 31) or 0,
    )


def _work_week(fields: Fields) -> WorkWeek | None:
    period = _period(fields)
    days = _weekdays(fields)
    return WorkWeek(clean(fields.text("Name")), *period, days) if period is not None and days else None
