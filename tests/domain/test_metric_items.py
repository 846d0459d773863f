"""Metrics as items that tolerances judge: the gap to their pace, now and if nothing more is heard."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.items import Item
from app.domain.measures import Reason
from app.domain.metric_items import items
from app.domain.metric_values import Metric, Observation, Point, Trajectory, TrajectoryShape
from tests.domain.metric_build import DAY, DUE, START, binary, maintain, numeric, on, seen, window


def item(metric: Metric, *values: float, start: datetime | None = START, due: datetime | None = DUE) -> Item:
    (found,) = items([(metric, window(metric, start, due))], {"m": seen(*values)})
    return found


def test_an_item_says_how_far_the_metric_is_behind_its_pace_and_from_what() -> None:
    found = item(numeric(unit="%", owner="ann"), 30)
    value = found.value_at(on(5))
    assert (found.about, found.milestone, found.owner) == ("metrics/m", None, "ann")
    assert (value.value, value.reason, value.events, value.is_final) == (20, None, (("s", "o0"),), False)
    assert value.operands == {
        "value": 30,
        "unit": "%",
        "target": 100,
        "attainment": 0.3,
        "expected_attainment": 0.5,
        "measured_at": "2024-01-01T00:00:00Z",
        "measure_at": "2024-01-11T00:00:00Z",
        "reason": None,
    }


@pytest.mark.parametrize(
    ("metric", "values", "day", "summary"),
    [
        (numeric(), [38], 5, "m is 12 points behind its pace"),
        (numeric(), [57.55], 5, "m is 7.5 points ahead of its pace"),
        (numeric(), [50], 5, "m is on its pace"),
        (numeric(), [88], 10, "m missed its target by 12 points"),
        (numeric(), [100], 11, "m reached its target"),
        (numeric(), [], 10, "m was not measured in time"),
        (numeric(), [], 5, "m has no pace to be held against"),
    ],
)
def test_the_sentence(metric: Metric, values: list[float], day: float, summary: str) -> None:
    assert item(metric, *values).value_at(on(day)).summary == summary


@pytest.mark.parametrize(
    ("metric", "values", "start", "due", "reason"),
    [
        (numeric(), [], START, on(10), Reason.insufficient_data),
        (binary(), [0.5], START, on(10), Reason.insufficient_data),
        (numeric(), [1], None, on(10), Reason.no_planned_date),
        (numeric(), [1], START, None, Reason.no_planned_date),
        (numeric(), [1], on(6), on(10), Reason.not_started),
    ],
)
def test_where_there_is_nothing_to_judge_there_is_a_reason(
    metric: Metric, values: list[float], start: datetime | None, due: datetime | None, reason: Reason
) -> None:
    found = item(metric, *values, start=start, due=due).value_at(on(5))
    assert (found.value, found.reason) == (None, reason)


def test_what_was_not_measured_in_time_is_a_final_gap_of_all_of_it() -> None:
    found = item(numeric()).value_at(on(10))
    assert (found.value, found.reason, found.is_final, found.events) == (100, None, True, ())


def test_it_may_turn_where_its_time_does_and_where_something_is_measured() -> None:
    metric = numeric(trajectory=Trajectory(TrajectoryShape.step, (Point(on(4), 0.5),)), grace_minutes=1440)
    assert item(metric, 1, 2, 3).breakpoints == (START, on(1), on(2), on(4), on(10), on(11))


metrics = st.one_of(
    st.builds(
        numeric,
        trajectory=st.one_of(
            st.none(),
            st.sampled_from([Trajectory(TrajectoryShape.s_curve), Trajectory(TrajectoryShape.step)]),
            st.lists(st.floats(0, 1), min_size=1, max_size=4).map(
                lambda shares: Trajectory(
                    TrajectoryShape.points,
                    tuple(Point(on(2 * place + 1), share) for place, share in enumerate(shares)),
                )
            ),
        ),
        grace_minutes=st.integers(0, 3000),
    ),
    st.builds(binary, grace_minutes=st.integers(0, 3000)),
    st.builds(maintain, st.just(40.0), grace_minutes=st.integers(0, 3000)),
)
observations = st.lists(st.tuples(st.integers(-3, 15), st.floats(0, 100), st.booleans()), max_size=6).map(
    lambda found: [
        Observation(on(day), value, ("s", f"o{number}"), is_day)
        for number, (day, value, is_day) in enumerate(sorted(found, key=lambda each: each[0]))
    ]
)


@given(metrics, observations, st.lists(st.integers(1, 25 * 1440), min_size=3, max_size=3))
def test_between_two_turns_the_value_is_monotone_or_there_is_none(
    metric: Metric, found: list[Observation], minutes: list[int]
) -> None:
    (each,) = items([(metric, window(metric))], {"m": found})
    instants = [on(-5) + timedelta(minutes=minute) for minute in sorted(minutes)]
    turning = (*each.breakpoints, on(-5), on(30))
    for since, until in zip(sorted(turning), sorted(turning)[1:], strict=False):
        values = [each.value_at(at).value for at in instants if since < at < until]
        assert None not in values or set(values) == {None}
        told = [value for value in values if value is not None]
        assert told in (sorted(told), sorted(told, reverse=True))


def test_a_measurement_that_lies_ahead_counts_from_then_on() -> None:
    found = item(numeric(), 10, 90)
    assert [found.value_at(START + day * DAY).value for day in (0.5, 1)] == [-5, -80]
