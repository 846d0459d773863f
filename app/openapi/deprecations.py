"""What the document says of operations that go away."""

from collections.abc import Callable
from typing import Any

from app.kit.deprecation import deprecation_of

_HEADERS = {
    "Deprecation": "From when on the operation is not to be used any more (RFC 9745): `@` and seconds since 1970.",
    "Sunset": "From when on the operation may be gone (RFC 8594).",
    "Link": "`rel=deprecation`: what it is about; `rel=successor-version`: the path that takes its place.",
}


def tell_deprecation(operation: dict[str, Any], endpoint: Callable[..., Any], headers: dict[str, Any]) -> None:
    """Mark an operation as its endpoint is; what its answers carry is added to the headers of the document."""
    notice = deprecation_of(endpoint)
    if notice is None:
        return
    operation["deprecated"] = True
    operation["description"] = f"{operation.get('description', '')}\n\n{notice.sentence()}".strip()
    for name, text in _HEADERS.items():
        headers[name] = {"description": text, "schema": {"type": "string"}}
        for response in operation["responses"].values():
            if "$ref" not in response:  # problems are told once for all operations
                response.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name}"}
