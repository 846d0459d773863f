"""Move a database from one schema version to another; safe when several processes try it at once."""

import asyncio
import fcntl
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

import app
from app.kit import answers
from app.kit.columns import metadata
from app.kit.schema_version import current_version

LOCK_WAIT_SECONDS = 600
_LOCK_POLL_SECONDS = 0.2
_POLLS = range(int(LOCK_WAIT_SECONDS / _LOCK_POLL_SECONDS))
_LOCK_KEY = 0x6C65657761793A6D  # "leeway:m"
_DDL_LOCK_TIMEOUT = "3s"


class SchemaAhead(RuntimeError):
    """The database is at a schema version that this release does not know."""


class MigrationBusy(RuntimeError):
    """Another process has been migrating the database for longer than is waited."""

    def __init__(self) -> None:
        super().__init__(f"Another process has been migrating this database for {LOCK_WAIT_SECONDS} seconds.")


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a newer schema version; nothing happens when it is there already.

    Raises:
        SchemaAhead: the database was migrated by a newer release.
        MigrationBusy: another process did not finish migrating in time.
    """
    _migrate(make_url(url), lambda config: command.upgrade(config, revision), revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the database back to an older schema version (`base`: none at all); what only newer ones hold is lost.

    Raises:
        SchemaAhead: the database was migrated by a newer release.
        MigrationBusy: another process did not finish migrating in time.
    """
    _migrate(make_url(url), lambda config: command.downgrade(config, revision), revision)


def revision(url: str, message: str) -> None:
    """Write a new migration with what the tables in the code have and the database, at head, has not."""
    name = f"{datetime.now(UTC):%Y_%m_%d_%H%M}"

    def write(config: Config) -> None:
        command.revision(config, message, autogenerate=True, rev_id=name)

    _migrate(make_url(url), write, "")


def all_tables() -> MetaData:
    """The metadata with every table of the code in it."""
    for path in sorted(Path(str(app.__file__)).parent.glob("*/tables.py")):
        import_module(f"app.{path.parent.name}.tables")
    assert answers.idempotency_keys.metadata is metadata
    return metadata


def make_config() -> Config:
    """The Alembic configuration: this folder, dated file names."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _migrate(url: URL, step: Callable[[Config], None], revision: str) -> None:
    with _file_lock(url):
        asyncio.run(_migrate_locked(url, step, revision))


async def _migrate_locked(url: URL, step: Callable[[Config], None], revision: str) -> None:
    config = make_config()
    script = ScriptDirectory.from_config(config)
    target = script.get_current_head() if revision == "head" else revision

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        step(config)

    async with _connect(url) as connection:
        if await _known_version(connection, script) == target:
            return
        async with _session_lock(connection):
            await _known_version(connection, script)
            await connection.run_sync(run)
            await connection.commit()


async def _known_version(connection: AsyncConnection, script: ScriptDirectory) -> str | None:
    version = await current_version(connection)
    await connection.rollback()
    known = {each.revision for each in script.walk_revisions()}
    if version is not None and version not in known:
        raise SchemaAhead(
            f"The database is at schema version {version}; this release knows none newer than "
            f"{script.get_current_head()}. It was migrated by a newer release: run that one."
        )
    return version


@asynccontextmanager
async def _connect(url: URL) -> AsyncIterator[AsyncConnection]:
    """A connection of its own: locks of a session live and die with it."""
    is_sqlite = url.get_backend_name() == "sqlite"
    settings = {"application_name": "leeway-migrate", "timezone": "UTC", "lock_timeout": _DDL_LOCK_TIMEOUT}
    connect_args: dict[str, Any] = {} if is_sqlite else {"timeout": 10, "server_settings": settings}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=connect_args)
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN leaves DDL outside the transaction
    cursor = connection.cursor()
    for pragma in ("busy_timeout=5000", "foreign_keys=OFF", "recursive_triggers=ON", "journal_mode=WAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _file_lock(url: URL) -> Iterator[None]:
    """SQLite: a lock on a file beside the database, which the system frees however the process ends."""
    in_memory = url.database in {None, "", ":memory:"} or url.query.get("mode") == "memory"
    if url.get_backend_name() != "sqlite" or in_memory:
        yield
        return
    path = Path(f"{str(url.database).removeprefix('file:')}.migrate-lock")
    with path.open("a") as file:
        for _ in _POLLS:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_LOCK_POLL_SECONDS)
        else:
            raise MigrationBusy
        yield


@asynccontextmanager
async def _session_lock(connection: AsyncConnection) -> AsyncIterator[None]:
    """PostgreSQL: an advisory lock of the session.

    One of a transaction would not last from migration to migration. It is polled because a session that waits
    in a statement holds a snapshot, for which CREATE INDEX CONCURRENTLY would wait in turn.
    """
    if connection.dialect.name != "postgresql":
        yield
        return

    for _ in _POLLS:
        taken = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY})
        await connection.commit()
        if taken:
            break
        await asyncio.sleep(_LOCK_POLL_SECONDS)
    else:
        raise MigrationBusy
    yield  # freed with the connection, which is about to close


def main() -> int:
    """Migrate the database whose address stands on standard input to the newest version; answers an exit status."""
    try:
        upgrade(sys.stdin.read().strip())
    except (SchemaAhead, MigrationBusy, OSError, DBAPIError) as error:
        sys.stderr.write(f"leeway migrate: {error}\n")
        return 1
    return 0
