"""Plans and the calendars they name are edited side by side; facts are timed under the lock; days keep their zone."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.http.events_build import by_key, event, item, make_plan, milestone, ok, post, put_plan, variance
from tests.scale import full
from tests.service import TestClock

WEEKLY = {"monday": [{"from": "08:00", "to": "16:00"}]}


async def test_calendars_and_the_plans_that_name_them_are_edited_at_once(client: httpx.AsyncClient) -> None:
    await ok(await client.put("/v1/calendars/team", json={"name": "team", "weekly": WEEKLY}))
    plans = [f"p{n}" for n in range(6)]
    for plan in plans:
        await make_plan(client, plan, [milestone("m")], calendar="team")
    rounds = full(200, 10)

    async def edit_plan(plan: str) -> set[int]:
        path, match = f"/v1/plans/{plan}/milestones/m", {"If-Match": "*"}
        answers = [await client.patch(path, json={"name": f"m {n}"}, headers=match) for n in range(rounds)]
        return {answer.status_code for answer in answers}

    async def edit_calendar() -> set[int]:
        match = {"If-Match": "*"}
        answers = [
            await client.patch("/v1/calendars/team", json={"minutes_per_day": 400 + n}, headers=match)
            for n in range(rounds)
        ]
        return {answer.status_code for answer in answers}

    answers = await asyncio.gather(edit_calendar(), edit_calendar(), *map(edit_plan, plans))
    assert answers == [{200}] * (2 + len(plans))


@pytest.mark.parametrize("path", ["/v1/events/batch", "/v1/plans/p/events"])
async def test_a_fact_is_timed_when_it_is_recorded_not_when_its_request_began(
    client: httpx.AsyncClient, clock: TestClock, path: str
) -> None:
    await make_plan(client, "p", [milestone("m")])
    asked: list[bytes] = []
    body = event("e", "completed")
    content = json.dumps([{"plan": "p", **body}] if path.endswith("batch") else body).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield content[:10]
        clock.advance(seconds=20)
        answer = await client.get("/v1/plans/p/variance", params=question)
        asked.append(answer.content)
        yield content[10:]

    question = {"known_at": "2026-03-02T09:00:10Z", "as_of": "2026-03-20T00:00:00Z"}
    sent = await client.post(path, content=slowly(), headers={"Content-Type": "application/json"})
    assert sent.status_code in {201, 207}, sent.text
    assert (await client.get("/v1/plans/p/variance", params=question)).content == asked[0]


async def test_a_plan_may_name_more_calendars_than_a_process_keeps(client: httpx.AsyncClient) -> None:
    for n in range(70):
        definition = {"name": f"c{n}", "weekly": WEEKLY, "minutes_per_day": 100 + n}
        await ok(await client.put(f"/v1/calendars/c{n}", json=definition))
    await make_plan(client, "p", [milestone(f"m{n}", "2026-03-02", calendar=f"c{n}") for n in range(70)])
    answer = by_key(await variance(client, "p", as_of="2026-03-09T23:00:00Z"))
    assert {each["finish_variance"]["working_minutes"] for each in answer.values()} == {480}
    assert answer["m0"]["finish_variance"]["working_days"] == 4.8


async def test_a_day_of_knowledge_keeps_its_answer_when_the_zone_changes(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await make_plan(client, "p", [milestone("m", "2026-03-02")])
    clock.advance(days=3)
    question = {"known_at": "2026-03-03"}
    first = await client.get("/v1/plans/p/variance", params=question)
    await ok(await client.patch("/v1/plans/p", json={"time_zone": "Asia/Tokyo"}, headers={"If-Match": "*"}))
    assert (await client.get("/v1/plans/p/variance", params=question)).content == first.content


async def test_known_at_today_is_now(client: httpx.AsyncClient, clock: TestClock) -> None:
    await make_plan(client, "p", [milestone("m")])
    clock.advance(hours=1)
    answer = await variance(client, "p", known_at="2026-03-02")
    assert (answer["as_of"], answer["as_of_source"]) == ("2026-03-02T10:00:00Z", "known_at")
    assert (await client.get("/v1/plans/p/variance", params={"known_at": "2026-03-03"})).status_code == 422


async def test_equal_days_are_equal_whether_reported_or_corrected(client: httpx.AsyncClient) -> None:
    await make_plan(client, "p", [milestone("a"), milestone("b")])
    day = "2026-02-10"
    same = {"type": "milestone.completed", "milestone": "b", "occurred_at": day, "data": {}}
    await post(client, "p", event("a", "completed", "a", day), event("b", "completed", "b", day))
    corrected = {"event": {"source": "ci", "id": "b"}, "replacement": same}
    await post(client, "p", event("c", "event.corrected", None, data=corrected))
    await ok(await client.patch("/v1/plans/p", json={"time_zone": "Pacific/Kiritimati"}, headers={"If-Match": "*"}))
    for as_of in ("2026-02-09T09:00:00Z", "2026-02-09T11:00:00Z", "2026-02-10T01:00:00Z"):
        found = [await item(client, "p", key, as_of=as_of) for key in ("a", "b")]
        assert found[0]["lifecycle"] == found[1]["lifecycle"]


async def test_a_put_may_leave_the_name_as_it_is_but_not_when_it_creates(client: httpx.AsyncClient) -> None:
    document = {"milestones": [milestone("m")], "dependencies": []}
    refused = await client.put("/v1/plans/p/document", json=document)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/name")
    await put_plan(client, "p", [])
    await ok(await client.put("/v1/plans/p/document", json=document, headers={"If-Match": "*"}))
    assert (await client.get("/v1/plans/p")).json()["name"] == "p"
