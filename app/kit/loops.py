"""Loops: work that comes round by itself. One failure never stops a loop."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from app.kit.logs import log
from app.kit.problems import ServiceUnavailable


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
