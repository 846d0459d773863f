"""Uvicorn, set up for this service: h11, receive deadlines, graceful shutdown."""

import asyncio
import gc
import signal
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.kit import wire
from app.kit.problems import MEDIA_TYPE, BadRequest, Problem, RequestTimeout
from app.main import create_app
from app.settings import Settings


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 that gives a client so many seconds for its headers, and so many for the body after them.

    h11 and not httptools: the latter loses the body of a request that offers `Upgrade: h2c`, as Java's own
    HTTP client does by default. A deadline must be set here: middleware sees a request only when it arrives.
    """

    header_seconds = 10.0
    body_seconds = 30.0
    _deadline: asyncio.TimerHandle | None = None
    _waits_for = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection must send its first headers in time."""
        super().connection_made(transport)
        self._arm("headers")

    def data_received(self, data: bytes) -> None:
        """What arrived decides what is waited for: headers, the body, or nothing."""
        if self._deadline is None:
            self._arm("headers")  # the next request on a kept connection
        super().data_received(data)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return
        if not cycle.more_body:
            self._disarm()
        elif self._waits_for == "headers":
            self._arm("body")

    def on_response_complete(self) -> None:
        """An idle connection is the keep-alive timer's business."""
        self._disarm()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._disarm()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the base class's signature
        """Answer what is not HTTP with a problem, too."""
        self._refuse(BadRequest("This is not HTTP as this server speaks it."))

    def _arm(self, waits_for: str) -> None:
        self._disarm()
        self._waits_for = waits_for
        seconds = self.header_seconds if waits_for == "headers" else self.body_seconds
        self._deadline = self.loop.call_later(seconds, self._expire)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        if not self.transport.is_closing():
            self._refuse(RequestTimeout())

    def _refuse(self, problem: Problem) -> None:
        """Answer by hand and close: this never became a request that the application could answer."""
        if self.cycle is None or not self.cycle.response_started:
            body = wire.dump(problem.document())
            head = (
                f"HTTP/1.1 {problem.status} {problem.title}\r\ncontent-type: {MEDIA_TYPE}\r\n"
                f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()


def protocol(header_seconds: float, body_seconds: float) -> type[DeadlineProtocol]:
    """The protocol with these deadlines."""
    return type("Protocol", (DeadlineProtocol,), {"header_seconds": header_seconds, "body_seconds": body_seconds})


def server(settings: Settings) -> uvicorn.Server:
    """The server of these settings."""
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=protocol(settings.header_timeout_seconds, settings.body_timeout_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.shutdown_grace_seconds,
        backlog=2048,
    )
    return uvicorn.Server(config)


def _calm_collector() -> None:
    """Leave what was made at start alone for ever, and look for cycles seldom.

    An answer of 1,000 items makes tens of thousands of objects and no cycle; with the default thresholds a
    third of its time went into looking for one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get their grace, then the process ends with status 0."""
    _calm_collector()
    # Uvicorn raises the signal again when it is done; by then it has nothing left to say.
    previous: dict[int, Any] = {n: signal.signal(n, lambda *_: None) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        with suppress(KeyboardInterrupt):
            server(settings).run()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
