"""Health: alive, ready, or not ready and why; and the limits."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.kit.schema_version import HEAD
from app.settings import Settings
from migrations.run import upgrade
from tests.http import build
from tests.http.build import failure, serving
from tests.http.operations import PROTECTED
from tests.service import ADMIN_KEY, MakeClient, TestClock

NOWHERE = "postgresql+asyncpg://leeway:leeway@127.0.0.1:9/leeway"  # the port of discard, where nobody listens


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_service_that_works_says_so_without_a_key(make_client: MakeClient, path: str) -> None:
    assert await build.get(make_client(None), path) == {"status": "ok"}


class TestNotMigrated:
    """The database has no tables, or older ones than this release needs."""

    @pytest.fixture
    def settings(self, empty_database_url: str) -> Settings:
        return Settings(database_url=empty_database_url, bootstrap_key=ADMIN_KEY, run_loops=False)

    async def test_readyz_says_why(self, settings: Settings, clock: TestClock) -> None:
        async with serving(settings, clock) as client:
            answer = await client.get("/readyz")
            assert failure(answer) == (503, "not-ready")
            detail = answer.json()["detail"]
            assert detail == f"The database has no tables yet; this release needs {HEAD}. Run `leeway migrate` on it."
            assert int(answer.headers["Retry-After"]) >= 1
            assert (await client.get("/livez")).status_code == 200

    async def test_every_operation_asks_to_come_back(self, settings: Settings, clock: TestClock) -> None:
        async with serving(settings, clock, ADMIN_KEY) as client:
            answers = [await operation.send(client, "p") for operation in PROTECTED]
        assert {failure(answer) for answer in answers} == {(503, "not-ready")}
        assert {answer.headers["Retry-After"] for answer in answers} == {"2"}

    async def test_what_needs_no_database_is_answered(self, settings: Settings, clock: TestClock) -> None:
        async with serving(settings, clock) as client:
            for path in ("/livez", "/problems", "/problems/not-ready", "/openapi.json", "/docs"):
                assert (await client.get(path)).status_code == 200

    async def test_it_serves_by_itself_once_the_database_is_migrated(
        self, settings: Settings, clock: TestClock
    ) -> None:
        async with serving(settings, clock, ADMIN_KEY) as client:
            assert (await client.get("/readyz")).status_code == 503
            await asyncio.to_thread(upgrade, settings.database_url)
            clock.advance(seconds=1)
            assert await build.get(client, "/readyz") == {"status": "ok"}
            assert (await client.get("/v1/plans")).status_code == 200

    async def test_another_schema_version_is_named(self, settings: Settings, clock: TestClock) -> None:
        await asyncio.to_thread(upgrade, settings.database_url)
        engine = create_async_engine(settings.database_url)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '2020_01_01_0000'"))
        await engine.dispose()
        async with serving(settings, clock, ADMIN_KEY) as client:
            answer = await client.get("/v1/plans")
            assert failure(answer) == (503, "not-ready")
            assert "is at schema version 2020_01_01_0000" in answer.json()["detail"]


async def test_a_database_that_is_down_is_told_as_unavailable(clock: TestClock) -> None:
    settings = Settings(database_url=NOWHERE, run_loops=False)
    async with serving(settings, clock, ADMIN_KEY) as client:
        for path in ("/readyz", "/v1/plans"):
            answer = await client.get(path)
            assert failure(answer) == (503, "service-unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
        assert (await client.get("/livez")).status_code == 200


async def test_the_limits_are_listed(client: httpx.AsyncClient) -> None:
    assert await build.get(client, "/v1/limits") == {
        "max_milestones_per_plan": 20_000,
        "max_dependencies_per_plan": 60_000,
        "max_document_bytes": 32 * 1024 * 1024,
        "max_import_bytes": 20 * 1024 * 1024,
        "max_preview_changes": 1_000,
        "max_batch_events": 10_000,
        "max_batch_bytes": 8 * 1024 * 1024,
        "max_event_bytes": 64 * 1024,
        "max_body_bytes": 1024 * 1024,
        "max_json_depth": 32,
        "max_page_items": 200,
        "max_variance_page_items": 1_000,
        "max_trend_steps": 400,
        "max_trend_milestone_steps": 100_000,
        "max_calendar_exceptions": 5_000,
        "max_labels": 50,
        "max_tolerances": 200,
        "max_tolerance_milestones": 1_000,
        "max_impacts": 200,
        "max_contingencies": 20,
        "max_plan_contingencies": 200,
        "max_wide_triggers": 20,
        "max_prepared_steps": 200_000,
        "max_objectives": 1_000,
        "max_objective_depth": 10,
        "max_objective_metrics": 100,
        "max_rollup_plans": 200,
        "max_rollup_milestones": 100_000,
        "max_webhooks": 100,
        "max_event_mappings": 100,
        "max_load_periods": 400,
        "max_load_rows": 20_000,
        "max_load_plans": 200,
        "max_load_milestones": 100_000,
        "max_event_hours_ahead": 24,
        "max_listed_errors": 50,
        "idempotency_key_hours": 24,
        "requests_per_minute": None,
        "requests_burst": None,
    }


@pytest.mark.parametrize(("path", "params"), [("/v1/plans", {}), ("/v1/plans/p/events", {"type": "note.added"})])
async def test_a_page_has_at_most_as_many_items_as_the_limit_says(
    client: httpx.AsyncClient, path: str, params: dict[str, Any]
) -> None:
    await build.put(client, "p", build.document())
    if path == "/v1/plans":
        for number in range(201):
            build.ok(await client.post("/v1/plans", json={"name": "x", "key": f"p{number}"}))
    else:
        note = {"type": "note.added", "milestone": None, "data": {"text": "x"}, "plan": "p"}
        notes = [build.event(number) | note for number in range(201)]
        assert build.ok(await client.post("/v1/events/batch", json=notes))["accepted"] == 201
    page = await build.get(client, path, limit=1_000, **params)
    assert len(page["items"]) == 200
    assert page["next_cursor"] is not None
