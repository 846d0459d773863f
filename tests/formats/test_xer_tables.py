"""The tables of XER files: marks, columns, encodings, and files that are cut off or no XER files at all."""

import pytest

from app.formats.parsed import ReadOptions
from app.formats.xer import read
from app.formats.xer_tables import Findings, read_tables
from tests.formats.xer_build import BASE, HEADER, milestone, notes, parsed, problems, project, task, written, xer

SMALL = xer(task("A"))


def name_of(body: bytes) -> str:
    return str(milestone(read(body, ReadOptions()), "A")["name"])


def changed(old: str, new: str, body: bytes = SMALL) -> bytes:
    text = body.decode()
    assert text.count(old) == 1
    return text.replace(old, new).encode()


def test_line_ends_may_be_of_any_kind() -> None:
    for end in (b"\n", b"\r", b"\r\n"):
        assert name_of(SMALL.replace(b"\r\n", end)) == "Activity A"


def test_columns_are_found_by_name_in_any_order() -> None:
    body = written([*BASE, ("TASK", dict(reversed(list(task("A")[1].items()))))]).encode()
    assert read(body, ReadOptions()).document == read(SMALL, ReadOptions()).document


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_text_is_windows_1252_unless_it_is_utf_8(encoding: str) -> None:
    assert name_of(written([*BASE, task("A", task_name="Brücke „5 €“")]).encode(encoding)) == "Brücke „5 €“"


def test_bytes_that_no_code_page_has_are_marked() -> None:
    assert name_of(changed("Activity A", "Activity ?").replace(b"?", b"\x81")) == "Activity \ufffd"


def test_a_line_without_a_mark_goes_on_with_the_one_before() -> None:
    assert name_of(changed("Activity A", "two\r\nlines\n% of\n\nit")) == "two lines % of it"


def test_a_spreadsheet_may_have_filled_up_every_line_with_empty_cells() -> None:
    padded = "\r\n".join(f"{line}\t\t" for line in SMALL.decode().split("\r\n"))
    assert name_of(padded.encode()) == "Activity A"


@pytest.mark.parametrize("end", ["%E", "%E\n\n", "%E  \n", "%E\n\x1a"])
def test_nothing_but_blanks_may_follow_the_end(end: str) -> None:
    assert name_of(written([*BASE, task("A")], end=end).encode()) == "Activity A"


@pytest.mark.parametrize("more", ["again", "%T\tTASK", "%R\t1\r\n%R\t2", "%E"])
def test_what_follows_the_end_is_wrong(more: str) -> None:
    (problem,) = problems(SMALL + more.encode())
    assert (problem.place.split()[0], problem.code) == ("line", "after_end")


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"<?xml?>", b"\x00\xff\n" * 99, b"\n" + SMALL])
def test_what_does_not_begin_as_a_xer_file_is_none(body: bytes) -> None:
    (problem,) = problems(body)
    assert (problem.place, problem.code) == ("line 1", "not_xer")


def test_every_prefix_of_a_file_is_wrong() -> None:
    end = SMALL.index(b"%E") + 2
    for length in range(end):
        assert problems(SMALL[:length])[-1].code == ("cut_off" if length >= len("ERMHDR") else "not_xer")
    assert name_of(SMALL[:end]) == "Activity A"


def test_a_file_that_is_cut_off_says_so_last() -> None:
    problem = problems(SMALL[: SMALL.index(b"%E")])[-1]
    assert (problem.place, problem.detail) == ("line 16", "the file does not end with %E: its end is missing")


def test_tables_and_columns_without_which_nothing_can_be_told_are_named_together() -> None:
    found = problems(f"{HEADER}\n%T\tTASK\n%F\ttask_id\ttask_code\n%T\tCALENDAR\n%E".encode())
    assert [(p.place, p.code) for p in found if p.code == "missing_table"] == [
        ("table PROJECT", "missing_table"),
        ("table PROJWBS", "missing_table"),
    ]
    assert ("line 3, TASK", "has no column proj_id") in [(p.place, p.detail) for p in found]


def test_a_row_that_does_not_fit_its_table_is_wrong() -> None:
    (problem,) = problems(changed("Activity A\t", "Activity\tA\t"))[:1]
    assert (problem.place, problem.detail) == ("line 16, TASK", "has 31 cells, and its table 30 columns")


def test_a_row_that_was_cut_off_is_wrong() -> None:
    (problem,) = problems(changed("\t2026-01-05 17:00" + "\t" * 12, "\t2026-01-05 17:00"))
    assert (problem.place, problem.detail) == ("line 16, TASK", "has 18 cells, and its table 30 columns")


def test_rows_before_the_columns_are_wrong_once() -> None:
    body = f"{HEADER}\n%R\t1\n%R\t2\n%T\tTASK\n%R\t1\n%R\t2\n%T\n%F\tx\n%R\t1\n%E".encode()
    found = [(p.place, p.code) for p in problems(body) if p.code != "missing_table"]
    assert found == [("line 2", "no_columns"), ("line 5, TASK", "no_columns"), ("line 7", "no_name")]


def test_tables_that_are_not_read_are_noted_with_their_rows() -> None:
    more = [("UDFVALUE", {"udf_id": 1}), ("UDFVALUE", {"udf_id": 2}), ("OBS", {"obs_id": 1})]
    file = parsed(task("A"), *more)
    assert notes(file)["tables_left_out"] == "tables without a place in a plan: UDFVALUE (2), OBS (1)"


def test_of_many_tables_that_are_not_read_the_first_are_named() -> None:
    file = parsed(task("A"), *((f"T{number}", {"id": 1}) for number in range(50)))
    assert notes(file)["tables_left_out"].endswith("T39 (1) and 10 more")


def test_a_table_may_come_in_parts() -> None:
    first, second = written([*BASE, task("A")], end=""), written([task("B")], header="")
    assert [each["key"] for each in read((first + second).encode(), ReadOptions()).document["milestones"]] == [
        "A",
        "B",
    ]


def test_at_most_fifty_problems_are_told_in_the_order_of_the_file() -> None:
    rows = [task(f"A{number}", target_start_date="soon") for number in range(100)]
    lines = [int(problem.place.split()[1].rstrip(",")) for problem in problems(xer(*rows))]
    assert len(lines) == 50
    assert lines == sorted(lines)


def test_a_header_without_a_currency_is_one_all_the_same() -> None:
    tables = read_tables(written([*BASE, task("A")], header="ERMHDR\t5.0").encode(), Findings())
    assert tables.currency == ""
    assert tables.of("RSRC") == ()


def test_a_project_without_activities_is_no_plan() -> None:
    text = written([project(), *BASE[1:]], end="%T\tTASK\r\n") + "\t".join(["%F", *task("A")[1]]) + "\r\n%E"
    assert [p.code for p in problems(text.encode())] == ["no_project"]


def test_an_unknown_time_zone_is_told() -> None:
    assert [p.code for p in problems(SMALL, time_zone="Mars/Base")] == ["unknown_zone"]
