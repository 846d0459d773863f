"""Progress in XER files as statements: actual dates, remaining work, percent complete, suspensions."""

from typing import Any

import pytest

from tests.formats.xer_build import Row, active, done, notes, parsed, task, wrong

DATA_DATE = "2026-01-05T00:00:00Z"


def said(*rows: Row) -> list[tuple[str, str, dict[str, Any]]]:
    """What a file says has happened to A: which event, when, and its data."""
    statements = parsed(*rows).statements
    assert {each["milestone"] for each in statements} <= {"A"}
    return [(each["type"].removeprefix("milestone."), each["occurred_at"], each["data"]) for each in statements]


def progressed(*rows: Row) -> dict[str, Any]:
    (data,) = [data for kind, _, data in said(*rows) if kind == "progressed"]
    return data


def test_what_has_not_begun_is_silent() -> None:
    assert said(task("A", act_start_date="2026-01-02 08:00")) == []


def test_what_is_in_progress_was_started_and_has_progressed() -> None:
    assert said(active("A", 40, remain_drtn_hr_cnt=30)) == [
        ("started", "2026-01-02T08:00:00Z", {}),
        ("progressed", DATA_DATE, {"remaining_minutes": 1800, "percent_complete": 25.0}),
    ]


def test_what_is_complete_was_started_and_completed() -> None:
    file = parsed(done("A"))
    assert [(each["type"], each["occurred_at"]) for each in file.statements] == [
        ("milestone.started", "2026-01-01T08:00:00Z"),
        ("milestone.completed", "2026-01-02T17:00:00Z"),
    ]
    assert file.places["statements"] == ["line 16, TASK", "line 16, TASK"]


def test_a_start_that_nobody_told_is_not_made_up() -> None:
    assert [kind for kind, _, _ in said(done("A", act_start_date=""))] == ["completed"]
    assert [kind for kind, _, _ in said(active("A", act_start_date=""))] == ["progressed"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (done("A", task_type="TT_Mile"), [("completed", "2026-01-01T08:00:00Z", {})]),
        (done("A", task_type="TT_Mile", act_start_date=""), [("completed", "2026-01-02T17:00:00Z", {})]),
        (active("A", 0, task_type="TT_Mile"), [("completed", "2026-01-02T08:00:00Z", {})]),
        (done("A", task_type="TT_FinMile"), [("completed", "2026-01-02T17:00:00Z", {})]),
        (
            active("A", 0, task_type="TT_FinMile"),
            [("started", "2026-01-02T08:00:00Z", {}), ("progressed", DATA_DATE, {"remaining_minutes": 0})],
        ),
    ],
)
def test_milestones_are_reached(row: Row, expected: list[Any]) -> None:
    assert said(row) == expected


def test_dates_after_the_data_date_are_kept() -> None:
    assert said(done("A", act_end_date="2026-02-01 17:00"))[1] == ("completed", "2026-02-01T17:00:00Z", {})


@pytest.mark.parametrize(
    ("cells", "percent"),
    [
        ({"remain_drtn_hr_cnt": 10}, 75.0),
        ({"remain_drtn_hr_cnt": 60}, 0.0),
        ({"target_drtn_hr_cnt": 3, "remain_drtn_hr_cnt": 1}, 66.6667),
        ({"target_drtn_hr_cnt": 0, "remain_drtn_hr_cnt": 0}, None),
        ({"target_drtn_hr_cnt": "", "remain_drtn_hr_cnt": 8}, None),
        ({"complete_pct_type": "", "remain_drtn_hr_cnt": 10}, 75.0),
        ({"complete_pct_type": "CP_Phys", "phys_complete_pct": "33.5"}, 33.5),
        ({"complete_pct_type": "CP_Phys", "phys_complete_pct": 150}, 100.0),
        ({"complete_pct_type": "CP_Phys", "phys_complete_pct": ""}, None),
        ({"complete_pct_type": "CP_Units", "act_work_qty": 10, "remain_work_qty": 30}, 25.0),
        ({"complete_pct_type": "CP_Units", "act_equip_qty": 8, "remain_work_qty": 8}, 50.0),
        ({"complete_pct_type": "CP_Units"}, None),
    ],
)
def test_percent_complete_is_of_the_kind_that_the_activity_has(cells: dict[str, Any], percent: float | None) -> None:
    assert progressed(active("A", **{"target_drtn_hr_cnt": 40} | cells)).get("percent_complete") == percent


def test_progress_of_which_nothing_is_told_is_silent() -> None:
    assert [kind for kind, _, _ in said(active("A", remain_drtn_hr_cnt=""))] == ["started"]


@pytest.mark.parametrize(
    ("suspended", "resumed", "expected"),
    [
        ("2026-01-03 08:00", "", [("blocked", "2026-01-03T08:00:00Z", {"expected_resume_at": None})]),
        (
            "2026-01-03 08:00",
            "2026-01-09 08:00",
            [("blocked", "2026-01-03T08:00:00Z", {"expected_resume_at": "2026-01-09T08:00:00Z"})],
        ),
        (
            "2026-01-03 08:00",
            "2026-01-04 08:00",
            [
                ("blocked", "2026-01-03T08:00:00Z", {"expected_resume_at": "2026-01-04T08:00:00Z"}),
                ("unblocked", "2026-01-04T08:00:00Z", {}),
            ],
        ),
        ("2026-02-03 08:00", "", []),
        ("", "2026-02-03 08:00", []),
    ],
)
def test_work_that_is_suspended_is_blocked_until_it_is_resumed(
    suspended: str, resumed: str, expected: list[Any]
) -> None:
    assert said(active("A", suspend_date=suspended, resume_date=resumed))[2:] == expected


def test_a_suspension_to_come_is_noted() -> None:
    file = parsed(active("A", suspend_date="2026-02-03 08:00"), active("B", suspend_date="2026-01-03 08:00"))
    assert notes(file) == {"later_suspension": "suspensions after the data date are left out (1: A)"}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (done("A", act_end_date=""), ("TASK.act_end_date", "missing")),
        (done("A", task_type="TT_Mile", act_start_date="", act_end_date=""), ("TASK.act_end_date", "missing")),
        (active("A", act_start_date="once"), ("TASK.act_start_date", "no_date")),
        (active("A", suspend_date="once"), ("TASK.suspend_date", "no_date")),
        (active("A", complete_pct_type="CP_X"), ("TASK.complete_pct_type", "unknown_value")),
        (active("A", complete_pct_type="CP_Phys", phys_complete_pct="half"), ("TASK.phys_complete_pct", "no_number")),
    ],
)
def test_what_is_wrong_has_its_place(row: Row, found: tuple[str, str]) -> None:
    assert wrong(row) == [found]
