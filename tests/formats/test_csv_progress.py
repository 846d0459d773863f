"""What a table says has happened."""

import pytest

from tests.formats.csv_build import happened, notes, parsed, row

TASK = {"kind": "task", "start": "2024-05-06", "finish": "2024-05-10", "duration": "5d", "status_date": "2024-05-08"}


def test_actual_dates_are_a_start_and_a_completion() -> None:
    text = row(**TASK, actual_start="2024-05-06", actual_finish="2024-05-07 15:00")
    assert happened(text) == [("A", "started", "2024-05-06"), ("A", "completed", "2024-05-07T15:00:00Z")]


def test_percent_and_remaining_duration_are_progress_at_the_status_date() -> None:
    text = row(**TASK, actual_start="2024-05-06", percent_complete="40", remaining_duration="3d")
    progress = {"percent_complete": 40.0, "remaining_minutes": 1440}
    assert happened(text) == [("A", "started", "2024-05-06"), ("A", "progressed", "2024-05-08", progress)]


def test_nothing_has_happened_at_zero_percent() -> None:
    assert happened(row(**TASK, percent_complete="0", remaining_duration="5d")) == []


def test_work_that_has_only_begun_has_no_progress_to_tell() -> None:
    assert happened(row(**TASK, actual_start="2024-05-06")) == [("A", "started", "2024-05-06")]


def test_primavera_marks_actual_dates_with_an_a() -> None:
    text = row(**TASK | {"start": "06-May-24 A", "finish": "07-May-24 A"}, actual_start="")
    assert happened(text) == [("A", "started", "2024-05-06"), ("A", "completed", "2024-05-07")]


def test_a_milestone_that_has_an_actual_date_is_reached() -> None:
    assert happened(row(kind="milestone", start="06-May-24 A")) == [("A", "completed", "2024-05-06")]
    assert happened(row(kind="milestone", actual_finish="2024-05-06")) == [("A", "completed", "2024-05-06")]


@pytest.mark.parametrize(
    ("cells", "when"),
    [
        ({}, "2024-05-08"),
        ({"finish": "2024-05-07"}, "2024-05-07"),
        ({"finish": "2024-05-08 10:00"}, "2024-05-08"),
        ({"status_date": "2024-05-08 12:00", "finish": "2024-05-08 13:00"}, "2024-05-08T12:00:00Z"),
        ({"status_date": "", "finish": "2024-05-10"}, "2024-05-10"),
        ({"finish": ""}, "2024-05-08"),
    ],
)
def test_complete_without_an_actual_finish_is_when_it_was_planned_but_never_after_the_status_date(
    cells: dict[str, str], when: str
) -> None:
    text = row(**TASK | cells, percent_complete="100%")
    assert happened(text) == [("A", "completed", when)]
    assert notes(text)["no_actual_finish"] == "row 2, percent_complete"


def test_a_completion_that_nothing_dates_is_left_out_with_a_note() -> None:
    text = row(percent_complete="100")
    assert happened(text) == []
    assert "no_actual_finish" in notes(text)


def test_a_milestone_at_a_start_is_complete_when_it_was_to_start() -> None:
    text = row(kind="start milestone", start="2024-05-06", percent_complete="100")
    assert happened(text) == [("A", "completed", "2024-05-06")]


def test_without_a_status_date_progress_is_told_for_the_latest_actual_date() -> None:
    header = "id,name,start,finish,actual start,actual finish,% complete\n"
    text = (
        header + "A,a,2024-05-06,2024-05-09,2024-05-06,2024-05-07 23:30,\nB,b,2024-05-06,2024-05-09,2024-05-08,,20\n"
    )
    assert happened(text, "Asia/Tokyo")[-1] == ("B", "progressed", "2024-05-08", {"percent_complete": 20.0})
    assert notes(text)["status_date_assumed"] == "file"


def test_progress_that_nothing_dates_is_left_out_with_a_note() -> None:
    text = row(**TASK | {"status_date": ""}, percent_complete="20")
    assert happened(text) == []
    assert notes(text)["no_status_date"] == "row 2, percent_complete"


def test_phases_have_no_progress_of_their_own() -> None:
    assert happened("id,name,parent,percent_complete\nA,All,,100\nB,Dig,A,\n") == []


def test_without_a_status_date_the_latest_actual_date_is_the_plans() -> None:
    text = row(**TASK | {"status_date": ""}, actual_start="2024-05-06", percent_complete="20")
    assert parsed(text).document["status_date"] == "2024-05-06"
    assert "status_date" in parsed(text).unsaid
    assert "status_date" not in parsed(row(**TASK)).unsaid


@pytest.mark.parametrize(("percent", "remaining"), [("0", 2400), ("0.02", 2400), ("33.3", 1601), ("80", 480)])
def test_what_remains_follows_from_a_percent_and_a_duration(percent: str, remaining: int) -> None:
    (_, progress) = happened(row(**TASK, actual_start="2024-05-06", percent_complete=percent))
    assert progress[-1]["remaining_minutes"] == remaining


def test_what_remains_is_not_told_without_a_duration() -> None:
    (_, progress) = happened(row(**TASK | {"duration": ""}, actual_start="2024-05-06", percent_complete="80"))
    assert progress[-1] == {"percent_complete": 80.0}
