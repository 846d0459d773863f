"""Activities of XER files: kinds, dates, durations, constraints, owners and budgets, and what is left out."""

from typing import Any

import pytest

from app.formats.parsed import ReadOptions
from app.formats.xer import read
from tests.formats.xer_build import (
    BASE,
    HEADER,
    Row,
    active,
    assigned,
    base,
    calendar,
    done,
    expense,
    milestone,
    notes,
    options,
    parsed,
    resource,
    task,
    written,
    wrong,
)


def only(*rows: Row) -> dict[str, Any]:
    return dict(milestone(parsed(*rows), "A"))


def test_an_activity() -> None:
    file = parsed(task("A", "12.5"))
    assert milestone(file, "A") == {
        "key": "A",
        "external_id": "A",
        "name": "Activity A",
        "kind": "activity",
        "planned_start": "2026-01-05T08:00:00Z",
        "planned_finish": "2026-01-05T17:00:00Z",
        "planned_duration_minutes": 750,
        "calendar": None,
        "parent": None,
        "owner": None,
        "constraint": None,
    }
    assert file.places["milestones"] == ["line 16, TASK"]


@pytest.mark.parametrize(
    ("kind", "dates"),
    [
        ("TT_Task", ("activity", "2026-01-05T08:00:00Z", "2026-01-05T17:00:00Z", 480)),
        ("TT_Rsrc", ("activity", "2026-01-05T08:00:00Z", "2026-01-05T17:00:00Z", 480)),
        ("TT_Mile", ("milestone", "2026-01-05T08:00:00Z", None, None)),
        ("TT_FinMile", ("milestone", None, "2026-01-05T17:00:00Z", None)),
        ("tt_task", ("activity", "2026-01-05T08:00:00Z", "2026-01-05T17:00:00Z", 480)),
    ],
)
def test_kinds(kind: str, dates: tuple[Any, ...]) -> None:
    found = only(task("A", task_type=kind))
    assert (
        tuple(found[name] for name in ("kind", "planned_start", "planned_finish", "planned_duration_minutes"))
        == dates
    )


def test_summaries_have_no_place_in_the_network_and_are_left_out_with_a_note() -> None:
    rows = [task(f"L{number}", task_type="TT_LOE") for number in range(7)] + [task("W", task_type="TT_WBS")]
    file = parsed(task("A"), *rows)
    assert [each["key"] for each in file.document["milestones"]] == ["A"]
    assert notes(file) == {
        "level_of_effort": "activities of the type level of effort are left out (7: L0, L1, L2, L3, L4 and 2 more)",
        "wbs_summary": "activities of the type WBS summary are left out (1: W)",
    }


def test_what_has_not_begun_takes_as_long_as_remains_of_it() -> None:
    file = parsed(task("A", 40, remain_drtn_hr_cnt=24), task("B", 40, remain_drtn_hr_cnt=""), active("C", 40))
    assert [milestone(file, code)["planned_duration_minutes"] for code in "ABC"] == [1440, 2400, 2400]
    assert notes(file)["remaining_duration"].endswith("P6 schedules the remaining one, as here (1: A)")


def test_a_duration_that_is_not_told_is_not_made_up() -> None:
    assert only(task("A", ""))["planned_duration_minutes"] is None


def test_an_activity_may_have_no_dates() -> None:
    assert only(task("A", target_start_date="", target_end_date=""))["planned_finish"] is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("CS_MSO", "SO"),
        ("CS_MSOA", "SNET"),
        ("CS_MSOB", "SNLT"),
        ("CS_MEO", "FO"),
        ("CS_MEOA", "FNET"),
        ("CS_MEOB", "FNLT"),
        ("CS_MANDSTART", "MSO"),
        ("CS_MANDFIN", "MFO"),
    ],
)
def test_constraints_have_a_date(told: str, expected: str) -> None:
    found = only(task("A", cstr_type=told, cstr_date="2026-01-07 17:00"))
    assert found["constraint"] == {"type": expected, "date": "2026-01-07T17:00:00Z"}
    assert wrong(task("A", cstr_type=told)) == [("TASK.cstr_date", "missing")]


def test_as_late_as_possible_has_none() -> None:
    assert only(task("A", cstr_type="CS_ALAP"))["constraint"] == {"type": "ALAP", "date": None}


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({"task_type": "TT_X"}, ("TASK.task_type", "unknown_value")),
        ({"task_type": ""}, ("TASK.task_type", "unknown_value")),
        ({"status_code": "TK_X"}, ("TASK.status_code", "unknown_value")),
        ({"cstr_type": "CS_X", "cstr_date": "2026-01-07 17:00"}, ("TASK.cstr_type", "unknown_value")),
        ({"task_code": ""}, ("TASK.task_code", "missing")),
        ({"wbs_id": "9"}, ("TASK.wbs_id", "unknown_wbs")),
        ({"target_drtn_hr_cnt": "eight"}, ("TASK.target_drtn_hr_cnt", "no_number")),
        ({"target_drtn_hr_cnt": "NaN"}, ("TASK.target_drtn_hr_cnt", "no_number")),
        ({"target_drtn_hr_cnt": "-1"}, ("TASK.target_drtn_hr_cnt", "out_of_range")),
        ({"target_drtn_hr_cnt": "876001"}, ("TASK.target_drtn_hr_cnt", "out_of_range")),
        ({"remain_drtn_hr_cnt": "9E99"}, ("TASK.remain_drtn_hr_cnt", "out_of_range")),
        ({"remain_drtn_hr_cnt": "1" * 5000}, ("TASK.remain_drtn_hr_cnt", "no_number")),
        ({"task_type": "TT_Mile", "target_start_date": ""}, ("TASK.target_start_date", "missing")),
        ({"task_type": "TT_FinMile", "target_end_date": ""}, ("TASK.target_end_date", "missing")),
        ({"target_end_date": "never"}, ("TASK.target_end_date", "no_date")),
    ],
)
def test_what_is_wrong_has_its_place(cells: dict[str, str], found: tuple[str, str]) -> None:
    assert wrong(task("A", **cells)) == [found]


@pytest.mark.parametrize(("told", "minutes"), [("1E-15", 0), ("0.33333", 20), ("8,5", 510), ("+2.", 120)])
def test_hours_are_told_in_whole_minutes(told: str, minutes: int) -> None:
    assert only(task("A", told))["planned_duration_minutes"] == minutes


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("  two\x7f\x7flines\x00 ", "two lines"),
        ('a ""good"" one', 'a "good" one'),
        ("", "A"),
        ("\x7f\x7f", "A"),
        ("x" * 500, "x" * 200),
        ("x" * 199 + " yz", "x" * 199),
    ],
)
def test_names_are_one_line_of_text(told: str, name: str) -> None:
    assert only(task("A", task_name=told))["name"] == name


def test_resources_own_an_activity_the_primary_one_first() -> None:
    rows = [resource("1", "Ada"), resource("2", "Bob"), resource("3", "", rsrc_short_name="CREW"), resource("4", "")]
    found = [assigned("A", rsrc_id) for rsrc_id in ("1", "3", "1", "2", "4", "", "9")]
    assert only(task("A", rsrc_id="2"), *rows, *found)["owner"] == "Bob, Ada, CREW"


def test_of_many_owners_those_are_named_that_there_is_room_for() -> None:
    rows = [resource(str(number), f"Person {number:02}") for number in range(50)]
    owner = only(task("A"), *rows, *(assigned("A", str(number)) for number in range(50)))["owner"]
    assert owner.startswith("Person 00, Person 01, ")
    assert 190 < len(owner) <= 200


def test_planned_costs_are_the_budget() -> None:
    rows = [
        assigned("A", "1", target_cost="1000.50"),
        expense("A", "199.5"),
        assigned("B", "1"),
        resource("1", "Ada"),
    ]
    file = parsed(task("A"), task("B"), task("C"), *rows)
    assert milestone(file, "A")["budget"] == {"amount": "1200.00", "currency": "USD"}
    assert "budget" not in milestone(file, "B")
    assert "budget" not in milestone(file, "C")


@pytest.mark.parametrize(
    ("told", "amount"), [("0.1234", "0.1234"), ("0.12345", "0.1234"), ("1e3", "1000.00"), ("999999999999999", None)]
)
def test_amounts_have_two_decimals_or_four(told: str, amount: str | None) -> None:
    assert only(task("A"), expense("A", told))["budget"]["amount"] == (amount or f"{told}.00")


def test_costs_that_are_no_budget_are_left_out_with_a_note() -> None:
    file = parsed(task("A"), expense("A", -5), task("B"), expense("B", 1, act_cost=7), task("C"), expense("C", ""))
    assert [code for code in "ABC" if "budget" in milestone(file, code)] == ["B"]
    assert notes(file) == {
        "negative_cost": "planned costs below zero are left out (1: A)",
        "actual_costs": "actual costs are left out (1: B)",
    }


def test_the_header_names_the_currency_else_the_one_with_the_rate_one() -> None:
    def currency(told: str, *rows: tuple[str, Any]) -> str | None:
        header = HEADER.replace("USD", told)
        cells = [("CURRTYPE", {"curr_short_name": name, "base_exch_rate": rate}) for name, rate in rows]
        body = written([*BASE, task("A"), expense("A", 5), *cells], header).encode()
        file = read(body, ReadOptions())
        found = milestone(file, "A").get("budget", {}).get("currency")
        assert ("no_currency" in notes(file)) is (found is None)
        return None if found is None else str(found)

    assert currency("EGP", ("USD", 1)) == "EGP"
    assert currency("", ("EUR", "0.9"), ("USD", "1")) == "USD"
    assert currency("", ("EUR", "1"), ("USD", "1")) is None
    assert currency("") is None
    assert currency("AUST") is None


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([task("A", cstr_type2="CS_MSOA")], "second_constraint"),
        ([task("A", external_early_start_date="2026-02-01 08:00")], "external_date"),
        ([active("A", external_late_end_date="2026-02-01 08:00")], "external_date"),
        (
            [task("A", task_type="TT_Rsrc"), resource("1", "Ada", clndr_id="11"), assigned("A", "1")],
            "resource_calendar",
        ),
    ],
)
def test_what_primavera_would_take_into_account_is_noted(rows: list[Row], code: str) -> None:
    assert list(notes(parsed(*rows))) == [code]


@pytest.mark.parametrize(
    "rows",
    [
        [done("A", cstr_type2="CS_MSOA", external_late_end_date="2026-02-01 08:00")],
        [task("A", task_type="TT_Rsrc"), resource("1", "Ada", clndr_id="10"), assigned("A", "1"), assigned("A", "9")],
        [task("A"), resource("1", "Ada", clndr_id="11"), assigned("A", "1")],
    ],
)
def test_what_has_no_effect_is_not(rows: list[Row]) -> None:
    assert notes(parsed(*rows)) == {}


def test_columns_that_newer_files_have_may_be_missing() -> None:
    needed = [
        "task_id", "proj_id", "wbs_id", "clndr_id", "task_code", "task_name", "task_type", "status_code",
        "target_drtn_hr_cnt", "remain_drtn_hr_cnt", "target_start_date", "target_end_date", "act_start_date",
        "act_end_date", "cstr_type", "cstr_date",
    ]  # fmt: skip
    name, cells = active("A", act_start_date="2026-01-02 08:00")
    file = parsed((name, {column: cells[column] for column in needed}), base=base(calendar(), options()))
    assert [statement["type"] for statement in file.statements] == ["milestone.started", "milestone.progressed"]
