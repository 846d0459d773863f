"""Calendars of XER files: `clndr_data`, dates, base calendars, names, and what cannot be read."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.formats.xer_build import (
    EIGHT_HOURS,
    FIVE_DAYS,
    Row,
    base,
    calendar,
    milestone,
    notes,
    parsed,
    problems,
    project,
    task,
    week,
    wrong,
    xer,
)

HOLIDAY, SATURDAY = "(0||0(d|46028)())", f"(0||1(d|46032)({EIGHT_HOURS}))"  # 2026-01-06 and 2026-01-10


def only(*rows: Row) -> Mapping[str, Any]:
    """What becomes of the project's calendar."""
    (made,) = parsed(task("A"), base=base(*rows)).calendars
    return made


def intervals(told: str, **more: Any) -> list[str]:
    """The working time of a Monday that is told so."""
    monday = only(calendar(data=week(d2=told), **more))["weekly"]["monday"]
    return [f"{each['from']}-{each['to']}" for each in monday]


def test_the_first_day_of_the_week_is_sunday() -> None:
    assert list(only(calendar(data=week(d1=EIGHT_HOURS, d7=EIGHT_HOURS)))["weekly"]) == ["saturday", "sunday"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (EIGHT_HOURS, ["08:00-12:00", "13:00-17:00"]),
        ("(0||0(f|12:00|s|8:00)())", ["08:00-12:00"]),
        ("(0||0(s|00:00|f|00:00)())", ["00:00-24:00"]),
        ("(0||0(s|00:00|f|24:00)())", ["00:00-24:00"]),
        ("(0||0(s|22:00|f|00:00)())(0||1(s|00:00|f|06:00)())", ["00:00-06:00", "22:00-24:00"]),
        ("(0||0(s|08:00|f|12:00)())(0||1(s|12:00|f|16:00)())", ["08:00-16:00"]),
        ("(0||0(s|08:00|f|13:00)())(0||1(s|09:00|f|10:00)())", ["08:00-13:00"]),
        ("(0||0(s|08:00|f|08:00)())(0||1(s|09:00|f|10:00)())", ["09:00-10:00"]),
        ("(0||0(s|8:00 AM|f|12:00 PM)())(0||1(s|1:00 pm|f|12:00 AM)())", ["08:00-12:00", "13:00-24:00"]),
        ("\x7f\x7f  (0||0(s|08:00|f|12:30)()\x7f)\x7f\x7f", ["08:00-12:30"]),
    ],
)
def test_intervals_of_a_day(told: str, expected: list[str]) -> None:
    assert intervals(told) == expected


def test_dates_are_days_off_and_extra_work() -> None:
    made = only(calendar(data=week(d2=EIGHT_HOURS, exceptions=SATURDAY + HOLIDAY)))
    assert made["exceptions"] == [
        {"date": "2026-01-06", "intervals": []},
        {"date": "2026-01-10", "intervals": [{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]},
    ]


def test_dates_that_no_calendar_has_are_left_out_with_a_note() -> None:
    data = week(d2=EIGHT_HOURS, exceptions="(0||0(d|0)())(0||1(d|-7)())(0||2(d|999999999)())(0||3(d|46028)())")
    file = parsed(task("A"), base=base(calendar(data=data)))
    assert len(file.calendars[0]["exceptions"]) == 1
    assert notes(file) == {"exceptions_beyond": "3 exceptions outside of 1970 to 2199 are left out"}


def test_a_calendar_has_the_dates_and_where_it_has_none_the_week_of_its_base() -> None:
    base_data = week(d2=EIGHT_HOURS, exceptions=HOLIDAY + SATURDAY)
    own = f"(0||CalendarData()((0||Exceptions()((0||0(d|46028)({EIGHT_HOURS}))))))"
    made = only(calendar(data=own, base_clndr_id="11"), calendar("11", "Company", base_data))
    assert list(made["weekly"]) == ["monday"]
    assert [(each["date"], len(each["intervals"])) for each in made["exceptions"]] == [
        ("2026-01-06", 2),
        ("2026-01-10", 2),
    ]


def test_the_week_of_a_calendar_replaces_that_of_its_base() -> None:
    rows = calendar(data=week(d3=EIGHT_HOURS), base_clndr_id="11"), calendar("11", "Company", FIVE_DAYS)
    assert list(only(*rows)["weekly"]) == ["tuesday"]


@pytest.mark.parametrize(("hours", "minutes"), [("7.5", 450), ("7,5", 450), ("24", 1440), ("", 420), ("0", 420)])
def test_minutes_per_day_are_told_or_those_of_the_usual_day(hours: str, minutes: int) -> None:
    data = week(d2=EIGHT_HOURS, d6="(0||0(s|08:00|f|14:00)())")
    assert only(calendar(data=data, day_hr_cnt=hours))["minutes_per_day"] == minutes


def test_only_calendars_that_are_used_are_there_each_by_its_own_name() -> None:
    rows = [calendar(str(number), "Crew") for number in (10, 11, 12)] + [calendar("13", "Crew (2)")]
    tasks = [task("A", clndr_id="11"), task("B", clndr_id="10"), task("C", clndr_id="13"), task("D", clndr_id="")]
    file = parsed(*tasks, base=base(*rows))
    assert [each["key"] for each in file.calendars] == ["Crew", "Crew (2)", "Crew (2) (2)"]
    assert file.document["calendar"] == "Crew"
    assert [milestone(file, code)["calendar"] for code in "ABCD"] == ["Crew (2)", None, "Crew (2) (2)", None]
    assert file.places["calendars"] == ["line 10, CALENDAR", "line 11, CALENDAR", "line 13, CALENDAR"]


def test_a_calendar_without_a_name_is_called_by_its_id() -> None:
    assert only(calendar(name=""))["key"] == "10"


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ("(0||0(s|08:00)())", "has a time of day that is none, such as 17:00"),
        ("(0||0(s|08:60|f|09:00)())", "has a time of day that is none, such as 17:00"),
        ("(0||0(s|08:00|f|24:30)())", "has a time of day that is none, such as 17:00"),
        ("(0||0(s|25:00|f|26:00)())", "has a time of day that is none, such as 17:00"),
        ("(0||0)", "has a time of day that is none, such as 17:00"),
        ("(0||0(s|17:00|f|08:00)())", "has an interval that ends before it begins"),
        ("(" * 30 + ")" * 30, "nests more than 20 deep"),
        ("(" * 100_000, "nests more than 20 deep"),
        ("(", "leaves a parenthesis open"),
        (")" * 12, "closes a parenthesis that it did not open"),
    ],
)
def test_what_cannot_be_read_is_told(told: str, detail: str) -> None:
    (problem,) = problems(xer(task("A"), base=base(calendar(data=week(d2=told)))))
    assert problem == ("line 10, CALENDAR.clndr_data", "calendar", detail)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (week(d2=EIGHT_HOURS).replace("0||7", "0||8"), "has a day of the week that is none of 1 to 7"),
        (week(d2=EIGHT_HOURS, exceptions="(0||0(x|1)())"), "has an exception without a date"),
        (week(d2=EIGHT_HOURS, exceptions="(0||0(d|9" + "9" * 5000 + ")())"), "has an exception without a date"),
    ],
)
def test_days_that_are_none_are_told(data: str, detail: str) -> None:
    assert [problem.detail for problem in problems(xer(task("A"), base=base(calendar(data=data))))] == [detail]


@pytest.mark.parametrize("data", ["", "nothing", week(), week(exceptions=SATURDAY)])
def test_a_calendar_that_works_on_no_weekday_is_wrong(data: str) -> None:
    assert wrong(task("A"), base=base(calendar(data=data))) == [("CALENDAR.clndr_data", "never_works")]


def test_a_day_is_no_longer_than_a_day() -> None:
    assert wrong(task("A"), base=base(calendar(day_hr_cnt=25))) == [("CALENDAR.day_hr_cnt", "out_of_range")]


def test_bases_that_go_in_a_circle_are_wrong() -> None:
    rows = calendar(base_clndr_id="11"), calendar("11", "Company", base_clndr_id="10")
    assert wrong(task("A"), base=base(*rows)) == [("CALENDAR.base_clndr_id", "too_deep")]


def test_a_base_that_cannot_be_read_is_told_once() -> None:
    rows = (
        calendar(base_clndr_id="12"),
        calendar("11", "Other", base_clndr_id="12"),
        calendar("12", "Company", "("),
    )
    assert wrong(task("A"), task("B", clndr_id="11"), base=base(*rows)) == [("CALENDAR.clndr_data", "calendar")]


def test_a_calendar_that_is_not_in_the_file_is_wrong() -> None:
    found = wrong(task("A", clndr_id="99"), base=base(project(clndr_id="")))
    assert found == [("PROJECT.clndr_id", "unknown_calendar"), ("TASK.clndr_id", "unknown_calendar")]
