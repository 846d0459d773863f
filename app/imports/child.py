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
from collections.abc import Callable, Iterator, Mapping, Sequence
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
_FRAME_COST = 10_000  # so little that no frame keeps the interpreter of the server from its other threads long

_LIMITS = (
    (resource.RLIMIT_AS, MEMORY_BYTES),
    (resource.RLIMIT_CPU, CPU_SECONDS),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NOFILE, 16),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
)

_CONTAINERS = (dict, list, tuple)
Path = Sequence[str | int]


def main() -> None:
    """Read the file on standard input, and end."""
    for limit, most in _LIMITS:
        hard = resource.getrlimit(limit)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (least, least))
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


def _parsed(asked: BinaryIO) -> ParsedFile:
    """The file that is asked for: a line of JSON that says how to read it, then its bytes."""
    wanted = json.loads(asked.readline())
    body = asked.read()
    format_ = format_of(body, wanted["media_type"])
    if format_ is None:
        raise Unreadable([Place("file", "unknown_format", _UNKNOWN)])
    parsed = _reader(format_)(body, ReadOptions(**wanted["options"]))
    for part, most in (("milestones", MAX_MILESTONES), ("dependencies", MAX_DEPENDENCIES)):
        told = parsed.document.get(part)
        if isinstance(told, Sequence) and len(told) > most:
            raise Unreadable([Place("file", "too_many", f"has {len(told):,} {part}; a plan has at most {most:,}")])
    return parsed


_UNKNOWN = (
    "is in no format that can be read: send Primavera XER, Microsoft Project XML, CSV, or a plan document "
    "in JSON or YAML, with its media type"
)


def _reader(format_: str) -> Callable[[bytes, ReadOptions], ParsedFile]:
    """What reads a format; nothing else of it is loaded."""
    if format_ == "xer":
        from app.formats.xer import read  # noqa: PLC0415
    elif format_ == "mspdi":
        from app.formats.mspdi import read  # noqa: PLC0415
    elif format_ == "csv":
        from app.formats.csv_reader import read  # noqa: PLC0415
    else:
        from app.formats.leeway import read  # noqa: PLC0415
    return read


def _frames(parsed: ParsedFile) -> Iterator[Any]:
    """A file in pieces: first its values without what is large, then where each of the large pieces belongs.

    Raises:
        Unreadable: it holds more than the server takes.
    """
    values = parsed.to_values()
    costs: dict[int, int] = {}
    if _cost(values, costs) > MAX_VALUES:
        raise Unreadable([Place("file", "too_large", "holds more than any plan")])
    pieces: list[tuple[Path, Any]] = []
    yield _thinned(values, (), costs, pieces)
    yield from pieces


def _cost(value: Any, costs: dict[int, int]) -> int:
    """What an object or a list costs; of each in it noted by its identity."""
    members = value.values() if isinstance(value, dict) else value
    cost = _CONTAINER + len(value)
    for each in members:
        if isinstance(each, _CONTAINERS):
            cost += _cost(each, costs)
    costs[id(value)] = cost
    return cost


def _thinned(value: Any, path: Path, costs: Mapping[int, int], pieces: list[tuple[Path, Any]]) -> Any:
    """The value, or if it is large an empty one, and the pieces to be put into it in their order."""
    if costs.get(id(value), 1) <= _FRAME_COST or not isinstance(value, _CONTAINERS):
        return value
    members = value.items() if isinstance(value, dict) else enumerate(value)
    inner: list[tuple[Path, Any]] = []
    piece: list[tuple[Any, Any]] = []
    cost = 0
    for name, each in members:
        piece.append((name, _thinned(each, (*path, name), costs, inner)))
        cost += costs.get(id(each), 1)
        if cost >= _FRAME_COST:
            pieces.append((path, _like(value, piece)))
            piece, cost = [], 0
    pieces.append((path, _like(value, piece)))
    pieces += inner
    return _like(value, [])


def _like(value: Any, members: list[tuple[Any, Any]]) -> Any:
    return dict(members) if isinstance(value, dict) else [each for _, each in members]


def _write(told: BinaryIO, frame: Any) -> None:
    content = json.dumps(frame, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    told.write(len(content).to_bytes(4) + content)
    told.flush()
