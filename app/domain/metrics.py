"""What a success metric says as of an instant: value, grade and pace."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from app.domain.metric_grades import (
    attainment,
    band_of,
    floor_missed,
    grade,
    stretch_reached,
)
from app.domain.metric_pace import ON_PACE_POINTS, Expected, Window, expected
from app.domain.metric_values import Band, Metric, MetricReason, Observation

MOST = 12
"""So many measurements a reading names at most: those that a projection is made of."""
STALE_SHARE = 4
"""A metric is stale when nothing was measured for a fourth of its time,"""
STALE_LEAST = timedelta(days=14)
"""and for so long at least."""


class GateState(StrEnum):
    """Whether a metric that all depends on holds."""

    pending = "pending"
    """Its time has not come."""
    passed = "passed"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a metric says as of an instant; what is not known is None, and `reason` or `pace_reason` says why.

    Attributes:
        seen: the last measurements that count, newest last, one an instant, 12 at most; the last of them is graded.
        attainment: 0 at the baseline value, 1 at the target, unbounded. `grade`: the same within 0 and 1.
        reason: why there is no attainment, or why it is 0 though nothing was measured.
        is_due: the time to measure it has come. `is_final`: nothing that is measured from now on counts.
        pace_gap_points: 100 x (expected - actual attainment): positive is behind.
        stale: nothing was measured for long.
    """

    metric: Metric
    window: Window
    seen: tuple[Observation, ...]
    attainment: Fraction | None
    grade: Fraction | None
    band: Band | None
    overachieved: bool | None
    floor_missed: bool | None
    stretch_reached: bool | None
    reason: MetricReason | None
    is_due: bool
    is_final: bool
    gate: GateState | None
    expected: Expected
    pace_gap_points: Fraction | None
    on_pace: bool | None
    pace_reason: MetricReason | None
    stale: bool

    @property
    def observation(self) -> Observation | None:
        """The measurement that is graded."""
        return self.seen[-1] if self.seen else None


def read(metric: Metric, window: Window, observations: Sequence[Observation], at: datetime) -> Reading:
    """What a metric says as of an instant.

    The last measurement up to the end of the grace period counts. Without any the attainment is unknown; once the
    grace period is over it is 0. O(log measurements).

    Args:
        metric: the metric.
        window: its time, see `metric_pace.window_of`.
        observations: what was measured of it, in canonical order; what lies after `at` is left out.
        at: the data date, aware UTC.
    """
    until = at if window.closed is None else min(at, window.closed)
    seen = _seen(observations, until)
    last = seen[-1] if seen else None
    attained, reason = _attained(metric, window, last, at)
    graded = None if attained is None else grade(attained)
    band = None if graded is None else band_of(graded, metric.commitment)
    ahead = expected(metric, window, at)
    gap = None if ahead.attainment is None or attained is None else 100 * (ahead.attainment - attained)
    missed = None if last is None else floor_missed(metric, last.value)
    is_due = window.due is not None and at >= window.due
    return Reading(
        metric=metric,
        window=window,
        seen=seen,
        attainment=attained,
        grade=graded,
        band=band,
        overachieved=None if last is None or attained is None else attained > 1,
        floor_missed=missed,
        stretch_reached=None if last is None else stretch_reached(metric, last.value),
        reason=reason,
        is_due=is_due,
        is_final=window.closed is not None and at >= window.closed,
        gate=_gate(metric, band, missed) if metric.gate and is_due else GateState.pending if metric.gate else None,
        expected=ahead,
        pace_gap_points=gap,
        on_pace=None if gap is None else gap <= ON_PACE_POINTS,
        pace_reason=None if gap is not None else ahead.reason or reason,
        stale=_is_stale(window, last, at),
    )


def _seen(observations: Sequence[Observation], until: datetime) -> tuple[Observation, ...]:
    """The last measurements up to an instant, oldest first; of several at one instant the last stands."""
    found: dict[datetime, Observation] = {}
    place = bisect_right(observations, until, key=lambda each: each.at)
    while place and len(found) < MOST:
        place -= 1
        each = observations[place]
        if each.is_by(until):
            found.setdefault(each.at, each)
    return tuple(reversed(found.values()))


def _attained(
    metric: Metric, window: Window, last: Observation | None, at: datetime
) -> tuple[Fraction | None, MetricReason | None]:
    if last is not None:
        found = attainment(metric, last.value)
        return found, MetricReason.not_binary if found is None else None
    if window.due is None or window.closed is None or at < window.due:
        return None, MetricReason.not_measured
    if at < window.closed:
        return None, MetricReason.measurement_due
    return Fraction(0), MetricReason.not_measured_in_time


def _gate(metric: Metric, band: Band | None, missed: bool | None) -> GateState:
    """By the floor where the metric has one, else whether it is green; unknown is not failed."""
    if band is None:
        return GateState.pending
    holds = band is Band.green if metric.floor is None else missed is False
    return GateState.passed if holds else GateState.failed


def _is_stale(window: Window, last: Observation | None, at: datetime) -> bool:
    """Whether nothing was measured for long, up to now or up to when it was due."""
    now = at if window.due is None else min(at, window.due)
    since = window.start if last is None else last.at
    if since is None:
        return False
    span = timedelta(0) if window.start is None or window.due is None else window.due - window.start
    return now - since > max(STALE_LEAST, span / STALE_SHARE)
