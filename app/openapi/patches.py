"""JSON merge patches: what is left out stays, so nothing has a default; objects inside are patches, too."""

from typing import Any

from app.openapi.walking import Schema, reference, types_of

_OF = {
    "budget": "Money",
    "cost_rate": "Money",
    "reserve": "Money",
    "constraint": "Constraint",
    "schedule_options": "ScheduleOptions",
    "period": "ObjectivePeriod",
    "trajectory": "Trajectory",
    "change": "PlanChange",
}
"""The schema of which a field of a patch is the patch, by its name."""


def tell_patches(schemas: dict[str, Schema]) -> None:
    """Drop what generators would send unasked, and tell what the objects in patches are."""
    patches = [name for name in schemas if name.endswith(("Patch", "Change"))]
    for name in patches:
        for field, schema in schemas[name]["properties"].items():
            schema.pop("default", None)
            if field in _OF and "object" in types_of(schema):
                _type(schema, _OF[field], schemas)


def _type(schema: Schema, whole: str, schemas: dict[str, Schema]) -> None:
    name = f"{whole}Patch"
    if name not in schemas:
        schemas[name] = _patch_of(whole, schemas[whole])
    del schema["type"], schema["additionalProperties"]
    schema["anyOf"] = [reference(name), {"type": "null"}]


def _patch_of(name: str, whole: Schema) -> Schema:
    required = whole.get("required", ())
    fields = {
        field: told if field in required else _nullable(told) for field, told in whole["properties"].items()
    }
    return {
        "type": "object",
        "description": f"A JSON merge patch of `{name}`: what is left out stays.",
        "properties": {field: dict(told) for field, told in fields.items()},
        "additionalProperties": False,
    }


def _nullable(schema: Schema) -> dict[str, Any]:
    without = {part: told for part, told in schema.items() if part != "default"}
    types = types_of(without)
    if "$ref" in without:
        return {"anyOf": [{"$ref": without.pop("$ref")}, {"type": "null"}], **without}
    if not types or "null" in types:
        return without
    return {**without, "type": [*types, "null"]}
