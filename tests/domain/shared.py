"""The reference data beside the repository, read when a test runs; skipped where it is absent."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.databases import SHARED_DATA


def shared(name: str) -> Path:
    """A file of the reference data."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"the reference data {name} is not beside the repository")
    return path


def shared_json(name: str) -> Any:
    """The content of a JSON file of the reference data."""
    return json.loads(shared(name).read_text())
