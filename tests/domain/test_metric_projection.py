"""Where a metric will stand when it is measured, if it goes on as it did."""

from datetime import timedelta
from fractions import Fraction
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.metric_projection import project
from app.domain.metric_values import Metric, MetricReason
from app.domain.metrics import read
from tests.domain.metric_build import START, binary, maintain, numeric, on, reading, seen, window, within


def test_a_line_goes_on_as_it_is_and_its_interval_is_a_point() -> None:
    found = project(reading(numeric(), 10, 15, 20, 25, day=4))
    assert (found.value, found.low, found.high) == (60, 60, 60)
    assert {found.attainment, found.attainment_low, found.attainment_high} == {Fraction(3, 5)}


def test_one_odd_measurement_does_not_turn_the_line() -> None:
    found = project(reading(numeric(), 10, 15, 90, 25, 30, day=5))
    assert found.value == 60
    assert found.low is not None
    assert found.low < 60 < (found.high or 0)


def test_the_interval_by_hand() -> None:
    # Days 0 to 3; slopes 3, 1, 3, 2, 2, 5/3: the median is 2. What is left of the values is 0, 1, 0, 0: 0 in the
    # middle, so that the line says 20 on day 10. With two degrees of freedom s is sqrt(1 / 2), t is 1.8856.
    found = project(reading(numeric(), 0, 3, 4, 6, day=3))
    reach = 1.8856 * sqrt(0.5 * (1 + 1 / 4 + (10 - 1.5) ** 2 / 5))
    assert found.value == pytest.approx(20)
    assert found.high == pytest.approx(20 + reach)
    assert found.low == pytest.approx(20 - reach)


@pytest.mark.parametrize(
    ("metric", "values", "day", "reason"),
    [
        (numeric(), (1, 2, 3), 5, MetricReason.insufficient_data),
        (binary(), (0, 0, 0, 0), 5, MetricReason.not_applicable),
        (numeric(), (1, 2, 3, 4), 10, MetricReason.settled),
    ],
)
def test_where_nothing_can_be_projected_there_is_a_reason(
    metric: Metric, values: tuple[float, ...], day: float, reason: MetricReason
) -> None:
    found = project(reading(metric, *values, day=day))
    assert (found.reason, found.value, found.attainment_low) == (reason, None, None)


def test_without_a_date_to_measure_it_nothing_is_projected() -> None:
    found = project(read(numeric(), window(numeric(), START, None), seen(1, 2, 3, 4), on(5)))
    assert found.reason is MetricReason.no_measure_date


def test_of_many_measurements_the_last_twelve_make_the_trend() -> None:
    metric, values = numeric(), [0.0] * 30 + [float(day) for day in range(12)]
    found = project(read(metric, window(metric, START, on(100)), seen(*values), on(42)))
    assert found.value == pytest.approx(11 + 100 - 41)


@pytest.mark.parametrize(
    ("metric", "values", "attained"),
    [
        (maintain(50, 60, margin=10), (40, 45, 50, 55), (0, 0, 0)),  # 90 on day 10, grown out of the range
        (within(0, 80, 100, margin=40), (10, 20, 30, 40), (0.75, 0.75, 0.75)),  # 110, beyond the range
    ],
)
def test_the_projected_value_may_have_left_the_range(
    metric: Metric, values: tuple[float, ...], attained: tuple[float, ...]
) -> None:
    found = project(reading(metric, *values, day=4))
    told = (found.attainment, found.attainment_low, found.attainment_high)
    assert tuple(None if each is None else max(float(each), 0) for each in told) == attained


def test_an_interval_around_a_range_reaches_all_of_it() -> None:
    found = project(reading(maintain(29.9, 30.1, margin=100), 30, 36, 22, 37, day=4))
    assert found.attainment_high == 1
    assert found.attainment_low is not None
    assert found.attainment_low < 1


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(4, 12))
def test_any_line_is_found(first: float, slope: float, count: int) -> None:
    metric = numeric()
    values = seen(*(first + slope * day for day in range(count)))
    found = project(read(metric, window(metric, START, on(20)), values, on(count)))
    assert found.value is not None
    assert isclose(found.value, first + slope * 20, rel_tol=1e-9, abs_tol=1e-6)


@given(st.lists(st.floats(-1e15, 1e15), min_size=4, max_size=14), st.integers(1, 10**6))
def test_the_interval_holds_the_projected_value_and_is_finite(values: list[float], gap: int) -> None:
    metric = numeric(0.0, 1e-9)
    close = [
        each._replace(at=START + place * timedelta(microseconds=gap)) for place, each in enumerate(seen(*values))
    ]
    found = project(read(metric, window(metric, START, on(70_000)), close, on(1)))
    assert found.low is not None
    assert found.value is not None
    assert found.high is not None
    assert float("-inf") < found.low <= found.value <= found.high < float("inf")
    assert float(found.attainment_high or 0) < float("inf")
