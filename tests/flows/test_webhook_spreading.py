"""What is announced to many webhooks at once: committed quickly, kept once, and delivered to each in order."""

import asyncio
from time import perf_counter
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.settings import Settings
from app.webhooks import store
from app.webhooks.spreading import AT_ONCE
from app.webhooks.tables import webhook_batches, webhook_deliveries, webhook_payloads
from tests.flows.webhook_build import WORKSPACE, count_of, deliveries, endpoint, news, say, sender_of
from tests.receivers import LOOPBACK, receiver
from tests.scale import full
from tests.service import TestClock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_allow": LOOPBACK})


async def make_webhooks(client: httpx.AsyncClient, count: int, **fields: Any) -> None:
    for number in range(count):
        await client.post("/v1/webhooks", json={"key": f"w-{number}", "url": "https://example.com/", **fields})


async def test_an_evaluation_that_a_hundred_webhooks_hear_of_commits_quickly(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    items = full(5_000, 250)
    await make_webhooks(client, 50)
    await make_webhooks(client, 100, format="cloudevents")  # of the hundred keys, the other fifty
    said = [news(clock.now, milestone=f"m-{number}") for number in range(items)]
    began = perf_counter()
    await say(service, *said)
    assert perf_counter() - began < 0.5 + items / 1_500  # 5,000: measured 0.7 s to 1.5 s; at most 5 s are allowed
    assert await count_of(service, webhook_payloads) == 2 * items


async def test_what_went_to_many_reaches_each_of_them_once_and_in_order(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local, receiver() as other:
        await endpoint(client, local, filter={"plans": ["p"]})
        await endpoint(client, other, "other", format="cloudevents")
        count = AT_ONCE + 10
        await say(service, *(news(clock.now, milestone=f"m-{number}") for number in range(count)))
        await say(service, news(clock.now, milestone="last"), news(clock.now, "q"))
        assert await deliveries(client) == []  # all of it waits for the first
        assert await count_of(service, webhook_batches) > 0
        sender = sender_of(service)
        while await count_of(service, webhook_batches):
            assert await sender._spread() <= AT_ONCE
        logged = await deliveries(client)
        assert len(logged) == count + 1
        assert len(await deliveries(client, "other")) == count + 2
        for _ in range(5):
            await sender.send_due()
            await sender.settled()
        assert local.ids == [one["id"] for one in logged[: len(local.ids)]]
        assert len(local.ids) == 5


async def test_a_purged_plan_takes_along_what_was_not_spread_yet(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await make_webhooks(client, 2)
    said = [news(clock.now) for _ in range(AT_ONCE)]
    await say(service, *said)
    sender = sender_of(service)
    assert await sender._spread() == AT_ONCE
    plan_id = said[0].plan_id
    assert plan_id is not None
    tables = (webhook_batches, webhook_deliveries, webhook_payloads)
    while await service.state.database.write(lambda tx: store.purge_some(tx, WORKSPACE, plan_id, 200)):
        pass
    assert [await count_of(service, table) for table in tables] == [0, 0, 0]
    assert await sender._spread() == 0


async def test_two_processes_spread_each_batch_once(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await make_webhooks(client, 3)
    for _ in range(2):
        await say(service, *(news(clock.now, plan) for plan in "ab" for _ in range(AT_ONCE)))
    senders = [sender_of(service), sender_of(service)]
    while await count_of(service, webhook_batches):
        await asyncio.gather(*(sender._spread() for sender in senders))
    assert await count_of(service, webhook_deliveries) == 3 * 4 * AT_ONCE
