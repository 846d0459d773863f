"""Fixtures for tests of HTTP that look at both databases at once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr

from app.settings import Settings
from tests.http.build import serving
from tests.http.operations import lay_out
from tests.http.twins import Twins
from tests.service import ADMIN_KEY, TestClock


@pytest.fixture
def database_urls(request: pytest.FixtureRequest) -> list[str]:
    """A new database on each of those that are tested on."""
    chosen = request.config.getoption("--db")
    names = [name for name in ("sqlite", "postgres") if chosen in {name, "both"}]
    return [request.getfixturevalue(f"_new_{name}_url") for name in names]


@pytest.fixture
async def twins(database_urls: list[str], clock: TestClock) -> AsyncIterator[Twins]:
    """The service on each of the databases."""
    async with AsyncExitStack() as stack:
        clients = []
        for url in database_urls:
            settings = Settings(
                database_url=url,
                bootstrap_key=SecretStr(ADMIN_KEY),
                run_loops=False,
                key_cache_seconds=5,
                database_pool_timeout_seconds=20,
            )
            clients.append(await stack.enter_async_context(serving(settings, clock, ADMIN_KEY)))
            await lay_out(clients[-1], "p")
        yield Twins(clients)
