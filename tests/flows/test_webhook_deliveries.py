"""Deliveries: in order for each plan, retried on schedule, once in effect, and nobody suffers from a bad receiver."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit import outbound
from app.kit.outbound import Outbound, Reach, networks
from app.kit.vault import Vault
from app.settings import Settings
from app.webhooks.schedule import DELAYS
from app.webhooks.sending import Sender
from app.webhooks.service import announce
from tests.flows.webhook_build import (
    WORKSPACE,
    deliveries,
    delivery,
    edit,
    endpoint,
    news,
    say,
    send_all,
    sender_of,
    webhook,
)
from tests.http.build import ok
from tests.receivers import LOOPBACK, OK, Received, receiver, status
from tests.scale import full
from tests.service import TestClock

OTHER_KEY = "b3RoZXI6IGtleSBvZiB0aGUgdGVzdHMhISEhISEhISE="
FAILS = status(500, b"no\x00 room")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_allow": LOOPBACK})


async def test_attempts_keep_the_schedule_until_the_tenth(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(FAILS) as local:
        await endpoint(client, local)
        sender = sender_of(service)
        await say(service, news(clock.now))
        await send_all(sender)
        assert len(local.received) == 1
        for count, delay in enumerate(DELAYS, 1):
            last = clock.now
            clock.now = last + delay * 0.799
            await send_all(sender)
            assert len(local.received) == count, f"too early after attempt {count}"
            clock.now = last + delay * 1.201
            await send_all(sender)
            assert len(local.received) == count + 1, f"too late after attempt {count}"
        clock.advance(days=3)
        await send_all(sender)
        (dead,) = await deliveries(client)
        told = await delivery(client, dead["id"])
    assert len(local.received) == 10
    assert len(set(local.ids)) == 1
    assert (told["state"], told["attempt_count"], told["next_attempt_at"]) == ("dead", 10, None)
    assert [attempt["number"] for attempt in told["attempts"]] == list(range(1, 11))
    assert {(a["status"], a["error"], a["response_excerpt"]) for a in told["attempts"]} == {(500, None, "no room")}


async def test_a_success_ends_it(service: FastAPI, client: httpx.AsyncClient, clock: TestClock) -> None:
    answers = [FAILS, FAILS, OK]
    async with receiver(lambda _: answers.pop(0)) as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        for _ in range(5):
            await send_all(sender_of(service))
            clock.advance(hours=1)
        (told,) = await deliveries(client)
        assert (told["state"], told["attempt_count"]) == ("delivered", 3)
        assert (await webhook(client))["failing_since"] is None


async def test_retry_after_is_waited_for(service: FastAPI, client: httpx.AsyncClient, clock: TestClock) -> None:
    async with receiver(status(503, Retry_After="3600")) as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        await send_all(sender_of(service))
        clock.advance(minutes=59)
        await send_all(sender_of(service))
        assert len(local.received) == 1
        clock.advance(minutes=2)
        await send_all(sender_of(service))
        assert len(local.received) == 2


@pytest.mark.parametrize(
    ("answer", "code", "error"),
    [
        ("hang", None, "timeout"),
        ("reset", None, "connection_lost"),
        ("garbage", None, "protocol_error"),
        (status(301, Location="http://127.0.0.1:1/"), 301, None),
        (status(404), 404, None),
    ],
)
async def test_a_failed_attempt_is_logged_with_its_reason(
    answer: Any,
    code: int | None,
    error: str | None,
    service: FastAPI,
    client: httpx.AsyncClient,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.2)
    async with receiver(answer) as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        await send_all(sender_of(service))
    (one,) = await deliveries(client)
    (attempt,) = (await delivery(client, one["id"]))["attempts"]
    assert (attempt["status"], attempt["error"], one["state"]) == (code, error, "pending")


async def test_a_gigabyte_of_an_answer_is_a_success_that_costs_nothing(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver("flood") as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        await send_all(sender_of(service))
    (one,) = await deliveries(client, state="delivered")
    assert len((await delivery(client, one["id"]))["attempts"][0]["response_excerpt"]) == 2_048


async def test_the_news_of_one_plan_wait_for_each_other_and_other_plans_do_not(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    bad = True

    def answer(request: Received) -> bytes:
        return FAILS if bad and b'"plan":"a"' in request.body else OK

    async with receiver(answer) as local:
        await endpoint(client, local)
        sender = sender_of(service)
        await say(service, *(news(clock.now, plan) for plan in "aabaab"))
        await send_all(sender)
        logged = await deliveries(client)
        assert [one["state"] for one in logged] == [*("pending", "pending", "delivered") * 2]
        assert [one["attempt_count"] for one in logged] == [1, 0, 1, 0, 0, 1]
        bad = False
        clock.advance(seconds=10)
        await send_all(sender)
        mine = [one["id"] for one in logged if one["plan"] == "a"]
        assert local.ids[-4:] == mine
        assert await deliveries(client, state="pending") == []


async def test_an_attempt_whose_process_died_is_made_again_with_the_same_id(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver("hang") as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        died = sender_of(service)
        await died.send_due()
        await local.arrived(1)
        for task in died._sending:
            task.cancel()  # nothing is written down, as by a kill
        await died.settled()
        local.answer = OK
        clock.advance(seconds=29)
        await send_all(sender_of(service))
        assert len(local.received) == 1
        clock.advance(seconds=2)
        await send_all(sender_of(service))
        assert len(local.received) == 2
        assert len(set(local.ids)) == 1
        assert [one["state"] for one in await deliveries(client)] == ["delivered"]


async def test_who_stops_gives_back_what_is_on_its_way(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.webhooks.sending._PARTING", timedelta(seconds=0.1))
    async with receiver("hang") as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        stopping = sender_of(service)
        await stopping.send_due()
        await local.arrived(1)
        await stopping.close()
        local.answer = OK
        await send_all(sender_of(service))  # at once
        assert len(local.received) == 2


async def test_gone_disables_and_that_is_announced(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(status(410)) as gone, receiver() as other:
        await endpoint(client, gone, filter={"plans": ["p"]})
        await endpoint(client, other, "other", filter={"types": ["webhook.disabled"]})
        await say(service, news(clock.now), news(clock.now))
        await send_all(sender_of(service))
        told = await webhook(client)
        assert (told["enabled"], told["state"], told["disabled_reason"]) == (False, "disabled", "gone")
        assert len(gone.received) == 1
        assert b'"type":"webhook.disabled"' in other.received[0].body
        assert b'"webhook":"w"' in other.received[0].body
        feed = ok(await client.get("/v1/feed", params={"from": "beginning"}))["items"]
        assert [item["type"] for item in feed] == ["deviation.opened", "deviation.opened", "webhook.disabled"]
        assert feed[-1]["id"] == other.ids[0]


async def test_what_waited_is_sent_when_it_is_enabled_again(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(status(410)) as local:
        await endpoint(client, local)
        await say(service, news(clock.now), news(clock.now), news(clock.now, "q"))
        await send_all(sender_of(service))
        await say(service, news(clock.now, "missed"))
        clock.advance(days=2)
        await send_all(sender_of(service))
        before = len(local.received)
        local.answer = OK
        await edit(client, enabled=True)
        await send_all(sender_of(service))
        logged = await deliveries(client)
        assert [(one["plan"], one["state"]) for one in logged] == [(plan, "delivered") for plan in "ppq"]
        assert len(local.received) == before + 3
        assert [i for i in local.ids[before:] if i != logged[2]["id"]] == [one["id"] for one in logged[:2]]


async def test_five_days_of_failures_disable_and_one_success_starts_them_again(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(FAILS) as local:
        await endpoint(client, local)
        sender = sender_of(service)

        async def days(count: int) -> None:
            for _ in range(count):
                await say(service, news(clock.now, f"day-{clock.now:%d}"))
                await send_all(sender)
                clock.advance(days=1)

        await days(4)
        local.answer = OK
        await days(1)
        local.answer = FAILS
        await days(5)
        assert (await webhook(client))["state"] == "enabled"
        await days(1)
        told = await webhook(client)
    assert (told["state"], told["disabled_reason"]) == ("disabled", "failing")


async def test_a_test_goes_the_way_of_everything_and_before_it(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(FAILS) as local:
        await endpoint(client, local, filter={"types": ["webhook.disabled"]})
        await say(service, news(clock.now, None, "webhook.disabled"))
        await send_all(sender_of(service))
        local.answer = OK
        made = await client.post("/v1/webhooks/w/test")
        await send_all(sender_of(service))
        assert local.ids[-1] == made.json()["id"]
        assert ok(await client.get(made.headers["location"]))["state"] == "delivered"
        assert (await deliveries(client, state="pending"))[0]["type"] == "webhook.disabled"


async def test_tests_wait_for_nothing_and_nothing_waits_for_them(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(FAILS) as local:
        await endpoint(client, local)
        first = ok(await client.post("/v1/webhooks/w/test"))["id"]
        await send_all(sender_of(service))
        local.answer = OK
        second = ok(await client.post("/v1/webhooks/w/test"))["id"]
        await say(service, news(clock.now, None, "webhook.disabled"))
        await send_all(sender_of(service))
        assert [one["id"] for one in await deliveries(client, state="pending")] == [first]
        assert second in local.ids
        assert len(local.received) == 3


async def test_a_test_is_tried_three_times(service: FastAPI, client: httpx.AsyncClient, clock: TestClock) -> None:
    async with receiver(FAILS) as local:
        await endpoint(client, local)
        ok(await client.post("/v1/webhooks/w/test"))
        for _ in range(5):
            await send_all(sender_of(service))
            clock.advance(hours=1)
        (told,) = await deliveries(client)
        assert (told["state"], told["attempt_count"]) == ("dead", 3)


async def test_a_process_without_the_key_leaves_a_webhook_to_others(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        keyless = Sender(service.state.database, Vault([OTHER_KEY]), Outbound(Reach(networks(LOOPBACK))), clock)
        await send_all(keyless)
        (told,) = await deliveries(client)
        assert (told["state"], told["attempt_count"]) == ("pending", 0)
        assert (await webhook(client))["failing_since"] is None
        await send_all(sender_of(service))
        assert len(local.received) == 1


async def test_a_webhook_that_moves_is_sent_at_once_what_waited(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(FAILS) as old, receiver() as new:
        await endpoint(client, old)
        await say(service, news(clock.now))
        for _ in range(3):
            await send_all(sender_of(service))
            clock.advance(hours=1)
        await send_all(sender_of(service))
        await edit(client, url=new.url)
        await send_all(sender_of(service))
        assert len(new.received) == 1


async def test_every_delivery_of_one_instant_can_be_replayed(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.webhooks.service.MAX_REPLAYED", 4)
    async with receiver() as local:
        await endpoint(client, local)
        await say(service, *(news(clock.now) for _ in range(10)))
        await send_all(sender_of(service))
        period = {"from": clock.now.isoformat(), "to": (clock.now + timedelta(seconds=1)).isoformat()}
        wanted: dict[str, Any] = {**period, "states": ["delivered"]}
        queued: list[int] = []
        more: dict[str, str | None] = {}
        while not queued or more["cursor"] is not None:
            told = ok(await client.post("/v1/webhooks/w/replays", json={**wanted, **more}))
            await send_all(sender_of(service))  # they are delivered again before the next are asked for
            queued.append(told["queued"])
            more = {"cursor": told["next_cursor"]}
        assert queued == [4, 4, 2]
        assert local.ids[10:] == local.ids[:10]


async def test_dead_letters_are_replayed_with_their_ids(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    count = full(500, 25)
    async with receiver(FAILS) as local:
        await endpoint(client, local)
        begin = clock.now
        await say(service, *(news(clock.now, f"plan-{number}") for number in range(count)))
        for delay in (*DELAYS, timedelta(hours=1)):
            await send_all(sender_of(service))
            clock.now += delay * 1.2
        dead = [one["id"] for one in await deliveries(client, state="dead")]
        assert len(dead) == count
        local.received.clear()
        local.answer = OK
        period = {"from": begin.isoformat(), "to": clock.now.isoformat()}
        assert ok(await client.post("/v1/webhooks/w/replays", json=period)) == {"queued": count, "next_cursor": None}
        assert ok(await client.post("/v1/webhooks/w/replays", json=period)) == {"queued": 0, "next_cursor": None}
        await send_all(sender_of(service))
        assert sorted(local.ids) == sorted(dead)
        one = await delivery(client, dead[0])
        assert (one["state"], one["attempt_count"], len(one["attempts"])) == ("delivered", 11, 11)
        ok(await client.post("/v1/webhooks/w/replays", json={"delivery": dead[0]}))
        await send_all(sender_of(service))
        assert local.ids[count:] == [dead[0]]


async def test_cloud_events_are_an_option(service: FastAPI, client: httpx.AsyncClient, clock: TestClock) -> None:
    async with receiver() as local:
        await endpoint(client, local, format="cloudevents")
        await say(service, news(clock.now, milestone="beta"), news(clock.now, None))
        await send_all(sender_of(service))
        sent = {
            request.headers["webhook-id"]: httpx.Response(200, content=request.body) for request in local.received
        }
        first, second = (sent[one["id"]].json() for one in await deliveries(client))
    assert {request.headers["content-type"] for request in local.received} == {"application/cloudevents+json"}
    assert first.pop("data")["plan"] == "p"
    assert first == {
        "specversion": "1.0",
        "id": first["id"],
        "source": "leeway",
        "type": "leeway.deviation.opened",
        "time": "2026-03-02T09:00:00Z",
        "datacontenttype": "application/json",
        "subject": "plans/p/milestones/beta",
    }
    assert "subject" not in second


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        ({}, True),
        ({"types": ["deviation.opened"], "plans": ["p"], "levels": ["breach"]}, True),
        ({"milestones": ["beta"], "owners": ["me", "you"], "measures": ["finish_variance"]}, True),
        ({"types": ["deviation.resolved"]}, False),
        ({"plans": ["q"]}, False),
        ({"levels": ["warning"]}, False),
        ({"types": ["deviation.opened"], "owners": ["you"]}, False),
        ({"measures": ["total_float"]}, False),
        ({"tolerances": ["finish"]}, True),
        ({"tolerances": ["deadline"]}, False),
    ],
)
async def test_only_what_passes_the_filter_is_queued(
    wanted: dict[str, list[str]], passes: bool, service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local, filter=wanted)
        said = {"level": "breach", "measure": "finish_variance", "milestone": "beta", "owner": "me"}
        said["tolerance"] = "finish"
        await say(service, news(clock.now, **said))
        assert len(await deliveries(client)) == passes


async def test_what_is_said_in_a_transaction_that_fails_was_never_said(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local)

        async def work(tx: AsyncConnection) -> None:
            await announce(tx, WORKSPACE, [news(clock.now)])
            raise LookupError

        with pytest.raises(LookupError):
            await service.state.database.write(work)
        assert await deliveries(client) == []


class TestServing:
    """The application with its loops, as `leeway serve` runs it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"run_loops": True})

    async def test_sends_by_itself(self, client: httpx.AsyncClient) -> None:
        async with receiver() as local:
            await endpoint(client, local)
            ok(await client.post("/v1/webhooks/w/test"))
            await local.arrived(1)
            assert local.received[0].headers["user-agent"] == "Leeway"
