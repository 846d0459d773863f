"""Streams of a real server: cut off again and again, idle in great number, ended by signals and revoked keys."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.access import store as access
from app.access.service import KeyRequest, NewKey, Scope, create_key, revoke_key
from app.kit.clock import utc_now
from app.kit.db import Database
from tests.flows.processes import Process, serving
from tests.http.feed_build import Event, announce, events, item
from tests.scale import full


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database of the server, by which tests append what the server streams."""
    found = Database(database_url)
    yield found
    await found.close()


class Reader:
    """A stream as it is read, from where the last one was cut off."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._last_id: str | None = None
        self._news = asyncio.Event()
        self.events: list[Event] = []

    async def read(self) -> None:
        """Read until the server ends it."""
        headers = {} if self._last_id is None else {"Last-Event-ID": self._last_id}
        async with self._client.stream("GET", "/v1/feed/stream", headers=headers) as answer:
            assert answer.status_code == 200
            rest = ""
            async for part in answer.aiter_text():
                whole, end, rest = (rest + part).rpartition("\n\n")
                self._take(whole + end)

    def _take(self, whole: str) -> None:
        for event in events(whole):
            self.events.append(event)
            self._last_id = event.id
        self._news.set()

    async def told(self, count: int) -> None:
        """Wait until it was told so many events besides the first."""
        while len(self.events) <= count:
            self._news.clear()
            await self._news.wait()

    @property
    def numbers(self) -> list[int]:
        """The numbers of the items that it was told."""
        return [event.data["data"]["number"] for event in self.events if event.name == "deviation.opened"]

    @property
    def last(self) -> tuple[str, Any]:
        """What came last."""
        return self.events[-1].name, self.events[-1].data


async def until(condition: Callable[[], bool], *, seconds: float) -> None:
    """Wait for something that must come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def batched(readers: list[Reader], size: int) -> list[list[Reader]]:
    """The readers, so many at a time."""
    return [readers[first : first + size] for first in range(0, len(readers), size)]


@asynccontextmanager
async def open_streams(server: Process, count: int, **client: Any) -> AsyncIterator[list[tuple[Reader, Any]]]:
    """So many streams that were begun, and the tasks that read them."""
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(server.client(limits=httpx.Limits(), timeout=60, **client))
        readers = [Reader(own) for _ in range(count)]
        reading = []
        for some in batched(readers, 20):  # a server with few connections refuses 200 beginnings at once
            reading += [asyncio.create_task(reader.read()) for reader in some]
            await asyncio.wait_for(asyncio.gather(*(reader.told(0) for reader in some)), 30)
        yield list(zip(readers, reading, strict=True))
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


@pytest.mark.timeout(600)
async def test_a_stream_that_is_cut_all_the_time_tells_everything_once(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    count, cuts = full(5_000, 1_000), 0

    async def append() -> None:
        for first in range(0, count, 20):
            await announce(database, *map(item, range(first, first + 20)))
            await asyncio.sleep(0.02)

    with serving(tmp_path, database_url) as server:
        async with server.client() as client:
            reader = Reader(client)
            appending = asyncio.create_task(append())
            deadline = time.monotonic() + 120
            while len(reader.numbers) < count and time.monotonic() < deadline:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await reader.read()
                cuts += 1
            await appending
    assert reader.numbers == list(range(count))
    assert cuts >= 5


async def test_what_is_appended_elsewhere_arrives_within_moments(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, database_url) as server:
        async with open_streams(server, 1) as ((reader, _),):
            for number in range(5):
                await announce(database, item(number))
                await until(lambda: len(reader.numbers) > number, seconds=2)  # noqa: B023 - it is called here


async def busy_connections(database: Database) -> list[Any]:
    """What the server's connections do, but for waiting for work in no transaction, and for listening."""
    query = """SELECT state, query FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'leeway' AND pid <> pg_backend_pid()
        AND state <> 'idle'"""
    async with database.read() as db:
        return list((await db.execute(text(query))).all())


@pytest.mark.timeout(120)
async def test_idle_streams_hold_no_connection_to_the_database(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, database_url, database_pool_size=3, database_pool_timeout_seconds=1) as server:
        async with open_streams(server, 200), server.client() as client:
            busy, times = 0, []
            for _ in range(40):
                began = time.monotonic()
                assert (await client.get("/v1/plans")).status_code == 200
                times.append(time.monotonic() - began)
                if not database.is_sqlite:
                    busy += len(await busy_connections(database))
                await asyncio.sleep(0.02)
            assert sorted(times)[20] < 0.1
            assert busy <= 4, "the one look for news a second, which takes a moment"


@pytest.mark.timeout(120)
async def test_many_streams_of_the_same_leave_the_database_to_requests(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, database_url, database_pool_size=3, database_pool_timeout_seconds=1) as server:
        async with open_streams(server, 200) as streams, server.client() as client:
            for first in range(0, 200, 10):
                await announce(database, *map(item, range(first, first + 10)))
                assert (await client.get("/v1/plans")).status_code == 200
            complete = asyncio.gather(*(reader.told(200) for reader, _ in streams))
            await asyncio.wait_for(complete, 60)
            assert all(reader.numbers == list(range(200)) for reader, _ in streams)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
async def test_streams_end_at_once_with_the_server(database_url: str, tmp_path: Path, by: signal.Signals) -> None:
    with serving(tmp_path, database_url, shutdown_grace_seconds=10) as server:
        async with open_streams(server, 50) as streams:
            server.popen.send_signal(by)
            began = time.monotonic()
            await asyncio.gather(*(task for _, task in streams))
            assert time.monotonic() - began < 1
            assert {json.dumps(reader.last) for reader, _ in streams} == {'["closing", {"reason": "shutdown"}]'}
        assert await asyncio.to_thread(server.popen.wait, 10) == 0
        assert time.monotonic() - began < 5
        assert '"level": "error"' not in server.logged


async def test_a_stream_ends_soon_after_its_key_was_revoked(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async def make(tx: Any) -> NewKey:
        return await create_key(tx, KeyRequest("default", "leaver", frozenset({Scope.feed_read})), utc_now())

    with serving(tmp_path, database_url) as server:
        key = await database.write(make)
        async with (
            open_streams(server, 1, key=key.token) as ((leaver, leaving),),
            open_streams(server, 1) as ((stayer, staying),),
        ):
            await database.write(lambda tx: revoke_key(tx, key.key_id, utc_now()))
            async with asyncio.timeout(5):
                await leaving
            assert leaver.last == ("closing", {"reason": "unauthorized"})
            await announce(database, item(1))
            await until(lambda: bool(stayer.numbers), seconds=3)
            assert not staying.done()
    async with database.read() as db:
        assert len(await access.list_keys(db)) == 2


async def test_a_reader_that_goes_away_leaves_nothing_behind(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, database_url) as server:
        for _ in range(3):
            async with open_streams(server, 20):
                await announce(database, item(1))
        assert server.end() == 0
        assert '"level": "error"' not in server.logged
