"""What holds for a field that is left out, as generators of clients can write it down."""

from typing import Any

from app.openapi.walking import places


def drop_object_defaults(made: dict[str, Any]) -> None:
    """Take away defaults that are objects: typed languages get literals of them that do not compile.

    What holds then is told by the fields of the object: each has its own default, and a map is empty.
    """
    for place in places(made):
        if isinstance(place.schema.get("default"), dict):
            del place.schema["default"]
