"""Status reports over HTTP: a person's word beside the computed status, kept for ever."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.domain.moments import parse_instant
from tests.evaluating import evaluate
from tests.http import build
from tests.http.build import Json, document, failure, milestone, ok
from tests.service import TestClock

URL = "/v1/plans/p/status-reports"


@pytest.fixture
async def _plan(client: httpx.AsyncClient) -> None:
    """A plan whose first milestone is a day late: planned on Sunday 1 March, and it is Monday morning."""
    await build.put(client, "p", document(milestone("a", "2026-03-01"), milestone("b", "2026-03-31")))
    await build.capture(client, "p")


async def say(client: httpx.AsyncClient, health: str = "on_track", **fields: Any) -> Json:
    return ok(await client.post(URL, json={"health": health, "narrative": "All is well.", **fields}))


@pytest.mark.usefixtures("_plan")
class TestReporting:
    """POST and GET /v1/plans/{plan}/status-reports."""

    async def test_what_is_computed_stands_beside_what_is_said(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await evaluate(service)
        made = await client.post(URL, json={"health": "on_track", "narrative": "All is well.", "reporter": "ada"})
        assert made.status_code == 201
        assert made.headers["Location"] == f"{URL}/1"
        told = made.json()
        assert (told["number"], told["health"], told["reporter"], told["author"]) == (1, "on_track", "ada", "admin")
        assert told["disagreement"] == "rosier"
        assert told["computed"]["schedule_status"] == "late"
        assert told["computed"]["counts"] == {
            "late": 1,
            "at_risk": 0,
            "on_track": 1,
            "ahead": 0,
            "unknown": 0,
            "not_applicable": 0,
        }
        assert (told["computed"]["open_breaches"], told["computed"]["open_warnings"]) == (1, 0)
        assert (told["computed"]["as_of"], told["computed"]["baseline"]) == ("2026-03-02T09:00:00Z", 1)
        assert await build.get(client, f"{URL}/1") == told

    async def test_it_stays_as_it_was_whatever_happens(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        before = await say(client, "off_track")
        assert before["disagreement"] == "none"
        ok(await client.post("/v1/plans/p/events", json=build.event(occurred_at="2026-03-01T10:00:00Z")))
        clock.advance(days=7)
        assert await build.get(client, f"{URL}/1") == before
        assert (await say(client, "off_track"))["disagreement"] == "gloomier"
        for method in ("PATCH", "PUT", "DELETE"):
            assert (await client.request(method, f"{URL}/1", json={})).status_code == 405

    async def test_a_report_is_superseded_once_and_names_its_successor(self, client: httpx.AsyncClient) -> None:
        await say(client)
        second = await say(client, "off_track", supersedes=1)
        assert (second["supersedes"], second["superseded_by"]) == (1, None)
        assert (await build.get(client, f"{URL}/1"))["superseded_by"] == 2
        again = await client.post(URL, json={"health": "at_risk", "narrative": "Hm.", "supersedes": 1})
        assert failure(again) == (409, "status-report-superseded")
        nothing = await client.post(URL, json={"health": "at_risk", "narrative": "Hm.", "supersedes": 9})
        assert failure(nothing) == (422, "invalid-request")
        assert len((await build.get(client, URL))["items"]) == 2

    async def test_the_newest_comes_first_page_by_page(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        for _ in range(3):
            await say(client)
            clock.advance(hours=1)
        first = await build.get(client, URL, limit=2)
        second = await build.get(client, URL, limit=2, cursor=first["next_cursor"])
        assert [each["number"] for each in first["items"] + second["items"]] == [3, 2, 1]
        assert second["next_cursor"] is None

    async def test_two_of_one_instant_are_told_apart(self, client: httpx.AsyncClient) -> None:
        first, second = await say(client), await say(client)
        assert parse_instant(first["recorded_at"]) < parse_instant(second["recorded_at"])

    async def test_there_are_no_others(self, client: httpx.AsyncClient) -> None:
        assert failure(await client.get(f"{URL}/1")) == (404, "status-report-not-found")
        assert failure(await client.get("/v1/plans/q/status-reports")) == (404, "plan-not-found")


async def test_without_a_baseline_nothing_can_be_disagreed_with(client: httpx.AsyncClient) -> None:
    await build.put(client, "p", document(milestone("a", "2026-03-01")))
    told = await say(client)
    assert (told["disagreement"], told["computed"]["baseline"]) == (None, None)
