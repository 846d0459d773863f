"""The guides: every block runs, or is read by what it is written for; every answer that is shown is what is said."""

import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from lxml import etree

from app.cli import app as command
from tests.contract.documents import ROOT
from tests.contract.guides import FOLDER, Block, blocks, differences, run, shown
from tests.flows.processes import KEY, environment, serving

GUIDES = sorted(FOLDER.glob("*.md"))
RUNNING = [guide for guide in GUIDES if shown(guide)]
every_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)


def follow(guide: Path, folder: Path, database_url: str) -> list[str]:
    """Do what a guide says, on a server of its own; what is not as it is shown."""
    settings = {"run_loops": "true", "sweep_seconds": 0.1, "webhooks_allow": "127.0.0.0/8"}
    with serving(folder, database_url, **settings) as server, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        receiver = free.getsockname()[1]
        free.close()
        said = {"http://127.0.0.1:8000": server.address, "127.0.0.1:9000": f"127.0.0.1:{receiver}"}
        said |= {'("127.0.0.1", 9000)': f'("127.0.0.1", {receiver})'}
        environ = {**environment(database_url), "KEY": KEY}
        answers = run(guide, folder, environ, said)
    wanted = [
        None if after is None else Block(after.language, "", _put(after.text, said)) for _, after in shown(guide)
    ]
    assert len(answers) == len(wanted)
    return [each for got, want in zip(answers, wanted, strict=True) for each in _wrong(got, want)]


def _put(text: str, said: dict[str, str]) -> str:
    for written, meant in said.items():
        text = text.replace(written, meant)
    return text


def _wrong(answer: str, after: Block | None) -> list[str]:
    if after is None:
        return [] if not answer.strip() else [f"an answer that is not shown: {answer}"]
    return list(differences(answer, after))


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("guide", [each for each in RUNNING if each.stem != "postgresql"], ids=lambda path: path.stem)
def test_a_guide_answers_what_it_shows(guide: Path, tmp_path: Path, database_url: str) -> None:
    if guide.stem == "upgrading":  # names the file that it saves
        (tmp_path / "leeway.db").symlink_to(database_url.partition("///")[2])
    assert follow(guide, tmp_path, database_url) == []


@pytest.mark.only_on("postgres")
def test_the_guide_to_postgresql_answers_what_it_shows_on_postgresql(tmp_path: Path, database_url: str) -> None:
    assert follow(FOLDER / "postgresql.md", tmp_path, database_url) == []


# Blocks that nothing runs here


def read_bash(text: str) -> None:
    """A command that a person runs: the shell can read it, and its first words exist."""
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    for line in text.splitlines():
        words = [word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", word)]
        program, *arguments = words or ["export"]
        if program == "leeway":
            assert arguments[0] in {each.name or each.callback.__name__ for each in command.registered_commands}  # type: ignore[union-attr]
        elif program == "make":
            assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        else:
            assert program == "export"


def read_groovy(text: str) -> None:
    """A step of Jenkins: its brackets match, and its line is one that the client takes."""
    for opening, closing in ("()", "[]", "{}"):
        assert text.count(opening) == text.count(closing)
    (line,) = re.findall(r"sh '([^']+)'", text)
    told = (ROOT / "clients/python/src/leeway_client/report.py").read_text(encoding="utf-8")
    program, report, *options = shlex.split(line)
    assert program in (ROOT / "clients/python/pyproject.toml").read_text(encoding="utf-8")
    for word in (report, *(option for option in options if option.startswith("--"))):
        assert f'"{word}"' in told


def read_yaml(text: str) -> None:
    """A file of GitHub, GitLab or Compose: it says only what is there to be said."""
    found = yaml.safe_load(text)
    kind = next(name for name in ("jobs", "include", "services") if name in found)
    {"jobs": _github, "include": _gitlab, "services": _compose}[kind](found)


def _github(found: dict[Any, Any]) -> None:
    inputs = yaml.safe_load((ROOT / "clients/ci/github/action.yml").read_text("utf-8"))["inputs"]
    required = {name for name, each in inputs.items() if each.get("required")}
    steps = [step for job in found["jobs"].values() for step in job["steps"] if "uses" in step]
    assert {step["with"]["report"] for step in steps} == {"started", "completed", "blocked"}
    for step in steps:
        assert required <= step["with"].keys() <= inputs.keys()
        assert all(isinstance(value, str) for value in step["with"].values())


def _gitlab(found: dict[Any, Any]) -> None:
    template = (ROOT / "clients/ci/gitlab/leeway.yml").read_text("utf-8")
    (job,) = (each for name, each in found.items() if name != "include")
    assert job["extends"] in yaml.safe_load(template)
    assert [name for name in job["variables"] if f"${name}" not in template] == []


def _compose(found: dict[Any, Any]) -> None:
    commands = {each.name or each.callback.__name__ for each in command.registered_commands}  # type: ignore[union-attr]
    for service in found["services"].values():
        assert service["command"][0] in commands
        assert service["environment"]["LEEWAY_DATABASE_URL"].startswith("postgresql+asyncpg://")


def read_sql(text: str) -> None:
    """Statements for an empty server."""
    for statement in text.strip().splitlines():
        assert re.fullmatch(r"CREATE (ROLE leeway LOGIN PASSWORD '[\w-]+'|DATABASE leeway OWNER leeway);", statement)


READERS: dict[str, Callable[[str], None]] = {
    "bash": read_bash,
    "groovy": read_groovy,
    "yaml": read_yaml,
    "sql": read_sql,
}


@every_guide
def test_no_block_is_unaccounted_for(guide: Path) -> None:
    answers = [after for _, after in shown(guide) if after is not None]
    for block in blocks(guide):
        if not block.runs and block not in answers:
            assert block.mark in {"", "by-hand"}
            READERS[block.language](block.text)


@every_guide
def test_a_guide_is_one_page_with_plain_headings(guide: Path) -> None:
    lines = re.sub(r"^ *```.*?^ *```$", "", guide.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL).splitlines()
    assert [line for line in lines if line.startswith("# ")] == lines[:1]


def test_the_index_lists_every_guide() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {f"({guide.name})" for guide in GUIDES if guide.stem != "README"} <= set(re.findall(r"\([\w.-]+\)", index))


def test_the_wheel_carries_all_that_is_shown(tmp_path: Path) -> None:
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as files:
        carried = set(files.namelist())
    wanted = {f"app/pages/guides/{each.name}" for each in FOLDER.iterdir()} | {"app/pages/configuration.md"}
    assert wanted | {f"app/pages/static/{each.name}" for each in (ROOT / "app/pages/static").iterdir()} <= carried


# The picture


def test_the_picture_says_what_the_answer_beside_it_says() -> None:
    """Its texts name their fields, and days lie as far apart as their dates."""
    answer = next(yaml.safe_load(after.text) for _, after in shown(FOLDER / "reading-variance.md") if after)
    items = {each["milestone"]: each for each in answer["items"]}
    picture = etree.parse(FOLDER / "variance.svg").getroot()
    places: dict[int, float] = {}
    fields = picture.findall(".//*[@data-field]")
    for each in fields:
        milestone, *path = each.get("data-field").split(".")
        value: Any = items[milestone]
        for name in path:
            value = value[name]
        if isinstance(value, float):
            assert f"{value:+g} working days" in "".join(each.itertext())
        else:
            places[int(value[-2:])] = float(each.get("x"))
    assert len(fields) >= 6
    days = sorted(places)
    scale = (places[days[-1]] - places[days[0]]) / (days[-1] - days[0])
    assert all(abs(places[day] - places[days[0]] - (day - days[0]) * scale) < 0.5 for day in days)
