"""The summary of a plan at each step of a period."""

from typing import Any

import httpx
import pytest

from tests.http.events_build import Json, capture, codes, event, make_plan, milestone, ok, post, put_plan, variance
from tests.service import TestClock

TREND = "/v1/plans/p/trend"
DONE = (event("a", "completed", "a", "2026-03-11T10:00:00Z"), event("b", "completed", "b", "2026-03-18T10:00:00Z"))


@pytest.fixture
async def plan(client: httpx.AsyncClient, clock: TestClock) -> httpx.AsyncClient:
    """A client whose plan `p` ran through March 2026: `a` was a day late, `b` two days early."""
    await make_plan(client, "p", [milestone("a", "2026-03-10"), milestone("b", "2026-03-20")])
    clock.advance(days=30)
    await post(client, "p", *DONE)
    return client


async def trend(client: httpx.AsyncClient, **params: Any) -> Json:
    return await ok(await client.get(TREND, params=params))


async def refused(client: httpx.AsyncClient, **params: Any) -> tuple[int, list[tuple[str, str]]]:
    answer = await client.get(TREND, params=params)
    return answer.status_code, codes(answer)


def instants(answer: Json) -> list[str]:
    return [step["as_of"] for step in answer["items"]]


async def test_days_are_the_ends_of_days_and_the_last_is_always_there(plan: httpx.AsyncClient) -> None:
    answer = await trend(plan, **{"from": "2026-03-08", "to": "2026-03-13", "step_days": 2})
    assert instants(answer) == [f"2026-03-{day:02}T00:00:00Z" for day in (9, 11, 13, 14)]
    await ok(await plan.patch("/v1/plans/p", json={"time_zone": "America/New_York"}, headers={"If-Match": "*"}))
    answer = await trend(plan, **{"from": "2026-03-07", "to": "2026-03-08", "step_days": 1})
    assert instants(answer) == ["2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"]  # the clocks go forward


async def test_instants_are_whole_days_apart(plan: httpx.AsyncClient) -> None:
    answer = await trend(plan, **{"from": "2026-03-08T12:00:00Z", "to": "2026-03-23T00:00:00+01:00"})
    assert instants(answer) == [
        "2026-03-08T12:00:00Z",
        "2026-03-15T12:00:00Z",
        "2026-03-22T12:00:00Z",
        "2026-03-22T23:00:00Z",
    ]
    assert instants(await trend(plan, **{"from": "2026-03-08", "to": "2026-03-09T00:00:00Z"})) == [
        "2026-03-09T00:00:00Z"
    ]


async def test_without_an_end_it_goes_on_to_known_at_or_now(plan: httpx.AsyncClient) -> None:
    assert instants(await trend(plan, **{"from": "2026-03-31"}))[-1] == "2026-04-01T09:00:00Z"
    answer = await trend(plan, **{"from": "2026-03-19T00:00:00Z", "known_at": "2026-03-20T00:00:00Z"})
    assert instants(answer) == ["2026-03-19T00:00:00Z", "2026-03-20T00:00:00Z"]


async def test_each_step_is_the_summary_of_variance_as_of_then(plan: httpx.AsyncClient) -> None:
    answer = await trend(plan, **{"from": "2026-03-08", "to": "2026-03-22", "step_days": 1})
    assert len(answer["items"]) == 15
    for step in answer["items"]:
        whole = await variance(plan, "p", as_of=step["as_of"], known_at=answer["known_at"])
        assert step["summary"] == whole["summary"]
        assert {name: answer[name] for name in ("plan", "known_at", "revision", "baseline")} == {
            name: whole[name] for name in ("plan", "known_at", "revision", "baseline")
        }
    percents = [step["summary"]["actual_percent_complete"] for step in answer["items"]]
    assert percents == [0.0] * 3 + [50.0] * 7 + [100.0] * 5


async def test_known_at_and_baseline(plan: httpx.AsyncClient) -> None:
    await put_plan(plan, "p", [milestone("a", "2026-03-10"), milestone("b", "2026-04-20")])
    await capture(plan, "p")
    period = {"from": "2026-03-31", "to": "2026-03-31"}
    for params, number, late in (({}, 2, 1), ({"baseline": "original"}, 1, 1), ({"known_at": "2026-03-20"}, 1, 2)):
        answer = await trend(plan, **period, **params)
        (step,) = answer["items"]
        assert (answer["baseline"]["number"], step["summary"]["counts"]["late"]) == (number, late)


async def test_a_past_trend_keeps_its_bytes(plan: httpx.AsyncClient) -> None:
    period = {"from": "2026-03-01", "to": "2026-03-31"}
    params = {**period, "known_at": "2026-03-31T00:00:00Z"}
    before = await plan.get(TREND, params=params)
    await post(plan, "p", event("late", "reopened", "a", "2026-03-05"))
    await put_plan(plan, "p", [milestone("a", "2026-05-10")])
    await capture(plan, "p")
    assert (await plan.get(TREND, params=params)).content == before.content
    assert (await plan.get(TREND, params=period)).content != before.content


async def test_an_empty_period_is_refused(plan: httpx.AsyncClient) -> None:
    for period in (
        {"from": "2026-03-10", "to": "2026-03-09"},
        {"from": "2026-03-10T00:00:01Z", "to": "2026-03-10T00:00:00Z"},
        {"from": "2026-04-02"},
    ):
        assert await refused(plan, **period) == (422, [("?to", "empty_period")])


async def test_too_many_steps_are_refused(plan: httpx.AsyncClient) -> None:
    first, last = "2025-01-01", "2026-02-04"
    assert len((await trend(plan, **{"from": first, "to": last, "step_days": 1}))["items"]) == 400
    for period in (
        {"from": first, "to": "2026-02-05", "step_days": 1},
        {"from": f"{first}T00:00:00Z", "to": "2026-02-05T00:00:00Z", "step_days": 1},
        {"from": "1970-01-01", "to": "2199-12-31", "step_days": 1},
    ):
        assert await refused(plan, **period) == (422, [("?step_days", "too_many_steps")]), period
    assert len((await trend(plan, **{"from": "1970-01-01", "to": "2199-12-31", "step_days": 366}))["items"]) == 231


async def test_wrong_parameters_are_named(plan: httpx.AsyncClient) -> None:
    for params, pointer in (
        ({}, "?from"),
        ({"from": "soon"}, "?from"),
        ({"from": "2026-03-01", "step_days": 0}, "?step_days"),
        ({"from": "2026-03-01", "step_days": 367}, "?step_days"),
        ({"from": "2026-03-01", "until": "2026-03-02"}, "?until"),
    ):
        status, places = await refused(plan, **params)
        assert (status, places[0][0]) == (422, pointer)


async def test_without_a_baseline_every_step_is_unknown(client: httpx.AsyncClient) -> None:
    await put_plan(client, "p", [milestone("a")])
    answer = await trend(client, **{"from": "2026-03-01", "to": "2026-03-02", "step_days": 1})
    assert answer["baseline"] is None
    assert [step["summary"]["finish_variance"]["reason"] for step in answer["items"]] == ["no_baseline"] * 2
