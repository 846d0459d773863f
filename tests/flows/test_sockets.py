"""Bytes on real sockets: slow clients, offers to upgrade, and what is not HTTP."""

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from migrations.run import upgrade
from tests.flows.processes import KEY, Process, serving

HEADER_SECONDS, BODY_SECONDS = 0.5, 1.0
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: leeway\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A server with short receive deadlines."""
    folder = tmp_path_factory.mktemp("server")
    url = f"sqlite+aiosqlite:///{folder / 'leeway.db'}"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(upgrade, url).result()
    settings = {"header_timeout_seconds": HEADER_SECONDS, "body_timeout_seconds": BODY_SECONDS}
    with serving(folder, url, **settings) as process:
        yield process


class Connection:
    """A client that says exactly what it is told to."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers and body."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        return status, headers, self.file.read(int(headers["content-length"]))

    def is_closed(self) -> bool:
        """Whether the server closes the connection without another word."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True


@pytest.fixture
def connect(server: Process) -> Iterator[Callable[[], Connection]]:
    """Open connections to the server."""
    opened: list[Connection] = []

    def make() -> Connection:
        opened.append(Connection(server.port))
        return opened[-1]

    yield make
    for connection in opened:
        connection.file.close()
        connection.socket.close()


def request(method: str, path: str, *headers: str, body: bytes = b"", length: int | None = None) -> bytes:
    """A request as bytes; `length` lies about the body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: leeway", f"Authorization: Bearer {KEY}", *headers]
    if body or length is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def plan(name: str) -> bytes:
    """The body that creates a plan."""
    return json.dumps({"name": name}).encode()


def assert_problem(answer: tuple[int, dict[str, str], bytes], status: int, code: str) -> None:
    """A problem document like every other, that ends the connection."""
    found, headers, body = answer
    problem = json.loads(body)
    assert (found, problem["status"], problem["code"]) == (status, status, code)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["x-request-id"] == problem["request_id"]
    assert headers["connection"] == "close"


@contextmanager
def taking(at_least: float, at_most: float) -> Iterator[None]:
    """The time that what is inside may take."""
    began = time.monotonic()
    yield
    assert at_least <= time.monotonic() - began <= at_most


async def _others_are_served(server: Process) -> AsyncIterator[int]:
    async with server.client() as client:
        while True:
            answer = await client.get("/v1/plans")
            assert answer.status_code == 200
            assert answer.elapsed.total_seconds() < 1
            yield answer.status_code


CHUNKED = ("Content-Type: application/json", "Transfer-Encoding: chunked")
HALVES = {
    "nothing": (b"", HEADER_SECONDS),
    "half a request line": (b"GET /li", HEADER_SECONDS),
    "half a header": (b"GET /livez HTTP/1.1\r\nHost: le", HEADER_SECONDS),
    "half a body": (request("POST", "/v1/plans", body=b'{"name', length=100), BODY_SECONDS),
    "half a chunked body": (
        request("POST", "/v1/plans", "Content-Type: application/json", "Transfer-Encoding: chunked")
        + b'4\r\n{"na\r\n',
        BODY_SECONDS,
    ),
}


@pytest.mark.parametrize("half", HALVES)
async def test_half_a_request_is_answered_408_in_time_while_others_are_served(
    server: Process, connect: Callable[[], Connection], half: str
) -> None:
    data, seconds = HALVES[half]
    slow = [connect() for _ in range(20)]
    with taking(seconds * 0.9, seconds + 1):
        for connection in slow:
            connection.send(data)
        waiting = asyncio.gather(*(asyncio.to_thread(connection.answer) for connection in slow))
        async for _ in _others_are_served(server):
            if waiting.done():
                break
    for answer in await waiting:
        assert_problem(answer, 408, "request-timeout")
    assert all(connection.is_closed() for connection in slow)


@pytest.mark.parametrize(
    ("begin", "drip", "seconds"),
    [(b"GET /livez HTTP/1.1\r\nX: ", b"x", HEADER_SECONDS), (HALVES["half a body"][0], b" ", BODY_SECONDS)],
    ids=["headers", "body"],
)
def test_single_bytes_do_not_win_time(
    connect: Callable[[], Connection], begin: bytes, drip: bytes, seconds: float
) -> None:
    connection = connect()
    connection.socket.settimeout(0.1)
    connection.send(begin)
    with taking(seconds * 0.9, seconds + 1):
        while True:
            try:
                if connection.socket.recv(16, socket.MSG_PEEK):
                    break
            except TimeoutError:
                connection.send(drip)
    connection.socket.settimeout(5)
    assert_problem(connection.answer(), 408, "request-timeout")


def test_an_idle_connection_is_kept_beyond_the_deadlines(connect: Callable[[], Connection]) -> None:
    connection = connect()
    connection.send(LIVEZ)
    assert connection.answer()[0] == 200
    time.sleep(max(HEADER_SECONDS, BODY_SECONDS) + 0.3)
    connection.send(LIVEZ)
    assert connection.answer()[0] == 200


@pytest.mark.parametrize("at_once", [True, False], ids=["in one packet", "later"])
def test_the_deadlines_hold_for_the_second_request_of_a_connection(
    connect: Callable[[], Connection], at_once: bool
) -> None:
    connection = connect()
    half = HALVES["half a body"][0]
    connection.send(LIVEZ + half if at_once else LIVEZ)
    assert connection.answer()[0] == 200
    with taking(BODY_SECONDS * 0.9, BODY_SECONDS + 1):
        connection.send(b"" if at_once else half)
        assert_problem(connection.answer(), 408, "request-timeout")


def test_a_body_that_was_refused_unread_cannot_hold_the_connection(connect: Callable[[], Connection]) -> None:
    connection = connect()
    connection.send(request("POST", "/v1/plans", body=b"{", length=10_000_000))
    status, _, body = connection.answer()
    assert (status, json.loads(body)["code"]) == (413, "payload-too-large")
    with taking(BODY_SECONDS * 0.5, BODY_SECONDS + 1):
        assert connection.is_closed()


def test_a_body_without_length_is_bounded_as_well(connect: Callable[[], Connection]) -> None:
    connection = connect()
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    connection.send(request("POST", "/v1/plans", *CHUNKED) + chunk * 17 + b"0\r\n\r\n")
    status, _, body = connection.answer()
    assert (status, json.loads(body)["code"]) == (413, "payload-too-large")


OFFERS = {
    "h2c, as the HTTP client of Java does": (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    ),
    "h2c, and keep the connection": ("Connection: keep-alive, Upgrade, HTTP2-Settings", "Upgrade: h2c"),
    "a web socket": ("Connection: Upgrade", "Upgrade: websocket"),
}


@pytest.mark.parametrize("offer", OFFERS)
def test_a_post_that_offers_an_upgrade_keeps_its_body(connect: Callable[[], Connection], offer: str) -> None:
    connection = connect()
    for name in (f"First, offering {offer}", "second on the same connection"):
        connection.send(request("POST", "/v1/plans", *OFFERS[offer], body=plan(name)))
        status, _, body = connection.answer()
        assert (status, json.loads(body)["name"]) == (201, name)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here; raw sockets show the same")
def test_curl_with_http2_keeps_its_body(server: Process) -> None:
    arguments = ["-s", "--http2", "-H", f"Authorization: Bearer {KEY}", "-H", "Content-Type: application/json"]
    done = subprocess.run(
        ["curl", *arguments, "-d", plan("by curl"), f"{server.address}/v1/plans"],
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert json.loads(done.stdout)["name"] == "by curl"


def test_a_client_that_asks_first_is_told_to_continue(connect: Callable[[], Connection]) -> None:
    connection = connect()
    body = plan("asked first")
    connection.send(request("POST", "/v1/plans", "Expect: 100-continue", body=b"", length=len(body)))
    assert connection.file.readline().split()[1] == b"100"
    connection.file.readline()
    connection.send(body)
    assert connection.answer()[0] == 201


NOT_HTTP = {
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "no Host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a method with a slash": b"GE/T /livez HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path beyond ASCII": "GET /livéz HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    "NUL in a header": b"GET /livez HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "space before a colon": b"GET /livez HTTP/1.1\r\nHost : a\r\n\r\n",
    "a negative length": b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a signed length": b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
    "a length of 5,000 digits": b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "two lengths": b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a transfer encoding of its own": b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a length and chunks": b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + LIVEZ,
    "a chunk without size": b"POST /v1/plans HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
}


@pytest.mark.parametrize("wrong", NOT_HTTP)
def test_what_is_not_http_gets_a_problem_and_nothing_more(connect: Callable[[], Connection], wrong: str) -> None:
    connection = connect()
    connection.send(NOT_HTTP[wrong])
    assert_problem(connection.answer(), 400, "bad-request")
    assert connection.is_closed()


def test_what_follows_a_good_request_gets_a_problem_too(connect: Callable[[], Connection]) -> None:
    connection = connect()
    connection.send(LIVEZ)
    assert connection.answer()[0] == 200
    connection.send(b"nonsense\r\n\r\n")
    assert_problem(connection.answer(), 400, "bad-request")


def test_a_body_longer_than_its_length_is_not_taken_for_the_body(connect: Callable[[], Connection]) -> None:
    connection = connect()
    good = plan("short")
    connection.send(request("POST", "/v1/plans", body=good + b', "and": more}\r\n\r\n', length=len(good)))
    status, _, body = connection.answer()
    assert (status, json.loads(body)["name"]) == (201, "short")
    assert_problem(connection.answer(), 400, "bad-request")


def test_the_server_lived_through_all_this(server: Process) -> None:
    assert server.get("/readyz").status_code == 200
    assert '"level": "error"' not in server.logged


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_nothing_behind(
    server: Process, connect: Callable[[], Connection]
) -> None:
    connection = connect()
    connection.send(request("POST", "/v1/plans", body=b'{"key": "gone", "name": "gone"', length=31))
    connection.socket.shutdown(socket.SHUT_RDWR)
    time.sleep(0.2)
    answer: Any = connect()
    answer.send(request("GET", "/v1/plans/gone"))
    assert answer.answer()[0] == 404
    assert '"level": "error"' not in server.logged
