"""The bytes of a table as rows of text: which characters, which delimiter, which of the rows is the header."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

from app.formats.csv_columns import MAX_COLUMNS, Column, Header, header_of
from app.formats.parsed import Place, Unreadable

MAX_ROWS = 20_000
"""As many as a plan may have milestones."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t"
_NO_HEADER = (
    "is no header: it needs a column `name`, and best also `id`, `start`, `finish`, `duration`, `predecessors`"
)

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text.

    Attributes:
        header: what its columns are.
        header_row: the number of the header's row; the first row of the file is 1.
        rows: the rows that are not empty, with their numbers, each made as long as the header.
        problems: the rows that are not as long.
        encoding: how its characters were told.
    """

    header: Header
    header_row: int
    rows: Sequence[tuple[int, Cells]]
    problems: Sequence[Place]
    encoding: str


def table_of(body: bytes) -> Table:
    """The table that the bytes make. Strict: quotes have to match, and rows to be as long as the header.

    Raises:
        Unreadable: it is no text, no CSV, has no header with a name, no rows, or too many.
    """
    encoding = _encoding(body)
    records = _records(body, encoding, _delimiter(body, encoding))
    header_row, cells = next(records, (1, []))
    if len(cells) > MAX_COLUMNS:
        raise _unreadable(header_row, "too_many_columns", f"has more than {MAX_COLUMNS:,} columns")
    header = header_of(cells)
    if Column.name not in header.columns:
        raise _unreadable(header_row, "no_header", _NO_HEADER)
    rows: list[tuple[int, Cells]] = []
    problems: list[Place] = []
    for number, record in records:
        if not rows and _is_header(record, header):  # Primavera writes its own names above the captions
            header_row, header = number, header_of(record)
            continue
        if len(record) < header.width or any(map(str.strip, record[header.width :])):
            detail = f"has {len(record)} cells where the header has {header.width}"
            problems.append(Place(f"row {number}", "cells", detail))
        rows.append((number, (record + [""] * (header.width - len(record)))[: header.width]))
        if len(rows) > MAX_ROWS:
            raise _unreadable(number, "too_many_rows", f"a table has at most {MAX_ROWS:,} rows")
    if not rows:
        raise _unreadable(header_row, "no_rows", "is the header of a table that has no rows")
    return Table(header, header_row, rows, problems, encoding)


def header_in(body: bytes) -> Header | None:
    """The header that the bytes begin with; None if they do not begin as a table does."""
    try:
        encoding = _encoding(body)
        _, cells = next(_records(body, encoding, _delimiter(body, encoding)), (1, []))
    except Unreadable:
        return None
    return header_of(cells[:MAX_COLUMNS])


def _encoding(body: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    for candidate in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            text = body.decode(candidate)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return candidate
    raise Unreadable([Place("file", "not_text", "is no text: save it as CSV in UTF-8")])


def _delimiter(body: bytes, encoding: str) -> str:
    """The delimiter by which the first row has the most columns that are known; `sep=;` says it, as in Excel."""

    def known(delimiter: str) -> tuple[int, int]:
        try:
            _, cells = next(_records(body, encoding, delimiter), (1, []))
        except Unreadable:
            return (-1, 0)
        return len(header_of(cells[:MAX_COLUMNS]).columns), len(cells)

    told = _separator(_lines(body, encoding))
    return told or max(_DELIMITERS, key=known)


def _separator(lines: TextIOWrapper) -> str | None:
    """The delimiter that a first line `sep=;` tells; the line is read, whatever it is."""
    first = lines.readline(64).rstrip("\r\n")
    return first[4] if len(first) == 5 and first.startswith("sep=") and first[4] in _DELIMITERS else None


def _lines(body: bytes, encoding: str) -> TextIOWrapper:
    return TextIOWrapper(BytesIO(body), encoding, newline="")


def _records(body: bytes, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, numbered as in a spreadsheet: a line `sep=;` is none of them."""
    lines = _lines(body, encoding)
    if _separator(lines) is None:
        lines = _lines(body, encoding)
    number = 0
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), 1):
            if any(map(str.strip, cells)):
                yield number, cells
    except csv.Error as error:
        raise _unreadable(number + 1, "not_csv", f"is no CSV: {error}") from None


def _is_header(cells: Cells, header: Header) -> bool:
    """Whether a row is a header of the same table once more."""
    again = header_of(cells[: header.width])
    return len(again.columns) > 1 and again.columns.get(Column.name) == header.columns[Column.name]


def _unreadable(row: int, code: str, detail: str) -> Unreadable:
    return Unreadable([Place(f"row {row}", code, detail)])
