"""The process that reads one schedule file and ends: what a hostile file can do, it does here.

It takes limits from itself before anything else, gets the file on its standard input and answers on its standard
output in frames of JSON, a length of four bytes before each; its exit status says what they are. Nothing else
goes in or out: no pickles, no files, no environment.
"""

import gc
import json
import os
import resource
import sys
import traceback
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from app.formats.sniffing import format_of
from app.kit.limits import MAX_DEPENDENCIES, MAX_MILESTONES, MIB

READ, UNREADABLE, EXHAUSTED, FAILED = 0, 65, 69, 70
"""What an exit status says: frames of a file, its problems, out of memory, an error of ours and where."""

MEMORY_BYTES = 512 * MIB
CPU_SECONDS = 10
MAX_VALUES = 2_500_000
"""How much an answer may hold, in scalars; a list or an object counts for four."""
_CONTAINER = 4
_FRAME_ITEMS = 500  # so few that no frame takes the event loop of the server long

_LIMITS = (
    (resource.RLIMIT_AS, MEMORY_BYTES),
    (resource.RLIMIT_CPU, CPU_SECONDS),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NOFILE, 16),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
)

Path = Sequence[str | int]


def main() -> None:
    """Read the file on standard input, and end."""
    for limit, most in _LIMITS:
        resource.setrlimit(limit, (most, most))
    gc.disable()  # it lives for one file, and cycles are few
    zoneinfo.reset_tzpath(())  # zones come from the locked package alone, as in the server
    status = answer(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(status)  # without taking everything apart first


def answer(asked: BinaryIO, told: BinaryIO) -> int:
    """Answer what is asked; returns the exit status."""
    try:
        for frame in _frames(_parsed(asked)):
            _write(told, frame)
    except Unreadable as unreadable:
        _write(told, unreadable.problems)
        return UNREADABLE
    except (MemoryError, RecursionError):
        return EXHAUSTED
    except Exception as error:  # noqa: BLE001 - an error of ours; its message may hold what was in the file
        _write(told, [*traceback.format_tb(error.__traceback__), type(error).__name__])
        return FAILED
    return READ
