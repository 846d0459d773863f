"""The calendars of a Primavera XER file: `clndr_data` read, and what calendars inherit put together.

`clndr_data` nests records `(0||name(attributes)(records))`; only the parentheses carry structure. Under
`CalendarData`, `DaysOfWeek` has the days 1 (Sunday) to 7 and `Exceptions` the dates, as days since
1899-12-30 under `d`; each has its intervals, from `s` to `f`, in either order. A finish at 00:00 ends the
day; a date without intervals is a day off.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.domain.moments import EARLIEST, LATEST
from app.formats.xer_tables import Row
from app.formats.xer_values import Values, cleaned

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_EPOCH = date(1899, 12, 30)
_SERIALS = range((EARLIEST.date() - _EPOCH).days, (LATEST.date() - _EPOCH).days + 1)
_MAX_NESTING = 20
_MAX_BASES = 10
_MAX_EXCEPTIONS = 200_000  # of all calendars together: what one base has, many may inherit
_DAY = 1440

_PIECE = re.compile(r"[()]|[^()]+")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)? *([AaPp][Mm])?")

Interval = tuple[int, int]  # minutes of the day


@dataclass(slots=True)
class _Node:
    """What stands between two parentheses: its text, and what they nest."""

    text: str = ""
    nodes: Sequence["_Node"] = ()

    def add(self, node: "_Node") -> None:
        if isinstance(self.nodes, list):
            self.nodes.append(node)
        else:  # most have none: no list for them
            self.nodes = [node]

    @property
    def name(self) -> str:
        return self.text.partition("||")[2].strip()

    @property
    def attributes(self) -> Mapping[str, str]:
        parts = [part.strip() for part in self.nodes[0].text.split("|")] if self.nodes else []
        return dict(zip(parts[::2], parts[1::2], strict=False))

    @property
    def records(self) -> Iterable["_Node"]:
        return (record for bracket in self.nodes for record in bracket.nodes)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """What one row says.

    Attributes:
        weekly: by the name of the weekday; None: nothing, so that it is the base calendar's.
        exceptions: the intervals of single dates; none: a day off.
        beyond: how many exceptions lie outside of the dates that a calendar may have.
    """

    weekly: Mapping[str, Sequence[Interval]] | None
    exceptions: Mapping[date, Sequence[Interval]]
    beyond: int = 0


def read_data(text: str) -> WorkingDays:
    """A cell `clndr_data`. O(length).

    Raises:
        ValueError: it cannot be read; the message says why.
    """
    weekly: dict[str, Sequence[Interval]] | None = None
    exceptions: dict[date, Sequence[Interval]] = {}
    beyond = 0
    for part in (part for root in _parsed(text) for part in root.records):
        if part.name == "DaysOfWeek":
            weekly = {_weekday(day.name): _intervals(day.records) for day in part.records}
        elif part.name == "Exceptions":
            for exception in part.records:
                serial = _serial(exception.attributes.get("d", ""))
                if serial in _SERIALS:
                    exceptions[_EPOCH + timedelta(days=serial)] = _intervals(exception.records)
                else:
                    beyond += 1
    return WorkingDays(weekly, exceptions, beyond)


def _parsed(text: str) -> Sequence[_Node]:
    top = _Node()
    stack = [top]
    for piece in _PIECE.findall(text.replace("\x7f", " ")):
        if piece == "(":
            if len(stack) > _MAX_NESTING:
                raise ValueError(f"nests more than {_MAX_NESTING} deep")
            stack.append(_Node())
            stack[-2].add(stack[-1])
        elif piece == ")":
            if len(stack) == 1:
                raise ValueError("closes a parenthesis that it did not open")
            stack.pop()
        elif not stack[-1].text:
            stack[-1].text = piece
    if len(stack) > 1:
        raise ValueError("leaves a parenthesis open")
    return top.nodes


def _weekday(number: str) -> str:
    if number not in {"1", "2", "3", "4", "5", "6", "7"}:
        raise ValueError("has a day of the week that is none of 1 to 7")
    return _DAYS[int(number) - 1]


def _serial(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ValueError("has an exception without a date")
    return int(text)


def _intervals(records: Iterable[_Node]) -> Sequence[Interval]:
    """In order, those that touch or overlap joined, those without length left out."""
    found: list[Interval] = []
    for start, finish in sorted(map(_interval, records)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(finish, found[-1][1]))
        elif start < finish:
            found.append((start, finish))
    return found


def _interval(record: _Node) -> Interval:
    attributes = record.attributes
    start, finish = _minutes(attributes.get("s", "")), _minutes(attributes.get("f", "")) or _DAY
    if finish < start:
        raise ValueError("has an interval that ends before it begins")
    return start, finish


def _minutes(clock: str) -> int:
    match = _CLOCK.fullmatch(clock)
    hour, minute = (int(match[1]), int(match[2])) if match else (_DAY, 0)
    if match and match[3]:
        hour = hour % 12 + (12 if match[3].lower() == "pm" else 0)
    if minute > 59 or hour * 60 + minute > _DAY:
        raise ValueError("has a time of day that is none, such as 17:00")
    return hour * 60 + minute


class Calendars:
    """The calendars that a plan uses, made as they are asked for."""

    def __init__(self, rows: Sequence[Row], values: Values) -> None:
        self._values = values
        self._rows = values.by_id(rows, "clndr_id")
        self._read: dict[str, WorkingDays | None] = {}
        self._keys: dict[str, str | None] = {}
        self._names: dict[str, int] = {}
        self._exceptions = 0
        self.made: list[Mapping[str, Any]] = []
        self.places: list[str] = []

    def key(self, row: Row) -> str | None:
        """The key of the calendar that a row names in `clndr_id`; None where there is something wrong."""
        clndr_id = row.raw("clndr_id")
        if clndr_id not in self._rows:
            self._values.findings.wrong(row, "clndr_id", "unknown_calendar", "is no calendar of the file")
            return None
        if clndr_id not in self._keys:
            self._keys[clndr_id] = self._make(self._rows[clndr_id])
        return self._keys[clndr_id]

    def _make(self, row: Row) -> str | None:
        days = self._whole(row)
        if days is None:
            return None
        weekly = {day: told for day in _DAYS[1:] + _DAYS[:1] if (told := _told((days.weekly or {}).get(day, ())))}
        if not weekly:
            self._values.findings.wrong(row, "clndr_data", "never_works", "works on no day of the week")
            return None
        minutes = self._values.minutes(row, "day_hr_cnt") or _usual(days.weekly or {})
        if minutes > _DAY:
            self._values.findings.wrong(row, "day_hr_cnt", "out_of_range", "is longer than a day")
        key = self._unique(cleaned(row.raw("clndr_name"), row.raw("clndr_id")))
        exceptions = [
            {"date": day.isoformat(), "intervals": _told(days.exceptions[day])} for day in sorted(days.exceptions)
        ]
        self.made.append(
            {"key": key, "name": key, "weekly": weekly, "exceptions": exceptions, "minutes_per_day": minutes}
        )
        self.places.append(row.place())
        return key

    def _unique(self, name: str) -> str:
        number, key = self._names.get(name, 0), name
        while key in self._names:
            number += 1
            key = f"{name[:190]} ({number})"
        self._names[name] = max(number, 1)
        self._names.setdefault(key, 1)
        return key

    def _whole(self, row: Row) -> WorkingDays | None:
        """What the row says over what its base calendars say; None where one cannot be read."""
        chain = [row]
        while (base := chain[-1].raw("base_clndr_id")) in self._rows:
            chain.append(self._rows[base])
            if len(chain) > _MAX_BASES:
                self._values.findings.wrong(row, "base_clndr_id", "too_deep", "goes through too many base calendars")
                return None
        weekly: Mapping[str, Sequence[Interval]] | None = None
        exceptions: dict[date, Sequence[Interval]] = {}
        for each in reversed(chain):
            days = self._days(each)
            if days is None:
                return None
            weekly = weekly if days.weekly is None else days.weekly
            if self._exceptions <= _MAX_EXCEPTIONS:
                exceptions.update(days.exceptions)
                self._exceptions += len(days.exceptions)
                if self._exceptions > _MAX_EXCEPTIONS:
                    detail = f"all calendars together have more than {_MAX_EXCEPTIONS:,} exceptions"
                    self._values.findings.wrong(row, "clndr_data", "too_many", detail)
        return WorkingDays(weekly, exceptions)

    def _days(self, row: Row) -> WorkingDays | None:
        """What one row says, read once."""
        clndr_id = row.raw("clndr_id")
        if clndr_id not in self._read:
            try:
                days = self._read[clndr_id] = read_data(row.raw("clndr_data"))
            except ValueError as error:
                self._read[clndr_id] = None
                self._values.findings.wrong(row, "clndr_data", "calendar", str(error))
            else:
                if days.beyond:
                    said = f"{days.beyond} exceptions outside of 1970 to 2199 are left out"
                    self._values.findings.note(row, "clndr_data", "exceptions_beyond", said)
        return self._read[clndr_id]


def _usual(weekly: Mapping[str, Sequence[Interval]]) -> int:
    """The mean length of a working day, for calendars that do not tell it."""
    lengths = [sum(finish - start for start, finish in day) for day in weekly.values() if day]
    return sum(lengths) // len(lengths)


def _told(intervals: Sequence[Interval]) -> list[dict[str, str]]:
    return [{"from": _clock(start), "to": _clock(finish)} for start, finish in intervals]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
