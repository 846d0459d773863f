"""Where a metric will stand when it is measured, if it goes on as it did."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import combinations
from math import fsum, sqrt
from statistics import fmean, median
from typing import NamedTuple

from app.domain.metric_grades import made
from app.domain.metric_values import Metric, MetricKind, MetricReason
from app.domain.metrics import Reading

LEAST = 4
"""So many measurements make a trend at least."""

_DAY = timedelta(days=1)
_T90 = (1.8856, 1.6377, 1.5332, 1.4759, 1.4398, 1.4149, 1.3968, 1.3830, 1.3722)
"""The 0.9 quantile of Student's t for 2, 3 … degrees of freedom."""


class Projection(NamedTuple):
    """The projected value and attainment, each with its 80 % interval; or why there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    attainment: Fraction | None = None
    attainment_low: Fraction | None = None
    attainment_high: Fraction | None = None
    reason: MetricReason | None = None


def project(reading: Reading) -> Projection:
    """The line through the last measurements, where `due` finds it.

    The slope is the median of the slopes between any two of the last 4 to 12 measurements, the line has as many of
    them above as below, so that a single odd one does not turn it. The interval is the prediction interval of a line,
    80 %, from the residuals; of measurements that lie on a line it is a point.

    Source: H. Theil (1950), P. K. Sen, Journal of the American Statistical Association 63 (1968); the interval as in
    N. Draper, H. Smith, Applied Regression Analysis (1998), 3.1, with this line in place of that of least squares.
    """
    metric, due, points = reading.metric, reading.window.due, reading.seen
    reason = None
    if metric.kind is MetricKind.binary:
        reason = MetricReason.not_applicable
    elif due is None:
        reason = MetricReason.no_measure_date
    elif reading.is_due:
        reason = MetricReason.settled
    elif len(points) < LEAST:
        reason = MetricReason.insufficient_data
    if reason is not None or due is None:
        return Projection(reason=reason)
    now = points[-1].at
    value, reach = _line_at((due - now) / _DAY, [((each.at - now) / _DAY, each.value) for each in points])
    told = (value, value - reach, value + reach)
    return Projection(*told, *_attained(metric, told))


def _line_at(then: float, points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """What the line says of `then`, and how far the interval reaches to either side."""
    slope = median((y - x) / (v - u) for (u, x), (v, y) in combinations(points, 2))
    height = median(y - slope * t for t, y in points)
    middle, count = fmean(t for t, _ in points), len(points)
    variance = fsum((y - height - slope * t) ** 2 for t, y in points) / (count - 2)
    spread = fsum((t - middle) ** 2 for t, _ in points)
    reach = _T90[count - LEAST] * sqrt(variance * (1 + 1 / count + (then - middle) ** 2 / spread))
    return height + slope * then, reach


def _attained(metric: Metric, values: tuple[float, float, float]) -> tuple[Fraction, Fraction, Fraction]:
    """Attainment at the projected value, and the least and the most within its interval."""
    found = [made(metric, each) for each in values]
    if metric.kind in {MetricKind.range, MetricKind.maintain}:
        # Within a range attainment is highest: an interval that reaches around an end of it contains that, too.
        ends = (each for each in (metric.low, metric.high) if each is not None and values[1] <= each <= values[2])
        found += [made(metric, each) for each in ends]
    return found[0], min(found), max(found)
