"""How much of a metric is expected to be attained by when."""

from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.metric_values import Metric, MetricKind, MetricReason, Trajectory, TrajectoryShape, exact
from app.domain.moments import Moment, from_minutes

ON_PACE_POINTS = 10
"""So many points behind its pace a metric is still on it."""

_NOTHING, _ALL = Fraction(0), Fraction(1)
_LINE, _STEP = Trajectory(), Trajectory(TrajectoryShape.step)


class Window(NamedTuple):
    """The time of a metric, in instants.

    Attributes:
        start: when attainment begins to be expected; None: nobody says. `due`: when all of it is.
        closed: the end of the grace period: what is measured later counts no more.
        points: what its trajectory expects by when, ascending.
    """

    start: datetime | None
    due: datetime | None
    closed: datetime | None
    points: tuple[tuple[datetime, Fraction], ...] = ()


class Expected(NamedTuple):
    """The attainment that is expected, or why none is."""

    attainment: Fraction | None
    reason: MetricReason | None = None


def window_of(metric: Metric, days: WorkingTime, start: Moment | None, due: Moment | None) -> Window:
    """The time of a metric: what starts on a day begins with it, what is due on a day is so by its end.

    Args:
        metric: the metric.
        days: knows when days begin and end.
        start: taken where the metric has no `start_at`.
        due: taken where the metric has no `measure_at`.
    """
    begins, ends = metric.start_at or start, metric.measure_at or due
    ended = None if ends is None else _end(ends, days)
    points = () if metric.trajectory is None else metric.trajectory.points
    return Window(
        start=begins if begins is None or isinstance(begins, datetime) else from_minutes(days.day_start(begins)),
        due=ended,
        closed=None if ended is None else ended + timedelta(minutes=metric.grace_minutes),
        points=tuple(sorted((_end(each.at, days), exact(each.attainment)) for each in points)),
    )


def _end(moment: Moment, days: WorkingTime) -> datetime:
    return moment if isinstance(moment, datetime) else from_minutes(days.day_end(moment))


def expected(metric: Metric, window: Window, at: datetime) -> Expected:
    """The attainment that the trajectory expects at an instant, 0 to 1; from `due` on it is 1.

    Before `start` nothing is expected, which is another thing than 0. What is to be maintained is expected from
    the start on. Time counts by the clock, not by a calendar of work.
    """
    if window.due is None:
        return Expected(None, MetricReason.no_measure_date)
    if at >= window.due:
        return Expected(_ALL)
    if window.start is None or at < window.start:
        return Expected(None, MetricReason.no_start_date if window.start is None else MetricReason.not_begun)
    if metric.kind is MetricKind.maintain:
        return Expected(_ALL)
    inner = [each for each in window.points if window.start < each[0] < window.due]
    way = [(window.start, _NOTHING), *inner, (window.due, _ALL)]
    before, after = next(leg for leg in pairwise(way) if leg[0][0] <= at < leg[1][0])
    drawn = metric.trajectory or (_STEP if metric.kind is MetricKind.binary else _LINE)
    return Expected(before[1] + (after[1] - before[1]) * _share(drawn.shape, before[0], after[0], at))


def _share(shape: TrajectoryShape, since: datetime, until: datetime, at: datetime) -> Fraction:
    """The share of a leg that is expected once this much of its time has passed."""
    if shape is TrajectoryShape.step:
        return _NOTHING
    share = Fraction(_microseconds(at - since), _microseconds(until - since))
    return share * share * (3 - 2 * share) if shape is TrajectoryShape.s_curve else share


def turns(window: Window) -> tuple[datetime, ...]:
    """The instants at which what is expected, or what counts, may jump or turn, ascending."""
    found = {each for each in window[:3] if isinstance(each, datetime)} | {at for at, _ in window.points}
    return tuple(sorted(found))


def _microseconds(time: timedelta) -> int:
    return time // timedelta(microseconds=1)
