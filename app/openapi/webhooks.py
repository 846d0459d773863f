"""What a receiver of webhooks must know, as OpenAPI has it: one webhook for each type, and the rules of delivery."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from app.deviations.schemas import ActionOut, DeviationOut, TransitionOut
from app.feed.announcements import AnnouncementType
from app.kit.schemas import Instant, Out
from app.webhooks.envelopes import CONTENT_TYPES

FEED = """
What was announced, in an order to read on in at any time; and its stream.

Keep the `next_cursor` of the last page, or the `id` of the last event, once you have dealt with what came before it.
Go on from it whenever you like (`cursor`, or `Last-Event-ID` for the stream): nothing is left out, and nothing comes
up before it later. It is good for the same filters alone. Items are kept for LEEWAY_FEED_DAYS; a cursor from before
what was dropped is refused as `feed-cursor-expired`, and one from after a backup that was restored as
`feed-cursor-ahead`. Begin again without one, then, and skip the items whose `id` you know.
""".strip()

WEBHOOKS = """
Signed deliveries of what is announced: retried, logged, replayed. What is sent is under Webhooks in this document.

* Any 2xx within 15 seconds is success. Everything else is a failure; a redirect too, which is never followed.
* A delivery is attempted up to ten times, after the one before by 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and
  24 h (each ±20 %). A longer `Retry-After` is honoured, up to 24 h. Then it is `dead` (a test
  after three attempts), and can be replayed.
* 410 disables the webhook at once, and 120 hours of nothing but failures do; `webhook.disabled` tells.
* Each is delivered at least once: remember the `webhook-id`, which stays the same, and ignore what you have seen.
* What is about one plan comes in order; the next waits until the one before is delivered or dead.
* Verify the signature with any library of Standard Webhooks, over the body's bytes as they came; refuse a
  `webhook-timestamp` more than 5 minutes off. While a secret is rotated the header holds two signatures.
""".strip()


class DeviationNews(DeviationOut):
    """A deviation as it stood after a transition, and the transition."""

    transition: TransitionOut


class ActionNews(DeviationOut):
    """A deviation, and the corrective action whose effect was checked."""

    action: ActionOut


class WebhookTestNews(Out):
    """Somebody asked whether this webhook can be reached."""

    webhook: str = Field(description="Its key.")


class WebhookDisabledNews(Out):
    """Nothing is sent to a webhook any more, until it is enabled again."""

    webhook: str = Field(description="Its key.")
    reason: Literal["gone", "failing"]
    failing_since: Instant


class Payload(Out):
    """What every payload of the format `standard` has."""

    id: UUID = Field(description="The `webhook-id`; the `id` of the item in the feed.")
    type: AnnouncementType
    timestamp: Instant = Field(description="When it occurred.")
    plan: str | None = Field(description="Key of the plan that it is about.")


class CloudEvent(BaseModel):
    """What every payload of the format `cloudevents` has: a CloudEvent 1.0."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    specversion: Literal["1.0"]
    id: UUID = Field(description="The `webhook-id`; the `id` of the item in the feed.")
    source: Literal["leeway"]
    type: str = Field(description="The type after `leeway.`.")
    time: Instant = Field(description="When it occurred.")
    datacontenttype: Literal["application/json"]
    subject: str = Field(default="", description="`plans/{plan}` or `plans/{plan}/milestones/{milestone}`, if any.")


class DeviationPayload(Payload):
    """What happened to a deviation."""

    data: DeviationNews


class ActionPayload(Payload):
    """Whether a corrective action had an effect."""

    data: ActionNews


class WebhookTestPayload(Payload):
    """A test."""

    data: WebhookTestNews


class WebhookDisabledPayload(Payload):
    """A webhook was disabled."""

    data: WebhookDisabledNews


class DeviationCloudEvent(CloudEvent):
    """What happened to a deviation, as a CloudEvent."""

    data: DeviationNews


class ActionCloudEvent(CloudEvent):
    """Whether a corrective action had an effect, as a CloudEvent."""

    data: ActionNews


class WebhookTestCloudEvent(CloudEvent):
    """A test, as a CloudEvent."""

    data: WebhookTestNews


class WebhookDisabledCloudEvent(CloudEvent):
    """A webhook was disabled, as a CloudEvent."""

    data: WebhookDisabledNews


_Models = tuple[type[BaseModel], type[BaseModel]]  # of the formats `standard` and `cloudevents`
_DEVIATION: _Models = (DeviationPayload, DeviationCloudEvent)
_ANNOUNCED: dict[AnnouncementType, tuple[_Models, str]] = {
    AnnouncementType.deviation_opened: (_DEVIATION, "A plan or milestone has left a tolerance."),
    AnnouncementType.deviation_worsened: (_DEVIATION, "Its level rose, or its value much."),
    AnnouncementType.deviation_improved: (_DEVIATION, "Its level fell, or its value much."),
    AnnouncementType.deviation_acknowledged: (_DEVIATION, "Somebody has seen it, and said why it may stay."),
    AnnouncementType.deviation_reopened: (
        _DEVIATION,
        "The acknowledgement is over: its time ran out, or it got worse.",
    ),
    AnnouncementType.deviation_resolved: (_DEVIATION, "It is over; `resolution` says how."),
    AnnouncementType.action_checked: (
        (ActionPayload, ActionCloudEvent),
        "The effect of a corrective action is known.",
    ),
    AnnouncementType.webhook_test: (
        (WebhookTestPayload, WebhookTestCloudEvent),
        "A test that was asked for. It goes to one webhook, whatever its filter, and is not in the feed.",
    ),
    AnnouncementType.webhook_disabled: (
        (WebhookDisabledPayload, WebhookDisabledCloudEvent),
        "A webhook of the workspace was disabled by its failures. It goes to the others.",
    ),
}
_HEADERS = {
    "webhook-id": "Of the delivery; the same at every attempt: ignore one that you have seen.",
    "webhook-timestamp": "Of the attempt, in seconds since 1970; refuse one more than 5 minutes off.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 in base64 of `{webhook-id}.{webhook-timestamp}.{body}`; after a "
    "space a second one, made with the secret before, for 24 hours after a rotation.",
}
_RESPONSES = {
    "2XX": {"description": "Taken, within 15 seconds. The body is not looked at, but for the log."},
    "410": {"description": "Nobody is there any more: the webhook is disabled."},
    "default": {"description": "A failure, redirects too: it is tried again, not before `Retry-After` (up to 24 h)."},
}


def add_webhooks(made: dict[str, Any]) -> None:
    """Add to an OpenAPI document what is sent to webhooks: one operation of the receiver for each type."""
    models = {model for both, _ in _ANNOUNCED.values() for model in both}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, found = models_json_schema(
        [(model, "serialization") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    for name, schema in found["$defs"].items():
        made["components"]["schemas"].setdefault(name, schema)
    made["components"]["parameters"] = {name: _parameter(name, text) for name, text in _HEADERS.items()}
    made["webhooks"] = {type_.value: {"post": _operation(type_)} for type_ in AnnouncementType}


def _parameter(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}


def _operation(type_: AnnouncementType) -> dict[str, Any]:
    models, text = _ANNOUNCED[type_]
    names = zip(CONTENT_TYPES.items(), models, (type_.value, f"leeway.{type_}"), strict=True)
    content = {media_type: {"schema": _schema(model, name)} for (_, media_type), model, name in names}
    return {
        "tags": ["webhook-receivers"],  # with another tag than what is asked of us: generators make a file of each
        "summary": type_.value,
        "description": text,
        "operationId": f"receive_{type_.name}",
        "security": [],  # of the receiver: the signature is what counts
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in _HEADERS],
        "requestBody": {"required": True, "content": content},
        "responses": _RESPONSES,
    }


def _schema(model: type[BaseModel], name: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"allOf": [reference, {"properties": {"type": {"const": name}}}]}
