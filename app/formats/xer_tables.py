"""The tables of a Primavera XER file: bytes in, those rows and columns out that make a plan.

An XER file is lines of cells separated by tabs: `ERMHDR` and the header, then for each table `%T` with its
name, `%F` with its columns and a `%R` for each row, and `%E` at the end. A line without one of these marks
goes on with the text of the line before it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from app.formats.parsed import Place, Unreadable

_MARKS = frozenset({"%T", "%F", "%R", "%E"})
_HEADER = "ERMHDR"
_CURRENCY = 8  # the header's cell that names the currency of all amounts
MAX_LINES = 1_000_000  # five times what a file of 20 MiB has whose rows say something
_LINE_END = re.compile("\r\n|\r|\n")
_BLANK = " \t\n\x00\x1a"

# What is read of a table: the columns it must have, and those that it may have.
_READ: Mapping[str, tuple[str, str]] = {
    "PROJECT": (
        "proj_id proj_short_name clndr_id last_recalc_date plan_start_date",
        "plan_end_date critical_drtn_hr_cnt critical_path_type orig_proj_id sum_base_proj_id",
    ),
    "SCHEDOPTIONS": (
        "proj_id",
        """sched_retained_logic sched_progress_override sched_calendar_on_relationship_lag sched_float_type
        sched_use_expect_end_flag sched_open_critical_flag sched_lag_early_start_flag
        enable_multiple_longest_path_calc""",
    ),
    "CALENDAR": ("clndr_id clndr_name clndr_data", "base_clndr_id day_hr_cnt"),
    "PROJWBS": ("wbs_id proj_id parent_wbs_id wbs_short_name wbs_name", "proj_node_flag"),
    "TASK": (
        """task_id proj_id wbs_id clndr_id task_code task_name task_type status_code target_drtn_hr_cnt
        remain_drtn_hr_cnt target_start_date target_end_date act_start_date act_end_date cstr_type cstr_date""",
        """cstr_type2 complete_pct_type phys_complete_pct act_work_qty act_equip_qty remain_work_qty
        remain_equip_qty suspend_date resume_date expect_end_date external_early_start_date
        external_late_end_date float_path rsrc_id""",
    ),
    "TASKPRED": ("task_id pred_task_id pred_type lag_hr_cnt", "proj_id pred_proj_id"),
    "RSRC": ("rsrc_id rsrc_name", "rsrc_short_name clndr_id"),
    "TASKRSRC": ("task_id rsrc_id", "target_cost act_reg_cost act_ot_cost"),
    "PROJCOST": ("task_id target_cost", "act_cost"),
    "CURRTYPE": ("curr_short_name", "base_exch_rate"),
}
_NEEDED = ("PROJECT", "CALENDAR", "PROJWBS", "TASK")


class Table(NamedTuple):
    """A table, and where each of its columns that are read stands in its rows."""

    name: str
    columns: Mapping[str, int]


class Row(NamedTuple):
    """A row of a table, the line it begins on, and its cells as they stand in the file."""

    table: Table
    line: int
    cells: tuple[str, ...]

    def raw(self, column: str) -> str:
        """A cell without the blanks around it; empty where the table has no such column."""
        index = self.table.columns.get(column)
        return "" if index is None else self.cells[index].strip()

    def place(self, column: str | None = None) -> str:
        """Where the row, or one of its cells, is found in the file."""
        return f"line {self.line}, {self.table.name}" + (f".{column}" if column else "")


@dataclass(slots=True)
class Findings:
    """What is wrong with a file, and what is to be said about it, each with the line it stands on."""

    problems: list[tuple[int, Place]] = field(default_factory=list)
    notes: list[tuple[int, Place]] = field(default_factory=list)

    def wrong(self, row: Row, column: str | None, code: str, detail: str) -> None:
        """Something that keeps the file from becoming a plan."""
        self.problems.append((row.line, Place(row.place(column), code, detail)))

    def note(self, row: Row, column: str | None, code: str, detail: str) -> None:
        """Something left out, or read in a way that may not be expected."""
        self.notes.append((row.line, Place(row.place(column), code, detail)))

    def unreadable(self) -> Unreadable:
        """All that was wrong, in the order of the file."""
        return Unreadable([place for _, place in sorted(self.problems, key=itemgetter(0))])


@dataclass(frozen=True, slots=True)
class Tables:
    """What of a file may become a plan.

    Attributes:
        currency: what the header says that amounts are in; empty if it does not.
        rows: by the name of the table, in the order of the file.
        unread: by the name of a table that is not read, its line and how many rows it has.
    """

    currency: str
    rows: Mapping[str, Sequence[Row]]
    unread: Mapping[str, tuple[int, int]]

    def of(self, name: str) -> Sequence[Row]:
        """The rows of a table; none where the file does not have it."""
        return self.rows.get(name, ())


def read_tables(body: bytes, findings: Findings) -> Tables:
    """The tables of a file; rows that do not fit their table are among the findings.

    O(bytes).

    Raises:
        Unreadable: it is no XER file, it was cut off, or a table or column is missing without which nothing
            else could be told.
    """
    text = _decoded(body)
    if text.count("\n") > MAX_LINES:
        raise Unreadable([Place("file", "too_many_lines", f"has more than {MAX_LINES} lines")])
    lines = _lines(text)
    header = next(lines)
    if not header.startswith(_HEADER):
        raise Unreadable([Place("line 1", "not_xer", f"does not begin with {_HEADER}, as every XER file does")])
    gatherer = _Gatherer(findings)
    line = 1
    for line, cells in _records(header, lines):
        gatherer.take(line, cells)
    gatherer.end(line)
    return Tables(gatherer.currency, gatherer.rows, gatherer.unread)


def _decoded(body: bytes) -> str:
    """P6 writes the code page of its machine, mostly Windows-1252, and does not say which."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _lines(text: str) -> Iterator[str]:
    start = 0
    for end in _LINE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def _records(header: str, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it begins on, its cells split."""
    start, parts = 1, [header]
    for number, line in enumerate(lines, 2):
        if line[:2] in _MARKS and not line[2:3].strip():
            yield start, "\n".join(parts).split("\t")
            start, parts = number, [line]
        else:
            parts.append(line)
    yield start, "\n".join(parts).split("\t")


class _Gatherer:
    """Takes records one by one, and keeps what is read of them."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.currency = ""
        self.rows: dict[str, list[Row]] = {}
        self.unread: dict[str, tuple[int, int]] = {}
        self.ended = self.trailed = self.useless = False
        self.name = ""
        self.table: Table | None = None
        self.width = self.padded = 0
        self.picked: tuple[int, ...] = ()

    def take(self, line: int, cells: list[str]) -> None:
        mark = cells[0][:2]
        if self.ended:
            self._after_end(line)
        elif mark == "%T":
            self._begin(line, cells)
        elif mark == "%F":
            self._columns(line, cells)
        elif mark == "%R":
            self._row(line, cells)
        elif mark == "%E":
            self.ended = True
            if "".join(cells)[2:].strip(_BLANK):
                self._after_end(line)
        elif len(cells) > _CURRENCY:
            self.currency = cells[_CURRENCY].strip()

    def end(self, line: int) -> None:
        """After the last record.

        Raises:
            Unreadable: see `read_tables`.
        """
        if not self.ended:
            self._wrong(line, f"line {line}", "cut_off", "the file does not end with %E: its end is missing")
            self.useless = True
        for name in _NEEDED:
            if self.ended and name not in self.rows:
                self._wrong(line, f"table {name}", "missing_table", "is not in the file")
                self.useless = True
        if self.useless:
            raise self.findings.unreadable()

    def _after_end(self, line: int) -> None:
        if not self.trailed:
            self._wrong(line, f"line {line}", "after_end", "more follows %E, the end of the file")
        self.trailed = True

    def _wrong(self, line: int, place: str, code: str, detail: str) -> None:
        self.findings.problems.append((line, Place(place, code, detail)))

    def _begin(self, line: int, cells: list[str]) -> None:
        self.name = cells[1].strip().upper() if len(cells) > 1 else ""
        self.table = None
        if not self.name:
            self._wrong(line, f"line {line}", "no_name", "a table begins without a name")
        if self.name in _READ:
            self.rows.setdefault(self.name, [])
        else:
            self.unread.setdefault(self.name, (line, 0))

    def _columns(self, line: int, cells: list[str]) -> None:
        if self.name not in _READ:
            return
        names = [cell.strip().lower() for cell in cells[1:]]
        self.padded = len(names)  # spreadsheets fill every line up with empty cells
        while names and not names[-1]:
            names.pop()
        required, optional = _READ[self.name]
        found = {name: index for index, name in enumerate(names)}
        wanted = [name for name in f"{required} {optional}".split() if name in found]
        for missing in (name for name in required.split() if name not in found):
            self._wrong(line, f"line {line}, {self.name}", "missing_column", f"has no column {missing}")
            self.useless = True
        self.table = Table(self.name, {name: index for index, name in enumerate(wanted)})
        self.width = len(names)
        self.picked = tuple(found[name] for name in wanted)

    def _row(self, line: int, cells: list[str]) -> None:
        if self.name in self.unread:
            first, count = self.unread[self.name]
            self.unread[self.name] = (first, count + 1)
            return
        if self.table is None:
            place = f"line {line}, {self.name}".rstrip(", ")
            self._wrong(line, place, "no_columns", "a row stands before the columns of a table")
            self.unread[self.name] = (line, 1)  # said once
            return
        values = cells[1:]
        if len(values) == self.padded and not any(value.strip() for value in values[self.width :]):
            del values[self.width :]
        if len(values) != self.width:
            detail = f"has {len(values)} cells, and its table {self.width} columns"
            self._wrong(line, f"line {line}, {self.name}", "row_width", detail)
            values += [""] * (self.width - len(values))  # kept, that nothing else seems to be missing too
        self.rows[self.name].append(Row(self.table, line, tuple(values[index] for index in self.picked)))
