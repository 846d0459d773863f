"""The days of exceptions that recur, as calendars of the year tell them."""

from typing import Any

import pytest

from tests.formats.mspdi_build import HOURS, calendar, notes, parsed, period, task, weekday

EVERY_DAY = [weekday(day, HOURS) for day in range(1, 8)]


def days(first: str, last: str, **fields: Any) -> list[str]:
    """The days off that an exception makes of a calendar that works every day."""
    exception = {"TimePeriod": period(first, last), "DayWorking": 0} | fields
    found = parsed([task()], [calendar(days=EVERY_DAY, Exceptions={"Exception": exception})], WeekStartDay=1)
    return [each["date"] for each in found.calendars[0]["exceptions"]]


@pytest.mark.parametrize("type_", [None, 0, 1, 7, 9])
def test_a_range_of_days(type_: int | None) -> None:
    assert days("2026-01-01", "2026-01-03", Type=type_) == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_every_third_day() -> None:
    assert days("2026-01-01", "2026-01-09", Type=1, Period=3) == ["2026-01-01", "2026-01-04", "2026-01-07"]


def test_a_period_of_nothing_is_every_day() -> None:
    assert len(days("2026-01-01", "2026-01-09", Type=1, Period=0)) == 9


def test_it_ends_after_so_many_times_if_it_was_entered_so() -> None:
    found = days("2026-01-01", "2026-12-31", Type=1, Period=7, EnteredByOccurrences=1, Occurrences=2)
    assert found == ["2026-01-01", "2026-01-08"]
    assert len(days("2026-01-01", "2026-01-31", Type=1, Period=7, EnteredByOccurrences=0, Occurrences=2)) == 5


@pytest.mark.parametrize(
    ("bits", "period_", "expected"),
    [
        (32, 1, ["2026-01-02", "2026-01-09", "2026-01-16", "2026-01-23", "2026-01-30"]),  # Fridays
        (
            33,
            2,
            ["2026-01-02", "2026-01-04", "2026-01-16", "2026-01-18", "2026-01-30"],
        ),  # and Sundays, every other week
        (0, 1, []),
    ],
)
def test_days_of_every_week(bits: int, period_: int, expected: list[str]) -> None:
    assert days("2026-01-01", "2026-01-31", Type=6, DaysOfWeek=bits, Period=period_) == expected


def test_a_day_of_every_month_or_its_last_one() -> None:
    found = days("2026-01-15", "2026-05-01", Type=4, MonthDay=31, Period=1)
    assert found == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_a_day_of_every_other_month() -> None:
    assert days("2026-01-15", "2026-06-30", Type=4, MonthDay=10, Period=2) == ["2026-03-10", "2026-05-10"]


@pytest.mark.parametrize(
    ("item", "position", "expected"),
    [
        (0, 0, "2026-02-01"),  # the first day
        (0, 4, "2026-02-28"),  # the last day
        (1, 1, "2026-02-03"),  # the second weekday
        (2, 4, "2026-02-28"),  # the last day of a weekend
        (3, 0, "2026-02-01"),  # the first Sunday
        (4, 2, "2026-02-16"),  # the third Monday
        (8, 4, "2026-02-27"),  # the last Friday
        (9, 3, "2026-02-28"),  # the fourth Saturday
    ],
)
def test_a_day_at_its_place_in_every_month(item: int, position: int, expected: str) -> None:
    found = days("2026-02-01", "2026-02-28", Type=5, MonthItem=item, MonthPosition=position)
    assert found == [expected]


def test_a_day_of_every_year() -> None:
    found = days("2026-02-01", "2028-12-31", Type=2, Month=0, MonthDay=1)
    assert found == ["2027-01-01", "2028-01-01"]


def test_the_29th_of_february_is_the_28th_where_there_is_none() -> None:
    assert days("2027-01-01", "2028-12-31", Type=2, Month=1, MonthDay=29) == ["2027-02-28", "2028-02-29"]


def test_the_fourth_thursday_of_every_november() -> None:
    found = days("2026-01-01", "2028-12-31", Type=3, Month=10, MonthItem=7, MonthPosition=3)
    assert found == ["2026-11-26", "2027-11-25", "2028-11-23"]


def test_what_recurs_in_an_unknown_way_is_noted() -> None:
    exception = {"TimePeriod": period("2026-01-05", "2026-01-09"), "Type": 8}
    found = parsed([task()], [calendar(Exceptions={"Exception": exception})])
    assert (found.calendars[0]["exceptions"], notes(found)) == ([], ["exception_left_out"])
