"""Links of Microsoft Project: their types, their lags, and those that a plan cannot have."""

from typing import Any

import pytest

from app.domain.moments import parse_instant, to_minutes
from tests.formats.mspdi_build import codes, link, notes, parsed, problems, scheduled, task


def lag(**fields: Any) -> tuple[Any, Any, Any]:
    """The lag of the only link of a file."""
    (found,) = parsed([task(), task(2, PredecessorLink=[link(1, **fields)])]).document["dependencies"]
    return found["lag_minutes"], found["lag_percent"], found["lag_unit"]


@pytest.mark.parametrize(("number", "type_"), [(0, "FF"), (1, "FS"), (2, "SF"), (3, "SS"), (None, "FS")])
def test_a_link_has_one_of_four_types(number: int | None, type_: str) -> None:
    (found,) = parsed([task(), task(2, PredecessorLink=[link(1, number)])]).document["dependencies"]
    assert (found["predecessor"], found["type"], found["successor"]) == ("1", type_, "2")


@pytest.mark.parametrize(
    ("tenths", "told_as", "expected"),
    [
        (4800, 7, (480, None, "working")),
        (-2400, 5, (-240, None, "working")),
        (14400, 8, (1440, None, "elapsed")),
        (600, 38, (60, None, "elapsed")),
        (50, 19, (0, 50.0, "working")),
        (-25, 51, (0, -25.0, "working")),
        (50, 20, (0, 50.0, "elapsed")),
        (0, 19, (0, None, "working")),
        (0, 8, (0, None, "working")),
        (15, 3, (2, None, "working")),
        (None, None, (0, None, "working")),
    ],
)
def test_a_lag_is_working_elapsed_or_a_percentage(tenths: Any, told_as: Any, expected: Any) -> None:
    assert lag(LinkLag=tenths, LagFormat=told_as) == expected


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"LinkLag": 525_600_010}, "out_of_range"),
        ({"LinkLag": 1_001, "LagFormat": 19}, "out_of_range"),
        ({"LinkLag": "long"}, "not_a_number"),
        ({"Type": 4}, "out_of_range"),
        ({"PredecessorUID": "A"}, "not_a_number"),
        ({"PredecessorUID": None}, "missing"),
        ({"PredecessorUID": 9}, "unknown_task"),
    ],
)
def test_links_that_cannot_be(fields: Any, code: str) -> None:
    (found,) = problems([task(), task(2, Name="Pour", PredecessorLink=[link(1) | fields])])
    assert found.code == code
    assert ", Task 2 (Pour), PredecessorLink" in found.place


def test_a_link_to_what_is_left_out_is_left_out() -> None:
    found = parsed(
        [
            task(1, Active=0),
            task(2, ExternalTask=1),
            task(3, PredecessorLink=[link(1), link(2), link(77, CrossProject=1, CrossProjectName="other.mpp\\4")]),
        ]
    )
    assert found.document["dependencies"] == []
    assert sorted(notes(found)) == ["cross_project_link_left_out", "external_task_left_out", "inactive_task_left_out"]


def test_the_project_itself_precedes_nothing() -> None:
    assert codes([task(0, 0), task(1, PredecessorLink=[link(0)])]) == ["unknown_task"]


def test_a_link_told_twice_is_one_and_the_longer_lag_counts() -> None:
    def links(*lags: int) -> Any:
        return parsed([task(), task(2, PredecessorLink=[link(1, LinkLag=lag * 10) for lag in lags])])

    assert (len(links(60, 60).document["dependencies"]), notes(links(60, 60))) == (1, [])
    assert ([each["lag_minutes"] for each in links(60, 90, 30).document["dependencies"]]) == [90]
    assert notes(links(60, 90, 30)) == ["link_repeated"]


def test_two_tasks_may_be_linked_in_two_ways() -> None:
    found = parsed([task(), task(2, PredecessorLink=[link(1, 3), link(1, 0)])]).document["dependencies"]
    assert [each["type"] for each in found] == ["SS", "FF"]


def test_a_link_from_a_summary_waits_for_all_that_is_in_it() -> None:
    inside = [task(2, 2), task(3, 2, Duration="PT16H0M0S")]
    found = parsed([task(1, 1, Summary=1), *inside, task(4, 1, PredecessorLink=[link(1)])])
    items = scheduled(found, parse_instant("2026-01-05T08:00:00Z")).items
    assert items["4"].driving_predecessor == "3"
    assert items["4"].early_start == to_minutes(parse_instant("2026-01-07T08:00:00Z"))


def test_every_dependency_has_its_place() -> None:
    found = parsed([task(), task(2, Name="Pour", PredecessorLink=[link(1)])])
    (place,) = found.places["dependencies"]
    assert place.startswith("line ")
    assert place.endswith(", Task 2 (Pour), PredecessorLink")
