"""What is wrong with a metric as it is defined."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from app.domain.metric_values import Direction, Metric, MetricKind, TrajectoryShape, metric_of
from app.domain.moments import Moment
from app.domain.part_values import Wrong

LEAST_STEP = 1e-9
"""The least distance that attainment is measured over; smaller ones are taken for mistakes."""

_USED: dict[MetricKind, frozenset[str]] = {
    MetricKind.numeric: frozenset({"baseline_value", "target", "floor", "stretch"}),
    MetricKind.binary: frozenset(),
    MetricKind.range: frozenset({"baseline_value", "low", "high", "margin"}),
    MetricKind.maintain: frozenset({"baseline_value", "low", "high", "margin"}),
    MetricKind.counted: frozenset({"target", "floor", "stretch"}),
}
_NEEDED: dict[MetricKind, tuple[str, ...]] = {
    MetricKind.numeric: ("baseline_value", "target"),
    MetricKind.range: ("baseline_value", "low", "high"),
    MetricKind.counted: ("target",),
}
_UNUSED: dict[str, tuple[float | None, ...]] = {
    **dict.fromkeys(("baseline_value", "target", "floor", "stretch", "low", "high"), (None,)),
    "margin": (0.0,),
}
"""The values that a metric may have, and what they are where a kind does not use them."""


def wrongs_of(metric: Metric) -> tuple[Wrong, ...]:
    """Everything that is wrong with a metric by itself; empty when it is sound.

    Checked: the values that its kind needs and no others, a target that differs from the baseline value, floor and
    stretch on their sides of the target, a range with an inside, dates and points of a trajectory in order.
    """
    shape = tuple(_of_fields(metric))
    return shape or (*_of_values(metric), *_of_dates(metric))


def _of_fields(metric: Metric) -> Iterable[Wrong]:
    kind = metric.kind
    for name in _NEEDED.get(kind, ()):
        if getattr(metric, name) is None:
            yield Wrong(name, "needed", f"is needed for a metric of kind {kind}")
    for name, unused in _UNUSED.items():
        if name not in _USED[kind] and getattr(metric, name) not in unused:
            yield Wrong(name, "not_applicable", f"has no meaning for a metric of kind {kind}")
    if kind is MetricKind.maintain and metric.low is None and metric.high is None:
        yield Wrong("low", "needed", "low, high or both are needed for a metric of kind maintain")


def _of_values(metric: Metric) -> Iterable[Wrong]:
    if metric.low is not None and metric.high is not None and metric.low > metric.high:
        yield Wrong("high", "empty_range", "must not be below low")
    if 0 < metric.margin < LEAST_STEP:
        yield Wrong("margin", "too_small", "must be 0 or at least 1e-9")
    if metric.kind is MetricKind.range:
        yield from _of_range(metric)
    if metric.target is not None:
        yield from _of_target(metric, metric.target)


def _of_range(metric: Metric) -> Iterable[Wrong]:
    base, low, high = metric.baseline_value, metric.low, metric.high
    assert base is not None
    assert low is not None
    assert high is not None
    if low - LEAST_STEP < base < high + LEAST_STEP:
        yield Wrong("baseline_value", "inside_range", "must lie outside of low and high; to stay there is maintain")


def _of_target(metric: Metric, target: float) -> Iterable[Wrong]:
    base = metric.baseline_value if metric.kind is MetricKind.numeric else 0.0
    assert base is not None
    if metric.kind is MetricKind.counted and target < LEAST_STEP:
        yield Wrong("target", "not_positive", "must be greater than 0 for a metric of kind count")
        return
    if abs(target - base) < LEAST_STEP:
        yield Wrong("target", "equals_baseline", "must differ from baseline_value; to hold a level is maintain")
        return
    sign = -1 if metric.direction is Direction.down else 1
    if metric.floor is not None and sign * metric.floor > sign * target:
        yield Wrong("floor", "beyond_target", "must not be better than the target")
    if metric.stretch is not None and sign * metric.stretch < sign * target:
        yield Wrong("stretch", "short_of_target", "must not be worse than the target")


def _of_dates(metric: Metric) -> Iterable[Wrong]:
    start, due = metric.start_at, metric.measure_at
    if start is not None and due is not None and _surely_not_before(start, due):
        yield Wrong("measure_at", "not_after_start", "must be later than start_at")
    drawn = metric.trajectory
    if drawn is None:
        return
    if drawn.points and drawn.shape in {TrajectoryShape.linear, TrajectoryShape.s_curve}:
        yield Wrong("trajectory/points", "not_applicable", f"a trajectory of shape {drawn.shape} has no points")
    if drawn.shape is TrajectoryShape.points and not drawn.points:
        yield Wrong("trajectory/points", "needed", "are needed for a trajectory of shape points")
    for place, (former, later) in enumerate(pairwise(drawn.points), 1):
        if _surely_not_before(former.at, later.at) or former.at == later.at:
            yield Wrong(f"trajectory/points/{place}/at", "not_in_order", "must be later than the point before")


def _surely_not_before(first: Moment, second: Moment) -> bool:
    """Whether they are of one precision and the first does not begin before the second ends."""
    if isinstance(first, datetime) != isinstance(second, datetime):
        return False
    return first >= second if isinstance(first, datetime) else first > second


def check(_: object, key: str, body: Mapping[str, Any]) -> tuple[Wrong, ...]:
    """Everything that is wrong with a metric in the form of a document, whatever it is part of."""
    return wrongs_of(metric_of(key, body))
