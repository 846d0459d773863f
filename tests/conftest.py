"""Fixtures for all tests, and the order that they run in."""

import pytest

pytest_plugins = ["tests.databases", "tests.service"]

_LONG = ("deviation_machine", "deviations_survive", "crashes", "heartbeat", "database_outage", "cpython_history")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins early, so that no worker is left with it when the others are done."""
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in _LONG)
