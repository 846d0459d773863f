"""Broken and hostile files, posted to a real server: a problem each, soon, in little memory, and nothing stored."""

import gzip
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.domain.shared import shared
from tests.flows.processes import Process, leeway, serving
from tests.scale import full

FILES = [
    *(f"oracles/p6/{name}.xer" for name in ("cairo-alex-road", "hilal-oil-gas", "terminal-building-airport")),
    *(f"oracles/mspdi/{name}.xml" for name in ("Homemoveplan", "OzBuild-16-Orig", "Residential-Construction")),
]
CUTS, FLIPS = full(40, 3), full(40, 3)
SECONDS, MEGABYTES = 10, 64
SOME_BYTES = "application/octet-stream"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("imports")
    url = f"sqlite+aiosqlite:///{folder}/leeway.db"
    assert leeway("migrate", folder=folder, database_url=url).returncode == 0
    with serving(folder, url) as process:
        yield process


def memory(server: Process) -> int:
    """What the server holds, in MiB."""
    status = Path(f"/proc/{server.popen.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) >> 10


async def post(server: Process, body: bytes, media_type: str = SOME_BYTES, **headers: str) -> httpx.Response:
    """The answer to a file, which is there in time and costs the server little memory."""
    before, begin = memory(server), time.monotonic()
    async with server.client(timeout=60) as client:
        sent = {"Content-Type": media_type, **headers}
        answer = await client.post("/v1/imports", params={"plan": "p"}, content=body, headers=sent)
    assert time.monotonic() - begin < SECONDS
    assert memory(server) - before <= MEGABYTES
    return answer


def is_a_problem(answer: httpx.Response) -> bool:
    return answer.status_code in {400, 413, 415, 422} and answer.headers["content-type"] == "application/problem+json"


async def nothing_is_stored(server: Process) -> bool:
    async with server.client() as client:
        plans = (await client.get("/v1/plans")).json()["items"]
        calendars = [each for each in (await client.get("/v1/calendars")).json()["items"] if not each["built_in"]]
        return not plans and not calendars


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_was_cut_off_is_no_smaller_plan(server: Process, name: str) -> None:
    body, random = shared(name).read_bytes(), Random(name)
    for _ in range(CUTS):
        cut = random.randrange(len(body.rstrip()) - 4)
        answer = await post(server, body[:cut])
        assert is_a_problem(answer), (cut, answer.text[:500])
    assert await nothing_is_stored(server)


@pytest.mark.parametrize("name", FILES)
async def test_flipped_bytes_are_a_problem_or_another_plan(server: Process, name: str) -> None:
    body, random = shared(name).read_bytes(), Random(name)
    for _ in range(FLIPS):
        flipped = bytearray(body)
        for _ in range(random.choice((1, 3, 50))):
            flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
        begin = time.monotonic()
        async with server.client(timeout=60) as client:
            answer = await client.post(
                "/v1/imports",
                params={"dry_run": "true"},
                content=bytes(flipped),
                headers={"Content-Type": SOME_BYTES},
            )
        assert time.monotonic() - begin < SECONDS
        assert answer.status_code == 200 or is_a_problem(answer), answer.text[:500]
    assert await nothing_is_stored(server)


def laughs() -> bytes:
    """Ten entities of ten each: 10 billion characters, if anybody expanded them."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE Project [<!ENTITY e0 "ha ha ha ha">{entities}]>'
    return f'{head}<Project xmlns="http://schemas.microsoft.com/project"><Name>&e9;</Name></Project>'.encode()


def outside() -> bytes:
    """An entity that is a file of the machine."""
    head = '<?xml version="1.0"?><!DOCTYPE Project [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return f'{head}<Project xmlns="http://schemas.microsoft.com/project"><Name>&e;</Name></Project>'.encode()


def deep() -> bytes:
    return b'<Project xmlns="http://schemas.microsoft.com/project">' + b"<Tasks>" * 1_000_000


def anchors() -> bytes:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    rows += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join(rows).encode()


BOMBS = {
    "a billion laughs": (laughs(), "application/xml"),
    "an entity from outside": (outside(), "application/xml"),
    "a million elements deep": (deep(), "text/xml"),
    "a billion laughs of YAML": (anchors(), "application/yaml"),
    "brackets without end": (b"[" * 15_000_000, "application/json"),
    "objects without end": (b'{"a":' * 3_000_000, "application/json"),
    "one row of 15 million cells": (b"id,name" + b"," * 15_000_000, "text/csv"),
    "a cell of 19 million characters": (b'id,name\n1,"' + b"x" * 19_000_000, "text/csv"),
    "six million rows": (b"id\n" + b"x\n" * 6_000_000, "text/csv"),
    "a table of six million rows": (
        b"ERMHDR\t8.0\n%T\tTASK\n%F\ta\n" + b"%R\tx\n" * 3_500_000 + b"%E\n",
        "text/plain",
    ),
    "nothing": (b"", SOME_BYTES),
    "noise": (Random(7).randbytes(3_000_000), SOME_BYTES),
    "a ZIP": (b"PK\x03\x04" + bytes(1_000), SOME_BYTES),
    "an MPP": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1_000), "application/vnd.ms-project"),
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_does_not_go_off(server: Process, name: str) -> None:
    body, media_type = BOMBS[name]
    answer = await post(server, body, media_type)
    assert is_a_problem(answer), answer.text[:500]
    assert len(answer.content) < 32 * 1024
    assert await nothing_is_stored(server)


async def test_a_hundred_megabytes_inflated_are_never_inflated(server: Process) -> None:
    body = gzip.compress(json.dumps({"name": "p", "goal": "x" * 100 * 2**20}).encode())
    for media_type, headers in (("application/json", {"Content-Encoding": "gzip"}), ("application/gzip", {})):
        answer = await post(server, body, media_type, **headers)
        assert answer.status_code == 415
    assert is_a_problem(await post(server, body))
    assert await nothing_is_stored(server)


async def test_a_hundred_megabytes_are_not_read(server: Process) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(2**20)

    before = memory(server)
    async with server.client(timeout=60) as client:
        for content in (bytes(100 * 2**20), chunks()):
            try:
                headers = {"Content-Type": "text/csv"}
                answer = await client.post("/v1/imports", content=content, headers=headers)
                assert answer.status_code == 413
            except (httpx.WriteError, httpx.RemoteProtocolError):
                pass  # it hung up before all of it was sent
    assert memory(server) - before <= MEGABYTES
    assert await nothing_is_stored(server)
