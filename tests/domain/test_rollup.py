"""Phases, and the plan as a whole."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.plan import Milestone
from app.domain.progress import FindingCode, Lifecycle
from app.domain.variance import (
    ScheduleStatus,
)
from tests.domain.builders import (
    BERLIN,
    STANDARD,
    activity,
    by_key,
    event,
    instant,
    measure,
    milestone,
    null,
    phase,
    told,
)


# --- phases
def tree(first: str = "2024-05-10", second: str = "2024-05-17") -> list[Milestone]:
    return [
        phase("top", calendar="standard"),
        phase("sub", "top", calendar="standard"),
        activity("a", "2024-05-06", first, parent="sub", calendar="standard"),
        activity("b", "2024-05-13", second, parent="top", calendar="standard"),
        milestone("c", "2024-05-17", parent="sub", calendar="standard"),
    ]


def test_a_phase_spans_its_leaves_at_any_depth() -> None:
    items = by_key(measure(tree(second="2024-05-20"), tree(), [], "2024-05-01"))
    top, sub = items["top"], items["sub"]
    assert (top.planned_start, top.planned_finish) == (date(2024, 5, 6), date(2024, 5, 20))
    assert (top.baseline_start, top.baseline_finish) == (date(2024, 5, 6), date(2024, 5, 17))
    assert told(top.finish_variance) == (480, 4320, "planned")
    assert (top.kind, top.lifecycle, top.schedule_status) == ("phase", "not_started", "at_risk")
    assert told(top.duration_variance) == null("not_applicable")
    assert (told(sub.finish_variance), sub.schedule_status) == ((0, 0, "planned"), "on_track")


def test_a_phase_is_finished_with_its_last_leaf() -> None:
    events = [event("started", "2024-05-06", "a"), event("completed", "2024-05-13", "a")]
    items = by_key(measure(tree(), tree(), events, "2024-05-14"))
    assert (items["sub"].lifecycle, items["sub"].actual_finish) == ("in_progress", None)
    assert (items["sub"].actual_start, told(items["sub"].start_variance)) == (date(2024, 5, 6), (0, 0, "actual"))
    assert items["sub"].last_event_at == instant("2024-05-13")
    events += [event("started", "2024-05-14", "b"), event("completed", "2024-05-21", "b")]
    events += [event("completed", "2024-05-16", "c")]
    items = by_key(measure(tree(), tree(), events, "2024-05-22"))
    top = items["top"]
    assert (top.lifecycle, top.actual_finish, top.percent_complete) == ("completed", date(2024, 5, 21), 100.0)
    assert (told(top.finish_variance), top.schedule_status) == ((960, 5760, "actual"), "late")
    assert items["sub"].schedule_status is ScheduleStatus.ahead


def test_an_overdue_leaf_makes_its_phase_late() -> None:
    items = by_key(measure(tree(), tree(), [event("completed", "2024-05-17", "b")], "2024-05-21T09:00:00Z"))
    assert (told(items["sub"].finish_variance), items["sub"].schedule_status) == (
        (480 + 60, 60 * 24 * 3 + 16 * 60, "overdue_floor"),
        "late",
    )


def test_what_a_phase_does_not_know_stays_unknown() -> None:
    silent = by_key(measure(tree(), tree(), [event("completed", "2024-05-09", "a")], "2024-05-10"))
    assert told(silent["top"].start_variance) == null("start_not_reported")
    assert silent["top"].actual_start is None
    undated = [each if each.key != "b" else activity("b", parent="top") for each in tree()]
    lost = by_key(measure(undated, tree(), [], "2024-05-01"))
    assert told(lost["top"].finish_variance) == null("no_planned_date")
    assert told(lost["top"].start_variance) == null("no_planned_date")


def test_cancelled_leaves_leave_both_sides_of_a_phase() -> None:
    off = [event("cancelled", "2024-05-01", key) for key in ("b", "c")]
    items = by_key(measure(tree(), tree(), off, "2024-05-02"))
    assert (items["top"].baseline_finish, told(items["top"].finish_variance)) == (
        date(2024, 5, 10),
        (0, 0, "planned"),
    )
    all_off = by_key(measure(tree(), tree(), [*off, event("cancelled", "2024-05-01", "a")], "2024-05-02"))
    assert (all_off["top"].lifecycle, told(all_off["top"].finish_variance)) == ("cancelled", null("cancelled"))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("started", "a")], "in_progress"),
        ([("completed", "a")], "in_progress"),
        ([("started", "a"), ("blocked", "a")], "suspended"),
        ([("started", "a"), ("blocked", "a"), ("started", "b")], "in_progress"),
    ],
)
def test_the_lifecycle_of_a_phase(events: list[tuple[str, str]], expected: str) -> None:
    named = [event(what, f"2024-05-0{1 + n}", key) for n, (what, key) in enumerate(events)]
    assert by_key(measure(tree(), tree(), named, "2024-05-09"))["top"].lifecycle.value == expected


def test_phases_of_one_side_and_events_of_a_phase() -> None:
    found = measure(
        [phase("new"), phase("both")], [phase("old"), phase("both")], [event("started", "2023-12-31", "both")]
    )
    items = by_key(found)
    assert told(items["new"].finish_variance) == null("not_in_baseline")
    assert (told(items["old"].finish_variance), items["old"].schedule_status) == (null("removed"), "not_applicable")
    assert told(items["both"].finish_variance) == null("no_planned_date")
    assert [each.code for each in items["both"].findings] == [FindingCode.event_on_phase]
    assert items["both"].lifecycle is Lifecycle.not_started
    assert sum(found.summary.counts.values()) == 0


def test_a_milestone_that_became_a_phase_keeps_its_baseline_dates() -> None:
    base = [milestone("p", "2024-05-10")]
    found = measure([phase("p"), milestone("a", "2024-05-12", parent="p")], base, [], "2024-05-01")
    assert told(by_key(found)["p"].finish_variance) == (2880, 2880, "planned")
    back = measure(base, [phase("p"), milestone("a", "2024-05-12", parent="p")], [], "2024-05-01")
    assert told(by_key(back)["p"].finish_variance) == null("no_planned_date")
    assert back.summary.planned_percent_complete is None


def test_parents_in_a_cycle_or_that_are_no_phase_do_no_harm() -> None:
    plan = [
        phase("p", "q"),
        phase("q", "p"),
        milestone("a", "2024-05-10", parent="p"),
        milestone("b", "2024-05-10", parent="a"),
    ]
    items = by_key(measure(plan, plan, [], "2024-05-01"))
    assert told(items["p"].finish_variance) == (0, 0, "planned")
    assert told(items["q"].finish_variance) == null("no_planned_date")


def test_phases_are_told_on_their_own_calendars() -> None:
    plan = [
        phase("top"),
        *(phase(f"p{n}", "top", calendar="standard") for n in range(2)),
        *(milestone(f"m{n}", f"2024-05-0{n + 3}T12:00:00Z", parent=f"p{n}") for n in range(2)),
    ]
    now = [
        each if each.key != "m1" else replace(each, planned_finish=instant("2024-05-06T12:00:00Z")) for each in plan
    ]
    items = by_key(measure(now, plan, [], "2024-05-01"))
    assert told(items["top"].finish_variance) == (2880, 2880, "planned")
    assert told(items["p0"].finish_variance) == (0, 0, "planned")
    assert told(items["p1"].finish_variance) == (240, 2880, "planned")
    assert items["p1"].finish_variance.working_days == 0.5


def test_a_deep_tree_is_no_recursion() -> None:
    deep = [phase(f"p{n}", f"p{n - 1}" if n else None) for n in range(3000)]
    plan = [*deep, milestone("leaf", "2024-05-10", parent="p2999")]
    assert told(by_key(measure(plan, plan, [], "2024-05-01"))["p0"].finish_variance) == (0, 0, "planned")


# --- the plan
def test_the_finish_of_the_plan_is_that_of_its_latest_leaf() -> None:
    base = [milestone("a", "2024-05-07"), milestone("b", "2024-05-10"), milestone("c"), milestone("d", "2024-06-30")]
    now = [
        milestone("a", "2024-05-13"),
        milestone("b", "2024-05-10"),
        milestone("c", "2024-07-01"),
        milestone("e", "2025-01-01"),
    ]
    summary = measure(now, base, [], "2024-05-01", plan_working=STANDARD).summary
    assert summary.baseline_finish == date(2024, 5, 10)
    assert told(summary.finish_variance) == (480, 4320, "planned")
    assert summary.schedule_status is ScheduleStatus.at_risk
    assert summary.drivers is None


def test_the_plan_is_never_less_late_than_its_leaf() -> None:
    plan = [milestone("a", "2024-05-07"), milestone("b", "2024-05-07")]
    found = measure(plan, plan, [event("completed", "2024-05-08T10:00:00Z", "a")], "2024-05-08T12:00:00Z")
    assert told(found.summary.finish_variance) == (1440, 1440, "actual")
    overdue = measure(plan, plan, [], "2024-05-08T12:00:00Z", plan_working=BERLIN)
    assert told(overdue.summary.finish_variance) == (840, 840, "overdue_floor")


def test_a_leaf_that_lost_its_date_makes_the_finish_unknown() -> None:
    base = [milestone("a", "2024-05-07"), milestone("b", "2024-05-10")]
    summary = measure([milestone("a"), milestone("b", "2024-05-10")], base, [], "2024-05-01").summary
    assert (summary.baseline_finish, told(summary.finish_variance)) == (date(2024, 5, 10), null("no_planned_date"))


def test_the_worst_leaf_names_the_plan() -> None:
    def status(*finishes: str) -> str:
        base = [milestone(f"m{n}", "2024-05-07") for n in range(len(finishes))]
        now = [milestone(f"m{n}", finish or None) for n, finish in enumerate(finishes)]
        return measure(
            now, base, [event("completed", "2024-05-09", "m9")], "2024-05-01"
        ).summary.schedule_status.value

    assert status("2024-05-08", "2024-05-01") == "at_risk"
    assert status("2024-05-07", "2024-05-01") == "on_track"
    assert status("2024-05-06", "") == "ahead"
    assert status("") == "unknown"
