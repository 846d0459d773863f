"""What a value was computed from, and the sentence that says so."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from app.domain.deviation_values import Judged, Observed
from app.domain.evidence import Evidences
from app.domain.execution import ExecutionEvent
from app.domain.measures import Reason
from app.domain.plan import Milestone
from app.domain.tolerances import Level, Tolerance, Unit
from tests.domain.builders import STANDARD, activity, at, correction, event, milestone, phase, retraction
from tests.domain.judging_build import (
    DAY,
    DAYS,
    MINUTES,
    PERCENT,
    POINTS,
    evidence,
    link,
    observe,
    subject,
    tolerance,
)

M = milestone("m", "2024-05-07")
WEEK = activity("m", "2024-05-06", "2024-05-10", calendar="standard")
FINISH = tolerance("finish_variance", DAYS, 0)


def said(plan: Iterable[Milestone], events: Iterable[ExecutionEvent], as_of: str, watched: Tolerance) -> str:
    return evidence(observe(plan, events, as_of), watched).summary


def forecast(finish: str | None = None, start: str | None = None) -> ExecutionEvent:
    return event("forecast_changed", "2024-05-01T00:00:00Z", finish=finish, start=start)


def test_a_release_a_day_late() -> None:
    found = evidence(
        observe([M], [event("completed", "2024-05-08T10:12:00Z", identity="run-8123")], "2024-05-09"), FINISH
    )
    assert found.summary == "m finished 1 day after baseline 1; the tolerance is 0 days"
    assert found.events == (("s", "run-8123"),)
    assert found.unabsorbed_minutes == DAY
    assert found.operands == {
        "baseline_finish": "2024-05-07",
        "compared_finish": "2024-05-08T10:12:00Z",
        "working_minutes": DAY,
        "planned_finish": "2024-05-07",
        "actual_finish": "2024-05-08T10:12:00Z",
        "forecast_finish": None,
        "projected_finish": "2024-05-08T10:12:00Z",
        "total_float_minutes": None,
        "driving_predecessor": None,
    }


STARTED = event("started", "2024-05-06")
FINISHES = [
    ([event("completed", "2024-05-10")], "2024-05-20", FINISH,
     "finished as in baseline 1; the tolerance is 0 working days"),
    ([STARTED, forecast("2024-05-14T12:00:00Z")], "2024-05-07", tolerance("finish_variance", DAYS, 5, warning=1),
     "is forecast to finish 2 working days after baseline 1; the tolerance is 1 working day"),
    ([], "2024-05-17T12:00:00Z", tolerance("finish_variance", DAYS, 3, warning=1),
     "is projected to finish 10 working days after baseline 1; the tolerance is 3 working days"),
    ([STARTED], "2024-05-13T12:00:00Z", tolerance("finish_variance", MINUTES, 1),
     "was to finish on 2024-05-10 in baseline 1 and has not; the tolerance is 1 working minute"),
    ([event("completed", "2024-05-07")], "2024-05-20", tolerance("finish_variance", DAYS, 5, lower=-2),
     "finished 3 working days before baseline 1; the tolerance is 2 working days"),
    ([event("completed", "2024-05-15")], "2024-05-20", tolerance("finish_variance", PERCENT, 12.5),
     "finished 60 % of its baseline duration after baseline 1; the tolerance is 12.5 % of its baseline duration"),
    ([event("started", "2024-05-08")], "2024-05-09", tolerance("start_variance", DAYS, 1),
     "started 2 working days after baseline 1; the tolerance is 1 working day"),
    ([], "2024-05-09", tolerance("start_variance", DAYS, 1, facts=True),
     "was to start on 2024-05-06 in baseline 1 and has not; the tolerance is 1 working day"),
    ([forecast(start="2024-05-08")], "2024-05-01", tolerance("start_variance", DAYS, -1),
     "is forecast to start 2 working days after baseline 1; the tolerance is -1 working day"),
    ([STARTED, event("completed", "2024-05-14")], "2024-05-20", tolerance("duration_variance", DAYS, 1),
     "took 2 working days longer than in baseline 1; the tolerance is 1 working day"),
    ([STARTED, event("completed", "2024-05-08")], "2024-05-20", tolerance("duration_variance", DAYS, lower=-1),
     "took 2 working days less than in baseline 1; the tolerance is 1 working day"),
    ([STARTED, event("completed", "2024-05-10")], "2024-05-20", tolerance("duration_variance", DAYS, 1),
     "took as long as in baseline 1; the tolerance is 1 working day"),
    ([], "2024-05-01", tolerance("duration_variance", DAYS, 1),
     "is planned to take as long as in baseline 1; the tolerance is 1 working day"),
    ([STARTED], "2024-05-14T12:00:00Z", tolerance("duration_variance", DAYS, 1, facts=True),
     "has already taken longer than in baseline 1; the tolerance is 1 working day"),
    ([STARTED, event("blocked", "2024-05-07")], "2024-05-14", tolerance("blocked_minutes", DAYS, 1),
     "has been blocked since 2024-05-07T00:00:00Z; the tolerance is 1 working day"),
    ([STARTED], "2024-05-14", tolerance("blocked_minutes", DAYS, 1),
     "is not blocked; the tolerance is 1 working day"),
    ([STARTED], "2024-05-09T09:00:00Z", tolerance("silence_minutes", DAYS, 10),
     "was last heard of at 2024-05-06T00:00:00Z; the tolerance is 10 working days"),
    ([event("completed", "2024-05-08")], "2024-05-20", tolerance("silence_minutes", DAYS, 2),
     "is not silent; the tolerance is 2 working days"),
    ([], "2024-05-01", tolerance("silence_minutes", DAYS, 2), "is not silent; the tolerance is 2 working days"),
    ([STARTED, event("progressed", "2024-05-08", percent_complete=20)], "2024-05-09",
     tolerance("progress_gap_points", POINTS, 1),
     "is 40 points behind baseline 1: 20 % complete, 60 % planned; the tolerance is 1 point"),
    ([STARTED, event("progressed", "2024-05-06", percent_complete=25)], "2024-05-07",
     tolerance("progress_gap_points", POINTS, lower=-2.5),
     "is 5 points ahead of baseline 1: 25 % complete, 20 % planned; the tolerance is 2.5 points"),
    ([], "2024-05-01", tolerance("progress_gap_points", POINTS, 10),
     "is 0 % complete, as planned in baseline 1; the tolerance is 10 points"),
    ([event("cancelled", "2024-05-08")], "2024-05-09", FINISH, "was cancelled"),
    ([event("progressed", "2024-05-08", percent_complete=5)], "2024-05-09", tolerance("start_variance", DAYS, 1),
     "has no start variance to judge (start not reported)"),
]  # fmt: skip


@pytest.mark.parametrize(("events", "as_of", "watched", "sentence"), FINISHES)
def test_each_sentence(events: list[ExecutionEvent], as_of: str, watched: Tolerance, sentence: str) -> None:
    assert said([WEEK], events, as_of, watched) == f"m {sentence}"


def test_what_is_too_little_for_days_is_told_in_minutes() -> None:
    planned = milestone("m", "2024-05-07T12:00:00Z")
    assert said([planned], [event("completed", "2024-05-07T12:01:00Z")], "2024-05-09", FINISH) == (
        "m finished 1 working minute after baseline 1; the tolerance is 0 days"
    )


def test_what_is_planned_beyond_calendars_is_only_planned() -> None:
    observed = observe([milestone("m", "2024-05-08")], baseline=[M], beyond_calendars=True)
    assert evidence(observed, FINISH).summary.startswith("m is planned to finish 1 day after")


def test_what_has_left_the_plan() -> None:
    observed = observe([M], baseline=[M, milestone("gone", "2024-05-08")])
    found = evidence(observed, FINISH, "gone")
    assert (found.summary, found.operands, found.unabsorbed_minutes) == ("gone has left the plan", {}, None)


def test_a_value_that_is_missing_for_no_reason_is_told_as_missing() -> None:
    judged = Judged(subject(FINISH), None)
    assert Evidences(observe([M])).of(FINISH, judged).summary == "m has no finish variance to judge"


LATE = milestone("m", "2024-05-10", deadline=at("2024-05-07"))
UNPLANNED = milestone("m", deadline=at("2024-05-07"))
START = milestone("m", start="2024-05-10", deadline=at("2024-05-07"))
DEADLINE = tolerance("deadline_variance", DAYS, 1)


@pytest.mark.parametrize(
    ("planned", "events", "as_of", "sentence"),
    [
        (LATE, [], "2024-05-01", "is projected to finish 3 days after its deadline"),
        (LATE, [event("completed", "2024-05-07")], "2024-05-20", "finished at its deadline"),
        (LATE, [event("completed", "2024-05-06")], "2024-05-20", "finished 1 day before its deadline"),
        (
            replace(LATE, planned_finish=None),
            [],
            "2024-05-10",
            "has passed its deadline of 2024-05-07",
        ),
        (START, [event("started", "2024-05-09")], "2024-05-20", "finished 2 days after its deadline"),
    ],
)
def test_deadlines(planned: Milestone, events: list[ExecutionEvent], as_of: str, sentence: str) -> None:
    found = evidence(observe([planned], events, as_of), DEADLINE)
    assert found.summary == f"m {sentence}; the tolerance is 1 day"
    assert found.operands["deadline"] == "2024-05-07"


def test_all_of_a_slip_past_a_deadline_counts() -> None:
    assert evidence(observe([LATE]), DEADLINE).unabsorbed_minutes == 3 * DAY
    assert (
        evidence(observe([LATE], [event("completed", "2024-05-01")], "2024-05-09"), DEADLINE).unabsorbed_minutes == 0
    )


PLAN = [activity("m", "2024-05-06", "2024-05-10"), milestone("end", "2024-05-20")]
LINKS = [link("m", "end")]


def test_the_plan_rests_on_what_drives_its_finish() -> None:
    events = [
        forecast("2024-05-22"),
        event("started", "2024-05-06T08:00:00Z"),
        event("note.added", "2024-05-06", text="x"),
    ]
    observed = observe(PLAN, events, "2024-05-07", links=LINKS, target="2024-05-19")
    whole = tolerance("plan_finish_variance", DAYS, 0)
    found = evidence(observed, whole, None)
    assert found.summary.startswith("The plan is forecast to finish 2 days after baseline 1;")
    assert [identity.split("/")[1] for _, identity in found.events] == ["forecast_changed", "started"]
    assert found.unabsorbed_minutes == 2 * DAY
    assert found.operands["drivers"] == ["m", "end"]
    target = evidence(observed, tolerance("deadline_variance", DAYS, 0), None)
    assert target.summary == "The plan is projected to finish 3 days after its target finish; the tolerance is 0 days"
    assert (target.operands["target_finish"], target.operands["working_minutes"]) == ("2024-05-19", 3 * DAY)


def test_a_plan_that_is_done_rests_on_what_was_done_last() -> None:
    events = [event("completed", "2024-05-10"), event("completed", "2024-05-21", "end")]
    found = evidence(
        observe(PLAN, events, "2024-05-30", links=LINKS), tolerance("plan_finish_variance", DAYS, 0), None
    )
    assert found.summary == "The plan finished 1 day after baseline 1; the tolerance is 0 days"
    assert found.events == (("s", "end/completed/2024-05-21"),)


def test_an_overdue_plan_is_compared_with_the_data_date() -> None:
    watched = tolerance("plan_finish_variance", DAYS, 0, facts=True)
    found = evidence(observe([WEEK], as_of="2024-05-13T12:00:00Z", plan_working=STANDARD), watched, None)
    assert found.operands["compared_finish"] == "2024-05-13T12:00:00Z"
    assert found.summary.startswith("The plan was to finish on 2024-05-10 in baseline 1 and has not;")


def test_the_progress_of_the_plan_rests_on_all_of_its_reports() -> None:
    events = [event("started", "2024-05-06"), event("completed", "2024-05-07", "end")]
    found = evidence(
        observe(PLAN, events, "2024-05-11", links=LINKS), tolerance("progress_gap_points", POINTS, 10), None
    )
    assert found.operands == {"planned_percent_complete": 50.0, "actual_percent_complete": 50.0}
    assert len(found.events) == 2


def test_room_is_told_with_what_took_it() -> None:
    plan = [PLAN[0], milestone("end", "2024-05-20", deadline=at("2024-05-20"))]
    observed = observe(plan, [forecast("2024-05-23")], links=LINKS)
    left = evidence(observed, tolerance("total_float", DAYS, lower=0))
    assert left.summary == "m has -3 days of total float; the tolerance is 0 days"
    assert (left.operands["late_finish"], left.operands["total_float_minutes"]) == ("2024-05-21T00:00:00Z", -3 * DAY)
    used = evidence(observed, tolerance("float_consumed_percent", POINTS, 80))
    assert used.summary == "m has used up 130 % of the total float that baseline 1 gave it; the tolerance is 80 %"
    assert (used.operands["baseline_total_float_minutes"], used.unabsorbed_minutes) == (10 * DAY, None)
    assert (
        evidence(observe(plan, beyond_calendars=True), tolerance("total_float", DAYS, 0)).operands["late_finish"]
        is None
    )


@pytest.mark.parametrize(("finish", "left"), [("2024-05-15", 0), ("2024-05-23", 3 * DAY), ("2024-05-08", 0)])
def test_float_absorbs_a_slip_as_far_as_it_goes(finish: str, left: int) -> None:
    observed = observe(PLAN, [event("completed", finish)], "2024-05-30", links=LINKS)
    assert evidence(observed, FINISH).unabsorbed_minutes == left


def test_without_the_float_of_the_baseline_nobody_knows_what_it_absorbs() -> None:
    observed = replace(
        observe(PLAN, [event("completed", "2024-05-15")], "2024-05-30"), baseline_floats=dict[str, int]
    )
    assert evidence(observed, FINISH).unabsorbed_minutes is None


def test_blocked_since_when_and_until_when() -> None:
    resume = event("blocked", "2024-05-07T09:00:00Z", expected_resume_at="2024-05-20")
    found = evidence(observe([WEEK], [STARTED, resume], "2024-05-09"), tolerance("blocked_minutes", DAYS, 1))
    assert found.operands == {
        "blocked_since": "2024-05-07T09:00:00Z", "expected_resume_at": "2024-05-20", "working_minutes": 900,
    }  # fmt: skip
    assert found.events == (resume.identity,)


def test_silence_rests_on_what_was_heard_last() -> None:
    note = event("note.added", "2024-05-06T12:00:00Z", text="still here")
    found = evidence(observe([WEEK], [STARTED, note], "2024-05-14"), tolerance("silence_minutes", DAYS, 1))
    assert (found.operands["last_event_at"], found.events[-1]) == ("2024-05-06T12:00:00Z", note.identity)


@pytest.mark.parametrize(
    ("count", "sentence"), [(1, "1 predecessor; the tolerance is 0"), (2, "2 predecessors; the tolerance is 0")]
)
def test_what_it_did_not_wait_for_is_named(count: int, sentence: str) -> None:
    names = ["a", "b"][:count]
    plan = [WEEK, *(activity(name, "2024-05-06", "2024-05-10") for name in names)]
    observed = observe(plan, [STARTED], "2024-05-07", links=[link(name, "m") for name in names])
    found = evidence(observed, tolerance("out_of_sequence", Unit.number, 0))
    assert (found.summary, found.operands) == (f"m went ahead of {sentence}", {"predecessors": names})


def test_a_duration_is_told_with_its_parts() -> None:
    events = [STARTED, event("progressed", "2024-05-07", percent_complete=30, remaining_minutes=2400)]
    found = evidence(observe([WEEK], events, "2024-05-08"), tolerance("duration_variance", DAYS, 0))
    assert found.operands == {
        "baseline_duration_minutes": 2400, "working_minutes": 960,
        "actual_start": "2024-05-06", "actual_finish": None, "remaining_minutes": 2400, "percent_complete": 30.0,
    }  # fmt: skip
    added = evidence(observe([WEEK], events, "2024-05-08", baseline=[]), tolerance("duration_variance", DAYS, 0))
    assert added.operands["baseline_duration_minutes"] is None


def test_only_events_in_effect_up_to_the_data_date_count_and_at_most_twenty() -> None:
    reports = [event("progressed", f"2024-05-06T{n // 60:02}:{n % 60:02}:00Z", percent_complete=n) for n in range(30)]
    events = [*reports, retraction("r", reports[29].id), event("progressed", "2024-05-09", percent_complete=99)]
    found = evidence(observe([WEEK], events, "2024-05-08"), tolerance("progress_gap_points", POINTS, 1))
    assert found.events == tuple(each.identity for each in reports[9:29])
    moved = correction("c", "run", event("completed", "2024-05-09"))
    corrected = observe([M], [event("completed", "2024-05-08", identity="run"), moved], "2024-05-10")
    assert evidence(corrected, FINISH).events == (("s", "run"),)


def test_events_of_the_plan_are_in_the_order_in_which_they_happened() -> None:
    events = [event("started", "2024-05-07", "end"), event("started", "2024-05-06")]
    plan = [PLAN[0], activity("end", "2024-05-11", "2024-05-20")]
    found = evidence(observe(plan, events, "2024-05-08"), tolerance("progress_gap_points", POINTS, 1), None)
    assert found.events == (events[1].identity, events[0].identity)


def test_no_value_leaves_operands_empty() -> None:
    observed = observe([WEEK], baseline=[])
    found = evidence(observed, tolerance("progress_gap_points", POINTS, 1))
    assert found.operands == {"planned_percent_complete": None, "actual_percent_complete": None}
    assert evidence(observed, FINISH).operands["compared_finish"] is None


@pytest.mark.parametrize("level", [Level.warning, Level.breach])
def test_the_bound_named_is_that_of_the_level(level: Level) -> None:
    watched = tolerance("finish_variance", DAYS, 5, warning=1)
    judged = Judged(subject(watched), 7.0, level=level, basis="actual")
    observed: Observed = observe([M], [event("completed", "2024-05-14")], "2024-05-20")
    bound = "1 day" if level is Level.warning else "5 days"
    assert Evidences(observed).of(watched, judged).summary.endswith(f"the tolerance is {bound}")


def test_a_phase_is_told_by_its_span() -> None:
    plan = [phase("m"), activity("a", "2024-05-06", "2024-05-10", parent="m")]
    found = evidence(observe(plan, [event("completed", "2024-05-12", "a")], "2024-05-20"), FINISH)
    assert found.summary == "m finished 2 days after baseline 1; the tolerance is 0 days"


def test_the_reason_is_told_in_words() -> None:
    judged = Judged(subject(FINISH, None), None, Reason.no_baseline)
    whole = tolerance("plan_finish_variance", DAYS, 0)
    assert Evidences(observe([M], baseline=None)).of(whole, judged).summary == (
        "The plan has no plan finish variance to judge (no baseline)"
    )
