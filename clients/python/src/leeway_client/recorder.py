"""Recording many events without waiting for each: collected, sent in batches by a thread, never dropped in silence.

Of the recorder for asyncio (or trio) only the waiting differs. The same thread sends: so events go out also while the
loop is busy, and at the end of the program when there is none any more.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from typing import Any, Self, TypedDict, Unpack
from weakref import WeakSet

import anyio
import anyio.to_thread
import httpx

from leeway_client.connection import Connection
from leeway_client.errors import LeewayError
from leeway_client.outbox import PATH, Again, Counts, Done, Outbox, Rejection, event, read
from leeway_client.retries import NEVER

log = logging.getLogger("leeway_client")


class EventFields(TypedDict, total=False):
    """What an event may say beside its plan and type."""

    milestone: str | None
    occurred_at: datetime | date | str | None
    """An instant with an offset, or a day; now, if it is not given."""
    data: dict[str, Any]
    """What its type asks for, such as `{"percent_complete": 40}`."""
    actor: str | None
    id: str
    """Names it within its source: the same again is a duplicate, not a second event. Made, if it is not given."""
    source: str


class Undelivered(LeewayError):
    """The recorder was closed before the server took these events."""

    def __init__(self, events: list[dict[str, Any]], why: str = "") -> None:
        """Keep them: each may be recorded again, and is stored once."""
        super().__init__(f"{len(events)} events were not delivered{why and f' ({why})'}.")
        self.events = events


class _Recorder:
    """What both recorders are: an outbox, and the thread that empties it."""

    def __init__(  # noqa: PLR0913 - but for two, each has a default
        self,
        client: Connection,
        *,
        source: str,
        batch_size: int = 500,
        flush_seconds: float = 1.0,
        max_pending: int = 10_000,
        close_seconds: float = 30.0,
        on_rejected: Callable[[Rejection], None] | None = None,
    ) -> None:
        """Prepare; the thread begins with the first event.

        Args:
            client: From `connect`. It may be closed before the recorder is.
            source: Who tells, such as `ci/release`: with its `id` the identity of an event.
            batch_size: Sent at once, at most; the server takes up to 10,000.
            flush_seconds: How long an event waits for others.
            max_pending: How many may wait until `record` waits, too.
            close_seconds: How long `with`, and the end of the program, wait for what is pending.
            on_rejected: Called with each event that the server rejects, in the recorder's thread; without it they are
                kept in `rejected`, and a warning is logged.
        """
        self.rejected: list[Rejection] = []
        self._client = client
        self._source = source
        self._flush_seconds = flush_seconds
        self._max_pending = max(max_pending, 1)
        self._close_seconds = close_seconds
        self._on_rejected = on_rejected or self.rejected.append
        self._is_listened_to = on_rejected is not None
        self._outbox = Outbox(min(batch_size, self._max_pending))
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._flush_up_to = 0
        self._is_closing = self._is_over = False
        atexit.register(self._at_exit)
        _in_use.add(self._changed)

    @property
    def counts(self) -> Counts:
        """What became of the events so far."""
        return self._outbox.counts

    def _event(self, plan: str, type_: str, fields: EventFields) -> bytes:
        return event(plan, type_, {"source": self._source, **fields})

    @property
    def _is_full(self) -> bool:
        return len(self._outbox) >= self._max_pending

    def _put(self, content: bytes) -> None:
        with self._changed:
            while self._is_full and not self._is_closing and threading.current_thread() is not self._thread:
                self._ensure_thread()
                self._changed.wait()
            if self._is_closing:
                raise LeewayError("The recorder is closed.")
            self._outbox.add(content)
            self._ensure_thread()
            if self._outbox.has_batch or len(self._outbox) == 1:
                self._changed.notify_all()

    def _flush(self, timeout_seconds: float | None) -> Counts:
        with self._changed:
            target = self._flush_up_to = self.counts.recorded
            self._ensure_thread()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.counts.answered >= target or self._is_over, timeout_seconds)
            if self.counts.answered >= target:
                return self.counts
            if self._is_over:
                raise Undelivered(self._outbox.waiting(), self._outbox.why_not)
            why = self._outbox.why_not
            raise TimeoutError(f"{target - self.counts.answered} events are not answered yet{why and f' ({why})'}.")

    def _close(self, timeout_seconds: float | None) -> None:
        atexit.unregister(self._at_exit)
        with self._changed:
            if self._is_over:
                return
            self._is_closing = True
            self._ensure_thread()
            self._changed.notify_all()
            seconds = self._close_seconds if timeout_seconds is None else timeout_seconds
            self._changed.wait_for(lambda: not self._outbox, seconds)
            self._is_over = True
            self._changed.notify_all()
            left = self._outbox.waiting()
        if left:
            raise Undelivered(left, self._outbox.why_not)
        if self._thread is not None:
            self._thread.join()

    def _at_exit(self) -> None:
        try:
            self._close(None)
        except Undelivered as error:
            log.error("%s The first: %s", error, error.events[0])  # noqa: TRY400 - where it happened says nothing

    def _ensure_thread(self) -> None:
        """Begin the thread, also after a fork, which leaves it behind."""
        if self._outbox and (self._thread is None or not self._thread.is_alive()):
            http = self._client.new_httpx_client(NEVER)  # here, so that what is wrong with its options is raised
            self._thread = threading.Thread(target=self._run, args=[http], name="leeway-recorder", daemon=True)
            self._thread.start()

    def _run(self, http: httpx.Client) -> None:
        with http:
            while batch := self._next_batch():
                result = _outcome(http, batch)
                if not isinstance(result, Again):
                    self._hand_over(result.rejections)
                with self._changed:
                    wait = self._outbox.settle(batch, result)
                    self._changed.notify_all()
                    if wait:
                        self._changed.wait_for(lambda: self._is_over, wait)

    def _next_batch(self) -> list[bytes]:
        """Wait until there is reason to send; none: all is over."""
        with self._changed:
            while not self._is_over:
                left = self._seconds_until_due()
                if left is not None and left <= 0:
                    return self._outbox.batch()
                self._changed.wait(left)
            return []

    def _seconds_until_due(self) -> float | None:
        if not self._outbox:
            return None
        if self._is_closing or self._outbox.has_batch or self.counts.answered < self._flush_up_to:
            return 0
        return self._outbox.oldest_at + self._flush_seconds - time.monotonic()

    def _hand_over(self, rejections: list[Rejection]) -> None:
        if rejections and not self._is_listened_to:
            log.warning("%d events were rejected, the first with %s", len(rejections), rejections[0].error)
        for rejection in rejections:
            try:
                self._on_rejected(rejection)
            except Exception:
                log.exception("on_rejected failed for %s", rejection)


_in_use: WeakSet[threading.Condition] = WeakSet()
_forking = threading.local()


def _before_fork() -> None:
    """Wait until no recorder is in the middle of something: in the child, nobody would bring that to its end."""
    _forking.held = list(_in_use)
    for changed in _forking.held:
        changed.acquire()


def _after_fork() -> None:
    for changed in _forking.held:
        changed.release()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


def _outcome(http: httpx.Client, batch: list[bytes]) -> Done | Again:
    try:
        return read(batch, _sent(http, batch))
    except Exception as error:  # noqa: BLE001 - an answer that makes no sense is none, whatever is wrong with it
        return Again(f"{type(error).__name__}: {error}")


def _sent(http: httpx.Client, batch: list[bytes]) -> httpx.Response | httpx.TransportError:
    content = b"[" + b",".join(batch) + b"]"
    try:
        return http.post(PATH, content=content, headers={"Content-Type": "application/json"})
    except httpx.TransportError as error:
        return error


class EventRecorder(_Recorder):
    """Collects events and sends them in the background; use it in `with`, or `close` it.

    `record` returns at once, and waits only while `max_pending` events are waiting. What fails is sent again until it
    is answered. Events that the server rejects are kept in `rejected`, or handed to `on_rejected`.
    """

    def record(self, plan: str, type: str, **fields: Unpack[EventFields]) -> None:  # noqa: A002 - as the field is called
        """Say that something happened in a plan.

        Raises:
            LeewayError: the recorder is closed.
            TypeError, ValueError: `data` is not JSON, or a time lacks its offset.
        """
        self._put(self._event(plan, type, fields))

    def flush(self, timeout_seconds: float | None = None) -> Counts:
        """Wait until all events recorded so far are answered.

        Raises:
            TimeoutError: they are not, after that time. They are still being sent.
        """
        return self._flush(timeout_seconds)

    def close(self, timeout_seconds: float | None = None) -> None:
        """Send what is pending, and end; a second time does nothing.

        Raises:
            Undelivered: the server did not take all in that time (else `close_seconds`); it has those events.
        """
        self._close(timeout_seconds)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


class AsyncEventRecorder(_Recorder):
    """`EventRecorder` for `async with`: what waits there is awaited here."""

    async def record(self, plan: str, type: str, **fields: Unpack[EventFields]) -> None:  # noqa: A002
        """As `EventRecorder.record`."""
        content = self._event(plan, type, fields)
        # One at a time waits in a thread: that keeps the order, and leaves the program's other threads alone.
        if self._is_full or self._waiting_room.borrowed_tokens:
            await anyio.to_thread.run_sync(self._put, content, limiter=self._waiting_room, abandon_on_cancel=True)
        else:
            self._put(content)

    async def flush(self, timeout_seconds: float | None = None) -> Counts:
        """As `EventRecorder.flush`."""
        return await anyio.to_thread.run_sync(self._flush, timeout_seconds, abandon_on_cancel=True)

    async def close(self, timeout_seconds: float | None = None) -> None:
        """As `EventRecorder.close`."""
        await anyio.to_thread.run_sync(self._close, timeout_seconds)

    @cached_property
    def _waiting_room(self) -> anyio.CapacityLimiter:
        return anyio.CapacityLimiter(1)

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()
