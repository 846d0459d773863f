"""Loops: work that comes round by itself. One failure never stops a loop."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from app.kit.logs import log
from app.kit.problems import ServiceUnavailable
from app.kit.wakeups import Topic, Wakeups


async def whenever(
    wakeups: Wakeups, topic: Topic, seconds: float, job: Callable[[], Awaitable[int]], stop: asyncio.Event
) -> None:
    """Run `job` when the topic is woken, and at least about every `seconds`, until `stop` is set.

    `job` answers how much it did; as long as there was something, it is run again at once.
    """
    while not stop.is_set():
        seen, done = wakeups.seen(topic), 0
        try:
            done = await job()
        except ServiceUnavailable as problem:
            log.warning("loop skipped", loop=topic, detail=problem.detail)
        except Exception:  # noqa: BLE001 - one failure must not stop the others
            log.exception("loop failed", loop=topic)
        if not done:
            await _woken(wakeups, topic, seen, seconds * random.uniform(0.9, 1.1), stop)  # noqa: S311


async def _woken(wakeups: Wakeups, topic: Topic, seen: int, seconds: float, stop: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(wakeups.wait(topic, seen, seconds)), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def every(seconds: float, name: str, job: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Run `job` about every `seconds` (±10 %, so that replicas spread) until `stop` is set."""
    while not stop.is_set():
        try:
            await job()
        except ServiceUnavailable as problem:
            log.warning("loop skipped", loop=name, detail=problem.detail)
        except Exception:  # noqa: BLE001 - one failure must not stop the others
            log.exception("loop failed", loop=name)
        try:
            async with asyncio.timeout(seconds * random.uniform(0.9, 1.1)):  # noqa: S311
                await stop.wait()
        except TimeoutError:
            continue
