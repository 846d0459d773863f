"""The image: what it copies is there and reaches it, and its health check knows a server that serves."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.contract.documents import ROOT
from tests.flows.processes import environment, started

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def health_check(port: int) -> int:
    """The exit status of the image's health check for a server on this port."""
    _, *arguments = json.loads(re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[0])
    done = subprocess.run(
        [sys.executable, *arguments], env=environment(port=port), capture_output=True, timeout=10, check=False
    )
    return done.returncode


def test_it_is_healthy_while_it_serves(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--migrate", environ=environment(port=0)) as server:
        server.wait_until_ready()
        assert health_check(server.port) == 0
        port = server.port
    assert health_check(port) == 1


def test_it_is_not_healthy_before_the_database_is_migrated(tmp_path: Path) -> None:
    with started(tmp_path, "serve", environ=environment(port=0)) as server:
        assert server.get("/livez").status_code == 200
        assert health_check(server.port) == 1


def test_what_it_copies_is_in_the_project_and_not_ignored() -> None:
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()
    }
    ignored, *rules = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    assert ignored == "*"
    assert copied == {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_it_runs_the_command_of_the_project_and_not_as_root() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^ENTRYPOINT \["leeway"\]$', DOCKERFILE, re.MULTILINE)
    assert re.search(r"^leeway = ", project, re.MULTILINE)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.MULTILINE)
