"""Plans: created, read, patched, deleted and purged."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kit.db import Database
from app.plans.purging import purge_deleted
from tests.http import build
from tests.http.build import Json, failure, if_match, ok, places
from tests.service import NOW, TestClock

DEFAULTS: Json = {
    "goal": None,
    "owner": None,
    "time_zone": "UTC",
    "calendar": "always",
    "scheduling": "hold_planned_dates",
    "schedule_options": {
        "progress_logic": "retained",
        "lag_calendar": "predecessor",
        "total_float": "finish",
        "critical_float_minutes": 0,
        "project_start": None,
    },
    "weight_basis": "weight",
    "target_finish": None,
    "status_date": None,
    "labels": {},
    "currency": None,
    "reserve": None,
    "decisions_required_for": [],
}


async def create(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/plans", json={"name": "A plan", **fields})


async def patch(client: httpx.AsyncClient, plan: str, etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"/v1/plans/{plan}", json=change, headers=if_match(etag))


KEYS = ["a", "A9", "3.13", "a-b_c~d.e", "x" * 100]


NO_KEYS = ["", "-a", ".a", "_a", "a b", "a/b", "ä", "a\n", "x" * 101]


WRONG: list[tuple[Any, tuple[str, str]]] = [
    ({"time_zone": "Mars/Olympus"}, ("/time_zone", "value_error")),
    ({"time_zone": "../../etc/passwd"}, ("/time_zone", "value_error")),
    ({"calendar": "nobody's"}, ("/calendar", "string_pattern_mismatch")),
    ({"calendar": "unknown"}, ("/calendar", "unknown_calendar")),
    ({"name": ""}, ("/name", "string_too_short")),
    ({"name": None}, ("/name", "string_type")),
    ({"name": 7}, ("/name", "string_type")),
    ({"labels": {"team": 7}}, ("/labels/team", "string_type")),
    ({"target_finish": "someday"}, ("/target_finish", "value_error")),
    ({"status": "active"}, ("/status", "extra_forbidden")),
    (
        {"schedule_options": {"critical_float_minutes": True}},
        ("/schedule_options/critical_float_minutes", "int_type"),
    ),
]


class TestCreating:
    """POST /v1/plans."""

    async def test_a_plan_begins_as_a_draft_without_milestones(self, client: httpx.AsyncClient) -> None:
        made = await create(client, key="p")
        assert made.status_code == 201
        assert made.headers["Location"] == "/v1/plans/p"
        assert made.json() == {
            "key": "p",
            "status": "draft",
            "revision": 1,
            "current_baseline": None,
            "name": "A plan",
            **DEFAULTS,
            "created_at": "2026-03-02T09:00:00Z",
            "updated_at": "2026-03-02T09:00:00Z",
        }
        assert (await client.get("/v1/plans/p")).json() == made.json()
        assert (await build.get(client, "/v1/plans/p/milestones"))["items"] == []

    async def test_a_key_is_made_when_none_is_given(self, client: httpx.AsyncClient) -> None:
        first, second = await create(client), await create(client)
        assert first.json()["key"] != second.json()["key"]
        assert (await client.get(first.headers["Location"])).json() == first.json()

    async def test_everything_a_plan_may_say_is_kept(self, client: httpx.AsyncClient) -> None:
        said = {
            "name": "Python 3.13",
            "goal": "Ship 3.13.0",
            "owner": "release-manager",
            "time_zone": "Europe/Berlin",
            "calendar": "standard",
            "scheduling": "as_soon_as_possible",
            "schedule_options": {
                "progress_logic": "override",
                "lag_calendar": "24h",
                "total_float": "smallest",
                "critical_float_minutes": 480,
                "project_start": "2026-03-02",
            },
            "weight_basis": "duration",
            "target_finish": "2026-10-01",
            "status_date": "2026-03-01T12:00:00Z",
            "labels": {"team": "core", "area/part": ""},
        }
        made = ok(await create(client, key="p", **said))
        assert {name: made[name] for name in said} == said

    async def test_keys_that_are_possible(self, client: httpx.AsyncClient) -> None:
        for key in KEYS:
            assert ok(await create(client, key=key))["key"] == key
            assert (await build.get(client, f"/v1/plans/{key}"))["key"] == key

    async def test_keys_that_are_not(self, client: httpx.AsyncClient) -> None:
        for key in NO_KEYS:
            assert places(await create(client, key=key))[0][0] == "/key"

    async def test_a_key_is_given_once(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p")
        assert failure(await create(client, key="p")) == (409, "plan-key-taken")

    async def test_what_is_wrong_is_named(self, client: httpx.AsyncClient) -> None:
        found = [places(await create(client, **content)) for content, _ in WRONG]
        assert found == [[place] for _, place in WRONG]


class TestReading:
    """GET /v1/plans/{plan}."""

    async def test_a_document_that_has_not_changed_is_not_sent_again(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p")
        url = "/v1/plans/p/document"
        etag = (await client.get(url)).headers["ETag"]
        for known in (etag, f'"other", W/{etag}', "*"):
            again = await client.get(url, headers={"If-None-Match": known})
            assert (again.status_code, again.headers["ETag"], again.content) == (304, etag, b"")
        assert (await client.get(url, headers={"If-None-Match": '"other"'})).status_code == 200

    async def test_a_plan_is_always_sent_its_current_baseline_is_not_in_its_etag(
        self, client: httpx.AsyncClient
    ) -> None:
        etag = (await create(client, key="p")).headers["ETag"]
        assert (await client.get("/v1/plans/p", headers={"If-None-Match": etag})).status_code == 200

    async def test_the_etag_follows_content_and_status_and_not_what_happens(self, client: httpx.AsyncClient) -> None:
        etags = [(await create(client, key="p")).headers["ETag"]]

        async def look() -> str:
            found: str = (await client.get("/v1/plans/p")).headers["ETag"]
            return found

        await client.post("/v1/plans/p/milestones", json=build.milestone())
        etags.append(await look())
        await build.capture(client, "p")
        etags.append(await look())
        await patch(client, "p", status="completed")
        etags.append(await look())
        assert len(set(etags)) == 4
        ok(await client.post("/v1/plans/p/events", json=build.event()))
        await build.capture(client, "p")
        assert await look() == etags[-1]

    async def test_an_unknown_plan(self, client: httpx.AsyncClient) -> None:
        assert failure(await client.get("/v1/plans/nobody")) == (404, "plan-not-found")
        assert [p for p, _ in places(await client.get("/v1/plans/-"))] == ["#path/plan"]


WRONG_CHANGES: list[tuple[Any, tuple[str, str]]] = [
    ({"time_zone": "Mars/Olympus"}, ("/time_zone", "value_error")),
    ({"calendar": "unknown"}, ("/calendar", "unknown_calendar")),
    ({"name": "x" * 201}, ("/name", "string_too_long")),
    ({"key": "other"}, ("/key", "extra_forbidden")),
    ({"revision": 7}, ("/revision", "extra_forbidden")),
    ({"status": "lost"}, ("/status", "literal_error")),
    ({"labels": {"-": "x"}}, ("/labels/-", "string_pattern_mismatch")),
    ({"schedule_options": {"speed": 1}}, ("/schedule_options/speed", "extra_forbidden")),
]


class TestPatching:
    """PATCH /v1/plans/{plan}: a JSON merge patch."""

    async def test_what_is_left_out_stays_and_null_clears(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        made = ok(await create(client, key="p", goal="Ship", owner="me", target_finish="2026-10-01"))
        clock.advance(hours=1)
        changed = ok(await patch(client, "p", goal="Rest", owner=None))
        said = {"goal": "Rest", "owner": None, "revision": 2, "updated_at": "2026-03-02T10:00:00Z"}
        assert changed == {**made, **said}

    async def test_null_puts_a_default_back(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p", calendar="standard", time_zone="Europe/Berlin", weight_basis="equal")
        cleared = ok(await patch(client, "p", calendar=None, time_zone=None, weight_basis=None))
        assert (cleared["calendar"], cleared["time_zone"], cleared["weight_basis"]) == ("always", "UTC", "weight")

    async def test_the_name_cannot_be_cleared(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p")
        assert places(await patch(client, "p", name=None)) == [("/name", "missing")]

    async def test_labels_merge(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p", labels={"team": "core", "risk": "low"})
        assert ok(await patch(client, "p", labels={"risk": None, "area": "io"}))["labels"] == {
            "team": "core",
            "area": "io",
        }
        assert ok(await patch(client, "p", labels=None))["labels"] == {}

    async def test_schedule_options_merge(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p", schedule_options={"total_float": "start"})
        changed = ok(await patch(client, "p", schedule_options={"lag_calendar": "24h"}))["schedule_options"]
        assert (changed["total_float"], changed["lag_calendar"]) == ("start", "24h")

    async def test_a_patch_that_changes_nothing_makes_no_revision(self, client: httpx.AsyncClient) -> None:
        made = await create(client, key="p", goal="Ship")
        for change in ({}, {"goal": "Ship"}, {"status": "draft"}):
            same = await patch(client, "p", **change)
            assert (same.json(), same.headers["ETag"]) == (made.json(), made.headers["ETag"])

    @pytest.mark.parametrize("status", ["active", "on_hold", "completed", "cancelled"])
    async def test_the_status_changes_without_a_revision(
        self, client: httpx.AsyncClient, clock: TestClock, status: str
    ) -> None:
        made = ok(await create(client, key="p"))
        clock.advance(hours=1)
        changed = ok(await patch(client, "p", status=status))
        assert changed == {**made, "status": status, "updated_at": "2026-03-02T10:00:00Z"}
        assert await build.get(client, "/v1/plans/p") == changed

    async def test_a_plan_with_a_baseline_is_no_draft_again(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p")
        assert (await patch(client, "p", status="active")).status_code == 200
        assert (await patch(client, "p", status="draft")).status_code == 200
        await build.capture(client, "p")
        assert failure(await patch(client, "p", status="draft", goal="Ship")) == (409, "wrong-status")
        plan = await build.get(client, "/v1/plans/p")
        assert (plan["status"], plan["goal"], plan["revision"]) == ("active", None, 1)

    async def test_what_is_wrong_is_named_and_nothing_changes(self, client: httpx.AsyncClient) -> None:
        made = await create(client, key="p")
        found = [places(await patch(client, "p", **content)) for content, _ in WRONG_CHANGES]
        assert found == [[place] for _, place in WRONG_CHANGES]
        assert (await client.get("/v1/plans/p")).json() == made.json()

    async def test_if_match(self, client: httpx.AsyncClient) -> None:
        etag = (await create(client, key="p")).headers["ETag"]
        assert failure(await client.patch("/v1/plans/p", json={})) == (428, "precondition-required")
        assert failure(await patch(client, "p", '"r9-draft"', goal="x")) == (412, "precondition-failed")
        assert places(await patch(client, "p", "r1-draft", goal="x")) == [("#header/If-Match", "invalid")]
        assert (await patch(client, "p", f'"old", {etag}', goal="1")).status_code == 200
        assert failure(await patch(client, "p", etag, goal="2")) == (412, "precondition-failed")
        assert (await patch(client, "p", "*", goal="3")).json()["goal"] == "3"

    async def test_both_media_types_are_a_merge_patch(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p")
        for number, media_type in enumerate(("application/merge-patch+json", "application/json; charset=utf-8")):
            headers = {"Content-Type": media_type, "If-Match": "*"}
            answer = await client.patch("/v1/plans/p", content=b'{"goal": "%d"}' % number, headers=headers)
            assert ok(answer)["goal"] == str(number)

    async def test_the_reason_is_kept_with_the_revision(self, client: httpx.AsyncClient) -> None:
        await create(client, key="p")
        await client.patch("/v1/plans/p", json={"goal": "x"}, headers=if_match("*"), params={"reason": "re-plan"})
        assert (await build.get(client, "/v1/plans/p/revisions/2"))["reason"] == "re-plan"


class TestDeleting:
    """DELETE /v1/plans/{plan}, and the purge."""

    async def test_a_deleted_plan_is_hidden_and_keeps_its_key(self, client: httpx.AsyncClient) -> None:
        await build.put(client, "p", build.document())
        await build.capture(client, "p")
        deleted = await client.delete("/v1/plans/p", headers=if_match("*"))
        assert (deleted.status_code, deleted.content) == (204, b"")
        for path in (
            "",
            "/document",
            "/revisions",
            "/baselines",
            "/milestones",
            "/milestones/a",
            "/events",
            "/variance",
        ):
            assert failure(await client.get(f"/v1/plans/p{path}")) == (404, "plan-not-found")
        assert failure(await client.delete("/v1/plans/p", headers=if_match("*"))) == (404, "plan-not-found")
        assert failure(await client.post("/v1/plans/p/events", json=build.event())) == (404, "plan-not-found")
        assert (await build.get(client, "/v1/plans"))["items"] == []
        assert failure(await create(client, key="p")) == (409, "plan-key-taken")
        for dry_run in (False, True):
            put = await client.put("/v1/plans/p/document", json=build.document(), params={"dry_run": dry_run})
            assert failure(put) == (409, "plan-key-taken")

    async def test_if_match(self, client: httpx.AsyncClient) -> None:
        etag = (await create(client, key="p")).headers["ETag"]
        assert failure(await client.delete("/v1/plans/p")) == (428, "precondition-required")
        await patch(client, "p", goal="x")
        assert failure(await client.delete("/v1/plans/p", headers=if_match(etag))) == (412, "precondition-failed")

    async def test_its_data_is_purged_in_chunks_when_its_time_is_over(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        for plan in ("gone", "stays"):
            links = [build.dependency("a", "b")]
            await build.put(client, plan, build.document(*map(build.milestone, "ab"), dependencies=links))
            await build.capture(client, plan)
            batch = [{**build.event(f"{plan}-{i}", occurred_at="2026-03-01"), "plan": plan} for i in range(2_001)]
            assert ok(await client.post("/v1/events/batch", json=batch))["accepted"] == 2_001
        await client.delete("/v1/plans/gone", headers=if_match("*"))
        counting = CountingDatabase(service.state.settings.database_url)
        clock.advance(days=30)
        assert await purge_deleted(counting, clock(), 30) == 0
        clock.advance(seconds=1)
        assert await purge_deleted(counting, clock(), 30) == 1
        assert counting.writes == 2
        assert await purge_deleted(counting, clock(), 30) == 0
        await counting.close()
        assert await rows(service) == {
            "plans": 2,
            "plan_revisions": 1,
            "milestones": 2,
            "dependencies": 1,
            "baselines": 1,
            "events": 2_001,
        }
        assert failure(await create(client, key="gone")) == (409, "plan-key-taken")
        assert (await client.get("/v1/plans/stays/variance")).status_code == 200
        again = {**build.event("gone-1", occurred_at=NOW.isoformat()), "plan": "stays"}
        assert ok(await client.post("/v1/events/batch", json=[again]))["accepted"] == 1

    async def test_no_transaction_of_the_purge_deletes_more_than_a_chunk(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        keys = [f"m{i}" for i in range(2_001)]
        links = [build.dependency(*pair) for pair in pairwise(keys)]
        await build.put(client, "large", build.document(*map(build.milestone, keys), dependencies=links))
        await client.delete("/v1/plans/large", headers=if_match("*"))
        counting = CountingDatabase(service.state.settings.database_url)
        assert await purge_deleted(counting, clock() + timedelta(days=31), 30) == 1
        await counting.close()
        assert counting.writes == 3  # 2,000 links and 2,001 milestones, then the revision and one milestone
        assert (await rows(service))["milestones"] == 0

    async def test_a_plan_that_cannot_be_purged_holds_up_no_other(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        for plan in ("stuck", "next"):
            await build.put(client, plan, build.document())
            await client.delete(f"/v1/plans/{plan}", headers=if_match("*"))
            clock.advance(seconds=1)
        database = service.state.database
        for statement in (PINS, PIN):
            await executed(database, statement)
        assert await purge_deleted(database, clock() + timedelta(days=31), 30) == 1
        assert (await rows(service))["milestones"] == 1
        await executed(database, "DROP TABLE pins")
        assert await purge_deleted(database, clock() + timedelta(days=31), 30) == 1
        assert (await rows(service))["milestones"] == 0


ROW = "workspace_id, plan_id, key, from_revision"
PINS = f"""CREATE TABLE pins (
    workspace_id INTEGER, plan_id {{uuid}}, key VARCHAR(100), from_revision INTEGER,
    FOREIGN KEY ({ROW}) REFERENCES milestones ({ROW})
)"""
PIN = f"INSERT INTO pins SELECT {ROW} FROM milestones WHERE plan_id = (SELECT plan_id FROM plans WHERE key = 'stuck')"


async def executed(database: Database, statement: str) -> None:
    uuid = "CHAR(32)" if database.is_sqlite else "UUID"
    await database.write(lambda tx: tx.execute(text(statement.format(uuid=uuid))))


class CountingDatabase(Database):
    """Counts its write transactions."""

    writes = 0

    async def write(self, work: Any) -> Any:
        self.writes += 1
        return await super().write(work)


async def rows(service: FastAPI) -> dict[str, int]:
    tables = ("plans", "plan_revisions", "milestones", "dependencies", "baselines", "events")
    async with service.state.database.read() as db:
        return {table: await db.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables}
