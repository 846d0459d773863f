"""What an operation answers when it succeeds, in the words of the schema that it answers with."""

from typing import Any

_PLACEHOLDER = "Successful Response"  # what FastAPI writes where nothing is said
_WITHOUT_A_BODY = "It is done; there is nothing to tell of it."
_FILE = "The file."


def tell_success(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Say of each success what its body is, where the endpoint itself does not."""
    for response in operation["responses"].values():
        if response.get("description") == _PLACEHOLDER:
            response["description"] = _told(response.get("content", {}), schemas)


def _told(content: dict[str, Any], schemas: dict[str, Any]) -> str:
    if not content:
        return _WITHOUT_A_BODY
    names = (said.get("schema", {}).get("$ref", "").rpartition("/")[2] for said in content.values())
    texts = [schemas[name].get("description", "") for name in names if name]
    return next((text.partition("\n\n")[0] for text in texts if text), _FILE)
