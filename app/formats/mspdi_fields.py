"""The values of an element of Microsoft Project XML, and what is wrong with them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from app.domain.moments import EARLIEST, LATEST
from app.formats.mspdi_xml import Node
from app.formats.parsed import MAX_PROBLEMS, Place, Unreadable

_DAY = 1440
MAX_MINUTES = 52_560_000  # a hundred years
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_DAY_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?")
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])(:[0-9]{2}(\.[0-9]+)?)?")
_DURATION = re.compile(
    r"P(?:(?P<days>[0-9]{1,9})D)?(?:T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9})(?:\.[0-9]*)?S)?)?"
)
_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


def clean(text: str, limit: int = 200) -> str:
    """A text in one line: control characters and blanks to one blank, cut where it is too long."""
    return _UNPRINTABLE.sub(" ", text).strip()[:limit].rstrip()


@dataclass(slots=True)
class Reading:
    """What is found out while a file is read.

    Attributes:
        zone: where the file's local times are told.
        problems: what keeps it from becoming a plan, at most `MAX_PROBLEMS`.
        notes: what its author may not expect, by code: the first place and how many there are.
    """

    zone: ZoneInfo
    problems: list[Place] = field(default_factory=list)
    notes: dict[str, tuple[Place, int]] = field(default_factory=dict)

    def wrong(self, place: str, code: str, detail: str) -> None:
        """Something keeps the file from becoming a plan."""
        found = Place(place, code, detail)
        if len(self.problems) < MAX_PROBLEMS and found not in self.problems:
            self.problems.append(found)

    def note(self, place: str, code: str, detail: str) -> None:
        """Something was left out, or read in a way that may not be expected; told once, with how often."""
        first, count = self.notes.get(code, (Place(place, code, detail), 0))
        self.notes[code] = first, count + 1

    def told_notes(self) -> list[Place]:
        """The notes, one for each code."""
        return [
            first if count == 1 else first._replace(detail=f"{first.detail} (and {count - 1} more like it)")
            for first, count in self.notes.values()
        ]

    def stop_if_wrong(self) -> None:
        """End here if anything was wrong.

        Raises:
            Unreadable: all of it.
        """
        if self.problems:
            raise Unreadable(self.problems)


@dataclass(slots=True)
class Fields:
    """The fields of one element. What cannot be read is told to the reading, and is None."""

    reading: Reading
    node: Node
    label: str = ""

    def place(self, name: str | None = None) -> str:
        """Where the element, or one of its fields, is found in the file."""
        found = self.node.parts.get(name or "")
        line = found[0].line if found else self.node.line
        return ", ".join(part for part in (f"line {line}", self.label, name) if part)

    def wrong(self, name: str | None, code: str, detail: str) -> None:
        """Something about the element, or about one of its fields, keeps the file from becoming a plan."""
        self.reading.wrong(self.place(name), code, detail)

    def note(self, name: str | None, code: str, detail: str) -> None:
        """Something about it was left out, or read in a way that may not be expected."""
        self.reading.note(self.place(name), code, detail)

    def inner(self, *path: str) -> Iterator["Fields"]:
        """The elements at the end of a path of names, in their order."""
        nodes = [self.node]
        for name in path:
            nodes = [part for node in nodes for part in node.parts.get(name, ())]
        for node in nodes:
            yield Fields(self.reading, node, f"{self.label}, {path[-1]}" if self.label else path[-1])

    def text(self, name: str) -> str:
        """A text as it stands there; empty if there is none."""
        found = self.node.parts.get(name)
        return found[0].text if found else ""

    def number(self, name: str) -> Decimal | None:
        """A decimal number."""
        text = self.text(name)
        if not text:
            return None
        if _NUMBER.fullmatch(text):
            return Decimal(text)
        self._unread(name, "not_a_number", text, "a number")
        return None

    def integer(self, name: str, low: int = -(2**31), high: int = 2**31 - 1) -> int | None:
        """A whole number from `low` to `high`; what is not whole is rounded half to even."""
        number = self.number(name)
        if number is None:
            return None
        if low <= number <= high:
            return int(number.to_integral_value(ROUND_HALF_EVEN))
        self._unread(name, "out_of_range", self.text(name), f"between {low} and {high}")
        return None

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        text = self.text(name).lower()
        if text and text not in _FLAGS:
            self._unread(name, "not_a_flag", text, "0 or 1")
        return _FLAGS.get(text)

    def moment(self, name: str) -> datetime | None:
        """A local time of the file's zone, or one with an offset, as aware UTC.

        A time that the clocks leave out moves forward by what they do; one that comes twice is the first.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            told = datetime.fromisoformat(text) if _DATE_TIME.fullmatch(text) else None
            found = None if told is None else _instant(told, self.reading.zone)
        except (ValueError, OverflowError):
            found = None
        if found is None:
            self._unread(name, "not_a_date", text, "a date and time such as 2024-05-08T17:00:00")
        elif not EARLIEST <= found <= LATEST:
            self._unread(name, "out_of_range", text, "between 1970-01-01 and 2199-12-31")
            return None
        return found

    def day(self, name: str) -> date | None:
        """The local day of a date and time; one before 1970 or after 2199 is the first or the last of them."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = date.fromisoformat(text[:10]) if _DAY_TIME.fullmatch(text) else None
        except ValueError:
            found = None
        if found is None:
            self._unread(name, "not_a_date", text, "a date such as 2024-05-08T00:00:00")
            return None
        return min(max(found, EARLIEST.date()), LATEST.date())

    def minutes(self, name: str) -> int | None:
        """A duration, in whole minutes, rounded half to even."""
        text = self.text(name)
        if not text:
            return None
        match = _DURATION.fullmatch(text)
        if match is None or not any(match.groups()):
            self._unread(name, "not_a_duration", text, "a duration such as PT8H0M0S")
            return None
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        total = round(Decimal(((days * 24 + hours) * 60 + minutes) * 60 + seconds) / 60)
        if total > MAX_MINUTES:
            self._unread(name, "out_of_range", text, "a hundred years at most")
            return None
        return total

    def clock(self, name: str) -> int | None:
        """A time of day, in minutes since midnight."""
        text = self.text(name)
        if not text:
            return None
        match = _CLOCK.fullmatch(text)
        minutes = _DAY + 1 if match is None else int(match[1]) * 60 + int(match[2])
        if minutes > _DAY:
            self._unread(name, "not_a_time", text, "a time of day such as 08:00:00")
            return None
        return minutes

    def _unread(self, name: str, code: str, text: str, wanted: str) -> None:
        self.wrong(name, code, f"is {clean(text, 60)!r}, and must be {wanted}")


def _instant(told: datetime, zone: ZoneInfo) -> datetime:
    return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
