"""Every field says what it is, in which unit, which way is positive; every open list of values says that it is."""

from typing import Any

from app.openapi import words
from app.openapi.walking import PREFIX, Schema

_OPEN = "New values may be added; treat one that you do not know like none."
_RELATIVES = ("Input", "Fields", "Document", "")
_SUFFIXES = ("Patch", "Change", "Input", "Document", "Fields", "Created", "Detail")


def describe_fields(made: dict[str, Any]) -> None:
    """Give every field without a description that of its relatives, else that of its name."""
    schemas = made["components"]["schemas"]
    for name, schema in schemas.items():
        for field, told in schema.get("properties", {}).items():
            if "description" not in told:
                text = _text_of(name, field, schemas)
                if text:
                    told["description"] = text


def _text_of(name: str, field: str, schemas: dict[str, Schema]) -> str | None:
    specific = words.SPECIFIC.get(f"{name}.{field}")
    if specific:
        return specific
    if name == "Limits":
        return words.GENERAL.get(field) or words.limit(field)
    told = schemas[name]["properties"][field]
    for relative in _relatives(name):
        theirs = schemas.get(relative, {}).get("properties", {}).get(field, {}).get("description")
        if theirs:
            return str(theirs)
    if "$ref" in told:
        return None  # its type says it
    general = words.GENERAL.get(field)
    return general or _of_type(told, schemas)


def _of_type(schema: Schema, schemas: dict[str, Schema]) -> str | None:
    names = [choice["$ref"].removeprefix(PREFIX) for choice in schema.get("anyOf", ()) if "$ref" in choice]
    texts = [str(schemas[name]["description"]) for name in names]
    return f"{texts[0]} Null: there is none." if len(texts) == 1 else None


def _relatives(name: str) -> list[str]:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            name = name.removesuffix(suffix)
            break
    return [name + relative for relative in _RELATIVES]


def tell_open(made: dict[str, Any]) -> None:
    """Say of every enum that answers hold that values may be added to it."""
    schemas = made["components"]["schemas"]
    answered = _answered(made)
    for name, schema in schemas.items():
        if "enum" in schema and name in answered and len(schema["enum"]) > 1:
            schema["description"] = f"{schema['description'].split(' Types may be added')[0]} {_OPEN}"


def _answered(made: dict[str, Any]) -> set[str]:
    """Names of the components that answers and webhooks are made of."""
    schemas = made["components"]["schemas"]
    found: set[str] = set()
    waiting = [
        content["schema"]
        for methods in made["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
    ]
    waiting += [
        content["schema"]
        for methods in made["webhooks"].values()
        for content in methods["post"]["requestBody"]["content"].values()
    ]
    while waiting:
        for name in _referred(waiting.pop()) - found:
            found.add(name)
            waiting.append(schemas[name])
    return found


def _referred(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].removeprefix(PREFIX)} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(_referred, value.values()))
    if isinstance(value, list):
        return set().union(*map(_referred, value))
    return set()
