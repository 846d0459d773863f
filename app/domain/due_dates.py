"""Which dates may grow how far before a finding changes: of one milestone, of a phase, of the plan."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.cpm_values import FOREVER
from app.domain.due_room import Room, Soonest, is_far
from app.domain.measures import Edge, Line
from app.domain.moments import Moment, is_day

_DAY = timedelta(days=1)
_LONGEST_DAY = 25 * 60  # minutes, whatever the zone


class Held(NamedTuple):
    """A start that is held until its day is `over`; where it `is_first`, no predecessor pushes it either."""

    over: int
    is_first: bool


class Dated(NamedTuple):
    """A date that is expected, and what it is compared with.

    Attributes:
        line, is_start: its calendar, and which edge of it is measured.
        base: what it is compared with.
        forecast, planned, projected: what is expected; None: nothing.
        minutes: the variance now, in working minutes.
        is_floor: whether it is measured by the data date.
        is_reached: whether the data date can reach the projected date, so that it is measured by that from then on.
        told_as_start: whether the instant is told as a start, whatever edge is measured.
        held: the day before whose end the data date does not push its start, if there is one.
        is_span: whether it spans others, each of which is told by its own calendar, planned and forecast dates.
    """

    line: Line
    is_start: bool
    base: Moment
    forecast: Moment | None
    planned: Moment | None
    projected: Moment | None
    minutes: int
    is_floor: bool
    is_reached: bool
    told_as_start: bool = False
    held: Held | None = None
    is_span: bool = False

    @property
    def edge(self) -> Edge:
        """The edge that is measured."""
        return self.line.start if self.is_start else self.line.finish


class Limits:
    """The latest instants at which dates may be told before a finding changes, by milestone.

    Attributes:
        may_fall: whether some value is beyond a point already, so that it matters if dates become earlier.
        fall_minutes: how many working minutes a date may become earlier before such a value may be back.
    """

    def __init__(self, soonest: Soonest) -> None:
        self.soonest = soonest
        self.starts: dict[str, int] = {}
        self.finishes: dict[str, int] = {}
        self.may_fall = False
        self.fall_minutes = FOREVER
        self._known: dict[tuple[object, ...], int] = {}

    def hold(self, keys: Iterable[str], latest: int, *, is_start: bool) -> None:
        """These starts or finishes may be told no later than at this instant."""
        side = self.starts if is_start else self.finishes
        for key in keys:
            former = side.get(key)
            if former is None or latest < former:
                side[key] = latest

    def see(self, minutes: int, room: Room) -> None:
        """Takes note of a value that may fall; told by days, it falls by all of a day at once."""
        index = bisect_left(room, minutes)
        if index > 0:
            self.may_fall = True
            self.fall_minutes = min(self.fall_minutes, max(minutes - room[index - 1] - _LONGEST_DAY, 1))

    def watch(self, dated: Dated, room: Room) -> int | None:
        """The latest instant at which the date may be told, if there is one; `soonest` learns the rest.

        As long as it lies ahead the date counts as it is told, and only pushes move it. Once the data date has
        reached it and any date of it has passed, the data date counts.
        """
        edge, most = dated.edge, room.next(dated.minutes)
        self.see(dated.minutes, room)
        clock, base = dated.line.calendar, edge.work[dated.base]
        if dated.told_as_start and self._has_days_beside(dated):
            self.watch_days(dated.line)
        if dated.is_floor or dated.projected is None:
            if most is not None:
                self.soonest.at_work(clock, base + most + 1)
            return self.latest(dated, most)
        latest = self.latest(dated, most)
        if dated.is_reached:
            self._reached(dated, room, latest)
        return latest

    def _reached(self, dated: Dated, room: Room, latest: int | None) -> None:
        """What becomes of a date that the data date reaches: a day is told as all of it only while it lies ahead."""
        edge, clock, most = dated.edge, dated.line.calendar, room.next(dated.minutes)
        base = edge.work[dated.base]
        dates = (dated.base, dated.forecast, dated.planned)
        passed = min(first_past(dated.line, edge, each) for each in dates if each is not None)
        switch = max(edge.work[dated.projected], passed)  # type: ignore[index]
        if room.differs(switch - base, dated.minutes):
            self.soonest.at_work(clock, switch)
        elif most is not None:
            self.soonest.at_work(clock, base + most + 1)
        if latest is None:
            return
        turn = turn_of(clock, latest, self.soonest.now, is_start=dated.is_start or dated.told_as_start)
        is_told_as_day = dated.told_as_start and is_day(dated.base)  # which ends later than the data date
        for each in turns_of(turn, dated.held):
            if is_told_as_day or clock.worked(each) < switch:
                self.soonest.at_next(each)

    def _has_days_beside(self, dated: Dated) -> bool:
        """Whether days lie beside the instant that they are compared with."""
        given = (dated.planned, dated.forecast)
        return not is_day(dated.base) and any(each is not None and is_day(each) for each in given)

    def watch_days(self, line: Line) -> None:
        """A start at the start of a day is told as that day, which ends later; a minute after it, it is not."""
        clock, now = line.calendar, line.start.now
        day = clock.day_of(self.soonest.now)
        starts = [clock.start_work(day)]
        while starts[-1] <= now:
            day += _DAY
            starts.append(clock.start_work(day))
        self.soonest.at_work(clock, now + 1 if now in starts else starts[-1])

    def latest(self, dated: Dated, most: int | None) -> int | None:
        """The latest instant at which a projected date may be told for a variance of at most so many minutes."""
        if dated.is_span:
            dated = dated._replace(planned=None, forecast=None)
        if self._has_days_beside(dated):
            return self._latest_beside_days(dated, most)
        if most is None:
            return None
        if is_far(most - dated.minutes):
            self.soonest.at_far()
            return None
        given = (dated.planned, dated.forecast)
        asked = (id(dated.line), dated.is_start, dated.told_as_start, dated.base, *given, most)
        if asked not in self._known:
            self._known[asked] = _latest(dated, most)
        return self._known[asked]

    def _latest_beside_days(self, dated: Dated, most: int | None) -> int | None:
        """Where the edge of a day is told as that day and any other instant as it is: not beyond the next edge."""
        if dated.projected is None:
            return None
        edge, calendar = dated.edge, dated.line.calendar
        work, day = edge.work[dated.projected], edge.day[dated.projected]
        ends = (edge.work[each] for each in (day - _DAY, day, day + _DAY))
        if dated.projected in {dated.planned, dated.forecast}:
            return calendar.start_at(work)
        if is_day(dated.projected) or work in ends:
            return edge.minute[dated.projected]
        ahead = min((end - 1 for end in (edge.work[day], edge.work[day + _DAY]) if end > work), default=work)
        return calendar.start_at(ahead if most is None else min(ahead, edge.work[dated.base] + most))


def turn_of(clock: WorkingTime, latest: int, now: int, *, is_start: bool) -> int:
    """The first data date from which on what it has reached is told later than at this instant; not after now: none.

    A finish in time off work, or as that begins, may be told as a start; so is a start, but of what takes no time.
    """
    work = clock.worked(latest)
    if not is_start and clock.start_at(work) <= latest:
        return latest + 1
    first = clock.finish_at(clock.worked(latest + 1) if is_start else work)
    return first if first > now else first + 1


def turns_of(turn: int, held: Held | None) -> tuple[int, ...]:
    """The data dates at which a start may be pushed beyond what it turns at."""
    if held is None:
        return (turn,)
    return (max(turn, held.over),) if held.is_first else (turn, held.over)


def first_past(line: Line, edge: Edge, moment: Moment) -> int:
    """The work of the line from which on a moment has passed: see `Edge.is_past`."""
    return 1 + (edge.work[moment] if isinstance(moment, datetime) else line.calendar.finish_work(moment))


def _latest(dated: Dated, most: int) -> int:
    edge, calendar, base = dated.edge, dated.line.calendar, dated.base
    work = edge.work[base] + most
    if not is_day(base):
        return calendar.start_at(work)
    day = _last_day(edge, calendar.day_of(calendar.finish_at(work)), work)
    is_start = dated.is_start or dated.told_as_start
    latest = calendar.day_end(day) - is_start
    after = calendar.start_at(calendar.worked(latest + is_start))
    return after if after > latest and _told_minutes(dated, after) <= most else latest


def _last_day(edge: Edge, day: date, work: int) -> date:
    """The last day whose edge lies no later than this work, near a day where it does."""
    while edge.work[day] > work:
        day -= _DAY
    while edge.work[day + _DAY] <= work:
        day += _DAY
    return day


def _told_minutes(dated: Dated, minute: int) -> int:
    """The variance of a date that is projected for an instant."""
    edge = dated.edge
    teller = dated.line.start if dated.told_as_start else edge
    told = edge.told(teller.told(teller.as_given(minute, dated.planned, dated.forecast), dated.base), dated.base)
    return edge.difference(told, dated.base)[0]
