"""Assignments over HTTP: who does the work of which milestone, and who took it over from whom."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.plans.purging import purge_deleted
from tests.http import build
from tests.http.build import Json, assignment, document, failure, if_match, milestone, ok, phase, places, resource
from tests.service import MakeClient, MakeKey, TestClock

URL = "/v1/plans/p/assignments"


@pytest.fixture
async def _plan(client: httpx.AsyncClient) -> None:
    """A plan whose milestone `a` is assigned to anna; ben and carla are there."""
    for key in ("anna", "ben", "carla"):
        ok(await client.post("/v1/resources", json=resource(key=key)))
    content = document(milestone("a"), milestone("b"), phase("f"), assignments=[assignment(key="build")])
    await build.put(client, "p", content)


async def say(client: httpx.AsyncClient, number: int, type_: str, **fields: Any) -> httpx.Response:
    """Report something of the assignment `build`, so many hours after eight."""
    event = {
        "id": f"said-{number}",
        "source": "chat",
        "type": f"assignment.{type_}",
        "occurred_at": f"2026-03-01T{8 + number:02}:00:00Z",
        "data": {"assignment": "build", **fields},
    }
    return await client.post("/v1/plans/p/events", json=event)


async def delegation(client: httpx.AsyncClient, **params: Any) -> Json:
    """The only one."""
    (item,) = (await build.get(client, "/v1/plans/p/delegations", **params))["items"]
    return dict(item)


@pytest.mark.usefixtures("_plan")
class TestRules:
    """What an assignment must keep to."""

    REFUSED: list[tuple[Json, tuple[str, str]]] = [
        ({"milestone": "none"}, ("/milestone", "unknown_milestone")),
        ({"milestone": "f"}, ("/milestone", "phase_has_no_work")),
        ({"resource": "nobody"}, ("/resource", "unknown_resource")),
        ({"milestone": "a"}, ("/resource", "assigned_twice")),
        ({"units": 0}, ("/units", "greater_than")),
        ({"units": None}, ("", "value_error")),
    ]

    async def test_what_can_not_be_is_refused(self, client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
        for fields, place in self.REFUSED:
            with subtests.test(fields=fields):
                body = assignment(key="later", **{"milestone": "b", **fields})
                assert places(await client.post(URL, json=body)) == [place]

    async def test_it_leaves_with_its_milestone(self, client: httpx.AsyncClient) -> None:
        assert (await client.delete("/v1/plans/p/milestones/a", headers=if_match("*"))).status_code == 204
        assert failure(await client.get(f"{URL}/build")) == (404, "assignment-not-found")

    async def test_a_resource_that_is_assigned_can_not_be_deleted(self, client: httpx.AsyncClient) -> None:
        kept = await client.delete("/v1/resources/anna", headers=if_match("*"))
        assert failure(kept) == (409, "resource-in-use")
        ok(await client.patch(f"{URL}/build", json={"resource": "ben"}, headers=if_match("*")))
        assert (await client.delete("/v1/resources/anna", headers=if_match("*"))).status_code == 204
        again = await client.patch(f"{URL}/build", json={"resource": "anna"}, headers=if_match("*"))
        assert places(again) == [("/resource", "unknown_resource")]

    async def test_a_resource_of_another_workspace_is_unknown(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        other = make_client(await make_key("admin", workspace="other"))
        ok(await other.post("/v1/resources", json=resource(key="theirs")))
        body = assignment(key="later", milestone="b", resource="theirs")
        assert places(await client.post(URL, json=body)) == [("/resource", "unknown_resource")]

    async def test_a_deleted_plan_holds_nobody(self, client: httpx.AsyncClient) -> None:
        assert (await client.delete("/v1/plans/p", headers=if_match("*"))).status_code == 204
        assert (await client.delete("/v1/resources/anna", headers=if_match("*"))).status_code == 204

    async def test_a_purged_plan_names_nobody(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        assert (await client.delete("/v1/plans/p", headers=if_match("*"))).status_code == 204
        clock.advance(days=31)
        assert await purge_deleted(service.state.database, clock(), 30) == 1
        async with service.state.database.read() as db:
            assert await db.scalar(text("SELECT count(*) FROM plan_resources")) == 0


@pytest.mark.usefixtures("_plan")
class TestDelegations:
    """GET /v1/plans/{plan}/delegations."""

    async def test_a_chain_is_kept(self, client: httpx.AsyncClient) -> None:
        ok(await say(client, 1, "requested", to="ben", by="anna", note="I am away"))
        ok(await say(client, 2, "declined", by="ben", reason="On holiday, too"))
        ok(await say(client, 3, "requested", to="carla", by="anna"))
        assert (await delegation(client))["pending"] == ["carla"]
        ok(await say(client, 4, "accepted", by="carla"))
        told = await build.get(client, "/v1/plans/p/delegations")
        assert told["summary"] == {"assignments": 1, "handed_over": 1, "pending": 0, "declined": 1}
        (item,) = told["items"]
        assert (item["resource"], item["holder"], item["held_since"]) == ("anna", "carla", "2026-03-01T12:00:00Z")
        assert item["steps"][0] == {
            "to": "ben",
            "by": "anna",
            "asked_at": "2026-03-01T09:00:00Z",
            "note": "I am away",
            "status": "declined",
            "answered_at": "2026-03-01T10:00:00Z",
            "reason": "On holiday, too",
            "events": [{"source": "chat", "id": "said-1"}, {"source": "chat", "id": "said-2"}],
        }

    async def test_any_order_of_arrival_tells_the_same(self, client: httpx.AsyncClient) -> None:
        ok(await say(client, 2, "accepted", by="ben"))
        assert (await delegation(client))["steps"][0]["by"] is None
        ok(await say(client, 1, "requested", to="ben", by="anna"))
        assert [step["status"] for step in (await delegation(client))["steps"]] == ["accepted"]

    async def test_what_was_and_what_was_known(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        ok(await say(client, 1, "requested", to="ben", by="anna"))
        before = await client.get("/v1/plans/p/delegations", params={"as_of": "2026-03-02"})
        clock.advance(days=1)
        ok(await say(client, 2, "accepted", by="ben"))
        assert (await delegation(client))["holder"] == "ben"
        assert (await delegation(client, as_of="2026-03-01T09:30:00Z"))["holder"] == "anna"
        known_at = before.json()["known_at"]
        again = await client.get("/v1/plans/p/delegations", params={"as_of": "2026-03-02", "known_at": known_at})
        assert again.content == before.content

    async def test_a_retracted_answer_never_was(self, client: httpx.AsyncClient) -> None:
        ok(await say(client, 1, "requested", to="ben", by="anna"))
        ok(await say(client, 2, "accepted", by="ben"))
        undone = {"event": {"source": "chat", "id": "said-2"}}
        base = {"id": "undo", "source": "chat", "occurred_at": "2026-03-01", "type": "event.retracted"}
        ok(await client.post("/v1/plans/p/events", json={**base, "data": undone}))
        assert ((await delegation(client))["holder"], (await delegation(client))["pending"]) == ("anna", ["ben"])

    async def test_pages(self, client: httpx.AsyncClient) -> None:
        ok(await client.post(URL, json=assignment(key="check", milestone="b")))
        first = await build.get(client, "/v1/plans/p/delegations", limit=1)
        rest = await build.get(client, "/v1/plans/p/delegations", limit=1, cursor=first["next_cursor"])
        assert [item["assignment"] for item in first["items"] + rest["items"]] == ["build", "check"]
        assert rest["next_cursor"] is None

    async def test_what_was_never_assigned_or_is_nobody_is_refused(self, client: httpx.AsyncClient) -> None:
        unknown = await say(client, 1, "accepted", assignment="none", by="ben")
        assert places(unknown) == [("/data/assignment", "unknown_assignment")]
        nobody = await say(client, 1, "requested", to="nobody", by="anna")
        assert places(nobody) == [("/data/to", "unknown_resource")]
        effort = {"id": "e", "source": "chat", "type": "effort.spent", "occurred_at": "2026-03-01"}
        spent = {**effort, "data": {"minutes": 30, "resource": "nobody"}}
        answer = await client.post("/v1/plans/p/events", json=spent)
        assert places(answer) == [("/data/resource", "unknown_resource")]
        instead = {name: value for name, value in spent.items() if name not in {"id", "source"}}
        correction = {"event": {"source": "chat", "id": "e"}, "replacement": instead}
        base = {"id": "c", "source": "chat", "occurred_at": "2026-03-01", "type": "event.corrected"}
        answer = await client.post("/v1/plans/p/events", json={**base, "data": correction})
        assert places(answer) == [("/data/replacement/data/resource", "unknown_resource")]
