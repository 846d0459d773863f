"""What the rows of a table are called, and which of them lie within which."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.formats.csv_columns import Column
from app.formats.csv_rows import Findings, Row

_NAMED_BY = (Column.unique_id, Column.id, Column.other_id, Column.wbs)
_LONGEST = 200
_GROUP = "wbs:"

Named = Sequence[tuple[str, Row]]
Find = Callable[[str], str | None]
"""The id of the row that a text names; None: no row."""


@dataclass(frozen=True, slots=True)
class Group:
    """A phase that has no row of its own: a code of the work breakdown structure."""

    id: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The names of rows, and their phases.

    Attributes:
        named: the rows with their ids, in their order; made from numbers where the file has none.
        parents: of the rows and groups that have one, by id.
        groups: the phases without rows.
        by_reference: knows a row by what its column `ID` or the like calls it.
        by_unique_id: knows it by its unique id.
    """

    named: Named
    parents: Mapping[str, str]
    groups: Sequence[Group]
    by_reference: Find
    by_unique_id: Find


def outline_of(rows: Sequence[Row], header_row: int, findings: Findings) -> Outline:
    """The outline of the rows, one at least. O(rows · the parts of their codes).

    A row is known by its unique id, else by its id or the like, else by its WBS, else by its number below
    the header. Other rows refer to it by its id, where there is one.
    """
    columns = rows[0].header.columns
    named_by = next((column for column in _NAMED_BY if column in columns), None)
    named = _numbered(rows, header_row, findings) if named_by is None else _named(rows, named_by, findings)
    ids = {id_: id_ for id_, _ in named}
    references: Mapping[str, str] = ids
    if named_by is Column.unique_id and Column.id in columns:
        references = _references(named, Column.id, {}, findings)
    if named_by is not Column.other_id and Column.other_id in columns:
        references = _references(named, Column.other_id, references, findings)

    def find(text: str) -> str | None:
        return references.get(text) or references.get(text.removeprefix("#"))

    groups: Sequence[Group] = ()
    if any(row.text(Column.parent) for row in rows):
        parents = _by_name(named, find, findings)
    elif any(row.text(Column.outline_level) for row in rows):
        parents = _by_level(named, findings)
    else:
        parents, groups = _by_code(named, named_by, findings)
    return Outline(named, dict(parents), groups, find, ids.get)


def _numbered(rows: Sequence[Row], header_row: int, findings: Findings) -> Named:
    detail = "there is no column `id`: rows are known by their numbers, so a later file must keep their order"
    findings.note(f"row {header_row}", "no_ids", detail)
    return [(str(row.number - header_row), row) for row in rows]


def _named(rows: Sequence[Row], column: Column, findings: Findings) -> Named:
    first: dict[str, Row] = {}
    for row in rows:
        id_, place = row.text(column), row.place(column)
        if not id_:
            findings.wrong(place, "missing", "is empty, and is needed")
        elif len(id_) > _LONGEST:
            findings.wrong(place, "too_long", f"is longer than {_LONGEST} characters")
        elif id_ in first:
            findings.wrong(place, "repeated", f"stands in row {first[id_].number} already")
        first.setdefault(id_, row)
    return [(row.text(column), row) for row in rows]


def _references(named: Named, column: Column, known: Mapping[str, str], findings: Findings) -> Mapping[str, str]:
    """What is known, and the ids of rows by what a column calls them."""
    found = dict(known)
    for id_, row in named:
        text = row.text(column)
        if text and found.setdefault(text, id_) != id_:
            findings.wrong(row.place(column), "repeated", "stands in another row already")
    return found


def _by_name(named: Named, find: Find, findings: Findings) -> Iterator[tuple[str, str]]:
    for id_, row in named:
        text = row.text(Column.parent)
        parent = find(text)
        if parent is not None:
            yield id_, parent
        elif text:
            detail = "names a row that is not in the file, and is left out"
            findings.note(row.place(Column.parent), "unknown_row", detail)


def _by_level(named: Named, findings: Findings) -> Iterator[tuple[str, str]]:
    """The parent of a row is the last one above it on a higher level, that is with a smaller number."""
    around: list[tuple[int, str]] = []
    for id_, row in named:
        text = row.text(Column.outline_level)
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            findings.wrong(row.place(Column.outline_level), "not_a_level", "is no whole number such as 1")
            continue
        level = int(text)
        while around and around[-1][0] >= level:
            around.pop()
        if around:
            yield id_, around[-1][1]
        around.append((level, id_))


def _by_code(
    named: Named, named_by: Column | None, findings: Findings
) -> tuple[Iterator[tuple[str, str]], Sequence[Group]]:
    """By WBS: rows below rows, as in Microsoft Project, or rows that share a code in a phase, as in Primavera."""
    coded = [(code, id_, row) for id_, row in named if (code := row.text(Column.wbs))]
    for code, _, row in coded:
        if len(code) > _LONGEST - len(_GROUP):
            findings.wrong(row.place(Column.wbs), "too_long", f"is longer than {_LONGEST - len(_GROUP)} characters")
            return iter(()), ()
    row_of = {code: id_ for code, id_, _ in coded}
    is_tree = len(row_of) == len(coded) and all(_up(code) in row_of for code in row_of if "." in code)
    if is_tree or named_by is Column.wbs:
        return ((row_of[code], row_of[above]) for code in row_of if (above := _above(code, row_of))), ()
    first: dict[str, Row] = {}
    for code, _, row in coded:
        first.setdefault(code, row)
    for id_, row in named:
        if id_.startswith(_GROUP) and id_.removeprefix(_GROUP) in first:
            findings.wrong(row.place(), "repeated", "is called as the phase of its WBS is")
    groups = [
        Group(_GROUP + code, row.text(Column.wbs_name) or code, row.place(Column.wbs)) for code, row in first.items()
    ]
    inside = [(id_, _GROUP + code) for code, id_, _ in coded]
    nested = [(_GROUP + code, _GROUP + above) for code in first if (above := _above(code, first))]
    return iter([*inside, *nested]), groups


def _up(code: str) -> str:
    """The code one level above: `A.1` of `A.1.2`."""
    return code.rpartition(".")[0]


def _above(code: str, known: Mapping[str, object]) -> str | None:
    """The nearest known code above a code."""
    above = _up(code)
    while above and above not in known:
        above = _up(above)
    return above or None
