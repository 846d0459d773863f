"""The gate before a release: what breaks clients, what is only new, and what the gate asks for then."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.contract import release
from tests.contract.contract_changes import changes
from tests.contract.documents import ROOT
from tests.contract.edits import GONE, Copy, Edit, edited, small
from tests.contract.planted import ADDITIONS, BREAKING, UNNOTICED
from tests.contract.release import Folder, Refused, lowest, numbers, told
from tests.contract.schema_changes import Change, Json

SMALL = small()
REAL: Json = json.loads((ROOT / "openapi/openapi.json").read_text(encoding="utf-8"))
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n"


def lines(edit: Edit) -> list[str]:
    return [str(change) for change in changes(SMALL, edited(SMALL, edit))]


def checkout(path: Path, old: Json | None, new: Json) -> Folder:
    """A folder with the document of a release, the one of now, and a changelog."""
    (path / "openapi").mkdir()
    (path / "openapi/openapi.json").write_text(json.dumps(new), encoding="utf-8")
    if old is not None:
        (path / "openapi/released.json").write_text(json.dumps(old), encoding="utf-8")
    (path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    (path / "pyproject.toml").write_text('[project]\nversion = "1.4.0"\n', encoding="utf-8")
    return Folder(path)


def command(path: Path, *words: str) -> tuple[int, str, str]:
    """What `python -m tests.contract.release` answers: its exit status, its lines, and why it refuses."""
    run = [sys.executable, "-m", "tests.contract.release", *words, "--folder", str(path)]
    done = subprocess.run(run, cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("kind", BREAKING)
def test_this_breaks_clients(kind: str) -> None:
    edit, line = BREAKING[kind]
    assert f"breaking  {line}" in lines(edit)


@pytest.mark.parametrize("kind", ADDITIONS)
def test_this_is_only_new(kind: str) -> None:
    edit, line = ADDITIONS[kind]
    assert lines(edit) == [f"addition  {line}"]


@pytest.mark.parametrize("kind", UNNOTICED)
def test_this_is_no_difference(kind: str) -> None:
    assert lines(UNNOTICED[kind]) == []


def test_a_schema_is_named_once_however_many_operations_use_it() -> None:
    edit: Edit = {"Problem properties code": GONE, "Problem required": []}
    assert lines(edit) == ["breaking  Problem.code: gone (answer of list_plans)"]


def test_the_same_change_of_many_operations_is_one_line() -> None:
    found = [Change(f"GET /{name}", "the answer 429 is new", breaking=False) for name in "abc"]
    assert list(told(found, "{place}{others}: {what}")) == ["GET /a and 2 others: the answer 429 is new"]


REAL_BREAKS: dict[str, tuple[Edit, str]] = {
    "renamed": (
        {"Plan properties purpose": Copy("Plan properties goal"), "Plan properties goal": GONE},
        "breaking  Plan.goal: renamed to purpose",
    ),
    "narrowed": ({"PlanInput properties name maxLength": 100}, "breaking  PlanInput.name: maxLength 200 → 100"),
    "made required": ({"PlanInput required +": "owner"}, "breaking  PlanInput.owner: optional → required"),
}


def test_no_schema_of_the_real_document_is_out_of_sight() -> None:
    used = json.dumps(REAL)
    schemas = [
        name
        for name, schema in REAL["components"]["schemas"].items()
        if "properties" in schema and f'"#/components/schemas/{name}"' in used
    ]
    found = changes(REAL, edited(REAL, {f"{name} properties planted": {"type": "string"} for name in schemas}))
    assert {change.place for change in found} == {f"{name}.planted" for name in schemas}


@pytest.mark.parametrize("kind", REAL_BREAKS)
def test_a_broken_field_of_the_real_document_fails_the_gate(kind: str, tmp_path: Path) -> None:
    edit, line = REAL_BREAKS[kind]
    checkout(tmp_path, REAL, edited(REAL, edit))
    status, said, why = command(tmp_path, "check")
    assert status == 1
    assert line in said
    assert "This breaks clients of" in why


def test_the_gate_is_open_where_nothing_changed(tmp_path: Path) -> None:
    checkout(tmp_path, REAL, REAL)
    assert command(tmp_path, "check") == (0, "", "")


def test_what_was_released_must_be_there(tmp_path: Path) -> None:
    checkout(tmp_path, None, SMALL)
    with pytest.raises(Refused, match=r"openapi/released\.json, the document of the last release, is missing"):
        list(Folder(tmp_path).check())


@pytest.mark.parametrize(
    ("was", "now", "enough"),
    [
        ("0.1.0", "0.1.9", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.3", "1.0.0", True),
        ("1.4.0", "1.5.0", False),
        ("1.4.0", "2.0.0", True),
    ],
)
def test_a_version_that_says_so_lets_it_through(was: str, now: str, enough: bool, tmp_path: Path) -> None:
    edit, line = BREAKING["a field of the answer is removed"]
    folder = checkout(tmp_path, edited(SMALL, {"info version": was}), edited(SMALL, {**edit, "info version": now}))
    folder.write_changelog()
    if enough:
        assert f"breaking  {line}" in list(folder.check())
    else:
        with pytest.raises(Refused, match=f"This breaks clients of {was}"):
            list(folder.check())


def test_a_version_does_not_go_back(tmp_path: Path) -> None:
    folder = checkout(tmp_path, SMALL, edited(SMALL, {"info version": "1.3.9"}))
    with pytest.raises(Refused, match=r"1\.3\.9 is older than the released 1\.4\.0"):
        list(folder.check())


def test_what_is_new_and_not_in_the_changelog_fails_with_what_to_write(tmp_path: Path) -> None:
    checkout(tmp_path, SMALL, edited(SMALL, ADDITIONS["an operation"][0]))
    status, _, why = command(tmp_path, "check")
    assert status == 1
    assert "run make openapi" in why
    assert "- `GET /plans/{plan}`: the operation get_plan is new" in why


def test_make_openapi_writes_what_is_new_into_the_changelog(tmp_path: Path) -> None:
    folder = checkout(tmp_path, SMALL, edited(SMALL, ADDITIONS["an operation"][0]))
    folder.write_changelog()
    assert list(folder.check()) == ["addition  GET /plans/{plan}: the operation get_plan is new"]


def test_what_is_taken_back_leaves_the_changelog(tmp_path: Path) -> None:
    folder = checkout(tmp_path, SMALL, edited(SMALL, ADDITIONS["an operation"][0]))
    folder.write_changelog()
    folder.document.write_text(json.dumps(SMALL), encoding="utf-8")
    with pytest.raises(Refused, match="run make openapi"):
        list(folder.check())
    folder.write_changelog()
    assert folder.changelog.read_text(encoding="utf-8") == CHANGELOG


def test_a_release_closes_the_unreleased_part_and_is_what_is_compared_with_next(tmp_path: Path) -> None:
    edit = ADDITIONS["a field of an answer"][0]
    folder = checkout(tmp_path, SMALL, edited(SMALL, {**edit, "info version": "1.5.0"}))
    folder.write_changelog()
    folder.release(date(2027, 3, 1))
    assert folder.changelog.read_text(encoding="utf-8") == (
        "# Changelog\n\n## [Unreleased]\n\n## [1.5.0] - 2027-03-01\n\n"
        "### Contract\n\nCompared with 1.4.0.\n\n- `Plan.goal`: new (answer of list_plans)\n\n"
        "### Added\n\n- Something.\n"
    )
    assert list(folder.check()) == []


def test_a_first_release_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    folder = checkout(tmp_path, None, SMALL)
    folder.release(date(2027, 3, 1))
    assert "## [1.4.0] - 2027-03-01\n" in folder.changelog.read_text(encoding="utf-8")
    assert list(folder.check()) == []


@pytest.mark.parametrize(("now", "next_one"), [("1.4.0", "1.5.0"), ("1.4.1", "1.5.0")])
def test_a_release_with_something_new_has_a_higher_minor_number(now: str, next_one: str, tmp_path: Path) -> None:
    edit = ADDITIONS["a field of an answer"][0]
    folder = checkout(tmp_path, SMALL, edited(SMALL, {**edit, "info version": now}))
    folder.write_changelog()
    with pytest.raises(Refused, match=f"comes {next_one} or later"):
        folder.release(date(2027, 3, 1))


def test_before_one_an_addition_needs_no_more_than_the_next_number() -> None:
    assert lowest((0, 3, 1), [Change("Plan.goal", "new", breaking=False)]) == (0, 3, 1)


def test_the_version_of_a_release_is_written_into_the_project(tmp_path: Path) -> None:
    folder = checkout(tmp_path, SMALL, SMALL)
    folder.set_version("1.5.0")
    assert folder.project.read_text(encoding="utf-8") == '[project]\nversion = "1.5.0"\n'


@pytest.mark.parametrize("text", ["", "1.4", "v1.4.0", "1.4.0-rc1", "01.4.0"])
def test_a_version_is_three_numbers(text: str) -> None:
    with pytest.raises(Refused, match="three numbers"):
        numbers(text)


def test_a_changelog_without_an_unreleased_part_is_refused() -> None:
    with pytest.raises(Refused, match="has no part"):
        release.with_part("# Changelog\n", "")
