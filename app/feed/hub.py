"""The hub of a process: it looks for news once for all streams, and reads each page once for all that stand alike.

A stream holds no connection to the database while it waits, and all streams together use two of them at most,
so that they leave the others to requests.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from app.feed import service, store
from app.feed.asking import Cursors
from app.feed.problems import TooManyStreams
from app.feed.store import Page
from app.kit.db import Database
from app.kit.logs import log
from app.kit.problems import ServiceUnavailable

_READERS = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """How streams behave, in seconds and items.

    Attributes:
        streams: open at once in a process. `share`: of one workspace.
        page: items that are read, and kept for a reader, at once.
        heartbeat: between two signs of life.
        key_check: between two looks at the reader's key, which is trusted for `LEEWAY_KEY_CACHE_SECONDS` besides.
        look: between two looks for news that no wake-up told of.
        settling: the same, while an item waits for other appends to end.
        stall: for how long a reader may take nothing, if more than `behind` items wait for it by then.
        give_up: for how long a reader may take nothing at all.
    """

    streams: int = 500
    share: int = 200
    page: int = 200
    heartbeat: float = 15.0
    key_check: float = 1.0
    look: float = 1.0
    settling: float = 0.05
    stall: float = 5.0
    behind: int = 1_000
    give_up: float = 60.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose stream it is, and what it wants."""

    workspace_id: int
    cursors: Cursors
    may_read: Callable[[], Awaitable[bool]]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A page as it goes out: the same bytes for everybody who asked the same."""

    data: bytes
    end: int
    has_more: bool


class Hub:
    """The streams of a process."""

    def __init__(self, database: Database, pace: Pace = Pace()) -> None:
        self.pace = pace
        self.is_closing = False
        self._database = database
        self._open: Counter[int] = Counter()
        self._newest: dict[int, int] = {}
        self._news: Counter[int] = Counter()
        self._waits: dict[int, asyncio.Event] = {}
        self._readers = asyncio.Semaphore(_READERS)
        self._pages: dict[object, asyncio.Task[Told]] = {}
        self._looking: asyncio.Task[None] | None = None

    def enter(self, workspace_id: int) -> None:
        """Take the place of a stream; the first one begins to look for news.

        Raises:
            TooManyStreams: there is no room for another one.
            ServiceUnavailable: the process ends.
        """
        if self.is_closing:
            raise ServiceUnavailable("This process ends.")
        if self._open.total() >= self.pace.streams or self._open[workspace_id] >= self.pace.share:
            raise TooManyStreams
        self._open[workspace_id] += 1
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    def leave(self, workspace_id: int) -> None:
        """Give a place back; the last one ends the looking for news."""
        self._open[workspace_id] -= 1
        if not self._open[workspace_id]:
            del self._open[workspace_id]
            for kept in (self._newest, self._waits):
                kept.pop(workspace_id, None)
        if not self._open and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def close(self) -> None:
        """End every stream."""
        self.is_closing = True
        for workspace_id in list(self._waits):
            self._tell(workspace_id)

    def seen(self, workspace_id: int) -> int:
        """How much news there was so far; taken before reading, given to `wait` after it."""
        return self._news[workspace_id]

    async def wait(self, workspace_id: int, seen: int, seconds: float) -> None:
        """Wait for news since `seen` or for the end, at most so many seconds."""
        if self._news[workspace_id] == seen and not self.is_closing:
            event = self._waits.setdefault(workspace_id, asyncio.Event())
            with suppress(TimeoutError):
                async with asyncio.timeout(max(seconds, 0)):
                    await event.wait()

    async def page(self, reader: Reader, after: int, seen: int, tell: Callable[[Cursors, Page], bytes]) -> Told:
        """The items after a sequence, read once for all who stand there with the same filters and news."""
        key = (reader.workspace_id, seen, after, frozenset(reader.cursors.wanted.items()))
        reading = self._pages.get(key)
        if reading is None:
            reading = self._pages[key] = asyncio.create_task(self._read(reader, after, tell))
            reading.add_done_callback(lambda _: self._pages.pop(key))
        return await asyncio.shield(reading)

    async def _read(self, reader: Reader, after: int, tell: Callable[[Cursors, Page], bytes]) -> Told:
        async with self._readers, self._database.read() as db:
            page = await service.read(db, reader.workspace_id, reader.cursors.wanted, after, self.pace.page)
        return Told(tell(reader.cursors, page), page.end, page.has_more)

    async def is_far_behind(self, workspace_id: int, after: int) -> bool:
        """Whether more items wait after a sequence than a reader may leave waiting."""
        async with self._readers, self._database.read() as db:
            until = await store.horizon(db, workspace_id)
            return await store.count_after(db, workspace_id, after, until, self.pace.behind + 1) > self.pace.behind

    async def _look(self) -> None:
        """Look for news of every workspace that has streams: when somebody appended, and every second besides."""
        wakeups = self._database.wakeups
        while True:
            seen, unsettled = wakeups.seen("feed"), False
            try:
                unsettled = await self._look_once()
            except ServiceUnavailable as problem:
                log.warning("feed streams wait", detail=problem.detail)
            except Exception:  # noqa: BLE001 - the next look may succeed
                log.exception("feed streams fail to look for news")
            await asyncio.sleep(self.pace.settling / 5)  # what is appended in quick succession is one piece of news
            await wakeups.wait("feed", seen, self.pace.settling if unsettled else self.pace.look)

    async def _look_once(self) -> bool:
        """Tell the streams of news; whether some of it is not settled yet, of which no wake-up will tell."""
        unsettled = False
        async with self._readers, self._database.read() as db:
            for workspace_id in list(self._open):
                until = await store.horizon(db, workspace_id)
                newest = await store.newest(db, workspace_id, until)
                unsettled |= await store.has_unsettled(db, workspace_id, until)
                if newest != self._newest.get(workspace_id):
                    self._newest[workspace_id] = newest
                    self._tell(workspace_id)
        return unsettled

    def _tell(self, workspace_id: int) -> None:
        self._news[workspace_id] += 1
        event = self._waits.pop(workspace_id, None)
        if event is not None:
            event.set()
