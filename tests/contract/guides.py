"""The blocks of a guide: which there are, how those that run are run, and whether an answer is what is shown."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.contract import curl
from tests.contract.documents import ROOT

FOLDER = ROOT / "docs" / "guides"
NEXT = "--- next block ---"
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?P<mark>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `bash` runs, `bash by-hand` is only read, `json` and `text` are what the one before answers."""

    language: str
    mark: str
    text: str

    @property
    def runs(self) -> bool:
        """Whether the guide's test runs it."""
        return self.language == "bash" and not self.mark


def blocks(guide: Path) -> list[Block]:
    """All blocks of a guide in their order."""
    found = _BLOCK.finditer(guide.read_text(encoding="utf-8"))
    return [Block(each["language"], each["mark"].strip(), dedent(each["text"])) for each in found]


def shown(guide: Path) -> list[tuple[Block, Block | None]]:
    """Each block that runs, with the one that shows its answer."""
    following = [*blocks(guide), Block("", "", "")]
    return [
        (block, after if after.language in {"json", "text"} else None)
        for block, after in pairwise(following)
        if block.runs
    ]


def run(guide: Path, folder: Path, environ: Mapping[str, str], said: Mapping[str, str]) -> list[str]:
    """Run a guide's blocks in one shell, as a reader does; what each of them printed.

    Args:
        guide: the guide.
        folder: where the shell is.
        environ: its environment.
        said: what is written in the guide, and what stands for it here.

    Raises:
        AssertionError: a command failed.
    """
    script = f"\necho '{NEXT}'\n".join(block.text for block, _ in shown(guide))
    for written, meant in said.items():
        script = script.replace(written, meant)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail"],
        input=script,
        cwd=folder,
        env={**environ, "PATH": _path(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout.split(f"{NEXT}\n")


def _path(folder: Path) -> str:
    programs = folder / "programs"
    programs.mkdir()
    if shutil.which("curl") is None:
        (programs / "curl").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{curl.__file__}" "$@"\n')
        (programs / "curl").chmod(0o755)
    return os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])


def differences(answer: str, after: Block) -> Iterator[str]:
    """Where the answer is not what is shown; of JSON a part may be shown, one value after the other."""
    if after.language == "text":
        if not _alike(answer, after.text):
            yield f"{answer!r} is not {after.text!r}"
        return
    got_values, wanted_values = list(_values(answer)), list(_values(after.text))
    if len(got_values) != len(wanted_values):
        yield f"{len(got_values)} answers, and {len(wanted_values)} are shown: {answer}"
    for got, want in zip(got_values, wanted_values, strict=False):
        yield from _unlike("", got, want)


def _values(text: str) -> Iterator[Any]:
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        rest = rest[end:].strip()
        yield value


def _unlike(place: str, got: Any, want: Any) -> Iterator[str]:
    if isinstance(want, dict) and isinstance(got, dict):
        for name, value in want.items():
            if name not in got:
                yield f"{place}/{name} is not there"
            else:
                yield from _unlike(f"{place}/{name}", got[name], value)
    elif isinstance(want, list) and isinstance(got, list):
        if len(got) != len(want):
            yield f"{place} has {len(got)} items, not {len(want)}"
        for number, (each, value) in enumerate(zip(got, want, strict=False)):
            yield from _unlike(f"{place}/{number}", each, value)
    elif isinstance(want, str) and isinstance(got, str):
        if not _alike(got, want):
            yield f"{place} is {got!r}, not {want!r}"
    elif got != want or isinstance(got, bool) != isinstance(want, bool):
        yield f"{place} is {got!r}, not {want!r}"


def _alike(got: str, want: str) -> bool:
    """Whether a text is what is shown, where `…` stands for anything."""
    return fnmatchcase(got, re.sub(r"([*?[])", r"[\1]", want).replace("…", "*"))
