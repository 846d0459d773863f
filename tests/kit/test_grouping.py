"""Group commit: what waits together is written together, and nobody pays for a neighbour."""

import asyncio
from collections.abc import Sequence

import pytest

from app.kit.grouping import Grouping
from app.kit.problems import BadRequest, ServiceUnavailable


class Recorder:
    """Remembers its batches; stands still until it may go on; refuses what is negative."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go_on = asyncio.Event()
        self.is_down = False

    async def __call__(self, batch: Sequence[int]) -> Sequence[str]:
        self.batches.append(list(batch))
        await self.may_go_on.wait()
        if self.is_down:
            raise ServiceUnavailable
        if min(batch) < 0:
            raise BadRequest
        return [f"done {item}" for item in batch]


async def submitted(grouping: Grouping[int, str], *items: int) -> list[asyncio.Task[str]]:
    """Callers that wait for their items, after each has had its turn."""
    tasks = [asyncio.create_task(grouping.submit(item)) for item in items]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_what_came_while_one_batch_ran_is_the_next_batch() -> None:
    recorder = Recorder()
    grouping = Grouping(recorder, writers=1)
    first = await submitted(grouping, 1)
    others = await submitted(grouping, 2, 3, 4)
    recorder.may_go_on.set()
    assert await asyncio.gather(*first, *others) == ["done 1", "done 2", "done 3", "done 4"]
    assert recorder.batches == [[1], [2, 3, 4]]


async def test_a_batch_is_never_larger_than_allowed() -> None:
    recorder = Recorder()
    recorder.may_go_on.set()
    grouping = Grouping(recorder, writers=1, max_batch=2)
    assert len(await asyncio.gather(*(grouping.submit(item) for item in range(5)))) == 5
    assert max(map(len, recorder.batches)) == 2


async def test_one_bad_item_does_not_fail_its_neighbours() -> None:
    recorder = Recorder()
    recorder.may_go_on.set()
    grouping = Grouping(recorder, writers=1)
    outcomes = await asyncio.gather(*(grouping.submit(item) for item in (1, -2, 3)), return_exceptions=True)
    assert (outcomes[0], outcomes[2]) == ("done 1", "done 3")
    assert isinstance(outcomes[1], BadRequest)


async def test_an_outage_is_told_to_all_without_trying_each_alone() -> None:
    recorder = Recorder()
    recorder.is_down = True
    recorder.may_go_on.set()
    grouping = Grouping(recorder, writers=1)
    outcomes = await asyncio.gather(*(grouping.submit(item) for item in (1, 2, 3)), return_exceptions=True)
    assert all(isinstance(outcome, ServiceUnavailable) for outcome in outcomes)
    assert len({id(outcome) for outcome in outcomes}) == 3
    assert recorder.batches == [[1, 2, 3]]


async def test_a_full_queue_is_told_at_once() -> None:
    recorder = Recorder()
    grouping = Grouping(recorder, writers=1, max_queue=2)
    waiting = await submitted(grouping, 1)
    waiting += await submitted(grouping, 2, 3)
    with pytest.raises(ServiceUnavailable):
        await grouping.submit(4)
    recorder.may_go_on.set()
    assert await asyncio.gather(*waiting) == ["done 1", "done 2", "done 3"]


async def test_a_caller_that_leaves_takes_nobody_along() -> None:
    recorder = Recorder()
    grouping = Grouping(recorder, writers=1)
    leaver, stayer = await submitted(grouping, 1, 2)
    leaver.cancel()
    recorder.may_go_on.set()
    assert await stayer == "done 2"


async def test_close_waits_for_what_is_queued() -> None:
    recorder = Recorder()
    grouping = Grouping(recorder, writers=1)
    waiting = [*await submitted(grouping, 1), *await submitted(grouping, 2)]
    closing = asyncio.create_task(grouping.close())
    await asyncio.sleep(0)
    recorder.may_go_on.set()
    await closing
    assert [task.result() for task in waiting] == ["done 1", "done 2"]


async def test_close_drops_what_takes_too_long() -> None:
    recorder = Recorder()
    grouping = Grouping(recorder, writers=1)
    waiting = [*await submitted(grouping, 1), *await submitted(grouping, 2)]
    await grouping.close(within_seconds=0.01)
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(end, ServiceUnavailable) for end in ends)
    await grouping.close()
