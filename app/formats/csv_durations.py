"""Durations, lags and numbers in the cells of a table."""

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from app.formats.csv_dates import Wrong

DAY = 480
"""Working minutes of a day, unless the calendar is `always`."""
_ALWAYS_DAY = 1440
_WEEK_DAYS, _MONTH_DAYS = 5, 20
_MAX_MINUTES = 52_560_000  # a hundred years
_LONGEST = 60  # characters; longer texts are not looked at

_UNITS = {
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "dy", "dys", "day", "days"),
    "w": ("w", "wk", "wks", "week", "weeks"),
    "mo": ("mo", "mon", "mons", "month", "months"),
}
_UNIT_OF = {name: unit for unit, names in _UNITS.items() for name in names}
_NUMBER = r"\d{1,9}(?:\.\d{1,9}|,\d{1,2})?"
_PART = rf"({_NUMBER})\s*(e|elapsed\s)?({'|'.join(sorted(_UNIT_OF, key=len, reverse=True))})\s*"
_PARTS = re.compile(_PART, re.ASCII)
_WHOLE = re.compile(f"(?:{_PART})+", re.ASCII)
_PLAIN = re.compile(_NUMBER, re.ASCII)
_ISO = re.compile(r"p(?:(\d+)w)?(?:(\d+)d)?(?:t(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)(?:\.\d+)?s)?)?", re.ASCII)
_FLOAT = re.compile(r"\d{1,10}(?:\.\d{1,25}|,\d{1,2})?(?:e-\d{1,3})?", re.ASCII)
_AMOUNT = re.compile(r"(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(\.\d{1,4})?(?:\s?([A-Z]{3}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Length:
    """An amount of time in minutes: of work, or `elapsed` around the clock."""

    minutes: int
    elapsed: bool = False


def day_minutes(calendar: str | None) -> int:
    """How many working minutes `1d` is on a calendar."""
    return _ALWAYS_DAY if calendar == "always" else DAY


def length_of(text: str, day: int, unit: str = "d") -> Length:
    """A duration: `5d`, `2.5 days`, `1w 2d`, `90m`, `5ed` elapsed, `PT8H`, or a number of `unit`.

    A week is 5 days and a month 20, elapsed 7 and 30. In whole minutes, a half to the even one.

    Raises:
        Wrong: it is none, or longer than a hundred years.
    """
    told = text.lower().removesuffix("?").strip() if len(text) <= _LONGEST else ""
    iso = _ISO.fullmatch(told)
    if iso and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return _checked(Decimal((weeks * _WEEK_DAYS + days) * day + hours * 60 + minutes + seconds // 60), set())
    if _PLAIN.fullmatch(told):
        told += unit if unit in _UNIT_OF else "d"
    if not _WHOLE.fullmatch(told):
        raise Wrong("not_a_duration", "is no duration that can be read: write it as 5d, 3h, 90m or 2w")
    total, elapsed = Decimal(), set()
    for number, e, name in _PARTS.findall(told):
        elapsed.add(bool(e))
        total += Decimal(number.replace(",", ".")) * _minutes_in(_UNIT_OF[name], day, elapsed=bool(e))
    return _checked(total, elapsed)


def _minutes_in(unit: str, day: int, *, elapsed: bool) -> int:
    day = _ALWAYS_DAY if elapsed else day
    week, month = (7, 30) if elapsed else (_WEEK_DAYS, _MONTH_DAYS)
    return {"m": 1, "h": 60, "d": day, "w": week * day, "mo": month * day}[unit]


def _checked(minutes: Decimal, elapsed: set[bool]) -> Length:
    if len(elapsed) > 1:
        raise Wrong("not_a_duration", "is partly elapsed and partly working time")
    if minutes > _MAX_MINUTES:
        raise Wrong("not_a_duration", "is longer than a hundred years")
    return Length(int(minutes.to_integral_value(ROUND_HALF_EVEN)), True in elapsed)


def told_length(minutes: int) -> str:
    """The spelling that `length_of` reads as so many minutes, whatever a day is: hours where they are whole."""
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def number_of(text: str, most: int) -> float:
    """A number from 0 to `most`, with a point or a comma.

    Raises:
        Wrong: it is none.
    """
    number = float(text.replace(",", ".")) if _FLOAT.fullmatch(text[:_LONGEST]) else math.inf
    if number > most:
        raise Wrong("not_a_number", f"is no number from 0 to {most:,}")
    return number


def money_of(text: str) -> tuple[str, str | None]:
    """An amount as `1250.00`, `1,250.00` or `1250 EUR`, and the currency if it tells one.

    Raises:
        Wrong: it is none.
    """
    match = _AMOUNT.fullmatch(text[:_LONGEST])
    if match is None:
        raise Wrong("not_an_amount", "is no amount that can be read: write it as 1250.00")
    return match[1].replace(",", "") + (match[2] or ""), match[3]
