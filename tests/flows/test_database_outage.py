"""The database goes away under a running server and comes back: honest answers meanwhile, nothing lost."""

import asyncio
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from migrations.run import upgrade
from tests import postgres_server
from tests.flows.processes import Process, all_events, assert_gapless, environment, make_plan, note, serving, started

ANSWER_SECONDS = 2.5
RECOVERY_SECONDS = 5


class Postgres:
    """A PostgreSQL server of our own, that may be stopped and started again on its data."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.url = f"postgresql+asyncpg://postgres@/postgres?host={home}"
        self.running = postgres_server._start(home)
        self._command = [*map(str, self.running.args), "-cfsync=on", "-csynchronous_commit=on"]  # type: ignore[arg-type]
        self.stop(signal.SIGINT)
        self.start()

    def start(self) -> None:
        nobody = pwd.getpwnam("nobody")
        as_user: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with (self.home / "log").open("ab") as log:
            self.running = subprocess.Popen(
                self._command,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **(as_user if os.geteuid() == 0 else {}),
            )

    def stop(self, by: signal.Signals = signal.SIGQUIT) -> None:
        self.running.send_signal(by)
        self.running.wait(30)


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A PostgreSQL server with a migrated database, gone in the end."""
    home = Path(tempfile.mkdtemp(prefix="leeway-outage-"))
    server = None
    try:
        server = Postgres(home)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_upgrade_when_up, server.url).result()
        yield server
    finally:
        if server is not None and server.running.poll() is None:
            server.running.send_signal(signal.SIGCONT)
            server.stop()
        shutil.rmtree(home)


def _upgrade_when_up(url: str) -> None:
    for _ in range(200):
        try:
            upgrade(url)
        except (OSError, Exception) as error:  # noqa: BLE001 - whatever it says while it starts
            last = error
            time.sleep(0.05)
        else:
            return
    raise last


def assert_unavailable(answer: httpx.Response) -> None:
    """503 as a problem, in time, with the seconds to wait."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "service-unavailable"
    assert 1 <= int(answer.headers["retry-after"]) <= 10


class Sender:
    """Sends events one after the other, each until it is acknowledged, as a careful client does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.numbers = count(1)
        self.acknowledged: set[str] = set()
        self.refused = 0
        self.slowest = 0.0
        self.acknowledged_at = 0.0

    async def run(self) -> None:
        while True:
            event = note(next(self.numbers))
            while event["id"] not in self.acknowledged:
                answer = await self.client.post("/v1/plans/a/events", json=event)
                self.slowest = max(self.slowest, answer.elapsed.total_seconds())
                if answer.status_code in {200, 201}:
                    self.acknowledged.add(event["id"])
                    self.acknowledged_at = time.monotonic()
                else:
                    assert_unavailable(answer)
                    self.refused += 1
                    await asyncio.sleep(0.05)


async def _wait_until_ready(server: Process, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    async with server.client() as client:
        while (await client.get("/readyz")).status_code != 200:
            assert time.monotonic() < deadline, "it did not recover in time"
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("by", [signal.SIGQUIT, signal.SIGINT], ids=["crash", "stop"])
async def test_postgresql_is_stopped_and_returns(postgres: Postgres, tmp_path: Path, by: signal.Signals) -> None:
    with serving(tmp_path, postgres.url, database_pool_timeout_seconds=2) as server:
        async with server.client() as client:
            await make_plan(client, "a")
            sender = Sender(client)
            sending = asyncio.create_task(sender.run())
            await asyncio.sleep(0.7)
            await asyncio.to_thread(postgres.stop, by)
            for path in ("/v1/plans", "/v1/plans/a/variance", "/readyz"):
                answer = await client.get(path)
                assert_unavailable(answer)
                assert answer.elapsed.total_seconds() < ANSWER_SECONDS
            assert (await client.get("/livez")).status_code == 200
            await asyncio.sleep(1)
            postgres.start()
            returned = time.monotonic()
            await _wait_until_ready(server, RECOVERY_SECONDS)
            while sender.acknowledged_at < returned:
                assert time.monotonic() < returned + RECOVERY_SECONDS, "no event is taken again"
                assert not sending.done(), sending
                await asyncio.sleep(0.05)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            recorded = await all_events(client, "a")
            assert_gapless(recorded)
            assert sender.acknowledged <= {event["id"] for event in recorded}
            assert sender.refused > 0
            assert sender.slowest < ANSWER_SECONDS
            variance = [await client.get("/v1/plans/a/variance") for _ in range(20)]
            assert {answer.status_code for answer in variance} == {200}


async def test_a_server_that_starts_before_its_database_serves_once_it_is_there(
    postgres: Postgres, tmp_path: Path
) -> None:
    postgres.stop(signal.SIGINT)
    with started(tmp_path, "serve", environ=environment(postgres.url, port=0)) as server:
        assert server.get("/livez").status_code == 200
        assert_unavailable(server.get("/readyz"))
        assert_unavailable(server.get("/readyz"))
        postgres.start()
        await _wait_until_ready(server, RECOVERY_SECONDS)
        assert server.printed.count("lw_") == 1


async def test_readiness_tells_of_a_frozen_postgresql_in_time(postgres: Postgres, tmp_path: Path) -> None:
    with serving(tmp_path, postgres.url, database_pool_timeout_seconds=2) as server:
        async with server.client() as client:
            await make_plan(client, "a")
            frozen = [postgres.running.pid, *_children_of(postgres.running.pid)]
            for process in frozen:
                os.kill(process, signal.SIGSTOP)
            try:
                answer = await client.get("/readyz")
                assert_unavailable(answer)
                assert answer.elapsed.total_seconds() < 1.5
                assert (await client.get("/livez")).elapsed.total_seconds() < 0.5
            finally:
                for process in frozen:
                    os.kill(process, signal.SIGCONT)
            await _wait_until_ready(server, RECOVERY_SECONDS)


def _children_of(parent: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.only_on("sqlite")
async def test_a_sqlite_file_locked_by_somebody_else_for_long(
    database_url: str, sqlite_path: Path, tmp_path: Path
) -> None:
    with serving(tmp_path, database_url, database_pool_timeout_seconds=2) as server:
        async with server.client() as client:
            await make_plan(client, "a")
            lock = sqlite3.connect(sqlite_path, isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            try:
                match = {"If-Match": "*"}
                edits = [client.patch("/v1/plans/a", json={"name": f"N {i}"}, headers=match) for i in range(5)]
                posts = [client.post("/v1/plans/a/events", json=note(i)) for i in range(5)]
                answers = await asyncio.gather(*edits, *posts)
                reads = [await client.get(path) for path in ("/readyz", "/v1/plans", "/v1/plans/a/variance")]
            finally:
                lock.close()
            for answer in answers:
                assert_unavailable(answer)
            assert max(answer.elapsed.total_seconds() for answer in answers) < 12
            assert {answer.status_code for answer in reads} == {200}
            assert (await client.post("/v1/plans/a/events", json=note("after"))).status_code == 201
            assert (await client.get("/v1/plans/a")).json()["name"] == "a"
            assert [event["id"] for event in await all_events(client, "a")] == ["note-after"]


@pytest.mark.only_on("sqlite")
async def test_a_sqlite_file_that_is_none(database_url: str, sqlite_path: Path, tmp_path: Path) -> None:
    kept = await asyncio.to_thread(sqlite_path.read_bytes)
    await asyncio.to_thread(sqlite_path.write_bytes, b"This is no database." * 1000)
    with started(tmp_path, "serve", environ=environment(database_url, port=0)) as server:
        assert_unavailable(server.get("/readyz"))
        assert "not a database" in server.logged
        await asyncio.to_thread(sqlite_path.write_bytes, kept)
        await _wait_until_ready(server, RECOVERY_SECONDS)


@pytest.mark.only_on("sqlite")
async def test_a_sqlite_file_that_is_destroyed_under_the_server(
    database_url: str, sqlite_path: Path, tmp_path: Path
) -> None:
    with serving(tmp_path, database_url) as server:
        async with server.client() as client:
            await make_plan(client, "a")
            for file in (sqlite_path, sqlite_path.with_name("leeway.db-wal")):
                with file.open("r+b") as opened:
                    opened.truncate(0)
                    opened.write(b"This is no database." * 5000)
            for request in (
                client.get("/v1/plans/a/document"),
                client.post("/v1/plans/a/events", json=note(1)),
                client.get("/readyz"),
            ):
                assert_unavailable(await request)
