"""The triggers: the database itself keeps history as it was written, on both databases."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Executable, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import insert_new
from app.kit.db import OPEN_REVISION, Database
from migrations.run import all_tables
from tests.migrations.schemas import row_of, value_for

TABLES = all_tables().tables
MESSAGES = {
    "events": "events are append-only",
    "plan_revisions": "plan revisions are immutable",
    "baselines": "baselines are immutable",
    "calendar_versions": "calendar versions are immutable",
    "milestones": "milestone history is immutable",
    "dependencies": "dependency history is immutable",
    "plan_parts": "the history of the parts of plans is immutable",
    "plan_statuses": "the history of the status of plans is immutable",
    "status_reports": "status reports are immutable",
    "plan_outcomes": "sealed outcomes are immutable",
    "plan_summaries": "the history of summaries is immutable",
    "objective_versions": "objective versions are immutable",
    "objective_events": "objective events are append-only",
    "resource_versions": "resource versions are immutable",
    "imports": "import reports are immutable",
    "deviation_transitions": "deviation history is immutable",
    "tolerance_versions": "tolerance versions are immutable",
}
OF_THE_WORKSPACE = ["calendar_versions", "objective_versions", "objective_events", "resource_versions"]
OF_A_PLAN = [name for name in MESSAGES if name not in OF_THE_WORKSPACE]
VERSIONED = ["milestones", "dependencies", "plan_parts"]
OTHER_PLAN = UUID(int=2)
on_sqlite = pytest.mark.only_on("sqlite")
on_postgres = pytest.mark.only_on("postgres")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A row in every table; the plan is not being purged, another one is."""
    database = Database(database_url)

    async def fill(tx: AsyncConnection) -> None:
        for table in all_tables().sorted_tables:
            open_row = {"to_revision": OPEN_REVISION, "purge_started_at": None}
            await tx.execute(insert(table).values(row_of(table, **open_row)))
        await tx.execute(insert(TABLES["plans"]).values(row_of(TABLES["plans"], plan_id=OTHER_PLAN, key="purging")))

    await database.write(fill)
    yield database
    await database.close()


async def run(db: Database, statement: Executable | str) -> int:
    prepared = text(statement) if isinstance(statement, str) else statement

    async def work(tx: AsyncConnection) -> int:
        return (await tx.execute(prepared)).rowcount

    return await db.write(work)


async def refused(db: Database, statement: Executable | str, message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        await run(db, statement)


async def content(db: Database, table: Table) -> list[Any]:
    async with db.read() as connection:
        return list((await connection.execute(select(table))).all())


async def test_no_column_can_be_changed(db: Database, subtests: pytest.Subtests) -> None:
    for name, message in MESSAGES.items():
        with subtests.test(name=name):
            table = TABLES[name]
            before = await content(db, table)
            for column in table.columns:
                if name not in VERSIONED or column.name != "to_revision":
                    await refused(db, update(table).values({column.name: value_for(column, 2)}), message)
                    await refused(db, update(table).values({column.name: value_for(column, 1)}), message)
            assert await content(db, table) == before


@pytest.mark.parametrize("name", VERSIONED)
async def test_an_open_row_can_be_closed_once_and_in_no_other_way(db: Database, name: str) -> None:
    table = TABLES[name]
    for column in table.columns:
        if column.name != "to_revision":
            also = {"to_revision": 5, column.name: value_for(column, 2)}
            await refused(db, update(table).values(also), MESSAGES[name])
            if column.nullable:
                await refused(db, update(table).values({"to_revision": 5, column.name: None}), MESSAGES[name])
    await refused(db, update(table).values(to_revision=OPEN_REVISION), MESSAGES[name])
    assert await run(db, update(table).values(to_revision=5)) == 1
    for to_revision in (5, 6, OPEN_REVISION):
        await refused(db, update(table).values(to_revision=to_revision), MESSAGES[name])


@pytest.mark.parametrize("name", VERSIONED)
async def test_a_row_without_optional_values_can_be_closed_and_not_be_filled_in(db: Database, name: str) -> None:
    table = TABLES[name]
    optional = {column.name: None for column in table.columns if column.nullable}
    bare = {"from_revision": 7, "to_revision": OPEN_REVISION, **optional}
    await run(db, insert(table).values({**row_of(table), **bare}))
    mine = table.c.from_revision == 7
    for column in table.columns:
        if column.nullable:
            filled = {"to_revision": 8, column.name: value_for(column, 1)}
            await refused(db, update(table).where(mine).values(filled), MESSAGES[name])
    assert await run(db, update(table).where(mine).values(to_revision=8)) == 1


async def test_a_summary_that_holds_can_be_closed_once_and_in_no_other_way(db: Database) -> None:
    table, message = TABLES["plan_summaries"], MESSAGES["plan_summaries"]
    await run(db, insert(table).values({**row_of(table), "number": 7, "to_at": None}))
    mine, closed = table.c.number == 7, value_for(table.c.to_at, 5)
    for column in table.columns:
        if column.name != "to_at":
            also = {"to_at": closed, column.name: value_for(column, 2)}
            await refused(db, update(table).where(mine).values(also), message)
    assert await run(db, update(table).where(mine).values(to_at=closed)) == 1
    for again in (closed, None):
        await refused(db, update(table).where(mine).values(to_at=again), message)


async def test_no_row_can_be_deleted(db: Database, subtests: pytest.Subtests) -> None:
    for name, message in MESSAGES.items():
        with subtests.test(name=name):
            await refused(db, delete(TABLES[name]), message)
            await refused(db, f"DELETE FROM {name}", message)
            assert len(await content(db, TABLES[name])) == 1


async def test_an_upsert_changes_nothing(db: Database, subtests: pytest.Subtests) -> None:
    for name, message in MESSAGES.items():
        with subtests.test(name=name):
            key = ", ".join(column.name for column in TABLES[name].primary_key)
            some = next(column.name for column in TABLES[name].columns if not column.primary_key)
            everything = f"INSERT INTO {name} SELECT * FROM {name} WHERE true ON CONFLICT ({key})"
            await refused(db, f"{everything} DO UPDATE SET {some} = excluded.{some}", message)
            assert await run(db, f"{everything} DO NOTHING") == 0


async def test_a_repeated_event_is_no_error(db: Database) -> None:
    again = row_of(TABLES["events"], sequence=2)
    unique = ["workspace_id", "source", "event_id"]
    assert await db.write(lambda tx: insert_new(tx, TABLES["events"], [again], unique)) == 0


@on_sqlite
async def test_sqlite_replaces_no_row(db: Database, subtests: pytest.Subtests) -> None:
    for name, message in MESSAGES.items():
        with subtests.test(name=name):
            before = await content(db, TABLES[name])
            await refused(db, f"INSERT OR REPLACE INTO {name} SELECT * FROM {name}", message)
            await refused(db, f"REPLACE INTO {name} SELECT * FROM {name}", message)
            assert await content(db, TABLES[name]) == before


@on_sqlite
async def test_sqlite_replaces_no_event_by_its_identity(db: Database) -> None:
    other = [column.name if column.name != "sequence" else "2" for column in TABLES["events"].columns]
    await refused(db, f"INSERT OR REPLACE INTO events SELECT {', '.join(other)} FROM events", MESSAGES["events"])
    async with db.read() as connection:
        assert await connection.scalar(select(func.max(TABLES["events"].c.sequence))) == 1


@on_postgres
async def test_postgresql_truncates_no_table(db: Database, subtests: pytest.Subtests) -> None:
    for name, message in MESSAGES.items():
        with subtests.test(name=name):
            await refused(db, f"TRUNCATE {name}", message)


@on_postgres
@pytest.mark.parametrize("name", ["plans", "workspaces"])
async def test_postgresql_truncates_nothing_through_another_table(db: Database, name: str) -> None:
    await refused(db, f"TRUNCATE {name} CASCADE", "append-only|immutable")


@on_postgres
async def test_postgresql_is_not_fooled_by_a_table_of_the_session(db: Database) -> None:
    async def shadow(tx: AsyncConnection) -> None:
        await tx.execute(text("CREATE TEMPORARY TABLE plans ON COMMIT DROP AS SELECT * FROM public.plans"))
        await tx.execute(text("UPDATE pg_temp.plans SET purge_started_at = now()"))
        await tx.execute(text("DELETE FROM events"))

    with pytest.raises(IntegrityError, match=MESSAGES["events"]):
        await db.write(shadow)


async def test_a_purge_may_delete_the_rows_of_its_plan_and_change_none(db: Database) -> None:
    plans = TABLES["plans"]
    await run(db, update(plans).values(purge_started_at=value_for(plans.c.purge_started_at, 1)))
    for name in OF_A_PLAN:
        column = [each for each in TABLES[name].columns if not each.primary_key and each.name != "to_revision"][-1]
        await refused(db, update(TABLES[name]).values({column.name: value_for(column, 2)}), MESSAGES[name])
    for name in OF_A_PLAN:
        assert await run(db, delete(TABLES[name])) == 1
    for name in OF_THE_WORKSPACE:
        await refused(db, delete(TABLES[name]), MESSAGES[name])
    for table in reversed(all_tables().sorted_tables):
        if "plan_id" in table.columns and table.name not in {*OF_A_PLAN, "plans"}:  # what may change, may go
            assert await run(db, delete(table)) == 1
    assert await run(db, delete(plans)) == 2
