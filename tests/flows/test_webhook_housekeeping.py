"""What is finished, deleted or purged goes from the database in its time, and is never sent again."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Table, select, update
from sqlalchemy.exc import IntegrityError

from app.feed.announcements import AnnouncementType
from app.plans import store as plans
from app.plans.purging import purge_deleted
from app.settings import Settings
from app.webhooks import store
from app.webhooks.envelopes import Announcement
from app.webhooks.service import forget_old
from app.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_lanes, webhook_payloads, webhooks
from tests.flows.webhook_build import (
    WORKSPACE,
    count_of,
    deliveries,
    edit,
    endpoint,
    news,
    say,
    send_all,
    sender_of,
    webhook,
)
from tests.http import build
from tests.http.build import ok
from tests.migrations.schemas import value_for
from tests.receivers import LOOPBACK, receiver, status
from tests.service import TestClock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_allow": LOOPBACK})


async def test_what_is_finished_is_kept_for_thirty_days(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        await send_all(sender_of(service))
        for days, kept in ((30, 1), (0.01, 0)):
            clock.advance(days=days)
            await forget_old(service.state.database, clock.now)
            assert len(await deliveries(client)) == kept
        for table in (webhook_attempts, webhook_payloads):
            assert await count_of(service, table) == 0


async def test_what_is_left_of_a_deleted_webhook_is_never_sent_and_goes(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local)
        await say(service, news(clock.now), news(clock.now))
        await client.delete("/v1/webhooks/w", headers={"If-Match": "*"})
        assert (await client.get("/v1/webhooks/w")).status_code == 404
        await send_all(sender_of(service))
        assert local.connections == 0
        await endpoint(client, local)  # its key is free
        await forget_old(service.state.database, clock.now)
        for table in (webhook_deliveries, webhook_lanes):
            assert await count_of(service, table) == 0
        assert [one["key"] for one in ok(await client.get("/v1/webhooks"))["items"]] == ["w"]


async def test_the_backlog_of_a_webhook_that_stays_disabled_goes_after_thirty_days(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(status(410)) as local:
        await endpoint(client, local)
        await say(service, news(clock.now), news(clock.now))
        await send_all(sender_of(service))
        for days, kept in ((30, 2), (0.01, 0)):
            clock.advance(days=days)
            await forget_old(service.state.database, clock.now)
            assert len(await deliveries(client, state="pending")) == kept


async def test_a_webhook_that_is_enabled_while_its_backlog_is_about_to_go_keeps_it(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(status(410)) as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        await send_all(sender_of(service))
        old = clock.now + timedelta(seconds=1)
        async with service.state.database.read() as db:
            (row,) = await store.abandoned(db, old)
        await edit(client, enabled=True)
        assert await service.state.database.write(lambda tx: store.drop_some(tx, row, old, 10)) == 0
        assert len(await deliveries(client, state="pending")) == 1


async def test_a_secret_is_forgotten_when_it_signs_no_more(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local)
        ok(await client.post("/v1/webhooks/w/secret"))
        for hours, kept in ((23.9, 1), (0.1, 0)):
            clock.advance(hours=hours)
            await forget_old(service.state.database, clock.now)
            async with service.state.database.read() as db:
                assert len((await db.execute(select(webhooks.c.previous_secrets))).scalar_one()) == kept
        assert (await webhook(client))["previous_secret_until"] is None


async def test_a_purged_plan_takes_its_deliveries_along(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver(status(500)) as local:
        await endpoint(client, local)
        await build.put(client, "p", build.document())
        await build.put(client, "kept", build.document())
        async with service.state.database.read() as db:
            heads = await plans.heads(db, WORKSPACE, ["p", "kept"])
        said = [
            Announcement(AnnouncementType.deviation_opened, clock.now, head.plan_id, head.key, {}) for head in heads
        ]
        await say(service, *said)
        await send_all(sender_of(service))
        await client.delete("/v1/plans/p", headers={"If-Match": "*"})
        clock.now += timedelta(days=1)
        await purge_deleted(service.state.database, clock.now, 0)
        assert [one["plan"] for one in await deliveries(client)] == ["kept"]
        clock.now += timedelta(days=1)
        await send_all(sender_of(service))  # the lane that is left is swept away
        assert await count_of(service, webhook_lanes) == 1


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *[(webhook_deliveries, name) for name in ("type", "format", "occurred_at", "plan", "sequence", "item_id")],
        *[(webhook_payloads, name) for name in ("body", "format", "item_id", "sequence")],
        *[(webhook_attempts, name) for name in ("number", "status", "attempted_at", "excerpt")],
    ],
    ids=str,
)
async def test_what_was_queued_and_what_was_tried_never_change(
    table: Table, column: str, service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        await endpoint(client, local)
        await say(service, news(clock.now))
        await send_all(sender_of(service))
    another = value_for(table.c[column], 9)
    with pytest.raises(IntegrityError, match="immutable"):
        await service.state.database.write(lambda tx: tx.execute(update(table).values({column: another})))
