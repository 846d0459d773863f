"""Work of the processor kept off the event loop where it is large."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_INLINE_SIZE = 500


async def beside_loop(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run pure work on `size` items: at once when it is small, in a thread when it would hold the loop up."""
    if size <= _INLINE_SIZE:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
