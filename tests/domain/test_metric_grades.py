"""What a measured value is worth: published grades, every kind by hand, and what holds for any numbers."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.metric_grades import attainment, band_of, floor_missed, grade, stretch_reached
from app.domain.metric_scores import Graded, score
from app.domain.metric_values import Band, Commitment, Direction, Metric
from tests.domain.metric_build import binary, count, maintain, numeric, within
from tests.domain.shared import shared_json


def test_the_grades_of_key_results_are_the_published_ones() -> None:
    case = shared_json("oracles/cases/metrics-okr-grading.json")
    members = []
    for number, told in enumerate(case["inputs"]["key_results"]):
        is_binary = told.get("binary", False)
        metric = binary() if is_binary else numeric(told["baseline"], told["target"])
        found = attainment(metric, float(told["achieved"] if is_binary else told["actual"]))
        assert found is not None
        members.append(Graded(f"kr{number}", told["weight"], grade(found)))
    assert [float(each.grade or 0) for each in members] == case["expected"]["grades"]
    found_score = score(members)
    assert float(found_score.value or 0) == case["expected"]["objective"]
    assert found_score.band == case["expected"]["band"]


@pytest.mark.parametrize(
    ("metric", "value", "attained"),
    [
        (numeric(20, 70), 45, 0.5),
        (numeric(20, 70), 10, -0.2),
        (numeric(20, 70), 80, 1.2),
        (numeric(400, 300), 350, 0.5),
        (numeric(400, 300), 420, -0.2),
        (numeric(400, 300), 280, 1.2),
        (numeric(-10, 10), 0, 0.5),
        (count(6), 3, 0.5),
        (count(6), 9, 1.5),
        (binary(), 1, 1),
        (binary(), 0, 0),
        (binary(), 0.5, None),
        (maintain(99.5), 99.5, 1),
        (maintain(99.5), 99.4, 0),
        (maintain(99.5, margin=0.5), 99.4, 0.8),
        (maintain(99.5, margin=0.5), 98.5, -1),
        (maintain(None, 200, margin=50), 225, 0.5),
        (maintain(10, 20, margin=10), 15, 1),
        (maintain(10, 20, margin=10), 25, 0.5),
        (within(0, 10, 20, margin=5), 5, 0.5),
        (within(0, 10, 20, margin=5), 10, 1),
        (within(0, 10, 20, margin=5), 20, 1),
        (within(0, 10, 20, margin=5), 22, 0.6),
        (within(0, 10, 20), 20.1, 0),
        (within(0, 10, 20), -5, -0.5),
        (within(40, 10, 20, margin=5), 30, 0.5),
        (within(40, 10, 20, margin=5), 9, 0.8),
    ],
)
def test_attainment_by_hand(metric: Metric, value: float, attained: float | None) -> None:
    found = attainment(metric, value)
    assert (None if found is None else float(found)) == attained


def test_attainment_is_exact_in_decimals() -> None:
    found = attainment(numeric(0.1, 0.4), 0.31)
    assert (found, band_of(found or Fraction(0))) == (Fraction(7, 10), Band.green)


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        (numeric(20, 70), Direction.up),
        (numeric(70, 20), Direction.down),
        (count(), Direction.up),
        (binary(), Direction.up),
        (within(0, 10, 20), Direction.up),
        (within(40, 10, 20), Direction.down),
        (maintain(1), Direction.inside),
    ],
)
def test_where_better_lies_is_implied(metric: Metric, direction: Direction) -> None:
    assert metric.direction is direction


@pytest.mark.parametrize(
    ("graded", "aspirational", "committed"),
    [
        (0.0, "red", "red"),
        (0.3999, "red", "red"),
        (0.4, "amber", "amber"),
        (0.6999, "amber", "amber"),
        (0.7, "green", "amber"),
        (0.9999, "green", "amber"),
        (1.0, "green", "green"),
    ],
)
def test_bands_are_half_open_and_what_is_committed_is_green_only_when_reached(
    graded: float, aspirational: str, committed: str
) -> None:
    told = Fraction(str(graded))
    assert (band_of(told), band_of(told, Commitment.committed)) == (aspirational, committed)


@pytest.mark.parametrize(
    ("metric", "value", "missed", "stretched"),
    [
        (numeric(0, 100, floor=50.0, stretch=120.0), 49.9, True, False),
        (numeric(0, 100, floor=50.0, stretch=120.0), 50, False, False),
        (numeric(0, 100, floor=50.0, stretch=120.0), 120, False, True),
        (numeric(100, 0, floor=50.0, stretch=-10.0), 51, True, False),
        (numeric(100, 0, floor=50.0, stretch=-10.0), 50, False, False),
        (numeric(100, 0, floor=50.0, stretch=-10.0), -10, False, True),
        (numeric(0, 100), 0, None, None),
        (binary(), 1, None, None),
    ],
)
def test_floor_and_stretch(metric: Metric, value: float, missed: bool | None, stretched: bool | None) -> None:
    assert (floor_missed(metric, value), stretch_reached(metric, value)) == (missed, stretched)


def test_the_grade_stays_within_0_and_1() -> None:
    assert [grade(attainment(numeric(), value) or Fraction(0)) for value in (-20, 50, 120)] == [0, Fraction(1, 2), 1]


# --- properties

numbers = st.floats(-1e15, 1e15, allow_nan=False)


@given(numbers, numbers, numbers, numbers)
def test_a_better_value_never_attains_less(baseline: float, target: float, one: float, other: float) -> None:
    assume(abs(target - baseline) >= 1e-9)
    metric = numeric(baseline, target)
    worse, better = sorted((one, other), reverse=metric.direction is Direction.down)
    first, second = attainment(metric, worse), attainment(metric, better)
    assert first is not None
    assert second is not None
    assert first <= second
    assert grade(first) <= grade(second)


@given(numbers, numbers, numbers)
def test_turning_all_values_round_changes_no_attainment(baseline: float, target: float, value: float) -> None:
    assume(abs(target - baseline) >= 1e-9)
    assert attainment(numeric(baseline, target), value) == attainment(numeric(-baseline, -target), -value)


@given(st.floats(-100, 100), st.floats(-100, 100))
def test_a_level_is_held_as_well_above_its_middle_as_below(distance: float, margin: float) -> None:
    metric = maintain(-10, 10, abs(margin))
    assert attainment(metric, distance) == attainment(metric, -distance)


@given(st.floats(-200, 200))
def test_a_range_is_worth_most_inside(value: float) -> None:
    found = attainment(within(0, 50, 80, margin=20), value)
    assert found is not None
    assert (found == 1) == (50 <= value <= 80)
    assert found <= 1
