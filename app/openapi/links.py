"""What can be done next with what was made or found: links from an answer to the operations that take its name."""

import re
from collections.abc import Iterator
from typing import Any

from app.openapi.walking import PREFIX, Schema

_NAMES = ("key", "id", "number", "version")


def add_links(made: dict[str, Any]) -> None:
    """Link what is answered to a POST that makes something, else to a list, to the operations on it."""
    for path, methods in made["paths"].items():
        for response, place in _sources(methods):
            fields = _fields(response, made["components"]["schemas"])
            links = dict(_links(path, place, fields, made["paths"]))
            if links:
                response["links"] = links
                break


def _sources(methods: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The answers that tell names, and where in their bodies; what was made before what is listed."""
    for method, status, place in (("post", "201", ""), ("get", "200", "items/0/")):
        response = methods.get(method, {}).get("responses", {}).get(status)
        if response is not None:
            yield response, place


def _fields(response: dict[str, Any], schemas: dict[str, Schema]) -> set[str]:
    """The fields of what was made, or of the items of a list."""
    schema = _resolved(response.get("content", {}).get("application/json", {}).get("schema", {}), schemas)
    items = schema.get("properties", {}).get("items")
    told = schema if items is None else _resolved(items.get("items", {}), schemas)
    return set(told.get("properties", {}))


def _resolved(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    while "$ref" in schema or "oneOf" in schema:
        schema = schemas[schema["$ref"].removeprefix(PREFIX)] if "$ref" in schema else schema["oneOf"][0]
    return schema


def _links(path: str, place: str, fields: set[str], paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    outer = set(re.findall(r"{(\w+)}", path))
    for below, methods in paths.items():
        own = re.match(r"(/{\w+})+", below.removeprefix(path)) if below.startswith(f"{path}/") else None
        names = set(re.findall(r"{(\w+)}", own[0])) if own else set()
        if not names or set(re.findall(r"{(\w+)}", below)) != outer | names:
            continue
        told = {name: _field(name, fields) for name in names}
        parameters = {name: f"$request.path.{name}" for name in sorted(outer)}
        parameters |= {name: f"$response.body#/{place}{told[name]}" for name in sorted(names)}
        if all(told.values()):
            for operation in methods.values():
                yield operation["operationId"], {"operationId": operation["operationId"], "parameters": parameters}


def _field(name: str, fields: set[str]) -> str | None:
    return next((field for field in (name, *_NAMES) if field in fields), None)
