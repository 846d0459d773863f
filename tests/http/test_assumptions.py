"""Assumptions over HTTP: the evidence of a plan at any instant, and the deviations of what depended on them."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.evaluating import deviations, evaluate
from tests.http import build
from tests.http.build import Json, document, failure, if_match, milestone, ok
from tests.service import TestClock

STUDY = {"kind": "study", "title": "Interfaces of suppliers", "url": None, "role": None, "at": "2025-11"}
API: Json = {
    "key": "stable-api",
    "statement": "The interface of the supplier stays as it is",
    "sources": [{"kind": "person", "role": "the supplier's architect"}],
    "confidence": 0.8,
    "review_at": "2026-03-03",
    "owner": "ada",
    "dependents": [{"part": "milestones", "key": "a"}, {"part": "metrics", "key": "adoption"}],
}
METRIC: Json = {"key": "adoption", "name": "Adoption", "baseline_value": 0, "target": 40}


@pytest.fixture
async def _plan(client: httpx.AsyncClient) -> None:
    """A plan whose milestone `a` and metric `adoption` depend on an assumption, and its baseline."""
    far = [milestone("a", "2026-09-30"), milestone("b", "2026-09-30")]
    await build.put(client, "p", document(*far, metrics=[METRIC], assumptions=[API]))
    await build.capture(client, "p")


async def invalidate(client: httpx.AsyncClient, number: int = 1, **fields: Any) -> Json:
    """Report that the interface has changed."""
    event = {
        "id": f"said-{number}",
        "source": "supplier",
        "type": "assumption.invalidated",
        "occurred_at": "2026-03-02T08:00:00Z",
        "data": {"assumption": "stable-api", "reason": "A new major version"},
        **fields,
    }
    return ok(await client.post("/v1/plans/p/events", json=event))


async def evidence(client: httpx.AsyncClient, **params: Any) -> Json:
    return await build.get(client, "/v1/plans/p/evidence", **params)


@pytest.mark.usefixtures("_plan")
class TestEvidence:
    """GET /v1/plans/{plan}/evidence."""

    async def test_tells_what_the_plan_rests_on(self, client: httpx.AsyncClient) -> None:
        told = await evidence(client)
        (item,) = told["items"]
        assert (item["assumption"], item["status"], item["invalidated_at"]) == ("stable-api", "holds", None)
        assert (item["confidence"], item["owner"], item["review_overdue"]) == (0.8, "ada", False)
        assert item["sources"][0]["role"] == "the supplier's architect"
        assert item["dependents"] == API["dependents"]
        assert told["summary"] == {
            "counts": {"holds": 1, "invalidated": 0},
            "reviews_overdue": 0,
            "without_source": 0,
            "least_confidence": 0.8,
        }

    async def test_a_review_is_overdue_once_its_day_is_over(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        clock.advance(days=1)
        assert (await evidence(client))["summary"]["reviews_overdue"] == 0
        clock.advance(days=1)
        assert (await evidence(client))["items"][0]["review_overdue"] is True

    async def test_what_was_known_last_week_reads_the_same(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        url = "/v1/plans/p/evidence"
        before = await client.get(url)
        asked = {"as_of": before.json()["as_of"], "known_at": before.json()["known_at"]}
        clock.advance(days=7)
        await invalidate(client)
        assert (await evidence(client))["items"][0]["status"] == "invalidated"
        told = (await client.get(url, params=asked)).json()
        assert {**told, "as_of_source": "now"} == before.json()
        held = await evidence(client, as_of="2026-03-02T07:59:00Z")
        assert held["items"][0]["status"] == "holds"

    async def test_pages_follow_each_other(self, client: httpx.AsyncClient) -> None:
        ok(await client.post("/v1/plans/p/assumptions", json={"key": "z", "statement": "It stays dry"}))
        first = await evidence(client, limit=1)
        second = await evidence(client, limit=1, cursor=first["next_cursor"])
        assert [each["assumption"] for each in first["items"] + second["items"]] == ["stable-api", "z"]
        assert second["next_cursor"] is None
        assert first["summary"]["without_source"] == 1
        assert (await evidence(client, limit=0))["items"] == []


@pytest.mark.usefixtures("_plan")
class TestInvalidation:
    """assumption.invalidated."""

    async def test_everything_that_depends_on_it_deviates(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await evaluate(service)
        assert await deviations(client, measure="assumption_invalidated") == []
        await invalidate(client)
        await evaluate(service)
        found = await deviations(client, measure="assumption_invalidated")
        subjects = {(each["milestone"], each["about"]) for each in found}
        assert subjects == {("a", "assumptions/stable-api"), (None, "assumptions/stable-api/metrics/adoption")}
        told = {(each["level"], each["owner"], each["tolerance"]) for each in found}
        assert told == {("breach", "ada", "assumption")}
        on_a = next(each for each in found if each["milestone"] == "a")
        assert on_a["summary"].startswith("a depends on stable-api, which has not held since 2026-03-02T08:00:00Z")
        assert on_a["evidence"]["events"] == [{"source": "supplier", "id": "said-1"}]

    async def test_a_retraction_ends_it(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await invalidate(client)
        await evaluate(service)
        named = {"source": "supplier", "id": "said-1"}
        data = {"event": named, "reason": "It was the test system"}
        await invalidate(client, 2, type="event.retracted", data=data)
        await evaluate(service)
        found = await deviations(client, measure="assumption_invalidated")
        assert {(each["state"], each["resolution"]) for each in found} == {("resolved", "within_tolerance")}
        assert (await evidence(client))["items"][0]["status"] == "holds"

    async def test_so_does_a_plan_that_does_not_depend_on_it_any_more(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await invalidate(client)
        await evaluate(service)
        edited = {"dependents": [{"part": "metrics", "key": "adoption"}]}
        ok(await client.patch("/v1/plans/p/assumptions/stable-api", json=edited, headers=if_match("*")))
        await evaluate(service)
        found = await deviations(client, measure="assumption_invalidated", state="resolved")
        assert [(each["milestone"], each["resolution"]) for each in found] == [("a", "removed")]

    async def test_an_assumption_that_never_was_is_refused(self, client: httpx.AsyncClient) -> None:
        event = {
            "id": "1",
            "source": "supplier",
            "type": "assumption.invalidated",
            "occurred_at": "2026-03-02T08:00:00Z",
            "data": {"assumption": "none", "reason": "?"},
        }
        assert failure(await client.post("/v1/plans/p/events", json=event)) == (422, "event-refused")


@pytest.mark.usefixtures("_plan")
class TestRules:
    """What an assumption keeps to."""

    async def test_a_milestone_takes_its_mention_along(self, client: httpx.AsyncClient) -> None:
        assert (await client.delete("/v1/plans/p/milestones/a", headers=if_match("*"))).status_code == 204
        left = await build.get(client, "/v1/plans/p/assumptions/stable-api")
        assert left["dependents"] == [{"part": "metrics", "key": "adoption"}]
        assert left["revision"] == 2

    async def test_a_metric_that_it_names_stays(self, client: httpx.AsyncClient) -> None:
        refused = await client.delete("/v1/plans/p/metrics/adoption", headers=if_match("*"))
        assert failure(refused) == (422, "invalid-plan")
        assert "adoption" in refused.json()["errors"][0]["detail"]

    @pytest.mark.parametrize(
        "source", [{"kind": "url"}, {"kind": "study"}, {"kind": "url", "url": "ftp://x"}, STUDY, {"title": "x"}]
    )
    async def test_a_source_can_be_found(self, client: httpx.AsyncClient, source: Json) -> None:
        wanted = {"statement": "It stays dry", "sources": [source]}
        assert failure(await client.post("/v1/plans/p/assumptions", json=wanted)) == (422, "invalid-request")
