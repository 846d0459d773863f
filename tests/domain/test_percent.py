"""Planned and actual percent complete."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.plan import WeightBasis
from tests.domain.builders import (
    WEEK,
    activity,
    event,
    measure,
    milestone,
    percents,
)


def test_a_milestone_counts_once_its_day_is_over() -> None:
    plan = [milestone("a", "2024-05-07"), milestone("b", "2024-05-09")]
    assert percents(measure(plan, plan, [], "2024-05-09T00:00:00Z")) == (50.0, 0.0)
    assert percents(measure(plan, plan, [event("completed", "2024-05-01", "b")], "2024-05-10T00:00:00Z")) == (
        100.0,
        50.0,
    )
    start = [milestone("s", start="2024-05-09")]
    begun = [event("started", "2024-05-09T00:00:00Z", "s")]
    assert percents(measure(start, start, begun, "2024-05-09T00:00:00Z")) == (100.0, 100.0)


def test_an_activity_runs_linearly_in_working_time() -> None:
    assert percents(measure([WEEK], [WEEK], [], "2024-05-05")) == (0.0, 0.0)
    assert percents(measure([WEEK], [WEEK], [], "2024-05-07T12:00:00Z")) == (30.0, 0.0)
    assert percents(measure([WEEK], [WEEK], [], "2024-05-12")) == (100.0, 0.0)
    for odd, expected in [
        (activity("m", None, "2024-05-07"), 100.0),
        (activity("m", "2024-05-01"), 0.0),
        (activity("m", "2024-05-09", "2024-05-07"), 100.0),
    ]:
        assert percents(measure([odd], [odd], [], "2024-05-09")) == (expected, 0.0)
    backwards = activity("m", "2024-05-12", "2024-05-10")
    assert percents(measure([backwards], [backwards], [], "2024-05-09")) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"percent_complete": 33.35}, 33.4),
        ({"percent_complete": 40, "remaining_minutes": 0}, 40.0),
        ({"remaining_minutes": 600}, 75.0),
        ({"remaining_minutes": 4800}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_actual_percent_of_an_activity(data: dict[str, Any], expected: float) -> None:
    events = [event("progressed", "2024-05-05", **data)]
    assert percents(measure([WEEK], [WEEK], events, "2024-05-06"))[1] == expected


def test_remaining_says_nothing_without_a_duration() -> None:
    plan = [activity("m", None, "2024-05-10")]
    events = [event("progressed", "2024-05-06", remaining_minutes=10)]
    assert percents(measure(plan, plan, events, "2024-05-06")) == (0.0, 0.0)


def test_progress_of_a_milestone_is_none_before_it_is_reached() -> None:
    plan = [milestone("m", "2024-05-10")]
    events = [event("progressed", "2024-05-06", percent_complete=90)]
    assert percents(measure(plan, plan, events, "2024-05-06")) == (0.0, 0.0)


def test_weights_come_from_the_baseline_and_its_surviving_scope() -> None:
    base = [
        replace(WEEK, weight=3.0),
        milestone("a", "2024-05-01", weight=1.0),
        milestone("b", "2024-05-01", weight=9.0),
    ]
    now = [replace(WEEK, weight=1.0), base[1], base[2], milestone("new", "2024-05-01", weight=99.0)]
    events = [
        event("completed", "2024-05-01", "a"),
        event("completed", "2024-05-01", "new"),
        event("cancelled", "2024-05-01", "b"),
    ]
    for basis, expected in [
        (WeightBasis.weight, (25.0, 25.0)),
        (WeightBasis.equal, (50.0, 50.0)),
        (WeightBasis.duration, (0.0, 0.0)),
    ]:
        assert percents(measure(now, base, events, "2024-05-06T00:00:00Z", weight_basis=basis)) == expected
    assert percents(measure(base[1:], base[1:], events, "2024-05-06", weight_basis=WeightBasis.duration)) == (
        None,
        None,
    )


def test_rounding_is_half_to_even_and_last() -> None:
    plan = [milestone(f"m{n}", "2024-05-10") for n in range(16)]
    assert percents(measure(plan, plan, [event("completed", "2024-05-01", "m1")], "2024-05-02")) == (0.0, 6.2)
