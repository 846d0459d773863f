"""Pages: `limit`, an opaque signed cursor, and `{"items": […], "next_cursor": …}`."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query

from app.kit.problems import FieldError, InvalidRequest

MAX_LIMIT = 200
MAX_ITEMS_LIMIT = 1_000
ANY_LIMIT = 1_000_000_000  # what is more than the largest page is lowered to it, up to here

Limit = Annotated[
    int,
    Query(
        ge=1,
        le=ANY_LIMIT,
        description="Items a page, 50 by default; more than 200 is lowered to 200.",
        examples=[50],
    ),
]
Cursor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=2_000,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="`next_cursor` of the page before; keep the other parameters as they were.",
    ),
]


def encode_cursor(secret: bytes, binding: Mapping[str, Any], position: Sequence[Any]) -> str:
    """An opaque cursor that is good for this position of this very query only.

    Args:
        secret: the workspace's own; a foreign workspace's cursor does not verify.
        binding: the filters and resolved instants of the query.
        position: the sort values of the last item, as JSON values.
    """
    payload = json.dumps([_hash(binding), dict(binding.get("carried", {})), list(position)]).encode()
    signature = hmac.digest(secret, payload, "sha256")[:16]
    return base64.urlsafe_b64encode(signature + payload).rstrip(b"=").decode()


def decode_cursor(secret: bytes, cursor: str) -> tuple[str, dict[str, Any], list[Any]]:
    """The binding's hash, the carried values and the position of a cursor.

    Raises:
        InvalidRequest: not one of ours, or of another workspace.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise _invalid() from None
    signature, payload = raw[:16], raw[16:]
    if not hmac.compare_digest(signature, hmac.digest(secret, payload, "sha256")[:16]):
        raise _invalid()
    binding, carried, position = json.loads(payload)
    return binding, carried, position


def position_of(secret: bytes, binding: Mapping[str, Any], cursor: str | None) -> list[Any] | None:
    """Where the page begins, or None for the first.

    Raises:
        InvalidRequest: the cursor belongs to another query.
    """
    if cursor is None:
        return None
    bound, _, position = decode_cursor(secret, cursor)
    if bound != _hash(binding):
        raise _invalid()
    return position


def _hash(binding: Mapping[str, Any]) -> str:
    text = json.dumps(binding, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _invalid() -> InvalidRequest:
    detail = "is not a cursor of this query; take next_cursor as it is and keep the other parameters"
    return InvalidRequest(errors=[FieldError("?cursor", "invalid_cursor", detail)])
