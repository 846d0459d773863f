"""What is recorded of a plan that is closed: the next version of its outcome, while the ones before stay."""

import asyncio

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from app.evaluation.service import LEASE
from app.evaluation.service import evaluate as evaluate_one
from app.plans import due
from app.plans.due import Due
from app.plans.purging import purge_deleted
from tests.evaluating import acknowledge, deviations, due_at, edit, evaluate
from tests.http.build import event, get, if_match, ok
from tests.http.outcome_build import EURO, body, closed, done, laid_out, record, versions
from tests.service import TestClock


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


async def test_events_of_a_closed_plan_make_it_due_only_if_its_outcome_was_sealed(
    service: FastAPI, client: httpx.AsyncClient
) -> None:
    await laid_out(client)
    await edit(client, "plans/p", status="completed")
    await evaluate(service)
    await record(client, 1, "milestone.completed", "2026-02-06")
    assert await due_at(client) is None


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
