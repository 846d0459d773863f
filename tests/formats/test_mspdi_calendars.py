"""Calendars of Microsoft Project files: bases, exceptions, work weeks, and the one that a task works on."""

from datetime import date
from typing import Any

import pytest

from app.domain.calendars import STANDARD, Intervals
from app.formats.parsed import ParsedFile
from tests.formats.mspdi_build import (
    HOURS,
    MORNING,
    calendar,
    codes,
    notes,
    parsed,
    period,
    problems,
    rules_of,
    task,
    weekday,
)

ALL_DAY = {"WorkingTime": {"FromTime": "00:00:00", "ToTime": "00:00:00"}}
SATURDAY_TOO = [weekday(day, HOURS if day > 1 else None) for day in range(1, 8)]
MORNINGS = [weekday(day, {"WorkingTime": MORNING} if 1 < day < 7 else None) for day in range(1, 8)]
EIGHT_TO_TWELVE: Intervals = ((480, 720),)


def on(found: ParsedFile, day: str, key: str = "Standard") -> Intervals:
    """When the calendar works on one date."""
    rules, at = rules_of(found)[key], date.fromisoformat(day)
    return rules.exceptions.get(at, rules.weekly[at.weekday()])


def off(days: Any, **fields: Any) -> Any:
    return {"TimePeriod": days, "DayWorking": 0} | fields


def with_exceptions(*exceptions: Any, **fields: Any) -> ParsedFile:
    return parsed([task()], [calendar(Exceptions={"Exception": list(exceptions)}, **fields)])


def test_a_calendar_is_told_as_the_api_takes_it() -> None:
    found = parsed(
        [task()],
        [calendar(Exceptions={"Exception": off(period("2026-01-01"), Name="New Year")})],
        MinutesPerDay=420,
    )
    day = [{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]
    assert found.calendars == [
        {
            "key": "Standard",
            "name": "Standard",
            "weekly": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), day),
            "exceptions": [{"date": "2026-01-01", "intervals": [], "name": "New Year"}],
            "minutes_per_day": 420,
        }
    ]


@pytest.mark.parametrize(
    ("hours", "intervals"),
    [
        (ALL_DAY, ((0, 1440),)),
        ({"WorkingTime": [{"FromTime": "23:00:00", "ToTime": "00:00:00"}, MORNING]}, ((480, 720), (1380, 1440))),
        ({"WorkingTime": [{"FromTime": "22:00:00", "ToTime": "24:00:00"}]}, ((1320, 1440),)),
        ({"WorkingTime": [MORNING, {"FromTime": "11:00:00", "ToTime": "13:30:00"}]}, ((480, 810),)),
        ({"WorkingTime": [MORNING, {}]}, EIGHT_TO_TWELVE),
        ({}, STANDARD[0]),  # it works, and nobody says when
    ],
)
def test_the_hours_of_a_day(hours: Any, intervals: Intervals) -> None:
    found = parsed([task()], [calendar(days=[weekday(2, hours)])])
    assert on(found, "2026-01-05") == intervals


def test_a_weekday_works_if_it_has_hours_and_nobody_says_otherwise() -> None:
    off_with_hours = {"DayType": 4, "DayWorking": 0, "WorkingTimes": HOURS}
    found = parsed([task()], [calendar(days=[{"DayType": 2, "WorkingTimes": HOURS}, {"DayType": 3}, off_with_hours])])
    assert [on(found, f"2026-01-0{day}") for day in (5, 6, 7, 8)] == [STANDARD[0], (), (), STANDARD[0]]


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        ({"FromTime": "12:00:00", "ToTime": "08:00:00"}, "time_order"),
        ({"FromTime": "8 o'clock", "ToTime": "12:00:00"}, "not_a_time"),
        ({"FromTime": "08:00:00", "ToTime": "24:30:00"}, "not_a_time"),
        ([{"FromTime": f"00:{n:02}:00", "ToTime": f"00:{n + 1:02}:00"} for n in range(49)], "too_many"),
    ],
)
def test_hours_that_cannot_be(hours: Any, code: str) -> None:
    assert codes([task()], [calendar(days=[weekday(2, {"WorkingTime": hours}), weekday(3, HOURS)])]) == [code]


def test_a_calendar_that_never_works_is_a_problem_if_it_is_used() -> None:
    never = [weekday(day) for day in range(1, 8)]
    assert codes([task()], [calendar(days=never)]) == ["no_working_time"]
    assert parsed([task()], [calendar(), calendar(2, "Never", days=never)]).calendars[0]["key"] == "Standard"


def test_a_range_of_days_is_an_exception_on_each_of_them_that_differs() -> None:
    found = with_exceptions(off(period("2026-01-01", "2026-01-05")))
    assert [each["date"] for each in found.calendars[0]["exceptions"]] == ["2026-01-01", "2026-01-02", "2026-01-05"]


def test_exceptions_may_work_and_the_first_of_a_date_counts() -> None:
    saturday = {"TimePeriod": period("2026-01-10"), "DayWorking": 1, "WorkingTimes": {"WorkingTime": MORNING}}
    found = with_exceptions(saturday, off(period("2026-01-10")))
    assert on(found, "2026-01-10") == EIGHT_TO_TWELVE


def test_a_range_counts_before_what_recurs() -> None:
    fridays = off(period("2026-01-01", "2026-01-31"), Type=6, DaysOfWeek=32)
    works = {"TimePeriod": period("2026-01-09"), "Type": 1, "DayWorking": 1, "WorkingTimes": {"WorkingTime": MORNING}}
    found = with_exceptions(fridays, works)
    assert [on(found, f"2026-01-{day}") for day in ("02", "09", "16")] == [(), EIGHT_TO_TWELVE, ()]


def test_exceptions_among_the_weekdays_are_those_of_older_files() -> None:
    old = off(period("2026-01-06")) | {"DayType": 0}
    days = [*calendar()["WeekDays"]["WeekDay"], old]
    assert on(parsed([task()], [calendar(days=days)]), "2026-01-06") == ()
    newer = parsed([task()], [calendar(days=days, Exceptions={"Exception": off(period("2026-01-07"))})])
    assert (on(newer, "2026-01-06"), on(newer, "2026-01-07")) == (STANDARD[0], ())


def test_a_work_week_takes_the_place_of_the_weekdays_but_not_of_exceptions() -> None:
    mornings = {"WeekDay": [weekday(2, {"WorkingTime": MORNING})]}
    week = {"Name": "Short", "TimePeriod": period("2026-01-05", "2026-01-11"), "WeekDays": mornings}
    found = with_exceptions(
        off(period("2026-01-12")),
        {"TimePeriod": period("2026-01-06"), "DayWorking": 1, "WorkingTimes": HOURS},
        WorkWeeks={"WorkWeek": [week, {"TimePeriod": period("2026-02-02", "2026-02-06")}]},
    )
    days = ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-12", "2026-02-03")
    assert [on(found, day) for day in days] == [EIGHT_TO_TWELVE, STANDARD[0], (), (), STANDARD[0]]
    assert {each["name"] for each in found.calendars[0]["exceptions"]} == {"Short", None}


@pytest.mark.parametrize(
    "days",
    [{"FromTime": "08:00:00"}, {"FromDate": "2026-01-05T00:00:00"}, None],
)
def test_an_exception_without_days_is_left_out(days: Any) -> None:
    found = with_exceptions(off(days))
    assert (found.calendars[0]["exceptions"], notes(found)) == ([], ["days_left_out"])


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [("2026-01-05T00:00:00", "2026-01-01T23:59:00", "time_order"), ("soon", "2026-01-01T23:59:00", "not_a_date"),
     ("2026-13-01T00:00:00", "2026-01-01T23:59:00", "not_a_date")],
)  # fmt: skip
def test_days_that_cannot_be(first: str, last: str, code: str) -> None:
    exception = {"TimePeriod": {"FromDate": first, "ToDate": last}}
    assert codes([task()], [calendar(Exceptions={"Exception": exception})]) == [code]


def test_days_before_1970_and_after_2199_are_not_kept() -> None:
    found = with_exceptions(off({"FromDate": "1900-01-01T00:00:00", "ToDate": "1970-01-02T23:59:00"}))
    assert [each["date"] for each in found.calendars[0]["exceptions"]] == ["1970-01-01", "1970-01-02"]


def test_only_so_many_exceptions_are_kept_from_the_start_of_the_project_on() -> None:
    mornings = {"DayWorking": 1, "WorkingTimes": {"WorkingTime": MORNING}}
    found = with_exceptions({"TimePeriod": period("2000-01-01", "2040-12-31")} | mornings)
    exceptions = found.calendars[0]["exceptions"]
    assert (len(exceptions), exceptions[0]["date"], notes(found)) == (5_000, "2026-01-05", ["days_left_out"])


def derived(uid: int, base: int, name: str | None = None, **fields: Any) -> Any:
    return {"UID": uid, "Name": name, "BaseCalendarUID": base} | fields


def test_a_derived_calendar_adds_to_its_base() -> None:
    mondays = {"TimePeriod": period("2026-02-02", "2026-02-08"), "WeekDays": {"WeekDay": weekday(2, HOURS)}}
    days_off = [off(period("2026-01-06")), off(period("2026-01-07"))]
    base = calendar(Exceptions={"Exception": days_off}, WorkWeeks={"WorkWeek": mondays})
    works = {"TimePeriod": period("2026-01-07"), "DayWorking": 1, "WorkingTimes": HOURS}
    week = {"WeekDay": [weekday(2), weekday(7, HOURS)]}
    own = derived(2, 1, "Nights", WeekDays=week, Exceptions={"Exception": works})
    found = parsed([task(CalendarUID=3)], [derived(3, 2, "Deep"), own, base])
    assert [each["key"] for each in found.calendars] == ["Standard", "Deep"]
    days = ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-10", "2026-02-02", "2026-02-03")
    assert [on(found, day, "Deep") for day in days] == [(), (), STANDARD[0], STANDARD[0], STANDARD[0], ()]


@pytest.mark.parametrize("bases", [{1: 2, 2: 1}, {1: 9}])
def test_a_base_that_is_missing_or_goes_round_is_a_problem(bases: dict[int, int]) -> None:
    found = problems([task()], [derived(uid, base, f"C{uid}") for uid, base in bases.items()])
    assert [each.code for each in found] == ["unknown_calendar"]
    assert found[0].place.endswith(", BaseCalendarUID")


def test_a_calendar_that_is_its_own_base_has_none() -> None:
    found = parsed([task()], [derived(1, 1, "Odd", WeekDays={"WeekDay": weekday(2)})])
    assert (on(found, "2026-01-05", "Odd"), on(found, "2026-01-06", "Odd")) == ((), STANDARD[0])


@pytest.mark.parametrize(
    ("header", "calendars", "key"),
    [
        ({"CalendarUID": 2}, [calendar(1), calendar(2, "Six", SATURDAY_TOO)], "Six"),
        ({"CalendarUID": None}, [calendar(1, "Six", SATURDAY_TOO), calendar(2)], "Standard"),
        ({"CalendarUID": -1}, [calendar(1, "Six", SATURDAY_TOO)], "Six"),
        ({"CalendarUID": None}, [], "standard"),
    ],
)
def test_the_project_s_calendar(header: Any, calendars: Any, key: str) -> None:
    assert parsed([task()], calendars, **header).document["calendar"] == key


def test_a_calendar_that_is_not_there_is_a_problem() -> None:
    assert codes([task()], [calendar()], CalendarUID=7) == ["unknown_calendar"]
    assert codes([task(CalendarUID=7)]) == ["unknown_calendar"]


def test_names_of_calendars_are_made_different() -> None:
    told = {2: ("Standard", (1,)), 3: ("always", (7,)), 4: (None, (1, 7)), 5: ("Standard", (1, 6))}
    week = [
        calendar(uid, name, days=[weekday(day, {"WorkingTime": MORNING}) for day in days])
        for uid, (name, days) in told.items()
    ]
    found = parsed([task(uid, CalendarUID=uid) for uid in told], [calendar(), *week])
    names = ["Standard (2)", "always (2)", "Calendar", "Standard (3)"]
    assert [each["calendar"] for each in found.document["milestones"]] == names
    assert [each["key"] for each in found.calendars] == ["Standard", *names]


def test_calendars_that_work_alike_are_one() -> None:
    six_days = [calendar(uid, f"Six {uid}", SATURDAY_TOO) for uid in (3, 4)]
    tasks = [task(uid, CalendarUID=uid) for uid in range(1, 5)]
    found = parsed(tasks, [calendar(), calendar(2, "The same"), *six_days])
    assert [each["calendar"] for each in found.document["milestones"]] == [None, None, "Six 3", "Six 3"]
    assert [each["key"] for each in found.calendars] == ["Standard", "Six 3"]


def test_a_built_in_calendar_that_we_wrote_is_the_built_in_one() -> None:
    week = [weekday(day, ALL_DAY) for day in range(1, 8)]
    found = parsed([task()], [calendar(1, "always", week)], MinutesPerDay=1440)
    assert (found.document["calendar"], found.calendars) == ("always", [])
    assert parsed([task()], [calendar(1, "always", week)], MinutesPerDay=480).document["calendar"] == "always (2)"


@pytest.mark.parametrize("code", [4, 6, 8, 10, 12, 20, 36, 40, 52])
def test_an_elapsed_duration_works_at_all_times(code: int) -> None:
    found = parsed([task(DurationFormat=code, Duration="PT24H0M0S")])
    assert found.document["milestones"][0]["calendar"] == "always"


PEOPLE = [
    {"UID": 1, "Name": "Ann", "CalendarUID": 11},
    {"UID": 2, "Name": "Bob", "CalendarUID": 12},
    {"UID": 3, "Name": "Cid", "CalendarUID": 13},
    {"UID": 4, "Name": "Dan"},
    {"UID": 5, "Name": "Machine", "Type": 0, "CalendarUID": 13},
]
THEIRS = [
    calendar(),
    calendar(2, "Six days", SATURDAY_TOO),
    derived(11, 1),
    derived(12, 2, "Bob"),
    derived(13, 1, WeekDays={"WeekDay": MORNINGS}),
    calendar(14, "Weekend", [weekday(day, HOURS if day in {1, 7} else None) for day in range(1, 8)]),
]


def with_people(*uids: int, **fields: Any) -> tuple[str | None, list[str]]:
    """The calendar of a task that these people work on, and what was noted."""
    work = [{"TaskUID": 1, "ResourceUID": uid} for uid in uids]
    found = parsed([task(**fields)], THEIRS, Resources=PEOPLE, Assignments=work)
    return found.document["milestones"][0]["calendar"], notes(found)


@pytest.mark.parametrize(
    ("uids", "fields", "expected"),
    [
        ([], {}, None),
        ([1], {}, None),
        ([4], {}, None),
        ([2], {}, "Bob"),
        ([2, 2], {}, "Bob"),
        ([3], {}, "Cid"),
        ([5], {}, None),
        ([], {"CalendarUID": 2}, "Six days"),
        ([2], {"CalendarUID": 2}, "Six days"),
        ([1], {"CalendarUID": 2}, None),  # both work on the project's days
        ([3], {"CalendarUID": 2}, "Six days and Cid"),
        ([3], {"CalendarUID": 2, "IgnoreResourceCalendar": 1}, "Six days"),
        ([3], {"IgnoreResourceCalendar": 1}, "Cid"),
    ],
)
def test_a_task_works_when_its_resources_do(uids: list[int], fields: Any, expected: str | None) -> None:
    assert with_people(*uids, **fields) == (expected, [])


@pytest.mark.parametrize(
    ("uids", "fields", "expected"),
    [
        ([1, 2], {}, None),
        ([2, 4], {}, None),
        ([2, 3], {"CalendarUID": 2}, "Six days"),
        ([1], {"CalendarUID": 14}, "Weekend"),  # never at the same time
    ],
)
def test_resources_that_work_at_different_times_are_noted(uids: list[int], fields: Any, expected: str | None) -> None:
    assert with_people(*uids, **fields) == (expected, ["resource_calendars_left_out"])


def test_what_two_calendars_have_in_common_includes_their_exceptions() -> None:
    one = calendar(2, "One", SATURDAY_TOO, Exceptions={"Exception": off(period("2026-01-06"), Name="Off")})
    saturday = {"TimePeriod": period("2026-01-10"), "DayWorking": 1, "WorkingTimes": HOURS}
    away = off(period("2026-01-07"), Name="Away")
    other = calendar(3, "Other", MORNINGS, Exceptions={"Exception": [away, saturday]})
    work = {"Resources": [{"UID": 1, "CalendarUID": 3}], "Assignments": [{"TaskUID": 1, "ResourceUID": 1}]}
    found = parsed([task(CalendarUID=2)], [calendar(), one, other], **work)
    days = [on(found, f"2026-01-{day:02}", "One and Other") for day in range(5, 12)]
    assert days == [EIGHT_TO_TWELVE, (), (), EIGHT_TO_TWELVE, EIGHT_TO_TWELVE, STANDARD[0], ()]
    assert {each["name"] for each in found.calendars[1]["exceptions"]} == {"Off", "Away", None}


def test_tasks_of_the_same_two_calendars_have_the_same_in_common() -> None:
    work = [{"TaskUID": uid, "ResourceUID": 3} for uid in (1, 2)]
    tasks = [task(uid, CalendarUID=2) for uid in (1, 2)]
    found = parsed(tasks, THEIRS, Resources=PEOPLE, Assignments=work)
    assert [each["calendar"] for each in found.document["milestones"]] == ["Six days and Cid"] * 2
    assert [each["name"] for each in found.calendars].count("Six days and Cid") == 1


def test_without_any_calendar_tasks_work_on_the_built_in_one() -> None:
    work = [{"TaskUID": 1, "ResourceUID": 1}]
    found = parsed([task()], [], CalendarUID=None, Resources=[{"UID": 1}], Assignments=work)
    assert (found.document["calendar"], found.calendars) == ("standard", [])
    assert found.document["milestones"][0]["calendar"] is None
