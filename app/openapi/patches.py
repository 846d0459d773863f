"""JSON merge patches: what is left out stays, so nothing has a default; objects inside are patches, too."""

from typing import Any

from app.openapi.walking import PREFIX, Schema, reference, types_of

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
_MAPS = ("Labels", "ContentPatterns")
"""Maps that are patched key by key."""


def tell_patches(schemas: dict[str, Schema]) -> None:
    """Drop what generators would send unasked, and tell what the objects in patches are."""
    for name in [name for name in schemas if name.endswith("Patch") or name == "AssignmentChange"]:
        whole = _whole(name, schemas)
        for field, schema in schemas[name].get("properties", {}).items():
            schema.pop("default", None)
            if field in _OF and _is_object(schema, schemas):
                _type(schema, _OF[field], schemas)
            elif field in whole.get("properties", {}):
                _bound(schema, whole["properties"][field], schemas, is_required=field in whole.get("required", ()))
    for name in _MAPS:
        values, names = (schemas[name][part] for part in ("additionalProperties", "propertyNames"))
        schemas[f"{name}Patch"] |= {"additionalProperties": _nullable(values), "propertyNames": dict(names)}


def _whole(patch: str, schemas: dict[str, Schema]) -> Schema:
    """What is to be right once it is patched."""
    noun = patch.removesuffix("Patch").removesuffix("Change")
    return schemas.get(f"{noun}Input") or schemas.get(noun) or {}


def _bound(schema: Schema, whole: Schema, schemas: dict[str, Schema], *, is_required: bool) -> None:
    """A value that is replaced whole is as it has to be in the end; only what may be left out there may be null."""
    if _is_object(whole, schemas):
        if is_required and "anyOf" in schema:
            schema |= schema.pop("anyOf")[0]
        return
    told = _nullable(whole) if _is_nullable(schema) and not is_required else dict(whole)
    kept = {part: schema[part] for part in ("description",) if part in schema}
    schema.clear()
    schema |= {part: value for part, value in told.items() if part != "default"} | kept


def _is_nullable(schema: Schema) -> bool:
    return "null" in types_of(schema) or {"type": "null"} in schema.get("anyOf", ())


def _is_object(schema: Schema, schemas: dict[str, Schema]) -> bool:
    if "$ref" in schema:
        return _is_object(schemas[schema["$ref"].removeprefix(PREFIX)], schemas)
    return "object" in types_of(schema) or any(_is_object(each, schemas) for each in schema.get("anyOf", ()))


def _type(schema: Schema, whole: str, schemas: dict[str, Schema]) -> None:
    name = f"{whole}Patch"
    if name not in schemas:
        schemas[name] = _patch_of(whole, schemas[whole])
    for part in ("type", "additionalProperties", "$ref"):
        schema.pop(part, None)
    schema["anyOf"] = [reference(name), {"type": "null"}]


def _patch_of(name: str, whole: Schema) -> Schema:
    required = whole.get("required", ())
    fields = {field: told if field in required else _nullable(told) for field, told in whole["properties"].items()}
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
