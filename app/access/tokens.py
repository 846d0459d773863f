"""API key tokens: `lw_` + base64url(32 random bytes + their CRC-32)."""

import base64
import secrets
import zlib
from hashlib import sha256

PREFIX = "lw_"
_LENGTH = 48


def new_token() -> str:
    """A token with 256 random bits; the checksum lets anyone tell a typing error from a wrong key."""
    secret = secrets.token_bytes(32)
    return PREFIX + base64.urlsafe_b64encode(secret + zlib.crc32(secret).to_bytes(4)).decode()


def token_hash(token: str) -> bytes:
    """What is stored. A plain hash suffices: nobody can guess 256 random bits."""
    return sha256(token.encode()).digest()


def looks_mistyped(token: str) -> bool:
    """Whether the token has our form but not its checksum."""
    text = token.removeprefix(PREFIX)
    if not token.startswith(PREFIX) or len(text) != _LENGTH:
        return False
    try:
        raw = base64.urlsafe_b64decode(text)
    except ValueError:
        return True
    return zlib.crc32(raw[:32]).to_bytes(4) != raw[32:]
