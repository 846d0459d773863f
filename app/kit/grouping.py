"""Group commit: what queued while the last transaction ran is the next transaction. No timer."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from app.kit.problems import Problem, ServiceUnavailable

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Grouping(Generic[Item, Outcome]):
    """Collect concurrent calls of `submit` into batches for `run`.

    `run` takes a batch and answers one outcome an item, in order, after its commit. When it raises and
    the batch had several items, each is run again alone, so that one cannot fail its neighbours. Where it finds
    the service unavailable, whatever queued meanwhile is refused, too: it has waited long enough.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]],
        *,
        writers: int,
        max_batch: int = 256,
        max_queue: int = 10_000,
    ) -> None:
        self._run = run
        self._writers = writers
        self._max_batch = max_batch
        self._max_queue = max_queue
        self._queue: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Outcome:
        """Queue the item and wait for its outcome.

        Raises:
            ServiceUnavailable: the queue is full.
        """
        if len(self._queue) >= self._max_queue:
            raise ServiceUnavailable("Too many writes are waiting.", retry_after_seconds=1)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if len(self._tasks) < self._writers:
            task = asyncio.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return await future

    async def close(self, within_seconds: float = 1.0) -> None:
        """Wait until everything queued is done; drop what takes longer, whose callers have gone by then."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within_seconds)
        self._refuse_queued()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Nobody is left waiting when the last task was cancelled, even before it began."""
        self._tasks.discard(task)
        if not self._tasks:
            self._refuse_queued()

    def _refuse_queued(self) -> None:
        waiting = [future for _, future in self._queue]
        self._queue.clear()
        _refuse(waiting)

    async def _drain(self) -> None:
        # The queue is looked at again after every batch, and no await lies between finding it empty and
        # leaving the set of tasks' count to the callback: a submit in between would start its own task.
        while self._queue:
            count = min(len(self._queue), self._max_batch)
            batch = [self._queue.popleft() for _ in range(count)]
            await self._settle(batch)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.discard(task)

    async def _settle(self, batch: Sequence[tuple[Item, "asyncio.Future[Outcome]"]]) -> None:
        """Run a batch; whatever happens, each of its futures is done in the end."""
        try:
            outcomes = await self._run([item for item, _ in batch])
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if not future.done():  # the caller may have gone
                    future.set_result(outcome)
        except Exception as error:  # noqa: BLE001 - one failure must not stop the others
            if len(batch) > 1 and not isinstance(error, ServiceUnavailable):
                for pair in batch:
                    await self._settle([pair])
                return
            if isinstance(error, ServiceUnavailable):
                batch = [*batch, *self._queue]
                self._queue.clear()
            for _, future in batch:
                if not future.done():
                    future.set_exception(_again(error))
        finally:  # cancelled, perhaps in the middle of one by one
            _refuse([future for _, future in batch])


def _refuse(waiting: "Sequence[asyncio.Future[Outcome]]") -> None:
    """Let no caller wait for what will not be done any more."""
    for future in waiting:
        if not future.done():
            future.set_exception(ServiceUnavailable("The service is stopping."))


def _again(error: Exception) -> Exception:
    """An exception each waiter can raise as its own (a shared one would grow its traceback in each)."""
    if isinstance(error, ServiceUnavailable):
        return ServiceUnavailable(error.detail)
    if isinstance(error, Problem):
        return type(error)(error.detail, errors=error.errors)
    return error
