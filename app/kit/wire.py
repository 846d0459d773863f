"""JSON as it goes out, and the canonical JSON that digests are taken of."""

import json
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def dump(value: Any) -> bytes:
    """JSON bytes (UTF-8) of plain values, dates and aware UTC instants (written with `Z`)."""
    return to_json(value)


def plain(value: Any) -> Any:
    """Plain JSON values of values that may hold dates and instants."""
    return json.loads(to_json(value))


def canonical(value: Any) -> str:
    """JSON text with sorted members and no spaces: equal values give equal text."""
    return _canonical.encode(value)


def digest(value: Any) -> str:
    """`sha256:` and the hex digest of the canonical JSON."""
    return "sha256:" + sha256(canonical(value).encode()).hexdigest()
