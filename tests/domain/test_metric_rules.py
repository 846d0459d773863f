"""What is wrong with a metric as it is defined."""

from datetime import date

import pytest

from app.domain.metric_rules import check, wrongs_of
from app.domain.metric_values import Metric, MetricKind, Point, Trajectory, TrajectoryShape
from tests.domain.metric_build import binary, count, maintain, numeric, on, within

WAY = (Point(on(2), 0.1), Point(on(8), 0.5))
ONE_DAY = Point(date(2024, 1, 2), 0.1)


def stepping(*points: Point) -> Metric:
    return numeric(trajectory=Trajectory(TrajectoryShape.step, points))


@pytest.mark.parametrize(
    "metric",
    [
        numeric(20, 70, floor=10.0, stretch=70.0),
        numeric(70, 20, floor=70.0, stretch=10.0),
        count(6, floor=2.0, stretch=7.0),
        binary(gate=True),
        within(0, 10, 10),
        maintain(99.5),
        maintain(None, 200, margin=1e-9),
        maintain(10, 20, baseline_value=5.0),
        numeric(start_at=on(1), measure_at=on(2)),
        numeric(start_at=date(2024, 1, 1), measure_at=date(2024, 1, 1)),
        numeric(start_at=date(2024, 1, 2), measure_at=on(0)),
        numeric(trajectory=Trajectory(TrajectoryShape.points, WAY)),
        stepping(*WAY),
        numeric(trajectory=Trajectory(TrajectoryShape.s_curve)),
    ],
)
def test_a_sound_metric_has_nothing_wrong(metric: Metric) -> None:
    assert wrongs_of(metric) == ()


@pytest.mark.parametrize(
    ("metric", "field", "code"),
    [
        (Metric("m", "M", baseline_value=1.0), "target", "needed"),
        (Metric("m", "M", target=1.0), "baseline_value", "needed"),
        (Metric("m", "M", MetricKind.counted), "target", "needed"),
        (Metric("m", "M", MetricKind.range, baseline_value=0.0, low=1.0), "high", "needed"),
        (Metric("m", "M", MetricKind.maintain), "low", "needed"),
        (binary(target=1.0), "target", "not_applicable"),
        (binary(target=0.0), "target", "not_applicable"),
        (binary(margin=1.0), "margin", "not_applicable"),
        (numeric(low=1.0), "low", "not_applicable"),
        (maintain(1, floor=1.0), "floor", "not_applicable"),
        (count(6, baseline_value=1.0), "baseline_value", "not_applicable"),
        (numeric(5, 5), "target", "equals_baseline"),
        (numeric(0, 5e-324), "target", "equals_baseline"),
        (count(0), "target", "not_positive"),
        (count(-1), "target", "not_positive"),
        (numeric(0, 100, floor=101.0), "floor", "beyond_target"),
        (numeric(100, 0, floor=-1.0), "floor", "beyond_target"),
        (numeric(0, 100, stretch=99.0), "stretch", "short_of_target"),
        (numeric(100, 0, stretch=1.0), "stretch", "short_of_target"),
        (within(0, 20, 10), "high", "empty_range"),
        (maintain(20, 10), "high", "empty_range"),
        (within(15, 10, 20), "baseline_value", "inside_range"),
        (within(20, 10, 20), "baseline_value", "inside_range"),
        (maintain(1, margin=1e-10), "margin", "too_small"),
        (numeric(start_at=on(2), measure_at=on(2)), "measure_at", "not_after_start"),
        (numeric(start_at=date(2024, 1, 2), measure_at=date(2024, 1, 1)), "measure_at", "not_after_start"),
        (numeric(trajectory=Trajectory(TrajectoryShape.linear, WAY)), "trajectory/points", "not_applicable"),
        (numeric(trajectory=Trajectory(TrajectoryShape.points)), "trajectory/points", "needed"),
        (stepping(*WAY[::-1]), "trajectory/points/1/at", "not_in_order"),
        (stepping(WAY[0], WAY[0]), "trajectory/points/1/at", "not_in_order"),
        (stepping(ONE_DAY, ONE_DAY), "trajectory/points/1/at", "not_in_order"),
    ],
)
def test_what_is_wrong_is_named_where_it_is(metric: Metric, field: str, code: str) -> None:
    (wrong,) = wrongs_of(metric)
    assert (wrong.field, wrong.code) == (field, code)


def test_a_metric_of_a_document_is_checked_in_its_own_form() -> None:
    body = {"name": "M", "kind": "numeric", "baseline_value": 1.0, "target": 1.0}
    assert [wrong.code for wrong in check(None, "m", body)] == ["equals_baseline"]
