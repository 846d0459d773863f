"""Tables that were cut off or damaged: a plan or problems with places, never anything else."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.formats.csv_columns import Column
from app.formats.csv_reader import read
from app.formats.csv_writer import write
from app.formats.exported import Exported
from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from tests.formats.csv_build import problems
from tests.formats.csv_plans import plans
from tests.formats.test_csv_tools import JIRA, MICROSOFT_PROJECT, OPENPROJECT, PRIMAVERA
from tests.scale import full

EXPORTS = [text.encode() for text in (PRIMAVERA, MICROSOFT_PROJECT, OPENPROJECT, JIRA)]


def survives(body: bytes) -> None:
    problems: Sequence[Place] = ()
    try:
        told = read(body, ReadOptions("Europe/Berlin")).to_json()
        assert ParsedFile.of_json(told).to_json() == told
    except Unreadable as unreadable:
        problems = unreadable.problems
    assert len(problems) <= 50
    assert all(problem.place and problem.code and problem.detail for problem in problems)


@pytest.mark.parametrize("body", EXPORTS, ids=["primavera", "microsoft_project", "openproject", "jira"])
def test_exports_cut_off_and_damaged_anywhere(body: bytes) -> None:
    chance = random.Random(3)
    for _ in range(full(1000, 100)):
        survives(body[: chance.randrange(len(body))])
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(body))] = chance.randrange(256)
        survives(bytes(damaged))


@settings(max_examples=full(1000, 50), deadline=None)
@given(plans(), st.data())
def test_own_tables_cut_off_and_damaged_anywhere(plan: Exported, data: st.DataObject) -> None:
    body = write(plan)
    survives(body[: data.draw(st.integers(0, len(body)))])
    place = data.draw(st.integers(0, len(body) - 1))
    survives(body[:place] + data.draw(st.binary(min_size=1, max_size=3)) + body[place + 1 :])


CELLS = st.one_of(
    st.text(max_size=12), st.sampled_from(["A", "AFS+1d", "5d", "2024-05-07", "5/7/24", "100%", "phase", "1"])
)
NAMES = st.sampled_from([column for column in Column if column is not Column.name])


@settings(max_examples=full(2000, 100), deadline=None)
@given(
    st.lists(NAMES, min_size=1, max_size=8, unique=True),
    st.lists(st.lists(CELLS, min_size=9, max_size=9), max_size=5),
)
@example(["name", "wbs"], [["x", "." * 190] + [""] * 7])
def test_any_cells_under_any_columns(names: list[str], rows: list[list[str]]) -> None:
    lines = [["name", *names], *(cells[: len(names) + 1] for cells in rows)]
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    survives("\n".join(quoted).encode("utf-8", "replace"))


def test_of_very_many_problems_some_are_told() -> None:
    assert problems(f'id,name,predecessors\nA,a,"{"B;" * 20_000}"\n') == ["row 2, predecessors: unknown_row"] * 50


@pytest.mark.parametrize(
    "text", ["x" + " " * 100_000 + "y", "FS" * 50_000, "\\" * 100_000, "1d " * 40_000, ";" * 100_000]
)
@pytest.mark.timeout(15)
def test_long_cells_are_read_in_time(text: str) -> None:
    header = "name,start,duration,predecessors,labels,budget,wbs,parent"
    assert problems(header + "\nDig" + f',"{text}"' * 7 + "\n")
