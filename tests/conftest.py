"""Fixtures for all tests, and how they run."""

import gc

import pytest

pytest_plugins = ["tests.databases", "tests.service"]

_LONG = (
    "schemathesis",
    "deviation_machine",
    "deviations_survive",
    "crashes",
    "heartbeat",
    "database_outage",
    "cpython_history",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins early, so that no worker is left with it when the others are done."""
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in _LONG)


def pytest_collection_finish() -> None:
    """What was made so far stays for ever: who looks for cycles in it all the time takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
