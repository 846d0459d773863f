"""Tolerances that judge facts alone: what happened, and the floor of what is overdue."""

import pytest

from app.domain.execution import ExecutionEvent
from tests.domain.builders import STANDARD, activity, event, milestone, phase
from tests.domain.judging_build import DAY, DAYS, MINUTES, flagged, known, link, observe, tolerance, value

M = milestone("m", "2024-05-07")
WEEK = activity("m", "2024-05-06", "2024-05-10", calendar="standard")
FINISH = tolerance("finish_variance", MINUTES, 0, facts=True)
START = tolerance("start_variance", MINUTES, 0, facts=True)
DURATION = tolerance("duration_variance", DAYS, 0, facts=True)
PLAN = tolerance("plan_finish_variance", DAYS, 0, facts=True)
DEADLINE = tolerance("deadline_variance", DAYS, 0, facts=True)


def test_a_forecast_is_no_fact() -> None:
    observed = observe([M], [event("forecast_changed", "2024-05-01T00:00:00Z", finish="2024-06-01")], "2024-05-02")
    assert flagged(observed, tolerance("finish_variance", MINUTES, 0)).keys() == {"m"}
    assert flagged(observed, FINISH) == {}
    assert value(observed, FINISH) == "insufficient_data"


def test_what_happened_is() -> None:
    observed = observe([M], [event("completed", "2024-05-08T10:12:00Z")], "2024-05-09")
    judged = flagged(observed, FINISH)["m"]
    assert (judged.value, judged.basis, judged.is_final) == (DAY, "actual", True)


@pytest.mark.parametrize(
    ("as_of", "found"), [("2024-05-08T00:00:00Z", "insufficient_data"), ("2024-05-08T00:01:00Z", 1)]
)
def test_a_day_is_overdue_from_the_first_minute_after_it(as_of: str, found: float | str) -> None:
    observed = observe([M], as_of=as_of)
    assert value(observed, FINISH) == found
    assert (flagged(observed, FINISH).keys() == {"m"}) is (found == 1)


def test_an_instant_is_overdue_from_the_minute_after_it_in_working_time() -> None:
    planned = milestone("m", "2024-05-10T17:00:00Z", calendar="standard")
    assert value(observe([planned], as_of="2024-05-13T08:00:00Z"), FINISH) == "insufficient_data"
    assert value(observe([planned], as_of="2024-05-13T08:01:00Z"), FINISH) == 1


def test_the_floor_is_told_whatever_is_projected() -> None:
    plan = [activity("work", "2024-05-01", "2024-05-30"), M]
    observed = observe(plan, as_of="2024-05-09T00:00:00Z", links=[link("work", "m")])
    assert value(observed, tolerance("finish_variance", DAYS, 0)) == 31
    judged = flagged(observed, FINISH)["m"]
    assert (judged.value, judged.basis, judged.is_final) == (DAY, "overdue_floor", False)


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([], 3 * 480 + 240),
        ([event("started", "2024-05-08")], 2 * 480),
        ([event("progressed", "2024-05-08", percent_complete=10)], "start_not_reported"),
    ],
)
def test_a_start_is_due_until_work_has_begun(events: list[ExecutionEvent], found: float | str) -> None:
    assert value(observe([WEEK], events, "2024-05-09T12:00:00Z"), START) == found


def test_a_phase_is_overdue_until_all_of_it_is_done() -> None:
    plan = [
        activity("a", "2024-05-01", "2024-05-03", parent="m"),
        milestone("b", "2024-05-02", parent="m"),
        phase("m"),
    ]
    events = [event("completed", "2024-05-03", "a")]
    assert value(observe(plan, events, "2024-05-05T00:00:00Z"), FINISH) == DAY
    done = [*events, event("completed", "2024-05-04", "b")]
    assert value(observe(plan, done, "2024-05-09"), FINISH) == DAY


def test_the_duration_of_work_under_way_is_at_least_what_it_took_so_far() -> None:
    started = [event("started", "2024-05-06"), event("progressed", "2024-05-07", remaining_minutes=9600)]
    assert value(observe([WEEK], started, "2024-05-10"), DURATION) == "insufficient_data"
    long = observe([WEEK], started, "2024-05-14T12:00:00Z")
    judged = flagged(long, DURATION)["m"]
    assert (judged.value, judged.basis, judged.is_final) == (1.5, "overdue_floor", False)
    assert value(observe([WEEK]), DURATION) == "insufficient_data"


def test_the_duration_of_finished_work_is_a_fact() -> None:
    events = [event("started", "2024-05-06"), event("completed", "2024-05-14")]
    judged = known(observe([WEEK], events, "2024-05-20"), DURATION)
    assert judged is not None
    assert (judged.value, judged.basis, judged.is_final) == (2, "actual", True)
    assert value(observe([WEEK], events[1:], "2024-05-20"), DURATION) == "start_not_reported"


def test_the_plan_is_late_in_fact_once_it_is_overdue_or_finished() -> None:
    plan = [milestone("a", "2024-05-03", calendar="standard"), milestone("b", "2024-05-10", calendar="standard")]
    events = [event("completed", "2024-05-13", "a")]
    assert value(observe(plan, [], "2024-05-08", plan_working=STANDARD), PLAN, None) == "insufficient_data"
    overdue = flagged(observe(plan, events, "2024-05-14T12:00:00Z", plan_working=STANDARD), PLAN)[None]
    assert (overdue.value, overdue.basis, overdue.is_final) == (1.5, "overdue_floor", False)
    events.append(event("completed", "2024-05-15", "b"))
    finished = flagged(observe(plan, events, "2024-05-20", plan_working=STANDARD), PLAN)[None]
    assert (finished.value, finished.basis, finished.is_final) == (3, "actual", True)


def test_what_was_cancelled_does_not_keep_a_plan_from_being_finished() -> None:
    plan = [M, milestone("never", "2024-05-09")]
    events = [event("completed", "2024-05-08"), event("cancelled", "2024-05-08", "never")]
    judged = known(observe(plan, events, "2024-05-20"), PLAN, None)
    assert judged is not None
    assert (judged.value, judged.is_final) == (1, True)


def test_a_deadline_is_missed_in_fact_once_it_has_passed() -> None:
    late = milestone("m", "2024-05-20", deadline=M.planned_finish)
    assert value(observe([late], as_of="2024-05-07T10:00:00Z"), DEADLINE) == "insufficient_data"
    assert value(observe([late], as_of="2024-05-08T12:00:00Z"), DEADLINE) == 0.5
    assert value(observe([late], [event("completed", "2024-05-10")], "2024-05-20"), DEADLINE) == 3
    assert (
        value(observe([late], as_of="2024-05-09T00:00:00Z", target="2024-05-08"), DEADLINE, None)
        == "insufficient_data"
    )
    assert value(observe([late], as_of="2024-05-10T00:00:00Z", target="2024-05-08"), DEADLINE, None) == 1
