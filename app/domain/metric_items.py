"""Metrics as items that tolerances judge: how far each is behind its pace."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.domain.items import Item, ItemValue
from app.domain.measures import Reason
from app.domain.metric_pace import Window, turns
from app.domain.metric_values import Metric, MetricReason, Observation
from app.domain.metrics import Reading, read
from app.domain.moments import format_instant

_REASONS: Mapping[MetricReason | None, Reason] = MappingProxyType(
    {
        MetricReason.not_begun: Reason.not_started,
        MetricReason.no_start_date: Reason.no_planned_date,
        MetricReason.no_measure_date: Reason.no_planned_date,
    }
)


def items(metrics: Iterable[tuple[Metric, Window]], observations: Mapping[str, Sequence[Observation]]) -> list[Item]:
    """The items of the measure `metric_gap_points`, one a metric.

    Args:
        metrics: each with its time.
        observations: what was measured of each, by key, in canonical order; what lies ahead counts from then on.
    """
    return [_item(metric, window, observations.get(metric.key, ())) for metric, window in metrics]


def _item(metric: Metric, window: Window, observations: Sequence[Observation]) -> Item:
    def value_at(at: datetime) -> ItemValue:
        return _value(read(metric, window, observations, at))

    later = {each.at for each in observations}
    return Item(f"metrics/{metric.key}", None, metric.owner, value_at, tuple(sorted(later.union(turns(window)))))


def _value(reading: Reading) -> ItemValue:
    gap, last = reading.pace_gap_points, reading.observation
    return ItemValue(
        value=None if gap is None else float(gap),
        reason=None if gap is not None else _REASONS.get(reading.pace_reason, Reason.insufficient_data),
        operands=_operands(reading),
        events=() if last is None else (last.identity,),
        summary=_summary(reading),
        is_final=reading.is_final,
    )


def _operands(reading: Reading) -> dict[str, Any]:
    metric, last, due = reading.metric, reading.observation, reading.window.due
    return {
        "value": None if last is None else last.value,
        "unit": metric.unit,
        "target": metric.target,
        "attainment": told(reading.attainment),
        "expected_attainment": told(reading.expected.attainment),
        "measured_at": None if last is None else format_instant(last.at),
        "measure_at": None if due is None else format_instant(due),
        "reason": reading.reason and str(reading.reason),
    }


def told(share: Any) -> float | None:
    """A share as it is on the wire: to six decimals."""
    return None if share is None else round(float(share), 6)


def _summary(reading: Reading) -> str:
    key, gap = reading.metric.key, reading.pace_gap_points
    if gap is None:
        return f"{key} has no pace to be held against"
    if reading.reason is MetricReason.not_measured_in_time:
        return f"{key} was not measured in time"
    points = f"{abs(round(float(gap), 1)):g} points"
    if reading.is_due:
        return f"{key} missed its target by {points}" if gap > 0 else f"{key} reached its target"
    return f"{key} is {points} {'behind' if gap > 0 else 'ahead of'} its pace" if gap else f"{key} is on its pace"
