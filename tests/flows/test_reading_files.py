"""Schedule files are read in processes of their own: real ones, real files, and real bombs."""

import asyncio
import gc
import json
import os
import random
import resource
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from io import BytesIO

import psutil  # type: ignore[import-untyped]
import pytest

from app.formats import csv_reader, leeway, mspdi, xer
from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from app.imports import child, reading
from app.imports.reading import read_file
from app.kit.limits import MAX_DEPENDENCIES, MAX_MILESTONES, MIB
from app.kit.problems import ServiceUnavailable
from tests.domain.shared import shared
from tests.scale import full

OCTETS = "application/octet-stream"
BERLIN = ReadOptions("Europe/Berlin")
READERS = {".xer": xer.read, ".xml": mspdi.read}
FILES = [
    *(f"oracles/p6/{name}.xer" for name in ("cairo-alex-road", "hilal-oil-gas", "terminal-building-airport")),
    *(f"oracles/mspdi/{name}.xml" for name in ("Homemoveplan", "OzBuild-16-Orig", "Residential-Construction")),
]
ME = psutil.Process()


def table(rows: int) -> bytes:
    """A table with links, progress and a baseline."""
    lines = ["id,name,start,finish,predecessors,percent_complete,baseline_start,baseline_finish,labels,status_date"]
    for i in range(rows):
        links = "; ".join(f"A{j}FS+1d" for j in range(max(0, i - 3), i))
        days = f"2024-05-{i % 27 + 1:02},2024-05-{i % 27 + 2:02}"
        lines.append(f"A{i},Task {i},{days},{links},{i % 100},{days},team=core; area=x,2024-06-01")
    return "\r\n".join(lines).encode()


def document(milestones: int, dependencies: int = 0) -> bytes:
    links = [{"predecessor": f"m{i}", "successor": f"m{i + 1}"} for i in range(dependencies)]
    made = [{"key": f"m{i}", "name": f"M {i}"} for i in range(milestones)]
    return json.dumps({"name": "Dam", "milestones": made, "dependencies": links}).encode()


async def problems_of(body: bytes, media_type: str = OCTETS, seconds: float = reading.SECONDS) -> list[Place]:
    with pytest.raises(Unreadable) as caught:
        await read_file(body, media_type, BERLIN, seconds=seconds)
    return list(caught.value.problems)


def children() -> list[psutil.Process]:
    return [each for each in ME.children() if "app.imports.child" in " ".join(each.cmdline())]


async def new_child() -> psutil.Process:
    """A child that has taken its limits, and waits for its file."""
    for _ in range(1000):
        await asyncio.sleep(0.005)
        for each in children():
            with suppress(psutil.Error):
                if each.status() != psutil.STATUS_STOPPED and each.rlimit(resource.RLIMIT_NOFILE)[0] == 16:
                    return each
    raise AssertionError("there is no child")


@asynccontextmanager
async def stopped_reader() -> AsyncIterator[tuple[asyncio.Task[ParsedFile], psutil.Process]]:
    """Somebody who reads a file, and the child that was stopped before it could answer."""
    task = asyncio.create_task(read_file(document(20_000), OCTETS, BERLIN))
    process = await new_child()
    process.suspend()
    try:
        yield task, process
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
async def _nothing_stays() -> AsyncIterator[None]:
    files = ME.num_fds()
    yield
    assert children() == []
    assert ME.num_fds() <= files


@pytest.mark.parametrize(
    ("body", "media_type", "read"),
    [
        (table(20), "text/csv", csv_reader.read),
        (table(20).replace(b",", b"\t"), "text/tab-separated-values", csv_reader.read),
        (document(3, 2), "application/json", leeway.read),
        (leeway.to_yaml(json.loads(document(3, 2))).encode(), "application/yaml", leeway.read),
    ],
    ids=["csv", "tsv", "json", "yaml"],
)
async def test_a_child_says_what_the_reader_says(body: bytes, media_type: str, read: object) -> None:
    assert callable(read)
    assert (await read_file(body, media_type, BERLIN)).to_json() == read(body, BERLIN).to_json()


@pytest.mark.parametrize("name", FILES)
async def test_real_files(name: str) -> None:
    body = shared(name).read_bytes()
    expected = READERS[name[-4:]](body, BERLIN)
    assert (await read_file(body, OCTETS, BERLIN)).to_json() == expected.to_json()


@pytest.mark.parametrize("name", FILES)
async def test_real_files_cut_off_or_damaged_anywhere(name: str) -> None:
    body = shared(name).read_bytes()
    chance = random.Random(name)
    for _ in range(full(40, 2)):
        cut = body[: chance.randrange(len(body))]
        damaged = bytearray(body)
        for _ in range(20):
            damaged[chance.randrange(len(body))] = chance.randrange(256)
        for each in (cut, bytes(damaged)):
            with suppress(Unreadable):
                assert (await read_file(each, OCTETS, BERLIN)).format in {"xer", "mspdi"}


async def test_a_large_file_comes_in_pieces_that_make_the_same_whole() -> None:
    body = table(full(20_000, 3_000))
    assert (await read_file(body, "text/csv", BERLIN)).to_json() == csv_reader.read(body, BERLIN).to_json()


async def test_problems_come_as_the_reader_tells_them() -> None:
    assert await problems_of(b"id,name,start\nA,Dig,soon\nB,,2024-05-07\n", "text/csv") == [
        Place(
            "row 2, start", "not_a_date", "is no date that can be read: write it as 2024-05-07 or 2024-05-07 17:00"
        ),
        Place("row 3, name", "missing", "is empty, and is needed"),
    ]


@pytest.mark.parametrize("body", [b"", b"Dear all,", b"<Project/>"])
async def test_an_unknown_format_is_a_problem(body: bytes) -> None:
    assert [problem.code for problem in await problems_of(body)] == ["unknown_format"]


@pytest.mark.parametrize(
    "body", [document(MAX_MILESTONES + 1), document(1, MAX_DEPENDENCIES + 1)], ids=["milestones", "dependencies"]
)
async def test_a_plan_beyond_the_limits_ends_in_the_child(body: bytes) -> None:
    assert [problem.code for problem in await problems_of(body)] == ["too_many"]


ENTITIES = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
BOMBS = {
    "an object in every list": (b'{"milestones":[' + b'{"a":0},' * (5 * MIB // 2) + b"{}]}", "too_expensive"),
    "lists in lists": (b'{"a":' + b"[" * (19 * MIB), "too_deep"),
    "more values than any plan": (b'{"milestones":[' + b'{"a":{},"b":{}},' * 19_000 * 9 + b"{}]}", "too_many"),
    "objects in every milestone": (
        b'{"milestones":[' + (b"{" + b",".join(b'"%d":[]' % i for i in range(40)) + b"},") * 19_000 + b"{}]}",
        "too_large",
    ),
    "digits": (b'{"goal":' + b"1" * (19 * MIB) + b"}", "number_too_large"),
    "dashes": (b"a:\n" + b"- " * (10 * MIB - 9), "too_deep"),
    "aliases": (b"a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "not_json"),
    "cells": (b"name," + b"a," * (10 * MIB - 9), "too_many_columns"),
    "rows": (b"name,id\n" + b"a,\n" * (6 * MIB), "too_many_rows"),
    "one cell": (b'name,id\n"' + b"a" * (19 * MIB), "not_csv"),
    "entities": (
        f'<!DOCTYPE Project [<!ENTITY a0 "aaaaaaaaaa">{ENTITIES}]>'
        f'<Project xmlns="http://schemas.microsoft.com/project"><Name>&a9;</Name></Project>'.encode(),
        "not_xml",
    ),
    "elements": (b'<Project xmlns="http://schemas.microsoft.com/project">' + b"<a>" * (6 * MIB), "not_xml"),
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_a_problem_in_ten_seconds_and_costs_the_server_nothing(name: str) -> None:
    body, code = BOMBS[name]
    before = peak = ME.memory_info().rss
    began = time.monotonic()
    task = asyncio.create_task(problems_of(body))
    while not task.done():
        peak = max(peak, ME.memory_info().rss)
        await asyncio.sleep(0.01)
    assert [problem.code for problem in await task] == [code]
    assert time.monotonic() - began < 10
    assert peak - before < 64 * MIB


async def test_a_child_has_limits_and_inherits_nothing() -> None:
    async with stopped_reader() as (_, process):
        limits = {limit: process.rlimit(limit) for limit, _ in child._LIMITS}
        assert limits == {limit: (most, most) for limit, most in child._LIMITS}
        assert limits[resource.RLIMIT_AS] == (512 * MIB, 512 * MIB)
        assert process.environ() == {}
        assert process.cwd() == "/"
        assert process.num_fds() == 3
        assert os.getpgid(process.pid) == os.getsid(process.pid) == process.pid


async def test_who_is_gone_takes_the_child_along() -> None:
    async with stopped_reader() as (task, process):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not psutil.pid_exists(process.pid)


async def test_a_child_that_takes_too_long_is_killed() -> None:
    task = asyncio.create_task(problems_of(document(20_000), seconds=1))
    process = await new_child()
    process.suspend()
    assert [problem.code for problem in await task] == ["too_expensive"]
    assert not psutil.pid_exists(process.pid)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGXCPU, signal.SIGSEGV])
async def test_a_child_that_dies_is_a_problem(sent: signal.Signals) -> None:
    task = asyncio.create_task(problems_of(document(20_000)))
    (await new_child()).send_signal(sent)
    assert [problem.code for problem in await task] == ["too_expensive"]


async def test_only_two_files_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_WAIT_SECONDS", 0.1)
    async with stopped_reader(), stopped_reader():
        with pytest.raises(ServiceUnavailable) as refused:
            await read_file(document(1), OCTETS, BERLIN)
        assert "Retry-After" in refused.value.headers
    assert (await read_file(document(1), OCTETS, BERLIN)).format == "leeway"


async def test_who_waits_gets_a_turn() -> None:
    read = await asyncio.gather(*(read_file(document(number), OCTETS, BERLIN) for number in range(1, 7)))
    assert [len(file.document["milestones"]) for file in read] == [1, 2, 3, 4, 5, 6]


async def test_where_no_process_can_be_started_it_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_COMMAND", ("/no/such/interpreter",))
    with pytest.raises(ServiceUnavailable):
        await read_file(document(1), OCTETS, BERLIN)


async def test_an_error_of_ours_is_a_problem_and_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ReadOptions(time_zone=None)  # type: ignore[arg-type]
    with pytest.raises(Unreadable, match="please report it"):
        await read_file(b"name\nDig the secret hole\n", "text/csv", wrong)
    logged = "".join(capsys.readouterr())
    assert "TypeError" in logged
    assert "secret" not in logged


def test_the_status_tells_what_the_frames_are() -> None:
    out = BytesIO()
    asked = json.dumps({"media_type": "text/csv", "options": {"time_zone": "UTC"}}).encode()
    assert child.answer(BytesIO(asked + b"\nname\nDig\n"), out) == child.READ
    assert child.answer(BytesIO(asked + b"\nnothing\n"), out) == child.UNREADABLE
    assert child.answer(BytesIO(b"nothing\n"), out) == child.FAILED


async def test_reading_does_not_hold_up_the_event_loop() -> None:
    body = table(full(20_000, 4_000))
    gc.disable()  # of what the tests before have left
    try:
        assert min([await longest_wait(body) for _ in range(3)]) < 0.05
    finally:
        gc.enable()


async def longest_wait(body: bytes) -> float:
    """How long the event loop was held up at most while a file was read, in seconds."""
    task = asyncio.create_task(read_file(body, "text/csv", BERLIN))
    longest = 0.0
    while not task.done():
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - began)
    await task
    return longest
