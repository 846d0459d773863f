"""What operations read: the schema of a body that an endpoint reads itself, and its media types."""

from typing import Any

from pydantic import TypeAdapter

from app.kit.routing import MERGE_PATCH, body_rule

# What generators of clients read. A body of any other type that an operation reads is told in its description.
_PUBLISHED_TYPES = (
    "application/json",
    "application/cloudevents+json",
    "application/octet-stream",
)


def add_body(operation: dict[str, Any], endpoint: Any, schemas: dict[str, Any]) -> None:
    """The schema of a body that the endpoint reads itself, and the media types of every other."""
    rule = body_rule(endpoint)
    if rule is None:
        return
    published = rule.media_types[:1] if rule.media_types == MERGE_PATCH else _PUBLISHED_TYPES
    read = [name for name in rule.media_types if name in published]
    others = [f"`{name}`" for name in rule.media_types if name not in published]
    if others:
        operation["description"] += f"\n\nAlso read, by its `Content-Type`: {', '.join(others)}."
    if not rule.schemas:
        content = operation["requestBody"]["content"]
        schema = content["application/json"]["schema"]
        operation["requestBody"]["content"] = {name: {"schema": schema} for name in read}
        return
    content = {}
    for media_type in read:
        model = rule.schemas[media_type]
        schema = TypeAdapter(model).json_schema(ref_template="#/components/schemas/{model}", by_alias=True)
        schemas.update(schema.pop("$defs", {}))
        content[media_type] = {"schema": _named(schema, model, schemas)}
    operation["requestBody"] = {"required": True, "content": content}


def _named(schema: dict[str, Any], model: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    name = getattr(model, "__name__", None)
    if name is None or not name[0].isupper() or "$ref" in schema:
        return schema
    schemas[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}
