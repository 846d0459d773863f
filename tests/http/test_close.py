"""Closing a plan, and what was sealed with it."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.evaluation.service import LEASE
from app.evaluation.service import evaluate as evaluate_one
from app.plans import due
from app.plans.due import Due
from app.plans.purging import purge_deleted
from tests.evaluating import acknowledge, deviations, due_at, edit, evaluate
from tests.http.build import (
    Json,
    activity,
    capture,
    document,
    event,
    failure,
    get,
    if_match,
    milestone,
    ok,
    places,
    put,
)
from tests.service import MakeKey, TestClock

METRIC = {
    "key": "adoption",
    "name": "Adoption",
    "baseline_value": 0,
    "target": 100,
    "start_at": "2026-03-01",
    "measure_at": "2026-06-30",
    "grace_minutes": 1440,
}
EURO = "EUR"


async def laid_out(client: httpx.AsyncClient, **fields: Any) -> None:
    """A plan `p` with work, money and a metric that is measured months after the work is done."""
    work = activity("a", "2026-02-02", "2026-02-06", budget={"amount": "1000.00", "currency": EURO})
    await put(client, "p", document(work, **{"calendar": "standard", "metrics": [METRIC], **fields}))
    await capture(client, "p")


async def record(client: httpx.AsyncClient, number: int, type_: str, at: str, **more: Any) -> None:
    told = event(number, type=type_, occurred_at=at, **more)
    if type_.startswith("metric."):
        del told["milestone"]
    ok(await client.post("/v1/plans/p/events", json=told))


async def done(client: httpx.AsyncClient) -> None:
    await record(client, 1, "milestone.started", "2026-02-02")
    await record(client, 2, "milestone.completed", "2026-02-06")
    await record(client, 3, "cost.incurred", "2026-02-06", data={"amount": "900.00", "currency": EURO})


async def closed(client: httpx.AsyncClient, status: str = "completed", **more: Any) -> Json:
    return ok(await client.post("/v1/plans/p/close", json={"status": status, "reason": "Handed over", **more}))


async def versions(client: httpx.AsyncClient) -> list[Json]:
    items: list[Json] = (await get(client, "/v1/plans/p/outcomes"))["items"]
    return items


async def body(client: httpx.AsyncClient, version: int = 1) -> bytes:
    response = await client.get(f"/v1/plans/p/outcomes/{version}")
    ok(response)
    return response.content


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


async def test_a_late_cost_seals_the_next_version_and_the_first_stays(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await done(client)
    await closed(client)
    first = await body(client)
    await evaluate(service)
    clock.advance(days=3)
    await record(client, 4, "cost.incurred", "2026-03-04", data={"amount": "100.01", "currency": EURO})
    await evaluate(service)
    newest, oldest = await versions(client)
    assert (newest["version"], newest["cause"], newest["author"]) == (2, "revised", "leeway")
    assert newest["changed"] == ["current", "original"]
    assert oldest["version"] == 1
    second = (await get(client, "/v1/plans/p/outcomes/2"))["outcome"]
    assert second["current"]["budget"] == {
        "result": "over",
        "budget": {"amount": "1000.00", "currency": EURO},
        "actual_cost": {"amount": "1000.01", "currency": EURO},
        "remaining": {"amount": "-0.01", "currency": EURO},
        "reason": None,
    }
    assert second["closed"]["reason"] == "Handed over"
    assert await body(client) == first


async def test_a_correction_of_what_had_happened_seals_the_next_version(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await done(client)
    await closed(client)
    clock.advance(days=1)
    later = {"type": "milestone.completed", "milestone": "a", "occurred_at": "2026-02-09"}
    target = {"event": {"source": "tests", "id": "run-2"}, "replacement": later}
    told = event(5, type="event.corrected", occurred_at="2026-03-03", data=target)
    del told["milestone"]
    ok(await client.post("/v1/plans/p/events", json=told))
    await evaluate(service)
    results = [
        (await get(client, f"/v1/plans/p/outcomes/{n}"))["outcome"]["original"]["delivery"]["result"] for n in (1, 2)
    ]
    assert results == ["on_time", "late"]


async def test_what_changes_nothing_seals_nothing(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await done(client)
    await closed(client)
    await evaluate(service)
    clock.advance(days=1)
    await record(client, 4, "note.added", "2026-03-03", data={"text": "Thanks to all"})
    await evaluate(service)
    assert [each["version"] for each in await versions(client)] == [1]


async def test_unfinished_work_of_a_closed_plan_does_not_grow_later_versions(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await record(client, 1, "milestone.started", "2026-02-02")
    await record(client, 2, "milestone.blocked", "2026-02-03", data={"reason_code": "supply"})
    sealed = (await closed(client))["outcome"]
    assert sealed["current"]["delivery"]["result"] == "unfinished"
    clock.advance(days=30)
    await record(client, 4, "note.added", "2026-03-03", data={"text": "Somebody asked"})
    await evaluate(service)
    assert len(await versions(client)) == 1


async def test_a_metric_is_measured_after_the_close_and_counts(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await done(client)
    await closed(client)
    await evaluate(service)
    clock.now = clock.now.replace(month=6, day=15)
    await record(client, 4, "metric.measured", "2026-06-15", data={"metric": "adoption", "value": 80})
    await evaluate(service)
    found = (await get(client, "/v1/plans/p/outcomes/2"))["outcome"]["current"]["metrics"]
    assert (found["result"], found["score"], found["coverage"]) == ("met", 0.8, 1.0)
    assert [each["metric"] for each in found["pending"]] == ["adoption"]  # it may be measured again until 1 July


async def test_a_metric_that_nobody_measures_is_missed_once_its_time_is_over(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await done(client)
    await closed(client)
    await evaluate(service)
    seen = []
    while (at := await due_at(client)) is not None:
        clock.now = at
        await evaluate(service)
        seen.append((at.isoformat(), len(await versions(client))))
    assert seen == [("2026-07-01T00:00:00+00:00", 1), ("2026-07-02T00:00:00+00:00", 2)]
    found = (await get(client, "/v1/plans/p/outcomes/2"))["outcome"]["current"]["metrics"]
    assert (found["result"], found["score"], found["pending"]) == ("missed", 0.0, [])


async def test_what_is_said_of_a_deviation_before_it_is_resolved_counts(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await record(client, 1, "milestone.started", "2026-02-02")
    await evaluate(service)
    found = next(each for each in await deviations(client, milestone="a"))
    await closed(client)
    clock.advance(minutes=1)
    await acknowledge(client, found, reason_code="scope_change")
    await evaluate(service)
    newest, _ = await versions(client)
    assert newest["changed"] == ["causes"]


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


async def test_events_of_a_closed_plan_make_it_due_only_if_its_outcome_was_sealed(
    service: FastAPI, client: httpx.AsyncClient
) -> None:
    await laid_out(client)
    await edit(client, "plans/p", status="completed")
    await evaluate(service)
    await record(client, 1, "milestone.completed", "2026-02-06")
    assert await due_at(client) is None


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


async def test_versions_come_newest_first_page_by_page(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await closed(client)
    for number in (1, 2):
        clock.advance(days=1)
        money = {"amount": "1.00", "currency": EURO}
        await record(client, number, "cost.incurred", "2026-03-03", data=money)
        await evaluate(service)
    page = await get(client, "/v1/plans/p/outcomes", limit=2)
    rest = await get(client, "/v1/plans/p/outcomes", limit=2, cursor=page["next_cursor"])
    assert [each["version"] for each in page["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next_cursor"] is None


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


async def claimed(service: FastAPI) -> Due:
    """The plan, claimed as an evaluator does."""
    now = service.state.clock()
    (found,) = await service.state.database.write(lambda tx: due.claim_due(tx, now, [now + LEASE]))
    plan: Due = found
    return plan


async def test_two_evaluators_seal_one_version(service: FastAPI, client: httpx.AsyncClient, clock: TestClock) -> None:
    await laid_out(client)
    await closed(client)
    await evaluate(service)
    clock.advance(days=1)
    await record(client, 4, "cost.incurred", "2026-03-03", data={"amount": "1.00", "currency": EURO})
    plan = await claimed(service)
    await asyncio.gather(*(evaluate_one(service.state.database, clock, plan) for _ in range(2)))
    assert [each["version"] for each in await versions(client)] == [2, 1]


async def test_what_is_recorded_while_a_version_is_computed_is_in_the_next(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await closed(client)
    await evaluate(service)
    clock.advance(days=1)
    money = {"amount": "1.00", "currency": EURO}
    await record(client, 4, "cost.incurred", "2026-03-03", data=money)
    plan = await claimed(service)
    await record(client, 5, "cost.incurred", "2026-03-03", data=money)
    await evaluate_one(service.state.database, clock, plan)
    await evaluate(service)
    newest = (await get(client, f"/v1/plans/p/outcomes/{len(await versions(client))}"))["outcome"]
    assert newest["current"]["budget"]["actual_cost"]["amount"] == "2.00"


async def test_what_is_recorded_while_a_plan_is_closed_is_in_the_outcome_or_later_than_it(
    service: FastAPI, client: httpx.AsyncClient
) -> None:
    await laid_out(client)
    money = {"amount": "1.00", "currency": EURO}
    costs = (record(client, number, "cost.incurred", "2026-03-01", data=money) for number in range(10))
    sealed, *_ = await asyncio.gather(closed(client), *costs)
    again = await get(client, "/v1/plans/p/outcome", as_of=sealed["as_of"], known_at=sealed["known_at"])
    assert again == {**sealed["outcome"], "as_of_source": "asked"}
    await evaluate(service)
    newest = (await get(client, f"/v1/plans/p/outcomes/{len(await versions(client))}"))["outcome"]
    assert newest["current"]["budget"]["actual_cost"]["amount"] == "10.00"


async def test_sealed_outcomes_are_purged_with_their_plan(
    service: FastAPI, client: httpx.AsyncClient, clock: TestClock
) -> None:
    await laid_out(client)
    await closed(client)
    ok_status = (await client.delete("/v1/plans/p", headers=if_match("*"))).status_code
    assert ok_status == 204
    clock.advance(days=31)
    await evaluate(service)  # a deleted plan seals nothing more
    assert await purge_deleted(service.state.database, clock(), 30) == 1
    async with service.state.database.read() as db:
        for table in ("plan_outcomes", "plan_statuses"):
            assert await db.scalar(text(f"SELECT count(*) FROM {table}")) == 0
