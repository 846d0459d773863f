"""Working time as a number line: calendars compiled to sorted arrays.

A compiled calendar maps instants (whole minutes since 1970-01-01T00:00Z) to working minutes and back.
Friday 17:00 and Monday 08:00 are one point of that line, so comparing, adding and subtracting need no
special cases; the two inverses tell the point as a start (Monday 08:00) or as a finish (Friday 17:00).

Local edges are resolved once, at compile time, by the rule of PEP 495 (`fold=0`) and RFC 5545 section
3.3.5: a wall time in a gap moves forward by the gap, an ambiguous one is its first occurrence. Lengths are
then real minutes, and a night shift across a change of the clocks works an hour more or less.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.domain.moments import Moment, to_minutes

Interval = tuple[int, int]  # local minutes of the day, 0 <= from < to <= 1440 (24:00)
Intervals = tuple[Interval, ...]
Weekly = tuple[Intervals, ...]  # seven entries, Monday first
Transitions = tuple[tuple[int, int], ...]  # (first UTC minute, offset in minutes), ascending

ALWAYS: Weekly = (((0, 1440),),) * 7
STANDARD: Weekly = (((480, 720), (780, 1020)),) * 5 + ((), ())

# What a calendar knows, a table a direction: from which value up to which other it answers, what it searches
# (the start of each merged interval; the work done at its end), where in that each of equal steps begins, the
# step, and what to subtract from an instant within the interval to get its work. Entry 0 is empty and marks the
# first instant. The steps leave a search a few entries, and however many calendars a plan has, those that it
# needs stay in the processor's cache.
_Ints = Sequence[int]
_ToWork = tuple[int, int, _Ints, _Ints, int, _Ints, _Ints]  # last the work done at the end of each interval
_ToInstant = tuple[int, int, _Ints, _Ints, int, _Ints]

_DAY = 1440
_WEEK = 7 * _DAY
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST_DAY = date(1900, 1, 1).toordinal() - _EPOCH
_END_DAY = date(2301, 1, 1).toordinal() - _EPOCH
_LAST_CHANGE = (date(2201, 1, 1).toordinal() - _EPOCH) * _DAY
_PADDING = 366  # days compiled beyond what was asked, on both sides


class CalendarHorizon(ValueError):
    """An instant, a day or an amount of work lies outside of 1900 … 2300."""


@dataclass(frozen=True, slots=True)
class WorkingRules:
    """A version of a calendar as calculation needs it: holidays and zone already expanded.

    Attributes:
        weekly: the intervals of each weekday, Monday first; sorted and disjoint, they may touch.
        exceptions: what replaces the intervals of single days; `()` is a day off.
        minutes_per_day: what one working day is when minutes are told as days.
        transitions: the zone's offsets, see `zone_transitions`; the first also covers all time before.
    """

    weekly: Weekly
    exceptions: Mapping[date, Intervals] = field(default_factory=dict)
    minutes_per_day: int = 480
    transitions: Transitions = ((0, 0),)


def built_in(key: str, transitions: Transitions) -> WorkingRules:
    """The calendar every workspace has: `always` (24 x 7) or `standard` (Mon-Fri 08-12 and 13-17).

    Raises:
        ValueError: no built-in calendar has this key.
    """
    if key == "always":
        return WorkingRules(ALWAYS, minutes_per_day=1440, transitions=transitions)
    if key == "standard":
        return WorkingRules(STANDARD, minutes_per_day=480, transitions=transitions)
    raise ValueError("is no built-in calendar")


@lru_cache(maxsize=256)
def zone_transitions(time_zone: str) -> Transitions:
    """The UTC offsets of an IANA zone from 1970 to 2200 as (first UTC minute, offset in minutes).

    Positive is east of Greenwich. The first entry, at minute 0, also stands for all time before 1970, the
    last for all time after 2200. Offsets with seconds (Africa/Monrovia until 1972) are floored to minutes.
    Found by sampling every week and bisecting: no zone has left an offset and come back within one.
    Some 10 ms a zone, kept; the zone database is the one of the interpreter.

    Raises:
        ValueError: the zone is unknown.
    """
    try:
        zone = ZoneInfo(time_zone)
    except (KeyError, OSError, ValueError):
        raise ValueError("is no known time zone") from None

    def shown(minute: int) -> timedelta | None:
        return zone.utcoffset(datetime.fromtimestamp(minute * 60, zone))

    def offset(minute: int) -> int:
        return to_minutes(datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=UTC)) - minute

    def first_change(week: int) -> int:
        before = shown(week)
        minutes = range(week, week + _WEEK + 1)
        return minutes[bisect_left(minutes, True, key=lambda minute: shown(minute) != before)]

    weeks = range(0, _LAST_CHANGE + _WEEK, _WEEK)
    pairs = zip(weeks, pairwise(map(shown, weeks)), strict=False)  # a pair less than there are weeks
    changed = (week for week, (before, after) in pairs if before != after)
    return ((0, offset(0)), *((first_change(week), offset(week + _WEEK)) for week in changed))


def compile_calendar(rules: WorkingRules, first: date, last: date) -> "WorkingTime":
    """Compiles a calendar for the local days `first` … `last`, with a year of padding on both sides.

    The range is a matter of speed alone: whatever lies beyond is compiled when it is first asked for.
    O(days + intervals): some milliseconds for ten years, a tenth of a second for all of 1900 … 2300.

    Raises:
        CalendarHorizon: a day outside of 1900 … 2300.
        ValueError: no weekday works, the days or intervals are out of order, or the zone has no offset.
    """
    if len(rules.weekly) != 7 or not any(rules.weekly):
        raise ValueError("a calendar needs seven weekdays, and working time on one of them")
    if not rules.transitions:
        raise ValueError("a calendar needs the offset of its zone")
    if first > last:
        raise ValueError("the first day lies after the last")
    low, high = _day_number(first), _day_number(last) + 1
    if low < _FIRST_DAY or high > _END_DAY:
        raise CalendarHorizon("calendars reach from 1900 to 2300")
    return WorkingTime(rules, max(low - _PADDING, _FIRST_DAY), min(high + _PADDING, _END_DAY))


class WorkingTime:
    """A compiled calendar: W, the working minutes up to an instant, and its two inverses.

    W is measured from an origin of its own, fixed at construction: values of two compilations, even of the
    same rules, compare only by their differences. (`always` has W(t) = t.) Immutable to the observer and
    safe to share between threads: what is asked beyond the compiled days is compiled into a larger table
    that replaces the former in one assignment, and gives the same answers.
    """

    __slots__ = ("_exceptions", "_origin", "_tables", "_weekly", "_zone", "minutes_per_day")

    minutes_per_day: int

    def __init__(self, rules: WorkingRules, first: int, end: int) -> None:
        """Use `compile_calendar`, which checks the rules; `first` and `end` count days since 1970."""
        self._weekly = tuple(_merged(intervals) for intervals in rules.weekly)
        self._exceptions = {_day_number(day): _merged(found) for day, found in rules.exceptions.items()}
        self._zone = _Zone(rules.transitions)
        self.minutes_per_day = rules.minutes_per_day
        self._tables: tuple[_ToWork, _ToInstant]
        self._origin = self._zone.instant(first * _DAY)
        if self._weekly == ALWAYS and not self._exceptions:
            low, high = self._zone.instant(_FIRST_DAY * _DAY), self._zone.instant(_END_DAY * _DAY)
            self._tables = _tables(low, high, [low, low], [0, 0], [low, high])
        else:
            self._tables = self._build(first, end)

    def worked(self, minute: int) -> int:
        """W(t): the working minutes from the calendar's origin up to the instant.

        Never decreases, and grows by one in each working minute. O(log n).

        Raises:
            CalendarHorizon: the instant lies outside of 1900 … 2300.
        """
        low, high, starts, places, step, shifts, done = self._tables[0]
        while not low <= minute < high:
            low, high, starts, places, step, shifts, done = self._grow(later=minute >= high)[0]
        place = (minute - low) // step
        index = bisect_right(starts, minute, places[place], places[place + 1]) - 1
        work, limit = minute - shifts[index], done[index]
        return work if work < limit else limit  # noqa: FURB136 - a call of min() costs a third of this method

    def start_at(self, work: int) -> int:
        """The latest instant t with W(t) = work: how a start is told (Monday 08:00). O(log n).

        Raises:
            CalendarHorizon: the instant lies outside of 1900 … 2300.
        """
        low, high, done, places, step, shifts = self._tables[1]
        while not low <= work < high:
            low, high, done, places, step, shifts = self._grow(later=work >= high)[1]
        place = (work - low) // step
        return work + shifts[bisect_right(done, work, places[place], places[place + 1])]

    def finish_at(self, work: int) -> int:
        """The earliest instant t with W(t) = work: how a finish is told (Friday 17:00). O(log n).

        Raises:
            CalendarHorizon: the instant lies outside of 1900 … 2300.
        """
        low, high, done, places, step, shifts = self._tables[1]
        while not low < work <= high:
            low, high, done, places, step, shifts = self._grow(later=work > high)[1]
        place = (work - low) // step
        return work + shifts[bisect_left(done, work, places[place], places[place + 1])]

    def day_of(self, minute: int) -> date:
        """The local day that the calendar's zone shows at the instant. O(log n) in the zone's changes.

        Raises:
            CalendarHorizon: the day lies outside of 1900 … 2300.
        """
        day = self._zone.day(minute)
        if not _FIRST_DAY <= day < _END_DAY:
            raise CalendarHorizon("calendars reach from 1900 to 2300")
        return date.fromordinal(day + _EPOCH)

    def day_start(self, day: date) -> int:
        """The instant of the local midnight that starts the day, working day or not.

        A midnight in a gap moves forward by the gap, one that comes twice is the first. O(log n) in the
        zone's changes.
        """
        return self._zone.instant(_day_number(day) * _DAY)

    def day_end(self, day: date) -> int:
        """The instant of the local midnight that ends the day: the start of the next one."""
        return self._zone.instant(_day_number(day) * _DAY + _DAY)

    def start_work(self, moment: Moment) -> int:
        """W of a start: of a day its local midnight, of an instant itself, floored to minutes.

        A start on a day off is thereby the start of the next work.

        Raises:
            CalendarHorizon: the moment lies outside of 1900 … 2300.
        """
        if isinstance(moment, datetime):
            return self.worked(to_minutes(moment))
        return self.worked(self.day_start(moment))

    def finish_work(self, moment: Moment) -> int:
        """W of a finish: of a day the local midnight that ends it, of an instant itself, floored to minutes.

        A finish on a day off is thereby the end of the last work before it.

        Raises:
            CalendarHorizon: the moment lies outside of 1900 … 2300.
        """
        if isinstance(moment, datetime):
            return self.worked(to_minutes(moment))
        return self.worked(self.day_end(moment))

    def _grow(self, *, later: bool) -> tuple[_ToWork, _ToInstant]:
        """Tables twice as long as the present ones, in the same values; published."""
        low, high = self._tables[0][:2]
        first, end = self._zone.day(low), self._zone.day(high)
        days = end - first
        if later and end < _END_DAY:
            tables = self._build(first, min(end + days, _END_DAY))
        elif not later and first > _FIRST_DAY:
            tables = self._build(max(first - days, _FIRST_DAY), end)
        else:
            raise CalendarHorizon("calendars reach from 1900 to 2300")
        self._tables = tables
        return tables

    def _build(self, first: int, end: int) -> tuple[_ToWork, _ToInstant]:
        """The tables of the days from `first` up to `end`, both counted since 1970."""
        low, high = self._zone.instant(first * _DAY), self._zone.instant(end * _DAY)
        starts, shifts, done = [low], [low], [0]
        total, until = 0, low - 1  # a minute early, lest work from `low` on be merged into entry 0
        for start, finish in self._spans(first, end):
            if start > until:
                starts.append(start)
                shifts.append(start - total)
                total += finish - start
                done.append(total)
            else:
                total += finish - until
                done[-1] = total
            until = finish
        index = bisect_right(starts, self._origin) - 1
        before = min(self._origin - shifts[index], done[index])
        if before:
            shifts, done = [shift + before for shift in shifts], [work - before for work in done]
        return _tables(low, high, starts, shifts, done)

    def _spans(self, first: int, end: int) -> Iterator[Interval]:
        """The working intervals of the days as instants: ascending, none empty, they may touch."""
        weekly, exceptions, zone = self._weekly, self._exceptions, self._zone
        offset = zone.offset_of_wall(first * _DAY)
        for day in range(first, end):
            intervals = exceptions.get(day)
            if intervals is None:
                intervals = weekly[(day + 3) % 7]  # 1970-01-01 was a Thursday
            if day in zone.changing_days:
                yield from zone.spans(day, intervals)
                offset = zone.offset_of_wall(day * _DAY + _DAY)
            else:
                midnight = day * _DAY - offset
                for start, finish in intervals:
                    yield midnight + start, midnight + finish


def _tables(low: int, high: int, starts: list[int], shifts: list[int], done: list[int]) -> tuple[_ToWork, _ToInstant]:
    """Both tables; minutes of the years 1900 to 2300, and the differences of two, fit into 32 bits."""
    minutes, works, packed = _steps(starts, low, high), _steps(done, done[0], done[-1]), array("i", shifts)
    ends = array("i", done)
    return (low, high, array("i", starts), *minutes, packed, ends), (done[0], done[-1], ends, *works, packed)


def _steps(values: list[int], first: int, last: int) -> tuple[_Ints, int]:
    """Where in ascending values each of equal steps begins, from the first to beyond the last; and the step."""
    step = (last - first) // max(len(values) // 2, 1) + 1
    return array("i", [bisect_left(values, value) for value in range(first, last + step + 1, step)]), step


class _Zone:
    """Local wall time and instants, both in minutes since 1970, by the rule of the module."""

    __slots__ = ("_changes", "_offsets", "_walls", "changing_days")

    def __init__(self, transitions: Transitions) -> None:
        self._offsets = [offset for _, offset in transitions]
        self._changes = [minute for minute, _ in transitions[1:]]
        # From this wall time on the new offset counts: after the gap, or after what is ambiguous.
        self._walls: list[int] = []
        self.changing_days: set[int] = set()
        for (_, before), (minute, after) in pairwise(transitions):
            self._walls.append(minute + max(before, after))
            first, last = (minute + min(before, after)) // _DAY - 1, (minute + max(before, after)) // _DAY
            self.changing_days.update(range(first, last + 1))

    def day(self, minute: int) -> int:
        """The local day of an instant, counted since 1970."""
        return (minute + self._offsets[bisect_right(self._changes, minute)]) // _DAY

    def offset_of_wall(self, wall: int) -> int:
        """The offset that takes a wall time to its instant."""
        return self._offsets[bisect_right(self._walls, wall)]

    def instant(self, wall: int) -> int:
        """The instant of a wall time."""
        return wall - self._offsets[bisect_right(self._walls, wall)]

    def spans(self, day: int, intervals: Intervals) -> Iterator[Interval]:
        """The intervals of a day with a change of the clocks nearby, as instants; see `_spans`.

        Edges in a gap may pass later ones and even midnight: each day keeps to itself, so that a day the
        zone never had (Samoa's 30 December 2011) works nothing.
        """
        midnight = day * _DAY
        until, end = self.instant(midnight), self.instant(midnight + _DAY)
        edges = ((self.instant(midnight + start), self.instant(midnight + finish)) for start, finish in intervals)
        for from_, to in sorted(edges):
            start, finish = max(from_, until), min(to, end)
            if start < finish:
                yield start, finish
                until = finish


def _day_number(day: date) -> int:
    return day.toordinal() - _EPOCH


def _merged(intervals: Iterable[Interval]) -> Intervals:
    """The intervals of a day, touching ones joined.

    Raises:
        ValueError: an interval is empty, leaves its day, or begins before the one before it has ended.
    """
    merged: list[Interval] = []
    until = 0
    for start, finish in intervals:
        if not until <= start < finish <= _DAY:
            raise ValueError("intervals must be sorted, disjoint and within 00:00 … 24:00")
        if merged and start == until:
            merged[-1] = (merged[-1][0], finish)
        else:
            merged.append((start, finish))
        until = finish
    return tuple(merged)
