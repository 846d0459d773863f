"""The log of evaluations says enough: replayed from nothing, it gives the same deviations, step by step."""

from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI

from tests.evaluating import acknowledge, advance_to, deviations, edit, evaluate, evaluations, only, report
from tests.flows.evaluation_replay import check_log
from tests.http.build import activity, capture, dependency, document, milestone, ok, put, tolerance
from tests.service import TestClock


async def test_the_log_of_a_plan_gives_its_deviations_again(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    slip = tolerance(key="slip", upper={"warning": 0, "breach": 5}, consecutive=2)
    since = tolerance(key="since-the-start", upper={"breach": 2}, baseline="original")
    silence = tolerance(key="unheard", measure="silence_minutes", upper={"breach": 3})
    await only(client, slip, since, silence)
    work = activity("a", "2026-03-02", "2026-03-06"), milestone("b", "2026-03-07"), milestone("c", "2026-03-05")
    await put(client, "p", document(*work, dependencies=[dependency("a", "b")]))
    await capture(client, "p")
    await evaluate(service)

    async def until(day: int, hour: int = 9) -> None:
        await advance_to(service, client, datetime(2026, 3, day, hour, tzinfo=UTC))

    await until(3)
    await report(client, 1, "started", "2026-03-03T08:00:00Z")
    await until(8)
    clock.advance(hours=1)
    for each in await deviations(client, state="open"):
        await acknowledge(client, each, until="2026-03-09T18:00:00Z")
    clock.advance(hours=1)
    await edit(client, "tolerances/slip", upper={"warning": 1, "breach": 3}, consecutive=1)
    await until(11)
    await report(client, 2, "completed", "2026-03-08T12:00:00Z", "c")
    await until(12)
    await report(client, 3, "completed", "2026-03-11T12:00:00Z")
    await report(client, 4, "completed", "2026-03-04", "b")
    await until(13)
    await edit(client, "plans/p/milestones/c", planned_finish="2026-03-08")
    await capture(client, "p")
    await until(14)
    await edit(client, "plans/p", status="completed")
    await until(15)

    resolutions = {each["resolution"] for each in await deviations(client)}
    assert resolutions >= {"within_tolerance", "rebaselined", "plan_closed"}
    assert len(await evaluations(client)) > 15
    assert await check_log(service, client) > 15


async def test_what_was_accepted_is_known_from_what_people_said(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    await only(client, tolerance(key="slip", upper={"breach": 0}))
    await put(client, "p", document())
    await capture(client, "p")
    clock.now = datetime(2026, 3, 13, 9, tzinfo=UTC)
    await report(client, 1, "completed", "2026-03-12T09:00:00Z")
    await evaluate(service)
    clock.advance(hours=1)
    await acknowledge(client, (await deviations(client))[0])
    for number, at in enumerate(("2026-03-11", "2026-03-13"), 2):
        clock.advance(hours=1)
        replacement = {"type": "milestone.completed", "milestone": "a", "occurred_at": at}
        corrected = {"event": {"source": "tests", "id": "run-1"}, "replacement": replacement}
        told = {"id": f"run-{number}", "source": "tests", "type": "event.corrected", "data": corrected}
        ok(await client.post("/v1/plans/p/events", json={**told, "occurred_at": "2026-03-13"}))
        await evaluate(service)
    assert [each["resolution"] for each in await deviations(client)] == ["accepted", None]
    assert await check_log(service, client) == 2


async def test_what_is_no_date_is_judged_again_from_what_was_known(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    pace = {"measure": "metric_gap_points", "unit": "points", "upper": {"warning": 10, "breach": 25}}
    await only(client, {"key": "pace", **pace}, {"key": "steady", **pace, "consecutive": 3})
    start, end = "2026-03-02T09:00:00Z", "2026-03-12T09:00:00Z"
    grown = {"name": "Users", "baseline_value": 0, "target": 100, "start_at": start, "measure_at": end}
    metrics = [{"key": "nps", **grown}, {"key": "users", **grown, "target": 10}]
    await put(client, "p", document(milestone("a", "2026-06-30"), metrics=metrics))
    await capture(client, "p")

    async def measured(number: int, key: str, value: float, at: str) -> None:
        data = {"metric": key, "value": value}
        told = {"id": f"run-{number}", "source": "tests", "type": "metric.measured", "data": data, "occurred_at": at}
        ok(await client.post("/v1/plans/p/events", json=told))

    await measured(1, "nps", 0, start)
    await measured(2, "users", 0, start)
    await advance_to(service, client, clock.now + timedelta(days=2))
    for each in await deviations(client, state="open", about="metrics/nps"):
        await acknowledge(client, each, until="2026-03-05T09:00:00Z")
    await advance_to(service, client, clock.now + timedelta(days=2))
    await measured(3, "nps", 45, "2026-03-05T09:00:00Z")
    await edit(client, "plans/p/metrics/users", target=20)
    await advance_to(service, client, clock.now + timedelta(days=1))
    (await client.delete("/v1/plans/p/metrics/users", headers={"If-Match": "*"})).raise_for_status()
    await advance_to(service, client, clock.now + timedelta(days=1))

    assert {each["resolution"] for each in await deviations(client)} >= {"within_tolerance", "removed"}
    assert await check_log(service, client) > 10
