"""Requests to addresses that callers chose: nothing that is not public can be reached, unless it is allowed.

The check is made where the socket is opened, on every request: a name is resolved once, each of its addresses must
pass, and of those that passed the first that answers is spoken to. Redirects, proxies of the environment and cookies
are unknown here.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Thread
from time import perf_counter
from typing import Any

import httpcore
import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Dial = Callable[[], Coroutine[Any, Any, httpcore.AsyncNetworkStream]]

LOOKUP_SECONDS = 3.0
CONNECT_SECONDS = 3.0
HEAD_START_SECONDS = 0.3  # of an address before the next one is dialled too (RFC 8305)
MAX_DIALLED = 8
MAX_LOOKUPS = 200
LOOKUP_BUSY = "lookup_busy"
TOTAL_SECONDS = 15.0
MAX_READ_BYTES = 64 * 1024
EXCERPT_BYTES = 2 * 1024
_HTTPS_PORT = 443

# What `ipaddress` takes for global (Python 3.11) and is not, or holds a private IPv4 address inside.
_NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "100::/64", "5f00::/16", "fec0::/10"),
        *("3fff::/20", "192.0.0.0/24", "192.88.99.0/24"),
    )
)


class Refused(Exception):
    """The request is not made; the code says why: `blocked_address`, `blocked_port`, `unresolvable` or `lookup_busy`.

    The last says nothing of the receiver: here too many names are being looked up.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reach:
    """Where requests may go: to public addresses by HTTPS on port 443, and to the allowed networks as asked."""

    allowed: tuple[Network, ...] = ()

    def refusal(self, address: Address, port: int, *, secure: bool) -> str | None:
        """Why this address may not be dialled: `blocked_address` or `blocked_port`; None: it may."""
        plain = _unwrapped(address)
        if any(plain.version == network.version and plain in network for network in self.allowed):
            return None
        if not is_public(plain):
            return "blocked_address"
        return None if secure and port == _HTTPS_PORT else "blocked_port"


def networks(text: str) -> tuple[Network, ...]:
    """The networks in a list of CIDRs between commas; IPv4 written as IPv6 (`::ffff:10.0.0.0/104`) is IPv4.

    Raises:
        ValueError: one of them is none, or has bits beyond its prefix (`10.1.2.3/8`): it may be meant otherwise.
    """
    return tuple(_plain(ip_network(part.strip())) for part in text.split(",") if part.strip())


def _plain(network: Network) -> Network:
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return network if mapped is None or network.prefixlen < 96 else IPv4Network((mapped, network.prefixlen - 96))


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, as a unicast address of its own."""
    plain = _unwrapped(address)
    if not plain.is_global or plain.is_multicast or plain.is_reserved or plain.is_unspecified:
        return False
    return not any(plain.version == network.version and plain in network for network in _NOT_PUBLIC)


def _unwrapped(address: Address) -> Address:
    return getattr(address, "ipv4_mapped", None) or address


class Lookups:
    """Names as the system resolves them: each in a thread of its own, which may hang as it likes.

    Who asks for a name that is being looked up waits for the same answer, so that one that hangs takes one place.
    """

    def __init__(self, most: int = MAX_LOOKUPS) -> None:
        self._most = most
        self._under_way: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a name; none: it has none.

        Raises:
            Refused: `lookup_busy`, too many lookups hang already.
        """
        found = self._under_way.get(host)
        if found is None:
            if len(self._under_way) >= self._most:
                raise Refused(LOOKUP_BUSY)
            found = self._under_way[host] = self._begin(host, port)
            found.add_done_callback(lambda _: self._under_way.pop(host))
        return await asyncio.shield(found)  # one that gives up does not end it for the others

    @staticmethod
    def _begin(host: str, port: int) -> "asyncio.Future[Sequence[str]]":
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[str]] = loop.create_future()

        def look_up() -> None:
            try:
                infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                infos = []
            with suppress(RuntimeError):  # the loop is closed: nobody asks any more
                loop.call_soon_threadsafe(found.set_result, list(dict.fromkeys(str(info[4][0]) for info in infos)))

        # The loop's own threads parse what callers send: names that nobody answers for must not take them.
        try:
            Thread(target=look_up, name="resolve", daemon=True).start()
        except RuntimeError:
            raise Refused(LOOKUP_BUSY) from None
        return found


class _Guard(httpcore.AsyncNetworkBackend):
    """Opens sockets to addresses that were checked."""

    def __init__(self, reach: Reach, resolve: Resolve, *, secure: bool) -> None:
        self._reach = reach
        self._resolve = resolve
        self._secure = secure
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve once, check every address, and dial them until one answers."""
        dial = partial(self._inner.connect_tcp, port=port, local_address=local_address, socket_options=socket_options)
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                addresses = await self._checked(host, port)
            async with asyncio.timeout(timeout):
                return await _first([partial(dial, address) for address in addresses[:MAX_DIALLED]])
        except TimeoutError:
            raise httpcore.ConnectTimeout from None

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = [str(ip_address(host))]
        except ValueError:
            try:
                found = list(await self._resolve(host, port))
            except OSError:
                found = []
        if not found:
            raise Refused("unresolvable")
        for text in found:
            refusal = self._reach.refusal(ip_address(text), port, secure=self._secure)
            if refusal is not None:
                raise Refused(refusal)
        return found


async def _first(dials: Sequence[Dial]) -> httpcore.AsyncNetworkStream:
    """The first connection that comes about; each is begun a while after the one before, or once that failed.

    Raises:
        httpcore.ConnectError: none does.
    """
    left, last = list(dials), httpcore.ConnectError()
    under_way: set[asyncio.Task[httpcore.AsyncNetworkStream]] = set()
    try:
        while left or under_way:
            if left:
                under_way.add(asyncio.create_task(left.pop(0)()))
            wait = HEAD_START_SECONDS if left else None
            done, _ = await asyncio.wait(under_way, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                under_way.discard(task)
                try:
                    return task.result()
                except httpcore.ConnectError as error:
                    last = error
        raise last
    finally:
        await _end(under_way)


async def _end(dialling: Collection["asyncio.Task[httpcore.AsyncNetworkStream]"]) -> None:
    for task in dialling:
        task.cancel()
    for made in await asyncio.gather(*dialling, return_exceptions=True):
        if isinstance(made, httpcore.AsyncNetworkStream):  # it came about at the same moment as the first
            await made.aclose()


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request.

    Attributes:
        status: the HTTP status; None: there was no answer.
        error: why there was none (or why its body is cut): a stable code.
        retry_after: the header, as it came.
        excerpt: the first 2 KiB of the body as text, without NUL characters.
    """

    status: int | None
    error: str | None
    retry_after: str | None
    excerpt: str | None
    duration_ms: int


class Outbound:
    """Sends requests one by one, each over a connection of its own, so that nothing is kept between them."""

    def __init__(self, reach: Reach, *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        resolve = resolve or Lookups()
        self._guards = {secure: _Guard(reach, resolve, secure=secure) for secure in (True, False)}

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a POST and read the beginning of the answer, within 15 seconds; failures are answered, not raised."""
        began = perf_counter()
        heard = _Heard()
        error = None
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await self._exchange(url, headers, body, heard)
        except Exception as failure:  # noqa: BLE001 - whatever a foreign server makes of the exchange is its answer
            error = _code_of(failure)
        excerpt = bytes(heard.body[:EXCERPT_BYTES]).decode("utf-8", "replace").replace("\x00", "")
        taken = round((perf_counter() - began) * 1000)
        return Reply(heard.status, error, heard.retry_after, excerpt if heard.status else None, taken)

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes, heard: "_Heard") -> None:
        parsed = httpx.URL(url)
        secure = parsed.scheme == "https"
        if secure and self._tls is None:
            self._tls = httpcore.default_ssl_context()
        host = parsed.raw_host.rstrip(b".")  # certificates and virtual hosts are of names without the last dot
        target = httpcore.URL(scheme=parsed.raw_scheme, host=host, port=parsed.port, target=parsed.raw_path)
        limits = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS, "pool": CONNECT_SECONDS}
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, max_connections=1, network_backend=self._guards[secure]
            ) as pool,
            pool.stream(
                "POST",
                target,
                headers=[("Host", _authority(host, parsed.port)), *headers.items()],
                content=body,
                extensions={"timeout": limits},
            ) as response,
        ):
            heard.status = response.status
            heard.retry_after = _header(response, b"retry-after")
            async for chunk in response.aiter_stream():
                heard.body += chunk[: MAX_READ_BYTES - len(heard.body)]
                if len(heard.body) >= MAX_READ_BYTES:
                    return


def _authority(host: bytes, port: int | None) -> bytes:
    """What `Host` says; httpcore leaves out the brackets of IPv6."""
    name = b"[%b]" % host if b":" in host else host
    return name if port is None else b"%b:%d" % (name, port)


class _Heard:
    """What was heard so far: it stays when the rest is cut off."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.retry_after: str | None = None
        self.body = bytearray()


def _header(response: httpcore.Response, name: bytes) -> str | None:
    found = [value for key, value in response.headers if key.lower() == name]
    return found[0].decode("latin-1")[:100] if found else None


def _code_of(failure: Exception) -> str:
    if isinstance(failure, Refused):
        return failure.code
    if isinstance(failure.__cause__ or failure.__context__, ssl.SSLError):
        return "tls_failed"
    return next((code for kind, code in _CODES if isinstance(failure, kind)), "protocol_error")


_CODES: Sequence[tuple[type[Exception], str]] = (
    (httpcore.ConnectTimeout, "connect_timeout"),
    (httpcore.TimeoutException, "timeout"),
    (TimeoutError, "timeout"),
    (httpcore.ConnectError, "connection_refused"),
    (httpcore.NetworkError, "connection_lost"),
    (OSError, "connection_lost"),
)
