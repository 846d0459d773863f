"""A server on the loopback that answers what a test tells it to, as badly as that is."""

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import parse_headers
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

from leeway_client import Connection, Retries, connect

QUICK = Retries(tries=4, base_seconds=0.01, total_seconds=20)


@dataclass(frozen=True)
class Request:
    """A request, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What is sent back; `then_reset`: the connection is cut after it."""

    data: bytes
    then_reset: bool = False


RESET = Answer(b"", then_reset=True)
Script = Callable[[Request], Answer]


def answer(status: int, content: Any = None, **headers: str) -> Answer:
    """A whole answer, of JSON if it has content."""
    body = b"" if content is None else json.dumps(content).encode()
    kind = "application/problem+json" if status >= 400 else "application/json"
    given = {"Content-Type": kind, "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
    return Answer(f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body)


def problem(status: int, code: str = "some-code", **headers: str) -> Answer:
    """A problem document."""
    document = {"type": f"/problems/{code}", "title": "T", "status": status, "detail": "D", "code": code}
    return answer(status, {**document, "request_id": "req-1", "errors": []}, **headers)


def cut(whole: Answer, count: int) -> Answer:
    """The same, broken off before its last bytes."""
    return Answer(whole.data[:-count], then_reset=True)


@dataclass
class Server:
    """What came; each request is answered by the next of `script`, the last of it for ever."""

    script: list[Answer | Script]
    received: list[Request] = field(default_factory=list)
    address: str = ""

    def next(self, request: Request) -> Answer:
        self.received.append(request)
        told = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return told if isinstance(told, Answer) else told(request)

    def connect(self, retries: Retries = QUICK, **options: Any) -> Connection:
        """A client of it."""
        return connect(self.address, "lw_key", retries=retries, **options)


@contextmanager
def answering(*script: Answer | Script) -> Iterator[Server]:
    """A server with this script."""
    told = Server(list(script))

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while (request := _read(self)) is not None:
                said = told.next(request)
                self.wfile.write(said.data)
                if said.then_reset:
                    # A reset instead of an orderly end, as when a machine in between goes away.
                    self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return

    class Listener(ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is no error here."""

    with Listener(("127.0.0.1", 0), Handler) as listener:
        told.address = f"http://127.0.0.1:{listener.server_address[1]}"
        Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield told
        finally:
            listener.shutdown()


def _read(handler: StreamRequestHandler) -> Request | None:
    line = handler.rfile.readline().decode()
    if not line:
        return None
    method, path, _ = line.split(" ")
    headers = {name.lower(): value for name, value in parse_headers(handler.rfile).items()}
    return Request(method, path, headers, _body(handler, headers))


def _body(handler: StreamRequestHandler, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return handler.rfile.read(int(headers.get("content-length", "0")))
    chunks = []
    while size := int(handler.rfile.readline(), 16):
        chunks.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(chunks)
