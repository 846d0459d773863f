"""Load: planned work spread over time, against how much of it can be done.

Work is in minutes, as exact fractions: the parts that fall into periods always sum to the whole.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.domain.assignments import Assignment
from app.domain.calendars import WorkingTime
from app.domain.moments import Moment, to_minutes
from app.domain.plan import Milestone


@dataclass(frozen=True, slots=True)
class Work:
    """An effort in minutes, and when it is done on the working line of a calendar.

    `first` and `last` are W of its start and finish. Without working time between them all is done in the minute
    `at`; where that is None, too, nobody knows when.
    """

    effort: Decimal
    working: WorkingTime
    first: int = 0
    last: int = 0
    at: int | None = None

    @property
    def is_dated(self) -> bool:
        """Whether it is known when it is done."""
        return self.at is not None or self.last > self.first

    @property
    def end(self) -> int | None:
        """The minute at which it is done; None: nobody knows."""
        return self.working.finish_at(self.last) if self.last > self.first else self.at


class Slot(NamedTuple):
    """One period of a resource: the work planned in it, and what it can do (None: nobody knows), in minutes."""

    planned: Fraction
    capacity: Fraction | None

    @property
    def over(self) -> Fraction:
        """How much more is planned than can be done; 0 where nobody knows."""
        return Fraction(0) if self.capacity is None else max(Fraction(0), self.planned - self.capacity)


def effort_of(assignment: Assignment, milestone: Milestone, working: WorkingTime) -> Decimal:
    """The planned effort of an assignment in minutes.

    Its own, else units x the planned duration, else units x the working time between the planned dates; an instant
    takes none.
    """
    if assignment.effort_minutes is not None:
        return Decimal(assignment.effort_minutes)
    duration = milestone.planned_duration_minutes
    start, finish = milestone.planned_start, milestone.planned_finish
    if duration is None and start is not None and finish is not None:
        duration = max(0, working.finish_work(finish) - working.start_work(start))
    return Decimal(repr(assignment.units)) * (duration or 0)


def placed(effort: Decimal, working: WorkingTime, start: Moment | None, finish: Moment | None) -> Work:
    """An effort between two moments of a calendar; what has only one of them is done then.

    What is done by midnight is done on the day before.
    """
    first = None if start is None else working.start_work(start)
    last = None if finish is None else working.finish_work(finish)
    if first is not None and last is not None and last > first:
        return Work(effort, working, first, last)
    if finish is not None and last is not None:
        at = to_minutes(finish) if isinstance(finish, datetime) else working.finish_at(last)
        return Work(effort, working, at=at - 1)
    if start is not None and first is not None:
        return Work(effort, working, at=to_minutes(start) if isinstance(start, datetime) else working.start_at(first))
    return Work(effort, working)


def spread(work: Work, edges: Sequence[int]) -> dict[int, Fraction]:
    """What of the effort falls into each period, by its number; periods lie between successive edges, in minutes.

    Evenly over the working time between start and finish. What lies outside of all periods is left out; where the
    periods cover it, the parts sum exactly to the effort. O(periods that it touches).
    """
    effort = Fraction(work.effort)
    if work.last <= work.first:
        index = -1 if work.at is None else period_of(work.at, edges)
        return {index: effort} if index >= 0 else {}
    working, parts = work.working, {}
    begin = max(0, bisect_right(edges, working.start_at(work.first)) - 1)
    end = min(len(edges) - 1, bisect_left(edges, working.finish_at(work.last)))
    for index in range(begin, end):
        low = min(max(working.worked(edges[index]), work.first), work.last)
        high = min(max(working.worked(edges[index + 1]), work.first), work.last)
        if high > low:
            parts[index] = effort * (high - low) / (work.last - work.first)
    return parts


def period_of(minute: int, edges: Sequence[int]) -> int:
    """The number of the period that a minute lies in; -1: in none."""
    index = bisect_right(edges, minute) - 1
    return index if index < len(edges) - 1 else -1


def working_minutes(calendars: Sequence[WorkingTime], edges: Sequence[int]) -> list[int] | None:
    """The working minutes of each period; of several calendars, of the one that works most in it. None: of none."""
    if not calendars:
        return None
    lines = [[working.worked(edge) for edge in edges] for working in calendars]
    return [max(line[i + 1] - line[i] for line in lines) for i in range(len(edges) - 1)]


def slots(
    works: Sequence[Work], capacity: float, minutes: Sequence[int] | None, edges: Sequence[int]
) -> Sequence[Slot]:
    """A slot for each period: everything that is planned, against capacity x working minutes."""
    planned = loaded(works, edges)
    able = Fraction(repr(capacity))
    capacities = [None if minutes is None else able * minutes[i] for i in range(len(edges) - 1)]
    return [Slot(planned.get(i, Fraction(0)), most) for i, most in enumerate(capacities)]


def loaded(works: Sequence[Work], edges: Sequence[int]) -> Mapping[int, Fraction]:
    """All work by period, where there is any."""
    planned: dict[int, Fraction] = {}
    for work in works:
        for index, part in spread(work, edges).items():
            planned[index] = planned.get(index, Fraction(0)) + part
    return planned
