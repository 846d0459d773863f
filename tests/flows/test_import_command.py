"""`leeway import FILE`: a schedule file into a plan without a server."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.processes import leeway, serving
from tests.http import build
from tests.http.imports_build import FIRST, SECOND, row, table

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> Run:
    """Run `leeway import` beside two files, on a database with the workspace `default`."""
    (tmp_path / "first.csv").write_bytes(FIRST)
    (tmp_path / "second.csv").write_bytes(SECOND)
    assert leeway("keys", "create", "me", folder=tmp_path, database_url=database_url).returncode == 0
    return lambda *arguments: leeway("import", *arguments, folder=tmp_path, database_url=database_url)


def test_it_tells_what_it_did(run: Run) -> None:
    done = run("first.csv", "--reason", "february")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:4] == [
        "Plan tower created from csv, as of 2026-02-01: revision 1",
        "  in the file: 3 activities, 1 milestones, 3 dependencies",
        "  changes: 4 milestones added, 3 dependencies added",
        "  events: 4 recorded",
    ]
    done = run("second.csv")
    assert "Plan tower updated from csv, as of 2026-03-01: revision 2" in done.stdout
    assert "  events: 4 recorded, 2 known, 1 retracted" in done.stdout


def test_the_same_file_again_tells_what_it_did_then(run: Run) -> None:
    first = run("first.csv")
    again = run("first.csv", "--plan", "tower")
    assert again.stdout.splitlines()[0] == "The same file was imported before; this is what it did then."
    assert again.stdout.splitlines()[1:] == first.stdout.splitlines()


def test_a_dry_run_changes_nothing(run: Run) -> None:
    done = run("first.csv", "--dry-run")
    assert done.stdout.splitlines()[0] == "Dry run: nothing was stored."
    assert "Plan tower created from csv" in run("first.csv").stdout


def test_calendars_and_notes_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(build.document(name="House")))
    (tmp_path / "dated.tsv").write_bytes(table(row("a", "2026-03-02 08:00", "2026-03-03 17:00")).replace(b",", b"\t"))
    assert "Plan House created from leeway: revision 1" in run("plan.json").stdout
    done = run("dated.tsv", "--plan", "House", "--time-zone", "Asia/Tokyo")
    assert "note: ?time_zone: the plan has the zone UTC, which counts" in done.stdout


@pytest.mark.only_on("sqlite")
async def test_what_was_imported_is_served(run: Run, tmp_path: Path, database_url: str) -> None:
    run("first.csv", "--plan", "mine", "--reason", "february")
    token = leeway("keys", "create", "reader", folder=tmp_path, database_url=database_url).stdout.strip()
    with serving(tmp_path, database_url) as server:
        async with server.client(token) as client:
            (found,) = (await build.get(client, "/v1/imports", plan="mine"))["items"]
    assert (found["author"], found["reason"], found["revision"]) == ("leeway import", "february", 1)


@pytest.mark.only_on("sqlite")
def test_every_problem_is_told_and_nothing_is_stored(run: Run, tmp_path: Path) -> None:
    rows = [row(name, "2026-03-06", "2026-03-02") for name in ("a", "b")]
    (tmp_path / "wrong.csv").write_bytes(table(*rows))
    done = run("wrong.csv")
    assert (done.returncode, done.stdout) == (1, "")
    first, *places = done.stderr.splitlines()
    assert first.startswith("The file cannot be imported")
    assert [place.partition(",")[0] for place in places] == ["  row 2", "  row 3"]
    assert "Plan tower created" in run("first.csv").stdout


@pytest.mark.only_on("sqlite")
def test_a_plan_that_the_file_has_nothing_to_do_with_needs_a_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(build.document(name="Other")))
    run("plan.json", "--plan", "tower")
    done = run("first.csv")
    assert (done.returncode, "?plan=" in done.stderr) == (1, True)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["first.csv", "--workspace", "nobodys"], "Workspace not found"),
        (["large.csv"], "A file has at most 20 MiB."),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(run: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    done = run(*arguments)
    assert (done.returncode, says in done.stderr) == (1, True)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument"),
        (["missing.csv"], "missing.csv"),
        (["first.csv", "--plan", "no/key"], "--plan"),
        (["first.csv", "--time-zone", "Mars/Olympus"], "--time-zone"),
    ],
)
def test_a_wrong_call_is_a_usage_error(run: Run, arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert (done.returncode, says in done.stderr) == (2, True)
