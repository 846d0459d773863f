"""Dependencies in the cells of a table: `A1FS+2d; A2SS-4h; 7`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.formats.csv_columns import Column
from app.formats.csv_dates import Wrong
from app.formats.csv_durations import length_of, number_of
from app.formats.csv_rows import Findings, Row
from app.formats.csv_words import plain

Find = Callable[[str], str | None]
"""The id of the row that a text names; None: no row."""

UNKNOWN_ROW = "unknown_row"
_TYPE = re.compile(r"(?=(FS|SS|FF|SF))", re.IGNORECASE)
_LONGEST_END = 40  # characters of a type and a lag
_LAG = re.compile(r"([+-]?)\s*(.+)", re.DOTALL)
_PERCENT = re.compile(r"([\d.,]+(?:e-\d+)?)\s*(e?)%", re.ASCII)

_TO_PREDECESSORS = frozenset({Column.predecessors, Column.unique_predecessors, Column.blocked_by})
_BY_UNIQUE_ID = frozenset({Column.unique_predecessors, Column.unique_successors})
_TRACKERS = frozenset({Column.blocked_by, Column.blocks})  # export what a filter finds, with links beyond it
_COLUMNS = (
    *(Column.predecessors, Column.unique_predecessors, Column.blocked_by),
    *(Column.successors, Column.unique_successors, Column.blocks),
)


@dataclass(frozen=True, slots=True)
class End:
    """The other end of a link, as an entry of a list names it; `type` is None where it tells none."""

    id: str
    type: str | None = None
    lag_minutes: int = 0
    lag_percent: float | None = None
    lag_unit: str = "working"


@dataclass(frozen=True, slots=True)
class Links:
    """The dependencies of a table, and where each of them stands."""

    dependencies: Sequence[Mapping[str, Any]]
    places: Sequence[str]


def end_of(entry: str, find: Find, day: int) -> End:
    """An entry of a list: an id, a type and a lag; without a type finish to start.

    The last type that has the id of a row before it counts: `A-SS1FS` is a link with `A-SS1`. `day` are the
    working minutes of `1d`.

    Raises:
        Wrong: it names no row, or the lag cannot be read.
    """
    for match in reversed(list(_TYPE.finditer(entry, max(len(entry) - _LONGEST_END, 0)))):
        before, lag = entry[: match.start()], entry[match.start() + 2 :]
        if not lag or lag[0] in "+-" or lag[0].isspace():
            found = find(plain(before).strip()) or find(plain(before).rstrip(" :"))
            if found is not None:
                return _with_lag(found, match[1].upper(), lag.strip(), day)
    found = find(plain(entry))
    if found is None:
        raise Wrong(UNKNOWN_ROW, "names a row that is not in the file")
    return End(found)


def _with_lag(found: str, type_: str, lag: str, day: int) -> End:
    match = _LAG.fullmatch(lag)
    if match is None:
        return End(found, type_)
    sign = -1 if match[1] == "-" else 1
    percent = _PERCENT.fullmatch(match[2])
    if percent:
        unit = "elapsed" if percent[2] else "working"
        return End(found, type_, 0, sign * number_of(percent[1], 1000), unit)
    length = length_of(match[2], day)
    return End(found, type_, sign * length.minutes, None, "elapsed" if length.elapsed else "working")


class Network:
    """The links of a table, put together from both of their ends."""

    def __init__(self, findings: Findings, left_out: frozenset[str], day: int) -> None:
        """`left_out` are the ids of rows that are in the file, but not in the plan."""
        self._findings = findings
        self._left_out = left_out
        self._day = day
        self._told: dict[tuple[str, str, str], tuple[dict[str, Any], str]] = {}
        self._assumed: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}

    def add(self, row: Row, id_: str, finders: tuple[Find, Find]) -> None:
        """The links of a row; the finders know rows by what the file calls ID, and by unique ids."""
        for column in _COLUMNS:
            find = finders[column in _BY_UNIQUE_ID]
            for entry in row.entries(column):
                try:
                    end = end_of(entry, find, self._day)
                except Wrong as wrong:
                    if column in _TRACKERS and wrong.code == UNKNOWN_ROW:
                        self._findings.note(row.place(column), wrong.code, f"{wrong.detail}, and is left out")
                    else:
                        self._findings.wrong(row.place(column), wrong.code, wrong.detail)
                else:
                    pair = (end.id, id_) if column in _TO_PREDECESSORS else (id_, end.id)
                    self._add(end, pair, row.place(column))

    def _add(self, end: End, pair: tuple[str, str], place: str) -> None:
        if not self._left_out.isdisjoint(pair):
            detail = "links with rows that are left out are left out with them"
            self._findings.note(place, "link_left_out", detail)
            return
        link = _link(end, pair)
        if end.type is None:
            self._assumed.setdefault(pair, (link, place))
            return
        known, first = self._told.setdefault((pair[0], end.type, pair[1]), (link, place))
        if known != link:
            self._findings.wrong(place, "repeated_link", f"has another lag than in {first}")

    def links(self) -> Links:
        """All of them, each once; one without a type counts only where the other end tells none either."""
        typed = {(predecessor, successor) for predecessor, _, successor in self._told}
        found = [*self._told.values(), *(told for pair, told in self._assumed.items() if pair not in typed)]
        return Links([link for link, _ in found], [place for _, place in found])


def _link(end: End, pair: tuple[str, str]) -> dict[str, Any]:
    return {
        "predecessor": pair[0],
        "type": end.type or "FS",
        "successor": pair[1],
        "lag_minutes": end.lag_minutes,
        "lag_percent": end.lag_percent,
        "lag_unit": end.lag_unit,
    }
