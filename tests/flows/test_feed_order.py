"""Many writers that commit in another order than they write in, and readers who must see all of it, in order."""

import asyncio
import random
from collections import defaultdict
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.service import bootstrap
from app.feed import service
from app.feed.store import BEGINNING
from app.kit.db import Database
from tests.http.feed_build import item
from tests.scale import full
from tests.service import ADMIN_KEY, NOW

WRITERS = 8
READERS = 3
PLANS = 12
MOST_AT_ONCE = 25


class Writers:
    """Writers that append to plans under a lock of each, and commit after a while; what they have committed."""

    def __init__(self, database: Database, count: int) -> None:
        self._database = database
        self._left = count
        self._choose = random.Random(4)
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.committed: dict[int, list[str]] = defaultdict(list)

    async def run(self) -> None:
        """Until all is written."""
        await asyncio.gather(*(self._write() for _ in range(WRITERS)))

    async def _write(self) -> None:
        while self._left > 0:
            plan, count = self._choose.randrange(PLANS), min(self._left, self._choose.randint(1, MOST_AT_ONCE))
            self._left -= count
            items = [item(number, plan=f"p{plan}", plan_id=UUID(int=plan)) for number in range(count)]

            async def work(tx: AsyncConnection, plan: int = plan, items: list[service.NewItem] = items) -> None:
                if not self._database.is_sqlite and self._choose.random() < 0.5:
                    await tx.execute(text("SELECT pg_current_xact_id()"))  # numbered before it has the plan's lock
                async with self._locks[plan]:  # so that what is noted below is in the order of the plan's own lock
                    await self._locked(tx, plan)
                    await service.append(tx, 1, items)
                    await asyncio.sleep(self._choose.random() * 0.004)
                    self.committed[plan] += [str(found.item_id) for found in items]

            await self._database.write(work)

    async def _locked(self, tx: AsyncConnection, plan: int) -> None:
        """The lock of a plan, which lasts until the commit."""
        if not self._database.is_sqlite:
            await tx.execute(text("SELECT pg_advisory_xact_lock(:plan)"), {"plan": plan})


async def read_until(database: Database, done: "asyncio.Task[None]") -> list[tuple[str, str]]:
    """What a reader sees who looks all the time: plan and id of each item, in its order."""
    after, seen = BEGINNING, []
    while True:
        was_done = done.done()
        after, found = await read_on(database, after)
        seen += found
        if was_done and not found:
            return seen


async def read_on(database: Database, after: int) -> tuple[int, list[tuple[str, str]]]:
    async with database.read() as db:
        page = await service.read(db, 1, {}, after, 200)
    bodies = [entry.body for entry in page.entries]
    return page.end, [(body.split('"plan": "')[1].split('"')[0], body.split('"id": "')[1][:36]) for body in bodies]


@pytest.mark.timeout(1800)
async def test_every_reader_sees_everything_that_was_committed_and_each_plan_in_order(database_url: str) -> None:
    database = Database(database_url, pool_size=WRITERS + READERS + 1, pool_timeout_seconds=30)
    await database.write(lambda tx: bootstrap(tx, ADMIN_KEY, NOW))
    writers = Writers(database, full(100_000, 5_000))
    writing = asyncio.create_task(writers.run())
    every = await asyncio.gather(*(read_until(database, writing) for _ in range(READERS)))
    await writing
    await database.close()
    for seen in every:
        by_plan: dict[int, list[str]] = defaultdict(list)
        for plan, item_id in seen:
            by_plan[int(plan[1:])].append(item_id)
        assert len(seen) == full(100_000, 5_000)
        assert by_plan == writers.committed
    assert all(seen == every[0] for seen in every)
