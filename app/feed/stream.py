"""One stream: Server-Sent Events from a place in the feed on, for as long as the reader reads and may read.

Nothing is kept for a reader but the page that is being sent: it reads at its own pace, from the database. One that
takes nothing for some seconds while much more waits is told `overflow` and can resume where it was.
"""

import asyncio
import weakref
from asyncio import get_running_loop

from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Message, Send

from app.feed.asking import Cursors
from app.feed.hub import Hub, Reader
from app.feed.problems import FeedCursorExpired
from app.feed.store import Page
from app.kit.logs import log
from app.kit.problems import ServiceUnavailable

RETRY_MILLISECONDS = 1_000
_HEARTBEAT = format_sse_event(comment="heartbeat")
_TURN_SECONDS = 0.5  # how often a reader that takes nothing is looked at


class Stalled(Exception):
    """The reader takes nothing any more."""


def told(cursors: Cursors, page: Page) -> bytes:
    """A page of items as events, each with its own cursor as its id."""
    events = (
        format_sse_event(event=entry.type, data_str=entry.body, id=cursors.of(entry.sequence))
        for entry in page.entries
    )
    return b"".join(events)


class FeedStream(EventSourceResponse):
    """The response that goes on."""

    def __init__(self, hub: Hub, reader: Reader, after: int) -> None:
        """Take a place among the streams, until it is streamed or nobody has it any more.

        Raises:
            TooManyStreams: there is none.
            ServiceUnavailable: the process ends.
        """
        hub.enter(reader.workspace_id)
        self._leave = weakref.finalize(self, hub.leave, reader.workspace_id)  # it acts once
        self._leave.atexit = False
        super().__init__((), headers={"X-Accel-Buffering": "no"})
        now = get_running_loop().time()
        self._hub, self._pace, self._reader, self._after = hub, hub.pace, reader, after
        self._over_at = None if reader.seconds is None else now + reader.seconds
        self._wrote_at = self._checked_at = now

    async def stream_response(self, send: Send) -> None:
        """Send events until there is a reason to end, which is the last event."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            reason = await self._go_on(send)
            name = "overflow" if reason == "overflow" else "closing"
            await self._write(send, self._notice(name, f'{{"reason": "{reason}"}}'), is_last=True)
            self._leave()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Stalled:
            log.info("feed stream given up", workspace_id=self._reader.workspace_id)
        finally:
            self._leave()

    def _notice(self, name: str, data: str = "{}") -> bytes:
        """An event that is no item; its id is where to resume, which a reader may have to do before any item came."""
        cursor = self._reader.cursors.of(self._after)
        return format_sse_event(event=name, data_str=data, id=cursor, retry=RETRY_MILLISECONDS)

    async def _go_on(self, send: Send) -> str:
        """Tell what there is and what comes; answers why it ended."""
        workspace_id = self._reader.workspace_id
        reason = await self._write(send, self._notice("ready"))
        while reason is None:
            seen = self._hub.seen(workspace_id)
            try:
                page = await self._hub.page(self._reader, self._after, seen, told)
            except ServiceUnavailable:
                page = None  # the database is away: the stream waits for it
            except FeedCursorExpired:
                return "cursor_expired"
            if page is not None:
                reason = await self._write(send, page.data) if page.data else None
                self._after = page.end if reason is None else self._after
            reason = reason or await self._reason_to_end(is_idle=page is None or not page.has_more)
            if reason is None and (page is None or not page.has_more):
                await self._hub.wait(workspace_id, seen, self._until_next_turn())
                reason = await self._reason_to_end(is_idle=False)
            if reason is None and self._now() - self._wrote_at >= self._pace.heartbeat:
                reason = await self._write(send, _HEARTBEAT)
        return reason

    def _now(self) -> float:
        return get_running_loop().time()

    def _until_next_turn(self) -> float:
        turns = [self._wrote_at + self._pace.heartbeat, self._checked_at + self._pace.key_check]
        return min([*turns, *([] if self._over_at is None else [self._over_at])]) - self._now()

    async def _reason_to_end(self, *, is_idle: bool) -> str | None:
        if self._hub.is_closing:
            return "shutdown"
        if self._now() - self._checked_at >= self._pace.key_check:
            self._checked_at = self._now()
            if not await self._reader.may_read():
                return "unauthorized"
        is_over = is_idle and self._over_at is not None and self._now() >= self._over_at
        return "time_over" if is_over else None

    async def _write(self, send: Send, data: bytes, *, is_last: bool = False) -> str | None:
        """Send some events; answers why to end instead, where the reader does not take them.

        Raises:
            Stalled: it takes nothing, and it is too late to tell it so.
        """
        message: Message = {"type": "http.response.body", "body": data, "more_body": True}
        sending = asyncio.ensure_future(send(message))
        began = self._now()
        try:
            while not (await asyncio.wait({sending}, timeout=_TURN_SECONDS))[0]:
                reason = await self._reason_to_stop_sending(self._now() - began)
                if reason is not None and not is_last:
                    return reason
                if self._hub.is_closing or self._now() - began >= self._pace.give_up:
                    raise Stalled
            sending.result()
        finally:
            sending.cancel()
        self._wrote_at = self._now()
        return None

    async def _reason_to_stop_sending(self, stalled_seconds: float) -> str | None:
        reason = await self._reason_to_end(is_idle=False)
        if reason is None and stalled_seconds >= self._pace.stall:
            try:
                is_behind = await self._hub.is_far_behind(self._reader.workspace_id, self._after)
            except ServiceUnavailable:
                return None
            return "overflow" if is_behind else None
        return reason
