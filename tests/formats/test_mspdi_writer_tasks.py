"""Milestones written as the tasks of Microsoft Project: their outline, dates, progress, constraints and links."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.domain.execution import State
from app.formats.mspdi_writer import write
from tests.domain.cpm_build import state
from tests.formats.mspdi_build import content_of, parse
from tests.formats.mspdi_written import FIELDS, MONDAY, ZONE, link, milestone, plan, root, summary, task, tasks, texts


def test_days_are_told_as_the_edges_of_their_work() -> None:
    dated = task("a", deadline=date(2026, 2, 1), constraint=("SNET", date(2026, 1, 17)))
    assert texts(tasks(plan([dated]))["a"], "ConstraintDate", "Deadline") == [
        "2026-01-19T08:00:00",
        "2026-01-30T17:00:00",
    ]


def test_dates_and_slack_are_those_of_the_schedule() -> None:
    found = tasks(plan([task("a", 8), task("b", 16)], [link("a", "b")]))
    edges = ["2026-01-09T08:00:00", "2026-01-09T17:00:00"]
    assert texts(found["a"], "Start", "Finish") == texts(found["a"], "EarlyStart", "LateFinish") == edges
    assert texts(found["a"], "Critical", "TotalSlack", "FreeSlack") == ["1", "0", "0"]
    loose = tasks(plan([task("a", 8), task("b", 16)]))["a"]
    assert texts(loose, "Critical", "TotalSlack") == ["0", "4800"]


def test_phases_come_before_what_lies_in_them_and_what_starts_first_comes_first() -> None:
    later = task("a", constraint=("SNET", date(2026, 3, 2)), parent="p")
    found = tasks(
        plan([later, task("b", parent="p"), summary("p"), summary("empty"), task("c"), task("d10"), task("d9")])
    )
    assert [
        (name, *texts(each, "ID", "OutlineNumber", "OutlineLevel", "Summary")) for name, each in found.items()
    ] == [
        ("c", "1", "1", "1", None),
        ("d9", "2", "2", "1", None),
        ("d10", "3", "3", "1", None),
        ("p", "4", "4", "1", "1"),
        ("b", "5", "4.1", "2", None),
        ("a", "6", "4.2", "2", None),
        ("empty", "7", "5", "1", "1"),
    ]
    assert texts(found["p"], "Start", "Finish", "Duration") == [
        "2026-01-09T08:00:00",
        "2026-03-02T17:00:00",
        "PT296H0M0S",
    ]


def test_deep_outlines_are_written_by_their_levels_alone() -> None:
    chain = [summary(f"p{level:03}", parent=f"p{level - 1:03}" if level else None) for level in range(400)]
    exported = plan([*chain, task("a", parent="p399")])
    found = tasks(exported)
    assert texts(found["p049"], "OutlineNumber", "OutlineLevel") == [".".join("1" * 50), "50"]
    assert texts(found["p050"], "OutlineNumber", "OutlineLevel") == [None, "51"]
    assert content_of(parse(write(exported))).milestones["a"].parent == "p399"


def test_tasks_keep_the_numbers_of_the_file_they_came_from() -> None:
    ids = {"a": "7", "b": "1", "c": "x", "d": "007", "e": "99999999999", "f": "0", "g": "²", "h": None}
    found = tasks(plan([task(key, external_id=told) for key, told in ids.items()]))
    own = {
        name: [part.findtext("Value") for part in each.findall("ExtendedAttribute")] for name, each in found.items()
    }
    assert {name: each.findtext("UID") for name, each in found.items()} == {
        "a": "7", "b": "1", "c": "2", "d": "3", "e": "4", "f": "5", "g": "6", "h": "8",
    }  # fmt: skip
    assert own == {
        "a": [], "b": [], "c": ["x"], "d": ["007"], "e": ["99999999999"], "f": ["0"], "g": ["²"], "h": ["h"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (State(), ["0", None, None, "PT16H0M0S", None, "PT16H0M0S"]),
        (
            state("in_progress", "2026-01-07T07:00", percent_complete=33.4, remaining_minutes=600),
            ["33", "2026-01-07T08:00:00", None, "PT16H0M0S", "PT6H0M0S", "PT10H0M0S"],
        ),
        (
            state("in_progress", "2026-01-07T07:00", remaining_minutes=240),
            ["75", "2026-01-07T08:00:00", None, "PT16H0M0S", "PT12H0M0S", "PT4H0M0S"],
        ),
        (
            state("in_progress", "2026-01-07T07:00", remaining_minutes=1_200),
            ["0", "2026-01-07T08:00:00", None, "PT20H0M0S", None, "PT20H0M0S"],
        ),
        (
            state("in_progress", None, percent_complete=50.0),
            ["50", None, None, "PT16H0M0S", "PT8H0M0S", "PT8H0M0S"],
        ),
        (
            state("completed", "2026-01-06T07:00", "2026-01-07T16:00"),
            ["100", "2026-01-06T08:00:00", "2026-01-07T17:00:00", "PT16H0M0S", "PT16H0M0S", "PT0H0M0S"],
        ),
    ],
)
def test_progress(told: State, expected: list[str | None]) -> None:
    found = tasks(plan([task("a", 16)], states={"a": told}))["a"]
    names = ("PercentComplete", "ActualStart", "ActualFinish", "Duration", "ActualDuration", "RemainingDuration")
    assert texts(found, *names) == expected


def test_work_that_goes_on_after_a_gap_stops_and_resumes() -> None:
    going = state("in_progress", "2026-01-05T07:00", percent_complete=50.0)
    found = tasks(plan([task("a", 16)], states={"a": going}))["a"]
    assert texts(found, "Start", "Stop", "Resume", "Finish") == [
        "2026-01-05T08:00:00", "2026-01-05T17:00:00", "2026-01-09T08:00:00", "2026-01-09T17:00:00",
    ]  # fmt: skip


def test_work_of_no_length_is_begun_or_not() -> None:
    going = state("in_progress", "2026-01-08T15:30")
    found = tasks(plan([task("a", 0)], states={"a": going}))["a"]
    assert texts(found, "PercentComplete", "Duration") == ["0", "PT0H0M0S"]


def test_what_is_reported_reads_as_what_has_happened() -> None:
    going = state("in_progress", "2026-01-05T07:00", percent_complete=50.0, remaining_minutes=480)
    done = state("completed", "2026-01-05T07:00", "2026-01-05T16:00")
    reached = state("completed", None, "2026-01-05T16:00")
    exported = plan([task("a", 16), task("b"), milestone("m")], states={"a": going, "b": done, "m": reached})
    said = parse(write(exported), ZONE).statements
    assert [(each["milestone"], each["type"], each["occurred_at"], each["data"]) for each in said] == [
        ("b", "milestone.started", "2026-01-05T07:00:00Z", {}),
        ("b", "milestone.completed", "2026-01-05T16:00:00Z", {}),
        ("a", "milestone.started", "2026-01-05T07:00:00Z", {}),
        ("a", "milestone.progressed", "2026-01-08T16:00:00Z", {"percent_complete": 50, "remaining_minutes": 480}),
        ("m", "milestone.completed", "2026-01-05T16:00:00Z", {}),
    ]


def test_a_phase_is_as_far_as_what_lies_in_it() -> None:
    done = state("completed", "2026-01-05T07:00", "2026-01-05T16:00")
    found = tasks(plan([summary("p"), task("a", 8, parent="p"), task("b", 24, parent="p")], states={"a": done}))["p"]
    assert texts(found, "PercentComplete", "Duration", "ActualStart") == ["25", "PT56H0M0S", "2026-01-05T08:00:00"]


def test_what_is_cancelled_is_inactive() -> None:
    dated = task("a", None, planned_start=MONDAY, planned_finish=date(2026, 1, 6))
    found = tasks(plan([dated, task("b")], states={"a": state("cancelled"), "b": state("cancelled")}))
    assert texts(found["a"], "Active", "Start", "Finish", "Duration", "EarlyStart") == [
        "0", "2026-01-05T08:00:00", "2026-01-06T17:00:00", "PT16H0M0S", None,
    ]  # fmt: skip
    assert texts(found["b"], "Active", "Start") == ["0", None]


@pytest.mark.parametrize(
    ("type_", "number", "at"),
    [
        ("SNET", "4", "2026-01-20T08:00:00"),
        ("SNLT", "5", "2026-01-20T08:00:00"),
        ("FNET", "6", "2026-01-20T17:00:00"),
        ("FNLT", "7", "2026-01-20T17:00:00"),
        ("MSO", "2", "2026-01-20T08:00:00"),
        ("MFO", "3", "2026-01-20T17:00:00"),
        ("SO", "2", "2026-01-20T08:00:00"),
        ("FO", "3", "2026-01-20T17:00:00"),
        ("ALAP", "1", None),
    ],
)
def test_constraints(type_: str, number: str, at: str | None) -> None:
    asked = None if type_ == "ALAP" else date(2026, 1, 20)
    exported = plan([task("a", constraint=(type_, asked))])
    assert texts(tasks(exported)["a"], "ConstraintType", "ConstraintDate") == [number, at]
    again = content_of(parse(write(exported), ZONE)).milestones["a"].constraint
    assert again is not None
    assert again.type == type_


def test_mandatory_constraints_are_honoured_before_those_that_yield() -> None:
    both = [task("a", constraint=("SO", MONDAY)), task("b", constraint=("MFO", MONDAY))]
    assert texts(root(plan(both)), "HonorConstraints") == ["1"]
    assert texts(root(plan(both[:1])), "HonorConstraints") == ["0"]


def test_a_phase_keeps_only_the_constraints_that_summaries_may_have() -> None:
    asked = [summary(type_, constraint=(type_, MONDAY)) for type_ in ("SNET", "FNLT", "MSO")]
    found = tasks(plan([*asked, summary("p")]))
    assert {name: each.findtext("ConstraintType") for name, each in found.items()} == {
        "SNET": "4", "FNLT": "7", "MSO": None, "p": None,
    }  # fmt: skip


def test_planned_dates_that_are_held_become_constraints() -> None:
    held = replace(FIELDS, scheduling="hold_planned_dates")
    dated = [
        task("start", planned_start=date(2026, 2, 2)),
        task("finish", planned_finish=date(2026, 2, 2)),
        milestone("mark", planned_finish=date(2026, 2, 2)),
        task("own", planned_start=date(2026, 2, 2), constraint=("SNLT", date(2026, 3, 2))),
        task("begun", planned_start=date(2026, 2, 2)),
        task("undated"),
    ]
    found = tasks(plan(dated, states={"begun": state("in_progress", "2026-01-08T07:00")}, fields=held))
    assert {name: texts(each, "ConstraintType", "ConstraintDate") for name, each in found.items()} == {
        "start": ["4", "2026-02-02T08:00:00"],
        "finish": ["6", "2026-02-02T17:00:00"],
        "mark": ["6", "2026-02-02T17:00:00"],
        "own": ["5", "2026-03-02T08:00:00"],
        "begun": [None, None],
        "undated": [None, None],
    }
    free = tasks(plan(dated[:1]))["start"]
    assert texts(free, "ConstraintType", "ConstraintDate") == [None, None]


@pytest.mark.parametrize(
    ("type_", "fields", "expected"),
    [
        ("FS", {}, ["1", None, None]),
        ("FS", {"lag_minutes": 480}, ["1", "4800", "7"]),
        ("FS", {"lag_unit": "elapsed"}, ["1", "0", "8"]),
        ("SS", {"lag_minutes": -60}, ["3", "-600", "7"]),
        ("FF", {"lag_minutes": 1_440, "lag_unit": "elapsed"}, ["0", "14400", "8"]),
        ("SF", {"lag_percent": 49.6}, ["2", "50", "19"]),
        ("FS", {"lag_percent": -25.0, "lag_unit": "elapsed"}, ["1", "-25", "20"]),
    ],
)
def test_links(type_: str, fields: Any, expected: list[str]) -> None:
    found = tasks(plan([task("a"), task("b")], [link("a", "b", type_, **fields)]))
    (told,) = found["b"].findall("PredecessorLink")
    assert texts(told, "Type", "LinkLag", "LagFormat") == expected
    assert told.findtext("PredecessorUID") == found["a"].findtext("UID")


def test_lags_of_a_plan_that_counts_all_hours_are_elapsed() -> None:
    always = replace(FIELDS, schedule_options={"lag_calendar": "24h"})
    found = tasks(plan([task("a"), task("b")], [link("a", "b", lag_minutes=60)], fields=always))["b"]
    assert texts(found, "PredecessorLink/LinkLag", "PredecessorLink/LagFormat") == ["600", "8"]


def test_work_at_all_times_has_an_elapsed_duration_unless_the_plan_works_so_too() -> None:
    found = tasks(plan([task("a", 24, calendar="always")]))["a"]
    assert texts(found, "DurationFormat", "CalendarUID", "IgnoreResourceCalendar") == ["8", None, None]
    always = replace(FIELDS, calendar="always")
    round_the_clock = plan([task("a", 24, calendar="always"), task("b", calendar="standard")], fields=always)
    assert texts(tasks(round_the_clock)["a"], "DurationFormat", "CalendarUID") == ["7", None]
    assert parse(write(round_the_clock)).document["calendar"] == "always"


def test_a_start_milestone_has_one_date_too() -> None:
    start = milestone("a", planned_start=date(2026, 2, 2), constraint=("SNET", date(2026, 2, 2)))
    found = tasks(plan([start]))["a"]
    assert texts(found, "Milestone", "Duration") == ["1", "PT0H0M0S"]
    assert texts(found, "Start", "Finish") == ["2026-02-02T08:00:00"] * 2
