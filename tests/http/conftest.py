"""Fixtures for tests of HTTP that look at both databases at once."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.access.service import KeyRequest, Scope, create_key, create_workspace
from app.settings import Settings
from tests.databases import sqlite_file
from tests.http.deviating import lay_out_deviation
from tests.http.operations import lay_out
from tests.http.twins import Twins
from tests.postgres_databases import Databases
from tests.service import ADMIN_KEY, ENCRYPTION_KEY, NOW, TestClock, check_answer, new_app

_workspaces = count(1)


@pytest.fixture(scope="module")
def _sqlite_of_module(_sqlite_template: Path) -> Iterator[str]:
    with sqlite_file() as path:
        shutil.copyfile(_sqlite_template, path)
        yield f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="module")
async def _postgres_of_module(_postgres_databases: Databases) -> AsyncIterator[str]:
    async with _postgres_databases.lend() as url:
        yield url


@pytest.fixture(scope="module")
def _urls_of_module(request: pytest.FixtureRequest) -> list[str]:
    chosen = request.config.getoption("--db")
    names = [name for name in ("sqlite", "postgres") if chosen in {name, "both"}]
    return [request.getfixturevalue(f"_{name}_of_module") for name in names]


@pytest.fixture(scope="module")
async def _services(_urls_of_module: list[str]) -> AsyncIterator[list[FastAPI]]:
    """The service on each of the databases that are tested on, for all tests of a module."""
    async with AsyncExitStack() as stack:
        apps = []
        for url in _urls_of_module:
            settings = Settings(
                database_url=url,
                bootstrap_key=SecretStr(ADMIN_KEY),
                encryption_key=SecretStr(ENCRYPTION_KEY),
                run_loops=False,
                database_pool_timeout_seconds=20,
            )
            app = new_app(settings, TestClock())
            await stack.enter_async_context(app.router.lifespan_context(app))
            apps.append(app)
        yield apps


@pytest.fixture(scope="module")
async def twins(_services: list[FastAPI]) -> AsyncIterator[Twins]:
    """A workspace in each of the services for all tests of a module; in the end everything in it can be read."""
    async with _laid_out(_services) as made:
        yield made
        await made.read_everything()


@pytest.fixture
async def own_twins(_services: list[FastAPI]) -> AsyncIterator[Twins]:
    """A workspace in each of the services for a test that changes what others look at."""
    async with _laid_out(_services) as made:
        yield made


@asynccontextmanager
async def _laid_out(services: list[FastAPI]) -> AsyncIterator[Twins]:
    name = f"twins-{next(_workspaces)}"
    async with AsyncExitStack() as stack:
        clients, named = [], []
        for app in services:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                base_url="http://leeway.test",
                headers={"Authorization": f"Bearer {await _key(app, name)}"},
                event_hooks={"response": [_check]},
                timeout=60,
            )
            clients.append(await stack.enter_async_context(client))
            await lay_out(client, "p")
            named.append(dict(zip(("{deviation}", "{action}"), await lay_out_deviation(client, "p"), strict=True)))
        yield Twins(clients, named)


async def _key(app: FastAPI, workspace: str) -> str:
    async def work(tx: object) -> str:
        await create_workspace(tx, workspace, NOW)  # type: ignore[arg-type]
        wanted = KeyRequest(workspace, "test", frozenset({Scope.admin}))
        return (await create_key(tx, wanted, NOW)).token  # type: ignore[arg-type]

    token: str = await app.state.database.write(work)
    return token


async def _check(response: httpx.Response) -> None:
    await response.aread()
    check_answer(response)
