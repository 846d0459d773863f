"""Plans written as Microsoft Project XML: what every part of a plan becomes, and that it reads as the same plan."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain.calendars import STANDARD, WorkingRules, built_in, compile_calendar, zone_transitions
from app.domain.cpm import ScheduleInputs, options_of, schedule
from app.domain.execution import State
from app.domain.plan import (
    Dependency,
    DependencyType,
    Milestone,
    Money,
    PlanContent,
    PlanFields,
)
from app.formats.exported import Exported, ExportedBaseline, ExportedCalendar
from app.formats.mspdi_writer import write
from tests.domain.cpm_build import mark, phase, state
from tests.domain.cpm_build import task as activity
from tests.formats.mspdi_build import content_of, notes, parse, scheduled

ZONE = "Europe/Berlin"
AS_OF = datetime(2026, 1, 8, 16, tzinfo=UTC)  # Thursday 17:00 in Berlin
MONDAY = date(2026, 1, 5)
FIELDS = PlanFields(
    "Bridge",
    time_zone=ZONE,
    calendar="standard",
    scheduling="as_soon_as_possible",
    schedule_options={"lag_calendar": "successor", "total_float": "smallest", "project_start": "2026-01-05"},
)
NIGHTS: Any = (((0, 180), (240, 480), (1380, 1440)),) * 5 + ((), ())
EXCEPTIONS: Any = {date(2026, 1, 1): (), date(2026, 1, 2): (), date(2026, 1, 3): ((480, 720),), date(2026, 2, 2): ()}
RULES = {
    **{key: built_in(key, zone_transitions(ZONE)) for key in ("standard", "always")},
    "nights": WorkingRules(NIGHTS, EXCEPTIONS, 480, zone_transitions(ZONE)),
    "other": WorkingRules(STANDARD, {}, 480, zone_transitions(ZONE)),
}
NAMES = {"standard": "Standard", "always": "24 hours", "nights": "Nights", "other": "nights"}
CLOCKS = {key: compile_calendar(rules, date(2025, 1, 1), date(2027, 1, 1)) for key, rules in RULES.items()}


def task(key: str, hours: float | None = 8, **more: Any) -> Milestone:
    return activity(key, hours, **{"calendar": None} | more)


def milestone(key: str, **more: Any) -> Milestone:
    return mark(key, **{"calendar": None} | more)


def summary(key: str, **more: Any) -> Milestone:
    return phase(key, **{"calendar": None} | more)


def link(predecessor: str, successor: str, type_: str = "FS", **more: Any) -> Dependency:
    return Dependency(predecessor, DependencyType(type_), successor, **more)


def plan(
    milestones: Iterable[Milestone],
    links: Iterable[Dependency] = (),
    states: dict[str, State] | None = None,
    fields: PlanFields = FIELDS,
    baselines: tuple[ExportedBaseline, ...] = (),
) -> Exported:
    content = PlanContent(fields, {each.key: each for each in milestones}, {each.identity: each for each in links})
    own = CLOCKS[fields.calendar]
    inputs = ScheduleInputs(
        content.milestones,
        content.dependencies.values(),
        states or {},
        lambda each: own if each.calendar is None else CLOCKS[each.calendar],
        own,
        options_of(fields),
    )
    used = {fields.calendar, *(each.calendar for each in content.milestones.values() if each.calendar)}
    calendars = {key: ExportedCalendar(NAMES[key], RULES[key]) for key in used}
    return Exported("bridge", content, AS_OF, states or {}, schedule(inputs, AS_OF), calendars, baselines)


def root(exported: Exported) -> ET.Element:
    """The file as another reader has it, without its namespace."""
    found = ET.fromstring(write(exported).replace(b' xmlns="http://schemas.microsoft.com/project"', b""))
    assert found.tag == "Project"
    return found


def tasks(exported: Exported) -> dict[str, ET.Element]:
    """The tasks by their names, without the one that is the project."""
    found = root(exported).findall("Tasks/Task")
    assert found[0].findtext("UID") == "0"
    return {each.findtext("Name") or "": each for each in found[1:]}


def texts(each: ET.Element, *names: str) -> list[str | None]:
    return [each.findtext(name) for name in names]


def test_the_header_tells_the_project() -> None:
    found = root(plan([task("a", 16, budget=Money(Decimal(5), "CHF"))], fields=replace(FIELDS, owner="Pat")))
    told = {each.tag: each.text for each in found if not len(each) and each.text and each.text.strip()}
    assert told == {
        "SaveVersion": "14",
        "Name": "bridge",
        "Title": "Bridge",
        "Manager": "Pat",
        "ScheduleFromStart": "1",
        "StartDate": "2026-01-05T08:00:00",
        "FinishDate": "2026-01-12T17:00:00",
        "CriticalSlackLimit": "0",
        "CurrencyDigits": "2",
        "CurrencyCode": "CHF",
        "CalendarUID": "1",
        "MinutesPerDay": "480",
        "MinutesPerWeek": "2400",
        "DaysPerMonth": "20",
        "DurationFormat": "7",
        "WorkFormat": "2",
        "HonorConstraints": "1",
        "NewTasksEstimated": "0",
        "StatusDate": "2026-01-08T17:00:00",
        "NewTasksAreManual": "0",
    }


def test_without_a_told_start_the_project_starts_with_its_first_work() -> None:
    untold = replace(FIELDS, schedule_options={"critical_float_minutes": 960})
    found = root(plan([task("a")], fields=untold))
    assert texts(found, "StartDate", "CriticalSlackLimit") == ["2026-01-09T08:00:00", "2"]


def test_an_empty_plan_is_a_project_without_tasks() -> None:
    found = root(plan([]))
    assert texts(found, "StartDate", "FinishDate") == ["2026-01-05T08:00:00"] * 2
    assert len(found.findall("Tasks/Task")) == 1
    assert content_of(parse(write(plan([])))).milestones == {}


def test_the_same_plan_is_the_same_bytes() -> None:
    everything = [task("b", owner="Ann"), task("a", owner="Bob"), milestone("m")]
    assert write(plan(everything)) == write(plan(reversed(everything)))


# The order of Microsoft's schema, which is a sequence.
ORDER = """
    UID ID Name Active Manual Type IsNull WBS OutlineNumber OutlineLevel Priority Start Finish Duration
    DurationFormat Stop Resume EffortDriven Estimated Milestone Summary Critical EarlyStart EarlyFinish LateStart
    LateFinish FreeSlack TotalSlack StartSlack FinishSlack FixedCost FixedCostAccrual PercentComplete Cost ActualStart
    ActualFinish ActualDuration RemainingDuration ConstraintType CalendarUID ConstraintDate Deadline
    IgnoreResourceCalendar PredecessorLink ExtendedAttribute Baseline
"""


def everything() -> Exported:
    return plan(
        [
            summary("ph", deadline=date(2026, 3, 1), owner="Chief"),
            task("dig", 40, parent="ph", owner="Ann, Bob", budget=Money(Decimal("1200.50"), "USD")),
            task("pour", 16, parent="ph", constraint=("SNET", date(2026, 1, 20)), deadline="2026-01-30T12:00"),
            task("cure", 72, calendar="always"),
            task("night", 16, calendar="nights", planned_start="2026-01-19T23:00", planned_finish="2026-01-21T08:00"),
            task("late", constraint=("ALAP", None)),
            milestone("done", planned_finish="2026-02-20T17:00"),
        ],
        [
            link("dig", "pour", lag_minutes=480),
            link("pour", "cure", "SS", lag_minutes=1_440, lag_unit="elapsed"),
            link("cure", "night", "FF", lag_percent=50.0),
            link("night", "done", "SF", lag_minutes=-60),
        ],
        {"dig": state("in_progress", "2026-01-05T07:00", percent_complete=40.0, remaining_minutes=1_440)},
        baselines=(baseline(1, "dig"), baseline(2, "dig", "done")),
    )


def baseline(number: int, *keys: str) -> ExportedBaseline:
    day = date(2026, 1, number)
    kept: dict[str, Milestone] = {"dig": task("dig", 24, planned_start=day, planned_finish=day, calendar="gone")}
    kept |= {"done": milestone("done", planned_finish=day), "undated": task("undated")}
    return ExportedBaseline(number, f"B{number}", {key: kept[key] for key in keys})


def test_elements_stand_in_the_order_of_the_schema() -> None:
    order = ORDER.split()
    for each in tasks(everything()).values():
        places = [order.index(part.tag) for part in each]
        assert places == sorted(places)
    assert [each.tag for each in root(everything()) if len(each)] == [
        "ExtendedAttributes", "Calendars", "Tasks", "Resources", "Assignments",
    ]  # fmt: skip


def test_a_plan_of_ours_reads_as_the_same_plan() -> None:
    exported = everything()
    found = parse(write(exported), ZONE)
    content = content_of(found)
    assert content.dependencies == exported.content.dependencies
    assert content.fields == replace(
        FIELDS,
        status_date=AS_OF,
        weight_basis=content.fields.weight_basis,
        schedule_options=content.fields.schedule_options,
    )
    assert notes(found) == []
    again = scheduled(found, AS_OF)
    for key, item in exported.schedule.items.items():
        for name in ("early_start", "early_finish", "late_finish", "total_float_minutes", "driving_predecessor"):
            assert getattr(again.items[key], name) == getattr(item, name)
    for key, each in exported.content.milestones.items():
        told = content.milestones[key]
        assert told.external_id == key
        for name in ("name", "kind", "parent", "owner", "planned_duration_minutes", "budget"):
            assert getattr(told, name) == getattr(each, name)


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
    assert texts(loose, "Critical", "TotalSlack", "StartSlack", "FinishSlack") == ["0", "4800", "4800", "4800"]


def test_phases_come_before_what_lies_in_them_and_what_starts_first_comes_first() -> None:
    later = task("a", constraint=("SNET", date(2026, 3, 2)), parent="p")
    found = tasks(
        plan([later, task("b", parent="p"), summary("p"), summary("empty"), task("c"), task("d10"), task("d9")])
    )
    assert [
        (name, *texts(each, "ID", "OutlineNumber", "OutlineLevel", "Summary")) for name, each in found.items()
    ] == [
        ("c", "1", "1", "1", "0"),
        ("d9", "2", "2", "1", "0"),
        ("d10", "3", "3", "1", "0"),
        ("p", "4", "4", "1", "1"),
        ("b", "5", "4.1", "2", "0"),
        ("a", "6", "4.2", "2", "0"),
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
        (State(), ["0", None, None, "PT16H0M0S", "PT0H0M0S", "PT16H0M0S"]),
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
            ["0", "2026-01-07T08:00:00", None, "PT20H0M0S", "PT0H0M0S", "PT20H0M0S"],
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
        "SNET": "4", "FNLT": "7", "MSO": "0", "p": "0",
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
        "begun": ["0", None],
        "undated": ["0", None],
    }
    free = tasks(plan(dated[:1]))["start"]
    assert texts(free, "ConstraintType", "ConstraintDate") == ["0", None]


@pytest.mark.parametrize(
    ("type_", "fields", "expected"),
    [
        ("FS", {"lag_minutes": 480}, ["1", "4800", "7"]),
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
    assert told.findtext("CrossProject") == "0"


def test_lags_of_a_plan_that_counts_all_hours_are_elapsed() -> None:
    always = replace(FIELDS, schedule_options={"lag_calendar": "24h"})
    found = tasks(plan([task("a"), task("b")], [link("a", "b", lag_minutes=60)], fields=always))["b"]
    assert texts(found, "PredecessorLink/LinkLag", "PredecessorLink/LagFormat") == ["600", "8"]


def test_work_at_all_times_has_an_elapsed_duration_unless_the_plan_works_so_too() -> None:
    found = tasks(plan([task("a", 24, calendar="always")]))["a"]
    assert texts(found, "DurationFormat", "CalendarUID", "IgnoreResourceCalendar") == ["8", "-1", "0"]
    always = replace(FIELDS, calendar="always")
    round_the_clock = plan([task("a", 24, calendar="always"), task("b", calendar="standard")], fields=always)
    assert texts(tasks(round_the_clock)["a"], "DurationFormat", "CalendarUID") == ["7", "-1"]
    assert parse(write(round_the_clock)).document["calendar"] == "always"


def test_calendars_have_their_week_their_exceptions_and_names_of_their_own() -> None:
    exported = plan([task("a", calendar="nights"), task("b", calendar="other")])
    found = {each.findtext("Name"): each for each in root(exported).findall("Calendars/Calendar")}
    assert [(name, *texts(each, "UID", "IsBaseCalendar", "BaseCalendarUID")) for name, each in found.items()] == [
        ("standard", "1", "1", "-1"),
        ("Nights", "2", "1", "-1"),
        ("nights (other)", "3", "1", "-1"),
    ]
    monday = found["Nights"].findall("WeekDays/WeekDay")[1]
    assert [texts(each, "FromTime", "ToTime") for each in monday.iter("WorkingTime")] == [
        ["00:00:00", "03:00:00"], ["04:00:00", "08:00:00"], ["23:00:00", "00:00:00"],
    ]  # fmt: skip
    spans = found["Nights"].findall("Exceptions/Exception")
    assert [
        texts(each, "TimePeriod/FromDate", "TimePeriod/ToDate", "Occurrences", "DayWorking") for each in spans
    ] == [
        ["2026-01-01T00:00:00", "2026-01-02T23:59:00", "2", "0"],
        ["2026-01-03T00:00:00", "2026-01-03T23:59:00", "1", "1"],
        ["2026-02-02T00:00:00", "2026-02-02T23:59:00", "1", "0"],
    ]
    assert texts(tasks(exported)["a"], "CalendarUID", "IgnoreResourceCalendar") == ["2", "1"]


def test_names_of_calendars_that_still_clash_differ_too() -> None:
    exported = plan([task("a", calendar="nights"), task("b", calendar="other")])
    calendars = dict(exported.calendars)
    calendars["nights"] = replace(calendars["nights"], name="x (other)")
    calendars["nots"] = replace(calendars["nights"], name="")
    calendars["other"] = replace(calendars["other"], name="x")
    calendars["then"] = replace(calendars["other"], name="X (other)")
    names = [each.text for each in root(replace(exported, calendars=calendars)).findall("Calendars/Calendar/Name")]
    assert names == ["standard", "x (other)", "nots", "x", "X (other) (then)"]
    calendars["a"] = replace(calendars["other"], name="x (other)")
    calendars["b"] = replace(calendars["other"], name="x (other) (nights)")
    names = [each.text for each in root(replace(exported, calendars=calendars)).findall("Calendars/Calendar/Name")]
    assert names[3] == "x (other) (nights)'"


def test_owners_are_resources_with_assignments() -> None:
    found = root(plan([task("a", owner="Ann, Bob"), task("b", owner="Bob [night], Bob"), task("c", owner=" , ")]))
    people = {each.findtext("UID"): each.findtext("Name") for each in found.findall("Resources/Resource")}
    assert list(people.values()) == ["Ann", "Bob", "Bob (night)"]
    names = {each.findtext("UID"): each.findtext("Name") for each in found.findall("Tasks/Task")}
    work = [texts(each, "TaskUID", "ResourceUID", "Units") for each in found.findall("Assignments/Assignment")]
    assert [(names[task_], people[person], units) for task_, person, units in work] == [
        ("a", "Ann", "1"),
        ("a", "Bob", "1"),
        ("b", "Bob (night)", "1"),
        ("b", "Bob", "1"),
    ]


def test_each_owner_has_a_calendar_that_works_as_the_plan_s_does() -> None:
    found = root(plan([task("a", owner="Ann, Bob")]))
    calendars = {each.findtext("UID"): each for each in found.findall("Calendars/Calendar")}
    own = [calendars[each.findtext("CalendarUID")] for each in found.findall("Resources/Resource")]
    assert [texts(each, "Name", "BaseCalendarUID", "IsBaseCalendar") for each in own] == [
        ["Ann", "1", "0"],
        ["Bob", "1", "0"],
    ]
    assert [each.find("WeekDays") for each in own] == [None, None]


def test_budgets_are_costs_in_hundredths_of_one_currency() -> None:
    budgets = {"a": ("1200.50", "USD"), "b": ("0.0005", "USD"), "c": ("100", "USD"), "d": ("7", "EUR")}
    found = tasks(plan([task(key, budget=Money(Decimal(told[0]), told[1])) for key, told in budgets.items()]))
    assert {name: texts(each, "Cost", "FixedCost") for name, each in found.items()} == {
        "a": ["120050", "120050"], "b": ["0.05", "0.05"], "c": ["10000", "10000"], "d": [None, None],
    }  # fmt: skip


def test_baselines_are_numbered_from_the_one_compared_with() -> None:
    kept = tuple(baseline(number, "dig", "done", "undated") for number in range(1, 14))
    found = tasks(plan([task("dig", 40), milestone("done"), task("undated")], baselines=kept))
    dates = {each.findtext("Number"): each for each in found["dig"].findall("Baseline")}
    assert {number: each.findtext("Start") for number, each in dates.items()} == {
        "0": "2026-01-13T08:00:00",
        "1": "2026-01-05T08:00:00",  # planned on Saturday the third
        "2": "2026-01-05T08:00:00",
        "3": "2026-01-05T08:00:00",
    } | {str(number): f"2026-01-{number + 2:02}T08:00:00" for number in (4, 5, 6, 7)} | {
        str(number): "2026-01-12T08:00:00" for number in (8, 9, 10)
    }
    assert texts(dates["0"], "Finish", "Duration", "Interim") == ["2026-01-13T17:00:00", "PT24H0M0S", "0"]
    reached = found["done"].findall("Baseline")[0]
    assert texts(reached, "Start", "Finish", "Duration") == ["2026-01-13T17:00:00"] * 2 + ["PT0H0M0S"]
    assert found["undated"].find("Baseline") is None


def test_baselines_read_as_they_were_written() -> None:
    found = parse(write(everything()), ZONE)
    assert [(each.number, sorted(each.milestones)) for each in found.baselines] == [
        (1, ["dig"]),
        (0, ["dig", "done"]),
    ]
    assert found.baselines[1].milestones["dig"]["planned_duration_minutes"] == 1_440


def test_what_xml_cannot_carry_is_left_out() -> None:
    odd = "\x00a\x1bb\n\ud800c\ufffe<&>]]>\U0001f600"
    exported = plan([replace(task("a", owner=odd), name=odd)], fields=replace(FIELDS, name=odd))
    found = parse(write(exported))
    assert found.document["name"] == "a b c<&>]]>\U0001f600"
    assert found.document["milestones"][0]["name"] == "a b c<&>]]>\U0001f600"


def test_a_start_milestone_has_one_date_too() -> None:
    start = milestone("a", planned_start=date(2026, 2, 2), constraint=("SNET", date(2026, 2, 2)))
    found = tasks(plan([start]))["a"]
    assert texts(found, "Milestone", "Duration") == ["1", "PT0H0M0S"]
    assert texts(found, "Start", "Finish") == ["2026-02-02T08:00:00"] * 2
