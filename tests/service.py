"""The service under test: the application on a new database, a client for it, and a clock that tests move.

Every answer that passes through the client is checked against the OpenAPI document: its status, and the code of a
problem, must be declared for the operation, and its body must fit the schema.
"""

import json
import logging
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator, Registry
from pydantic import SecretStr
from starlette.routing import Route

from app.access.service import KeyRequest, Scope, create_key, create_workspace
from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.openapi import document
from app.openapi.problems import codes_of
from app.settings import Settings

ADMIN_KEY = "lw_test-admin-key-0123456789"
ENCRYPTION_KEY = "bm90IGEgc2VjcmV0OiBrZXkgb2YgdGhlIHRlc3RzISE="
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_DOCUMENT = "urn:leeway"
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type] # httpx searches for it at each request: a tenth of it
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))  # as by default in service
SECURITY_HEADERS = ("x-content-type-options", "content-security-policy", "strict-transport-security", "x-request-id")


class TestClock:
    """A clock that stands still unless a test moves it."""

    __test__ = False

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Move on by so many days, hours, minutes, seconds …"""
        self.now += timedelta(**by)


@lru_cache(maxsize=1)
def _ready() -> FastAPI:
    """An application without a database."""
    return create_app(Settings())


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The service's own OpenAPI document."""
    return document(_ready())


@lru_cache(maxsize=1)
def _registry() -> Registry:
    """The document, once for all validators of its parts."""
    parts = {name: openapi()[name] for name in ("components", "paths")}
    return Registry([(_DOCUMENT, {"$schema": "https://json-schema.org/draft/2020-12/schema", **parts})])


@lru_cache(maxsize=2048)
def _validator(pointer: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{_DOCUMENT}#{quote(pointer)}"}, registry=_registry())


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _template(path: str, method: str) -> str | None:
    parts = path[1:].split("/")
    best: tuple[int, str] | None = None
    for template, operations in openapi()["paths"].items():
        wanted = template[1:].split("/")
        fits = len(wanted) == len(parts) and all(
            w.startswith("{") or w == p for w, p in zip(wanted, parts, strict=True)
        )
        if fits and method in operations:
            literal = sum(not w.startswith("{") for w in wanted)
            best = max(best or (-1, ""), (literal, template))
    return best[1] if best else None


def check_answer(response: httpx.Response) -> None:
    """Hold an answer against the OpenAPI document.

    Raises:
        AssertionError: an undeclared status, media type or body, or a missing security header.
    """
    for name in SECURITY_HEADERS:
        assert name in response.headers, f"{name} is missing"
    path = response.request.url.raw_path.decode("ascii").partition("?")[0]
    method = response.request.method.lower()
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json", response.text
        problem = response.json()
        assert problem["status"] == response.status_code
        _validator("/components/schemas/Problem").validate(problem)
        assert len(response.content) <= 32 * 1024
    template = _template(path, method)
    if template is None:
        assert response.status_code in {200, 304, 404, 405} or response.status_code >= 400
        return
    operation = openapi()["paths"][template][method]
    responses = operation["responses"]
    assert str(response.status_code) in responses or response.status_code == 304, (
        f"{method} {template} does not declare {response.status_code}: {response.text[:300]}"
    )
    if response.status_code >= 400:
        code = response.json()["code"]
        assert code in codes_of(operation), f"{method} {template} does not declare the problem {code}"
    declared = responses.get(str(response.status_code), {})
    if "content" in declared:
        media_type = response.headers["content-type"].partition(";")[0]
        assert media_type in declared["content"]
        place = f"{method}/responses/{response.status_code}/content/{_escape(media_type)}/schema"
        base = f"/paths/{_escape(template)}/{place}"
        told = json.loads(response.content) if media_type.endswith("json") else response.text
        _validator(base).validate(told)


class _Statements(dict[tuple[Any, ...], Any]):
    """What statements were compiled to, for every database of a kind: its key begins with that of one alone."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_statements: defaultdict[str, _Statements] = defaultdict(_Statements)


def new_app(settings: Settings, clock: Clock) -> FastAPI:
    """The application, with what takes longer to make than most tests: ready routes and compiled statements.

    A router knows of no application: each request brings its own.
    """
    app = create_app(settings, clock)
    routes = zip(app.router.routes, _ready().router.routes, strict=True)
    app.router.routes = [own if isinstance(own, Route) else ready for own, ready in routes]
    database: Database = app.state.database
    for engine in (database._reader.sync_engine, database._writer.sync_engine):
        engine._compiled_cache = _statements[engine.name]
    return app


@pytest.fixture
def clock() -> TestClock:
    """The clock of the service under test."""
    return TestClock()


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The settings of the service under test."""
    return Settings(
        database_url=database_url,
        bootstrap_key=SecretStr(ADMIN_KEY),
        encryption_key=SecretStr(ENCRYPTION_KEY),
        run_loops=False,
        database_pool_size=10,
        database_pool_timeout_seconds=20,
    )


@pytest.fixture
async def service(settings: Settings, clock: TestClock) -> AsyncIterator[FastAPI]:
    """The application on a new database."""
    app = new_app(settings, clock)
    async with app.router.lifespan_context(app):
        yield app


MakeClient = Callable[[str | None], httpx.AsyncClient]


@pytest.fixture
async def make_client(service: FastAPI) -> AsyncIterator[MakeClient]:
    """Clients of the service, by API key (None: without one)."""
    made: list[httpx.AsyncClient] = []

    async def check(response: httpx.Response) -> None:
        await response.aread()
        check_answer(response)

    def make(key: str | None) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(service, raise_app_exceptions=False),
            base_url="http://leeway.test",
            headers={} if key is None else {"Authorization": f"Bearer {key}"},
            event_hooks={"response": [check]},
            timeout=60,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
def client(make_client: MakeClient) -> httpx.AsyncClient:
    """A client that may do everything in the workspace `default`."""
    return make_client(ADMIN_KEY)


MakeKey = Callable[..., Any]


@pytest.fixture
def make_key(service: FastAPI) -> MakeKey:
    """Make an API key: `await make_key("plans:read", workspace="other", expires_at=…)`."""

    async def make(
        *scopes: str, workspace: str = "default", name: str = "test", expires_at: datetime | None = None
    ) -> str:
        now = service.state.clock()
        wanted = KeyRequest(workspace, name, frozenset(map(Scope, scopes)), expires_at)

        async def work(tx: Any) -> str:
            await create_workspace(tx, workspace, now)
            return (await create_key(tx, wanted, now)).token

        token: str = await service.state.database.write(work)
        return token

    return make
