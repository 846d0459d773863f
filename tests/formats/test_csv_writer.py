"""Plans as tables: what a spreadsheet sees, and what comes back."""

import csv
import re
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from hypothesis import given, settings

from app.domain.cpm import ScheduleInputs, options_of, schedule
from app.domain.execution import Lifecycle, State
from app.domain.plan import Dependency, DependencyType, Milestone, MilestoneKind
from app.formats.csv_columns import COMPUTED
from app.formats.csv_reader import read
from app.formats.csv_rows import FORMULA
from app.formats.csv_writer import write
from app.formats.exported import Exported
from app.formats.parsed import ReadOptions
from tests.domain.cpm_build import FIVE_DAYS
from tests.formats.csv_plans import AS_OF, as_told, content_of, exported, plans, statements_of
from tests.scale import full

DIG = Milestone("dig", "Dig", MilestoneKind.activity, date(2024, 5, 6), date(2024, 5, 10), 2400)
POUR = Milestone("pour", "Pour", MilestoneKind.activity, planned_duration_minutes=90)
DONE = Milestone("done", "Done", planned_finish=datetime(2024, 5, 17, 15, tzinfo=UTC))


def table(plan: Exported) -> list[dict[str, str]]:
    """The rows of the table by their columns."""
    return list(csv.DictReader(StringIO(write(plan).decode("utf-8-sig"), newline="")))


def cells(plan: Exported, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in table(plan)]


def test_the_file_is_utf8_with_a_mark_and_has_lines_as_rfc_4180_says() -> None:
    content = write(exported(DIG))
    assert content.startswith(b"\xef\xbb\xbfid,name,kind,parent,start,finish,duration,")
    assert content.count(b"\r\n") == content.count(b"\n") == 2


def test_dates_durations_and_links_are_told_as_they_are_read() -> None:
    link = Dependency("dig", DependencyType.FS, "pour", lag_minutes=-150)
    plan = exported(DIG, POUR, DONE, dependencies=(link,), time_zone="Europe/Berlin")
    assert cells(plan, "id", "start", "finish", "duration", "predecessors") == [
        ("dig", "2024-05-06", "2024-05-10", "40h", ""),
        ("done", "", "2024-05-17 17:00", "", ""),
        ("pour", "", "", "90m", "digFS-150m"),
    ]


@pytest.mark.parametrize("hour", [0, 1])
def test_of_two_equal_hours_the_second_is_told_in_utc(hour: int) -> None:
    done = Milestone("done", "Done", planned_finish=datetime(2024, 10, 27, hour, 30, tzinfo=UTC))
    told = "2024-10-27T01:30:00Z" if hour else "2024-10-27 02:30"
    assert cells(exported(done, time_zone="Europe/Berlin"), "finish") == [(told,)]


def test_phases_come_before_what_lies_in_them() -> None:
    names = {"z": None, "y": "z", "a": "z", "b": "y", "m": None}
    inside = {"z", "y"}
    made = [
        Milestone(key, key, MilestoneKind.phase if key in inside else MilestoneKind.milestone, parent=parent)
        for key, parent in names.items()
    ]
    assert [key for (key,) in cells(exported(*made), "id")] == ["m", "z", "a", "y", "b"]


def test_rows_are_known_by_the_ids_of_the_system_they_came_from() -> None:
    made = [Milestone("a-1", "A", external_id="A 1"), Milestone("b", "B", external_id=" ")]
    assert cells(exported(*made), "id", "leeway_key") == [("A 1", "a-1"), ("b", "b")]


def test_ids_that_would_be_the_same_give_way_to_keys() -> None:
    made = [Milestone("a", "A", external_id="b"), Milestone("b", "B")]
    assert [key for (key,) in cells(exported(*made), "id")] == ["a", "b"]


def test_texts_that_a_spreadsheet_would_run_are_defused() -> None:
    made = [
        Milestone(f"m{i}", text, owner=text) for i, text in enumerate(["=1+1", "+1", "-1", "@x", "\tx", "'x", "a=b"])
    ]
    told = ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "''x", "a=b"]
    assert [row["owner"] for row in table(exported(*made))] == told
    assert [m["name"] for m in read(write(exported(*made)), ReadOptions()).document["milestones"]] == [
        m.name for m in made
    ]


def test_what_would_be_read_as_a_completion_is_left_out() -> None:
    begun = State(Lifecycle.in_progress, actual_start=date(2024, 5, 6), percent_complete=100.0, remaining_minutes=60)
    columns = ("percent_complete", "remaining_duration", "actual_start")
    assert cells(exported(DIG, states={"dig": begun}), *columns) == [("", "1h", "2024-05-06")]
    assert cells(exported(DONE, states={"done": begun}), *columns) == [("", "1h", "")]


def test_phases_have_no_progress() -> None:
    phase = Milestone("all", "All", MilestoneKind.phase)
    state = State(Lifecycle.in_progress, percent_complete=50.0)
    assert cells(exported(phase, states={"all": state}), "percent_complete") == [("",)]


def test_behind_the_columns_stands_what_leeway_computes() -> None:
    plan = exported(DIG, POUR, dependencies=(Dependency("dig", DependencyType.FS, "pour"),))
    content = plan.content
    inputs = ScheduleInputs(
        content.milestones,
        content.dependencies.values(),
        {},
        lambda _: FIVE_DAYS,
        FIVE_DAYS,
        options_of(content.fields),
    )
    computed = Exported("dam", content, AS_OF, {}, schedule(inputs, AS_OF), {})
    dug, poured = cells(computed, *COMPUTED)
    assert dug == (
        *("dig", "not_started"),
        *("2024-05-08 16:00", "2024-05-15 16:00", "2024-05-08 16:00", "2024-05-15 16:00"),
        *("2024-05-08 16:00", "2024-05-15 16:00", "2400", "0", "0", "yes", ""),
    )
    assert poured[-1] == "dig"


def test_the_baseline_that_counts_is_the_last_one() -> None:
    assert cells(exported(DIG, POUR, baseline={"dig": DIG}), "baseline_start", "baseline_duration") == [
        ("2024-05-06", "40h"),
        ("", ""),
    ]


@settings(max_examples=full(1000, 60), deadline=None)
@given(plans())
def test_what_a_table_can_say_of_a_plan_comes_back(plan: Exported) -> None:
    body = write(plan)
    found = read(body, ReadOptions("Asia/Tokyo"))
    ids = _ids(plan)
    told, expected = content_of(found), as_told(plan, ids)
    assert told.milestones == expected.milestones
    assert told.dependencies == expected.dependencies
    assert told.fields == expected.fields
    happened = [
        (s["milestone"], s["type"].removeprefix("milestone."), s["occurred_at"], s["data"]) for s in found.statements
    ]
    assert sorted(happened, key=str) == statements_of(plan, ids)


def _ids(plan: Exported) -> dict[str, str]:
    ids = {key: (each.external_id or "").strip() or key for key, each in plan.content.milestones.items()}
    return ids if len(set(ids.values())) == len(ids) else {key: key for key in ids}


@settings(max_examples=full(1000, 60), deadline=None)
@given(plans())
def test_no_cell_is_a_formula(plan: Exported) -> None:
    number = re.compile(r"-?[0-9.]+(e-?[0-9]+)?")
    for row in table(plan):
        assert not [cell for cell in row.values() if cell[:1] in set(FORMULA) and not number.fullmatch(cell)]


def test_midnight_is_told_in_utc_so_that_it_does_not_become_a_day() -> None:
    done = Milestone("done", "Done", planned_finish=datetime(2024, 5, 16, 22, tzinfo=UTC))
    assert cells(exported(done, time_zone="Europe/Berlin"), "finish") == [("2024-05-16T22:00:00Z",)]
