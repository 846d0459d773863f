"""What becomes of deviations when people, plans, baselines and tolerances change, and when facts come late."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.evaluating import acknowledge, deviations, edit, evaluate, evaluations, history, kinds, only, report
from tests.http.build import Json, capture, document, event, if_match, milestone, ok, put, tolerance
from tests.service import TestClock

SLIP = tolerance(key="slip", upper={"warning": 0, "breach": 5})


@pytest.fixture(autouse=True)
async def _plan(client: httpx.AsyncClient, service: FastAPI) -> None:
    """A plan `p` with a milestone `a`, planned for 10 March and forecast for the 12th: open, and a warning."""
    await only(client, SLIP)
    await put(client, "p", document(milestone("a", labels={"team": "core"}), milestone("b", "2026-04-30")))
    await capture(client, "p")
    await report(client, "first", "forecast_changed", "2026-03-02T08:00:00Z", finish="2026-03-12")
    await evaluate(service)


async def the_only_one(client: httpx.AsyncClient) -> Json:
    (found,) = await deviations(client)
    return found


async def ended_as(client: httpx.AsyncClient) -> tuple[Any, ...]:
    found = await the_only_one(client)
    return found["state"], found["resolution"]


class TestOver:
    """Why a deviation is over."""

    async def test_by_a_milestone_that_is_cancelled(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await report(client, 1, "cancelled", "2026-03-02T09:00:00Z")
        await evaluate(service)
        assert await ended_as(client) == ("resolved", "cancelled")

    async def test_by_a_milestone_that_leaves_the_plan(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        (await client.delete("/v1/plans/p/milestones/a", headers=if_match("*"))).raise_for_status()
        await evaluate(service)
        assert await ended_as(client) == ("resolved", "removed")

    async def test_by_a_milestone_that_the_tolerance_does_not_apply_to_any_more(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await edit(client, "tolerances/slip", applies_to={"labels": {"team": "core"}})
        await evaluate(service)
        assert (await the_only_one(client))["state"] == "open"
        await edit(client, "plans/p/milestones/a", labels={"team": "docs"})
        await evaluate(service)
        assert await ended_as(client) == ("resolved", "tolerance_changed")

    async def test_by_a_tolerance_that_is_deleted(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await client.delete("/v1/tolerances/slip", headers=if_match("*"))
        await evaluate(service)
        assert await ended_as(client) == ("resolved", "tolerance_changed")

    async def test_by_a_new_baseline_against_which_there_is_none(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await edit(client, "plans/p/milestones/a", planned_finish="2026-03-12")
        await capture(client, "p")
        await evaluate(service)
        assert await ended_as(client) == ("resolved", "rebaselined")


class TestBaselines:
    """A deviation is one from one baseline."""

    async def test_against_a_new_baseline_another_record_is_opened(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await edit(client, "plans/p/milestones/a", planned_finish="2026-03-11")
        await capture(client, "p")
        await evaluate(service)
        assert [(each["baseline"], each["episode"], each["resolution"]) for each in await deviations(client)] == [
            (1, 1, "rebaselined"),
            (2, 1, None),
        ]
        assert [each["evidence"]["value"] for each in await deviations(client)] == [2.0, 1.0]

    async def test_a_supplementary_baseline_changes_nothing(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await capture(client, "p", supplementary=True)
        await evaluate(service)
        assert (await the_only_one(client))["state"] == "open"

    async def test_one_tolerance_may_look_at_the_original_beside_the_current(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        ok(await client.post("/v1/tolerances", json={**SLIP, "key": "since-the-start", "baseline": "original"}))
        await edit(client, "plans/p/milestones/a", planned_finish="2026-03-11")
        await capture(client, "p")
        await evaluate(service)
        standing = await deviations(client, state="open")
        assert {each["tolerance"]: (each["baseline"], each["evidence"]["value"]) for each in standing} == {
            "slip": (2, 1.0),
            "since-the-start": (1, 2.0),
        }

    async def test_a_tolerance_that_looks_at_a_baseline_to_come_waits_for_it(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        ok(await client.post("/v1/tolerances", json={**SLIP, "key": "second", "baseline": "2"}))
        await evaluate(service)
        assert await deviations(client, tolerance="second") == []
        await capture(client, "p")
        await evaluate(service)
        assert [each["baseline"] for each in await deviations(client, tolerance="second")] == [2]


class TestAcknowledged:
    """What a person has said of a deviation, and when it no longer counts."""

    async def test_it_stays_acknowledged_while_nothing_gets_worse(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await acknowledge(client, await the_only_one(client))
        await evaluate(service)
        found = await the_only_one(client)
        assert (found["state"], found["acknowledgement"]["reason"]) == ("acknowledged", "Known")
        assert await kinds(client, found) == ["opened", "acknowledged"]

    async def test_it_is_open_again_when_the_level_rises(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await acknowledge(client, await the_only_one(client))
        await report(client, 1, "forecast_changed", "2026-03-02T08:30:00Z", finish="2026-03-20")
        await evaluate(service)
        found = await the_only_one(client)
        assert (found["state"], found["level"], found["acknowledgement"]) == ("open", "breach", None)
        assert await kinds(client, found) == ["opened", "acknowledged", "worsened", "reopened"]

    async def test_it_is_open_again_at_the_instant_until_which_it_was_acknowledged(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await acknowledge(client, await the_only_one(client), until="2026-03-04T12:30:00Z")
        clock.now = datetime(2026, 3, 4, 12, 29, tzinfo=UTC)
        await edit(client, "tolerances/slip", name="Looked at again")
        await evaluate(service)
        assert (await the_only_one(client))["state"] == "acknowledged"
        clock.advance(minutes=1)
        await evaluate(service)
        found = await the_only_one(client)
        assert found["state"] == "open"
        assert (await history(client, found))[-1] | {"summary": ""} == {
            "number": 3,
            "kind": "reopened",
            "recorded_at": "2026-03-04T12:30:00Z",
            "as_of": "2026-03-04T12:30:00Z",
            "evaluation": (await evaluations(client))[-1]["number"],
            "retroactive": False,
            "actor": "leeway",
            "level": "warning",
            "state": "open",
            "resolution": None,
            "value": 2.0,
            "unit": "working_days",
            "bound": 0,
            "summary": "",
            "acknowledgement": None,
        }

    async def test_it_is_over_like_any_other(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await acknowledge(client, await the_only_one(client))
        await report(client, 1, "completed", "2026-03-02T08:30:00Z")
        await evaluate(service)
        found = await the_only_one(client)
        assert (found["state"], found["resolution"]) == ("resolved", "within_tolerance")
        refused = await client.post(f"/v1/deviations/{found['id']}/acknowledgements", json={"reason": "Too late"})
        assert refused.status_code == 409


class TestAccepted:
    """Finished work stays as it is: to acknowledge that settles it, unless the facts turn out worse."""

    @pytest.fixture(autouse=True)
    async def _accepted(self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> None:
        clock.now = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
        await report(client, "done", "completed", "2026-03-12T10:00:00Z")
        await evaluate(service)
        await acknowledge(client, await the_only_one(client))
        await evaluate(service)

    async def correct(self, client: httpx.AsyncClient, number: int, at: str) -> None:
        replacement = {"type": "milestone.completed", "milestone": "a", "occurred_at": at}
        data = {"event": {"source": "tests", "id": "run-done"}, "replacement": replacement}
        told = {**event(number, type="event.corrected", data=data)}
        del told["milestone"]
        ok(await client.post("/v1/plans/p/events", json=told))

    async def test_it_is_settled_and_not_opened_again(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        for _ in range(3):
            clock.advance(days=1)
            await report(client, clock().isoformat()[:10], "started", "2026-03-05")
            await evaluate(service)
        found = await the_only_one(client)
        assert (found["state"], found["resolution"]) == ("resolved", "accepted")
        assert await kinds(client, found) == ["opened", "resolved"]

    async def test_a_correction_that_makes_it_worse_opens_another_episode(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await self.correct(client, 1, "2026-03-14T10:00:00Z")
        await evaluate(service)
        assert [(each["episode"], each["state"], each["evidence"]["value"]) for each in await deviations(client)] == [
            (1, "resolved", 2.0),
            (2, "open", 4.0),
        ]

    async def test_one_that_makes_it_better_does_not(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await self.correct(client, 1, "2026-03-11T10:00:00Z")
        await evaluate(service)
        assert (await the_only_one(client))["resolution"] == "accepted"

    async def test_it_is_forgotten_once_the_work_was_on_time(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await self.correct(client, 1, "2026-03-09T10:00:00Z")
        await evaluate(service)
        await self.correct(client, 2, "2026-03-11T10:00:00Z")
        await evaluate(service)
        assert [(each["episode"], each["state"]) for each in await deviations(client)] == [
            (1, "resolved"),
            (2, "open"),
        ]


class TestToldLate:
    """What was told is never rewritten: what comes late adds a transition with both clocks."""

    async def test_an_event_that_comes_late_adds_a_retroactive_transition(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
        await evaluate(service)
        clock.advance(hours=1)
        await report(client, 1, "completed", "2026-03-09T16:00:00Z")
        await evaluate(service)
        *before, last = await history(client, await the_only_one(client))
        assert [each["retroactive"] for each in before] == [False] * len(before)
        assert (last["kind"], last["retroactive"]) == ("resolved", True)
        assert (last["as_of"], last["recorded_at"]) == ("2026-03-20T10:00:00Z", "2026-03-20T10:00:00Z")

    async def test_one_that_comes_in_time_does_not(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.advance(hours=1)
        await report(client, 1, "completed", "2026-03-02T10:00:00Z")
        await evaluate(service)
        last = (await history(client, await the_only_one(client)))[-1]
        assert (last["kind"], last["retroactive"]) == ("resolved", False)

    async def test_nor_does_what_an_edit_or_the_time_brings(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.now = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
        await evaluate(service)
        await edit(client, "tolerances/slip", upper={"warning": 100, "breach": 200})
        await evaluate(service)
        told = await history(client, await the_only_one(client))
        assert [(each["kind"], each["retroactive"]) for each in told] == [
            ("opened", False),
            ("worsened", False),
            ("resolved", False),
        ]

    async def test_a_retracted_event_is_told_late_too(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        clock.advance(hours=1)
        data = {"event": {"source": "tests", "id": "run-first"}, "reason": "a mistake"}
        told = event(1, type="event.retracted", occurred_at="2026-03-02T10:00:00Z", data=data)
        del told["milestone"]
        ok(await client.post("/v1/plans/p/events", json=told))
        await evaluate(service)
        last = (await history(client, await the_only_one(client)))[-1]
        assert (last["kind"], last["retroactive"]) == ("resolved", True)
