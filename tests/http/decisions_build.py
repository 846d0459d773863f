"""Short ways to say decisions and scenarios."""

from typing import Any

from tests.http.build import Json

MADE: Json = {"choice": "wait", "reason": "It is cheaper", "decided_by": "board", "decided_at": "2026-03-01"}


def decision(key: str = "supplier", **fields: Any) -> Json:
    """An open decision between two options; with `**MADE` one that is made."""
    options = [{"key": "wait", "name": "Wait"}, {"key": "switch", "name": "Another supplier"}]
    return {"key": key, "question": "Wait for the supplier?", "options": options, **fields}


def scenario(key: str = "fast", **fields: Any) -> Json:
    """A scenario that changes nothing."""
    return {"key": key, "name": "A second shift", **fields}
