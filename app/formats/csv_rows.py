"""The rows of a table, and their cells as values: what cannot be read is found, never guessed."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from app.domain.moments import Moment
from app.formats.csv_columns import Column, Header
from app.formats.csv_dates import DateStyle, Wrong, moment_of, split_actual, without_midnight
from app.formats.csv_durations import Length, length_of
from app.formats.csv_words import entries, is_nothing
from app.formats.parsed import Place, Unreadable

T = TypeVar("T")

FORMULA = "=+-@\t\r\n"
"""What a spreadsheet runs as a formula if a cell begins with it; such text is written with `'` before it."""

_ROW = re.compile(r"row (\d+)")
_MOST = 10_000  # problems that are looked for; the first ones by row are told

DATES = (
    Column.start,
    Column.finish,
    Column.constraint_date,
    Column.deadline,
    Column.actual_start,
    Column.actual_finish,
    Column.baseline_start,
    Column.baseline_finish,
    Column.status_date,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `number` is the one that a spreadsheet shows."""

    number: int
    cells: Sequence[str]
    header: Header

    def text(self, column: Column) -> str:
        """What stands in a column, without spaces around it; empty where there is no such column."""
        places = self.header.columns.get(column)
        return _plain(self.cells[places[0]]) if places else ""

    def entries(self, column: Column) -> Iterator[str]:
        """The entries of a list, of all columns that it stands in."""
        for place in self.header.columns.get(column, ()):
            yield from entries(_plain(self.cells[place]))

    def place(self, column: Column | None = None) -> str:
        """Where the row, or a cell of it, is found."""
        return f"row {self.number}" if column is None else f"row {self.number}, {column}"


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] and text[1:2] in FORMULA + "'" else text


@dataclass(slots=True)
class Findings:
    """What is wrong in a file, and what is to be said of it; of notes that say the same the first names the place."""

    problems: list[Place] = field(default_factory=list)
    _notes: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def wrong(self, place: str, code: str, detail: str) -> None:
        """Something because of which the file cannot become a plan."""
        if len(self.problems) < _MOST:
            self.problems.append(Place(place, code, detail))

    def note(self, place: str, code: str, detail: str) -> None:
        """Something that is left out, or read in a way that its author may not expect."""
        self._notes.setdefault((code, detail), []).append(place)

    @property
    def notes(self) -> list[Place]:
        """The notes, each once."""
        return [
            Place(places[0], code, detail if len(places) == 1 else f"{detail} (in {len(places):,} places)")
            for (code, detail), places in self._notes.items()
        ]

    def check(self) -> None:
        """Go on only if nothing is wrong.

        Raises:
            Unreadable: with everything that is.
        """
        if self.problems:
            raise Unreadable(sorted(self.problems, key=_row_of))


def _row_of(place: Place) -> int:
    match = _ROW.match(place.place)
    return int(match[1]) if match else 0


@dataclass(frozen=True, slots=True)
class Values:
    """Reads cells; what cannot be read is among the findings, and is None.

    `days` are the columns whose dates have no time of day, although midnight may stand behind them.
    """

    findings: Findings
    style: DateStyle
    days: Collection[Column] = ()

    def read(self, row: Row, column: Column, parse: Callable[[str], T]) -> T | None:
        """What a cell says; None where it says nothing."""
        text = row.text(column)
        if is_nothing(text):
            return None
        try:
            return parse(text)
        except Wrong as wrong:
            self.findings.wrong(row.place(column), wrong.code, wrong.detail)
            return None

    def moment(self, row: Row, column: Column) -> Moment | None:
        """A date."""

        def parse(text: str) -> Moment:
            plain = split_actual(text)[0]
            return moment_of(without_midnight(plain) if column in self.days else plain, self.style)

        return self.read(row, column, parse)

    def actual(self, row: Row, column: Column, planned: Column) -> Moment | None:
        """An actual date: of its own column, else the planned one if Primavera's ` A` stands behind it."""
        if is_nothing(row.text(column)) and split_actual(row.text(planned))[1]:
            return self.moment(row, planned)
        return self.moment(row, column)

    def length(self, row: Row, column: Column, day: int) -> Length | None:
        """A duration; `day` are the working minutes of `1d`."""
        unit = row.header.units.get(column, "d")
        return self.read(row, column, lambda text: length_of(text, day, unit))

    def short(self, row: Row, column: Column, text: str, most: int = 200) -> str:
        """A text that is not longer than it may be."""
        if len(text) > most:
            self.findings.note(row.place(column), "shortened", f"is cut off after {most} characters")
        return text[:most]
