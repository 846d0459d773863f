"""What a trajectory expects by when."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.metric_pace import expected, turns, window_of
from app.domain.metric_values import Metric, MetricReason, Point, Trajectory, TrajectoryShape
from tests.domain.builders import BERLIN, instant
from tests.domain.metric_build import DUE, START, binary, count, maintain, numeric, on, window, within

S_CURVE, STEP = Trajectory(TrajectoryShape.s_curve), Trajectory(TrajectoryShape.step)
WAY = (Point(on(2), 0.1), Point(on(8), 0.5))


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (numeric(), [0, 0.2, 0.5, 0.8, 1, 1]),
        (count(), [0, 0.2, 0.5, 0.8, 1, 1]),
        (within(0, 10, 20), [0, 0.2, 0.5, 0.8, 1, 1]),
        (numeric(trajectory=S_CURVE), [0, 0.104, 0.5, 0.896, 1, 1]),
        (numeric(trajectory=STEP), [0, 0, 0, 0, 1, 1]),
        (numeric(trajectory=Trajectory(TrajectoryShape.step, WAY)), [0, 0.1, 0.1, 0.5, 1, 1]),
        (numeric(trajectory=Trajectory(TrajectoryShape.points, WAY)), [0, 0.1, 0.3, 0.5, 1, 1]),
        (binary(), [0, 0, 0, 0, 1, 1]),
        (binary(trajectory=Trajectory()), [0, 0.2, 0.5, 0.8, 1, 1]),
        (maintain(1), [1, 1, 1, 1, 1, 1]),
    ],
)
def test_trajectories_by_hand(metric: Metric, told: list[float]) -> None:
    found = [expected(metric, window(metric), on(day)).attainment for day in (0, 2, 5, 8, 10, 20)]
    assert [None if each is None else float(each) for each in found] == told


def test_points_outside_of_the_time_of_a_metric_do_not_count() -> None:
    way = Trajectory(TrajectoryShape.points, (Point(on(-1), 0.9), *WAY, Point(on(11), 0.6)))
    metric, plain = numeric(trajectory=way), numeric(trajectory=Trajectory(TrajectoryShape.points, WAY))
    for day in range(11):
        assert expected(metric, window(metric), on(day)) == expected(plain, window(plain), on(day))


@pytest.mark.parametrize(
    ("start", "due", "day", "reason"),
    [
        (START, DUE, -1, MetricReason.not_begun),
        (None, DUE, 5, MetricReason.no_start_date),
        (START, None, 5, MetricReason.no_measure_date),
        (None, DUE, 10, None),
        (DUE, START, 0, None),
    ],
)
def test_where_nothing_is_expected_there_is_a_reason(
    start: object, due: object, day: int, reason: MetricReason | None
) -> None:
    found = expected(numeric(), window(numeric(), start, due), on(day))  # type: ignore[arg-type]
    assert (found.reason, found.attainment) == (reason, None if reason else 1)


def test_days_begin_and_end_in_their_zone() -> None:
    metric = numeric(
        start_at=date(2024, 3, 30),
        measure_at=date(2024, 3, 31),  # an hour shorter: the clocks go forward
        grace_minutes=60,
        trajectory=Trajectory(TrajectoryShape.points, (Point(date(2024, 3, 30), 0.5),)),
    )
    found = window_of(metric, BERLIN, None, None)
    assert found.start == instant("2024-03-29T23:00:00Z")
    assert (found.due, found.closed) == (instant("2024-03-31T22:00:00Z"), instant("2024-03-31T23:00:00Z"))
    assert found.points == ((instant("2024-03-30T23:00:00Z"), Fraction(1, 2)),)


def test_the_dates_of_a_metric_itself_go_before_those_it_is_given() -> None:
    own = numeric(start_at=on(1), measure_at=on(3))
    assert window(own)[:2] == (on(1), on(3))
    assert window(numeric())[:2] == (START, DUE)


def test_turns_are_all_instants_at_which_the_expectation_may_bend() -> None:
    metric = numeric(trajectory=Trajectory(TrajectoryShape.points, WAY), grace_minutes=1440)
    assert turns(window(metric)) == (START, on(2), on(8), DUE, on(11))
    assert turns(window(numeric(), None, None)) == ()


shapes = st.one_of(
    st.builds(Trajectory, st.sampled_from([TrajectoryShape.linear, TrajectoryShape.s_curve, TrajectoryShape.step])),
    st.lists(st.tuples(st.integers(-2, 12), st.floats(0, 1)), min_size=1, max_size=5).map(
        lambda found: Trajectory(
            TrajectoryShape.points,
            tuple(
                Point(on(day), share)
                for day, share in zip(
                    sorted(day for day, _ in found), sorted(share for _, share in found), strict=True
                )
            ),
        )
    ),
)


@given(shapes, st.integers(0, 14 * 1440), st.integers(0, 1440))
def test_what_is_expected_never_shrinks_where_no_point_says_so(way: Trajectory, minutes: int, later: int) -> None:
    metric = numeric(trajectory=way)
    time = window(metric)
    at = START + timedelta(minutes=minutes)
    first, second = (expected(metric, time, each).attainment for each in (at, at + timedelta(minutes=later)))
    assert first is not None
    assert second is not None
    assert 0 <= first <= second <= 1
