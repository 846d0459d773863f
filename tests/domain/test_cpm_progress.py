"""What has happened, in the early dates of a network."""

from typing import Any

import pytest

from app.domain.cpm import Bound, BoundKind
from app.domain.cpm_findings import future_actuals
from app.domain.execution import ExecutionEvent, State
from tests.domain.cpm_build import (
    AB,
    FRI,
    FRI2,
    MON,
    MON2,
    THU,
    TUE,
    WED,
    codes,
    dates,
    instant,
    lates,
    link,
    mark,
    minute,
    projected,
    run,
    state,
    task,
    winner,
)

# --- progress


def test_unstarted_work_moves_to_the_data_date() -> None:
    found = run(AB, [link("a", "b")], "2026-01-07T12:30")
    assert dates(found.items["a"]) == ("2026-01-07T13:00", "2026-01-09T12:00")
    assert winner(found, "a") == ("data_date", None)
    assert winner(found, "b") == ("link", "a")


def test_work_in_progress_starts_when_it_did_and_remains_from_the_data_date() -> None:
    states = {"a": state(start=f"{MON}T08:00", remaining_minutes=240)}
    found = run(AB, [link("a", "b")], f"{WED}T08:00", states)
    item = found.items["a"]
    assert dates(item) == (f"{WED}T08:00", f"{WED}T12:00")
    assert projected(item) == (f"{MON}T08:00", f"{WED}T12:00")
    assert (item.remaining_minutes, item.total_float_minutes, item.critical) == (240, 0, True)
    assert [each.kind.value for each in found.why("a")] == ["progress", "data_date"]


@pytest.mark.parametrize(
    ("report", "remaining"),
    [
        ({"remaining_minutes": 100, "percent_complete": 90.0}, 100),
        ({"percent_complete": 25.0}, 720),
        ({"percent_complete": 100.0}, 0),
        ({}, 960),
    ],
)
def test_remaining_work_is_reported_else_a_share_else_all(report: Any, remaining: int) -> None:
    found = run(AB, (), f"{WED}T08:00", {"a": state(start=MON, **report)})
    assert found.items["a"].remaining_minutes == remaining


def test_a_start_that_nobody_reported_is_unknown() -> None:
    links = [link("a", "b", "SS", 8)]
    unknown = run(AB, links, f"{WED}T08:00", {"a": state(percent_complete=50.0)})
    assert projected(unknown.items["a"]) == (None, f"{WED}T17:00")
    assert dates(unknown.items["b"])[0] == f"{THU}T08:00"  # it began at the data date at the latest
    planned = [task("a", 16, planned_start=f"{TUE}T08:00"), task("b", 8)]
    estimated = run(planned, links, f"{WED}T08:00", {"a": state(percent_complete=50.0)})
    assert dates(estimated.items["b"])[0] == f"{WED}T08:00"
    done = run(AB, links, f"{WED}T08:00", {"a": state("completed", None, f"{TUE}T17:00")})
    assert projected(done.items["a"]) == (None, f"{TUE}T17:00")
    assert dates(done.items["b"])[0] == f"{THU}T08:00"  # it began when it was finished at the latest


def test_completed_work_has_its_actual_dates_and_no_floats() -> None:
    states = {"a": state("completed", f"{MON}T08:00", f"{TUE}T18:30")}
    found = run(AB, [link("a", "b")], f"{WED}T08:00", states)
    item = found.items["a"]
    assert dates(item) == projected(item) == (f"{MON}T08:00", f"{TUE}T18:30")
    assert lates(item) == (None, None)
    assert (item.total_float_minutes, item.free_float_minutes, item.remaining_minutes) == (None, None, 0)
    assert found.why("a") == (Bound("finish", BoundKind.progress, minute(f"{TUE}T18:30")),)


def test_bare_days_are_the_edges_of_their_work() -> None:
    item = run(AB, (), f"{FRI}T08:00", {"a": state("completed", MON, TUE)}).items["a"]
    assert projected(item) == (f"{MON}T08:00", f"{TUE}T17:00")


def test_a_completion_that_contradicts_itself_has_no_date() -> None:
    found = run(AB, [link("a", "b")], f"{FRI}T08:00", {"a": State(state("completed").lifecycle)})
    assert (projected(found.items["a"]), found.why("a")) == ((None, None), ())


def test_what_is_left_of_a_lag_counts_from_the_actual_finish() -> None:
    states = {"a": state("completed", f"{MON}T08:00", f"{TUE}T17:00")}
    found = run(AB, [link("a", "b", "FS", 16)], f"{WED}T10:00", states)
    assert dates(found.items["b"])[0] == f"{FRI}T08:00"
    assert winner(found, "b") == ("link", "a")
    over = run(AB, [link("a", "b", "FS", 8)], f"{FRI}T10:00", states)
    assert dates(over.items["b"])[0] == f"{FRI}T10:00"
    assert winner(over, "b") == ("data_date", None)


def test_the_lag_of_a_start_that_happened_counts_from_it() -> None:
    states = {"a": state(start=f"{MON}T08:00", remaining_minutes=480)}
    found = run(AB, [link("a", "b", "SS", 24)], f"{TUE}T08:00", states)
    assert dates(found.items["b"])[0] == f"{THU}T08:00"
    # The start has happened: no successor of it limits what remains.
    assert found.items["a"].late_finish == found.late_finish


def test_a_lead_never_leads_before_the_data_date() -> None:
    for unit in ("working", "elapsed"):
        found = run(AB, [link("a", "b", "FS", -4000, lag_unit=unit)], f"{MON}T08:00")
        assert dates(found.items["b"])[0] == f"{MON}T08:00"
        assert winner(found, "b") == ("data_date", None)
    mixed = [task("a", 16), task("b", 8, calendar="seven")]
    assert winner(run(mixed, [link("a", "b", "FS", -4000)], f"{MON}T08:00"), "b") == ("data_date", None)
    near = run(mixed, [link("a", "b", "FS", -8)], f"{MON}T08:00")
    assert dates(near.items["b"])[0] == f"{TUE}T08:00"


def test_logic_passes_through_what_was_completed_out_of_sequence() -> None:
    tasks = [task("a", 16), task("b", 8), task("c", 8)]
    links = [link("a", "b"), link("b", "c", "FS", 80)]
    states = {"b": state("completed", MON, MON)}
    retained = run(tasks, links, f"{WED}T08:00", states)
    assert dates(retained.items["c"])[0] == "2026-01-20T08:00"  # ten days after b was done
    links = [link("a", "b", "FS", 8), link("b", "c")]
    retained = run(tasks, links, f"{WED}T08:00", states)
    assert dates(retained.items["c"])[0] == f"{MON2}T08:00"  # two days of a and a day of lag
    assert retained.items["c"].driving_predecessor == "a"  # b is done, and only hands on what holds it
    assert retained.driving_chain == ("a", "c")
    assert retained.items["a"].total_float_minutes == 0
    assert retained.longest_path == ("a", "c")
    assert retained.driving_chain == ("a", "c")
    assert codes(retained, "b") == ["out_of_sequence"]
    override = run(tasks, links, f"{WED}T08:00", states, progress_logic="override")
    assert dates(override.items["c"])[0] == f"{WED}T08:00"


def test_a_link_into_what_has_begun_holds_what_remains() -> None:
    states = {"b": state(start=MON, remaining_minutes=240)}
    found = run(AB, [link("a", "b")], f"{TUE}T08:00", states)
    assert dates(found.items["b"]) == (f"{THU}T08:00", f"{THU}T12:00")
    assert codes(found) == ["out_of_sequence"]
    for type_ in ("SS", "SF"):  # what has begun waits for no start
        found = run(AB, [link("a", "b", type_, 40)], f"{TUE}T08:00", states)
        assert dates(found.items["b"])[0] == f"{TUE}T08:00"


@pytest.mark.parametrize(
    ("type_", "before", "after", "expected"),
    [
        ("FS", "not_started", "not_started", False),
        ("FS", "in_progress", "in_progress", True),
        ("FS", "completed", "in_progress", False),
        ("FS", "cancelled", "in_progress", False),
        ("SS", "not_started", "in_progress", True),
        ("SS", "in_progress", "in_progress", False),
        ("FF", "in_progress", "in_progress", False),
        ("FF", "in_progress", "completed", True),
        ("SF", "not_started", "completed", True),
        ("SF", "suspended", "completed", False),
    ],
)
def test_out_of_sequence_is_what_went_ahead(type_: str, before: str, after: str, expected: bool) -> None:
    states = {
        key: state(
            lifecycle,
            None if lifecycle in {"not_started", "cancelled"} else MON,
            TUE if lifecycle == "completed" else None,
            expected_resume_at=FRI2 if lifecycle == "suspended" else None,
        )
        for key, lifecycle in (("a", before), ("b", after))
    }
    found = run(AB, [link("a", "b", type_)], f"{FRI}T08:00", states)
    assert ("out_of_sequence" in codes(found, "b")) is expected


def test_suspended_work_waits_for_its_resumption() -> None:
    blocked: dict[str, Any] = {"start": f"{MON}T08:00", "blocked_since": f"{TUE}T08:00", "remaining_minutes": 480}
    until = run(AB, (), f"{WED}T08:00", {"a": state("suspended", **blocked, expected_resume_at=MON2)})
    assert dates(until.items["a"]) == (f"{MON2}T08:00", f"{MON2}T17:00")
    assert codes(until) == []
    for resume in (None, TUE):
        found = run(AB, (), f"{WED}T08:00", {"a": state("suspended", **blocked, expected_resume_at=resume)})
        assert dates(found.items["a"])[0] == f"{WED}T08:00"
        assert codes(found) == ["suspended_without_resume"]


def test_what_is_blocked_before_it_began_waits_too() -> None:
    states = {"a": state("not_started", blocked_since=MON, expected_resume_at=f"{THU}T08:00")}
    found = run(AB, (), f"{TUE}T08:00", states)
    assert dates(found.items["a"])[0] == f"{THU}T08:00"


def test_future_actuals_have_not_happened_yet() -> None:
    as_of = f"{TUE}T08:00"
    finish = run(
        AB, (), as_of, {"a": state("completed", MON, f"{WED}T17:00", remaining_minutes=0, percent_complete=100.0)}
    )
    item = finish.items["a"]
    assert (item.lifecycle.value, item.remaining_minutes) == ("in_progress", 960)
    assert projected(item) == (f"{MON}T08:00", f"{WED}T17:00")
    start = run(AB, (), as_of, {"a": state("in_progress", f"{THU}T08:00")})
    both = run(AB, (), as_of, {"a": state("completed", f"{THU}T08:00", f"{FRI}T08:00")})
    silent = run(AB, (), as_of, {"a": state("completed", None, f"{FRI}T08:00")})
    for found in (start, both, silent):
        assert found.items["a"].lifecycle.value == "not_started"
        assert dates(found.items["a"])[0] == f"{TUE}T08:00"
    for found in (finish, start, both, silent):
        assert codes(found) == ["future_actual"]
    # A day that is today has happened; nothing that follows waits for its evening.
    today = run(AB, [link("a", "b")], f"{WED}T10:00", {"a": state("completed", MON, WED)})
    assert dates(today.items["b"])[0] == f"{WED}T10:00"
    assert codes(today) == []


def test_events_of_later_are_found_where_they_report_that_something_happened() -> None:
    def event(type_: str, day: str, milestone: str | None = "a") -> ExecutionEvent:
        return ExecutionEvent("ci", f"{type_} {day}", type_, milestone, instant(f"{day}T10:00"), None, {})

    past, later = event("milestone.started", MON), event("milestone.completed", THU)
    events = [event("note.added", FRI), event("milestone.started", FRI, None), later, past]
    found = future_actuals(events, instant(f"{WED}T08:00"))
    assert [(each.code, each.milestone, each.detail) for each in found] == [
        ("future_actual", "a", "a completion is reported of after the data date")
    ]


# --- milestones that take no time


def test_a_finish_is_told_as_a_finish_and_a_start_as_a_start() -> None:
    marks = [mark("start", planned_start=MON2), mark("finish", planned_finish=MON2), task("a", 40)]
    found = run(marks, [link("a", "start"), link("a", "finish")], f"{MON}T08:00")
    assert dates(found.items["start"]) == (f"{MON2}T08:00", f"{MON2}T08:00")
    assert dates(found.items["finish"]) == (f"{FRI}T17:00", f"{FRI}T17:00")
    assert lates(found.items["start"]) == (f"{MON2}T08:00", f"{MON2}T08:00")


def test_nothing_is_told_before_what_it_waits_for() -> None:
    weekend = [task("a", 8, calendar="seven"), mark("m")]
    found = run(weekend, [link("a", "m")], "2026-01-10T08:00")  # a Saturday
    assert dates(found.items["m"])[0] == f"{MON2}T08:00"
    assert lates(found.items["m"])[0] == f"{MON2}T08:00"
    floor = run([mark("m")], (), "2026-01-10T08:00")
    assert dates(floor.items["m"])[0] == f"{MON2}T08:00"
    constrained = run([mark("m", constraint=("SNET", MON2))], (), f"{MON}T08:00")
    assert dates(constrained.items["m"])[0] == f"{MON2}T08:00"
    kept = run([mark("m", constraint=("FNET", MON2))], (), f"{MON}T08:00")
    assert dates(kept.items["m"])[0] == f"{MON2}T17:00"


def test_a_start_milestone_is_reached_by_its_start() -> None:
    marks = [mark("m", planned_start=MON), task("b", 8)]
    for found in (state("in_progress", TUE), state("completed", None, TUE), state("completed", TUE, WED)):
        scheduled = run(marks, [link("m", "b")], f"{FRI}T08:00", {"m": found})
        item = scheduled.items["m"]
        assert item.lifecycle.value == "completed"
        assert projected(item) == (f"{TUE}T08:00", f"{TUE}T08:00")
        assert scheduled.why("m")[0].edge == "start"


def test_a_milestone_that_was_started_is_reached_when_it_is_completed() -> None:
    item = run([mark("m")], (), f"{FRI}T10:00", {"m": state("in_progress", TUE)}).items["m"]
    assert (projected(item), item.remaining_minutes) == ((f"{TUE}T08:00", f"{FRI}T10:00"), 0)


def test_a_start_after_the_finish_that_happened_is_left_out() -> None:
    done = {"m": state("completed", f"{FRI}T08:00", TUE)}
    item = run([mark("m", planned_start=MON)], (), f"{WED}T08:00", done).items["m"]
    assert projected(item) == (f"{TUE}T08:00", f"{TUE}T08:00")
    item = run(AB, (), f"{WED}T08:00", {"a": done["m"]}).items["a"]
    assert projected(item) == (None, f"{TUE}T17:00")
