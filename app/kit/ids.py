"""Identifiers made by us."""

import re
import secrets
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7

KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$"
_KEY = re.compile(KEY_PATTERN)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def uuid7() -> UUID:
    """A UUIDv7: unique, and sorted by the time it was made."""
    return _uuid7()


def is_key(text: str) -> bool:
    """Whether the text may serve as a public key of a plan, milestone or calendar."""
    return _KEY.fullmatch(text) is not None and text[-1] != "\n"


def new_key(prefix: str) -> str:
    """A random key for an object whose caller left its key out: `prefix-xxxxxxxxxx` (about 49 bits)."""
    return f"{prefix}-{''.join(secrets.choice(_ALPHABET) for _ in range(10))}"
