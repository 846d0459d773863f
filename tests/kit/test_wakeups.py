"""Wake-ups: who waits hears of a commit at once, also of one in another process on PostgreSQL; of no rollback."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.db import Database
from app.kit.wakeups import wake


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    await made.wakeups.wait("due", 0, 0.5)  # it listens from its first wait on
    yield made
    await made.close()


async def tell(tx: AsyncConnection) -> None:
    await wake(tx, "due")
    await wake(tx, "due")


async def fail(tx: AsyncConnection) -> None:
    await wake(tx, "due")
    raise LookupError


async def test_a_commit_wakes_who_waits_and_no_other_topic(database: Database) -> None:
    seen = database.wakeups.seen("due")
    waits = [asyncio.create_task(database.wakeups.wait("due", seen, 5)) for _ in range(2)]
    other = asyncio.create_task(database.wakeups.wait("feed", 0, 0.3))
    await asyncio.sleep(0)
    await database.write(tell)
    assert await asyncio.gather(*waits) == [True, True]
    assert not await other


async def test_what_was_told_before_one_waits_is_not_missed(database: Database) -> None:
    seen = database.wakeups.seen("due")
    await database.write(tell)
    assert await database.wakeups.wait("due", seen, 5)


async def test_a_transaction_that_fails_wakes_nobody(database: Database) -> None:
    seen = database.wakeups.seen("due")
    with pytest.raises(LookupError):
        await database.write(fail)
    assert not await database.wakeups.wait("due", seen, 0.05)


@pytest.mark.only_on("postgres")
@pytest.mark.parametrize("options", ["", "&ssl=disable&prepared_statement_cache_size=0"])
async def test_another_process_is_woken_within_100_milliseconds(database: Database, options: str) -> None:
    other = Database(str(database.url.render_as_string(hide_password=False)) + options)
    try:
        await other.wakeups.wait("due", 0, 0.5)
        seen = other.wakeups.seen("due")
        waiting = asyncio.create_task(other.wakeups.wait("due", seen, 5))
        await asyncio.sleep(0)
        await database.write(tell)
        async with asyncio.timeout(0.5):  # 100 ms on a machine with nothing else to do
            assert await waiting
    finally:
        await other.close()
