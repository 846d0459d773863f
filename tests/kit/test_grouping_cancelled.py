"""Group commit that is cut short: whatever becomes of a batch, nobody waits for ever."""

import asyncio
from collections.abc import Sequence

import pytest

from app.kit.grouping import Grouping
from app.kit.problems import ServiceUnavailable


async def submitted(grouping: Grouping[int, int], *items: int) -> list["asyncio.Task[int]"]:
    """Callers that wait for their items."""
    callers = [asyncio.create_task(grouping.submit(item)) for item in items]
    await asyncio.sleep(0)
    return callers


async def outcomes(callers: Sequence["asyncio.Task[int]"]) -> list[int | type[BaseException]]:
    """What each caller got, within a second."""
    async with asyncio.timeout(1):
        found = await asyncio.gather(*callers, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in found]


async def test_a_batch_with_too_few_outcomes_fails_and_the_next_one_runs() -> None:
    async def run(batch: Sequence[int]) -> Sequence[int]:
        return [item for item in batch if item]

    callers = await submitted(Grouping(run, writers=1, max_batch=1), 0, 1)
    assert await outcomes(callers) == [ValueError, 1]


@pytest.mark.parametrize("max_batch", [1, 3], ids=["some are queued", "one by one"])
async def test_those_that_wait_are_refused_when_it_is_closed(max_batch: int) -> None:
    hanging = asyncio.Event()

    async def run(batch: Sequence[int]) -> Sequence[int]:
        if len(batch) > 1:
            raise ZeroDivisionError  # and so each runs alone
        if batch == [2]:
            hanging.set()
            await asyncio.sleep(60)
        return batch

    grouping = Grouping(run, writers=1, max_batch=max_batch)
    callers = await submitted(grouping, 1, 2, 3)
    await hanging.wait()
    await grouping.close(within_seconds=0)
    assert await outcomes(callers) == [1, ServiceUnavailable, ServiceUnavailable]


async def test_those_that_wait_are_refused_when_every_task_is_cancelled() -> None:
    async def run(batch: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(60)
        return batch

    before = asyncio.all_tasks()
    callers = await submitted(Grouping(run, writers=2, max_batch=1), 1, 2, 3)
    for task in asyncio.all_tasks() - before - set(callers):
        task.cancel()
    assert await outcomes(callers) == [ServiceUnavailable] * 3
