"""Names with several addresses, names that hang, and names as they are written in `Host` and TLS."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.kit.outbound import Lookups, Outbound, Reach, Refused, networks
from tests.kit.test_outbound import LOCAL, authority, post, resolving
from tests.receivers import receiver

HOLE, GOOD = "127.0.0.9", "127.0.0.1"


@contextmanager
def black_hole(port: int) -> Iterator[None]:
    """An address whose queue of connections is full, so that it drops what comes."""
    with closing(socket.socket()) as hole, closing(socket.socket()) as first, closing(socket.socket()) as second:
        hole.bind((HOLE, port))
        hole.listen(0)
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex((HOLE, port))
        yield


@pytest.mark.parametrize("addresses", [[HOLE, GOOD], [HOLE, HOLE, GOOD], ["127.0.0.8", HOLE, GOOD]])
async def test_an_address_that_drops_packets_does_not_use_up_the_time_of_the_next(addresses: list[str]) -> None:
    async with receiver() as local:
        with black_hole(local.port):
            reply = await post(Outbound(LOCAL, resolve=resolving(addresses)), f"http://two.example:{local.port}/")
        assert (reply.status, local.connections) == (204, 1)
        assert reply.duration_ms < 2_000


async def test_an_address_that_is_quick_is_the_only_one_dialled() -> None:
    async with receiver() as local:
        client = Outbound(LOCAL, resolve=resolving([GOOD, "127.0.0.1"]))
        assert (await post(client, f"http://two.example:{local.port}/")).status == 204
        assert local.connections == 1


async def test_a_black_hole_beside_a_blocked_address_is_not_even_tried() -> None:
    async with receiver() as local:
        reach = Reach(networks("127.0.0.9/32"))
        client = Outbound(reach, resolve=resolving([HOLE, GOOD]))
        assert (await post(client, f"http://two.example:{local.port}/")).error == "blocked_address"
        assert local.connections == 0


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The system's resolver hangs for names that begin with `hang`; those that were looked up."""
    asked: list[str] = []
    go_on = threading.Event()
    real = socket.getaddrinfo

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        if host.startswith("hang"):
            go_on.wait(10)
        return real(GOOD, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield asked
    go_on.set()


async def test_a_name_that_hangs_takes_one_place_however_often_it_is_asked_for(hanging: list[str]) -> None:
    lookups = Lookups(most=2)
    waiting = [asyncio.ensure_future(lookups("hang.example", 443)) for _ in range(50)]
    await asyncio.sleep(0.05)
    assert await lookups("good.example", 443) == [GOOD]
    assert hanging == ["hang.example", "good.example"]
    for each in waiting:
        each.cancel()


async def test_no_place_for_a_lookup_is_not_told_of_as_a_name_without_addresses(hanging: list[str]) -> None:
    lookups = Lookups(most=1)
    waiting = asyncio.ensure_future(lookups("hang.example", 443))
    await asyncio.sleep(0.05)
    with pytest.raises(Refused, match="lookup_busy"):
        await lookups("good.example", 443)
    assert (await post(Outbound(LOCAL, resolve=lookups), "https://good.example/")).error == "lookup_busy"
    waiting.cancel()


async def test_a_lookup_that_its_asker_gave_up_is_of_use_to_the_next(hanging: list[str]) -> None:
    lookups = Lookups()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lookups("hang.example", 443), 0.02)
    assert hanging == ["hang.example"]


async def test_an_ipv6_address_is_in_brackets_in_the_host_header() -> None:
    async with receiver() as local:  # which is reached by IPv6 where there is only the loopback of IPv4, too
        reply = await post(Outbound(LOCAL), f"http://[::ffff:127.0.0.1]:{local.port}/")
        assert (reply.status, local.received[0].headers["host"]) == (204, f"[::ffff:127.0.0.1]:{local.port}")


async def test_the_last_dot_of_a_name_is_in_neither_host_nor_tls(tmp_path: Path) -> None:
    server, trusting = authority(tmp_path, "receiver.example")
    async with receiver(ssl=server) as local:
        client = Outbound(LOCAL, resolve=resolving([GOOD]), tls=trusting)
        assert (await post(client, f"https://receiver.example.:{local.port}/")).status == 204
        assert local.received[0].headers["host"] == f"receiver.example:{local.port}"


async def test_a_usual_port_is_not_named() -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(f"{host}:{port}")
        return []

    assert (await post(Outbound(LOCAL, resolve=resolve), "https://a.example.:443/")).error == "unresolvable"
    assert asked == ["a.example:443"]


@pytest.mark.parametrize("text", ["10.1.2.3/8", "fd00::1/8", "10.0.0.0/99", "everything"])
def test_a_network_that_may_be_meant_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        networks(text)


def test_ipv4_written_as_ipv6_is_ipv4() -> None:
    assert networks("::ffff:10.0.0.0/104, fd00::/8") == networks("10.0.0.0/8,fd00::/8")
