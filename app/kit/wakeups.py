"""Waking up who waits for a commit: at once in the same process, within milliseconds in another one on PostgreSQL.

A wake-up is a hint and may be lost; whoever waits also looks by itself every few seconds.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Literal

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.logs import log

Topic = Literal["due", "evaluated", "feed", "deliveries"]

_CHANNEL = "leeway"
_NOTED = "leeway.wakeups"
_RETRY_SECONDS = 1.0


async def wake(tx: AsyncConnection, topic: Topic) -> None:
    """Wake up everybody who waits for the topic as soon as the transaction commits; not at all if it does not."""
    noted: set[str] = tx.info.setdefault(_NOTED, set())
    if topic in noted:
        return
    noted.add(topic)
    if tx.dialect.name == "postgresql":
        await tx.execute(text("SELECT pg_notify(:channel, :topic)"), {"channel": _CHANNEL, "topic": topic})


def noted_in(tx: AsyncConnection) -> set[str]:
    """The topics to wake once the transaction has ended; forgotten by it from now on."""
    found: set[str] = tx.info.pop(_NOTED, set())
    return found


class Wakeups:
    """Who waits in this process, by topic."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._events: dict[str, asyncio.Event] = {}

    def seen(self, topic: Topic) -> int:
        """How often the topic was woken so far; taken before looking, given to `wait` after it."""
        return self._counts[topic]

    async def wait(self, topic: Topic, seen: int, seconds: float) -> bool:
        """Wait until the topic was woken since `seen`, at most so many seconds; whether it was."""
        if self._counts[topic] == seen:
            event = self._events.setdefault(topic, asyncio.Event())
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await event.wait()
        return self._counts[topic] != seen

    def tell(self, *topics: str) -> None:
        """Wake up who waits for these topics, here."""
        for topic in topics:
            self._counts[topic] += 1
            event = self._events.pop(topic, None)
            if event is not None:
                event.set()

    async def listen(self, url: URL, stop: asyncio.Event) -> None:
        """Hear of the commits of other processes until `stop` is set; PostgreSQL alone can tell of them."""
        if url.get_backend_name() != "postgresql":
            return
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not stop.is_set():
            try:
                await self._listen_once(plain, stop)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("not listening", reason=str(error) or type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_RETRY_SECONDS):
                    await stop.wait()

    async def _listen_once(self, url: str, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(url, timeout=5, server_settings={"application_name": "leeway-listener"})
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(_CHANNEL, lambda *heard: self.tell(str(heard[3])))
            self.tell(*self._events)  # what was said while nobody listened
            waits = [asyncio.create_task(lost.wait()), asyncio.create_task(stop.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await connection.close(timeout=1)
