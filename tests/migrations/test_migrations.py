"""The migrations, on both databases: what they make, that they can be run by several at once, what they refuse."""

import asyncio
import fcntl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.kit.schema_version import HEAD, current_version
from migrations import run
from migrations.run import MigrationBusy, SchemaAhead, all_tables, make_config
from tests.migrations.schemas import describe

ROOT = Path(__file__).resolve().parents[2]
UPGRADE_AT_A_SIGN = """
import logging, sys
logging.basicConfig(level="INFO", stream=sys.stderr)
from migrations.run import upgrade
print("ready", flush=True)
sys.stdin.readline()
upgrade(sys.argv[1])
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def upgrade(url: str) -> None:
    await asyncio.to_thread(run.upgrade, url)


async def downgrade(url: str) -> None:
    await asyncio.to_thread(run.downgrade, url, "base")


def test_code_and_migrations_agree_on_the_newest_version() -> None:
    assert ScriptDirectory.from_config(make_config()).get_heads() == [HEAD]


async def test_an_empty_database_is_brought_to_the_newest_version(empty_database_url: str) -> None:
    async with connected(empty_database_url) as db:
        assert await current_version(db) is None
    await upgrade(empty_database_url)
    async with connected(empty_database_url) as db:
        assert await current_version(db) == HEAD


async def test_alembic_finds_no_difference_between_tables_and_migrations(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"target_metadata": all_tables(), "compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), all_tables()))

    async with connected(database_url) as db:
        assert await db.run_sync(differences) == []


async def test_migrations_make_exactly_what_the_tables_say(empty_database_url: str) -> None:
    """Alembic overlooks constraints and conditions of indexes; the database's own definitions do not."""
    async with connected(empty_database_url) as db:
        await db.run_sync(all_tables().create_all)
        said = await describe(db)
        await db.run_sync(all_tables().drop_all)
        await db.commit()
    await upgrade(empty_database_url)
    async with connected(empty_database_url) as db:
        made = await describe(db)
    for ours_alone in ("triggers", "functions"):
        said.pop(ours_alone, None)
        assert made.pop(ours_alone, True)
    assert made == said


async def test_down_and_up_again_leaves_the_same_schema(database_url: str) -> None:
    async with connected(database_url) as db:
        before = await describe(db)
    await downgrade(database_url)
    async with connected(database_url) as db:
        assert not any((await describe(db)).values())
        assert await current_version(db) is None
    await upgrade(database_url)
    async with connected(database_url) as db:
        assert await describe(db) == before


async def test_every_primary_key_leads_with_the_workspace(database_url: str) -> None:
    def primary_keys(connection: Connection) -> dict[str, list[str]]:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {table: inspect(connection).get_pk_constraint(table)["constrained_columns"] for table in tables}

    async with connected(database_url) as db:
        keys = await db.run_sync(primary_keys)
    assert set(keys) == set(all_tables().tables)
    assert {columns[0] for columns in keys.values()} == {"workspace_id"}


async def test_a_failing_migration_leaves_nothing_behind(empty_database_url: str) -> None:
    async with connected(empty_database_url) as db:
        await db.execute(text("CREATE TABLE events (n INTEGER)"))
        await db.commit()
    with pytest.raises(DBAPIError, match="events"):
        await upgrade(empty_database_url)
    async with connected(empty_database_url) as db:
        assert await db.run_sync(lambda connection: inspect(connection).get_table_names()) == ["events"]


def migrate_together(url: str, processes: int) -> list[str]:
    """Several processes begin at the same moment; what each of them logged."""
    command = [sys.executable, "-c", UPGRADE_AT_A_SIGN, url]
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(processes)
    ]
    for each in started:
        assert each.stdout is not None
        each.stdout.readline()
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    logs = [each.communicate(timeout=60)[1] for each in started]
    assert [each.returncode for each in started] == [0] * processes, logs
    return logs


async def test_of_several_processes_at_once_exactly_one_migrates(empty_database_url: str) -> None:
    logs = await asyncio.to_thread(migrate_together, empty_database_url, 3)
    assert sum("Running upgrade" in log for log in logs) == 1
    async with connected(empty_database_url) as db:
        assert await current_version(db) == HEAD


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@asynccontextmanager
async def another_migrating(url: str) -> AsyncIterator[None]:
    """Somebody else holds the lock."""
    if url.startswith("sqlite"):
        with locked(Path(f"{make_url(url).database}.migrate-lock")):
            yield
    else:
        async with connected(url) as db:
            await db.execute(text("SELECT pg_advisory_lock(:key)"), {"key": run._LOCK_KEY})
            yield


async def test_who_waits_too_long_for_another_gives_up(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_POLLS", range(2))
    async with another_migrating(empty_database_url):
        with pytest.raises(MigrationBusy, match="600 seconds"):
            await upgrade(empty_database_url)
    await upgrade(empty_database_url)


@pytest.mark.only_on("postgres")
async def test_who_is_at_the_newest_version_waits_for_nobody(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_POLLS", range(1))
    async with another_migrating(database_url):
        await upgrade(database_url)


@pytest.mark.only_on("postgres")
async def test_a_migration_does_not_wait_long_for_a_table_in_use(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_DDL_LOCK_TIMEOUT", "50ms")
    async with connected(database_url) as db:
        for table in all_tables().tables:  # whatever the newest migration is about; the transaction stays open
            await db.execute(text(f"SELECT count(*) FROM {table}"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await downgrade(database_url)
        assert await current_version(db) == HEAD


async def test_a_database_of_a_newer_release_is_left_alone(database_url: str) -> None:
    async with connected(database_url) as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '2999_01_01_0000'"))
        await db.commit()
        before = await describe(db)
    for move in (upgrade, downgrade):
        with pytest.raises(SchemaAhead, match=rf"at schema version 2999_01_01_0000.* newer than {HEAD}"):
            await move(database_url)
    async with connected(database_url) as db:
        assert await describe(db) == before
        assert await current_version(db) == "2999_01_01_0000"
