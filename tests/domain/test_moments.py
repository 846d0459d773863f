"""Days and instants keep the precision they were given with."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.moments import (
    EARLIEST,
    LATEST,
    Moment,
    format_instant,
    format_moment,
    from_minutes,
    is_day,
    latest,
    parse_day,
    parse_instant,
    parse_moment,
    to_minutes,
)

DAYS = st.dates(EARLIEST.date(), LATEST.date())
INSTANTS = st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-07", date(2024, 5, 7)),
        ("2024-02-29", date(2024, 2, 29)),
        ("1970-01-01", date(1970, 1, 1)),
        ("2199-12-31", date(2199, 12, 31)),
        ("2024-05-08T10:12:00Z", datetime(2024, 5, 8, 10, 12, tzinfo=UTC)),
        ("2024-05-08t10:12:00z", datetime(2024, 5, 8, 10, 12, tzinfo=UTC)),
        ("2024-05-08T10:12:00+02:00", datetime(2024, 5, 8, 8, 12, tzinfo=UTC)),
        ("2024-05-08T23:30:00-05:30", datetime(2024, 5, 9, 5, 0, tzinfo=UTC)),
        ("2024-05-08T10:12:00.5Z", datetime(2024, 5, 8, 10, 12, 0, 500_000, tzinfo=UTC)),
        ("2024-05-08T10:12:00.000001Z", datetime(2024, 5, 8, 10, 12, 0, 1, tzinfo=UTC)),
    ],
)
def test_what_a_moment_may_look_like(text: str, expected: Moment) -> None:
    found = parse_moment(text)
    assert found == expected
    assert is_day(found) == (len(text) == 10)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a day such as"),
        ("2024-5-7", "a day such as"),
        ("20240507", "a day such as"),
        (" 2024-05-0", "a day such as"),
        ("2024-W19-2", "a day such as"),
        ("2024-05-32", "no day of the calendar"),
        ("2023-02-29", "no day of the calendar"),
        ("२०२४-०५-०७", "no day of the calendar"),
        ("1969-12-31", "between 1970-01-01 and 2199-12-31"),
        ("2200-01-01", "between 1970-01-01 and 2199-12-31"),
        ("2024-05-07\n", "an RFC 3339 instant"),
        ("2024-05-08T10:12:00", "an RFC 3339 instant"),
        ("2024-05-08 10:12:00Z", "an RFC 3339 instant"),
        ("2024-05-08T10:12Z", "an RFC 3339 instant"),
        ("2024-05-08T10:12:00+0200", "an RFC 3339 instant"),
        ("2024-05-08T10:12:00+24:00", "an RFC 3339 instant"),
        ("2024-05-08T10:12:00.0000001Z", "an RFC 3339 instant"),
        ("2024-05-08T10:12:00Z\n", "an RFC 3339 instant"),
        ("2024-05-08T24:00:01Z", "no instant of the calendar"),
        ("2024-05-08T10:12:60Z", "no instant of the calendar"),
        ("2024-13-08T10:12:00Z", "no instant of the calendar"),
        ("0001-01-01T00:00:00+01:00", "no instant of the calendar"),
        ("1970-01-01T00:59:59+01:00", "between 1970-01-01 and 2199-12-31"),
        ("2199-12-31T23:59:59-00:01", "between 1970-01-01 and 2199-12-31"),
    ],
)
def test_what_is_no_moment_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_moment(text)


def test_an_instant_is_no_day_and_a_day_no_instant() -> None:
    with pytest.raises(ValueError, match="a day such as"):
        parse_day("2024-05-07T00:00:00Z")
    with pytest.raises(ValueError, match="RFC 3339"):
        parse_instant("2024-05-07")


def test_instants_are_told_in_utc_with_a_fraction_only_where_there_is_one() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert format_instant(datetime(2024, 5, 8, 9, 0, tzinfo=tokyo)) == "2024-05-08T00:00:00Z"
    assert format_instant(datetime(2024, 5, 8, 9, 0, 0, 1, tzinfo=tokyo)) == "2024-05-08T00:00:00.000001Z"


@given(DAYS | INSTANTS)
def test_what_is_told_is_read_back_as_it_was(moment: Moment) -> None:
    found = parse_moment(format_moment(moment))
    assert found == moment
    assert type(found) is type(moment)


@given(INSTANTS, st.integers(-14 * 60, 14 * 60))
def test_the_offset_an_instant_is_given_in_does_not_matter(instant: datetime, offset: int) -> None:
    local = instant.astimezone(timezone(timedelta(minutes=offset)))
    assert parse_instant(local.isoformat()) == instant


@given(INSTANTS)
def test_minutes_are_floored_and_come_back(instant: datetime) -> None:
    assert from_minutes(to_minutes(instant)) == instant.replace(second=0, microsecond=0)


def test_minutes_before_the_epoch_are_floored_too() -> None:
    assert to_minutes(EARLIEST - timedelta(seconds=1)) == -1


def test_of_a_day_and_its_instants_the_day_is_the_latest() -> None:
    evening = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)  # already the next day in Berlin
    berlin = timezone(timedelta(hours=1))
    assert latest([date(2026, 3, 11), evening], berlin) == evening
    assert latest([evening, date(2026, 3, 12)], berlin) == date(2026, 3, 12)
    assert latest([evening - timedelta(hours=1), evening], berlin) == evening
