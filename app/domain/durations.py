"""How long an activity takes against how long its baseline says."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.measures import NOTHING, Basis, Line, Reason, Variance, variance
from app.domain.moments import Moment, to_minutes
from app.domain.plan import Milestone
from app.domain.progress import Lifecycle, State


def planned_minutes(line: Line, milestone: Milestone) -> int | None:
    """The planned duration in working minutes: as given, else W(planned finish) - W(planned start).

    None where neither is known; never negative.
    """
    if milestone.planned_duration_minutes is not None:
        return milestone.planned_duration_minutes
    return span_minutes(line, milestone)


def span_minutes(line: Line, milestone: Milestone) -> int | None:
    """The working minutes between the planned dates; None if one is missing; never negative."""
    start, finish = milestone.planned_start, milestone.planned_finish
    if start is None or finish is None:
        return None
    worked = line.finish.work[finish] - line.start.work[start]
    return worked if worked > 0 else 0  # noqa: FURB136 - max() costs more than the rest


class Remaining(NamedTuple):
    """The working minutes that a schedule has left of work in progress, and whether it holds planned dates."""

    minutes: int
    is_held: bool


def duration_variance(
    line: Line,
    sides: tuple[Milestone, Milestone],
    state: State,
    dates: tuple[Variance, Variance],
    remaining: Remaining | None = None,
) -> Variance:
    """Duration now minus baseline duration, of an activity, in working minutes; + is longer.

    Completed: the working time between the actual dates less what was suspended (`actual`). In progress:
    the longest of work so far plus what remains (`forecast` where it was reported, else `projected` by the
    schedule), the planned duration where it is held or nothing else is known (`planned`) and work so far
    (`overdue_floor`: "at least"); a tie goes to the one named first. Not started: the planned duration.
    Dates are taken to days edge by edge as in start and finish variance, so that without suspension the
    three add up: `dates` are those two. Elapsed minutes are told only for `actual`, where both of them have
    theirs. `sides` are the milestone as planned now and in the baseline.

    Null: `no_planned_date` (no baseline duration, or nothing to compare), `start_not_reported`,
    `insufficient_data` (the actual finish lies before the actual start).

    Source: duration variance as Microsoft Project defines it, duration minus baseline duration; actual
    and remaining duration as in the PMI Practice Standard for Scheduling.
    """
    baseline = sides[1]
    base, start = planned_minutes(line, baseline), state.actual_start
    if base is None:
        return NOTHING[Reason.no_planned_date]
    if state.lifecycle is Lifecycle.not_started:
        return _not_started(line, sides, base)
    if start is None:
        return NOTHING[Reason.start_not_reported]
    first = line.start.work[line.start.as_precise_as(start, baseline.planned_start)]
    if state.actual_finish is None:
        return _in_progress(line, sides, state, (first, base), remaining)
    worked, base = _both(line, (start, state.actual_finish), baseline, base)
    if worked < 0:
        return NOTHING[Reason.insufficient_data]
    minutes = worked - suspended_minutes(line.calendar, state.suspensions, first, first + worked) - base
    late_start, late_finish = dates[0].elapsed_minutes, dates[1].elapsed_minutes
    elapsed = None if late_start is None or late_finish is None else late_finish - late_start
    return variance(minutes, elapsed, Basis.actual, line.minutes_per_day)


def _not_started(line: Line, sides: tuple[Milestone, Milestone], base: int) -> Variance:
    planned, base = _planned(line, *sides, base)
    if planned is None:
        return NOTHING[Reason.no_planned_date]
    return variance(planned - base, None, Basis.planned, line.minutes_per_day)


def _planned(line: Line, current: Milestone, baseline: Milestone, base: int) -> tuple[int | None, int]:
    """The planned duration and the baseline duration at the same precision."""
    start, finish = current.planned_start, current.planned_finish
    if current.planned_duration_minutes is not None:
        return current.planned_duration_minutes, base
    if start is None or finish is None:
        return None, base
    return _both(line, (start, finish), baseline, base)


def _both(line: Line, dates: tuple[Moment, Moment], baseline: Milestone, base: int) -> tuple[int, int]:
    """The working time between two dates and the baseline's, each edge by the rule for days."""
    (start, finish), base_start, base_finish = dates, baseline.planned_start, baseline.planned_finish
    if base_start is not None:
        start, base_start = line.start.pair(start, base_start)
    if base_finish is not None:
        finish, base_finish = line.finish.pair(finish, base_finish)
    worked = line.finish.work[finish] - line.start.work[start]
    if baseline.planned_duration_minutes is not None or base_start is None or base_finish is None:
        return worked, base
    return worked, max(line.finish.work[base_finish] - line.start.work[base_start], 0)


def _in_progress(
    line: Line,
    sides: tuple[Milestone, Milestone],
    state: State,
    known: tuple[int, int],
    remaining: Remaining | None,
) -> Variance:
    """`known` are W of the actual start, and the baseline duration."""
    (current, baseline), (first, base) = sides, known
    now = line.start.now
    so_far = now - first - suspended_minutes(line.calendar, state.suspensions, first, now)
    planned, planned_base = _planned(line, current, baseline, base)
    found: list[tuple[int, int, Basis]] = []
    if state.remaining_minutes is not None:
        found.append((so_far + state.remaining_minutes, base, Basis.forecast))
    elif remaining is not None:
        found.append((so_far + remaining.minutes, base, Basis.projected))
    if planned is not None and (remaining is None or remaining.is_held):
        found.append((planned, planned_base, Basis.planned))
    if found or so_far > base:
        found.append((so_far, base, Basis.overdue_floor))
    if not found:
        return NOTHING[Reason.no_planned_date]
    minutes, base, basis = _longest(found)
    return variance(minutes - base, None, basis, line.minutes_per_day)


def _longest(found: Iterable[tuple[int, int, Basis]]) -> tuple[int, int, Basis]:
    return max(found, key=lambda entry: entry[0])  # max() keeps the first of those that tie


def suspended_minutes(
    calendar: WorkingTime, suspensions: Iterable[tuple[datetime, datetime | None]], first: int, last: int
) -> int:
    """The working minutes between two points of the line during which work was suspended; while open, to the last."""
    total = 0
    for since, until in suspensions:
        from_ = calendar.worked(to_minutes(since))
        to = last if until is None else calendar.worked(to_minutes(until))
        total += max(min(to, last) - max(from_, first), 0)
    return total
