"""Examples for the documentation page; each of them runs against the demo data, in this order (tested)."""

from typing import Any

_PLAN = {"plan": "python-3.13"}
_EXAMPLE_PLAN = {"plan": "example"}

EXAMPLES: dict[str, dict[str, Any]] = {}
