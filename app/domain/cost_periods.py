"""The books over time: by day, week or month, and the three curves of what is planned, earned and spent."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.cost import Books, earned_of
from app.domain.cost_lines import CostLine, Sums, total
from app.domain.execution import EventType, ExecutionEvent
from app.domain.moments import from_minutes, to_minutes
from app.domain.money import ZERO, exact, rounded
from app.domain.percent import earned_percent
from app.domain.progress import fold_at, has_happened
from app.domain.subjects import lifecycle_of
from app.domain.value_curve import PlannedValue

MOST_PERIODS = 3_000  # every month of the years that dates may have
_INSTANT = timedelta(microseconds=1)


class Period(StrEnum):
    """How time is divided, by the local days of the plan's zone."""

    day = "day"
    week = "week"
    """From Monday on."""
    month = "month"


class TooManyPeriods(ValueError):
    """More periods than are told at once."""


class Point(NamedTuple):
    """What is planned up to an instant; and earned and spent, None after the status date."""

    at: datetime
    planned: Decimal
    earned: Decimal | None
    spent: Decimal | None


class Curves(NamedTuple):
    """The books at the ends of periods, cumulative.

    `starts` are the first days of the periods, `ends` the sums at their ends: what is planned by then; and by then,
    or by the status date if that is earlier, what is planned to date, earned and spent. `points` are the curves.
    """

    starts: tuple[date, ...]
    ends: tuple[Sums, ...]
    points: tuple[Point, ...]


def curves(books: Books, planned: PlannedValue | None, zone: WorkingTime, period: Period) -> Curves:
    """The books over time, from the first period in which anything is planned, done or spent to the last one.

    At the status date the curves are the sums of the books. O(n log n + periods x calendars).

    Args:
        books: of the scope.
        planned: the planned value of the scope; None: nothing is planned at any time.
        zone: the days of the plan's zone.
        period: what the curves are told at the ends of.

    Raises:
        TooManyPeriods: there would be more than `MOST_PERIODS`.
    """
    starts = period_starts(_days(books, planned, zone), period)
    ends = [
        from_minutes(zone.day_start(day)) for day in (*starts[1:], *(next_start(day, period) for day in starts[-1:]))
    ]
    instants = sorted({*ends, books.as_of})
    past = [instant for instant in instants if instant <= books.as_of]
    facts = dict(zip(past, zip(_earned(books, past), _spent(books, past), strict=True), strict=True))
    to_date = total(books).planned_to_date
    plans = {instant: _planned(planned, instant, books.as_of, to_date) for instant in instants}
    sums = (Sums(plans[end], plans[min(end, books.as_of)], *facts[min(end, books.as_of)]) for end in ends)
    points = (Point(instant, plans[instant], *facts.get(instant, (None, None))) for instant in instants)
    return Curves(tuple(starts), tuple(sums), tuple(points))


def by_period(books: Books, found: Curves) -> list[CostLine]:
    """A line each period: what is planned, was planned to date, earned and spent in it.

    And first one, if there is any, for what is planned without a date.
    """
    whole = total(books)
    with exact():
        undated = whole.planned - (found.ends[-1].planned if found.ends else ZERO)
        lines = [CostLine(None, Sums(planned=undated))] if undated else []
        for day, (before, after) in zip(found.starts, pairwise((Sums(), *found.ends)), strict=True):
            inside = Sums(*(one - other for one, other in zip(after, before, strict=True)))
            lines.append(CostLine(day.isoformat(), inside))
    return lines


def _planned(planned: PlannedValue | None, at: datetime, as_of: datetime, to_date: Decimal) -> Decimal:
    """PV at an instant, to six places; at the status date the sum of the books, and never out of order with it."""
    if planned is None or at == as_of:
        return to_date
    value = rounded(planned.at(to_minutes(at)))
    return min(value, to_date) if at < as_of else max(value, to_date)


def _earned(books: Books, instants: Sequence[datetime]) -> Iterator[Decimal]:
    """EV at each instant: what changed since the last one is earned anew."""
    done: dict[str, Decimal] = {}
    value = ZERO
    for _, states in fold_at(work(books), instants):
        with exact():
            for key, state in states.items():
                leaf = books.leaves[key]
                assert leaf.base is not None
                percent = earned_percent(leaf.line, leaf.base, state, lifecycle_of(leaf.milestone, state))
                earned = earned_of(leaf.weight, percent)
                value += earned - done.get(key, ZERO)
                done[key] = earned
        yield value


def work(books: Books) -> list[ExecutionEvent]:
    """The events of what is in the scope, in effect, whenever they happen."""
    weighs = {key for key, leaf in books.leaves.items() if leaf.weight}
    return [event for event in books.inputs.events if event.milestone in weighs]


def _spent(books: Books, instants: Sequence[datetime]) -> Iterator[Decimal]:
    """AC at each instant."""
    waiting = sorted(books.costs, key=lambda cost: (cost.at, cost.is_day))
    value, index = ZERO, 0
    for instant in instants:
        with exact():
            while index < len(waiting) and waiting[index].has_happened(instant):
                value += waiting[index].amount
                index += 1
        yield value


def _days(books: Books, planned: PlannedValue | None, zone: WorkingTime) -> tuple[date, date] | None:
    """The first and the last local day on which anything is planned, done or spent; None: there is none.

    What happens at midnight sharp ends the day before, as a status date does.
    """
    minutes = list(planned.span) if planned is not None else []
    happened = [(cost.at, cost.is_day) for cost in books.costs]
    happened += [
        (event.occurred_at, event.occurred_on is not None)
        for event in work(books)
        if event.type in _EARNING and has_happened(event, books.as_of)
    ]
    if happened:
        for at, is_day in (min(happened), max(happened)):
            minutes.append(to_minutes(at if is_day else at - _INSTANT))
    return (zone.day_of(min(minutes)), zone.day_of(max(minutes))) if minutes else None


def period_starts(days: tuple[date, date] | None, period: Period) -> list[date]:
    """The first day of each period that has one of the days from the first to the last.

    Raises:
        TooManyPeriods: there would be more than `MOST_PERIODS`.
    """
    if days is None:
        return []
    first, last = days
    if (last - first).days // _SHORTEST[period] > MOST_PERIODS:
        raise TooManyPeriods
    if period is Period.month:
        day = first.replace(day=1)
    else:
        day = first - timedelta(days=first.weekday() if period is Period.week else 0)
    starts = []
    while day <= last:
        starts.append(day)
        day = next_start(day, period)
    return starts


def next_start(start: date, period: Period) -> date:
    """The first day of the period after the one that starts on this day."""
    if period is Period.month:
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=_SHORTEST[period])


_SHORTEST = {Period.day: 1, Period.week: 7, Period.month: 28}
_EARNING = frozenset(
    {EventType.started.value, EventType.progressed.value, EventType.completed.value, EventType.reopened.value}
)
"""What changes what is earned; work that is reopened takes it back."""
