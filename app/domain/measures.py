"""One date against another on the working line: the value, its unit, its basis, or the reason for none.

Everything here is measured on a calendar's line of working minutes, W, as seen from one status date.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from app.domain.calendars import WorkingTime
from app.domain.moments import Moment, from_minutes, to_minutes


class Basis(StrEnum):
    """What the baseline was compared with; of two that tie, the earlier member names the basis."""

    actual = "actual"
    """What happened."""
    forecast = "forecast"
    """What the executor expects."""
    projected = "projected"
    """What the network of dependencies computes."""
    planned = "planned"
    """What the current revision plans."""
    overdue_floor = "overdue_floor"
    """The status date: it has not happened yet, so it is at least this much."""
    none = "none"
    """Nothing; the reason tells why."""


class Favorability(StrEnum):
    """Which way a variance goes."""

    favorable = "favorable"
    """Earlier or shorter."""
    unfavorable = "unfavorable"
    """Later or longer."""
    neutral = "neutral"
    """Exactly as the baseline has it."""
    unknown = "unknown"
    """There is no value."""


class Reason(StrEnum):
    """Why there is no value."""

    no_baseline = "no_baseline"
    """The plan has no baseline."""
    not_in_baseline = "not_in_baseline"
    """It was added after the baseline."""
    no_planned_date = "no_planned_date"
    """One of the two sides has no such date."""
    not_started = "not_started"
    """It needs a start, and there is none yet."""
    start_not_reported = "start_not_reported"
    """Work has begun, and nobody reported when."""
    cancelled = "cancelled"
    """It was cancelled."""
    removed = "removed"
    """It has left the plan since the baseline."""
    not_computed = "not_computed"
    """Leeway does not compute it for this plan."""
    calendar_horizon = "calendar_horizon"
    """The schedule runs beyond the years that calendars know."""
    insufficient_data = "insufficient_data"
    """What was reported contradicts itself or does not suffice."""
    not_applicable = "not_applicable"
    """This kind of milestone has no such measure."""


@dataclass(frozen=True, slots=True)
class Variance:
    """Compared minus baseline: positive is later or longer.

    Units: minutes of working time; working days of the calendar's `minutes_per_day`, unrounded; elapsed
    minutes by the clock, between the two instants as they are displayed.
    """

    working_minutes: int | None
    working_days: float | None
    elapsed_minutes: int | None
    basis: Basis
    favorability: Favorability
    reason: Reason | None


class Compared(NamedTuple):
    """What a baseline date is compared with.

    `moment` has the precision it is compared at (the local day of an instant, where its baseline is a
    day); it is None where the basis is `overdue_floor`, which is the status date, or `none`.
    """

    moment: Moment | None
    basis: Basis
    reason: Reason | None = None


FLOOR = Compared(None, Basis.overdue_floor)
UNDATED = Compared(None, Basis.none, Reason.no_planned_date)
UNREPORTED = Compared(None, Basis.none, Reason.start_not_reported)

NOTHING = {reason: Variance(None, None, None, Basis.none, Favorability.unknown, reason) for reason in Reason}
_UNCHANGED = {basis: Variance(0, 0.0, 0, basis, Favorability.neutral, None) for basis in Basis}


T = TypeVar("T")


class _Kept(dict[Moment, T]):
    """What a function of a moment answered, asked once for each."""

    __slots__ = ("_ask",)

    def __init__(self, ask: Callable[[Moment], T]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, moment: Moment) -> T:
        found = self[moment] = self._ask(moment)
        return found


class Edge:
    """The starts, or the finishes, of one calendar as seen from a status date.

    `work[moment]` is W, of a day that of its edge, of an instant floored to minutes; `minute[moment]` is
    where the moment is displayed, a day as the edge of its work; `day[moment]` is its local day. `now` is
    W of the status date and `now_minute` its minute.
    """

    __slots__ = ("_calendar", "_finishes", "_shown", "day", "minute", "now", "now_minute", "work")

    def __init__(self, calendar: WorkingTime, as_of: datetime, *, finishes: bool) -> None:
        self.now_minute = to_minutes(as_of)
        self.now = calendar.worked(self.now_minute)
        self.work = _Kept(calendar.finish_work if finishes else calendar.start_work)
        self.minute = _Kept(self._minute)
        self.day = _Kept(self._day)
        self._calendar = calendar
        self._finishes = finishes
        self._shown = calendar.finish_at if finishes else calendar.start_at

    def _minute(self, moment: Moment) -> int:
        return to_minutes(moment) if isinstance(moment, datetime) else self._shown(self.work[moment])

    def _day(self, moment: Moment) -> date:
        return self._calendar.day_of(to_minutes(moment)) if isinstance(moment, datetime) else moment

    def as_precise_as(self, moment: Moment, other: Moment | None) -> Moment:
        """The moment as it is compared with the other: its local day, if the other is a day."""
        return moment if other is None or isinstance(other, datetime) else self.day[moment]

    def told(self, projected: Moment, other: Moment | None) -> Moment:
        """A projected date as it is compared with the other: its local day, if the other is a day.

        A projected finish at midnight ends the day before.
        """
        if other is None or isinstance(other, datetime) or not isinstance(projected, datetime):
            return projected
        return self._calendar.day_of(to_minutes(projected) - self._finishes)

    def pair(self, moment: Moment, other: Moment) -> tuple[Moment, Moment]:
        """Both moments at the precision of the coarser one."""
        if type(moment) is type(other):
            return moment, other
        return self.day[moment], self.day[other]

    def expected(
        self, forecast: Moment | None, planned: Moment | None, projected: Moment | None, baseline: Moment | None
    ) -> Compared:
        """What the baseline of something that has not happened yet is compared with.

        The later on the working line of the live forecast and the projected date (of a milestone outside of
        the network: the planned date); of two that tie the one named first. It is the status date, a floor,
        where that is later, and where a projection is no later although a date of it has passed.
        Without any of them: the status date if the baseline has passed, else nothing.
        """
        later, basis = planned, Basis.planned
        if projected is not None:
            if self.work[projected] <= self.now and any(map(self.is_past, (forecast, planned, baseline))):
                return FLOOR
            later, basis = self.told(projected, baseline), Basis.projected
        elif planned is not None:
            later = self.as_precise_as(planned, baseline)
        if forecast is not None:
            forecast = self.as_precise_as(forecast, baseline)
            if later is None or self.work[forecast] >= self.work[later]:
                later, basis = forecast, Basis.forecast
        if later is None:
            return FLOOR if self.is_past(baseline) else UNDATED
        return FLOOR if basis is not Basis.projected and self.is_past(later) else Compared(later, basis)

    def is_past(self, moment: Moment | None) -> bool:
        """Whether the status date lies after the moment; after a day, for starts too, once its work is over."""
        if moment is None:
            return False
        last = self.work[moment] if isinstance(moment, datetime) else self._calendar.finish_work(moment)
        return self.now > last

    def as_given(self, minute: int, *given: Moment | None) -> Moment:
        """A scheduled instant, spelled as the first of the dates given that is the same point of the line.

        Beside a day, the edge of the work of a day is told as that day.
        """
        instant = from_minutes(minute)
        work = self.work[instant]
        days = False
        for moment in given:
            if moment is not None:
                if self.work[moment] == work:
                    return moment
                days = days or not isinstance(moment, datetime)
        if days:
            day = self._calendar.day_of(minute - self._finishes)
            if self.work[day] == work:
                return day
        return instant

    def difference(self, compared: Moment | None, baseline: Moment) -> tuple[int, int]:
        """Compared minus baseline as (working minutes, elapsed minutes); None is the status date.

        Where either side is a day, the other one is taken to the same edge of its own local day first; the
        status date is never moved.
        """
        if compared is None:
            return self.now - self.work[baseline], self.now_minute - self.minute[baseline]
        one, other = self.pair(compared, baseline)
        return self.work[one] - self.work[other], self.minute[one] - self.minute[other]


class Line:
    """One calendar as seen from one status date."""

    __slots__ = ("calendar", "finish", "minutes_per_day", "start")

    def __init__(self, calendar: WorkingTime, as_of: datetime) -> None:
        self.calendar = calendar
        self.minutes_per_day = calendar.minutes_per_day
        self.start = Edge(calendar, as_of, finishes=False)
        self.finish = Edge(calendar, as_of, finishes=True)


def variance(working_minutes: int, elapsed_minutes: int | None, basis: Basis, minutes_per_day: int) -> Variance:
    """A variance with a value. Working days = working minutes / `minutes_per_day`; + is unfavorable.

    Start and finish variance as Microsoft Project stores them: current minus baseline, in working time,
    positive when late. (Primavera P6 and the earned-value measures of PMI have the opposite sign.)
    """
    if working_minutes > 0:
        favorability = Favorability.unfavorable
    elif working_minutes < 0:
        favorability = Favorability.favorable
    elif elapsed_minutes == 0:
        return _UNCHANGED[basis]
    else:
        favorability = Favorability.neutral
    working_days = working_minutes / minutes_per_day
    return Variance(working_minutes, working_days, elapsed_minutes, basis, favorability, None)


def date_variance(line: Line, edge: Edge, compared: Compared, baseline: Moment | None) -> Variance:
    """A start or finish variance: W(compared) - W(baseline) on the calendar of the line.

    Null with its reason where there is nothing to compare, `no_planned_date` where the baseline has no
    such date. Units and sign: see `Variance`.
    """
    if baseline is None:
        return NOTHING[Reason.no_planned_date]
    if compared.reason is not None:
        return NOTHING[compared.reason]
    moment = compared.moment
    if moment is not None and compared.basis is Basis.projected:
        moment = edge.told(moment, baseline)
    if moment == baseline:
        return _UNCHANGED[compared.basis]
    working, elapsed = edge.difference(moment, baseline)
    return variance(working, elapsed, compared.basis, line.minutes_per_day)
