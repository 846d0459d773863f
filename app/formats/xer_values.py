"""The values in the cells of a Primavera XER file: texts, amounts of work, local times, words."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from app.domain.moments import EARLIEST, LATEST, format_instant
from app.formats.xer_tables import Findings, Row

T = TypeVar("T")

MAX_TEXT = 200
MAX_MINUTES = 52_560_000  # a hundred years
_MAX_NUMBER = 10**15
_NAMED = 5

# Line breaks are written as DEL characters, a quotation mark twice.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}([.,][0-9]{0,18})?([eE][+-]?[0-9]{1,2})?")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?: +([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2})(?:\.[0-9]+)?)?)?"
)


def cleaned(text: str, fallback: str = "") -> str:
    """A text on one line without control characters, at most `MAX_TEXT` long."""
    return _CONTROL.sub(" ", text.replace('""', '"')).strip()[:MAX_TEXT].strip() or fallback


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def told(instant: datetime | None) -> str | None:
    """An instant as in a plan document."""
    return None if instant is None else format_instant(instant)


class Values:
    """Reads cells; what cannot be read is among the findings, and is None.

    `zone` is the one in which the file tells local times.
    """

    __slots__ = ("findings", "zone")

    def __init__(self, findings: Findings, zone: ZoneInfo) -> None:
        self.findings = findings
        self.zone = zone

    def number(self, row: Row, column: str) -> Decimal | None:
        """A number; its decimal mark is a point, or a comma as some locales have it."""
        raw = row.raw(column)
        if not raw:
            return None
        if not _NUMBER.fullmatch(raw):
            self.findings.wrong(row, column, "no_number", "is no number")
            return None
        number = Decimal(raw.replace(",", "."))
        if abs(number) >= _MAX_NUMBER:
            self.findings.wrong(row, column, "out_of_range", "is larger than any amount may be")
            return None
        return number

    def minutes(self, row: Row, column: str, least: int = 0) -> int | None:
        """Hours of work as whole minutes, from `least` to a hundred years."""
        hours = self.number(row, column)
        if hours is None:
            return None
        minutes = round(hours * 60)
        if not least <= minutes <= MAX_MINUTES:
            detail = "is negative" if minutes < least == 0 else "is longer than a hundred years"
            self.findings.wrong(row, column, "out_of_range", detail)
            return None
        return minutes

    def instant(self, row: Row, column: str) -> datetime | None:
        """A local time as an instant: in a gap of the zone's clocks later by the gap, of two the first."""
        raw = row.raw(column)
        if not raw:
            return None
        instant = self._instant(raw)
        if instant is None:
            self.findings.wrong(row, column, "no_date", "is no date and time such as 2024-05-08 17:00")
            return None
        if not EARLIEST <= instant <= LATEST:
            self.findings.wrong(row, column, "out_of_range", "lies outside of 1970 to 2199")
            return None
        return instant

    def _instant(self, raw: str) -> datetime | None:
        match = _TIME.fullmatch(raw)
        if match is None:
            return None
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=self.zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def needed(self, row: Row, column: str) -> datetime | None:
        """A local time that has to be there."""
        if not row.raw(column):
            self.findings.wrong(row, column, "missing", "is empty, and is needed")
        return self.instant(row, column)

    def choice(self, row: Row, column: str, words: Mapping[str, T], default: T | None = None) -> T | None:
        """What a word of P6 stands for, in whatever case; an empty cell is `default`, or wrong without one."""
        raw = row.raw(column)
        found = words.get(raw) if raw else default
        if found is None:
            found = next((words[word] for word in words if word.lower() == raw.lower()), None)
        if found is None:
            self.findings.wrong(row, column, "unknown_value", f"is none of {', '.join(words)}")
        return found

    def by_id(self, rows: Sequence[Row], column: str) -> dict[str, Row]:
        """The rows by their ids; an id that is empty or stands twice is wrong."""
        found: dict[str, Row] = {}
        for row in rows:
            key = row.raw(column)
            if not key:
                self.findings.wrong(row, column, "missing", "is empty, and is needed")
            elif key in found:
                self.findings.wrong(row, column, "repeated", f"stands on line {found[key].line} already")
            else:
                found[key] = row
        return found

    def note_all(self, rows: Sequence[Row], column: str | None, code: str, said: str) -> None:
        """One note about all these activities, if there are any: what is said of them, and which they are."""
        if rows:
            names = some([cleaned(row.raw("task_code")) for row in rows])
            self.findings.note(rows[0], column, code, f"{said} ({len(rows)}: {names})")
