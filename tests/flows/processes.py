"""Leeway as it runs outside of tests: processes of the real command, on free ports and new databases."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.flows.forked import Forked

KEY = "lw_first-admin-key-of-these-processes"
_COMMAND = Path(sys.executable).with_name("leeway")
_PORT = re.compile(r"running on http://[^ ]+:(\d+)")
_START_SECONDS = 30
_numbers = count(1)


def environment(database_url: str | None = None, **settings: object) -> dict[str, str]:
    """The environment without any Leeway setting but these: `environment(url, port=8080)`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEEWAY_")}
    given = {**settings, **({} if database_url is None else {"database_url": database_url})}
    return {**inherited, **{f"LEEWAY_{name.upper()}": str(value) for name, value in given.items()}}


def leeway(
    *arguments: str, folder: Path, database_url: str | None = None, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, in a folder of its own."""
    with TemporaryDirectory() as files:
        output, log = (Path(files) / name for name in ("output", "log"))
        process = Forked(arguments, folder, environment(database_url, **settings), (output, log))
        try:
            status = process.wait(60)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, status, output.read_text(), log.read_text())


def installed_leeway(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command that is installed, as a shell does, to its end."""
    return subprocess.run(
        [_COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class Process:
    """A process of the command that goes on until it is told to end."""

    popen: subprocess.Popen[bytes] | Forked
    folder: Path
    name: str

    @property
    def printed(self) -> str:
        """What it wrote to its standard output so far."""
        return (self.folder / f"{self.name}.out").read_text()

    @property
    def logged(self) -> str:
        """What it logged so far."""
        return (self.folder / f"{self.name}.log").read_text()

    @property
    def port(self) -> int:
        """The port it listens on, once it does."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            found = _PORT.search(self.logged)
            if found is not None:
                return int(found[1])
            assert self.popen.poll() is None, f"it ended with {self.popen.returncode}:\n{self.logged}"
            time.sleep(0.02)
        raise AssertionError(f"it does not listen:\n{self.logged}")

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, key: str | None = KEY, **options: Any) -> httpx.AsyncClient:
        """A client of it, by default of its first admin."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.AsyncClient(base_url=self.address, headers=headers, **{"timeout": 30, **options})

    def get(self, path: str) -> httpx.Response:
        """One answer, without a key."""
        return httpx.get(self.address + path, timeout=10)

    def wait_until_ready(self) -> "Process":
        """Wait until /readyz answers 200."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.get("/readyz").status_code == 200:
                return self
            time.sleep(0.05)
        raise AssertionError(f"it does not become ready:\n{self.logged}")

    def wait_until_listening(self) -> None:
        """Wait until the port that it printed itself takes connections."""
        deadline = time.monotonic() + _START_SECONDS
        while "Serving on http://" not in self.printed:
            assert self.popen.poll() is None, f"it ended with {self.popen.returncode}:\n{self.logged}"
            assert time.monotonic() < deadline, f"it does not serve:\n{self.logged}"
            time.sleep(0.05)
        address = self.printed.partition("Serving on http://")[2].split()[0]
        host, _, port = address.partition(":")
        while not _takes_connections(host, int(port)):
            assert time.monotonic() < deadline, f"it does not listen:\n{self.logged}"
            time.sleep(0.05)

    def end(self, by: signal.Signals = signal.SIGTERM, within: float = 30) -> int:
        """Send a signal and wait; answers the exit status."""
        self.popen.send_signal(by)
        return self.popen.wait(within)


def _takes_connections(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


@contextmanager
def started(folder: Path, *arguments: str, environ: dict[str, str], is_installed: bool = False) -> Iterator[Process]:
    """A process of the command, which is gone in the end; of the installed one on demand, as a shell starts it."""
    name = f"leeway-{next(_numbers)}"
    files = folder / f"{name}.out", folder / f"{name}.log"
    popen = (
        _installed(folder, arguments, environ, files) if is_installed else Forked(arguments, folder, environ, files)
    )
    try:
        yield Process(popen, folder, name)
    finally:
        if popen.poll() is None:
            popen.terminate()
            try:
                popen.wait(15)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait(15)


def _installed(
    folder: Path, arguments: tuple[str, ...], environ: dict[str, str], files: tuple[Path, Path]
) -> subprocess.Popen[bytes]:
    with files[0].open("wb") as output, files[1].open("wb") as log:
        return subprocess.Popen(
            [_COMMAND, *arguments], cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=log
        )


@contextmanager
def serving(folder: Path, database_url: str, **settings: object) -> Iterator[Process]:
    """`leeway serve` on a free port and a migrated database, ready to be spoken to with `KEY`."""
    given = {"port": 0, "bootstrap_key": KEY, "run_loops": "false", "database_pool_timeout_seconds": 20, **settings}
    with started(folder, "serve", environ=environment(database_url, **given)) as process:
        yield process.wait_until_ready()


async def make_plan(client: httpx.AsyncClient, key: str, milestones: int = 3) -> None:
    """A plan with milestones m1, m2, … and a baseline."""
    listed = [{"key": f"m{i}", "name": f"M {i}", "planned_finish": "2026-03-10"} for i in range(1, milestones + 1)]
    made = await client.put(f"/v1/plans/{key}/document", json={"name": key, "milestones": listed})
    assert made.status_code == 201, made.text
    named = {"name": "Agreed", "reason": "signed off"}
    assert (await client.post(f"/v1/plans/{key}/baselines", json=named)).status_code == 201


def note(number: int | str, **fields: Any) -> dict[str, Any]:
    """A small event that any plan takes."""
    return {
        "id": f"note-{number}",
        "source": "tests",
        "type": "note.added",
        "occurred_at": "2026-03-01T10:00:00Z",
        "data": {"text": f"note {number}"},
        **fields,
    }


async def all_events(client: httpx.AsyncClient, plan: str) -> list[dict[str, Any]]:
    """Every event of a plan, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "200", **({"cursor": cursor} if cursor else {})}
        page = await client.get(f"/v1/plans/{plan}/events", params=params)
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        cursor = page.json()["next_cursor"]
    return found


def assert_gapless(events: list[dict[str, Any]]) -> None:
    """Numbered 1, 2, 3 …, each recorded later than the one before, no name twice."""
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert len({(event["source"], event["id"]) for event in events}) == len(events)
    recorded = [event["recorded_at"] for event in events]
    assert len(set(recorded)) == len(recorded)
