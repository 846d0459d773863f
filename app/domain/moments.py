"""Days and instants: how a caller's date keeps the precision it was given with.

A `Moment` is a `date` (day precision) or an aware UTC `datetime` (an instant). The engine itself
counts whole minutes since 1970-01-01T00:00Z; instants are floored to minutes only there.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo

Moment = date | datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)")


def is_day(moment: Moment) -> bool:
    """Whether the moment has day precision."""
    return not isinstance(moment, datetime)


def parse_instant(text: str) -> datetime:
    """An RFC 3339 instant with an offset, as aware UTC.

    Raises:
        ValueError: not RFC 3339, no offset, an impossible date, or outside 1970-01-01 … 2199-12-31.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("must be an RFC 3339 instant with an offset, such as 2024-05-08T10:12:00Z")
    try:
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no instant of the calendar") from None
    if not EARLIEST <= instant <= LATEST:
        raise ValueError("must lie between 1970-01-01 and 2199-12-31")
    return instant


def parse_day(text: str) -> date:
    """A calendar day `YYYY-MM-DD`.

    Raises:
        ValueError: not of that form, an impossible date, or outside 1970-01-01 … 2199-12-31.
    """
    if not _DAY.fullmatch(text):
        raise ValueError("must be a day such as 2024-05-08")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    if not EARLIEST.date() <= day <= LATEST.date():
        raise ValueError("must lie between 1970-01-01 and 2199-12-31")
    return day


def parse_moment(text: str) -> Moment:
    """A day `YYYY-MM-DD` or an RFC 3339 instant with an offset.

    Raises:
        ValueError: neither of the two; see `parse_day` and `parse_instant`.
    """
    return parse_day(text) if len(text) <= 10 else parse_instant(text)


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`; fractions of a second only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def format_moment(moment: Moment) -> str:
    """The inverse of `parse_moment`: a day as a day, an instant in UTC with `Z`."""
    return format_instant(moment) if isinstance(moment, datetime) else moment.isoformat()


def latest(moments: Iterable[Moment], zone: tzinfo) -> Moment:
    """The last of some moments; a day lasts until its end in the zone, so that it comes after its instants."""

    def end(moment: Moment) -> tuple[date, bool, datetime]:
        if isinstance(moment, datetime):
            return moment.astimezone(zone).date(), False, moment
        return moment, True, EARLIEST

    return max(moments, key=end)


def to_minutes(instant: datetime) -> int:
    """Whole minutes since 1970-01-01T00:00Z, floored."""
    return (instant - EARLIEST) // timedelta(minutes=1)


def from_minutes(minutes: int) -> datetime:
    """The instant that many minutes after 1970-01-01T00:00Z."""
    return EARLIEST + timedelta(minutes=minutes)
