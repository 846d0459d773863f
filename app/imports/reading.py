"""Reading schedule files in processes of their own, which hostile files may ruin without harm.

A child gets a file, has eight seconds and half a GiB (see `app.imports.child`), and is killed with its whole process
group when it takes longer, answers too much, or nobody waits for it any more.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import Any

from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from app.formats.sniffing import BY_MEDIA_TYPE, SNIFFED
from app.imports.child import EXHAUSTED, MEMORY_BYTES, READ, UNREADABLE
from app.kit.limits import MIB
from app.kit.logs import log
from app.kit.problems import ServiceUnavailable
from app.kit.threads import beside_loop

MEDIA_TYPES = (*BY_MEDIA_TYPE, *SNIFFED)
"""The media types of files that can be read, or whose bytes tell whether they can."""

SECONDS = 8
MAX_ANSWER_BYTES = 64 * MIB
_CHILDREN = 2
_WAIT_SECONDS = 5
_CHUNK = 1 << 16

# Isolated: no PYTHON* variables, no user packages, and the folder it is run in is not where modules come from.
_COMMAND = (sys.executable, "-I", "-B", "-c", "from app.imports.child import main; main()")
_slots = asyncio.Semaphore(_CHILDREN)


async def read_file(body: bytes, media_type: str, options: ReadOptions, *, seconds: float = SECONDS) -> ParsedFile:
    """What a schedule file says. Never holds up the event loop.

    Raises:
        Unreadable: everything that is wrong with it; `too_expensive` if reading it takes too long, too much
            memory, or ends the process that tries.
        ServiceUnavailable: other files are being read, or no process can be started; it may be sent again soon.
    """
    wanted = {"media_type": media_type, "options": asdict(options)}
    async with _slot():
        try:
            async with asyncio.timeout(seconds):
                status, frames = await _child(json.dumps(wanted).encode() + b"\n", body)
        except TimeoutError:
            raise _too_expensive() from None
    if status == READ and frames:
        return ParsedFile.of_values(_whole(frames))
    if status == UNREADABLE and frames:
        raise Unreadable([Place(*problem) for problem in frames[0]])
    if status == EXHAUSTED or status < 0:
        log.warning("reader_ended", status=status)
        raise _too_expensive()
    log.error("reader_failed", status=status, trace=frames)
    detail = "cannot be read, for an error of Leeway: please report it with the request_id"
    raise Unreadable([Place("file", "reader_failed", detail)])


def _too_expensive() -> Unreadable:
    detail = f"takes more than {SECONDS} s or {MEMORY_BYTES // MIB} MiB to read"
    return Unreadable([Place("file", "too_expensive", detail)])


@asynccontextmanager
async def _slot() -> AsyncIterator[None]:
    """One of the few children that there are at once."""
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            await _slots.acquire()
    except TimeoutError:
        detail = "Other files are being read. Try again after the seconds in Retry-After."
        raise ServiceUnavailable(detail, retry_after_seconds=_WAIT_SECONDS) from None
    try:
        yield
    finally:
        _slots.release()


async def _child(head: bytes, body: bytes) -> tuple[int, list[Any]]:
    """The exit status of a child that was given a file, and the frames of its answer."""
    try:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:  # no process, no memory or no descriptor is left
        log.error("reader_not_started", error=str(error))
        raise ServiceUnavailable("Files cannot be read at the moment.") from None
    try:
        await _feed(process, head, body)
        frames = await _answer(process)
        return await process.wait(), frames
    finally:
        await _end(process)


async def _feed(process: asyncio.subprocess.Process, head: bytes, body: bytes) -> None:
    """Give it the file, piece by piece: a pipe that is full keeps a copy of what it was given."""
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended; its answer or status says why
        process.stdin.write(head)
        for start in range(0, len(body), _CHUNK):
            process.stdin.write(body[start : start + _CHUNK])
            await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


async def _answer(process: asyncio.subprocess.Process) -> list[Any]:
    """The frames of its answer, up to where it ended.

    Raises:
        Unreadable: it is too long.
    """
    assert process.stdout is not None
    frames: list[Any] = []
    room = MAX_ANSWER_BYTES
    with suppress(asyncio.IncompleteReadError):
        while True:
            size = int.from_bytes(await process.stdout.readexactly(4))
            room -= size
            if room < 0:
                raise _too_expensive()
            content = await process.stdout.readexactly(size)
            frames.append(await beside_loop(size // 100, json.loads, content))
    return frames


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing of it: no process, no pipe."""
    assert process.stdin is not None
    assert process.stdout is not None
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.stdin.close()
    while await process.stdout.read(_CHUNK):
        pass
    await process.wait()


def _whole(frames: list[Any]) -> dict[str, Any]:
    """The values that the frames are the pieces of."""
    values: dict[str, Any] = frames[0]
    for path, piece in frames[1:]:
        place: Any = values
        for part in path:
            place = place[part]
        if isinstance(place, list):
            place.extend(piece)
        else:
            place.update(piece)
    return values
