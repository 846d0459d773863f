"""A sender that cannot look a name up just now: that is its own fault, and not the receiver's."""

from collections.abc import Sequence

import httpx
import pytest
from fastapi import FastAPI

from app.kit.outbound import LOOKUP_BUSY, Outbound, Reach, Refused, networks
from app.settings import Settings
from app.webhooks.sending import Sender
from tests.flows.webhook_build import deliveries, news, say, send_all
from tests.http.build import ok
from tests.receivers import LOOPBACK, receiver
from tests.service import TestClock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Receivers on the loopback may be reached."""
    return settings.model_copy(update={"webhooks_allow": LOOPBACK})


async def test_what_found_no_place_for_its_lookup_is_sent_later_and_counts_as_no_attempt(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    is_busy = True

    async def resolve(host: str, port: int) -> Sequence[str]:
        if is_busy:
            raise Refused(LOOKUP_BUSY)
        return ["127.0.0.1"]

    state = service.state
    sender = Sender(state.database, state.vault, Outbound(Reach(networks(LOOPBACK)), resolve=resolve), state.clock)
    async with receiver() as local:
        url = f"http://receiver.example:{local.port}/"
        ok(await client.post("/v1/webhooks", json={"key": "w", "url": url}))
        await say(service, news(clock.now))
        await send_all(sender)
        (waiting,) = await deliveries(client)
        assert (waiting["state"], waiting["attempt_count"]) == ("pending", 0)
        assert ok(await client.get("/v1/webhooks/w"))["failing_since"] is None
        is_busy = False
        clock.advance(seconds=10)
        await send_all(sender)
        (sent,) = await deliveries(client)
        assert (sent["state"], sent["attempt_count"], local.connections) == ("delivered", 1, 1)
