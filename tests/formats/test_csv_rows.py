"""The rows of a table as milestones: kinds, ids, parents, constraints, what is said of the whole plan."""

from typing import Any

import pytest

from app.formats.csv_reader import read
from app.formats.parsed import ReadOptions
from tests.formats.csv_build import milestones, notes, only, parsed, problems, row

DAY = {"start": "2024-05-07", "finish": "2024-05-08"}
NOON = {"start": "2024-05-07 12:00", "finish": "2024-05-07 12:00"}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({}, "milestone"),
        ({"finish": "2024-05-07"}, "milestone"),
        ({"start": "2024-05-07"}, "milestone"),
        (NOON, "milestone"),
        ({"duration": "0d", **DAY}, "milestone"),
        ({"milestone": "Yes", "duration": "0d"}, "milestone"),
        ({"type": "Start Milestone"}, "milestone"),
        ({"type": "TT_FinMile"}, "milestone"),
        (DAY, "activity"),
        ({"duration": "1d"}, "activity"),
        ({"type": "Task Dependent"}, "activity"),
        ({"type": "Fixed Units", "milestone": "No", **DAY}, "activity"),
        ({"type": "phase", **DAY}, "phase"),
        ({"summary": "yes"}, "phase"),
    ],
)
def test_what_a_row_is(cells: dict[str, str], kind: str) -> None:
    assert only(row(**cells))["kind"] == kind


def test_a_milestone_that_takes_time_is_an_activity() -> None:
    text = row(kind="milestone", duration="2d")
    assert only(text)["kind"] == "activity"
    assert notes(text)["takes_time"] == "row 2, duration"


def test_rows_that_others_lie_in_are_phases_without_dates() -> None:
    text = "id,name,type,parent,start,finish\nA,All,Task,,2024-05-07,2024-05-08\nB,Dig,Task,A,2024-05-07,2024-05-08\n"
    assert milestones(text)["A"] == {"name": "All", "kind": "phase"}
    assert milestones(text)["B"]["parent"] == "A"
    assert notes(text)["has_children"] == "row 2"


def test_a_milestone_has_one_date() -> None:
    finish = only(row(kind="milestone", **DAY))
    assert finish == {"name": "Dig", "kind": "milestone", "planned_finish": "2024-05-08"}
    assert notes(row(kind="milestone", **DAY))["two_dates"] == "row 2"
    start = only(row(kind="start milestone", **DAY))
    assert start == {"name": "Dig", "kind": "milestone", "planned_start": "2024-05-07"}
    assert "two_dates" not in notes(row(**NOON))
    assert only(row(kind="milestone", start="2024-05-07"))["planned_start"] == "2024-05-07"


def test_an_activity_has_what_is_told() -> None:
    cells = {"duration": "2d", "calendar": "Night Shift", "owner": "Ann[50%], Bob", "deadline": "2024-06-01", **DAY}
    assert only(row(**cells)) == {
        "name": "Dig",
        "kind": "activity",
        "planned_start": "2024-05-07",
        "planned_finish": "2024-05-08",
        "planned_duration_minutes": 960,
        "calendar": "Night-Shift",
        "owner": "Ann, Bob",
        "deadline": "2024-06-01",
    }


@pytest.mark.parametrize(
    ("name", "key"), [("Standard", None), ("24x7", "always"), ("crew.2", "crew.2"), ("None", None)]
)
def test_calendars_are_named_by_their_keys(name: str, key: str | None) -> None:
    assert only(row(calendar=name)).get("calendar") == key


def test_a_calendar_without_a_key_is_refused() -> None:
    assert problems(row(calendar="...")) == ["row 2, calendar: unknown_calendar"]


@pytest.mark.parametrize(
    ("word", "type_"),
    [
        ("SNET", "SNET"),
        ("Start On or After", "SNET"),
        ("Finish No Later Than", "FNLT"),
        ("Must Start On", "MSO"),
        ("Mandatory Finish", "MFO"),
        ("Start On", "SO"),
    ],
)
def test_constraints(word: str, type_: str) -> None:
    told = only(row(constraint_type=word, constraint_date="2024-05-07"))
    assert told["constraint"] == {"type": type_, "date": "2024-05-07"}


def test_as_late_as_possible_has_no_date_and_as_soon_as_possible_is_no_constraint() -> None:
    late = only(row(constraint_type="As Late As Possible", constraint_date="NA"))
    assert late["constraint"] == {"type": "ALAP", "date": None}
    assert "constraint" not in only(row(constraint_type="As Soon As Possible", constraint_date="NA"))


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"constraint_type": "SNET"}, "row 2, constraint_date: missing"),
        ({"constraint_type": "SNET", "constraint_date": "x"}, "row 2, constraint_date: not_a_date"),
        ({"constraint_type": "Expected Finish"}, "row 2, constraint_type: unknown_constraint"),
        ({"name": ""}, "row 2, name: missing"),
        ({"id": ""}, "row 2, id: missing"),
        ({"id": "x" * 201}, "row 2, id: too_long"),
        ({"outline_level": "one"}, "row 2, outline_level: not_a_level"),
        ({"wbs": "1." * 99 + "1"}, "row 2, wbs: too_long"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(cells: dict[str, str], found: str) -> None:
    assert problems(row(**cells)) == [found]


def test_a_parent_that_is_not_in_the_file_is_left_out_with_a_note() -> None:
    assert "parent" not in only(row(parent="B"))
    assert notes(row(parent="B"))["unknown_row"] == "row 2, parent"


def test_the_star_of_a_constraint_without_its_columns_is_noted() -> None:
    assert notes(row(start="07-May-24*"))["constraint_left_out"] == "row 2, start"
    assert "constraint_left_out" not in notes(row(start="07-May-24*", constraint="NA"))


def test_labels_are_names_with_values_in_one_column_or_several() -> None:
    text = "id,name,Labels,Labels,Tags\nA,Dig,team=core; area=a\\;b,urgent,\n"
    assert only(text)["labels"] == {"team": "core", "area": "a;b", "urgent": ""}


def test_names_that_no_label_can_have_are_changed_with_a_note() -> None:
    text = row(labels="größe; =x; " + "y" * 70)
    assert only(text)["labels"] == {"gr--e": "", "x": "x", "y" * 63: ""}
    assert notes(text)["label_renamed"] == "row 2, labels"


def test_ids_that_stand_twice_are_refused() -> None:
    assert problems("id,name\nA,Dig\nA,Pour\n") == ["row 3, id: repeated"]


def test_without_ids_rows_are_known_by_their_numbers() -> None:
    assert list(milestones("\nname\nDig\n\nPour\n")) == ["1", "3"]
    assert notes("\nname\nDig\n")["no_ids"] == "row 2"


def test_unique_ids_name_rows_and_ids_are_what_others_refer_to() -> None:
    text = (
        "id,unique_id,name,parent,predecessors,unique_id_predecessors\n1,20,All,,,\n2,1,Dig,1,,\n20,3,Pour,1,2,20\n"
    )
    found = parsed(text).document
    assert [(m["key"], m.get("parent")) for m in found["milestones"]] == [("20", None), ("1", "20"), ("3", "20")]
    assert [link["predecessor"] for link in found["dependencies"]] == ["1", "20"]
    assert problems("id,unique_id,name\n1,20,Dig\n1,21,Pour\n") == ["row 3, id: repeated"]


def test_a_wbs_names_rows_where_nothing_else_does_and_those_below_it() -> None:
    found = milestones("WBS,name\n1,All\n1.1,Part\n1.1.2.3,Dig\n")
    assert {key: m.get("parent") for key, m in found.items()} == {"1": None, "1.1": "1", "1.1.2.3": "1.1"}


def test_rows_lie_below_the_row_above_them_on_a_higher_level() -> None:
    text = "id,name,Outline Level\nA,All,1\nB,Part,2\nC,Dig,3\nD,Pour,3\nE,Rest,2\nF,More,1\n"
    parents = {key: m.get("parent") for key, m in milestones(text).items()}
    assert parents == {"A": None, "B": "A", "C": "B", "D": "B", "E": "A", "F": None}


def test_rows_of_one_wbs_lie_in_a_phase_as_in_primavera() -> None:
    text = "id,name,WBS Code,WBS Name\nA,Dig,P.1,Ground\nB,Pour,P.1,\nC,Paint,P.1.4.2,\nD,Alone,,\n"
    assert milestones(text) == {
        "wbs:P.1": {"name": "Ground", "kind": "phase"},
        "wbs:P.1.4.2": {"name": "P.1.4.2", "kind": "phase", "parent": "wbs:P.1"},
        "A": {"name": "Dig", "kind": "milestone", "parent": "wbs:P.1"},
        "B": {"name": "Pour", "kind": "milestone", "parent": "wbs:P.1"},
        "C": {"name": "Paint", "kind": "milestone", "parent": "wbs:P.1.4.2"},
        "D": {"name": "Alone", "kind": "milestone"},
    }
    assert parsed(text).places["milestones"] == ["row 2, wbs", "row 4, wbs", "row 2", "row 3", "row 4", "row 5"]
    assert problems("id,name,wbs\nwbs:P,Dig,P\nB,Pour,P\n") == ["row 2: repeated"]


def test_levels_of_effort_are_left_out_unless_others_lie_in_them() -> None:
    text = "id,name,type,predecessors,parent\nA,Dig,Task,,\nB,Manage,Level of Effort,A,\nC,Pour,Task,A; B,\n"
    assert list(milestones(text)) == ["A", "C"]
    assert notes(text)["level_of_effort"] == "row 3"
    assert notes(text)["link_left_out"] == "row 4, predecessors"
    assert milestones(text + "D,Part,Task,,B\n")["B"]["kind"] == "phase"


PLAN = {
    "plan": "P-1",
    "plan_name": "Dam",
    "plan_time_zone": "Europe/Berlin",
    "plan_calendar": "Night Shift",
    "plan_scheduling": "Hold planned dates",
    "status_date": "2024-05-07 12:00",
}


def test_what_is_said_of_the_whole_plan() -> None:
    found = parsed(row(**PLAN))
    assert found.project == "P-1"
    assert {name: value for name, value in found.document.items() if isinstance(value, str)} == {
        "name": "Dam",
        "time_zone": "Europe/Berlin",
        "calendar": "Night-Shift",
        "scheduling": "hold_planned_dates",
        "status_date": "2024-05-07T10:00:00Z",
    }
    assert "assumed" not in notes(row(**PLAN))


def test_what_is_not_said_of_it_is_assumed_with_a_note() -> None:
    alone, linked = parsed(row()), parsed("id,name,predecessors\nA,Dig,\nB,Pour,A\n")
    assert alone.document["calendar"] == "standard"
    assert alone.document["scheduling"] == "hold_planned_dates"
    assert linked.document["scheduling"] == "as_soon_as_possible"
    assert notes(row())["assumed"] == "row 1"
    assert "name" not in alone.document


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"plan_time_zone": "Mars/Olympus"}, "row 2, plan_time_zone: unknown_zone"),
        ({"plan_scheduling": "later"}, "row 2, plan_scheduling: unknown_word"),
        ({"plan_calendar": "?"}, "row 2, plan_calendar: unknown_calendar"),
        ({"status_date": "today"}, "row 2, status_date: not_a_date"),
    ],
)
def test_what_is_wrong_with_the_plan_is_told(cells: dict[str, Any], found: str) -> None:
    assert problems(row(**cells)) == [found]


def test_the_zone_of_the_import_must_be_known_too() -> None:
    assert problems(row(), zone="nowhere") == ["time_zone: unknown_zone"]


def test_all_rows_must_say_the_same_of_the_plan() -> None:
    assert parsed("name,plan_name\nDig,\nPour,Dam\nPaint,Dam\n").document["name"] == "Dam"
    assert problems("name,plan_name,plan\nDig,Dam,P\nPour,Dyke,P\n") == ["row 3, plan_name: differs"]


def test_of_several_projects_one_is_named() -> None:
    text = "id,name,Project ID,Project Name\nA,Dig,P,Dam\nA,Drill,Q,Dyke\nB,Pour,P,Dam\n"
    assert [m["key"] for m in parsed(text, project="P").document["milestones"]] == ["A", "B"]
    assert parsed(text, project="Dyke").project == "Q"
    assert problems(text) == ["column plan: several_projects"]
    assert problems(text, project="R") == ["column plan: unknown_project"]


def test_of_many_projects_some_are_named() -> None:
    found = "id,name,project\n" + "".join(f"{i},Dig,P{i}\n" for i in range(9))
    assert problems(found) == ["column plan: several_projects"]


def test_baselines_have_the_dates_of_their_kind() -> None:
    text = (
        "id,name,kind,Baseline Start,Baseline Finish,Baseline Duration\n"
        "A,Dig,task,2024-05-07,2024-05-08,2d\nB,Done,milestone,2024-05-07,2024-05-09,0d\n"
        "C,Go,start milestone,,2024-05-10,\nD,New,task,NA,NA,\nE,All,phase,2024-05-07,2024-05-08,\n"
    )
    (baseline,) = parsed(text).baselines
    none: dict[str, Any] = {"planned_start": None, "planned_finish": None, "planned_duration_minutes": None}
    assert (baseline.number, baseline.name) == (0, "Baseline")
    assert baseline.milestones == {
        "A": {"planned_start": "2024-05-07", "planned_finish": "2024-05-08", "planned_duration_minutes": 960},
        "B": none | {"planned_finish": "2024-05-09"},
        "C": none | {"planned_finish": "2024-05-10"},
    }
    start = "name,kind,start,Baseline Finish\nGo,start milestone,2024-05-07,2024-05-08\n"
    assert parsed(start).baselines[0].milestones == {"1": none | {"planned_start": "2024-05-08"}}


def test_a_plan_that_is_there_keeps_its_calendar_and_scheduling() -> None:
    found = read(b"id,name\n1,Dig\n", ReadOptions(calendar="always", scheduling="as_soon_as_possible"))
    assert (found.document["calendar"], found.document["scheduling"]) == ("always", "as_soon_as_possible")
    assert found.notes == []
