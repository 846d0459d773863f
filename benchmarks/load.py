"""The load generator: raw sockets and ready-made bytes in a process of its own, so that little of two cores is its.

`run` starts it; the process reads a list of requests from standard input, sends each of them once over
so many keep-alive connections, and writes what came of it to standard output.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

TOKEN = "lw_benchmark-admin-key-0123456789"

Request = tuple[str, str, Any]
"""Method, path and body (None: no body)."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load: how long it took, and the milliseconds of its requests."""

    seconds: float
    p50: float
    p99: float


def run(port: int, requests: Sequence[Request], *, connections: int = 32, expected: int = 201) -> Load:
    """Send every request once and wait for the answers.

    Raises:
        RuntimeError: an answer had another status than expected.
    """
    task = {"port": port, "connections": connections, "requests": requests}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(task).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    result = json.loads(done.stdout)
    statuses = result.pop("statuses")
    if statuses != {str(expected): len(requests)}:
        raise RuntimeError(f"wanted {len(requests)} answers of status {expected}, got {statuses}: {result['sample']}")
    result.pop("sample")
    return Load(**result)


def to_bytes(request: Request) -> bytes:
    """A request as it goes over the wire."""
    method, path, content = request
    body = b"" if content is None else json.dumps(content).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when the answer to the last is complete."""

    def __init__(self, requests: Iterator[bytes], seen: "Seen") -> None:
        self._requests = requests
        self._seen = seen
        self._buffer = b""
        self._sent = 0.0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Connected, and waiting for `go`."""
        self._transport = transport

    def go(self) -> None:
        """Send the next request, if there is one."""
        request = next(self._requests, None)
        if request is None:
            self.finished.set_result(None)
            return
        self._sent = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Part of an answer, or all of it."""
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self._buffer) >= head_end + 4 + length:
            self._seen.note(self._buffer, perf_counter() - self._sent)
            self._buffer = b""
            self.go()

    def connection_lost(self, _error: Exception | None) -> None:
        """The server hung up."""
        if not self.finished.done():
            self.finished.set_exception(ConnectionError("the server closed a connection"))


class Seen:
    """The answers of all connections."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.sample = ""

    def note(self, answer: bytes, seconds: float) -> None:
        """Count one answer."""
        status = answer[9:12].decode()
        self.statuses[status] += 1
        self.seconds.append(seconds)
        if status[0] != "2":
            self.sample = answer[-2000:].decode(errors="replace")

    def milliseconds(self, share: float) -> float:
        """The time that this share of the answers did not exceed."""
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))] * 1000


async def _send(task: dict[str, Any]) -> dict[str, Any]:
    ready = iter([to_bytes(request) for request in task["requests"]])
    seen = Seen()
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Connection(ready, seen), "127.0.0.1", task["port"]))[1]
        for _ in range(task["connections"])
    ]
    began = perf_counter()
    for connection in made:
        connection.go()
    await asyncio.gather(*(connection.finished for connection in made))
    seconds = perf_counter() - began
    answers = {"statuses": seen.statuses, "sample": seen.sample}
    return {"seconds": seconds, "p50": seen.milliseconds(0.5), "p99": seen.milliseconds(0.99), **answers}


if __name__ == "__main__":
    json.dump(asyncio.run(_send(json.load(sys.stdin))), sys.stdout)
