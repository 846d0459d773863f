"""Dates in the cells of a table: the spellings of several tools, but never a guess about day and month."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum

from app.domain.moments import EARLIEST, LATEST, Moment, parse_day


class DateOrder(StrEnum):
    """Which of the first two numbers of `05/07/2024` is the day."""

    day_first = "day_first"
    month_first = "month_first"
    unknown = "unknown"
    mixed = "mixed"


class Wrong(ValueError):
    """A cell that cannot be read: a stable code, and a sentence without its subject."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How the dates of a file are told: the zone of its local times, and the order of its numbers."""

    zone: tzinfo
    order: DateOrder


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
_MONTH = "|".join((*_FULL, "november", "december", "sept", *_MONTHS))
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?:day|nesday|rsday|sday|urday)?[.,]?\s+)?"
_YEAR = r"(?P<year>\d{4}|'?\d{2})"
_TIME = (
    r"(?:(?:\s*[Tt,]\s*|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,6})\d*)?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<offset>[Zz]|[+-]\d{2}:?\d{2})?)?"
)
_SPELLINGS = [
    re.compile(rf"{_WEEKDAY}(?:{day}){_TIME}", re.IGNORECASE | re.ASCII)
    for day in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}",
        rf"(?P<first>\d{{1,2}})(?P<mark>[-/])(?P<then>\d{{1,2}})(?P=mark){_YEAR}",
        rf"(?P<day>\d{{1,2}})\.?[-/ ]?(?P<name>{_MONTH})\.?,?[-/ ]?{_YEAR}",
        rf"(?P<name>{_MONTH})\.?[- ](?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[- ]\s?{_YEAR}",
    )
]
_MIDNIGHT = re.compile(
    r"(?: ?[Tt,] ?| )(?:12:00(?::00(?:[.,]0+)?)? ?[Aa]\.?[Mm]\.?|0?0:00(?::00(?:[.,]0+)?)?)$", re.ASCII
)
_NUMBERS = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})([-/])(\d{{1,2}})\2\d{{2}}(?:\d{{2}})?(?!\d).*", re.IGNORECASE | re.ASCII
)
_ACTUAL = re.compile(r"(.*?)(?:\s+A|\s*\*)+")
_LONGEST = 60  # characters of a date; longer ones are not looked at
_CENTURY = 70  # two-digit years from here on are of the last century

_ADVICE = "write it as 2024-05-07 or 2024-05-07 17:00"


def order_in(texts: Iterable[str]) -> DateOrder:
    """The order that the dates of a file show: one number over 12 tells it for all of them. O(texts)."""
    found = set()
    for text in texts:
        match = _NUMBERS.fullmatch(text[:_LONGEST])
        if match:
            first, then = int(match[1]), int(match[3])
            if first > 12:
                found.add(DateOrder.day_first)
            if then > 12:
                found.add(DateOrder.month_first)
    if len(found) == 2:
        return DateOrder.mixed
    return found.pop() if found else DateOrder.unknown


def days_only(texts: Iterable[str]) -> bool:
    """Whether the times in a column mean nothing: all of them are midnight, as some tools write a day."""
    times = (text for text in texts if ":" in text)
    return all(without_midnight(text) != _spaced(text) for text in times)


def without_midnight(text: str) -> str:
    """A date without its time of day, if that is a local midnight."""
    return _MIDNIGHT.sub("", _spaced(text))


def _spaced(text: str) -> str:
    return " ".join(text.split())[: _LONGEST + 1]


def split_actual(text: str) -> tuple[str, bool]:
    """A date without the marks of Primavera behind it, and whether one of them was ` A`: it is an actual date.

    The other one, `*`, says that a constraint is there.
    """
    match = _ACTUAL.fullmatch(text) if len(text) <= _LONGEST else None
    return (match[1], text.rstrip("* ").endswith(" A")) if match else (text, False)


def moment_of(text: str, style: DateStyle) -> Moment:
    """A day, or a time of the style's zone as an instant.

    A time in a gap of the zone's clocks moves forward by the gap, one that comes twice is the first.

    Raises:
        Wrong: it is no date, its day and month cannot be told apart, or it lies outside of 1970 to 2199.
    """
    spaced = _spaced(text)
    match = next((match for spelling in _SPELLINGS if (match := spelling.fullmatch(spaced))), None)
    if match is None:
        raise Wrong("not_a_date", f"is no date that can be read: {_ADVICE}")
    told = match.groupdict()
    if told.get("first") is not None:
        told["day"], told["month"] = _in_order(told["first"], told["then"], style.order)
    if told.get("name") is not None:
        told["month"] = str(_MONTHS.index(told["name"][:3].lower()) + 1)
    year = int(told["year"].lstrip("'"))
    if len(told["year"].lstrip("'")) == 2:
        year += 1900 if year >= _CENTURY else 2000
    try:
        day = parse_day(f"{year:04}-{int(told['month']):02}-{int(told['day']):02}")
    except ValueError as error:
        raise Wrong("not_a_date", str(error)) from None
    return day if told["hour"] is None else _instant(day, told, style.zone)


def _in_order(first: str, then: str, order: DateOrder) -> tuple[str, str]:
    """Day and month, as text."""
    if first == then or order is DateOrder.day_first:
        return first, then
    if order is DateOrder.month_first:
        return then, first
    if order is DateOrder.mixed:
        raise Wrong("mixed_dates", f"some dates of the file begin with the day and some with the month: {_ADVICE}")
    raise Wrong("ambiguous_date", f"nothing in the file tells which number is the day and which the month: {_ADVICE}")


def _instant(day: date, told: dict[str, str | None], zone: tzinfo) -> datetime:
    hour, minute, second = int(told["hour"] or 0), int(told["minute"] or 0), int(told["second"] or 0)
    if told["half"]:
        if not 1 <= hour <= 12:
            raise Wrong("not_a_date", "has an hour that is none from 1 to 12")
        hour = hour % 12 + (12 if told["half"].lower() == "p" else 0)
    fraction = int((told["fraction"] or "").ljust(6, "0"))
    try:
        clock = time(hour, minute, second, fraction, _offset(told["offset"]) or zone)
        instant = datetime.combine(day, clock).astimezone(UTC)
    except ValueError:
        raise Wrong("not_a_date", "has a time of day that is none, such as 17:00") from None
    if not EARLIEST <= instant <= LATEST:
        raise Wrong("not_a_date", "must lie between 1970-01-01 and 2199-12-31")
    return instant


def _offset(text: str | None) -> tzinfo | None:
    """The offset behind a time; None: it has none."""
    if not text:
        return None
    if text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
