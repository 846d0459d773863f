"""Relationships of XER files: types, lags, other projects, and ends that are not there."""

from typing import Any

import pytest

from tests.formats.xer_build import Row, active, base, done, link, notes, options, parsed, project, task, wrong

A, B = task("A"), task("B")


def only(*rows: Row) -> dict[str, Any]:
    (found,) = parsed(*rows).document["dependencies"]
    return dict(found)


def test_a_link() -> None:
    file = parsed(A, B, link("A", "B"))
    assert file.document["dependencies"] == [
        {"predecessor": "A", "type": "FS", "successor": "B", "lag_minutes": 0},
    ]
    assert file.places["dependencies"] == ["line 20, TASKPRED"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [("PR_FS", "FS"), ("PR_SS", "SS"), ("PR_FF", "FF"), ("PR_SF", "SF"), ("PR_FF1", "FF"), ("pr_ss2", "SS")],
)
def test_types(told: str, expected: str) -> None:
    assert only(A, B, link("A", "B", told))["type"] == expected


@pytest.mark.parametrize(("told", "minutes"), [(40, 2400), ("-2.5", -150), ("", 0), ("876000", 52_560_000)])
def test_lags_and_leads(told: Any, minutes: int) -> None:
    assert only(A, B, link("A", "B", lag=told))["lag_minutes"] == minutes


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (link("A", "B", "PR_XX"), ("TASKPRED.pred_type", "unknown_value")),
        (link("A", "B", lag="long"), ("TASKPRED.lag_hr_cnt", "no_number")),
        (link("A", "B", lag="-876001"), ("TASKPRED.lag_hr_cnt", "out_of_range")),
        (link("X", "B"), ("TASKPRED.pred_task_id", "unknown_task")),
        (link("A", "X", proj_id=""), ("TASKPRED.task_id", "unknown_task")),
    ],
)
def test_what_is_wrong_has_its_place(row: Row, found: tuple[str, str]) -> None:
    assert wrong(A, B, row) == [found]


def test_links_that_stand_twice_or_tie_an_activity_to_itself_are_left_to_the_rules_of_plans() -> None:
    file = parsed(A, B, link("A", "B"), link("A", "B", lag=8), link("A", "A"))
    assert [(each["predecessor"], each["successor"]) for each in file.document["dependencies"]] == [
        ("A", "B"),
        ("A", "B"),
        ("A", "A"),
    ]
    assert file.places["dependencies"] == ["line 20, TASKPRED", "line 21, TASKPRED", "line 22, TASKPRED"]


def test_links_with_other_projects_are_left_out_with_a_note() -> None:
    other = task("X", proj_id="2")
    rows = [
        link("A", "B"),
        link("X", "A", pred_proj_id="2"),
        link("B", "Y", proj_id="3"),
        link("X", "Y", proj_id="2", pred_proj_id="2"),
    ]
    file = parsed(A, B, other, *rows, base=base(project(), project(proj_id="2", orig_proj_id="1")))
    assert len(file.document["dependencies"]) == 1
    assert notes(file)["external_link"] == "links with other projects are left out (2: A, B)"


def test_links_with_what_is_left_out_go_with_it() -> None:
    effort, summary = task("L", task_type="TT_LOE"), task("W", task_type="TT_WBS")
    file = parsed(A, effort, summary, link("A", "L"), link("L", "A"), link("L", "W"))
    assert file.document["dependencies"] == []
    assert notes(file)["link_left_out"] == "links with activities that are left out go with them (3: A, A)"


def test_a_note_about_links_of_nothing_that_is_left_names_nothing() -> None:
    file = parsed(A, task("L", task_type="TT_LOE"), task("W", task_type="TT_WBS"), link("L", "W"))
    assert notes(file)["link_left_out"] == "links with activities that are left out go with them (1)"


@pytest.mark.parametrize(
    ("rows", "noted"),
    [
        ([active("A"), B, link("A", "B", "PR_SS", 8)], True),
        ([active("A"), B, link("A", "B", "PR_SS", 0)], False),
        ([active("A"), B, link("A", "B", "PR_FS", 8)], False),
        ([active("A"), active("B"), link("A", "B", "PR_SS", 8)], False),
        ([done("A"), B, link("A", "B", "PR_SS", 8)], False),
        ([A, B, link("A", "B", "PR_SS", 8)], False),
    ],
)
def test_lags_that_primavera_counts_from_another_start_are_noted(rows: list[Row], noted: bool) -> None:
    flagged = parsed(*rows, base=base(options(sched_lag_early_start_flag="Y")))
    assert ("lag_from_early_start" in notes(flagged)) is noted
    assert "lag_from_early_start" not in notes(parsed(*rows))
