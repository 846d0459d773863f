"""What a metric says as of an instant: what counts, what is missing, when it is settled, and what is stale."""

from datetime import timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.corrections import effective
from app.domain.metric_values import (
    Commitment,
    Metric,
    MetricKind,
    MetricReason,
    Observation,
    Point,
    Trajectory,
    TrajectoryShape,
    measured,
    metric_of,
)
from app.domain.metrics import GateState, read
from tests.domain.builders import correction, event, instant, retraction
from tests.domain.metric_build import DAY, START, binary, maintain, numeric, on, reading, seen, window

BODY = {
    "name": "Adoption",
    "kind": "numeric",
    "unit": "% of users",
    "baseline_value": 10.0,
    "target": 60.0,
    "floor": 40.0,
    "stretch": 80.0,
    "low": None,
    "high": None,
    "margin": 0.0,
    "weight": 2.0,
    "gate": True,
    "commitment": "committed",
    "start_at": "2024-01-01",
    "measure_at": "2024-07-01T12:00:00Z",
    "grace_minutes": 60,
    "trajectory": {"shape": "points", "points": [{"at": "2024-03-31", "attainment": 0.1}]},
    "owner": "ann",
    "description": "How many opened it in the last week.",
}


def test_a_metric_is_read_from_the_body_of_a_document() -> None:
    first, due = instant("2024-01-01").date(), instant("2024-07-01T12:00:00Z")
    way = Trajectory(TrajectoryShape.points, (Point(instant("2024-03-31").date(), 0.1),))
    assert metric_of("adoption", BODY) == Metric(
        *("adoption", "Adoption", MetricKind.numeric, "% of users", 10.0, 60.0, 40.0, 80.0, None, None),
        *(0.0, 2.0, True, Commitment.committed, first, due, 60, way, "ann"),
    )


def test_what_a_body_does_not_have_is_the_default() -> None:
    assert metric_of("m", {"name": "M"}) == Metric("m", "M")
    assert metric_of("m", {"name": "M", "start_at": None, "trajectory": None}) == Metric("m", "M")


# --- what was measured


def test_measurements_are_those_that_stand_after_corrections_and_retractions() -> None:
    events = [
        event("metric.measured", "2024-01-02T00:00:00Z", None, "a", metric="m", value=1),
        event("metric.measured", "2024-01-03T00:00:00Z", None, "b", metric="m", value=2),
        event("metric.measured", "2024-01-04", None, "c", metric="n", value=3),
        event("note.added", "2024-01-04", None, "d", text="x"),
        correction("x", "a", event("metric.measured", "2024-01-05T00:00:00Z", None, metric="m", value=9)),
        retraction("y", "b"),
    ]
    Random(1).shuffle(events)
    assert measured(effective(events)) == {
        "m": [Observation(instant("2024-01-05T00:00:00Z"), 9.0, ("s", "a"))],
        "n": [Observation(instant("2024-01-04"), 3.0, ("s", "c"), is_day=True)],
    }


def test_a_measurement_of_a_day_counts_once_the_day_has_begun() -> None:
    metric, of_a_day = numeric(), [Observation(on(2), 50.0, ("s", "o"), is_day=True)]
    counts = [read(metric, window(metric), of_a_day, on(2) + wait).observation is not None for wait in (0 * DAY, DAY)]
    assert counts == [False, True]


def test_the_last_measurement_by_then_counts() -> None:
    found = [reading(numeric(), 10, 30, 20, day=day).attainment for day in (0, 1.5, 9)]
    assert found == [Fraction(1, 10), Fraction(3, 10), Fraction(2, 10)]


def test_of_several_at_one_instant_the_last_stands() -> None:
    twice = [Observation(START, 10.0, ("s", "a")), Observation(START, 20.0, ("s", "b"))]
    found = read(numeric(), window(numeric()), twice, on(1))
    assert [each.identity for each in found.seen] == [("s", "b")]


def test_a_reading_names_the_last_twelve_measurements() -> None:
    found = read(numeric(), window(numeric(), START, on(100)), seen(*range(20)), on(50))
    assert [each.value for each in found.seen] == list(range(8, 20))


def test_more_than_the_target_is_overachieved() -> None:
    told = [reading(numeric(), value).overachieved for value in (99, 100, 101)]
    assert [*told, reading(binary(), 0.5).overachieved] == [False, False, True, None]


# --- nothing measured


@pytest.mark.parametrize(
    ("day", "attained", "reason", "is_due", "is_final"),
    [
        (5, None, MetricReason.not_measured, False, False),
        (10, None, MetricReason.measurement_due, True, False),
        (11.9, None, MetricReason.measurement_due, True, False),
        (12, 0, MetricReason.not_measured_in_time, True, True),
    ],
)
def test_without_a_measurement_it_is_unknown_until_the_grace_period_is_over_and_nothing_then(
    day: float, attained: float | None, reason: MetricReason, is_due: bool, is_final: bool
) -> None:
    metric = numeric(grace_minutes=2 * 1440)
    found = read(metric, window(metric), [], on(day))
    assert (found.attainment, found.reason, found.is_due, found.is_final) == (attained, reason, is_due, is_final)
    assert found.overachieved is found.floor_missed is found.stretch_reached is None


def test_without_a_date_to_measure_it_nothing_is_ever_overdue() -> None:
    metric = numeric()
    found = read(metric, window(metric, START, None), [], on(10_000))
    assert (found.reason, found.is_due, found.is_final) == (MetricReason.not_measured, False, False)
    assert found.pace_reason is MetricReason.no_measure_date


def test_what_is_measured_within_the_grace_period_counts_and_later_no_more() -> None:
    metric = numeric(grace_minutes=1440)
    values = seen(10, 20, 30, first=9.5)  # half a day before it is due, and one and two days later
    assert read(metric, window(metric), values, on(30)).attainment == Fraction(2, 10)


def test_a_binary_metric_is_measured_at_0_or_1() -> None:
    found = reading(binary(), 0.5)
    assert (found.attainment, found.reason, found.pace_reason) == (None, *[MetricReason.not_binary] * 2)


# --- gates


@pytest.mark.parametrize(
    ("metric", "value", "day", "gate"),
    [
        (numeric(gate=True), 0.0, 5, GateState.pending),
        (numeric(gate=True), 70.0, 10, GateState.passed),
        (numeric(gate=True), 69.0, 10, GateState.failed),
        (numeric(gate=True, commitment=Commitment.committed), 99.0, 10, GateState.failed),
        (numeric(gate=True, floor=50.0), 50.0, 10, GateState.passed),
        (numeric(gate=True, floor=50.0), 49.0, 10, GateState.failed),
        (numeric(gate=True), None, 10, GateState.failed),
        (numeric(gate=True, floor=50.0), None, 10, GateState.failed),
        (numeric(gate=True, grace_minutes=1), None, 10, GateState.pending),
        (numeric(), 0.0, 10, None),
    ],
)
def test_a_gate_holds_by_its_floor_or_else_by_being_green_once_it_is_due(
    metric: Metric, value: float | None, day: float, gate: GateState | None
) -> None:
    assert reading(metric, *([] if value is None else [value]), day=day).gate is gate


# --- pace


def test_the_gap_is_expected_minus_actual_attainment_in_points() -> None:
    behind, ahead = reading(numeric(), 38.0, day=5), reading(numeric(), 57.5, day=5)
    assert (behind.pace_gap_points, behind.on_pace) == (Fraction(12), False)
    assert (ahead.pace_gap_points, ahead.on_pace) == (Fraction(-15, 2), True)


def test_up_to_ten_points_behind_is_on_pace() -> None:
    assert [reading(numeric(), value, day=5).on_pace for value in (40.0, 39.9)] == [True, False]


def test_silence_falls_behind() -> None:
    gaps = [reading(numeric(), 30.0, day=day).pace_gap_points for day in (3, 6, 10, 20)]
    assert gaps == [0, 30, 70, 70]


def test_there_is_no_pace_before_the_start() -> None:
    found = reading(numeric(), 30.0, day=-1)
    assert (found.pace_gap_points, found.on_pace, found.pace_reason) == (None, None, MetricReason.not_begun)


# --- stale


@pytest.mark.parametrize(
    ("length", "measured_on", "day", "stale"),
    [
        (10, 0, 9, False),
        (100, 0, 25, False),
        (100, 0, 25.1, True),
        (100, None, 26, True),
        (100, 80, 300, False),
        (100, 70, 300, True),
        (40, 0, 14, False),
        (40, 0, 14.1, True),
    ],
)
def test_what_was_not_measured_for_a_fourth_of_its_time_is_stale(
    length: int, measured_on: float | None, day: float, stale: bool
) -> None:
    metric = numeric()
    values = [] if measured_on is None else seen(1, first=measured_on)
    assert read(metric, window(metric, START, on(length)), values, on(day)).stale is stale


def test_without_any_date_it_is_stale_a_fortnight_after_the_last_measurement() -> None:
    metric = numeric()
    assert not read(metric, window(metric, None, None), [], on(99)).stale
    assert [read(metric, window(metric, None, None), seen(1), on(day)).stale for day in (14, 15)] == [False, True]


# --- properties

observations = st.lists(
    st.builds(
        lambda day, value, name: Observation(START + day * DAY / 2, value, ("s", name)),
        st.integers(-4, 40),
        st.floats(-200, 200),
        st.text("ab", min_size=1, max_size=3),
    ),
    max_size=15,
).map(lambda found: sorted(found, key=lambda each: each.at))


@given(observations, st.integers(-4, 60), st.integers(0, 5 * 1440))
def test_what_is_measured_after_an_instant_changes_nothing_before_it(
    found: list[Observation], half_days: int, grace: int
) -> None:
    metric, at = numeric(grace_minutes=grace), START + half_days * DAY / 2
    known = [each for each in found if each.at <= at]
    assert read(metric, window(metric), found, at) == read(metric, window(metric), known, at)


@given(observations, st.integers(0, 5 * 1440), st.integers(0, 400))
def test_what_is_final_stays_as_it_is(found: list[Observation], grace: int, hours: int) -> None:
    metric = maintain(0, 100, grace_minutes=grace)
    closed = read(metric, window(metric), found, on(10) + timedelta(minutes=grace))
    later = read(metric, window(metric), found, on(10) + timedelta(minutes=grace, hours=hours))
    assert closed.is_final
    assert later == closed
