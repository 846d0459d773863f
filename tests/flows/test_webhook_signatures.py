"""Signatures, as the unmodified library of Standard Webhooks verifies them; and how secrets are kept."""

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from app.kit.ids import uuid7
from app.settings import Settings
from app.webhooks.signing import headers, new_secret
from migrations.run import all_tables
from tests.flows.webhook_build import edit, endpoint, news, say, send_all, sender_of
from tests.http.build import ok
from tests.receivers import LOOPBACK, Received, receiver
from tests.service import TestClock

BODY = '{"type":"deviation.opened","data":{"summary":"Überfällig"}}'.encode()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_allow": LOOPBACK})


def verify(secret: str, request: Received) -> Any:
    return Webhook(secret).verify(request.body, dict(request.headers))


def is_verified(secret: str, request: Received) -> bool:
    try:
        verify(secret, request)
    except WebhookVerificationError:
        return False
    return True


def test_a_secret_is_32_random_bytes() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in made} == {32}


def test_every_flipped_byte_breaks_the_signature() -> None:
    secret, item_id, now = new_secret(), uuid7(), datetime.now(UTC)
    signed = headers(item_id, now, BODY, [secret])
    Webhook(secret).verify(BODY, signed)
    assert "." not in signed["webhook-id"]
    for place in range(len(BODY)):
        flipped = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
            Webhook(secret).verify(flipped, signed, json_parse=False)
    for name in ("webhook-id", "webhook-timestamp"):
        for place, letter in enumerate(signed[name]):
            changed = signed[name][:place] + chr(ord(letter) ^ 1) + signed[name][place + 1 :]
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(BODY, {**signed, name: changed})


def test_the_instant_is_signed_as_it_is_whatever_its_zone() -> None:
    secret, now = new_secret(), datetime.now().astimezone()
    Webhook(secret).verify(BODY, headers(uuid7(), now, BODY, [secret]))


async def test_a_delivery_is_verified_by_the_library(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    clock.now = datetime.now(UTC)
    async with receiver() as local:
        secret = await endpoint(client, local)
        await say(service, news(clock.now))
        await send_all(sender_of(service))
        (request,) = local.received
        told = verify(secret, request)
    assert told["id"] == request.headers["webhook-id"]
    assert (told["type"], told["plan"], told["data"]["summary"]) == ("deviation.opened", "p", "Überfällig")
    assert set(told) == {"id", "type", "timestamp", "plan", "data"}
    assert request.headers["content-type"] == "application/json"
    assert not is_verified(new_secret(), request)


async def test_after_a_rotation_both_secrets_are_good_for_a_day(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        sender = sender_of(service)
        clock.now = datetime.now(UTC)
        clock.advance(hours=-24)
        old = await endpoint(client, local)
        rotated = ok(await client.post("/v1/webhooks/w/secret"))
        new = rotated["secret"]
        clock.advance(hours=23.999)  # the library takes 5 minutes of difference
        await say(service, news(clock.now))
        await send_all(sender)
        assert len(local.received[0].headers["webhook-signature"].split(" ")) == 2
        assert is_verified(old, local.received[0])
        assert is_verified(new, local.received[0])
        clock.advance(seconds=4)
        await say(service, news(clock.now))
        await send_all(sender)
        assert not is_verified(old, local.received[1])
        assert is_verified(new, local.received[1])


async def everything(service: FastAPI) -> str:
    """The whole database as text."""
    async with service.state.database.read() as db:
        rows = [row for table in all_tables().sorted_tables for row in (await db.execute(select(table))).all()]
    return repr([tuple(row) for row in rows])


async def test_no_secret_is_in_the_database_or_the_log(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock, capfd: pytest.CaptureFixture[str]
) -> None:
    async with receiver() as local:
        repeat = {"Idempotency-Key": "once"}
        wanted = {"key": "w", "url": local.url}
        first = ok(await client.post("/v1/webhooks", json=wanted, headers=repeat))
        again = await client.post("/v1/webhooks", json=wanted, headers=repeat)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json() == first
        second = ok(await client.post("/v1/webhooks/w/secret", headers=repeat))
        await say(service, news(clock.now))
        await send_all(sender_of(service))
        await edit(client, description="seen")
        dump = await everything(service)
        out, err = capfd.readouterr()
        for secret in (first["secret"], second["secret"]):
            assert secret.startswith("whsec_")
            for text in (dump, out, err):
                assert "whsec_" not in text
                assert secret.removeprefix("whsec_") not in text
        assert "whsec_" not in (await client.get("/v1/webhooks")).text


async def test_every_secret_signs_for_its_day_however_soon_the_next_follows(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    async with receiver() as local:
        clock.now = datetime.now(UTC)
        secrets = [await endpoint(client, local)]
        for _ in range(2):
            secrets.append(ok(await client.post("/v1/webhooks/w/secret"))["secret"])
        await say(service, news(clock.now))
        await send_all(sender_of(service))
        assert [is_verified(secret, local.received[0]) for secret in secrets] == [True, True, True]
