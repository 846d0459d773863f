"""What a Microsoft Project file says has happened, and the baselines that it keeps."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from app.events.schemas import Replacement
from tests.formats.mspdi_build import notes, parsed, task

EVENT: TypeAdapter[Any] = TypeAdapter(Replacement)  # an event as anybody sends it
STARTED = {"ActualStart": "2026-01-05T08:00:00"}
STATUS = {"StatusDate": "2026-01-07T17:00:00"}


def said(tasks: Any, **fields: Any) -> list[tuple[str, str, Any]]:
    found = parsed(tasks, **fields)
    for each in found.statements:
        EVENT.validate_python(each)
    return [(each["type"].partition(".")[2], each["occurred_at"], each["data"]) for each in found.statements]


def test_a_task_that_has_begun_started_and_is_so_far_at_the_status_date() -> None:
    going = task(PercentComplete=40, RemainingDuration="PT4H48M0S", **STARTED)
    assert said([going], **STATUS) == [
        ("started", "2026-01-05T08:00:00Z", {}),
        ("progressed", "2026-01-07T17:00:00Z", {"percent_complete": 40, "remaining_minutes": 288}),
    ]


def test_a_task_that_is_done_started_and_was_completed() -> None:
    done = task(PercentComplete=100, RemainingDuration="PT0H0M0S", ActualFinish="2026-01-06T12:00:00", **STARTED)
    assert said([done], **STATUS) == [
        ("started", "2026-01-05T08:00:00Z", {}),
        ("completed", "2026-01-06T12:00:00Z", {}),
    ]


def test_a_milestone_is_only_reached() -> None:
    reached = {"Milestone": 1, "Duration": "PT0H0M0S", "ActualFinish": "2026-01-05T08:00:00", **STARTED}
    assert said([task(**reached)], **STATUS) == [("completed", "2026-01-05T08:00:00Z", {})]


def test_what_has_not_begun_says_nothing() -> None:
    assert said([task(PercentComplete=0, RemainingDuration="PT8H0M0S")], **STATUS) == []


def test_nothing_is_said_of_phases() -> None:
    assert said([task(1, 1, PercentComplete=50, **STARTED), task(2, 2)], **STATUS) == []


def test_progress_without_an_actual_start_leaves_it_unknown() -> None:
    assert said([task(PercentComplete=25)], **STATUS) == [
        ("progressed", "2026-01-07T17:00:00Z", {"percent_complete": 25})
    ]


def test_a_start_alone_tells_no_progress() -> None:
    assert said([task(**STARTED)], **STATUS) == [("started", "2026-01-05T08:00:00Z", {})]


def test_nothing_progresses_before_it_starts() -> None:
    later = task(PercentComplete=5, ActualStart="2026-01-09T08:00:00")
    assert said([later], **STATUS)[1] == ("progressed", "2026-01-09T08:00:00Z", {"percent_complete": 5})


@pytest.mark.parametrize(
    ("header", "at"),
    [
        (STATUS | {"LastSaved": "2026-01-08T12:00:00", "CurrentDate": "2026-01-09T12:00:00"}, "2026-01-07T17:00:00Z"),
        ({"LastSaved": "2026-01-08T12:00:00", "CurrentDate": "2026-01-09T12:00:00"}, "2026-01-08T12:00:00Z"),
        ({"CurrentDate": "2026-01-09T12:00:00"}, "2026-01-09T12:00:00Z"),
        ({}, "2026-01-06T17:00:00Z"),  # the last actual date of all
    ],
)
def test_progress_was_true_when_the_file_was_saved_if_no_status_date_is_told(header: Any, at: str) -> None:
    done = task(2, ActualFinish="2026-01-06T17:00:00")
    assert said([task(PercentComplete=5), done], **header)[0][1] == at


def test_without_any_date_progress_is_that_of_the_project_s_start() -> None:
    assert said([task(PercentComplete=5)])[0][1] == "2026-01-05T08:00:00Z"
    assert said([task(PercentComplete=5)], StartDate=None) == []


def test_every_statement_has_its_place() -> None:
    found = parsed([task(7, Name="Dig", PercentComplete=40, **STARTED)], **STATUS)
    assert [each.partition(", ")[2] for each in found.places["statements"]] == [
        "Task 7 (Dig), ActualStart",
        "Task 7 (Dig), PercentComplete",
    ]


def kept(number: int, day: int, **fields: Any) -> Any:
    dates = {"Start": f"2026-01-{day:02}T08:00:00", "Finish": f"2026-01-{day:02}T17:00:00", "Duration": "PT8H0M0S"}
    return {"Number": number} | dates | fields


def test_baselines_end_with_the_one_that_microsoft_project_compares_with() -> None:
    found = parsed([task(1, Baseline=[kept(0, 8), kept(1, 6), kept(10, 7)]), task(2, Baseline=[kept(10, 5)])])
    assert [(each.number, each.name, sorted(each.milestones)) for each in found.baselines] == [
        (1, "Baseline 1", ["1"]),
        (10, "Baseline 10", ["1", "2"]),
        (0, "Baseline", ["1"]),
    ]
    assert found.baselines[-1].milestones["1"] == {
        "planned_start": "2026-01-08T08:00:00Z",
        "planned_finish": "2026-01-08T17:00:00Z",
        "planned_duration_minutes": 480,
    }


@pytest.mark.parametrize(
    ("fields", "finish"), [({}, "2026-01-05T17:00:00Z"), ({"Finish": None}, "2026-01-05T08:00:00Z")]
)
def test_the_baseline_of_a_milestone_is_one_date(fields: Any, finish: str) -> None:
    found = parsed([task(Milestone=1, Duration="PT0H0M0S", Baseline=[kept(0, 5, **fields)])])
    assert found.baselines[0].milestones["1"] == {
        "planned_start": None,
        "planned_finish": finish,
        "planned_duration_minutes": None,
    }


def test_what_a_baseline_does_not_date_is_missing_in_it() -> None:
    half_dated = [kept(0, 5, Start=None, Finish=None), kept(3, 5, Start=None)]
    found = parsed([task(1, 1, Baseline=[kept(0, 5)]), task(2, 2, Baseline=half_dated)])
    assert [(each.number, list(each.milestones)) for each in found.baselines] == [(3, ["2"])]


def test_an_interim_plan_is_no_baseline() -> None:
    found = parsed([task(Baseline=[kept(1, 5, Interim=1)])])
    assert (list(found.baselines), notes(found)) == ([], ["interim_plan_left_out"])
