"""PostgreSQL databases at the newest schema version: emptied after each test and used again.

To make one takes as long as several tests. One whose schema or settings a test has touched is dropped instead.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_CATALOGS = (
    "alembic_version",
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_index",
    "pg_namespace",
    "pg_proc",
    "pg_rewrite",
    "pg_statistic",
    "pg_trigger",
    "pg_type",
    "pg_database WHERE datname = current_database()",
    "pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
)
# Whatever is changed in a catalog leaves a row with a newer transaction, or fewer rows.
_STATE = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {catalog}" for catalog in _CATALOGS)
_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
"""
_DISCONNECT = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@asynccontextmanager
async def made(server: AsyncEngine, template: str = "template1") -> AsyncIterator[str]:
    """A database like another one, for one use; answers its URL."""
    name = await _create(server, template)
    try:
        yield _url(server, name)
    finally:
        await _drop(server, name)


class Databases:
    """Databases like a template without rows, each of which nobody else uses at the same time."""

    def __init__(self, server: AsyncEngine, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._states: dict[str, list[asyncpg.Record]] = {}

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[str]:
        """The URL of an empty one."""
        name = self._free.pop() if self._free else await self._new()
        try:
            yield _url(self._server, name)
        finally:
            if await self._empty(name):
                self._free.append(name)
            else:
                await _drop(self._server, name)

    async def close(self) -> None:
        """Drop them."""
        for name in self._free:
            await _drop(self._server, name)

    async def _new(self) -> str:
        name = await _create(self._server, self._template)
        async with self._connected(name) as connection:
            assert await _filled(connection) == [], "a migration wrote rows, which would be lost after the first test"
            self._states[name] = await connection.fetch(_STATE)
        return name

    async def _empty(self, name: str) -> bool:
        """Delete all rows; answers whether it is as new then."""
        async with self._connected(name) as connection:
            await connection.execute(_DISCONNECT)
            if await connection.fetch(_STATE) != self._states.pop(name):
                return False
            filled = await _filled(connection)
            if filled:
                await connection.execute("SET session_replication_role = replica")  # history refuses otherwise
                await connection.execute(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE")
            self._states[name] = await connection.fetch(_STATE)
            return True

    @asynccontextmanager
    async def _connected(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        url = self._server.url.set(database=name, drivername="postgresql")
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            yield connection
        finally:
            await connection.close()


async def _filled(connection: asyncpg.Connection) -> list[str]:
    tables = [row[0] for row in await connection.fetch(_TABLES)]
    query = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    return [row[0] for row in await connection.fetch(query)]


def _url(server: AsyncEngine, name: str) -> str:
    return server.url.set(database=name).render_as_string(hide_password=False)


async def _create(server: AsyncEngine, template: str) -> str:
    name = f"leeway_test_{uuid4().hex}"
    async with server.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    return name


async def _drop(server: AsyncEngine, name: str) -> None:
    async with server.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
