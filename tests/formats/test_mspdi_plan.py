"""What the project and its tasks become in the plan."""

from typing import Any

import pytest

from app.formats.mspdi_values import ID_ALIAS, TEXT_1
from tests.formats.mspdi_build import content_of, notes, only, parsed, problems, task

START = {"Start": "2026-01-05T08:00:00", "Finish": "2026-01-05T17:00:00"}


def test_the_plan_is_scheduled_as_microsoft_project_does() -> None:
    plan = parsed(
        Title="Bridge",
        Manager="Pat",
        MinutesPerDay=420,
        CriticalSlackLimit=2,
        StatusDate="2026-01-07T17:00:00",
        FinishDate="2026-03-01T17:00:00",
    ).document
    assert {name: value for name, value in plan.items() if name not in {"milestones", "dependencies"}} == {
        "name": "Bridge",
        "owner": "Pat",
        "time_zone": "UTC",
        "calendar": "Standard",
        "scheduling": "as_soon_as_possible",
        "schedule_options": {
            "lag_calendar": "successor",
            "total_float": "smallest",
            "critical_float_minutes": 840,
            "project_start": "2026-01-05T08:00:00Z",
        },
        "weight_basis": "duration",
        "target_finish": None,
        "status_date": "2026-01-07T17:00:00Z",
    }


def test_a_bare_project_takes_what_is_usual() -> None:
    found = parsed([], [], Title=None, StartDate=None, CalendarUID=None)
    assert found.document["name"] == "Project"
    assert found.document["calendar"] == "standard"
    assert found.document["status_date"] is found.document["schedule_options"]["project_start"] is None
    assert found.project is None
    assert content_of(found).milestones == {}


def test_a_project_that_is_scheduled_from_its_finish_has_a_target() -> None:
    found = parsed([task(ConstraintType=1)], ScheduleFromStart=0, FinishDate="2026-03-02T17:00:00")
    assert found.document["target_finish"] == "2026-03-02T17:00:00Z"
    assert found.document["milestones"][0]["constraint"] == {"type": "ALAP", "date": None}
    assert notes(found) == ["from_finish"]


@pytest.mark.parametrize(
    ("header", "project"),
    [
        ({"Title": "Bridge", "GUID": "G", "Name": "march.xml"}, "Bridge"),
        ({"Title": None, "GUID": "G", "UID": "5", "Name": "march.xml"}, "G"),
        ({"Title": None, "UID": "5", "Name": "march.xml"}, "5"),
        ({"Title": " ", "Name": "march.xml"}, "march.xml"),
    ],
)
def test_later_files_of_a_schedule_share_its_title_before_anything_else(header: Any, project: str) -> None:
    assert parsed(**header).project == project


def test_the_outline_makes_phases_of_what_others_lie_in() -> None:
    found = parsed(
        [
            task(0, 0, Summary=1),
            task(1, 1, Summary=1),
            task(2, 2),
            task(3, 2, Summary=0),
            task(4, 3),
            task(5, 1, Summary=1, IsSubproject=1),
        ]
    )
    assert [(each["key"], each["kind"], each["parent"]) for each in found.document["milestones"]] == [
        ("1", "phase", None),
        ("2", "activity", "1"),
        ("3", "phase", "1"),
        ("4", "activity", "3"),
        ("5", "activity", None),
    ]
    assert notes(found) == ["subproject"]


def test_the_outline_may_be_told_by_its_numbers_alone() -> None:
    tasks = [task(uid, OutlineNumber=number) for uid, number in ((0, "0"), (1, "1"), (2, "1.1"), (3, "2"))]
    for each in tasks:
        del each["OutlineLevel"]
    assert [(each["key"], each["parent"]) for each in parsed(tasks).document["milestones"]] == [
        ("1", None),
        ("2", "1"),
        ("3", None),
    ]


def test_a_task_zero_that_is_not_the_project_is_a_task() -> None:
    assert only([task(0, 1)])["key"] == "0"


def test_what_takes_no_time_is_a_milestone_at_its_finish() -> None:
    found = only([task(Milestone=1, Duration="PT0H0M0S", **START)])
    assert (found["kind"], found["planned_finish"]) == ("milestone", "2026-01-05T17:00:00Z")
    assert not {"planned_start", "planned_duration_minutes"} & found.keys()


def test_a_milestone_that_takes_time_is_an_activity() -> None:
    found = only([task(Milestone=1, **START)])
    assert (found["kind"], found["planned_start"], found["planned_finish"], found["planned_duration_minutes"]) == (
        "activity",
        "2026-01-05T08:00:00Z",
        "2026-01-05T17:00:00Z",
        480,
    )


def test_blank_rows_are_no_tasks() -> None:
    assert [each["key"] for each in parsed([task(1), {"UID": 2, "IsNull": 1}, task(3)]).document["milestones"]] == [
        "1",
        "3",
    ]


def test_what_is_inactive_or_external_is_left_out_and_what_lies_in_it_moves_up() -> None:
    found = parsed(
        [
            task(1, 1, Summary=1),
            task(2, 2, Summary=1, Active=0),
            task(3, 3),
            task(4, 1, ExternalTask=1),
            task(5, 1, Summary=1),
            task(6, 2, Active=0),
            task(7, 2, Active=0),
        ]
    )
    assert [(each["key"], each["kind"], each["parent"]) for each in found.document["milestones"]] == [
        ("1", "phase", None),
        ("3", "activity", "1"),
        ("5", "phase", None),
    ]
    assert sorted(notes(found)) == ["external_task_left_out", "inactive_task_left_out"]
    assert next(each for each in found.notes if each.code == "inactive_task_left_out").detail.endswith(
        "(and 2 more like it)"
    )


@pytest.mark.parametrize(
    ("number", "name", "yields"),
    [
        (2, "MSO", "SO"),
        (3, "MFO", "FO"),
        (4, "SNET", "SNET"),
        (5, "SNLT", "SNLT"),
        (6, "FNET", "FNET"),
        (7, "FNLT", "FNLT"),
    ],
)
def test_constraints_have_a_date_and_yield_where_they_are_not_honoured(number: int, name: str, yields: str) -> None:
    constrained = task(ConstraintType=number, ConstraintDate="2026-01-06T08:00:00")
    assert only([constrained])["constraint"] == {"type": name, "date": "2026-01-06T08:00:00Z"}
    assert only([constrained], HonorConstraints=0)["constraint"] == {"type": yields, "date": "2026-01-06T08:00:00Z"}


def test_as_soon_as_possible_is_no_constraint_and_as_late_as_possible_has_no_date() -> None:
    assert only([task(ConstraintType=0, ConstraintDate="2026-01-06T08:00:00")])["constraint"] is None
    assert only([task(ConstraintType=1)])["constraint"] == {"type": "ALAP", "date": None}


def test_a_constraint_that_needs_a_date_and_has_none_is_a_problem() -> None:
    (found,) = problems([task(ConstraintType=4)])
    assert (found.code, found.place[-14:]) == ("missing", "ConstraintDate")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        (START, {"type": "SNET", "date": "2026-01-05T08:00:00Z"}),
        ({"Finish": "2026-01-05T17:00:00"}, {"type": "FNET", "date": "2026-01-05T17:00:00Z"}),
        ({}, None),
        (START | {"ActualStart": "2026-01-05T08:00:00"}, None),
    ],
)
def test_a_task_that_is_scheduled_by_hand_is_kept_where_it_was_put(fields: Any, constraint: Any) -> None:
    found = parsed([task(Manual=1, **fields)])
    assert found.document["milestones"][0]["constraint"] == constraint
    assert notes(found) == ["manual_task"]


def test_a_summary_that_is_scheduled_by_hand_has_the_dates_of_its_tasks() -> None:
    found = parsed([task(1, 1, Summary=1, Manual=1, **START), task(2, 2)])
    assert found.document["milestones"][0]["constraint"] is None
    assert notes(found) == ["manual_summary"]


def test_a_phase_keeps_its_constraint_and_deadline_but_has_no_dates() -> None:
    asked = {
        "ConstraintType": 4,
        "ConstraintDate": "2026-01-06T08:00:00",
        "Deadline": "2026-02-01T17:00:00",
        "Cost": 5_000,
    }
    found = only([task(1, 1, Summary=1, **START, **asked), task(2, 2)], CurrencyCode="USD")
    assert found == {
        "key": "1",
        "external_id": "1",
        "name": "T1",
        "kind": "phase",
        "parent": None,
        "owner": None,
        "constraint": {"type": "SNET", "date": "2026-01-06T08:00:00Z"},
        "deadline": "2026-02-01T17:00:00Z",
    }


@pytest.mark.parametrize(
    ("cost", "amount"),
    [("120000", "1200.00"), ("1", "0.01"), ("38461.538462", "384.62"), ("9" * 18, "9" * 16 + ".99")],
)
def test_a_budget_is_the_cost_in_hundredths(cost: str, amount: str) -> None:
    assert only([task(Cost=cost)], CurrencyCode="EUR")["budget"] == {"amount": amount, "currency": "EUR"}


@pytest.mark.parametrize("cost", ["0", "0.4", "-5", None])
def test_no_cost_is_no_budget(cost: str | None) -> None:
    assert "budget" not in only([task(Cost=cost)], CurrencyCode="EUR")


@pytest.mark.parametrize("code", ["", "euro", "eur", "ÄÖÜ"])
def test_a_cost_without_a_currency_is_left_out(code: str) -> None:
    found = parsed([task(Cost=100), task(2, Cost=100)], CurrencyCode=code)
    assert "budget" not in found.document["milestones"][0]
    assert notes(found) == ["cost_left_out"]


def test_the_owner_is_who_works_on_it() -> None:
    people = [
        {"UID": 1, "Name": "Ann", "Type": 1},
        {"UID": 2, "Name": "Bob"},
        {"UID": 3, "Name": "Concrete", "Type": 0},
        {"UID": 4, "Name": None, "Type": 1},
    ]
    work = [{"TaskUID": 1, "ResourceUID": uid} for uid in (2, 1, 1, 3, 4, -65535)] + [{"TaskUID": 1}]
    found = parsed([task(), task(2)], Resources=people, Assignments=work).document["milestones"]
    assert [each["owner"] for each in found] == ["Bob, Ann", None]


def test_what_cannot_be_told_is_noted() -> None:
    going = {"Resume": "2026-01-19T08:00:00", "ActualStart": "2026-01-05T08:00:00"}
    status = {"StatusDate": "2026-01-09T17:00:00"}
    assert notes(parsed([task(LevelingDelay=4800, **going)], **status)) == ["leveling_left_out", "resume_left_out"]
    soon = going | {"Resume": "2026-01-12T08:00:00"}
    assert notes(parsed([task(LevelingDelay=0, **soon)], **status)) == []


def test_work_that_should_have_begun_is_noted_for_it_will_be_moved() -> None:
    overdue, begun = task(**START), task(2, PercentComplete=10, **START)
    assert notes(parsed([overdue], StatusDate="2026-01-07T17:00:00")) == ["overdue_start_moved"]
    assert notes(parsed([begun], StatusDate="2026-01-07T17:00:00")) == []
    assert notes(parsed([overdue], StatusDate="2026-01-05T08:00:00")) == []


def own(uid: int, name: str) -> Any:
    return task(uid, ExtendedAttribute=[{"FieldID": "1", "Value": "x"}, {"FieldID": TEXT_1, "Value": name}])


def test_tasks_of_an_export_of_ours_have_the_ids_that_it_wrote() -> None:
    attribute = {"FieldID": TEXT_1, "FieldName": "Text1", "Alias": ID_ALIAS}
    tasks = [own(1, "beta-1"), own(2, "beta-1"), own(3, "4"), task(4), own(5, "4-2")]
    found = parsed(tasks, ExtendedAttributes=[attribute])
    assert [each["external_id"] for each in found.document["milestones"]] == ["beta-1", "2", "4", "4-3", "4-2"]


def test_what_others_keep_in_the_same_field_is_no_id() -> None:
    attribute = {"FieldID": TEXT_1, "FieldName": "Text1", "Alias": "Colour"}
    assert parsed([own(1, "red")], ExtendedAttributes=[attribute]).document["milestones"][0]["key"] == "1"


def test_every_item_has_its_place() -> None:
    found = parsed([task(7, Name="Dig"), task(8)])
    assert [each.partition(", ")[2] for each in found.places["milestones"]] == ["Task 7 (Dig)", "Task 8 (T8)"]
    assert [each.partition(", ")[2] for each in found.places["calendars"]] == ["Calendar 1 (Standard)"]
