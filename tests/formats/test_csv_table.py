"""Bytes as tables: characters, delimiters, headers, and what is refused."""

import re
from pathlib import Path

import pytest

from app.formats.csv_columns import ALIASES, COMPUTED, Column, header_of
from app.formats.csv_table import MAX_ROWS
from app.formats.parsed import Unreadable
from app.kit.limits import MAX_MILESTONES
from tests.formats.csv_build import milestones, notes, only, parsed, problems

PLAN = "id;name;start\nA;Größe;2024-05-07\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_characters_are_told_by_their_mark_else_they_are_utf8_else_windows(encoding: str) -> None:
    assert only(PLAN.encode(encoding))["name"] == "Größe"
    assert ("encoding" in notes(PLAN.encode(encoding))) == (encoding == "cp1252")


def test_utf16_may_begin_with_the_larger_byte() -> None:
    assert only(b"\xfe\xff" + PLAN.encode("utf-16-be"))["name"] == "Größe"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    text = delimiter.join(["id", "name", "owner"]) + "\n" + delimiter.join(["A", "Dig", '"a,b;c\td"'])
    assert only(text)["owner"] == "a,b;c\td"


def test_a_first_line_may_tell_the_delimiter_to_excel() -> None:
    text = "sep=;\r\nname;notes,start,finish\r\nDig;\r\n"
    assert only(text) == {"name": "Dig", "kind": "milestone"}
    assert "unknown_columns" in notes(text)
    assert problems("sep=;\r\nid;name\r\nA;\r\n") == ["row 2, name: missing"]


def test_cells_may_hold_delimiters_quotes_and_line_breaks() -> None:
    assert only('id,name\nA,"say ""Dig"",\r\nnow"\n')["name"] == 'say "Dig",\r\nnow'


def test_names_of_columns_need_neither_case_nor_spaces_nor_underscores() -> None:
    assert only("TASK_ID, Task Name ,planned-START\nA,Dig,2024-05-07\n")["planned_start"] == "2024-05-07"


def test_every_alias_names_one_column() -> None:
    for column, aliases in ALIASES.items():
        for alias in (column.value, *aliases):
            assert list(header_of(["name", alias]).columns)[-1] in {column, Column.name}, alias


def test_the_documentation_names_every_column_and_alias() -> None:
    page = (Path(__file__).parents[2] / "docs/guides/schedule-files.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    told = {cells[0].strip("| `"): re.findall(r"`([^`]*)`", cells[1]) for cells in rows}
    assert {column: told.get(column) for column in ALIASES} == {c: list(names) for c, names in ALIASES.items()}
    assert all(f"`{name}`" in page for name in COMPUTED)


def test_of_two_names_of_a_column_the_better_one_counts() -> None:
    text = "id,name,Planned Start,Start\nA,Dig,2024-01-01,2024-05-07\n"
    assert only(text)["planned_start"] == "2024-05-07"
    assert parsed(text).notes[0].detail == "these columns are left out: Planned Start"


def test_columns_that_are_not_known_are_noted_and_those_that_leeway_computes_are_not() -> None:
    columns = ",".join(f"x{i}" for i in range(25))
    (note, *_) = parsed(f"name,{columns},{'y' * 50},early_start,Critical\nDig{',' * 28}\n").notes
    assert note.place == "row 1"
    assert note.detail.startswith("these columns are left out: x0, x1, x2,")
    assert note.detail.endswith("x19 and 6 more")


def test_the_name_of_a_column_that_is_left_out_is_told_short_on_one_line() -> None:
    (note, *_) = parsed('name,"' + "y" * 50 + '","a\nb"\nDig,,\n').notes
    assert note.detail == f"these columns are left out: {'y' * 40}…, a b"


def test_primavera_writes_its_own_names_above_the_captions() -> None:
    text = "task_code,task_name,target_drtn_hr_cnt\nActivity ID,(*)Activity Name,Original Duration(h)\nA,Dig,16\n"
    assert only(text)["planned_duration_minutes"] == 960
    assert problems(text + "B,,8\n") == ["row 4, name: missing"]


def test_a_task_may_be_called_as_a_column_is() -> None:
    assert [m["name"] for m in milestones("id,name\nA,Title\n").values()] == ["Title"]


def test_empty_rows_are_passed_over_but_counted() -> None:
    assert problems("\nid,name\n,\nA,Dig\n\nB,\n") == ["row 6, name: missing"]


def test_cells_beyond_the_header_may_only_be_empty() -> None:
    assert list(milestones("id,name\nA,Dig,,\n")) == ["A"]
    assert problems("id,name\nA,Dig,,x\nB\n") == ["row 2: cells", "row 3: cells", "row 3, name: missing"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", "row 1: no_header"),
        (b"a,b\n1,2\n", "row 1: no_header"),
        (b'id,name\nA,"Dig\n', "row 2: not_csv"),
        (b'id,name\nA,"Dig"x\n', "row 2: not_csv"),
        (b'"id,name\n', "row 1: not_csv"),
        (b"id,name\nA," + b"x" * 200_000, "row 2: not_csv"),
        (b"id,name,ID\nA,Dig,B\n", "row 1, id: repeated"),
        (b"id,name\nA,D\0g\n", "file: not_text"),
        (b"id,name\nA,\x81\n", "file: not_text"),
        (b"\xff\xfei", "file: not_text"),
        (b"name," + b"x," * 1000 + b"\n", "row 1: too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused(text: bytes, found: str) -> None:
    assert problems(text) == [found]


def test_a_table_has_at_most_as_many_rows_as_a_plan_may_have_milestones() -> None:
    assert MAX_ROWS == MAX_MILESTONES
    with pytest.raises(Unreadable, match="at most 20,000 rows"):
        parsed("name\n" + "x\n" * (MAX_ROWS + 1))


def test_the_first_fifty_problems_are_told_row_by_row() -> None:
    found = problems("id,name,start,parent\n" + "A,B,x\n" * 2000)
    assert len(found) == 50
    assert found[:5] == [
        "row 2: cells",
        "row 2, start: not_a_date",
        "row 3: cells",
        "row 3, id: repeated",
        "row 3, start: not_a_date",
    ]


def test_a_table_without_rows_is_refused() -> None:
    assert problems("id,name\n\n") == ["row 1: no_rows"]
