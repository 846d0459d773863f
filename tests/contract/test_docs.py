"""The documentation says what is so: the tour runs, tables are those of the code, and what is named exists."""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from app.settings import Settings
from tests.contract import curl, documents
from tests.contract.documents import ROOT
from tests.flows.processes import environment, started

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/adr/[0-9]*.md"))
BLOCK = re.compile(r"^```(\w+)( run)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"\bLEEWAY_[A-Z_]+\b")
NEXT = "--- next block ---"

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.parametrize(("name", "part"), documents.MADE)
def test_a_part_made_from_the_code_is_up_to_date(name: str, part: str) -> None:
    begin, end = documents.edges(part)
    written = (ROOT / name).read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]
    assert written.strip() == documents.MADE[name, part](), "run make docs and commit the result"


@pytest.mark.parametrize("client", ["ours", *(["curl"] if shutil.which("curl") else [])])
def test_the_tour_answers_what_the_readme_shows(client: str, tmp_path: Path) -> None:
    tour = re.findall(r"^## A five-minute tour\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)[0]
    blocks = BLOCK.findall(tour)
    shown = [text for (_, run, _), (kind, _, text) in pairwise(blocks) if run and kind == "json"]
    first = next(text for kind, _, text in blocks if kind == "text")
    with started(tmp_path, "serve", "--migrate", environ=environment(port=0)) as server:
        server.wait_until_ready()
        assert matches(server.printed, first)
        key = re.findall(r"lw_\S+", server.printed)[0]
        script = f"\necho '{NEXT}'\n".join(text for _, run, text in blocks if run)
        done = subprocess.run(
            ["sh", "-eu"],
            input=script.replace("http://127.0.0.1:8000", server.address),
            env={**environment(), "KEY": key, "PATH": path_with(client, tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    nothing, *answers = done.stdout.split(f"{NEXT}\n")
    assert nothing == ""
    assert len(answers) == len(shown) >= 9
    for answer, expected in zip(answers, shown, strict=True):
        assert matches(answer, expected), f"{answer}\nis not what is shown:\n{expected}"


def path_with(client: str, folder: Path) -> str:
    """Where the tour finds python3, and curl or what stands in for it."""
    programs = folder / "programs"
    programs.mkdir()
    if client == "ours":
        (programs / "curl").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{curl.__file__}" "$@"\n')
        (programs / "curl").chmod(0o755)
    return os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])


def matches(text: str, shown: str) -> bool:
    """Whether the text is what is shown, where `…` stands for anything and white space for nothing."""
    parts = (re.escape("".join(part.split())) for part in shown.split("…"))
    return re.fullmatch(".*?".join(parts), "".join(text.split())) is not None


def test_the_tour_begins_with_the_command_that_was_run_here() -> None:
    planned = subprocess.run(
        ["make", "--no-print-directory", "-n", "run"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert planned.stdout.splitlines()[-1] == ".venv/bin/leeway serve --migrate"


@every_document
def test_every_target_of_make_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", document.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


@every_document
def test_every_link_inside_the_project_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (document.parent / link).exists()] == []


@every_document
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"`((?:app|benchmarks|docs|migrations|openapi|tests)/[\w./-]+)`", document.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@every_document
def test_every_setting_that_is_named_exists(document: Path) -> None:
    known = {f"LEEWAY_{name.upper()}" for name in Settings.model_fields}
    known |= {"LEEWAY_TEST_FULL", "LEEWAY_TEST_POSTGRES_URL"}
    for adapter in ROOT.glob("clients/ci/*/*"):  # what a build system tells the client
        known |= set(SETTING.findall(adapter.read_text("utf-8")))
    assert set(SETTING.findall(document.read_text("utf-8"))) - {"LEEWAY_"} <= known


def test_decisions_are_numbered_and_listed_in_order() -> None:
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (ROOT / "docs/adr/README.md").read_text("utf-8"))
    assert listed == [path.name for path in DECISIONS]
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_why_and_what_else_there_was(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(decision.name[:4])}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "Alternatives"]


def test_the_changelog_tells_what_is_not_released_yet() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = re.search(
        r"^## \[Unreleased\]\n\n(?:## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d\n\n)?### \w+\n\n- ", changes, re.MULTILINE
    )
    assert told, "it begins with what is not released yet, or with the release that there is nothing after"
