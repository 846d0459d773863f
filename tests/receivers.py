"""Receivers of webhooks on the loopback: real servers, in this process, that behave as badly as they are told to."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

LOOPBACK = "127.0.0.0/8"
Behaviour = Literal["hang", "reset", "flood", "drip", "garbage"] | bytes
CHUNK = b"x" * 65_536
GIB = 1024**3


@dataclass(frozen=True)
class Received:
    """A request, as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def status(code: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {code} Said\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


OK = status(204)


@dataclass
class Receiver:
    """What came, and what is answered: `answer` may be changed, or be a function of the request."""

    answer: Behaviour | Callable[[Received], Behaviour] = OK
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    most_open: int = 0
    sent_bytes: int = 0
    port: int = 0
    gate: asyncio.Event | None = None  # answers wait for it
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        """The `webhook-id` of everything that came, in order."""
        return [request.headers["webhook-id"] for request in self.received]

    async def arrived(self, count: int, seconds: float = 10) -> None:
        """Wait until so many requests came."""
        async with asyncio.timeout(seconds):
            while len(self.received) < count:
                self._news.clear()
                await self._news.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            request = await _read(reader)
            self.received.append(request)
            self._news.set()
            if self.gate is not None:
                await self.gate.wait()
            await self._behave(self.answer(request) if callable(self.answer) else self.answer, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _behave(self, how: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(how, bytes):
            writer.write(how)
            await writer.drain()
        elif how == "hang":
            await reader.read()  # until the other side gives up
        elif how == "reset":
            linger = struct.pack("ii", 1, 0)  # else the connection ends politely
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        elif how == "garbage":
            writer.write(b"\x00\xff this is no HTTP\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIB)
            while self.sent_bytes < GIB:
                writer.write(CHUNK if how == "flood" else b"x")
                await writer.drain()
                self.sent_bytes += len(CHUNK) if how == "flood" else 1
                await asyncio.sleep(0 if how == "flood" else 1)


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(head[0].split(" ")[1], headers, body)


@asynccontextmanager
async def receiver(answer: Any = OK, **server: Any) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    made = Receiver(answer)
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, **server)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()
