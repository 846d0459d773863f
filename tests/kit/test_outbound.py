"""Requests to addresses that callers chose: what is not public is never dialled, and no answer can do harm."""

import asyncio
import datetime as dt
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.kit import outbound
from app.kit.outbound import MAX_READ_BYTES, Outbound, Reach, is_public, networks
from tests.receivers import LOOPBACK, receiver, status

LOCAL = Reach(networks(LOOPBACK))
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "192.1.2.3",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "::ffff:8.8.8.8",
]
# The registries of special addresses (RFC 6890 and its successors), and ways to hold a private address in another.
NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.255", "192.0.2.1", "192.88.99.1"),
    *("192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "224.1.2.3", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1"),
    *("64:ff9b::c0a8:0", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::"),
    *("3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "ff05::2"),
]


def resolving(*answers: Sequence[str]) -> outbound.Resolve:
    """A resolver that gives these answers in turn, the last one for ever."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def post(client: Outbound, url: str) -> outbound.Reply:
    return await client.post(url, {"content-type": "application/json"}, b"{}")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_an_address_that_is_not_public_is_not_dialled(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert not is_public(ip_address(address))
    assert (await post(Outbound(Reach()), f"https://{host}/")).error == "blocked_address"
    named = Outbound(Reach(), resolve=resolving([address]))
    assert (await post(named, "https://innocent.example/")).error == "blocked_address"


def test_forty_addresses_are_tried() -> None:
    assert len(set(NOT_PUBLIC)) >= 40


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0"]
)
async def test_no_way_to_write_the_loopback_reaches_it(host: str) -> None:
    async with receiver() as local:
        for scheme in ("http", "https"):
            reply = await post(Outbound(Reach()), f"{scheme}://{host}:{local.port}/")
            assert (reply.status, reply.error) in {(None, "blocked_address"), (None, "protocol_error")}
        assert local.connections == 0


async def test_a_name_that_is_rebound_is_checked_again_at_every_request() -> None:
    async with receiver() as local:
        elsewhere = Reach(networks("127.0.0.2/32"))  # where nobody listens
        client = Outbound(elsewhere, resolve=resolving(["127.0.0.2"], ["127.0.0.1"]))
        url = f"http://rebound.example:{local.port}/"
        assert (await post(client, url)).error == "connection_refused"
        assert [(await post(client, url)).error for _ in range(3)] == ["blocked_address"] * 3
        assert local.connections == 0


async def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_dialled() -> None:
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async with receiver() as local:
        reply = await post(Outbound(LOCAL, resolve=resolve), f"http://receiver.example:{local.port}/")
        assert (reply.status, asked) == (204, ["receiver.example"])


@pytest.mark.parametrize("bad", ["10.0.0.1", "192.168.1.1", "::1", "fe80::1%lo"])
async def test_one_bad_address_of_a_name_is_enough(bad: str) -> None:
    async with receiver() as local:
        for addresses in (["127.0.0.1", bad], [bad, "127.0.0.1"]):
            client = Outbound(LOCAL, resolve=resolving(addresses))
            assert (await post(client, f"http://two.example:{local.port}/")).error == "blocked_address"
        assert local.connections == 0


@pytest.mark.parametrize("addresses", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]])
async def test_a_public_address_beside_a_private_one_is_not_dialled(addresses: list[str]) -> None:
    assert (
        await post(Outbound(Reach(), resolve=resolving(addresses)), "https://two.example/")
    ).error == "blocked_address"


@pytest.mark.parametrize(
    "url", ["https://8.8.8.8:22/", "https://8.8.8.8:8443/", "http://8.8.8.8/", "http://8.8.8.8:443/"]
)
async def test_a_public_address_is_reached_by_https_on_its_port_alone(url: str) -> None:
    assert (await post(Outbound(Reach()), url)).error == "blocked_port"


async def test_an_allowed_network_is_reached_on_any_port_and_nothing_beside_it() -> None:
    async with receiver() as local:
        assert (await post(Outbound(LOCAL), local.url)).status == 204
        assert (await post(Outbound(Reach(networks("127.0.0.2/32"))), local.url)).error == "blocked_address"
        assert local.connections == 1


async def test_the_second_address_is_tried_when_the_first_does_not_answer() -> None:
    async with receiver() as local:
        client = Outbound(LOCAL, resolve=resolving(["127.0.0.9", "127.0.0.1"]))
        assert (await post(client, f"http://two.example:{local.port}/")).status == 204


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with receiver() as target, receiver(status(301, Location=target.url)) as first:
        assert (await post(Outbound(LOCAL), first.url)).status == 301
        assert target.connections == 0


async def test_proxies_of_the_environment_and_cookies_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as proxy, receiver(status(200, Set_Cookie="a=b")) as local:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        client = Outbound(LOCAL)
        for _ in range(2):
            assert (await post(client, local.url)).status == 200
        assert proxy.connections == 0
        assert "cookie" not in local.received[1].headers


async def test_a_name_that_does_not_exist_is_told() -> None:
    assert (await post(Outbound(LOCAL, resolve=resolving([])), "https://nowhere.example/")).error == "unresolvable"
    assert (await post(Outbound(LOCAL), "https://nowhere.invalid/")).error == "unresolvable"


@pytest.mark.parametrize(
    ("behaviour", "expected"), [("reset", "connection_lost"), ("garbage", "protocol_error"), (b"", "protocol_error")]
)
async def test_what_is_no_answer_has_a_code(behaviour: str, expected: str) -> None:
    async with receiver(behaviour) as local:
        reply = await post(Outbound(LOCAL), local.url)
        assert (reply.status, reply.error, reply.excerpt) == (None, expected, None)


async def test_nobody_who_listens_is_told() -> None:
    async with receiver() as gone:
        pass
    assert (await post(Outbound(LOCAL), gone.url)).error == "connection_refused"


async def test_who_hangs_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.2)
    async with receiver("hang") as local:
        reply = await post(Outbound(LOCAL), local.url)
        assert reply.error == "timeout"
        assert 150 <= reply.duration_ms < 2_000
        await asyncio.sleep(0.05)
        assert local.open == 0


async def test_who_drips_is_left_in_time_and_its_status_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.3)
    async with receiver("drip") as local:
        reply = await post(Outbound(LOCAL), local.url)
        assert (reply.status, reply.error) == (200, "timeout")


async def test_a_resolver_that_hangs_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(outbound, "LOOKUP_SECONDS", 0.1)
    assert (await post(Outbound(LOCAL, resolve=never), "https://slow.example/")).error == "connect_timeout"


async def test_a_gigabyte_is_not_read() -> None:
    async with receiver("flood") as local:
        reply = await post(Outbound(LOCAL), local.url)
        assert (reply.status, reply.error, reply.excerpt) == (200, None, "x" * 2_048)
        await asyncio.sleep(0.05)
        assert local.open == 0
        assert local.sent_bytes < 200 * MAX_READ_BYTES  # what the sockets of both sides hold


async def test_an_excerpt_can_be_stored_whatever_it_is() -> None:
    async with receiver(status(500, b"a\x00b\xff\xed\xa0\x80")) as local:
        excerpt = (await post(Outbound(LOCAL), local.url)).excerpt
        assert excerpt is not None
        assert "\x00" not in excerpt
        assert excerpt.encode()
        assert excerpt.startswith("ab")


def authority(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS of a server of this name, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = (
        made.serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    )
    certificate = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(
        key, hashes.SHA256()
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_host_and_tls_name_stay_those_of_the_url(tmp_path: Path) -> None:
    server, trusting = authority(tmp_path, "receiver.example")
    told: list[str] = []
    server.sni_callback = lambda _socket, name, _context: told.append(name)
    async with receiver(ssl=server) as local:
        client = Outbound(LOCAL, resolve=resolving(["127.0.0.1"]), tls=trusting)
        assert (await post(client, f"https://receiver.example:{local.port}/in?a=b")).status == 204
        assert told == ["receiver.example"]
        assert local.received[0].headers["host"] == f"receiver.example:{local.port}"
        assert local.received[0].path == "/in?a=b"
        assert (await post(client, f"https://other.example:{local.port}/")).error == "tls_failed"
        stranger = Outbound(LOCAL, resolve=resolving(["127.0.0.1"]))
        assert (await post(stranger, f"https://receiver.example:{local.port}/")).error == "tls_failed"


async def test_nothing_is_kept_between_requests() -> None:
    async with receiver() as local:
        client = Outbound(LOCAL)
        for _ in range(3):
            await post(client, local.url)
        await asyncio.sleep(0.05)
        assert (local.connections, local.open) == (3, 0)
