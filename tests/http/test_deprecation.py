"""An operation that goes away: what its document, its answers and the log say of it."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query
from pydantic import Field
from starlette.responses import Response
from structlog.testing import capture_logs

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.kit.answers import answer
from app.kit.deprecation import GUIDE, deprecated
from app.kit.problems import NotFound
from app.kit.routing import StrictRoute
from app.kit.schemas import Out
from app.main import create_app
from app.openapi import document
from app.settings import Settings
from tests.service import ADMIN_KEY, TestClock

pytestmark = pytest.mark.only_on("sqlite")

router = APIRouter(prefix="/v1/plans/{plan}", tags=["plans"], route_class=StrictRoute)
SINCE, SUNSET = date(2026, 1, 1), date(2026, 9, 1)


class DriftOut(Out):
    """How late a plan is, as it was told before there was variance."""

    days: int
    late: bool = Field(deprecated=True, description="Whether `days` is more than 0.")


@router.get("/drift", response_model=DriftOut)
@deprecated(since=SINCE, sunset=SUNSET, instead="`get_plan_variance`", successor="/v1/plans/{plan}/variance")
async def get_drift(
    plan: str,
    caller: Annotated[Caller, needs(Scope.variance_read)],
    unit: Annotated[str | None, Query(deprecated=True, description="Is always days.")] = None,
) -> Response:
    """Read how late a plan is."""
    if plan == "none":
        raise NotFound
    if plan == "broken":
        raise RuntimeError("by intention")
    return answer({"days": 1, "late": True}).response()


@router.get("/open")
@deprecated(since=SINCE, sunset=SUNSET, instead="nothing")
async def get_open(plan: str) -> Response:
    """Read something that has no successor."""
    return answer({"plan": plan}).response()


@pytest.fixture
def app(settings: Settings, clock: TestClock) -> FastAPI:
    """The application with operations that go away."""
    made = create_app(settings.model_copy(update={"requests_per_minute": 60, "requests_burst": 10}), clock)
    made.state.routers = (*made.state.routers, router)
    made.include_router(router)
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, not held against the document of the real one."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://leeway.test", headers=headers) as made,
    ):
        yield made


def announced(response: httpx.Response) -> dict[str, str | None]:
    return {name: response.headers.get(name) for name in ("Deprecation", "Sunset", "Link")}


def told_of(plan: str) -> dict[str, str]:
    successor = f'</v1/plans/{plan}/variance>; rel="successor-version"'
    return {
        "Deprecation": "@1767225600",  # 2026-01-01T00:00:00Z
        "Sunset": "Tue, 01 Sep 2026 00:00:00 GMT",
        "Link": f'</guides/upgrading>; rel="deprecation"; type="text/html", {successor}',
    }


class TestAnswers:
    """Every answer of the operation says that it goes away, when, and what takes its place."""

    async def test_one_that_succeeds(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/v1/plans/p/drift")
        assert response.json() == {"days": 1, "late": True}
        assert announced(response) == told_of("p")

    @pytest.mark.parametrize(
        ("path", "status"),
        [("p/drift?wrong=1", 422), ("none/drift", 404), ("broken/drift", 500)],
        ids=["refused before the endpoint", "refused by it", "nobody expected"],
    )
    async def test_a_problem(self, client: httpx.AsyncClient, path: str, status: int) -> None:
        response = await client.get(f"/v1/plans/{path}")
        assert response.status_code == status
        assert announced(response) == told_of(path.partition("/")[0])

    async def test_one_to_somebody_unknown(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/v1/plans/p/drift", headers={"Authorization": "Bearer lw_unknown"})
        assert response.status_code == 401
        assert announced(response) == told_of("p")

    async def test_one_beyond_the_rate_limit(self, client: httpx.AsyncClient) -> None:
        responses = [await client.get("/v1/plans/p/drift") for _ in range(11)]
        assert [response.status_code for response in responses] == [200] * 10 + [429]
        assert announced(responses[-1]) == told_of("p")

    async def test_of_a_plan_whose_name_means_something_in_a_header(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/v1/plans/a%3E,%22%C3%A4%0D%0Ab/drift")
        assert announced(response) == told_of("a%3E%2C%22%C3%A4%0D%0Ab")

    async def test_without_a_successor_there_is_no_link_to_one(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/v1/plans/p/open")
        assert announced(response)["Link"] == '</guides/upgrading>; rel="deprecation"; type="text/html"'

    async def test_the_link_leads_to_a_page(self, client: httpx.AsyncClient) -> None:
        page = await client.get(GUIDE, headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (200, "text/html")

    async def test_other_operations_say_nothing_of_it(self, client: httpx.AsyncClient) -> None:
        assert set(announced(await client.get("/v1/limits")).values()) == {None}


class TestDocument:
    """The document marks the operation, its parameter and its field."""

    @pytest.fixture
    def made(self, app: FastAPI) -> dict[str, Any]:
        return document(app)

    def test_the_operation_is_deprecated_and_says_what_to_use(self, made: dict[str, Any]) -> None:
        operation = made["paths"]["/v1/plans/{plan}/drift"]["get"]
        assert operation["deprecated"] is True
        assert operation["description"] == (
            "Read how late a plan is.\n\n"
            "**Deprecated** since 2026-01-01: use `get_plan_variance` instead. From 2026-09-01 on it may be gone."
        )

    def test_its_headers_are_declared(self, made: dict[str, Any]) -> None:
        headers = made["paths"]["/v1/plans/{plan}/drift"]["get"]["responses"]["200"]["headers"]
        for name in ("Deprecation", "Sunset", "Link"):
            assert headers[name] == {"$ref": f"#/components/headers/{name}"}
            assert made["components"]["headers"][name]["description"]

    def test_a_parameter_and_a_field_are_deprecated_by_themselves(self, made: dict[str, Any]) -> None:
        parameters = made["paths"]["/v1/plans/{plan}/drift"]["get"]["parameters"]
        assert {found["name"]: found.get("deprecated", False) for found in parameters} == {
            "plan": False,
            "unit": True,
        }
        fields = made["components"]["schemas"]["Drift"]["properties"]
        assert [name for name, field in fields.items() if field.get("deprecated")] == ["late"]

    def test_other_operations_are_not_marked(self, made: dict[str, Any]) -> None:
        marked = {
            operation["operationId"]
            for operations in made["paths"].values()
            for operation in operations.values()
            if operation.get("deprecated") or "Sunset" in operation["responses"].get("200", {}).get("headers", {})
        }
        assert marked & {"get_limits", "get_plan", "get_drift", "get_open"} == {"get_drift", "get_open"}


class TestLog:
    """The log says which key still uses it."""

    @pytest.fixture
    def logged(self) -> Iterator[Callable[[], list[Any]]]:
        with capture_logs() as lines:
            yield lambda: [line for line in lines if line["event"] == "deprecated operation used"]

    async def test_each_use_names_the_operation_and_the_key(
        self, client: httpx.AsyncClient, logged: Callable[[], list[Any]]
    ) -> None:
        for path in ("p/drift", "none/drift"):
            await client.get(f"/v1/plans/{path}")
        first, second = logged()
        assert first == second
        key_id = first.pop("key_id")
        assert UUID(key_id).version == 7
        assert first == {
            "event": "deprecated operation used",
            "log_level": "info",
            "operation": "get_drift",
            "sunset": "2026-09-01",
            "workspace": "default",
            "key": "admin",
        }

    async def test_who_is_unknown_is_not_counted(
        self, client: httpx.AsyncClient, logged: Callable[[], list[Any]]
    ) -> None:
        await client.get("/v1/plans/p/drift", headers={"Authorization": "Bearer lw_unknown"})
        assert logged() == []


class TestDeclaring:
    """What is declared wrongly does not start."""

    def test_half_a_year_is_the_least_notice(self) -> None:
        deprecated(since=date(2026, 1, 1), sunset=date(2026, 7, 3), instead="it")
        with pytest.raises(ValueError, match="less than 183 days after 2026-01-01"):
            deprecated(since=date(2026, 1, 1), sunset=date(2026, 7, 2), instead="it")

    def test_a_successor_is_found_by_the_parameters_of_the_path(self) -> None:
        fresh = APIRouter(route_class=StrictRoute)
        mark = deprecated(since=SINCE, sunset=SUNSET, instead="it", successor="/v1/plans/{plan}")
        with pytest.raises(ValueError, match="names plan"):
            fresh.get("/v1/objectives/{objective}")(mark(get_open))
