"""Whether a webhook is what Leeway sent, by its signature (Standard Webhooks)."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from leeway_client.errors import LeewayError

TOLERANCE_SECONDS = 300


class InvalidSignature(LeewayError):
    """It is not what was sent, it was not sent with this secret, or it is too old."""


def verify_webhook(
    secret: str,
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    clock: Callable[[], float] = time.time,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> dict[str, Any]:
    """Read a webhook that was sent with this secret.

    Args:
        secret: As it was told once, `whsec_…`.
        headers: Those of the request, in any case.
        body: As it came, byte for byte.
        clock: Seconds since 1970, as `time.time`.
        tolerance_seconds: How far its time may be from the clock, either way.

    Returns:
        Its content. A repeated delivery has the same `webhook-id`.

    Raises:
        InvalidSignature: do not trust it; answer 400.
        ValueError: the secret is none.
    """
    given = {name.lower(): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else body.encode()
    try:
        message, sent_at, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        age = clock() - int(sent_at)
        begin = f"{message}.{sent_at}.".encode()
    except (KeyError, ValueError, OverflowError):
        raise InvalidSignature("It has no readable webhook-id, webhook-timestamp and webhook-signature.") from None
    if abs(age) > tolerance_seconds:
        raise InvalidSignature("Its time is too far from now.")
    expected = hmac.digest(_key(secret), begin + content, hashlib.sha256)
    if not any(hmac.compare_digest(expected, found) for found in _signatures(signatures)):
        raise InvalidSignature("No signature of it is one with this secret.")
    found: dict[str, Any] = json.loads(content)
    return found


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not key:  # with an empty one anybody could sign
        raise ValueError("The secret is not of the form whsec_…")
    return key


def _signatures(header: str) -> list[bytes]:
    """Those of version 1: while a secret is being changed there are two."""
    found = []
    for part in header.split():
        version, _, text = part.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(text, validate=True))
            except ValueError:
                continue
    return found
