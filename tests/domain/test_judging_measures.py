"""Each measure of a tolerance in each of its units, and why there is no value."""

import pytest

from app.domain.execution import ExecutionEvent
from app.domain.plan import Milestone
from app.domain.tolerances import ITEM_MEASURES, OF_THE_PLAN, UNITS, Measure, Unit
from tests.domain.builders import STANDARD, activity, event, milestone, phase
from tests.domain.judging_build import (
    DAY,
    DAYS,
    MINUTES,
    PERCENT,
    POINTS,
    flagged,
    known,
    link,
    observe,
    tolerance,
    value,
)

WEEK = activity("m", "2024-05-06", "2024-05-10", calendar="standard")
RUN = [event("started", "2024-05-07"), event("completed", "2024-05-14")]


@pytest.mark.parametrize(
    ("measure", "unit", "found"),
    [
        ("start_variance", DAYS, 1), ("start_variance", MINUTES, 480), ("start_variance", PERCENT, 20),
        ("finish_variance", DAYS, 2), ("finish_variance", MINUTES, 960), ("finish_variance", PERCENT, 40),
        ("duration_variance", DAYS, 1), ("duration_variance", MINUTES, 480), ("duration_variance", PERCENT, 20),
    ],
)  # fmt: skip
def test_variances_in_each_unit(measure: str, unit: Unit, found: float) -> None:
    observed, watched = observe([WEEK], RUN, "2024-05-20"), tolerance(measure, unit, 0.5)
    assert value(observed, watched) == found
    assert flagged(observed, watched)["m"].value == found


@pytest.mark.parametrize("measure", ["start_variance", "finish_variance", "duration_variance"])
def test_a_percent_of_no_duration_is_unknown(measure: str) -> None:
    bare = activity("m", planned_duration_minutes=0, start="2024-05-06", finish="2024-05-06")
    assert value(observe([bare], RUN, "2024-05-20"), tolerance(measure, PERCENT, 0)) == "no_planned_date"


def test_a_milestone_has_no_duration_to_take_a_percent_of_and_none_to_judge() -> None:
    observed = observe([milestone("m", "2024-05-10")], RUN, "2024-05-20")
    assert value(observed, tolerance("finish_variance", PERCENT, 0)) == "no_planned_date"
    assert value(observed, tolerance("duration_variance", DAYS, 0)) is None


CHAIN = [activity("m", "2024-05-06", "2024-05-10"), milestone("end", "2024-05-20")]
SOON = [event("forecast_changed", "2024-05-07T00:00:00Z", finish="2024-05-13")]


def test_a_breach_is_flagged_when_it_is_forecast() -> None:
    observed = observe(CHAIN, [event("started", "2024-05-06"), *SOON], "2024-05-08", links=[link("m", "end")])
    judged = flagged(observed, tolerance("finish_variance", DAYS, 2))
    assert [(key, each.value, each.basis, each.is_final) for key, each in judged.items()] == [
        ("m", 3.0, "forecast", False)
    ]


def test_a_start_that_has_happened_is_final_before_the_work_is_done() -> None:
    observed = observe([WEEK], RUN[:1], "2024-05-08")
    start, finish = known(observed, tolerance("start_variance")), known(observed, tolerance("finish_variance"))
    assert start is not None
    assert finish is not None
    assert (start.is_final, finish.is_final) == (True, False)


def test_what_is_open_again_is_not_final() -> None:
    events = [event("completed", "2024-05-09"), event("reopened", "2024-05-10")]
    judged = known(
        observe([milestone("m", "2024-05-07")], events, "2024-05-11"), tolerance("finish_variance", DAYS, 0)
    )
    assert judged is not None
    assert (judged.value, judged.basis, judged.is_final) == (3, "overdue_floor", False)


def test_the_plan_finishes_with_what_finishes_last() -> None:
    events = [event("completed", "2024-05-14", "m"), event("completed", "2024-05-23", "end")]
    watched = tolerance("plan_finish_variance", DAYS, 1, kinds=["phase"])
    done = flagged(observe(CHAIN, events, "2024-05-25", links=[link("m", "end")]), watched)
    assert [(key, each.value, each.basis, each.is_final) for key, each in done.items()] == [
        (None, 3.0, "actual", True)
    ]
    expected = [event("forecast_changed", "2024-05-07T00:00:00Z", "end", finish="2024-05-22T12:00:00Z")]
    open_ = observe(CHAIN, expected, "2024-05-08", plan_working=STANDARD)
    assert value(open_, tolerance("plan_finish_variance", MINUTES), None) == 960
    assert value(open_, tolerance("plan_finish_variance"), None) == 2


@pytest.mark.parametrize(
    ("deadline", "found"),
    [("2024-05-12", 0), ("2024-05-10", 2), ("2024-05-10T12:00:00Z", 2), ("2024-05-15", -3)],
)
def test_a_deadline_is_judged_by_the_projected_finish_at_the_precision_of_the_deadline(
    deadline: str, found: float
) -> None:
    plan = [activity("work", "2024-05-06", "2024-05-12"), milestone("m", "2024-05-11", deadline=_day(deadline))]
    observed = observe(plan, links=[link("work", "m")])
    assert value(observed, tolerance("deadline_variance")) == found
    assert value(observed, tolerance("deadline_variance", MINUTES)) == found * DAY


def _day(text: str) -> object:
    return milestone("x", text).planned_finish


def test_a_deadline_that_has_passed_is_missed_by_at_least_so_much() -> None:
    observed = observe([milestone("m", deadline=_day("2024-05-07"))], as_of="2024-05-09T12:00:00Z")
    judged = flagged(observed, tolerance("deadline_variance", DAYS, 0))["m"]
    assert (judged.value, judged.basis) == (1.5, "overdue_floor")


def test_finished_work_is_judged_by_its_actual_finish() -> None:
    plan = [milestone("m", "2024-05-07", deadline=_day("2024-05-07"))]
    judged = known(
        observe(plan, [event("completed", "2024-05-08T10:00:00Z")], "2024-05-20"), tolerance("deadline_variance")
    )
    assert judged is not None
    assert (judged.value, judged.basis, judged.is_final) == (1, "actual", True)


def test_the_deadline_of_a_start_milestone_is_one_for_its_start() -> None:
    planned = milestone("m", start="2024-05-08", deadline=_day("2024-05-07"))
    watched = tolerance("deadline_variance", DAYS, 0)
    assert value(observe([planned]), watched) == 1
    assert value(observe([planned], [event("started", "2024-05-07T09:00:00Z")], "2024-05-20"), watched) == 0
    exact = milestone("m", start="2024-05-08T00:00:00Z", deadline=_day("2024-05-07"))
    assert value(observe([exact]), watched) == 1
    assert (
        value(
            observe([milestone("m", start="2024-05-08", deadline=_day("2024-05-07"))], beyond_calendars=True), watched
        )
        == 1
    )


def test_without_a_deadline_there_is_nothing_to_judge() -> None:
    assert value(observe([milestone("m", "2024-05-07")]), tolerance("deadline_variance", DAYS, 0)) is None


def test_a_phase_has_a_deadline_for_all_that_lies_in_it() -> None:
    plan = [activity("work", "2024-05-06", "2024-05-12", parent="m"), phase("m", deadline=_day("2024-05-10"))]
    assert value(observe(plan), tolerance("deadline_variance", DAYS, 0)) == 2


def test_the_target_is_the_deadline_of_the_plan() -> None:
    watched = tolerance("deadline_variance", DAYS, 0)
    assert flagged(observe(CHAIN, target="2024-05-17"), watched)[None].value == 3
    assert value(observe(CHAIN), watched, None) is None
    assert value(observe(CHAIN, target="2024-05-17"), tolerance("deadline_variance", milestones=["m"]), None) is None
    done = [event("completed", "2024-05-18", each.key) for each in CHAIN]
    judged = known(observe(CHAIN, done, "2024-05-30", target="2024-05-17"), watched, None)
    assert judged is not None
    assert (judged.value, judged.basis, judged.is_final) == (1, "actual", True)


def test_total_float_is_the_room_that_is_left() -> None:
    plan = [activity("m", "2024-05-06", "2024-05-10", deadline=_day("2024-05-08"), calendar="standard"), CHAIN[1]]
    observed = observe(plan, links=[link("m", "end")])
    assert value(observed, tolerance("total_float", DAYS, lower=0)) == -2
    assert value(observed, tolerance("total_float", MINUTES, lower=0)) == -960
    assert flagged(observed, tolerance("total_float", DAYS, lower=0)).keys() == {"m"}
    assert flagged(observed, tolerance("total_float", DAYS, -3)).keys() == {"m", "end"}


def test_finished_work_has_no_float_to_judge() -> None:
    observed = observe(CHAIN, [event("completed", "2024-05-10")], "2024-05-11", links=[link("m", "end")])
    assert value(observed, tolerance("total_float", DAYS, lower=0)) is None
    assert value(observed, tolerance("float_consumed_percent", POINTS, 50)) is None


def test_the_share_of_the_float_that_is_used_up() -> None:
    """Ten days of room in the baseline, three of them gone."""
    observed = observe(CHAIN, [event("started", "2024-05-06"), *SOON], "2024-05-08", links=[link("m", "end")])
    assert flagged(observed, tolerance("float_consumed_percent", POINTS, 25))["m"].value == 30


def test_of_no_float_there_is_no_share() -> None:
    watched = tolerance("float_consumed_percent", POINTS, 50)
    observed = observe(CHAIN, links=[link("m", "end")])
    assert value(observed, watched, "end") == "not_applicable"
    assert value(observe([*CHAIN, WEEK], baseline=[]), watched, "end") == "not_in_baseline"
    assert value(observe(CHAIN, baseline=None), watched, "end") == "no_baseline"
    assert value(observe([activity("m")], baseline=[phase("m")]), watched) == "not_computed"


def test_beyond_calendars_there_is_no_network() -> None:
    observed = observe(CHAIN, beyond_calendars=True)
    for watched in (
        tolerance("total_float", DAYS, lower=0),
        tolerance("float_consumed_percent", POINTS, 50),
        tolerance("out_of_sequence", Unit.number, 0),
    ):
        assert value(observed, watched) == "calendar_horizon"
        assert flagged(observed, watched) == {}


def test_the_gap_between_planned_and_actual_progress() -> None:
    events = [event("started", "2024-05-06"), event("progressed", "2024-05-08", percent_complete=20)]
    observed = observe([WEEK], events, "2024-05-09")
    assert flagged(observed, tolerance("progress_gap_points", POINTS, 30)).keys() == {None, "m"}
    assert value(observed, tolerance("progress_gap_points", POINTS)) == 40
    assert value(observed, tolerance("progress_gap_points", POINTS), None) == 40


def test_progress_is_of_activities_that_the_baseline_has() -> None:
    watched = tolerance("progress_gap_points", POINTS, 10)
    assert value(observe([milestone("m", "2024-05-07")]), watched) is None
    assert value(observe([WEEK], baseline=[]), watched) == "not_in_baseline"
    assert value(observe([WEEK], baseline=None), watched, None) == "no_baseline"
    assert value(observe([WEEK], baseline=[]), watched, None) == "insufficient_data"


@pytest.mark.parametrize("subject", [WEEK, milestone("m", "2024-05-10", calendar="standard")])
def test_for_how_long_work_has_been_blocked(subject: Milestone) -> None:
    """From Thursday noon to Monday noon: half of Thursday, Friday, half of Monday."""
    observed = observe([subject], [event("blocked", "2024-05-02T12:00:00Z")], "2024-05-06T12:00:00Z")
    assert flagged(observed, tolerance("blocked_minutes", DAYS, 1))["m"].value == 2
    assert value(observed, tolerance("blocked_minutes", MINUTES)) == 960


@pytest.mark.parametrize("over", ["unblocked", "completed"])
def test_what_is_not_blocked_any_more_is_within(over: str) -> None:
    events = [event("blocked", "2024-05-02"), event(over, "2024-05-03")]
    assert value(observe([WEEK], events, "2024-05-06"), tolerance("blocked_minutes", DAYS, 1)) == 0


def test_a_start_milestone_that_has_been_reached_is_blocked_no_more() -> None:
    events = [event("blocked", "2024-05-02"), event("started", "2024-05-03")]
    observed = observe([milestone("m", start="2024-05-03")], events, "2024-05-06")
    assert value(observed, tolerance("blocked_minutes", DAYS, 1)) == 0


SILENCE = tolerance("silence_minutes", DAYS, 2)


def test_silence_begins_with_the_last_event() -> None:
    observed = observe([WEEK], [event("started", "2024-05-06T08:00:00Z")], "2024-05-09T12:00:00Z")
    assert flagged(observed, SILENCE)["m"].value == 3.5
    assert value(observed, tolerance("silence_minutes", MINUTES)) == 3.5 * 480


def test_silence_is_judged_at_the_present_instant() -> None:
    started = [event("started", "2024-05-06T08:00:00Z")]
    observed = observe([WEEK], started, "2024-05-06T12:00:00Z", now="2024-05-08T12:00:00Z")
    assert flagged(observed, SILENCE)["m"].value == 2.5


def test_what_is_told_after_the_data_date_breaks_the_silence() -> None:
    told = [event("started", "2024-05-06T08:00:00Z"), event("progressed", "2024-05-08T08:00:00Z")]
    observed = observe([WEEK], told, "2024-05-06T12:00:00Z", now="2024-05-08T12:00:00Z")
    assert value(observed, SILENCE) == 0.5
    done = observe(
        [WEEK], [*told, event("completed", "2024-05-08T09:00:00Z")], "2024-05-06T12:00:00Z", now="2024-05-31"
    )
    assert value(done, SILENCE) == 0


@pytest.mark.parametrize(
    ("planned", "events", "found"),
    [
        (WEEK, [], 3),
        (milestone("m", "2024-05-06", calendar="standard"), [], 2),
        (milestone("m", start="2024-05-06", calendar="standard"), [], 3),
        (WEEK, [event("assigned", "2024-05-07T08:00:00Z")], 2),
        (WEEK, [event("assigned", "2024-05-01T08:00:00Z")], 3),
        (milestone("m", "2024-05-20"), [event("assigned", "2024-05-01")], 0),
    ],
)
def test_what_should_have_begun_is_silent_from_its_planned_date(
    planned: Milestone, events: list[ExecutionEvent], found: float
) -> None:
    assert value(observe([planned], events, "2024-05-09"), SILENCE) == found


@pytest.mark.parametrize("type_", ["blocked", "completed"])
def test_blocked_or_finished_work_is_not_silent(type_: str) -> None:
    events = [event("started", "2024-05-06"), event(type_, "2024-05-06T12:00:00Z")]
    assert value(observe([WEEK], events, "2024-05-20"), SILENCE) == 0
    assert value(observe([WEEK], events[1:], "2024-05-20"), SILENCE) == 0


def test_of_what_nobody_planned_nothing_has_to_be_heard() -> None:
    assert value(observe([activity("m")], as_of="2024-05-20"), SILENCE) == "no_planned_date"
    assert flagged(observe([activity("m")], as_of="2024-05-20"), SILENCE) == {}


def test_a_phase_is_neither_blocked_nor_silent_itself() -> None:
    plan = [activity("work", "2024-05-06", "2024-05-10", parent="m"), phase("m")]
    events = [event("started", "2024-05-06", "work")]
    observed = observe(plan, events, "2024-05-20")
    assert flagged(observed, SILENCE).keys() == {"work"}
    assert [value(observed, watched) for watched in (SILENCE, tolerance("blocked_minutes", DAYS, 1))] == [None, None]


def test_work_that_did_not_wait_for_its_predecessors() -> None:
    plan = [activity(key, "2024-05-06", "2024-05-10") for key in ("a", "b", "m")]
    events = [event("started", "2024-05-06")]
    links = [link("a", "m"), link("b", "m")]
    watched = tolerance("out_of_sequence", Unit.number, 1)
    judged = flagged(observe(plan, events, "2024-05-07", links=links), watched)["m"]
    assert (judged.value, judged.is_final) == (2, False)
    after = [*events, event("completed", "2024-05-07")]
    done = known(observe(plan, after, "2024-05-08", links=links), watched)
    assert done is not None
    assert (done.value, done.is_final) == (2, True)
    assert value(observe(plan, after, "2024-05-08"), watched) == 0


def test_every_measure_of_dates_answers_of_a_milestone_or_of_the_plan() -> None:
    plan = [activity("m", "2024-05-06", "2024-05-10", deadline=_day("2024-05-08"))]
    events = [event("started", "2024-05-06"), event("blocked", "2024-05-06")]
    observed = observe(plan, events, "2024-05-07", target="2024-05-09")
    for measure in set(Measure) - ITEM_MEASURES:
        watched = tolerance(measure.value, UNITS[measure][0], 0)
        found = {key for key in (None, "m") if value(observed, watched, key) is not None}
        expected = {"m", None} if measure in OF_THE_PLAN else {"m"}
        assert found == ({None} if measure is Measure.plan_finish_variance else expected), measure
