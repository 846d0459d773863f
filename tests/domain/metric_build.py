"""Short ways to say metrics, their time, and what they were measured at."""

from datetime import datetime, timedelta
from typing import Any

from app.domain.metric_pace import Window, window_of
from app.domain.metric_values import Metric, MetricKind, Observation
from app.domain.metrics import Reading, read
from tests.domain.builders import ALWAYS, instant

START, DUE = instant("2024-01-01"), instant("2024-01-11")
DAY = timedelta(days=1)


def numeric(baseline: float = 0.0, target: float = 100.0, **more: Any) -> Metric:
    return Metric("m", "M", baseline_value=baseline, target=target, **more)


def count(target: float = 6.0, **more: Any) -> Metric:
    return Metric("m", "M", MetricKind.counted, target=target, **more)


def binary(**more: Any) -> Metric:
    return Metric("m", "M", MetricKind.binary, **more)


def within(baseline: float, low: float, high: float, margin: float = 0.0, **more: Any) -> Metric:
    return Metric("m", "M", MetricKind.range, baseline_value=baseline, low=low, high=high, margin=margin, **more)


def maintain(low: float | None, high: float | None = None, margin: float = 0.0, **more: Any) -> Metric:
    return Metric("m", "M", MetricKind.maintain, low=low, high=high, margin=margin, **more)


def window(metric: Metric, start: datetime | None = START, due: datetime | None = DUE) -> Window:
    """The time of a metric that says nothing of it: ten days."""
    return window_of(metric, ALWAYS, start, due)


def seen(*values: float, first: float = 0.0) -> list[Observation]:
    """One measurement a day, the first so many days after the start."""
    return [Observation(START + (first + day) * DAY, value, ("s", f"o{day}")) for day, value in enumerate(values)]


def on(day: float) -> datetime:
    """The instant so many days after the start."""
    return START + day * DAY


def reading(metric: Metric, *values: float, day: float = 5.0) -> Reading:
    """What the metric says so many days after its start, measured daily from then on."""
    return read(metric, window(metric), seen(*values), on(day))
