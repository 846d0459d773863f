"""What is read is told by its type: execution events, what is announced, what is sent to webhooks.

A document of what is answered; nothing is checked against it when it is.
"""

from copy import deepcopy
from typing import Any

from app.openapi.walking import PREFIX, Schema, reference

_UNKNOWN = (
    "Types may be added: of one that you do not know, all but `data` is as of these, `data` is any JSON object, and "
    "it is safe to ignore."
)
_DEVIATION = ("opened", "worsened", "improved", "acknowledged", "reopened", "resolved")
_NEWS: dict[str, tuple[str, ...]] = {
    "Deviation": tuple(f"deviation.{kind}" for kind in _DEVIATION),
    "Action": ("action.checked",),
    "WebhookTest": ("webhook.test",),
    "WebhookDisabled": ("webhook.disabled",),
}
_WRITTEN = {
    "BatchEventInput": "An execution event of a batch, with the plan it is of, by its `type`.",
    "ExecutionEventInput": "An execution event to be recorded, by its `type`.",
    "Replacement": "What really happened, in the place of an event that was reported wrongly, by its `type`.",
}


def tell_types(schemas: dict[str, Schema]) -> None:
    """Put unions by type in the place of events and announcements whose `data` is told as anything."""
    for name, text in _WRITTEN.items():
        schemas[name]["description"] = text
    any_cloud_event = schemas["AnyCloudEvent"]
    any_cloud_event["anyOf"] = any_cloud_event.pop("oneOf")  # the pattern of `type` tells which
    for name in ("CloudEvent", *(name for name in schemas if name.startswith("CdEvent"))):
        schemas[name].setdefault("additionalProperties", True)  # what is not read is ignored
    _tell_events(schemas, "ExecutionEvent", "An execution event as it was recorded, by its `type`.")
    _tell_events(schemas, "ObjectiveEvent", "An event of an objective as it was recorded, by its `type`.")
    _tell_feed(schemas)
    _tell_payloads(schemas)


def _tell_events(schemas: dict[str, Schema], name: str, text: str) -> None:
    plain = schemas[name]
    mapping: dict[str, str] = {}
    for type_, written in schemas[f"{name}Input"]["discriminator"]["mapping"].items():
        source = schemas[written.removeprefix(PREFIX)]
        member = written.removeprefix(PREFIX).removesuffix("Input")
        if name == "ObjectiveEvent" and not member.startswith("Objective"):
            member = f"Objective{member}"
        read = _member(plain, type_, source["properties"]["data"]["$ref"])
        read["description"] = source["description"]
        if "milestone" in source.get("required", ()):
            read["properties"]["milestone"] = {"type": "string", "description": "Key of the milestone."}
        schemas[member] = read
        mapping[type_] = PREFIX + member
    if name == "ExecutionEvent":
        mapping["contingency.activated"] = _tell_activation(schemas, plain)
    schemas[name] = _union(text, mapping)
    kinds = reference("EventType" if name == "ExecutionEvent" else "ObjectiveEventType")
    recorded = schemas["RecordedEvent" if name == "ExecutionEvent" else "RecordedObjectiveEvent"]["properties"]
    recorded["type"] = {**kinds, "description": "Its type, which tells what `data` is, as in the list of events."}


def _tell_activation(schemas: dict[str, Schema], plain: Schema) -> str:
    """The one event that is never reported as such: activating a contingency records it."""
    fields: dict[str, Schema] = {name: {"type": "string"} for name in ("risk", "contingency", "reason")}
    fields["reason"]["description"] = "Why it was activated."
    fields["revision"] = {"type": "integer", "description": "The revision of the plan that its change made."}
    schemas["ActivationData"] = {
        "type": "object",
        "description": "Which contingency of which risk was activated, and why.",
        "properties": fields,
        "required": list(fields),
    }
    read = _member(plain, "contingency.activated", PREFIX + "ActivationData")
    read["description"] = "A contingency of a risk was activated: what was prepared is the plan now."
    schemas["ContingencyActivatedEvent"] = read
    return PREFIX + "ContingencyActivatedEvent"


def _tell_feed(schemas: dict[str, Schema]) -> None:
    plain = schemas["FeedItem"]
    mapping: dict[str, str] = {}
    for noun, types in _NEWS.items():
        if noun == "WebhookTest":  # it is not in the feed
            continue
        name = f"{noun}FeedItem"
        schemas[name] = _member(plain, _type_of(noun, types, schemas), PREFIX + f"{noun}News")
        mapping |= dict.fromkeys(types, PREFIX + name)
    schemas["FeedItem"] = _union("Something that was announced, by its `type`.", mapping)


def _tell_payloads(schemas: dict[str, Schema]) -> None:
    mapping: dict[str, str] = {}
    for suffix, prefix in (("Payload", ""), ("CloudEvent", "leeway.")):
        for noun, types in _NEWS.items():
            sent = tuple(prefix + type_ for type_ in types)
            told = _type_of(noun + ("Cloud" if prefix else ""), sent, schemas)
            schemas[noun + suffix]["properties"]["type"] = _const(told) if isinstance(told, str) else dict(told)
            mapping |= dict.fromkeys(sent, PREFIX + noun + suffix)
    schemas["WebhookPayload"] = _union("What is sent to a webhook, in either format, by its `type`.", mapping)
    payload = schemas["DeliveryDetail"]["properties"]["payload"]
    payload.pop("type", None)
    payload.pop("additionalProperties", None)
    payload |= reference("WebhookPayload")


def _type_of(noun: str, types: tuple[str, ...], schemas: dict[str, Schema]) -> str | dict[str, Any]:
    if len(types) == 1:
        return types[0]
    name = f"{noun}EventType"
    schemas[name] = {"type": "string", "enum": list(types), "description": "What happened to a deviation."}
    return reference(name)


def _const(type_: str) -> Schema:
    return {"type": "string", "const": type_, "description": f"Always `{type_}`."}


def _member(plain: Schema, type_: str | dict[str, Any], data: str) -> Schema:
    read = deepcopy(plain)
    read["properties"]["type"] = _const(type_) if isinstance(type_, str) else dict(type_)
    read["properties"]["data"] = {"$ref": data}
    return read


def _union(text: str, mapping: dict[str, str]) -> Schema:
    return {
        "description": f"{text} {_UNKNOWN}",
        "oneOf": [{"$ref": told} for told in dict.fromkeys(mapping.values())],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
