"""What the OpenAPI document says of webhooks is what a receiver gets."""

import json
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator

from app.domain.deviation_values import TransitionKind
from app.feed.announcements import AnnouncementType
from app.settings import Settings
from app.webhooks.envelopes import CONTENT_TYPES
from tests.flows.webhook_build import endpoint, send_all, sender_of
from tests.http.build import ok
from tests.http.deviating import watched
from tests.receivers import LOOPBACK, Received, receiver, status
from tests.service import TestClock, openapi

ACTION = {"title": "Add a shift", "owner": "crew-4", "due_at": "2026-03-03T09:00:00Z"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Receivers on the loopback may be reached."""
    return settings.model_copy(update={"webhooks_allow": LOOPBACK})


async def post(client: httpx.AsyncClient, path: str, body: object = None) -> None:
    ok(await client.post(path, json=body))


def check(request: Received) -> str:
    """Hold a request against the operation of its type; answers the type."""
    media_type = request.headers["content-type"]
    told: Any = json.loads(request.body)
    name = told["type"].removeprefix("leeway.")
    operation = openapi()["webhooks"][name]["post"]
    for parameter in operation["parameters"]:
        assert parameter["$ref"].rpartition("/")[2] in request.headers
    schema = operation["requestBody"]["content"][media_type]["schema"]
    Draft202012Validator({**schema, "components": openapi()["components"]}).validate(told)
    return str(name)


@pytest.mark.parametrize("format_", CONTENT_TYPES)
async def test_every_type_is_sent_as_it_is_described(
    format_: str, service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    watch = await watched(client)
    async with receiver() as good, receiver(status(410)) as gone:
        await endpoint(client, good, "good", format=format_)
        await watch.sees(a=2)
        deviation = await watch.only()
        await endpoint(client, gone, "gone", format=format_)
        await post(client, f"/v1/deviations/{deviation['id']}/actions", ACTION)
        await watch.sees(a=4)
        await watch.sees(a=2)
        said = {"reason": "known", "until": "2026-03-02T10:00:00Z"}
        await post(client, f"/v1/deviations/{deviation['id']}/acknowledgements", said)
        clock.advance(days=2)
        for value in (3, 0):
            await watch.sees(a=value)
        await post(client, "/v1/webhooks/good/test")
        await send_all(sender_of(service))
        assert {check(request) for request in good.received} == set(AnnouncementType)


def test_each_change_of_a_deviation_has_its_type() -> None:
    assert {f"deviation.{kind}" for kind in TransitionKind} < set(AnnouncementType)


def test_each_type_is_a_webhook_of_the_receivers() -> None:
    webhooks = openapi()["webhooks"]
    assert set(webhooks) == set(AnnouncementType)
    for each in webhooks.values():
        operation = each["post"]
        assert operation["description"]
        assert list(operation["requestBody"]["content"]) == list(CONTENT_TYPES.values())
        assert "2XX" in operation["responses"]


def test_what_receivers_answer_has_a_tag_of_its_own() -> None:
    """Generators make one class of a tag, and would put these in the place of those that edit webhooks."""
    asked = {tag for path in openapi()["paths"].values() for found in path.values() for tag in found["tags"]}
    received = {tag for each in openapi()["webhooks"].values() for tag in each["post"]["tags"]}
    assert received & asked == set()


def test_both_filters_name_the_types() -> None:
    schemas = openapi()["components"]["schemas"]
    assert schemas["AnnouncementType"]["enum"] == list(AnnouncementType)
    reference = {"$ref": "#/components/schemas/AnnouncementType"}
    assert schemas["WebhookFilter"]["properties"]["types"]["items"] == reference
    parameters: Iterable[dict[str, Any]] = openapi()["paths"]["/v1/feed"]["get"]["parameters"]
    (asked,) = [parameter["schema"] for parameter in parameters if parameter["name"] == "type"]
    assert asked == reference


@pytest.mark.parametrize(
    "word", ["15 seconds", "±20 %", "Retry-After", "410", "120 hours", "webhook-id", "5 minutes"]
)
def test_the_rules_of_delivery_are_told(word: str) -> None:
    (tag,) = [tag for tag in openapi()["tags"] if tag["name"] == "webhooks"]
    assert word in tag["description"]
