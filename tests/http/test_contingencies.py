"""Contingencies: due when their triggers hold, activated once, and what they prepare made a revision."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.evaluating import advance_to, deviations, due_at, evaluate
from tests.http.build import Json, capture, failure, get, if_match, ok, put
from tests.http.risks_build import (
    activation,
    activations,
    contingency,
    plan_with,
    report,
    risk,
    state,
    told,
    trigger,
)
from tests.service import MakeKey, TestClock


@pytest.fixture
async def plan(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await plan_with(client, risk())
    return client


async def activate(client: httpx.AsyncClient, number: int | str = 1, **fields: Any) -> httpx.Response:
    return await client.post(activations(), json=activation(number, **fields))


async def revision(client: httpx.AsyncClient) -> int:
    found: int = (await get(client, "/v1/plans/p"))["revision"]
    return found


async def test_an_activation_makes_the_prepared_change_and_records_it(plan: httpx.AsyncClient) -> None:
    answer = await activate(plan)
    told_back = ok(answer)
    assert (answer.status_code, answer.headers["location"]) == (201, "/v1/plans/p/events/1")
    assert (told_back["revision"], told_back["duplicate"]) == (2, False)
    assert (await get(plan, "/v1/plans/p/milestones/b"))["planned_finish"] == "2026-04-20"
    made = await get(plan, "/v1/plans/p/revisions/2")
    assert (made["reason"], made["origin"]) == ("The supplier is bankrupt", "contingency")
    event = await get(plan, "/v1/plans/p/events/1")
    assert event["type"] == "contingency.activated"
    assert event["data"] == {
        "risk": "supplier",
        "contingency": "other",
        "revision": 2,
        "reason": "The supplier is bankrupt",
    }
    found = await state(plan)
    assert (found["activated_at"], found["activated_revision"]) == ("2026-03-02T08:30:00Z", 2)
    assert found["due"] is False


async def test_a_repeat_has_no_second_effect(plan: httpx.AsyncClient) -> None:
    first = ok(await activate(plan))
    again = await activate(plan)
    assert (again.status_code, again.json()) == (200, {**first, "duplicate": True})
    assert await revision(plan) == 2


@pytest.mark.parametrize(
    "fields", [{"reason": "Another"}, {"occurred_at": "2026-03-02T08:31:00Z"}, {"actor": "bob"}], ids=str
)
async def test_the_same_name_with_other_content_is_refused(plan: httpx.AsyncClient, fields: Json) -> None:
    ok(await activate(plan))
    assert failure(await activate(plan, **fields)) == (409, "event-conflict")


async def test_a_contingency_is_activated_once(plan: httpx.AsyncClient) -> None:
    ok(await activate(plan))
    assert failure(await activate(plan, 2)) == (409, "contingency-activated")
    assert await revision(plan) == 2


async def test_what_was_retracted_can_be_activated_again(plan: httpx.AsyncClient) -> None:
    ok(await activate(plan))
    name = {"source": "tests", "id": "act-1"}
    await report(plan, told(9, "event.retracted", event=name, reason="the wrong plan"))
    assert (await state(plan))["activated_at"] is None
    again = ok(await activate(plan, 2))
    assert again["revision"] == 2  # what it changes stands in the plan already


async def test_a_closed_risk_needs_nothing(plan: httpx.AsyncClient) -> None:
    await report(plan, told(1, "risk.closed"))
    assert failure(await activate(plan)) == (409, "risk-closed")
    await report(plan, told(2, "risk.occurred", "2026-03-02T08:20:00Z"))
    ok(await activate(plan))


async def test_a_change_that_no_longer_applies_changes_nothing(plan: httpx.AsyncClient) -> None:
    gone = contingency("other", milestones={"a": {"planned_finish": "2026-04-01"}, "b": None})
    ok(await plan.patch("/v1/plans/p/risks/supplier", json={"contingencies": [gone]}, headers=if_match("*")))
    assert (await plan.delete("/v1/plans/p/milestones/b", headers=if_match("*"))).status_code == 204
    before = await get(plan, "/v1/plans/p/document")
    answer = await activate(plan)
    assert failure(answer) == (409, "contingency-outdated")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/change/milestones/b", "unknown_milestone")
    ]
    assert await get(plan, "/v1/plans/p/document") == before
    assert (await get(plan, "/v1/plans/p/events"))["items"] == []


async def test_an_event_that_cannot_be_recorded_leaves_the_plan_as_it_was(plan: httpx.AsyncClient) -> None:
    answer = await activate(plan, occurred_at="2026-03-09T00:00:00Z")
    assert failure(answer) == (422, "event-refused")
    assert await revision(plan) == 1


async def test_a_change_may_take_out_the_milestone_that_it_waits_for(client: httpx.AsyncClient) -> None:
    dropped = contingency("other", trigger("total_float", below=1, milestone="a"), milestones={"a": None})
    await plan_with(client, risk(impacts=[{"milestone": "b", "minutes": 60}], contingencies=[dropped]))
    ok(await activate(client))
    found = await state(client)
    assert (found["state"]["state"], found["state"]["reason"]) == ("unknown", "removed")
    assert (found["due"], found["activated_revision"]) == (False, 2)


async def test_the_document_of_a_plan_with_an_activation_makes_the_same_plan_again(client: httpx.AsyncClient) -> None:
    dropped = contingency("other", trigger("total_float", below=1, milestone="a"), milestones={"a": None})
    await plan_with(client, risk(impacts=[{"milestone": "b", "minutes": 60}], contingencies=[dropped]))
    ok(await activate(client))
    whole = await get(client, "/v1/plans/p/document")
    await put(client, "again", whole)
    assert await get(client, "/v1/plans/again/document") == whole


async def test_a_contingency_without_a_change_leaves_the_revision(client: httpx.AsyncClient) -> None:
    telephone = {**contingency("other"), "change": {}}
    await plan_with(client, risk(contingencies=[telephone]))
    assert ok(await activate(client))["revision"] == 1
    assert (await state(client))["activated_revision"] == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (activations(plan="gone"), "plan-not-found"),
        (activations("gone"), "risk-not-found"),
        (activations(contingency="gone"), "contingency-not-found"),
    ],
)
async def test_what_is_not_there_is_not_found(plan: httpx.AsyncClient, path: str, code: str) -> None:
    assert failure(await plan.post(path, json=activation())) == (404, code)


async def test_both_scopes_are_needed(plan: httpx.AsyncClient, make_key: MakeKey) -> None:
    for scope in ("plans:write", "events:write"):
        headers = {"Authorization": f"Bearer {await make_key(scope)}"}
        assert (await plan.post(activations(), json=activation(), headers=headers)).status_code == 403
    both = {"Authorization": f"Bearer {await make_key('plans:write', 'events:write')}"}
    old = {**activation(), "recorded_at": "2026-03-02T08:59:00Z"}
    assert (await plan.post(activations(), json=old, headers=both)).status_code == 403  # needs history:write
    ok(await plan.post(activations(), json=activation(), headers=both))


async def test_history_may_be_loaded(client: httpx.AsyncClient, clock: TestClock) -> None:
    await plan_with(client, risk())
    clock.advance(days=10)
    told_then = ok(await activate(client, recorded_at="2026-03-05T12:00:00Z"))
    assert told_then["event"]["recorded_at"].startswith("2026-03-05T12:00:00")
    assert (await state(client, known_at="2026-03-05T11:00:00Z"))["activated_at"] is None
    assert (await state(client, known_at="2026-03-05T13:00:00Z"))["activated_revision"] == 2


async def test_an_idempotency_key_replays_the_answer(plan: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await plan.post(activations(), json=activation(), headers=headers)
    again = await plan.post(activations(), json=activation(), headers=headers)
    assert (again.status_code, again.content) == (201, first.content)


async def test_of_many_at_once_one_wins(plan: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(activate(plan, number) for number in range(5)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]
    assert await revision(plan) == 2
    assert len((await get(plan, "/v1/plans/p/events"))["items"]) == 1


async def test_the_same_activation_many_times_at_once_is_one(plan: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(activate(plan) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 200, 201]
    assert len({each.json()["event"]["sequence"] for each in answers}) == 1
    assert await revision(plan) == 2


async def test_it_is_recorded_in_no_other_way(plan: httpx.AsyncClient) -> None:
    data: Json = {"risk": "supplier", "contingency": "other", "revision": 1}
    answer = await plan.post("/v1/plans/p/events", json=told(1, "contingency.activated", **data))
    assert answer.status_code == 422


async def flagged(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """What is told of contingencies: what about, and how it stands."""
    found = await deviations(client, measure="contingency_due")
    return [(each["about"], each["state"]) for each in found]


ABOUT = "risks/supplier/contingencies/other"


async def test_a_date_that_comes_opens_a_deviation_by_time_alone(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    dated = contingency("other", {"type": "date", "date": "2026-03-12"})
    await plan_with(client, risk(contingencies=[dated], owner="ann"))
    await capture(client, "p")
    await evaluate(service)
    assert await flagged(client) == []
    await advance_to(service, client, clock.now.replace(day=14))
    assert await flagged(client) == [(ABOUT, "open")]
    (found,) = await deviations(client, measure="contingency_due")
    assert (found["owner"], found["evidence"]["value"], found["opened_at"][:10]) == ("ann", 1, "2026-03-12")
    assert found["summary"].startswith("other of the risk supplier is due: 2026-03-12 has come")


async def test_a_slip_that_time_alone_brings_opens_one_and_its_activation_resolves_it(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    late = contingency("other", trigger("finish_variance", above=1, milestone="a"), plan={"goal": "Less"})
    await plan_with(client, risk(contingencies=[late]))
    await capture(client, "p")
    await evaluate(service)
    await advance_to(service, client, clock.now.replace(day=11, hour=12))
    assert await flagged(client) == []  # half a day late
    await advance_to(service, client, clock.now.replace(day=13))
    (found,) = await deviations(client, measure="contingency_due")
    assert (found["milestone"], found["state"], found["opened_at"][:16]) == ("a", "open", "2026-03-12T00:01")
    ok(await activate(client, occurred_at="2026-03-13T08:00:00Z"))
    await evaluate(service)
    assert await flagged(client) == [(ABOUT, "resolved")]
    assert await due_at(client) is not None


async def test_an_occurrence_opens_one_and_closing_the_risk_resolves_it(
    service: FastAPI, client: httpx.AsyncClient
) -> None:
    await plan_with(client, risk())
    await capture(client, "p")
    await report(client, told(1, "risk.occurred"))
    await evaluate(service)
    assert await flagged(client) == [(ABOUT, "open")]
    await report(client, told(2, "risk.closed"))
    await evaluate(service)
    assert await flagged(client) == [(ABOUT, "resolved")]
