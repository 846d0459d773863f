"""Uvicorn, set up for this service: h11, receive deadlines, graceful shutdown."""

import asyncio
import gc
import signal
import socket
from contextlib import suppress
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.feed.hub import Hub
from app.kit import wire
from app.kit.ids import uuid7
from app.kit.middleware import API_HEADERS
from app.kit.problems import MEDIA_TYPE, BadRequest, Problem, RequestTimeout, to_response
from app.main import create_app
from app.settings import Settings

_FRAMES = {b"content-length", b"transfer-encoding"}


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
        self._wait_for("headers")

    def data_received(self, data: bytes) -> None:
        """What arrived decides what is waited for next."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The connection is idle now, or the next request on it has begun to arrive already."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._wait_for("")
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.transport.is_closing():
            self._wait_for("")
        elif self.cycle is not None and not self.cycle.response_complete:
            self._wait_for("body" if self.cycle.more_body else "")
        elif self.conn.their_state is h11.SEND_BODY:
            self._wait_for("body")  # answered before it was whole: the rest is read and dropped
        elif self.conn.trailing_data[0] or self.cycle is None:
            self._wait_for("headers")
        else:
            self._wait_for("")  # idle: the keep-alive timer's business

    def _wait_for(self, what: str) -> None:
        """Start the clock of a wait; one that goes on keeps its clock."""
        if what == self._waits_for:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._waits_for = what
        if what:
            seconds = self.header_seconds if what == "headers" else self.body_seconds
            self._deadline = self.loop.call_later(seconds, self._expire)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the base class's signature
        """Answer what is not HTTP with a problem, too."""
        self._refuse(BadRequest("This is not HTTP as this server speaks it."))

    @property
    def _is_between_requests(self) -> bool:
        return bool(self.cycle.response_complete) and self._waits_for != "body"

    def _expire(self) -> None:
        if not self.transport.is_closing():
            self._refuse(RequestTimeout())

    def _refuse(self, problem: Problem) -> None:
        """Answer by hand and close: this never became a request that the application could answer."""
        if self.cycle is None or not self.cycle.response_started or self._is_between_requests:
            request_id = str(uuid7())
            body = wire.dump(problem.document(request_id))
            fields = [
                (b"content-type", MEDIA_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
                *API_HEADERS,
                (b"x-request-id", request_id.encode()),
            ]
            lines = [f"HTTP/1.1 {problem.status} {problem.title}".encode(), *(b": ".join(pair) for pair in fields)]
            self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()


class OneFraming:
    """Refuse a request framed twice, by Content-Length and Transfer-Encoding: servers disagree where it ends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or sum(name in _FRAMES for name, _ in scope["headers"]) < 2:
            await self.app(scope, receive, send)
            return
        problem = BadRequest("Send Content-Length or Transfer-Encoding, not both.")
        request_id = str(uuid7())
        response = to_response(problem, request_id)
        response.raw_headers += [(b"connection", b"close"), *API_HEADERS, (b"x-request-id", request_id.encode())]
        await response(scope, receive, send)


def protocol(header_seconds: float, body_seconds: float) -> type[DeadlineProtocol]:
    """The protocol with these deadlines."""
    return type("Protocol", (DeadlineProtocol,), {"header_seconds": header_seconds, "body_seconds": body_seconds})


class Server(uvicorn.Server):
    """Uvicorn's server, which tells open streams that it ends.

    It waits for connections first, and tells the application's lifespan last: a stream would never know.
    """

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then wait for what is under way."""
        self._hub.close()
        await super().shutdown(sockets)


def server(settings: Settings) -> Server:
    """The server of these settings."""
    app = create_app(settings)
    config = uvicorn.Config(
        OneFraming(app),
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
    return Server(config, app.state.hub)


def calm_collector() -> None:
    """Leave what was made at start alone for ever, and look for cycles seldom.

    An answer of 1,000 items makes tens of thousands of objects and no cycle; with the default thresholds a
    third of its time went into looking for one. The second generation stays small: nothing else runs while
    it is looked through.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 5, 2_000)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get their grace, then the process ends with status 0."""
    calm_collector()
    # Uvicorn raises the signal again when it is done; by then it has nothing left to say.
    previous: dict[int, Any] = {n: signal.signal(n, lambda *_: None) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        with suppress(KeyboardInterrupt):
            server(settings).run()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
