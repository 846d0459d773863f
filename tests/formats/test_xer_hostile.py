"""XER files that are damaged or made to do harm: a plan or a list of problems, quickly, and nothing else."""

from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.formats.parsed import MAX_PROBLEMS, ParsedFile, ReadOptions, Unreadable
from app.formats.xer import read
from tests.domain.shared import shared
from tests.formats.xer_build import (
    BASE,
    HEADER,
    active,
    assigned,
    base,
    calendar,
    done,
    expense,
    link,
    project,
    resource,
    task,
    wbs,
    week,
    written,
    xer,
)
from tests.scale import full

SMALL = xer(
    wbs("101", "East"),
    wbs("102", "Piers", "101"),
    done("A"),
    active("B", suspend_date="2026-01-03 08:00"),
    task("C", 16, wbs_id="102", cstr_type="CS_MEOB", cstr_date="2026-02-01 17:00"),
    link("A", "B"),
    link("B", "C", "PR_SS", 4),
    resource("1", "Ada"),
    assigned("C", "1", target_cost="100.00"),
    expense("C", 20),
)
MARKS = st.sampled_from(["%T\tTASK", "%F\ttask_id", "%R\t1\t2", "%E", HEADER, "\t", "((", "\x7f", "9" * 400, "é"])
BRIEF = settings(max_examples=full(4_000, 100), deadline=None)


def outcome(body: bytes) -> ParsedFile | list[str]:
    """What comes of a file, or the codes of its problems."""
    try:
        file = read(body, ReadOptions("Europe/Berlin"))
    except Unreadable as error:
        problems = error.problems
    else:
        assert ParsedFile.of_json(file.to_json()).document == file.document
        return file
    assert 0 < len(problems) <= MAX_PROBLEMS
    assert all(place.place and place.code and place.detail for place in problems)
    return [place.code for place in problems]


def assert_quick(body: bytes, seconds: float) -> ParsedFile | list[str]:
    before = process_time()
    found = outcome(body)
    assert process_time() - before < seconds
    return found


@BRIEF
@given(st.binary(max_size=2_000))
@example(b"\xef\xbb\xbf")
@example(b"ERMHDR\xff\n%T\t\xfe\n%F\t\x00\n%R\t\x81\n%E")
def test_rubbish(body: bytes) -> None:
    assert isinstance(outcome(body), list)
    assert isinstance(outcome(b"ERMHDR" + body), list)


@BRIEF
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), max_size=8))
def test_flipped_bytes(flips: list[tuple[int, int]]) -> None:
    body = bytearray(SMALL)
    for place, byte in flips:
        body[place] = byte
    outcome(bytes(body))


@BRIEF
@given(st.lists(st.tuples(st.integers(0, SMALL.count(b"\t")), MARKS), min_size=1, max_size=4))
def test_cells_of_all_kinds_anywhere(cells: list[tuple[int, str]]) -> None:
    parts = SMALL.decode().split("\t")
    for place, cell in cells:
        parts[place] = cell
    outcome("\t".join(parts).encode())


@pytest.mark.parametrize("name", ["cairo-alex-road", "hilal-oil-gas", "terminal-building-airport"])
def test_real_files_cut_off_or_flipped(name: str) -> None:
    body = shared(f"oracles/p6/{name}.xer").read_bytes()

    @settings(max_examples=full(400, 20), deadline=None)
    @given(st.integers(0, len(body) - 4), st.integers(0, 255))
    def check(place: int, byte: int) -> None:
        found = assert_quick(body[:place], 2)
        assert isinstance(found, list)
        assert found[-1] == ("cut_off" if place >= len("ERMHDR") else "not_xer")
        assert_quick(body[:place] + bytes([byte]) + body[place + 1 :], 2)

    check()


@pytest.mark.parametrize(
    "more",
    [
        b"%R" + b"\t" * 1_000_000,
        b"x\n" * 500_000,
        b"%T\tTASK\n" * 100_000,
        b"".join(b"%%T\tT%d\n%%R\t1\n" % number for number in range(50_000)),
        b"(" * 1_000_000,
    ],
)
def test_much_of_one_kind_takes_time_in_proportion(more: bytes) -> None:
    assert_quick(SMALL[: SMALL.index(b"%E")] + more + b"\n%E", 5)


def test_nests_of_every_kind_take_time_in_proportion() -> None:
    chain = [wbs(str(101 + number), "x" * 40, str(100 + number)) for number in range(20_000)]
    circle = [wbs("1", "a", "2"), wbs("2", "b", "1")]
    calendars = [calendar(str(number), "Crew", base_clndr_id=str(number + 1)) for number in range(11, 3_011)]
    tasks = [task(f"A{number}", clndr_id=str(number), wbs_id="20100") for number in range(11, 3_011)]
    body = written([*BASE, *chain, *circle, *calendars, *tasks]).encode()
    assert isinstance(assert_quick(body, 10), list)
    deep = calendar("10", "Deep", week(d2="(0||0()" * 100_000 + ")" * 100_000))
    assert assert_quick(written([deep, *(row for row in BASE if row[0] != "CALENDAR"), task("A")]).encode(), 5) == [
        "calendar"
    ]


def test_what_one_base_calendar_has_is_not_inherited_without_end() -> None:
    days = "".join(f"(0||0(d|{serial})())" for serial in range(30_000, 50_000))
    calendars = [calendar(str(number), base_clndr_id="9") for number in range(11, 2_011)]
    tasks = [task(f"A{number}", clndr_id=str(number)) for number in range(11, 2_011)]
    body = written([*BASE, calendar("9", "Base", week(exceptions=days)), *calendars, *tasks]).encode()
    assert assert_quick(body, 5) == ["too_many"]


def test_many_projects_take_time_in_proportion() -> None:
    others = [project(proj_id=str(number), orig_proj_id="1") for number in range(2, 20_000)]
    tasks = [task(f"A{number}", proj_id=str(number)) for number in range(1, 20_000)]
    assert isinstance(assert_quick(written([*base(project(), *others), *tasks]).encode(), 10), ParsedFile)


def test_a_large_schedule_is_read_in_seconds() -> None:
    count = full(20_000, 2_000)
    tasks = [active(f"A{number}") for number in range(count)]
    links = [link(f"A{number}", f"A{number + 1}") for number in range(count - 1)]
    costs = [assigned(f"A{number}", "1", target_cost="5.00") for number in range(count)]
    body = xer(*tasks, *links, resource("1", "Ada"), *costs)
    found = assert_quick(body, 20)
    assert isinstance(found, ParsedFile)
    assert len(found.document["milestones"]) == count


def test_a_file_of_lines_without_end_is_refused_before_it_is_read() -> None:
    with pytest.raises(Unreadable) as refused:
        read(b"ERMHDR\t8.0\n" + b"%R\tx\n" * 1_000_001, ReadOptions())
    assert [problem.code for problem in refused.value.problems] == ["too_many_lines"]
