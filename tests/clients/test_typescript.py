"""The TypeScript client: generated, compiled, tested on its own, and run through the scenario."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from tests.clients.scenario import CLIENTS, assert_all_passed, steps_of, told_of_server

CLIENT = CLIENTS / "typescript"
DOCUMENT = CLIENTS.parent / "openapi" / "openapi.json"
BUILD = CLIENT / "build"
NODE = Path(sys.executable).with_name("node")
ENVIRON = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}", "CI": "1"}
_SOURCES = ("src/*.ts", "tests/*", "*.ts", "*.mjs", "*.json")


def run(*command: str | Path, folder: Path = CLIENT) -> str:
    """Run a tool, by default in the folder of the client; what it printed."""
    done = subprocess.run(command, cwd=folder, env=ENVIRON, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def _once(stamp: Path, *inputs: Path) -> Iterator[bool]:
    """Whether there is something to do: not where it was done for the same inputs. One process does it at a time."""
    digest = sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    with stamp.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not stamp.exists() or stamp.read_text() != digest
        stamp.write_text(digest)


@pytest.fixture(scope="session")
def tools() -> None:
    """What package-lock.json names is installed."""
    with _once(BUILD / "installed.stamp", CLIENT / "package-lock.json") as is_new:
        if is_new or not (CLIENT / "node_modules").is_dir():
            run("npm", "ci", "--prefer-offline")


@pytest.fixture(scope="session")
def built(tools: None) -> None:
    """The client is generated and compiled, its tests and the runner of the scenario as well."""
    sources = sorted(path for pattern in _SOURCES for path in CLIENT.glob(pattern))
    with _once(BUILD / "built.stamp", DOCUMENT, *sources) as is_new:
        if is_new or not (CLIENT / "dist").is_dir():
            run("npm", "run", "build")
            run("npm", "run", "build:tests")


def test_its_own_tests_pass(built: None) -> None:
    """Retries, pages, the recorder, webhooks and the stream, each against a server of its own."""
    run(NODE, "--test", *sorted((BUILD / "tests").glob("*.test.js")))


def test_it_runs_the_scenario(built: None, tmp_path: Path, database_url: str) -> None:
    with told_of_server(tmp_path, database_url) as environ:
        assert_all_passed(steps_of([NODE, "build/scenario.js"], CLIENT, environ))


def test_the_document_generates_without_options_and_compiles(tools: None, tmp_path: Path) -> None:
    tool = CLIENT / "node_modules" / ".bin"
    printed = run(tool / "openapi-ts", "--input", DOCUMENT, "--output", "plain", folder=tmp_path)
    assert "warn" not in printed.lower()
    options = ["--strict", "--noEmit", "--target", "ES2022", "--module", "ES2022", "--moduleResolution", "bundler"]
    run(tool / "tsc", *options, "plain/index.ts", folder=tmp_path)


def test_the_package_holds_what_is_needed_and_no_more(built: None) -> None:
    packed = json.loads(run("npm", "pack", "--dry-run", "--json", "--ignore-scripts"))[0]
    files = {entry["path"] for entry in packed["files"]}
    assert {"README.md", "package.json", "dist/index.js", "dist/index.d.ts", "dist/generated/sdk.gen.js"} <= files
    assert all(path.startswith("dist/") for path in files - {"README.md", "package.json"})
    assert "dependencies" not in json.loads((CLIENT / "package.json").read_text())


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (CLIENT / "package-lock.json").read_text()
