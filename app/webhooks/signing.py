"""Signatures by Standard Webhooks: HMAC-SHA256 over id, time and body, one for each secret that is valid."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """A new secret, as its owner gets to see it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers(item_id: UUID, at: datetime, body: bytes, valid: Sequence[str]) -> dict[str, str]:
    """The three headers of an attempt made at an instant; each of the valid secrets signs."""
    timestamp = str(int(at.timestamp()))
    content = f"{item_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": str(item_id),
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign(secret, content) for secret in valid),
    }


def _sign(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
