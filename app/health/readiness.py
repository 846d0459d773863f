"""Whether this process can serve: the database answers and is at the schema version the code needs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from app.health.problems import NotReady
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.schema_version import HEAD, current_version

_LOOK_AGAIN = timedelta(seconds=1)


class Readiness:
    """Knows whether the schema is at head; looks again each second until it is."""

    def __init__(self, database: Database, clock: Clock, on_ready: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._clock = clock
        self._on_ready = on_ready
        self._ready = False
        self._looking = asyncio.Lock()
        self._looked_at: datetime | None = None
        self._found: str | None = None

    async def require_schema(self) -> None:
        """Let a request through only when the schema is at head.

        Raises:
            NotReady: it is not; the detail says what is missing.
        """
        if self._ready:
            return
        async with self._looking:
            now = self._clock()
            if not self._ready and (self._looked_at is None or abs(now - self._looked_at) >= _LOOK_AGAIN):
                await self._look()
                self._looked_at = now
                if self._found == HEAD:
                    await self._on_ready()
                    self._ready = True
        if not self._ready:
            raise NotReady(self._what_is_missing())

    async def check(self) -> None:
        """Everything that serving needs, now: also that nobody took the schema away.

        Raises:
            NotReady, ServiceUnavailable
        """
        await self.require_schema()
        await self._database.ping()
        await self._look()
        if self._found != HEAD:
            raise NotReady(self._what_is_missing())

    async def _look(self) -> None:
        async with self._database.read() as db:
            self._found = await current_version(db)

    def _what_is_missing(self) -> str:
        if self._found == HEAD:
            return "The database is being set up for its first use."
        at = "has no tables yet" if self._found is None else f"is at schema version {self._found}"
        return f"The database {at}; this release needs {HEAD}. Run `leeway migrate` on it."
