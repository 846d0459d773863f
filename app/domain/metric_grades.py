"""What a measured value is worth: attainment, grade, band, floor and stretch.

After the grading of objectives and key results: Google re:Work, Set goals with OKRs; J. Doerr, Measure What Matters
(2018). Their published bands leave gaps; ours are half-open.
"""

from fractions import Fraction

from app.domain.metric_values import Band, Commitment, Direction, Metric, MetricKind, exact

AMBER, GREEN = Fraction(4, 10), Fraction(7, 10)
_NOTHING, _ALL = Fraction(0), Fraction(1)


def attainment(metric: Metric, value: float) -> Fraction | None:
    """How much of the way was made: 0 at the baseline value, 1 at the target; below and above, too.

    `numeric`: (x - baseline) / (target - baseline), the same formula where lower is better. `count`: x / target.
    `range`: the same way to its nearer end, 1 inside, and beyond the other end linearly to 0 at `margin`.
    `maintain`: 1 inside, outside linearly to 0 at `margin`. `binary`: 0 or 1; None: neither of the two.
    """
    if metric.kind is not MetricKind.binary:
        return made(metric, value)
    return Fraction(value) if value in {0, 1} else None


def made(metric: Metric, value: float) -> Fraction:
    """Attainment of any kind but `binary`."""
    x = exact(value)
    if metric.kind is MetricKind.maintain:
        return _inside(metric, x)
    base, aim = _way(metric)
    found = (x - base) / (aim - base)
    return _inside(metric, x) if metric.kind is MetricKind.range and found > 1 else found


def _way(metric: Metric) -> tuple[Fraction, Fraction]:
    """From where to where: the target, or the end of the range that is nearer to the baseline value."""
    base = 0.0 if metric.kind is MetricKind.counted else metric.baseline_value
    aim = metric.target
    if metric.kind is MetricKind.range:
        aim = metric.high if metric.direction is Direction.down else metric.low
    assert base is not None
    assert aim is not None
    return exact(base), exact(aim)


def _inside(metric: Metric, x: Fraction) -> Fraction:
    """1 inside the range, outside less with the distance from it."""
    below = _NOTHING if metric.low is None else exact(metric.low) - x
    above = _NOTHING if metric.high is None else x - exact(metric.high)
    distance = max(below, above)
    if distance <= 0:
        return _ALL
    return 1 - distance / exact(metric.margin) if metric.margin else _NOTHING


def grade(attained: Fraction) -> Fraction:
    """Attainment within 0 and 1."""
    return min(max(attained, _NOTHING), _ALL)


def band_of(graded: Fraction, commitment: Commitment = Commitment.aspirational) -> Band:
    """Red below 0.4, amber below 0.7, else green; what is committed is green only at 1."""
    if graded < AMBER:
        return Band.red
    return Band.green if graded >= (_ALL if commitment is Commitment.committed else GREEN) else Band.amber


def floor_missed(metric: Metric, value: float) -> bool | None:
    """Whether the value is worse than the floor; None: it has none."""
    return None if metric.floor is None else _further(metric, metric.floor, value) > 0


def stretch_reached(metric: Metric, value: float) -> bool | None:
    """Whether the value is the stretch value or better; None: it has none."""
    return None if metric.stretch is None else _further(metric, metric.stretch, value) <= 0


def _further(metric: Metric, than: float, value: float) -> Fraction:
    """By how much one value is better than another."""
    gain = exact(than) - exact(value)
    return -gain if metric.direction is Direction.down else gain
