"""Bad receivers and many processes: nobody else notices, nothing is forgotten, nothing is sent by two at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from time import perf_counter
from typing import Any, Literal

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.db import Database
from app.settings import Settings
from app.webhooks import queue
from app.webhooks.sending import Sender
from app.webhooks.service import announce
from app.webhooks.tables import webhook_attempts, webhook_lanes
from tests.flows.webhook_build import WORKSPACE, count_of, deliveries, endpoint, news, say, send_all, sender_of
from tests.http.build import ok
from tests.receivers import LOOPBACK, OK, Received, receiver, status
from tests.scale import full
from tests.service import MakeClient, MakeKey, TestClock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_allow": LOOPBACK})


@asynccontextmanager
async def running(*senders: Sender) -> AsyncIterator[None]:
    """The senders' own loops."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(sender.run(stop, 0.5)) for sender in senders]
    try:
        yield
    finally:
        for sender in senders:
            for task in sender._sending:
                task.cancel()
        stop.set()
        await asyncio.gather(*tasks)


async def seconds_of_a_read(client: httpx.AsyncClient) -> float:
    taken = []
    for _ in range(40):
        began = perf_counter()
        ok(await client.get("/v1/calendars/standard"))
        taken.append(perf_counter() - began)
    return median(taken)


async def test_receivers_that_hang_slow_neither_the_others_nor_the_api(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as good, AsyncExitStack() as stack:
        bad = [await stack.enter_async_context(receiver(status(500))) for _ in range(25)]
        await endpoint(client, good, "good", filter={"types": ["deviation.resolved"]})
        for number, each in enumerate(bad):
            await endpoint(client, each, f"bad-{number}", filter={"types": ["deviation.opened"]})
        await say(service, news(clock.now, type="deviation.resolved"))
        await say(service, news(clock.now))
        sender = sender_of(service)
        await send_all(sender)
        for number, each in enumerate(bad):
            each.answer = "hang" if number % 8 else "drip"
        before = await seconds_of_a_read(client)
        async with running(sender):
            await say(service, *(news(clock.now, f"plan-{number}") for number in range(6)))
            await asyncio.wait_for(_some_open(bad, 75), 10)
            lags = []
            for count in range(2, 12):
                began = perf_counter()
                await say(service, news(clock.now, type="deviation.resolved"))
                await good.arrived(count)
                lags.append(perf_counter() - began)
            during = await seconds_of_a_read(client)
            assert sum(each.open for each in bad) == 75  # of 100 places: the rest is for those that are well
        assert max(each.most_open for each in bad) <= 4
    assert max(lags) < 2
    assert during < 2 * before + 0.005


class Slowly(asyncio.Event):
    """A gate that opens for everybody some seconds after they came."""

    async def wait(self) -> Literal[True]:
        await asyncio.sleep(1.5)
        return True


@pytest.mark.parametrize("are_new", [True, False])
async def test_receivers_that_take_everything_but_slowly_do_not_delay_the_others(
    are_new: bool, service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as good, AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(receiver()) for _ in range(30)]
        await endpoint(client, good, "good", filter={"types": ["deviation.resolved"]})
        for number, each in enumerate(slow):
            each.gate = Slowly()
            await endpoint(client, each, f"slow-{number}", filter={"types": ["deviation.opened"]})
        sender = sender_of(service)
        if not are_new:
            await say(service, news(clock.now))
            await send_all(sender)
        lags = []
        async with running(sender):
            await say(service, *(news(clock.now, f"plan-{number}") for number in range(6)))
            await asyncio.wait_for(_some_open(slow, 30 if are_new else 75), 10)
            for count in range(1, 11):
                began = perf_counter()
                await say(service, news(clock.now, type="deviation.resolved"))
                await good.arrived(count)
                lags.append(perf_counter() - began)
                clock.advance(seconds=0.1)
            assert max(each.most_open for each in slow) <= (1 if are_new else 4)
    assert max(lags) < 1


async def test_one_workspace_never_takes_all_places(
    service: FastAPI,
    client: httpx.AsyncClient,
    clock: TestClock,
    make_client: MakeClient,
    make_key: MakeKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.webhooks.sending.MAX_OF_WORKSPACE", 9)
    async with receiver("hang") as busy, receiver() as good:
        for number in range(10):
            await endpoint(client, busy, f"w-{number}")
        other = make_client(await make_key("webhooks:write", "webhooks:read", workspace="other"))
        await endpoint(other, good)
        await say(service, news(clock.now))
        async with running(sender_of(service)):
            await asyncio.wait_for(_some_open([busy], 9), 10)
            ok(await other.post("/v1/webhooks/w/test"))
            await good.arrived(1, seconds=2)
            assert busy.most_open == 9


async def _some_open(receivers: list[Any], count: int) -> None:
    while sum(each.open for each in receivers) < count:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_what_is_said_while_others_are_sent_is_never_forgotten(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    count = full(2_000, 100)
    async with receiver() as local:
        await endpoint(client, local)

        async def speak(plan: str) -> None:
            for _ in range(count // 4):
                await say(service, news(clock.now, plan))
                await asyncio.sleep(0)

        async with running(sender_of(service)):
            await asyncio.gather(*map(speak, "abcd"))
            await local.arrived(count, seconds=60)
            await asyncio.wait_for(_until_empty(service), 10)
        logged = await deliveries(client)
        assert {one["state"] for one in logged} == {"delivered"}
        for plan in "abcd":
            mine = [one["id"] for one in logged if one["plan"] == plan]
            assert [item_id for item_id in local.ids if item_id in set(mine)] == mine
    assert local.most_open <= 4


async def test_what_is_queued_while_the_one_before_it_ends_is_not_forgotten(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    sender = sender_of(service)
    async with receiver() as local:
        local.gate = asyncio.Event()
        await endpoint(client, local)
        await say(service, news(clock.now))
        await sender.send_due()
        await local.arrived(1)

        async def queue_another(tx: AsyncConnection) -> None:
            await announce(tx, WORKSPACE, [news(clock.now)])
            assert local.gate is not None
            local.gate.set()
            await asyncio.sleep(0.3)  # long enough for the first to be recorded, if nothing held that up

        await service.state.database.write(queue_another)
        await sender.settled()
        await send_all(sender)
        assert [one["state"] for one in await deliveries(client)] == ["delivered", "delivered"]


async def _until_empty(service: FastAPI) -> None:
    while await count_of(service, webhook_lanes):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.mark.only_on("postgres")
async def test_two_workers_never_send_one_delivery_at_once(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock, database_url: str
) -> None:
    plans, each = 20, full(50, 5)
    on_the_way: Counter[str] = Counter()
    async with receiver() as local:

        def answer(request: Received) -> bytes:
            on_the_way[request.headers["webhook-id"]] += 1
            return OK

        local.answer = answer
        await endpoint(client, local)
        for _ in range(each):
            await say(service, *(news(clock.now, f"plan-{number}") for number in range(plans)))
        others = [Database(database_url), Database(database_url)]
        async with running(*(sender_of(service, database) for database in others)):
            await local.arrived(plans * each, seconds=60)
            await asyncio.wait_for(_until_empty(service), 10)
        for database in others:
            await database.close()
    assert len(on_the_way) == plans * each
    assert set(on_the_way.values()) == {1}
    assert local.most_open <= 4
    assert await count_of(service, webhook_attempts) == plans * each


async def test_a_long_backlog_costs_no_more_than_a_short_one(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async def seconds_of_a_look() -> float:
        taken = []
        for _ in range(30):
            began = perf_counter()
            async with service.state.database.read() as db:
                assert await queue.candidates(db, clock.now) == []
            taken.append(perf_counter() - began)
        return median(taken)

    async with receiver(status(500)) as dead:
        await endpoint(client, dead)
        await say(service, *(news(clock.now, plan) for plan in "abcd"))
        sender = sender_of(service)
        await send_all(sender)
        short = await seconds_of_a_look()
        for _ in range(10):
            await say(service, *(news(clock.now, "abcd"[number % 4]) for number in range(full(1_000, 200))))
        long = await seconds_of_a_look()
        assert long < 2 * short + 0.002
        clock.advance(seconds=10)
        began = perf_counter()
        await send_all(sender)
        assert perf_counter() - began < 2
        assert len(dead.received) == 8


async def test_the_first_attempt_follows_the_commit_at_once(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local)
        lags = []
        async with running(sender_of(service)):
            for count in range(1, 21):
                await say(service, news(clock.now))
                began = perf_counter()
                await local.arrived(count)
                lags.append(perf_counter() - began)
    assert median(lags) < 0.2  # 0.02 on an idle machine; without the wake-up it were half of the sweep, 0.25
