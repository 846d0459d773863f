"""The table of the clients says what the tests found, and what they could not find out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.scenario import STEPS, Step
from tests.clients.table import LANGUAGES, PAGE, Row, leave, leave_steps, told, with_table


def test_a_row_is_of_the_facts_that_were_left_and_of_the_worst_run(tmp_path: Path) -> None:
    steps = [Step(name, ok=True, detail="") for name in STEPS]
    leave("x", "warnings", 0, tmp_path)
    leave("x", "compiled", "with cc", tmp_path)
    leave_steps("x", "a", steps, tmp_path)
    leave_steps("x", "b", [*steps[:-1], Step("stream", ok=False, detail="")], tmp_path)
    assert told("X", "gen 1", "x", tmp_path) == Row("X", "gen 1", "0", "with cc", "9 of 10 (a, b)")


def test_a_language_without_its_tools_says_so(tmp_path: Path) -> None:
    leave("x", "absent", "javac", tmp_path)
    assert told("X", "gen 1", "x", tmp_path) == Row("X", "gen 1", *["no javac here"] * 3)


def test_what_was_not_run_is_not_claimed(tmp_path: Path) -> None:
    assert told("X", "gen 1", "x", tmp_path) == Row("X", "gen 1", *["not run here"] * 3)


def test_the_page_keeps_what_is_around_the_table() -> None:
    once = with_table("Before\n\n", [Row("X", "gen 1", "0", "yes", "10 of 10")])
    again = with_table(once + "After\n", [Row("Y", "gen 2", "0", "yes", "10 of 10")])
    assert again.startswith("Before\n")
    assert again.endswith("After\n")
    assert "| Y | gen 2 | 0 | yes | 10 of 10 |" in again
    assert "| X |" not in again


@pytest.mark.parametrize("row", LANGUAGES)
def test_the_page_has_every_language_with_the_generator_that_is_used_now(row: Callable[[], Row]) -> None:
    assert f"| {row().language} | {row().generator} |" in PAGE.read_text()


def test_the_page_tells_of_every_step_of_every_language() -> None:
    """What was run when it was made stays: the tools for Go and Java need not be on this machine."""
    passed = re.findall(r"\| (\d+) of (\d+) \(", PAGE.read_text())
    assert passed == [(str(len(STEPS)), str(len(STEPS)))] * len(LANGUAGES)
