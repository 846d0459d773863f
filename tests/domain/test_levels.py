"""Which bound a value lies beyond, with and without a record that stands at it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.levels import bound_of, change_of, critical_points, is_worse, level_of, margin_of, step_of
from app.domain.tolerances import Bounds, Level, Measure, Tolerance, Unit


def bounded(lower: Bounds = Bounds(), upper: Bounds = Bounds(), margin: float | None = None) -> Tolerance:  # noqa: B008
    return Tolerance("t", Measure.finish_variance, Unit.working_days, lower=lower, upper=upper, clear_margin=margin)


LATE = bounded(upper=Bounds(10, 20))
TIGHT = bounded(lower=Bounds(5, 0), margin=1)
"""Of the total float, say: warning below 5, breach below 0."""
BOTH = bounded(Bounds(None, -10), Bounds(10, 20))
warning, breach = Level.warning, Level.breach


@pytest.mark.parametrize(
    ("tolerance", "value", "level"),
    [
        (LATE, 10, None),
        (LATE, 10.1, warning),
        (LATE, 20, warning),
        (LATE, 20.1, breach),
        (LATE, -99, None),
        (TIGHT, 5, None),
        (TIGHT, 4.9, warning),
        (TIGHT, 0, warning),
        (TIGHT, -0.1, breach),
        (BOTH, -10, None),
        (BOTH, -10.1, breach),
        (BOTH, 11, warning),
        (bounded(), 99, None),
    ],
)
def test_a_value_beyond_a_bound_and_not_at_it_crosses_it(
    tolerance: Tolerance, value: float, level: Level | None
) -> None:
    assert level_of(tolerance, value) is level


@pytest.mark.parametrize(
    ("tolerance", "held", "value", "level"),
    [
        (LATE, warning, 8.1, warning),
        (LATE, warning, 8, None),
        (LATE, warning, 19, warning),
        (LATE, warning, 20, warning),
        (LATE, breach, 16.1, breach),
        (LATE, breach, 16, warning),
        (LATE, breach, 8.1, warning),
        (LATE, breach, 8, None),
        (TIGHT, breach, 0.9, breach),
        (TIGHT, breach, 1, warning),
        (TIGHT, breach, 6, None),
        (TIGHT, warning, 0.5, warning),
        (BOTH, breach, -8.1, breach),
        (BOTH, breach, -8, None),
    ],
)
def test_what_is_held_is_over_only_a_margin_inside_its_bound(
    tolerance: Tolerance, held: Level, value: float, level: Level | None
) -> None:
    assert level_of(tolerance, value, held) is level


@pytest.mark.parametrize(
    ("tolerance", "bound", "margin"),
    [
        (LATE, 20, 4),
        (bounded(upper=Bounds(0)), 0, 0),
        (bounded(lower=Bounds(-10)), -10, 2),
        (TIGHT, 0, 1),
        (bounded(upper=Bounds(10), margin=30), 10, 30),
    ],
)
def test_the_margin_is_a_fifth_of_the_bound_unless_the_tolerance_has_one(
    tolerance: Tolerance, bound: float, margin: float
) -> None:
    assert margin_of(tolerance, bound) == margin


@pytest.mark.parametrize("margin", [None, 5])
def test_between_two_sides_the_middle_third_is_always_back(margin: float | None) -> None:
    narrow = bounded(Bounds(None, 90), Bounds(96, 200), margin)
    assert [margin_of(narrow, bound) for bound in (90, 96)] == [2, 2]
    assert margin_of(narrow, 200) == (margin or 40)
    assert level_of(narrow, 93, breach) is None


@pytest.mark.parametrize(
    ("tolerance", "value", "level", "bound"),
    [
        (LATE, 15, warning, 10),
        (LATE, 9, warning, 10),
        (LATE, 25, breach, 20),
        (BOTH, -12, breach, -10),
        (BOTH, 22, breach, 20),
        (BOTH, 12, warning, 10),
        (bounded(upper=Bounds(None, 3)), 2, warning, 3),
    ],
)
def test_the_bound_is_that_of_the_level_on_the_side_where_the_value_lies(
    tolerance: Tolerance, value: float, level: Level, bound: float
) -> None:
    assert bound_of(tolerance, value, level) == bound


def test_without_any_bound_there_is_none_to_name() -> None:
    with pytest.raises(ValueError, match="empty"):
        bound_of(bounded(), 1, warning)


@pytest.mark.parametrize(
    ("tolerance", "value", "than", "is_so"),
    [
        (LATE, 13, 12, True),
        (LATE, 12, 12, False),
        (LATE, 11, 12, False),
        (TIGHT, -3, -2, True),
        (TIGHT, 3, -2, False),
        (BOTH, -15, 13, True),
        (BOTH, -12, 13, False),
    ],
)
def test_worse_is_further_beyond_each_on_its_own_side(
    tolerance: Tolerance, value: float, than: float, is_so: bool
) -> None:
    assert is_worse(tolerance, value, than) is is_so


@pytest.mark.parametrize(
    ("tolerance", "value", "since", "change"),
    [
        (LATE, 14, 12, 1),
        (LATE, 13.9, 12, 0),
        (LATE, 12.1, 14, 0),
        (LATE, 12, 14, -1),
        (TIGHT, -3, -2, 0),
        (TIGHT, -9, -2, 1),
        (bounded(upper=Bounds(0)), 12, 10, 0),
        (bounded(upper=Bounds(0)), 15, 10, 1),
        (bounded(upper=Bounds(0)), 8, 10, -1),
        (TIGHT, -2.5, -2, 0),
        (TIGHT, 4, 3, -1),
        (bounded(upper=Bounds(0)), 2.5, 2, 0),
        (bounded(upper=Bounds(0)), 3, 2, 1),
    ],
)
def test_a_change_is_worth_telling_from_a_fifth_of_the_bound_a_unit_and_half_of_what_it_is_beyond_on(
    tolerance: Tolerance, value: float, since: float, change: int
) -> None:
    assert change_of(tolerance, value, since) == change


def test_the_step_is_that_of_the_values_own_side() -> None:
    assert (step_of(LATE, 25), step_of(TIGHT, -1), step_of(bounded(Bounds(-50), Bounds(10)), -70)) == (2, 1, 10)


def test_the_critical_points_are_the_bounds_and_where_each_is_over() -> None:
    assert critical_points(LATE) == (8, 10, 16, 20)
    assert critical_points(BOTH) == (-10, -8, 8, 10, 16, 20)
    assert critical_points(bounded(upper=Bounds(0))) == (0,)


@st.composite
def tolerances(draw: st.DrawFn) -> Tolerance:
    """Bounds of either side, in order, at least one."""
    found = sorted(draw(st.lists(st.integers(-40, 40), min_size=4, max_size=4)))
    is_kept = draw(st.lists(st.booleans(), min_size=4, max_size=4).filter(any))
    lower_breach, lower_warning, upper_warning, upper_breach = (
        float(bound) if kept else None for bound, kept in zip(found, is_kept, strict=True)
    )
    margin = draw(st.none() | st.integers(0, 50))
    return bounded(Bounds(lower_warning, lower_breach), Bounds(upper_warning, upper_breach), margin)


@given(tolerances(), st.floats(-100, 100), st.floats(-100, 100), st.sampled_from([None, *Level]))
def test_between_two_critical_points_nothing_flips(
    tolerance: Tolerance, one: float, other: float, held: Level | None
) -> None:
    low, high = sorted((one, other))
    if not any(low <= point <= high for point in critical_points(tolerance)):
        assert level_of(tolerance, low, held) is level_of(tolerance, high, held)


@given(tolerances(), st.floats(-100, 100), st.sampled_from(list(Level)))
def test_what_is_over_is_not_beyond(tolerance: Tolerance, value: float, held: Level) -> None:
    if level_of(tolerance, value, held) is None:
        assert level_of(tolerance, value) is None
