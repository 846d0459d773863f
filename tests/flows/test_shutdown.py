"""SIGTERM: what is under way is finished, nothing new is taken, the process ends by itself with status 0."""

import asyncio
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.flows.processes import Process, all_events, assert_gapless, environment, make_plan, note, serving, started

# Seconds after the grace time. SQLite's driver cannot be interrupted while it waits for the file, up to five.
CLEANING_UP = {"postgres": 3, "sqlite": 8}


@asynccontextmanager
async def writers_held_up(database_url: str) -> AsyncIterator[None]:
    """Let no writer get on, from a connection of our own."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(url.database), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.close()
        return
    engine = create_async_engine(url)
    try:
        async with engine.begin() as locks:
            await locks.execute(text("LOCK TABLE plans IN EXCLUSIVE MODE"))
            yield
    finally:
        await engine.dispose()


def refuses_connections(server: Process) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


async def test_requests_under_way_are_finished_and_new_ones_refused(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, database_url, shutdown_grace_seconds=10) as server:
        async with server.client() as client:
            await make_plan(client, "a")
            async with writers_held_up(database_url):
                events = [client.post("/v1/plans/a/events", json=note(i)) for i in range(40)]
                batch = client.post("/v1/events/batch", json=[note(f"b{i}", plan="a") for i in range(10)])
                edit = client.patch("/v1/plans/a", json={"name": "Edited"}, headers={"If-Match": "*"})
                under_way = [asyncio.create_task(request) for request in (*events, batch, edit)]
                await asyncio.sleep(0.5)
                server.popen.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.5)
                assert refuses_connections(server)
                assert not any(task.done() for task in under_way)
            answers = await asyncio.gather(*under_way)
        assert [answer.status_code for answer in answers] == [201] * 40 + [207, 200]
        assert server.popen.wait(10) == 0
    with serving(tmp_path, database_url) as again:
        async with again.client() as client:
            recorded = await all_events(client, "a")
            assert_gapless(recorded)
            assert len(recorded) == 50
            assert (await client.get("/v1/plans/a")).json()["name"] == "Edited"


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.only_on("sqlite")
async def test_idle_and_half_sent_connections_do_not_hold_it_up(
    database_url: str, tmp_path: Path, by: signal.Signals
) -> None:
    with serving(tmp_path, database_url) as server:
        async with server.client() as idle:
            assert (await idle.get("/livez")).status_code == 200
            with socket.create_connection(("127.0.0.1", server.port)) as half:
                half.sendall(b"GET /livez HTTP/1.1\r\nHost: le")
                began = time.monotonic()
                assert await asyncio.to_thread(server.end, by) == 0
                assert time.monotonic() - began < 3


async def test_what_lasts_longer_than_the_grace_time_is_cut_off_and_leaves_nothing(
    database_kind: str, database_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, database_url, shutdown_grace_seconds=1) as server:
        async with server.client() as client:
            await make_plan(client, "a")
            async with writers_held_up(database_url):
                posts = [client.post("/v1/plans/a/events", json=note(i)) for i in range(3)]
                edit = client.patch("/v1/plans/a", json={"name": "Edited"}, headers={"If-Match": "*"})
                under_way = [asyncio.create_task(request) for request in (*posts, edit)]
                await asyncio.sleep(0.3)
                began = time.monotonic()
                assert await asyncio.to_thread(server.end) == 0
                assert time.monotonic() - began < 1 + CLEANING_UP[database_kind]
            ended = await asyncio.gather(*under_way, return_exceptions=True)
    assert not any(isinstance(answer, httpx.Response) and answer.is_success for answer in ended)
    with serving(tmp_path, database_url) as again:
        async with again.client() as client:
            assert await all_events(client, "a") == []
            assert (await client.get("/v1/plans/a")).json()["name"] == "a"


@pytest.mark.only_on("sqlite")
def test_a_body_that_never_ends_lasts_no_longer_than_the_grace_time(database_url: str, tmp_path: Path) -> None:
    with (
        serving(tmp_path, database_url, shutdown_grace_seconds=1) as server,
        socket.create_connection(("127.0.0.1", server.port)) as half,
    ):
        half.sendall(b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
        half.sendall(b"Content-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        began = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - began < 4


def test_the_worker_ends_as_well(database_url: str, tmp_path: Path) -> None:
    environ = environment(database_url, loop_interval_seconds=0.2)
    with started(tmp_path, "worker", environ=environ) as worker:
        time.sleep(2.5)
        assert worker.popen.poll() is None
        assert worker.end() == 0
        assert '"level": "error"' not in worker.logged
