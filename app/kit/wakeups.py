"""Waking up who waits for a commit: at once in the same process, within milliseconds in another one on PostgreSQL.

A wake-up is a hint and may be lost; whoever waits also looks by itself every few seconds.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.logs import log

Topic = Literal["due", "evaluated", "feed", "deliveries"]

_CHANNEL = "leeway"
_NOTED = "leeway.wakeups"
_RETRY_SECONDS = 1.0
_PING_SECONDS = 30.0
_ANSWER_SECONDS = 5.0
_OF_SQLALCHEMY = "prepared_statement_"


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
    """Who waits in this process, by topic; whoever waits first makes it listen to the other processes."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._counts: Counter[str] = Counter()
        self._events: dict[str, asyncio.Event] = {}
        self._listening: asyncio.Task[None] | None = None

    def seen(self, topic: Topic) -> int:
        """How often the topic was woken so far; taken before looking, given to `wait` after it."""
        return self._counts[topic]

    async def wait(self, topic: Topic, seen: int, seconds: float) -> bool:
        """Wait until the topic was woken since `seen`, at most so many seconds; whether it was."""
        if self._listening is None and self._url.get_backend_name() == "postgresql":
            self._listening = asyncio.create_task(self._listen())
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

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self) -> None:
        """Hear of the commits of other processes, which PostgreSQL alone can tell of."""
        arguments = self._url.get_dialect()().create_connect_args(self._url)[1]
        own = {name: value for name, value in arguments.items() if not name.startswith(_OF_SQLALCHEMY)}
        while True:
            try:
                await self._listen_once(own)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("not listening", reason=str(error) or type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen_once(self, arguments: Mapping[str, Any]) -> None:
        named = {"application_name": "leeway-listener"}
        connection = await asyncpg.connect(**arguments, timeout=_ANSWER_SECONDS, server_settings=named)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(_CHANNEL, lambda *heard: self.tell(str(heard[3])))
            self.tell(*self._events)  # what was said while nobody listened
            while not lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PING_SECONDS):
                        await lost.wait()
                # A connection that broke down without a word tells so only when it is spoken to.
                await connection.execute("SELECT 1", timeout=_ANSWER_SECONDS)
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await connection.close(timeout=1)
