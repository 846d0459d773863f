"""Generating and compiling the clients, once for all test processes and for as long as nothing has changed."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from tests.clients.scenario import CLIENTS
from tests.clients.table import PROOFS, leave

DOCUMENT = CLIENTS.parent / "openapi" / "openapi.json"
TOOLS = Path(sys.executable).parent
QUICK_START = "-XX:TieredStopAtLevel=1"  # halves the time of a Java program that is soon over
_ENVIRON = {
    **os.environ,
    "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
    "CI": "1",
    "JAVA_OPTS": QUICK_START,
    "GOTOOLCHAIN": "local",
}


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end, without failure."""
    done = subprocess.run(command, cwd=folder, env=_ENVIRON, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@contextmanager
def once(stamp: Path, *inputs: Path) -> Iterator[bool]:
    """Whether there is something to do: not where it was done for the same inputs. One process does it at a time."""
    digest = sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    with stamp.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not stamp.exists() or stamp.read_text() != digest
        stamp.write_text(digest)


def generate(folder: Path, *arguments: str | Path) -> int:
    """Run openapi-generator in a folder; how many warnings it gave."""
    done = run(TOOLS / "openapi-generator-cli", "generate", *arguments, folder=folder)
    return (done.stdout + done.stderr).count(" WARN ")


def need(language: str, what: str, *, is_here: bool) -> None:
    """Say in the table that a tool is not here, and skip the test; where it is here, nothing is said."""
    if not is_here:
        leave(language, "absent", what)
        pytest.skip(f"no {what} on this machine")
    (PROOFS / language / "absent.json").unlink(missing_ok=True)
