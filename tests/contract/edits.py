"""Changes written into a copy of an OpenAPI document."""

import copy
from pathlib import Path
from typing import Any

import yaml

from tests.contract.schema_changes import Json

_STARTS: dict[str, tuple[str, ...]] = {
    "list": ("paths", "/plans", "get"),
    "create": ("paths", "/plans", "post"),
    "delete": ("paths", "/plans/{plan}", "delete"),
    "page": ("paths", "/plans", "get", "responses", "200"),
    "body": ("paths", "/plans", "post", "requestBody"),
    "late": ("webhooks", "late", "post"),
}
Edit = dict[str, object]
"""What to write where: `Plan properties key`, `list parameters 0 required`; `+` is the end of a list."""

GONE = object()


class Copy(str):
    """What stands at another place."""

    __slots__ = ()


def small() -> Json:
    """The small contract."""
    said: Json = yaml.safe_load(Path(__file__).with_name("small_contract.yaml").read_text(encoding="utf-8"))
    return said


def edited(document: Json, edit: Edit) -> Json:
    """The document with this written into it."""
    result = copy.deepcopy(document)
    for where, value in edit.items():
        *way, last = _steps(where)
        holder = _at(result, way)
        if value is GONE:
            del holder[int(last) if isinstance(holder, list) else last]
        elif last == "+":
            holder.append(value)
        else:
            holder[int(last) if isinstance(holder, list) else last] = (
                copy.deepcopy(_at(result, _steps(value))) if isinstance(value, Copy) else value
            )
    return result


def _steps(where: str) -> list[str]:
    """A first step with a capital is a schema."""
    first, *rest = where.split()
    start = _STARTS.get(first) or (("components", "schemas", first) if first[0].isupper() else (first,))
    return [*start, *rest]


def _at(document: Any, way: list[str]) -> Any:
    for step in way:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document
