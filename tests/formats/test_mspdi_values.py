"""The values of a file: which spellings are read, and every problem of a file told at once with its place."""

from typing import Any

import pytest

from app.formats.parsed import MAX_PROBLEMS, Unreadable
from tests.formats.mspdi_build import calendar, codes, element, file, link, only, parse, parsed, problems, task


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-01-05T08:00:00", "UTC", "2026-01-05T08:00:00Z"),
        ("2026-01-05T08:00:00", "America/New_York", "2026-01-05T13:00:00Z"),
        ("2026-01-05T08:00", "UTC", "2026-01-05T08:00:00Z"),
        ("2026-01-05T08:00:00.000000000", "UTC", "2026-01-05T08:00:00Z"),
        ("2026-01-05T08:00:00+02:00", "UTC", "2026-01-05T06:00:00Z"),
        ("2026-01-05T08:00:00Z", "Europe/Berlin", "2026-01-05T08:00:00Z"),
        ("2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:30:00Z"),  # an hour that the clocks leave out
        ("2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00Z"),  # one that comes twice
    ],
)
def test_local_times_are_told_as_instants(text: str, zone: str, instant: str) -> None:
    found = parse(file([task(Start=text)]), zone)
    assert found.document["milestones"][0]["planned_start"] == instant
    assert found.document["time_zone"] == zone


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT8H0M0S", 480),
        ("PT0H0M0S", 0),
        ("PT90M", 90),
        ("PT1H30M29S", 90),
        ("PT0H0M30S", 0),  # half a minute, to even
        ("PT0H1M30S", 2),
        ("P2DT1H", 2_940),
        ("PT30.5S", 0),
        ("", None),
    ],
)
def test_durations_are_whole_minutes(text: str, minutes: int | None) -> None:
    assert only([task(Duration=text)])["planned_duration_minutes"] == minutes


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("Start", "5 January", "not_a_date"),
        ("Start", "2026-01-05", "not_a_date"),
        ("Start", "2026-02-30T08:00:00", "not_a_date"),
        ("Start", "0001-01-01T00:00:00+23:00", "not_a_date"),
        ("Start", "1969-12-31T23:59:00", "out_of_range"),
        ("Finish", "2200-01-01T00:00:00", "out_of_range"),
        ("Duration", "8h", "not_a_duration"),
        ("Duration", "P", "not_a_duration"),
        ("Duration", "P1Y", "not_a_duration"),
        ("Duration", "PT99999999H", "out_of_range"),
        ("PercentComplete", "half", "not_a_number"),
        ("PercentComplete", "101", "out_of_range"),
        ("PercentComplete", "-1", "out_of_range"),
        ("ConstraintType", "8", "out_of_range"),
        ("OutlineLevel", "-1", "out_of_range"),
        ("Milestone", "maybe", "not_a_flag"),
        ("Cost", "1e9", "not_a_number"),
        ("UID", "nine", "not_a_number"),
        ("UID", "4294967296", "out_of_range"),
    ],
)
def test_what_cannot_be_read_is_a_problem_of_its_field(field: str, text: str, code: str) -> None:
    (found,) = problems([task(7, Name="Dig trench") | {field: text}])
    assert found.code == code
    assert found.place.endswith(f", {field}")
    assert repr(text) in found.detail


def test_a_place_names_the_line_the_task_and_the_field() -> None:
    body = file([task(7, Name="Dig trench", Start="soon")])
    line = body.decode().split("\n").index("<Start>soon</Start>") + 1
    with pytest.raises(Unreadable) as caught:
        parse(body)
    assert [each.place for each in caught.value.problems] == [f"line {line}, Task 7 (Dig trench), Start"]


def test_every_problem_of_a_file_is_told_in_one_answer() -> None:
    found = codes(
        [
            task(1, Start="soon", Duration="long"),
            task(1),
            {"Name": "nameless"},
            task(2, PredecessorLink=[link(99), {"Type": 1}], CalendarUID=5),
        ],
        [calendar(), {"Name": "C"}],
        MinutesPerDay=0,
        CalendarUID=9,
    )
    assert sorted(found) == sorted(
        [
            "missing", "not_a_date", "not_a_duration", "repeated", "missing", "missing",
            "out_of_range", "unknown_calendar", "unknown_calendar", "unknown_task",
        ]
    )  # fmt: skip


def test_no_more_problems_are_told_than_anybody_reads() -> None:
    assert len(problems([task(uid, Start="soon") for uid in range(1, 200)])) == MAX_PROBLEMS


def test_a_problem_is_told_once_however_often_it_is_met() -> None:
    assert codes([task()], StartDate="soon", StatusDate="late", LastSaved="x") == ["not_a_date"] * 4


@pytest.mark.parametrize(
    ("text", "milestone"), [("1", "milestone"), ("true", "milestone"), ("0", "activity"), ("", "activity")]
)
def test_flags_are_told_in_numbers_or_words(text: str, milestone: str) -> None:
    assert only([task(Milestone=text, Duration="PT0H0M0S")])["kind"] == milestone


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Dig", "Dig"),
        ("  Dig\n\tdeep ", "Dig deep"),
        ("Dig\u00a0\u2028deep\x85", "Dig deep"),
        ("", "Task 4"),
        ("\n", "Task 4"),
        ("x" * 300, "x" * 200),
    ],
)
def test_names_are_one_line_and_never_empty(name: str, told: str) -> None:
    assert only([task(4, Name=name)])["name"] == told


def test_a_name_is_told_as_it_is_meant() -> None:
    assert only([task(Name="Fish & <chips>")])["name"] == "Fish & <chips>"
    assert "&amp;" in element("Name", "&")


def test_an_unknown_zone_makes_a_file_unreadable() -> None:
    with pytest.raises(Unreadable, match="Mars"):
        parse(file(), "Mars/Olympus")


def test_a_whole_file_goes_to_another_process_and_back() -> None:
    found: Any = parsed(
        [task(), task(2, PredecessorLink=[link(1)], PercentComplete=5, Manual=1)], StatusDate="2026-01-07T17:00:00"
    )
    assert type(found).of_json(found.to_json()) == found
