"""The loops: work that comes round by itself, inside `leeway serve` or in processes of their own."""

import asyncio
import signal
from contextlib import suppress

from app.evaluation.service import evaluate_due
from app.feed.service import drop_old
from app.kit.answers import forget_expired
from app.kit.clock import Clock, utc_now
from app.kit.db import Database
from app.kit.loops import every, whenever
from app.kit.outbound import Outbound
from app.kit.problems import ServiceUnavailable
from app.kit.schema_version import HEAD, current_version
from app.plans.purging import purge_deleted
from app.settings import Settings
from app.webhooks.sending import Sender
from app.webhooks.service import forget_old


async def run_loops(database: Database, settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Run every loop until `stop` is set."""

    async def purge() -> None:
        await purge_deleted(database, clock(), settings.purge_after_days)

    async def forget() -> None:
        await database.write(lambda tx: forget_expired(tx, clock()))

    async def evaluate() -> int:
        return await evaluate_due(database, clock)

    async def drop() -> None:
        await drop_old(database, clock(), settings.feed_days)

    async def forget_deliveries() -> None:
        await forget_old(database, clock())

    await _until_migrated(database, stop)
    sender = Sender(database, settings.vault(), Outbound(settings.reach()), clock)
    seconds = settings.loop_interval_seconds
    await asyncio.gather(
        whenever(database.wakeups, "due", settings.sweep_seconds, evaluate, stop),
        every(seconds, "purge-deleted-plans", purge, stop),
        every(seconds, "forget-idempotency-keys", forget, stop),
        every(seconds, "drop-old-feed-items", drop, stop),
        sender.run(stop, min(settings.sweep_seconds, 1.0)),
        every(seconds, "forget-deliveries", forget_deliveries, stop),
    )


async def _until_migrated(database: Database, stop: asyncio.Event) -> None:
    """Wait for the schema this release needs."""
    while not stop.is_set():
        with suppress(ServiceUnavailable):
            async with database.read() as db:
                if await current_version(db) == HEAD:
                    return
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await stop.wait()


async def run_worker(settings: Settings) -> None:
    """Run the loops in a process of their own until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    seconds = settings.database_pool_timeout_seconds
    database = Database(settings.database_url, pool_size=8, pool_timeout_seconds=seconds)
    try:
        await run_loops(database, settings, utc_now, stop)
    finally:
        await database.close()
