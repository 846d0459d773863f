"""Work of the processor kept off the event loop where it is large."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Result

P = ParamSpec("P")
T = TypeVar("T")

_INLINE_SIZE = 500


async def beside_loop(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run pure work on `size` items: at once when it is small, in a thread when it would hold the loop up."""
    if size <= _INLINE_SIZE:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)


async def read_all(result: Result[Any], read: Callable[[Sequence[Any]], T]) -> list[T]:
    """Every row of a result, as `read` has it: a few rows at once, what is beyond them in a thread.

    Nothing waits for the database any more: the driver has given all rows, and what takes the time is to
    make values of them.
    """
    found = [read(row) for row in result.fetchmany(_INLINE_SIZE)]
    if len(found) == _INLINE_SIZE:
        parts = result.partitions(_INLINE_SIZE)
        found += await asyncio.to_thread(lambda: [read(row) for part in parts for row in part])
    return found
