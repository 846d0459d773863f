"""Every schema of a document, with the names it goes by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
PREFIX = "#/components/schemas/"
_LISTS = ("anyOf", "oneOf", "allOf")
_SINGLE = ("items", "additionalProperties", "propertyNames")


@dataclass(frozen=True, slots=True)
class Place:
    """A schema, and whose it is: a component's or an operation's, and there of which field or parameter.

    Attributes:
        owner: name of the component or operation.
        field: name of the field or parameter; empty: the component, the body.
        path: what leads on from there: `[]` for items, `{}` for values of a map, `{name}` for their keys.
        schema: to be changed in place.
    """

    owner: str
    field: str
    path: str
    schema: Schema


def reference(name: str) -> dict[str, str]:
    """A reference to the component of this name."""
    return {"$ref": PREFIX + name}


def types_of(schema: Schema) -> list[str]:
    """The JSON types that a schema lets through by name."""
    told = schema.get("type", [])
    return [told] if isinstance(told, str) else told


def places(made: dict[str, Any]) -> Iterator[Place]:
    """Every schema in components, operations and webhooks, the outer before the inner."""
    components = made["components"]
    for name, schema in components["schemas"].items():
        yield from _inside(Place(name, "", "", schema))
    for kind in ("headers", "parameters"):
        for name, told in components.get(kind, {}).items():
            yield from _inside(Place(kind, name, "", told["schema"]))
    for methods in (*made["paths"].values(), *made.get("webhooks", {}).values()):
        for operation in methods.values():
            yield from _of(operation)


def _of(operation: dict[str, Any]) -> Iterator[Place]:
    name = operation["operationId"]
    for parameter in operation.get("parameters", ()):
        if "schema" in parameter:
            yield from _inside(Place(name, parameter["name"], "", parameter["schema"]))
    for told in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in told.get("content", {}).values():
            if "schema" in content:
                yield from _inside(Place(name, "", "", content["schema"]))


def _inside(place: Place) -> Iterator[Place]:
    yield place
    schema, owner, field = place.schema, place.owner, place.field
    for name, child in schema.get("properties", {}).items():
        yield from _inside(Place(owner, name, "", child))
    for kind in _LISTS:
        for child in schema.get(kind, ()):
            yield from _inside(Place(owner, field, place.path, child))
    for kind, step in zip(_SINGLE, ("[]", "{}", "{name}"), strict=True):
        if isinstance(schema.get(kind), dict):
            yield from _inside(Place(owner, field, place.path + step, schema[kind]))


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
