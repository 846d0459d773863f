"""The calendars of a Microsoft Project XML file as working time: bases, exceptions and work weeks in one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from app.domain.calendars import STANDARD, Interval, Intervals, Weekly
from app.formats.mspdi_calendar_values import Calendar, Differing, Hours, WorkWeek
from app.formats.mspdi_fields import Reading
from app.formats.mspdi_recurrence import days_of, known, recurs

_UNTOLD = STANDARD[0]  # 08:00-12:00 and 13:00-17:00
_MONTHLY = range(2, 6)  # types of exceptions that are found month by month
_DEEPEST = 100  # calendars below one another
_BUDGET = 1_000_000  # days that all calendars of a file may be looked at


class Day(NamedTuple):
    """What works on one date, and why it differs from its weekday."""

    intervals: Intervals
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Working:
    """The working time of a calendar: by weekday, Monday first, and the dates that differ from theirs.

    Within a file equal working time is one and the same object.
    """

    weekly: Weekly
    days: Mapping[date, Day]


@dataclass(frozen=True, slots=True)
class _Told:
    """What a calendar and its bases tell, each of it apart."""

    weekly: Weekly = STANDARD
    weeks: Mapping[date, Day] = field(default_factory=dict)
    exceptions: Mapping[date, Day] = field(default_factory=dict)


class Calendars:
    """The calendars of a file; each is worked out when it is first asked for."""

    def __init__(self, calendars: Mapping[int, Calendar], reading: Reading, week_starts: int) -> None:
        self._calendars = calendars
        self._reading = reading
        self._week_starts = week_starts
        self._budget = _BUDGET
        self._told: dict[int, _Told] = {}
        self._found: dict[int, Working] = {}
        self._same: dict[tuple[Weekly, frozenset[tuple[date, Intervals]]], Working] = {}
        self._common: dict[tuple[Working, Working], Working] = {}

    def working(self, uid: int) -> Working:
        """The working time of a calendar, with what its bases tell.

        An exception counts before those of its base, both before the work weeks, and these before the
        weekdays; a weekday that no base tells is the one of Microsoft Project's calendar Standard.
        """
        found = self._found.get(uid)
        if found is None:
            told = self._told_of(uid)
            found = self._found[uid] = self._one(told.weekly, {**told.weeks, **told.exceptions})
        return found

    def common(self, one: Working, other: Working) -> Working:
        """The working time that two calendars have in common."""
        found = self._common.get((one, other))
        work = len(one.days) + len(other.days) + sum(map(len, (*one.weekly, *other.weekly)))
        if found is None and self._spend(work):
            weekly = tuple(_both(*pair) for pair in zip(one.weekly, other.weekly, strict=True))
            days = {
                day: Day(_both(_on_date(one, day), _on_date(other, day)), _name(one, other, day))
                for day in one.days.keys() | other.days.keys()
            }
            found = self._common[one, other] = self._one(weekly, days)
        return one if found is None else found

    def _told_of(self, uid: int) -> _Told:
        chain: list[Calendar] = []
        at: int | None = uid
        while at is not None and at not in self._told:
            calendar = self._calendars.get(at)
            if calendar is None or len(chain) > _DEEPEST:
                detail = f"{at} is no calendar of the file, or lies more than {_DEEPEST} calendars below"
                self._reading.wrong(f"{chain[-1].place}, BaseCalendarUID", "unknown_calendar", detail)
                at = None
            else:
                chain.append(calendar)
                at = calendar.base
        found = _Told() if at is None else self._told[at]
        for calendar in reversed(chain):
            found = self._told[calendar.uid] = self._on(found, calendar)
        return found

    def _on(self, base: _Told, calendar: Calendar) -> _Told:
        """A calendar on its base."""
        own = calendar.days or calendar.differing or calendar.weeks
        if not own or not self._spend(len(base.exceptions) + len(base.weeks)):
            return base
        weekly = list(base.weekly)
        for number, hours in calendar.days.items():
            weekly[(number + 5) % 7] = _told(hours)
        return _Told(
            weekly=tuple(weekly),
            weeks={**base.weeks, **self._weeks(calendar.weeks)},
            exceptions={**base.exceptions, **self._exceptions(calendar.differing)},
        )

    def _exceptions(self, differing: Iterable[Differing]) -> dict[date, Day]:
        """The dates of exceptions; a range of days counts before what recurs, then the first in the file."""
        found: dict[date, Day] = {}
        for each in sorted(differing, key=lambda each: recurs(each.type)):
            if not known(each.type):
                detail = f"recurs in a way (Type {each.type}) that is not known, and is left out"
                self._reading.note(each.place, "exception_left_out", detail)
                continue
            span = (each.last - each.first).days + 1
            if self._spend(span // 28 + 12 if each.type in _MONTHLY else span):
                for day in days_of(each, self._week_starts):
                    found.setdefault(day, Day(_told(each.intervals), each.name))
        return found

    def _weeks(self, weeks: Iterable[WorkWeek]) -> dict[date, Day]:
        found: dict[date, Day] = {}
        for week in weeks:
            span = (week.last - week.first).days + 1
            if self._spend(span):
                for day in (week.first + timedelta(days=index) for index in range(span)):
                    hours = week.days.get(day.isoweekday() % 7 + 1, ())
                    found.setdefault(day, Day(_told(hours), week.name))
        return found

    def _spend(self, days: int) -> bool:
        """Whether so many days may still be looked at; a file that asks for more is told so once."""
        if self._budget >= 0 > self._budget - days:
            self._reading.wrong("Calendars", "too_large", f"tell more than {_BUDGET} days in all")
        self._budget -= days
        return self._budget >= 0

    def _one(self, weekly: Weekly, told: Mapping[date, Day]) -> Working:
        days = {day: told[day] for day in sorted(told) if told[day].intervals != weekly[day.weekday()]}
        key = weekly, frozenset((day, each.intervals) for day, each in days.items())
        return self._same.setdefault(key, Working(weekly, days))


def _told(hours: Hours) -> Intervals:
    return _UNTOLD if hours is None else hours


def _on_date(working: Working, day: date) -> Intervals:
    told = working.days.get(day)
    return working.weekly[day.weekday()] if told is None else told.intervals


def _name(one: Working, other: Working, day: date) -> str:
    return (one.days.get(day) or other.days[day]).name


def _both(one: Intervals, other: Intervals) -> Intervals:
    """The time in both of two days; each is sorted and disjoint. O(intervals)."""
    found: list[Interval] = []
    first = second = 0
    while first < len(one) and second < len(other):
        start, finish = max(one[first][0], other[second][0]), min(one[first][1], other[second][1])
        if start < finish:
            found.append((start, finish))
        if one[first][1] == finish:
            first += 1
        else:
            second += 1
    return tuple(found)
