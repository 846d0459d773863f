"""The calendars of a plan, as Microsoft Project XML has them."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from app.domain.calendars import Intervals, WorkingRules
from app.formats.exported import ExportedCalendar
from app.formats.mspdi_elements import flag, group, tag
from app.formats.mspdi_fields import clean

_BUILT_IN = frozenset({"always", "standard"})


def numbered(calendars: Mapping[str, ExportedCalendar], first: str) -> dict[str, int]:
    """The UIDs of calendars by their keys, from 1; the plan's own, `first`, comes first."""
    keys = [first, *sorted(key for key in calendars if key != first)]
    return {key: number for number, key in enumerate(keys, 1)}


def base_calendars(calendars: Mapping[str, ExportedCalendar], uids: Mapping[str, int]) -> Iterator[str]:
    """Every calendar as one that others may be based on. Names are made different.

    Their local times are written as they are, also of one with a zone of its own: the format knows no zones.
    """
    taken: set[str] = set()
    for key, uid in uids.items():
        wanted = name = key if key in _BUILT_IN else clean(calendars[key].name) or key
        while name.casefold() in taken:
            name = f"{wanted} ({key})" if name == wanted else f"{name}'"
        taken.add(name.casefold())
        yield _calendar(uid, name, calendars[key].rules)


def resource_calendar(uid: int, name: str, base: int) -> str:
    """The calendar of a resource that works whenever the plan's calendar does."""
    return group("Calendar", _head(uid, name, base))


def _head(uid: int, name: str, base: int) -> Iterator[str]:
    yield tag("UID", uid)
    yield tag("Name", name)
    yield flag("IsBaseCalendar", value=base < 0)
    yield flag("IsBaselineCalendar", value=False)
    yield tag("BaseCalendarUID", base)


def _calendar(uid: int, name: str, rules: WorkingRules) -> str:
    days = (_weekday(number, rules.weekly[(number + 5) % 7]) for number in range(1, 8))
    exceptions = [_exception(*span) for span in _spans(rules.exceptions)]
    parts = [*_head(uid, name, -1), group("WeekDays", days)]
    if exceptions:
        parts.append(group("Exceptions", exceptions))
    return group("Calendar", parts)


def _weekday(number: int, intervals: Intervals) -> str:
    return group("WeekDay", (tag("DayType", number), *_hours(intervals)))


def _hours(intervals: Intervals) -> Iterator[str]:
    yield flag("DayWorking", value=bool(intervals))
    if intervals:
        times = (tag("FromTime", _clock(start)) + tag("ToTime", _clock(finish)) for start, finish in intervals)
        yield group("WorkingTimes", (group("WorkingTime", (each,)) for each in times))


def _clock(minutes: int) -> str:
    """A time of day; the midnight that ends the day is told as 00:00."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}:00"


def _spans(exceptions: Mapping[date, Intervals]) -> Iterator[tuple[date, date, Intervals]]:
    """Days in a row that work alike, as one span each."""
    first: date | None = None
    last = date.min
    for day in sorted(exceptions):
        if first is not None and (day != last + timedelta(days=1) or exceptions[day] != exceptions[first]):
            yield first, last, exceptions[first]
            first = None
        first, last = first or day, day
    if first is not None:
        yield first, last, exceptions[first]


def _exception(first: date, last: date, intervals: Intervals) -> str:
    period = tag("FromDate", f"{first}T00:00:00"), tag("ToDate", f"{last}T23:59:00")
    return group(
        "Exception",
        (
            flag("EnteredByOccurrences", value=False),
            group("TimePeriod", period),
            tag("Occurrences", (last - first).days + 1),
            tag("Type", 1),
            *_hours(intervals),
        ),
    )
