"""How long it may take to connect to PostgreSQL: as long as the setting says, however busy its machine is."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from app.kit.db import Database
from app.kit.problems import ServiceUnavailable

pytestmark = pytest.mark.only_on("postgres")


@asynccontextmanager
async def busy(url: str, seconds: float) -> AsyncIterator[str]:
    """The same server, reached through a port where nothing is heard of it for the first seconds."""
    named = make_url(url)
    async with AsyncExitStack() as ended:

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with closing(writer):
                await asyncio.sleep(seconds)
                of_server, to_server = await connect(named)
                with closing(to_server):
                    await asyncio.gather(passed_on(reader, to_server), passed_on(of_server, writer))

        talks = []
        server = await asyncio.start_server(lambda *ends: talks.append(asyncio.create_task(talk(*ends))), "127.0.0.1")
        ended.push_async_callback(lambda: asyncio.gather(*talks, return_exceptions=True))
        ended.callback(lambda: [each.cancel() for each in talks])
        ended.callback(server.close)
        port = server.sockets[0].getsockname()[1]
        yield named.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)


async def connect(named: URL) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if "host" in named.query:
        return await asyncio.open_unix_connection(f"{named.query['host']}/.s.PGSQL.5432")
    return await asyncio.open_connection(named.host, named.port or 5432)


async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
    writer.close()


async def test_a_server_that_is_slow_to_take_a_connection_is_waited_for(database_url: str) -> None:
    async with busy(database_url, seconds=2.5) as slow:
        database = Database(slow, pool_timeout_seconds=20)
        async with database.read() as db:
            assert await db.scalar(text("SELECT 1")) == 1
        await database.close()


async def test_but_no_longer_than_the_setting_says(database_url: str) -> None:
    async with busy(database_url, seconds=60) as slow:
        database = Database(slow, pool_timeout_seconds=0.2)
        began = time.monotonic()
        with pytest.raises(ServiceUnavailable):
            async with database.read():
                pass
        assert time.monotonic() - began < 1.5
        await database.close()


@pytest.mark.only_on("postgres")
@pytest.mark.parametrize(("seconds", "idle"), [(2.0, "5s"), (20.0, "20s")])
async def test_a_transaction_may_be_idle_as_long(database_url: str, seconds: float, idle: str) -> None:
    database = Database(database_url, pool_timeout_seconds=seconds)
    async with database.read() as db:
        assert await db.scalar(text("SHOW idle_in_transaction_session_timeout")) == idle
    await database.close()
