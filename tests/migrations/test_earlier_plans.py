"""Plans of the first release after the migration that brought budgets, start dates of projects and imports."""

import asyncio

from sqlalchemy import Connection, text

from app.access.service import KeyRequest, Scope, create_key
from app.kit.db import Database
from app.settings import Settings
from migrations import run
from tests.http import build
from tests.migrations.test_migrations import connected
from tests.service import ADMIN_KEY, NOW, TestClock

OPTIONS = '{"critical_float_minutes":60,"lag_calendar":"24h","progress_logic":"override","total_float":"finish"}'
FIRST_RELEASE = "2026_11_23_0900"


def a_plan(connection: Connection) -> None:
    """A plan with one milestone, as the first release wrote it."""
    on_sqlite = connection.dialect.name == "sqlite"
    at = int(NOW.timestamp() * 1_000_000) if on_sqlite else NOW
    plan = "0" * 31 + "1" if on_sqlite else "00000000-0000-0000-0000-000000000001"
    names = {"w": 1, "p": plan, "at": at, "secret": b"x" * 32, "options": OPTIONS}
    for statement in (
        "INSERT INTO workspaces VALUES (:w, 'default', :secret, :at)",
        "INSERT INTO plans VALUES (:w, :p, 'old', 'draft', 1, 0, 0, :at, :at, :at, NULL, NULL, NULL)",
        """INSERT INTO plan_revisions VALUES (:w, :p, 1, :at, 'me', NULL, 'document', '{}', 'Old', NULL, NULL, 'UTC',
        'always', 'hold_planned_dates', :options, 'weight', NULL, NULL, '{}')""",
        """INSERT INTO milestones (workspace_id, plan_id, key, from_revision, name, kind, weight, labels)
        VALUES (:w, :p, 'a', 1, 'A', 'milestone', 1.0, '{}')""",
    ):
        used = {name: value for name, value in names.items() if f":{name}" in statement}
        connection.execute(text(statement), used)


async def test_they_are_read_whole_and_put_back_unchanged(empty_database_url: str) -> None:
    await asyncio.to_thread(run.upgrade, empty_database_url, FIRST_RELEASE)
    async with connected(empty_database_url) as db:
        await db.run_sync(a_plan)
        await db.commit()
    await asyncio.to_thread(run.upgrade, empty_database_url)
    settings = Settings(database_url=empty_database_url, run_loops=False)
    async with build.serving(settings, TestClock(), await key(empty_database_url)) as client:
        got = await build.get(client, "/v1/plans/old/document")
        assert got["schedule_options"]["project_start"] is None
        assert got["milestones"][0]["budget"] is None
        assert not (await build.put(client, "old", got, If_Match="*"))["changed"]
        got["milestones"][0]["budget"] = {"amount": "1.50", "currency": "EUR"}
        assert (await build.put(client, "old", got, If_Match="*"))["revision"] == 2
        assert await build.get(client, "/v1/plans/old/document") == got


async def key(url: str) -> str:
    """An admin key of the workspace that is there."""
    database = Database(url)
    wanted = KeyRequest("default", "me", frozenset({Scope.admin}))
    made = await database.write(lambda tx: create_key(tx, wanted, NOW, ADMIN_KEY))
    await database.close()
    return made.token


async def test_the_budget_can_be_taken_out_and_brought_back(database_url: str) -> None:
    await asyncio.to_thread(run.downgrade, database_url, FIRST_RELEASE)
    async with connected(database_url) as db:
        await db.run_sync(a_plan)
        await db.commit()
    await asyncio.to_thread(run.upgrade, database_url)
    async with connected(database_url) as db:
        assert (await db.execute(text("SELECT key, budget FROM milestones"))).all() == [("a", None)]


async def test_a_plan_that_was_closed_is_known_to_be_since_its_newest_fact(empty_database_url: str) -> None:
    await asyncio.to_thread(run.upgrade, empty_database_url, FIRST_RELEASE)
    async with connected(empty_database_url) as db:
        await db.run_sync(a_plan)
        await db.execute(text("UPDATE plans SET status = 'cancelled'"))
        await db.commit()
    await asyncio.to_thread(run.upgrade, empty_database_url)
    settings = Settings(database_url=empty_database_url, run_loops=False)
    async with build.serving(settings, TestClock(), await key(empty_database_url)) as client:
        found = await build.get(client, "/v1/plans/old/outcome")
        assert (found["closed"]["status"], found["closed"]["reason"]) == ("cancelled", None)
        assert found["closed"]["recorded_at"] == found["known_at"]
        wanted = {"status": "cancelled", "reason": "Said so years ago"}
        assert build.ok(await client.post("/v1/plans/old/close", json=wanted))["version"] == 1
