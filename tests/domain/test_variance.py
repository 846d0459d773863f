"""Finish, start and whole milestones: known answers, and every rule."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.progress import FindingCode, Lifecycle
from app.domain.variance import (
    Basis,
    Favorability,
    Reason,
    ScheduleStatus,
    Variance,
)
from tests.domain.builders import (
    WEEK,
    Told,
    activity,
    by_key,
    event,
    instant,
    measure,
    milestone,
    null,
    one,
    phase,
    told,
)


# --- a finish
def test_planned_may_7_done_may_8_is_one_day_late() -> None:
    plan = milestone("m", "2024-05-07")
    found = one(plan, plan, [event("completed", "2024-05-08T10:12:00Z")], "2024-05-09T00:00:00Z")
    assert found.finish_variance == Variance(1440, 1.0, 1440, Basis.actual, Favorability.unfavorable, None)
    assert (found.schedule_status, found.lifecycle) == (ScheduleStatus.late, Lifecycle.completed)
    assert found.actual_finish == found.projected_finish == instant("2024-05-08T10:12:00Z")
    assert told(found.start_variance) == null("no_planned_date")
    assert told(found.duration_variance) == null("not_applicable")
    assert found.projection_reason is None


@pytest.mark.parametrize("done", ["2024-05-07T23:00:00Z", "2024-05-07T00:00:00Z", "2024-05-07"])
def test_a_day_is_a_day(done: str) -> None:
    plan = milestone("m", "2024-05-07")
    found = one(plan, plan, [event("completed", done)], "2024-05-09T00:00:00Z")
    assert found.finish_variance == Variance(0, 0.0, 0, Basis.actual, Favorability.neutral, None)
    assert found.schedule_status is ScheduleStatus.on_track


def test_the_day_is_the_local_one() -> None:
    plan = milestone("m", "2024-05-07", calendar="berlin")
    found = one(plan, plan, [event("completed", "2024-05-07T22:30:00Z")], "2024-05-09T00:00:00Z")
    assert told(found.finish_variance) == (1440, 1440, "actual")


def test_an_actual_day_takes_a_baseline_instant_to_its_day() -> None:
    plan = milestone("m", "2024-05-07T09:00:00Z")
    found = one(plan, plan, [event("completed", "2024-05-08")], "2024-05-09T00:00:00Z")
    assert told(found.finish_variance) == (1440, 1440, "actual")


def test_two_instants_are_compared_to_the_minute() -> None:
    plan = milestone("m", "2024-05-07T09:00:30Z")
    found = one(plan, plan, [event("completed", "2024-05-07T08:30:59Z")], "2024-05-09T00:00:00Z")
    assert found.finish_variance == Variance(-30, -30 / 1440, -30, Basis.actual, Favorability.favorable, None)
    assert found.schedule_status is ScheduleStatus.ahead


def test_overdue_is_at_least_what_has_passed() -> None:
    plan = milestone("m", "2023-11-21")
    found = one(plan, plan, [], "2023-12-01T00:00:00Z")
    assert told(found.finish_variance) == (12_960, 12_960, "overdue_floor")
    assert found.schedule_status is ScheduleStatus.late
    assert (found.projected_finish, found.projection_reason) == (None, Reason.not_computed)


def test_at_its_edge_nothing_is_overdue() -> None:
    plan = milestone("m", "2023-11-21")
    assert told(one(plan, plan, [], "2023-11-22T00:00:00Z").finish_variance) == (0, 0, "planned")
    assert told(one(plan, plan, [], "2023-11-22T00:01:00Z").finish_variance) == (1, 1, "overdue_floor")


def test_friday_evening_and_monday_morning_are_one_point() -> None:
    plan = milestone("m", "2024-05-03T17:00:00Z", calendar="standard")
    found = one(plan, plan, [event("completed", "2024-05-06T08:00:00Z")], "2024-05-07T00:00:00Z")
    assert found.finish_variance == Variance(0, 0.0, 3780, Basis.actual, Favorability.neutral, None)
    assert told(one(plan, plan, [], "2024-05-06T08:00:00Z").finish_variance) == (0, 0, "planned")


def test_a_day_off_ends_with_the_last_work_before_it() -> None:
    plan = milestone("m", "2024-05-04", calendar="standard")
    done = [event("completed", "2024-05-06T09:00:00Z")]
    assert told(one(plan, plan, done, "2024-05-07T00:00:00Z").finish_variance) == (480, 4320, "actual")


def test_a_replanned_finish_is_at_risk_until_it_is_overdue() -> None:
    base, now = milestone("m", "2024-05-07"), milestone("m", "2024-05-10")
    early = one(now, base, [], "2024-05-08T00:00:00Z")
    assert (told(early.finish_variance), early.schedule_status) == ((4320, 4320, "planned"), "at_risk")
    late = one(now, base, [], "2024-05-11T12:00:00Z")
    assert (told(late.finish_variance), late.schedule_status) == ((5040, 5040, "overdue_floor"), "late")
    ahead = one(base, now, [], "2024-05-01T00:00:00Z")
    assert (told(ahead.finish_variance), ahead.schedule_status) == ((-4320, -4320, "planned"), "ahead")


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        ("2024-05-12", (7200, 7200, "forecast")),
        ("2024-05-10", (4320, 4320, "forecast")),
        ("2024-05-10T05:00:00Z", (4320, 4320, "forecast")),
        ("2024-05-09", (4320, 4320, "planned")),
    ],
)
def test_the_later_of_forecast_and_plan_names_the_basis(forecast: str, expected: Told) -> None:
    base, now = milestone("m", "2024-05-07"), milestone("m", "2024-05-10")
    events = [event("forecast_changed", "2024-05-01", finish=forecast)]
    assert told(one(now, base, events, "2024-05-02T00:00:00Z").finish_variance) == expected


def test_a_forecast_can_be_overdue_and_can_stand_alone() -> None:
    base, events = milestone("m", "2024-05-07"), [event("forecast_changed", "2024-05-01", finish="2024-05-08")]
    found = one(base, base, events, "2024-05-09T06:00:00Z")
    assert told(found.finish_variance) == (1800, 1800, "overdue_floor")
    undated = milestone("m")
    assert told(one(undated, base, events, "2024-05-02T00:00:00Z").finish_variance) == (1440, 1440, "forecast")


def test_a_lost_date_is_unknown_until_the_baseline_has_passed() -> None:
    base, now = milestone("m", "2024-05-07"), milestone("m")
    found = one(now, base, [], "2024-05-08T00:00:00Z")
    assert (told(found.finish_variance), found.schedule_status) == (null("no_planned_date"), "unknown")
    late = one(now, base, [], "2024-05-08T00:05:00Z")
    assert (told(late.finish_variance), late.schedule_status) == ((5, 5, "overdue_floor"), "late")


def test_without_a_date_on_the_baseline_side_there_is_nothing_to_compare() -> None:
    found = one(milestone("m", "2024-05-07"), milestone("m"))
    assert (told(found.finish_variance), found.schedule_status) == (null("no_planned_date"), "unknown")
    assert told(one(milestone("m"), milestone("m")).finish_variance) == null("no_planned_date")


# --- a start
def test_a_start_before_during_and_after() -> None:
    plan = activity("m", "2024-05-06", "2024-05-10", calendar="standard")
    before = one(plan, plan, [], "2024-05-01T00:00:00Z")
    assert told(before.start_variance) == (0, 0, "planned")
    today = one(plan, plan, [], "2024-05-06T10:00:00Z")  # the day it is planned for is not over yet
    assert (told(today.start_variance), today.schedule_status) == ((0, 0, "planned"), "on_track")
    overdue = one(plan, plan, [], "2024-05-07T10:00:00Z")
    assert told(overdue.start_variance) == (600, 1560, "overdue_floor")
    assert overdue.schedule_status is ScheduleStatus.at_risk
    started = one(plan, plan, [event("started", "2024-05-07T10:00:00Z")], "2024-05-07T12:00:00Z")
    assert told(started.start_variance) == (480, 1440, "actual")
    assert started.projected_start == instant("2024-05-07T10:00:00Z")
    assert started.schedule_status is ScheduleStatus.on_track
    silent = one(plan, plan, [event("progressed", "2024-05-07", percent_complete=5)], "2024-05-08T00:00:00Z")
    assert told(silent.start_variance) == null("start_not_reported")
    assert told(silent.duration_variance) == null("start_not_reported")
    assert silent.actual_start is None


def test_a_forecast_start_is_compared() -> None:
    plan = activity("m", "2024-05-06", "2024-05-10")
    found = one(plan, plan, [event("forecast_changed", "2024-05-01", start="2024-05-08")], "2024-05-02")
    assert told(found.start_variance) == (2880, 2880, "forecast")
    assert (found.forecast_start, found.forecast_finish) == (date(2024, 5, 8), None)


@pytest.mark.parametrize("what", ["started", "completed"])
def test_a_start_milestone_is_its_start(what: str) -> None:
    plan = milestone("m", start="2024-05-06", calendar="standard")
    found = one(plan, plan, [event(what, "2024-05-07T09:00:00Z")], "2024-05-09T00:00:00Z")
    assert told(found.start_variance) == (480, 1440, "actual")
    assert told(found.finish_variance) == null("no_planned_date")
    assert (found.actual_start, found.actual_finish) == (instant("2024-05-07T09:00:00Z"), None)
    assert (found.lifecycle, found.schedule_status, found.percent_complete) == ("completed", "late", 100.0)
    assert found.projection_reason is Reason.not_applicable


def test_a_start_milestone_not_reached() -> None:
    plan = milestone("m", start="2024-05-06")
    forecast = [event("forecast_changed", "2024-05-01", finish="2024-05-08")]
    found = one(plan, plan, forecast, "2024-05-02T00:00:00Z")
    assert (told(found.start_variance), found.schedule_status) == ((2880, 2880, "forecast"), "at_risk")
    today = one(plan, plan, [], "2024-05-06T06:00:00Z")
    assert (told(today.start_variance), today.schedule_status) == ((0, 0, "planned"), "on_track")
    overdue = one(plan, plan, [], "2024-05-07T06:00:00Z")
    assert (told(overdue.start_variance), overdue.schedule_status) == ((1800, 1800, "overdue_floor"), "late")
    cancelled = one(plan, plan, [event("started", "2024-05-01"), event("cancelled", "2024-05-02")], "2024-05-09")
    assert (cancelled.lifecycle, cancelled.schedule_status) == ("cancelled", "not_applicable")


def test_an_activity_with_one_date() -> None:
    only_finish = one(activity("m", None, "2024-05-07"), activity("m", None, "2024-05-07"))
    assert told(only_finish.start_variance) == null("no_planned_date")
    assert told(only_finish.duration_variance) == null("no_planned_date")
    assert told(only_finish.finish_variance) == (0, 0, "planned")
    only_start = one(activity("m", "2024-05-07"), activity("m", "2024-05-07"))
    assert told(only_start.finish_variance) == null("no_planned_date")
    assert (told(only_start.start_variance), only_start.schedule_status) == ((0, 0, "planned"), "on_track")


# --- whole milestones
def test_the_reasons_of_whole_milestones() -> None:
    old, new, gone, off = (milestone(key, "2024-05-07") for key in ("old", "new", "gone", "off"))
    events = [event("cancelled", "2024-05-01", "off"), event("completed", "2024-05-02", "gone")]
    found = measure([old, new, off], [old, gone, off], events, "2024-05-03")
    items = by_key(found)
    assert list(items) == ["gone", "new", "off", "old"]
    for key, reason, status in [
        ("gone", "removed", "not_applicable"),
        ("new", "not_in_baseline", "unknown"),
        ("off", "cancelled", "not_applicable"),
    ]:
        item = items[key]
        assert {told(item.start_variance), told(item.finish_variance)} == {null(reason)}
        assert told(item.duration_variance) == null(reason)
        assert item.finish_variance.favorability is Favorability.unknown
        assert item.schedule_status.value == status
    assert [each.code for each in items["gone"].findings] == [FindingCode.event_on_removed]
    assert (items["gone"].planned_finish, items["gone"].baseline_finish) == (None, date(2024, 5, 7))
    assert items["off"].projection_reason is Reason.cancelled
    assert (found.summary.added, found.summary.removed) == (("new",), ("gone",))
    assert found.summary.counts == {
        "late": 0, "at_risk": 0, "on_track": 1, "ahead": 0, "unknown": 1, "not_applicable": 2,
    }  # fmt: skip


def test_without_a_baseline_nothing_is_compared() -> None:
    found = measure([milestone("m", "2024-05-07"), phase("p")], None, [], "2024-06-01")
    assert {told(item.finish_variance) for item in found.items} == {null("no_baseline")}
    summary = found.summary
    assert (told(summary.finish_variance), summary.baseline_finish) == (null("no_baseline"), None)
    assert (summary.planned_percent_complete, summary.actual_percent_complete) == (None, None)
    assert (summary.schedule_status, summary.added, summary.removed) == ("unknown", (), ())
    assert (summary.projected_finish, summary.projection_reason) == (None, Reason.not_computed)


def test_an_empty_plan_is_unknown() -> None:
    summary = measure([], []).summary
    assert (summary.schedule_status, told(summary.finish_variance)) == ("unknown", null("no_planned_date"))


def test_stale_is_work_that_nobody_mentions() -> None:
    started = [event("started", "2024-05-06")]
    assert not one(WEEK, WEEK, started, "2024-05-20T00:00:00Z").stale
    found = one(WEEK, WEEK, started, "2024-05-20T00:00:01Z")
    assert (found.stale, found.last_event_at) == (True, instant("2024-05-06"))
    assert not one(WEEK, WEEK, [event("completed", "2024-05-06")], "2024-06-20").stale


def test_a_planned_duration_that_contradicts_the_dates_is_found() -> None:
    plan = replace(WEEK, planned_duration_minutes=2000)
    (found,) = one(plan, plan).findings
    assert (found.code, found.event) == (FindingCode.duration_mismatch, None)
    assert found.detail == "planned 2000 min, 2400 min between the dates"
    exact = replace(WEEK, planned_duration_minutes=2400)
    assert one(exact, exact).findings == ()
    half = activity("m", None, "2024-05-07", planned_duration_minutes=9)
    assert one(half, half).findings == ()


def test_the_findings_of_the_events_are_passed_on() -> None:
    found = one(WEEK, WEEK, [event("unblocked", "2024-05-06")], "2024-05-07")
    assert [each.code for each in found.findings] == [FindingCode.unblocked_without_block]


def test_dates_that_end_before_they_begin_have_no_length() -> None:
    plan = activity("m", "2024-05-10", "2024-05-06")
    assert told(one(plan, plan, [event("started", "2024-05-01")], "2024-05-02").duration_variance)[0] == 1440
    assert one(plan, plan, [], "2024-05-01").schedule_status is ScheduleStatus.on_track
