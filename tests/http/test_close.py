"""Closing a plan, and what was sealed with it."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.evaluating import edit, evaluate
from tests.http.build import Json, document, failure, get, if_match, milestone, ok, places, put
from tests.http.outcome_build import EURO, body, closed, done, laid_out, record, versions
from tests.service import MakeKey, TestClock


async def test_closing_sets_the_status_and_seals_version_1(client: httpx.AsyncClient) -> None:
    await laid_out(client)
    await done(client)
    lesson = {"text": "Ask first", "labels": {"team": "site"}}
    response = await client.post(
        "/v1/plans/p/close", json={"status": "completed", "reason": "Handed over", "lessons": [lesson]}
    )
    sealed = ok(response)
    assert (response.status_code, response.headers["location"]) == (201, "/v1/plans/p/outcomes/1")
    assert (sealed["version"], sealed["cause"], sealed["author"]) == (1, "closed", "admin")
    assert sealed["outcome"]["closed"]["reason"] == "Handed over"
    assert sealed["outcome"]["lessons"] == [lesson]
    assert (await get(client, "/v1/plans/p"))["status"] == "completed"
    assert await body(client) == response.content
    (listed,) = await versions(client)
    assert listed == {name: sealed[name] for name in listed}


async def test_metrics_that_are_not_measured_yet_are_pending(client: httpx.AsyncClient) -> None:
    await laid_out(client)
    await done(client)
    found = (await closed(client))["outcome"]["current"]
    assert found["delivery"]["result"] == "on_time"
    assert found["budget"]["result"] == "within"
    assert found["metrics"]["result"] == "unknown"
    assert found["metrics"]["pending"] == [{"metric": "adoption", "measure_at": "2026-07-01T00:00:00Z"}]


async def test_closing_twice_is_a_conflict(client: httpx.AsyncClient) -> None:
    await laid_out(client)
    await closed(client)
    for status in ("completed", "cancelled"):
        again = await client.post("/v1/plans/p/close", json={"status": status, "reason": "Again"})
        assert failure(again) == (409, "plan-closed")
    assert len(await versions(client)) == 1


async def test_of_many_that_close_at_once_one_does(client: httpx.AsyncClient) -> None:
    await laid_out(client)
    wanted = {"status": "completed", "reason": "Handed over"}
    found = await asyncio.gather(*(client.post("/v1/plans/p/close", json=wanted) for _ in range(5)))
    assert sorted(response.status_code for response in found) == [201, 409, 409, 409, 409]
    assert len(await versions(client)) == 1


async def test_a_repeat_under_an_idempotency_key_answers_the_same_bytes(client: httpx.AsyncClient) -> None:
    await laid_out(client)
    wanted, headers = {"status": "completed", "reason": "Handed over"}, {"Idempotency-Key": "k"}
    first = await client.post("/v1/plans/p/close", json=wanted, headers=headers)
    again = await client.post("/v1/plans/p/close", json=wanted, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"status": "on_hold"}, ("/status", "literal_error")),
        ({"reason": ""}, ("/reason", "string_too_short")),
        ({"lessons": [{"text": ""}]}, ("/lessons/0/text", "string_too_short")),
        ({"as_of": "2026-03-03"}, ("/as_of", "in_future")),
        ({"as_of": "2026-03-02T09:00:01Z"}, ("/as_of", "in_future")),
    ],
)
async def test_a_wrong_close_is_refused_and_leaves_the_plan_open(
    client: httpx.AsyncClient, wrong: Json, place: tuple[str, str]
) -> None:
    await laid_out(client)
    response = await client.post("/v1/plans/p/close", json={"status": "completed", "reason": "x", **wrong})
    assert places(response) == [place]
    assert (await get(client, "/v1/plans/p"))["status"] == "active"
    assert await versions(client) == []


@pytest.mark.parametrize(
    ("asked", "as_of"),
    [
        (None, "2026-03-02T09:00:00Z"),
        ("2026-03-02", "2026-03-02T09:00:00Z"),  # today is not over
        ("2026-02-28", "2026-03-01T00:00:00Z"),
        ("2026-02-03T12:00:00Z", "2026-02-03T12:00:00Z"),
    ],
)
async def test_the_status_date_that_is_sealed(client: httpx.AsyncClient, asked: str | None, as_of: str) -> None:
    await laid_out(client)
    assert (await closed(client, as_of=asked))["as_of"] == as_of


async def test_a_status_date_of_today_counts_up_to_now(client: httpx.AsyncClient) -> None:
    await laid_out(client, status_date="2026-03-02")
    sealed = await closed(client)
    assert (sealed["as_of"], sealed["outcome"]["as_of_source"]) == ("2026-03-02T09:00:00Z", "status_date")


async def test_a_plan_without_anything_can_be_closed(client: httpx.AsyncClient) -> None:
    ok(await client.post("/v1/plans", json={"key": "p", "name": "Never begun"}))
    found = (await closed(client, "cancelled"))["outcome"]["original"]
    assert found["baseline"] is None
    results = [found[each]["result"] for each in ("delivery", "budget", "metrics")]
    assert results == ["cancelled", "unknown", "unknown"]


async def test_the_answer_of_the_same_instants_is_what_was_sealed(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await done(client)
    sealed = await closed(client)
    clock.advance(days=1)
    await record(client, 4, "cost.incurred", "2026-03-03", data={"amount": "500.00", "currency": EURO})
    asked = {name: sealed[name] for name in ("as_of", "known_at")}
    live = await get(client, "/v1/plans/p/outcome", **asked)
    assert live == {**sealed["outcome"], "as_of_source": "asked"}


async def test_a_plan_that_is_active_again_keeps_what_was_sealed_and_is_closed_again(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await closed(client, "cancelled")
    first = await body(client)
    await evaluate(service)
    clock.advance(days=1)
    await edit(client, "plans/p", status="active")
    assert (await get(client, "/v1/plans/p/outcome"))["closed"] is None
    await done(client)
    await evaluate(service)
    assert len(await versions(client)) == 1  # it is judged, and nothing is sealed
    sealed = await closed(client, lessons=[{"text": "Do not give up"}])
    assert (sealed["version"], sealed["cause"], sealed["status"]) == (2, "closed", "completed")
    assert set(sealed["changed"]) == {"closed", "current", "estimate_calibration", "lessons", "original"}
    assert await body(client) == first


async def test_a_plan_that_was_closed_without_sealing_can_be_sealed(client: httpx.AsyncClient) -> None:
    await laid_out(client)
    await edit(client, "plans/p", status="cancelled")
    assert await versions(client) == []
    sealed = await closed(client)
    assert sealed["outcome"]["closed"]["status"] == "completed"
    assert sealed["outcome"]["current"]["delivery"]["result"] == "unfinished"


async def test_the_status_is_a_fact_that_is_known_since_it_was_recorded(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    before = await get(client, "/v1/plans/p/outcome")
    clock.advance(hours=1)
    await edit(client, "plans/p", status="cancelled")
    after = await get(client, "/v1/plans/p/outcome")
    assert after["known_at"] == "2026-03-02T10:00:00Z"
    assert [each["current"]["delivery"]["result"] for each in (before, after)] == ["unfinished", "cancelled"]
    clock.advance(hours=1)
    ok(await client.patch("/v1/plans/p", json={"goal": "x"}, headers=if_match("*")))
    for answer in (before, after):
        asked = {name: answer[name] for name in ("as_of", "known_at")}
        assert await get(client, "/v1/plans/p/outcome", **asked) == {**answer, "as_of_source": "asked"}


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    await laid_out(client)
    assert failure(await client.get("/v1/plans/p/outcomes/1")) == (404, "outcome-not-found")
    for path in ("outcome", "outcomes", "outcomes/1"):
        assert failure(await client.get(f"/v1/plans/q/{path}")) == (404, "plan-not-found")
    wanted = {"status": "completed", "reason": "x"}
    assert failure(await client.post("/v1/plans/q/close", json=wanted)) == (404, "plan-not-found")


async def test_who_may_only_read_plans_closes_none(
    client: httpx.AsyncClient, make_client: Any, make_key: MakeKey
) -> None:
    await put(client, "p", document(milestone()))
    reader = make_client(await make_key("plans:read", "variance:read"))
    refused = await reader.post("/v1/plans/p/close", json={"status": "completed", "reason": "x"})
    assert failure(refused) == (403, "forbidden")


async def test_what_is_recorded_while_a_plan_is_closed_is_in_the_outcome_or_later_than_it(
    service: FastAPI, client: httpx.AsyncClient
) -> None:
    await laid_out(client)
    money = {"amount": "1.00", "currency": EURO}
    costs = (record(client, number, "cost.incurred", "2026-03-01", data=money) for number in range(10))
    sealed, _ = await asyncio.gather(closed(client), asyncio.gather(*costs))
    again = await get(client, "/v1/plans/p/outcome", as_of=sealed["as_of"], known_at=sealed["known_at"])
    assert again == {**sealed["outcome"], "as_of_source": "asked"}
    await evaluate(service)
    newest = (await get(client, f"/v1/plans/p/outcomes/{len(await versions(client))}"))["outcome"]
    assert newest["current"]["budget"]["actual_cost"]["amount"] == "10.00"
