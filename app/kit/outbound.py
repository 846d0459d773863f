"""Requests to addresses that callers chose: nothing that is not public can be reached, unless it is allowed.

The check is made where the socket is opened, on every request: a name is resolved once, each of its addresses must
pass, and the address that passed is dialled. Redirects, proxies of the environment and cookies are unknown here.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from threading import BoundedSemaphore, Thread
from time import perf_counter

import httpcore
import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

CONNECT_SECONDS = 3.0
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
    """The request is not made; the code says why: `blocked_address`, `blocked_port` or `unresolvable`."""

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
    """The networks in a list of CIDRs between commas.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, as a unicast address of its own."""
    plain = _unwrapped(address)
    if not plain.is_global or plain.is_multicast or plain.is_reserved or plain.is_unspecified:
        return False
    return not any(plain.version == network.version and plain in network for network in _NOT_PUBLIC)


def _unwrapped(address: Address) -> Address:
    return getattr(address, "ipv4_mapped", None) or address


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system resolves it; in a thread of its own, which may hang as it likes.

    Raises:
        OSError: it has none, or too many lookups hang already.
    """
    if not _lookups.acquire(blocking=False):
        raise OSError("too many names are being looked up")
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Sequence[str]] = loop.create_future()

    def tell(addresses: Sequence[str]) -> None:
        if not found.done():
            found.set_result(addresses)

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            infos = []
        finally:
            _lookups.release()
        with suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(tell, [str(info[4][0]) for info in infos])

    # The loop's own threads parse what callers send: names that nobody answers for must not take them.
    Thread(target=look_up, name="resolve", daemon=True).start()
    addresses = await found
    if not addresses:
        raise OSError("the name has no address")
    return addresses


_lookups = BoundedSemaphore(200)


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
        """Resolve once, check every address, and dial the first that answers."""
        try:
            async with asyncio.timeout(timeout):
                return await self._dial(await self._checked(host, port), port, local_address, socket_options)
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

    async def _dial(
        self,
        addresses: Sequence[str],
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception = httpcore.ConnectError()
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, local_address=local_address, socket_options=socket_options
                )
            except httpcore.ConnectError as error:
                last = error
        raise last


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

    def __init__(self, reach: Reach, *, resolve: Resolve = resolve, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
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
        target = httpcore.URL(
            scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
        )
        limits = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS, "pool": CONNECT_SECONDS}
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls, max_connections=1, network_backend=self._guards[secure]
            ) as pool,
            pool.stream(
                "POST", target, headers=list(headers.items()), content=body, extensions={"timeout": limits}
            ) as response,
        ):
            heard.status = response.status
            heard.retry_after = _header(response, b"retry-after")
            async for chunk in response.aiter_stream():
                heard.body += chunk[: MAX_READ_BYTES - len(heard.body)]
                if len(heard.body) >= MAX_READ_BYTES:
                    return


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
