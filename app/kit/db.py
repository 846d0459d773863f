"""The database: engines, the only commit, and what differs between SQLite and PostgreSQL.

Writes run as functions (`Database.write`), so that a serialization failure or a deadlock can be tried again from the
start, and are committed before the caller sees a result. Reads run without a transaction: each begins with
the one mutable row of its plan, and everything below that row is immutable history.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import (
    event,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.kit.logs import log
from app.kit.problems import ServiceUnavailable
from app.kit.wakeups import Wakeups, noted_in

T = TypeVar("T")
OPEN_REVISION = 2_147_483_647
_RETRIED = {"40001", "40P01"}
_ATTEMPTS = 4
_LEAST_WAIT_SECONDS = 5.0
_SQLITE_OUTAGES = (
    "database is locked",
    "unable to open",
    "disk I/O error",
    "disk is full",
    "is malformed",
    "not a database",
    "readonly database",
    "connection is closed",
)


class Conflict(Exception):
    """Another transaction got in between; the work is run again from the start."""


class Database:
    """One database: `read()` yields a connection, `write(work)` runs work in one committed transaction."""

    def __init__(self, url: str, *, pool_size: int = 10, pool_timeout_seconds: float = 2.0) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer, self._reader = _sqlite_engines(self.url, pool_size, pool_timeout_seconds)
            # SQLite has one writer; a queue in the process is fairer and cheaper than waiting on the file lock.
            self._turn: asyncio.Semaphore | None = asyncio.Semaphore(1)
        else:
            self._writer = _postgres_engine(self.url, pool_size, pool_timeout_seconds)
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
            self._turn = None

        # Who may wait long for a connection may wait as long for the turn of a writer.
        self._turn_seconds = max(_LEAST_WAIT_SECONDS, pool_timeout_seconds)
        self._pings: set[asyncio.Task[None]] = set()
        self.wakeups = Wakeups(self.url)

    @property
    def writer_count(self) -> int:
        """How many write transactions are worth running side by side in one process."""
        return 1 if self.is_sqlite else 2

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading, outside any transaction.

        Raises:
            ServiceUnavailable: the database is down, or no connection came free in time.
        """
        with _unavailable():
            async with self._reader.connect() as connection:
                yield connection

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in one write transaction and commit it; the result is returned after the commit.

        `work` may run up to four times (serialization failure, deadlock, `Conflict`), so it must only act
        on the connection it is given.

        Raises:
            ServiceUnavailable: the database is down or busy, or the retries are used up.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with _unavailable():
                    return await self._write_once(work)
            except (Conflict, DBAPIError) as error:
                if isinstance(error, DBAPIError) and sqlstate(error) not in _RETRIED:
                    raise
                if attempt == _ATTEMPTS:
                    raise ServiceUnavailable("Other writers were in the way.", retry_after_seconds=1) from error
                await asyncio.sleep(random.uniform(0.005, 0.03) * 2**attempt)  # noqa: S311
        raise AssertionError("unreachable")

    async def _write_once(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        if self._turn is None:
            return await self._transaction(work)
        try:
            async with asyncio.timeout(self._turn_seconds):
                await self._turn.acquire()
        except TimeoutError:
            raise ServiceUnavailable("Other writers were in the way.") from None
        try:
            return await self._transaction(work)
        finally:
            self._turn.release()

    async def _transaction(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with self._writer.begin() as connection:
            noted_in(connection)  # of a transaction that failed: a connection that was lost could not be asked then
            result = await work(connection)
            topics = noted_in(connection)
        self.wakeups.tell(*topics)
        return result

    async def ping(self) -> None:
        """One round trip, within a second.

        Raises:
            ServiceUnavailable: it failed.
        """
        trip = asyncio.create_task(self._round_trip())
        self._pings.add(trip)
        trip.add_done_callback(self._pings.discard)
        done, _ = await asyncio.wait({trip}, timeout=1.0)
        if not done:
            trip.cancel()  # and do not wait: to part from a connection that hangs takes seconds
            raise ServiceUnavailable
        trip.result()

    async def _round_trip(self) -> None:
        async with self.read() as connection:
            await connection.execute(text("SELECT version_num FROM alembic_version"))

    async def close(self) -> None:
        """Close every connection."""
        await self.wakeups.close()
        await self._writer.dispose()
        if self.is_sqlite:
            await self._reader.dispose()


def sqlstate(error: DBAPIError) -> str | None:
    """The SQLSTATE of a PostgreSQL error, else None."""
    return getattr(error.orig, "sqlstate", None)


class _unavailable:  # noqa: N801 - reads as a word in `with _unavailable():`
    """Turn what a lost or busy database raises into the 503 problem."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is None:
            return
        if isinstance(error, PoolTimeout | OSError) or (isinstance(error, DBAPIError) and _is_outage(error)):
            log.warning("database unavailable", reason=str(getattr(error, "orig", error)) or type(error).__name__)
            raise ServiceUnavailable from error


def _is_outage(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    code = sqlstate(error)
    if code is not None:
        # 08 connection, 28 password, 3D no such database, 53 resources, 57P operator intervention (shutdown,
        # recovery), 57014 statement timeout
        return code[:2] in {"08", "28", "3D", "53"} or code[:3] == "57P" or code == "57014"
    words = str(error.orig)
    return any(outage in words for outage in _SQLITE_OUTAGES)


def _sqlite_engines(url: URL, pool_size: int, pool_timeout: float) -> tuple[AsyncEngine, AsyncEngine]:
    common: dict[str, Any] = {"pool_timeout": pool_timeout, "max_overflow": 0, "hide_parameters": True}
    writer = create_async_engine(url, pool_size=1, **{**common, "pool_timeout": 30})
    reader = create_async_engine(url, pool_size=pool_size, isolation_level="AUTOCOMMIT", **common)
    event.listen(writer.sync_engine, "connect", _prepare_sqlite_writer)
    event.listen(writer.sync_engine, "begin", _begin_immediate)
    event.listen(reader.sync_engine, "connect", _prepare_sqlite_reader)
    return writer, reader


def _begin_immediate(connection: Any) -> None:
    # A deferred BEGIN that turns into a write fails at once when another process writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_sqlite_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    _pragmas(connection, "journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON")


def _prepare_sqlite_reader(connection: Any, _record: object) -> None:
    _pragmas(connection, "query_only=ON")


def _pragmas(connection: Any, *more: str) -> None:
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "busy_timeout=5000", *more):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _postgres_engine(url: URL, pool_size: int, pool_timeout: float) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "timeout": pool_timeout,  # to connect is to wait for a connection, too
            "server_settings": {
                "application_name": "leeway",
                "timezone": "UTC",
                "jit": "off",
                "statement_timeout": "10000",
                # Where others may wait long for a connection, a machine may hold up a transaction as long, too.
                "idle_in_transaction_session_timeout": str(round(1000 * max(_LEAST_WAIT_SECONDS, pool_timeout))),
            },
        },
    )
