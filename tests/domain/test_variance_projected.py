"""Variance from the dates that the network projects."""

from collections.abc import Iterable
from datetime import date

import pytest

from app.domain.cpm import ScheduleInputs, ScheduleOptions, schedule
from app.domain.execution import ExecutionEvent
from app.domain.plan import Constraint, Dependency, DependencyType, Milestone
from app.domain.progress import effective, fold
from app.domain.variance import PlanInputs, PlanVariance, Reason, ScheduleStatus, measure_plan
from tests.domain.builders import (
    ALWAYS,
    STANDARD,
    activity,
    by_key,
    event,
    instant,
    milestone,
    null,
    phase,
    told,
    working,
)

DAY = 1440
ASAP = ScheduleOptions(scheduling="as_soon_as_possible", project_start=date(2024, 5, 6))


def link(predecessor: str, successor: str, type_: str = "FS") -> Dependency:
    return Dependency(predecessor, DependencyType(type_), successor)


def measure(
    current: Iterable[Milestone],
    baseline: Iterable[Milestone],
    links: Iterable[Dependency] = (),
    events: Iterable[ExecutionEvent] = (),
    as_of: str = "2024-05-01T00:00:00Z",
    options: ScheduleOptions | None = None,
) -> PlanVariance:
    now, options = instant(as_of), options or ScheduleOptions()
    milestones, states = {each.key: each for each in current}, fold(effective(events), now)
    inputs = ScheduleInputs(milestones, list(links), states, working, ALWAYS, options)
    return measure_plan(
        PlanInputs(
            current=milestones,
            baseline={each.key: each for each in baseline},
            states=states,
            working=working,
            plan_working=ALWAYS,
            schedule=schedule(inputs, now),
            holds_planned_dates=options.holds_planned_dates,
        ),
        now,
    )


CHAIN = [
    activity("design", "2024-05-06", "2024-05-10"),
    activity("build", "2024-05-11", "2024-05-20"),
    milestone("ship", "2024-05-22"),
]
LINKS = [link("design", "build"), link("build", "ship")]


def test_a_delay_pushes_what_follows_and_says_by_what() -> None:
    events = [event("started", "2024-05-06", "design"), event("completed", "2024-05-15", "design")]
    found = measure(CHAIN, CHAIN, LINKS, events, "2024-05-16T00:00:00Z")
    items = by_key(found)
    assert told(items["design"].finish_variance) == (5 * DAY, 5 * DAY, "actual")
    assert told(items["build"].finish_variance) == (5 * DAY, 5 * DAY, "projected")
    assert told(items["ship"].finish_variance) == (3 * DAY, 3 * DAY, "projected")
    assert [items[key].schedule_status for key in ("design", "build", "ship")] == ["late", "at_risk", "at_risk"]
    assert [items[key].driving_predecessor for key in ("design", "build", "ship")] == [None, None, "build"]
    assert (items["build"].critical, items["build"].total_float_minutes) == (True, 0)
    assert (found.summary.drivers, found.summary.projection_reason) == (("build", "ship"), None)
    assert told(found.summary.finish_variance) == (3 * DAY, 3 * DAY, "projected")


def test_a_date_that_is_kept_is_told_as_it_was_planned() -> None:
    found = measure(CHAIN, CHAIN, LINKS)
    items = by_key(found)
    assert (items["build"].projected_start, items["build"].projected_finish) == (date(2024, 5, 11), date(2024, 5, 20))
    assert told(items["ship"].finish_variance) == (0, 0, "projected")
    assert (found.summary.projected_finish, found.summary.baseline_finish) == (date(2024, 5, 22), date(2024, 5, 22))


def test_beside_days_the_edge_of_a_day_is_told_as_a_day_and_what_lies_within_is_not() -> None:
    for hour, finish in (("00:00", date(2024, 5, 24)), ("10:00", instant("2024-05-25T10:00:00Z"))):
        now = f"2024-05-15T{hour}:00Z"
        found = measure(CHAIN, CHAIN, LINKS, [event("completed", now, "design")], now)
        assert by_key(found)["build"].projected_finish == finish


def test_a_finish_at_midnight_is_one_of_the_day_before() -> None:
    early = [activity("a", "2024-05-06", "2024-05-06", planned_duration_minutes=DAY), milestone("b", "2024-05-07")]
    baseline = [early[0], milestone("b", "2024-05-06")]
    free = [early[0], milestone("b")]
    found = measure(free, baseline, [link("a", "b")], options=ASAP)
    item = by_key(found)["b"]
    assert item.projected_finish == instant("2024-05-07T00:00:00Z")
    assert told(item.finish_variance) == (0, 0, "projected")
    assert told(found.summary.finish_variance) == (0, 0, "projected")


def test_work_that_is_late_as_a_fact_is_late_whatever_is_expected() -> None:
    plan, baseline = [milestone("m", "2024-05-20")], [milestone("m", "2024-05-07")]
    item = by_key(measure(plan, baseline, as_of="2024-05-09T00:00:00Z"))["m"]
    assert told(item.finish_variance) == (13 * DAY, 13 * DAY, "projected")
    assert item.schedule_status is ScheduleStatus.late


def test_what_nothing_holds_but_the_status_date_is_overdue() -> None:
    plan = [milestone("m", "2024-05-07")]
    item = by_key(measure(plan, plan, as_of="2024-05-09T10:00:00Z"))["m"]
    assert told(item.finish_variance) == (DAY + 600, DAY + 600, "overdue_floor")
    assert (item.schedule_status, item.projected_finish) == (ScheduleStatus.late, instant("2024-05-09T10:00:00Z"))


def test_a_forecast_that_is_the_projection_names_the_basis() -> None:
    plan = [milestone("m", "2024-05-07"), milestone("next", "2024-05-08")]
    events = [event("forecast_changed", "2024-05-01T00:00:00Z", finish="2024-05-10")]
    items = by_key(measure(plan, plan, [link("m", "next")], events, "2024-05-02T00:00:00Z"))
    assert told(items["m"].finish_variance) == (3 * DAY, 3 * DAY, "forecast")
    assert (items["m"].projected_finish, items["next"].schedule_status) == (date(2024, 5, 10), ScheduleStatus.at_risk)


def test_negative_float_is_a_risk_though_its_own_date_is_kept() -> None:
    plan = [activity("a", "2024-05-06", "2024-05-10"), milestone("b", "2024-05-20", deadline=date(2024, 5, 8))]
    items = by_key(measure(plan, plan, [link("a", "b")]))
    assert (items["a"].total_float_minutes, items["a"].schedule_status) == (-2 * DAY, ScheduleStatus.at_risk)
    assert told(items["a"].finish_variance) == (0, 0, "projected")


def test_nobody_knows_when_what_nobody_planned_is_done() -> None:
    baseline = [milestone("m", "2024-05-07"), activity("a", "2024-05-07", "2024-05-08")]
    plan = [milestone("m"), activity("a", planned_duration_minutes=60)]
    held = by_key(measure(plan, baseline))
    assert [(held[key].projected_finish, held[key].projection_reason) for key in "ma"] == [
        (None, Reason.no_planned_date)
    ] * 2
    assert told(held["m"].finish_variance) == null("no_planned_date")
    logic = by_key(measure(plan, baseline, options=ASAP))
    assert logic["a"].projected_finish == instant("2024-05-06T01:00:00Z")
    constrained = [milestone("m", constraint=Constraint("SNET", date(2024, 5, 9)))]
    assert by_key(measure(constrained, baseline))["m"].projected_finish is not None


def test_what_only_follows_what_nobody_planned_is_as_unknown() -> None:
    plan = [milestone("a"), activity("b", planned_duration_minutes=60), milestone("c"), milestone("d", "2024-06-01")]
    links = [link("a", "b"), link("b", "c"), link("c", "d")]
    items = by_key(measure(plan, plan, links))
    assert [items[key].projected_finish for key in "abcd"] == [None, None, None, date(2024, 6, 1)]
    later = by_key(measure([milestone("a", "2024-05-09"), *plan[1:]], plan, links))
    assert later["c"].projected_finish == instant("2024-05-10T01:00:00Z")


def test_progress_that_was_reported_lengthens_the_duration_as_it_moves_the_finish() -> None:
    plan = [activity("a", "2024-05-06", "2024-05-15")]
    begun = event("started", "2024-05-06", "a")
    slow = [begun, event("progressed", "2024-05-14T00:00:00Z", "a", percent_complete=10)]
    item = by_key(measure(plan, plan, [], slow, "2024-05-14T00:00:00Z"))["a"]
    assert told(item.finish_variance) == (7 * DAY, 7 * DAY, "projected")
    assert told(item.duration_variance) == (7 * DAY, None, "projected")
    fast = [begun, event("progressed", "2024-05-14T00:00:00Z", "a", remaining_minutes=0)]
    held = by_key(measure(plan, plan, [], fast, "2024-05-14T00:00:00Z"))["a"]
    assert told(held.duration_variance) == (0, None, "planned")
    logic = by_key(measure(plan, plan, [], fast, "2024-05-14T00:00:00Z", ASAP))["a"]
    assert told(logic.duration_variance) == (-2 * DAY, None, "forecast")


def test_a_start_milestone_is_projected_at_its_start() -> None:
    plan = [activity("a", "2024-05-06", "2024-05-10"), milestone("go", start="2024-05-11")]
    events = [event("started", "2024-05-08T00:00:00Z", "a")]
    item = by_key(measure(plan, plan, [link("a", "go")], events, "2024-05-08T12:00:00Z"))["go"]
    assert (item.projected_start, item.projected_finish) == (date(2024, 5, 13), None)
    assert item.projection_reason is Reason.not_applicable
    assert told(item.start_variance) == (2 * DAY, 2 * DAY, "projected")
    assert item.schedule_status is ScheduleStatus.at_risk


def test_a_phase_spans_what_is_projected_of_its_leaves() -> None:
    plan = [phase("p"), *(activity(key, "2024-05-06", "2024-05-10", parent="p") for key in "ab")]
    events = [event("started", "2024-05-06", "a"), event("started", "2024-05-08", "b")]
    item = by_key(measure(plan, plan, [], events, "2024-05-09T00:00:00Z"))["p"]
    assert (item.projected_start, item.projected_finish) == (date(2024, 5, 6), date(2024, 5, 12))
    assert told(item.finish_variance) == (2 * DAY, 2 * DAY, "projected")
    assert (item.total_float_minutes, item.critical) == (0, True)


def test_what_was_added_since_moves_the_finish_of_the_plan() -> None:
    baseline = [milestone("m", "2024-05-07")]
    found = measure([*baseline, milestone("more", "2024-05-09")], baseline)
    assert told(found.summary.finish_variance) == (2 * DAY, 2 * DAY, "projected")
    assert found.summary.projected_finish == date(2024, 5, 9)
    assert by_key(found)["more"].finish_variance.reason is Reason.not_in_baseline


def test_a_start_that_was_added_is_no_finish_to_compare() -> None:
    baseline = [milestone("m", "2024-05-07")]
    found = measure([*baseline, milestone("go", start="2024-05-09")], baseline)
    assert told(found.summary.finish_variance) == (0, 0, "projected")
    assert found.summary.projected_finish == date(2024, 5, 9)


@pytest.mark.parametrize("what", ["cancelled", "completed"])
def test_what_is_over_has_no_floats(what: str) -> None:
    plan = [milestone("m", "2024-05-07")]
    found = measure(plan, plan, [], [event(what, "2024-05-02T00:00:00Z")], "2024-05-03T00:00:00Z")
    item = by_key(found)["m"]
    reason = Reason.cancelled if what == "cancelled" else Reason.not_applicable
    assert (item.total_float_minutes, item.network_reason, found.summary.drivers) == (None, reason, ())
    assert (found.summary.projection_reason is None) is (what == "completed")


def test_weekends_are_no_time_between_two_dates() -> None:
    plan = [
        activity("a", "2024-05-10", "2024-05-10", calendar="standard", planned_duration_minutes=480),
        activity("b", "2024-05-13", "2024-05-13", calendar="standard", planned_duration_minutes=480),
    ]
    items = by_key(measure(plan, plan, [link("a", "b")]))
    assert told(items["b"].start_variance) == (0, 0, "projected")
    assert STANDARD.minutes_per_day == 480
