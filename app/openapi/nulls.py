"""What may be null, as generators of clients like it told."""

from typing import Any

_NULL = {"type": "null"}


def tell_nulls(value: Any) -> None:
    """Turn `anyOf: [{type: string, …}, {type: "null"}]` into `type: ["string", "null"], …`, where it can be."""
    if isinstance(value, dict):
        for child in value.values():
            tell_nulls(child)
        inner = _nullable(value)
        if inner and isinstance(inner.get("type"), str) and not {"enum", "const"} & set(inner):
            del value["anyOf"]
            value.update({**inner, **value, "type": [inner["type"], "null"]})
    elif isinstance(value, list):
        for child in value:
            tell_nulls(child)


def drop_null(parameter: dict[str, Any]) -> None:
    """A parameter is given or left out: it is never null."""
    inner = _nullable(parameter["schema"])
    if inner is not None:
        parameter["schema"] = {
            **inner,
            **{name: told for name, told in parameter["schema"].items() if name != "anyOf"},
        }


def _nullable(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The one schema beside null of an `anyOf`."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or len(choices) != 2 or _NULL not in choices:
        return None
    first, second = choices
    inner: dict[str, Any] = second if first == _NULL else first
    return inner
