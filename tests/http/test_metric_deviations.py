"""A metric that falls behind its pace is flagged by itself, like a late milestone, until it has caught up."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from tests.evaluating import advance_to, advance_to_next_check, deviations, evaluate
from tests.http.build import capture, document, milestone, ok, put
from tests.http.metrics_build import create, measure, metric, reading, remove
from tests.service import TestClock

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def plan(client: httpx.AsyncClient, clock: TestClock) -> httpx.AsyncClient:
    """A client with an active plan `p` of a year, on the day on which its metric starts: 100 days for 100 points."""
    clock.now = START
    await put(client, "p", document(milestone("a", "2026-12-31")))
    await create(client, metric(owner="ann", unit="%"))
    await capture(client, "p")
    return client


async def measured(client: httpx.AsyncClient, service: FastAPI, value: float) -> None:
    """Measure it now, and have the plan evaluated."""
    now = service.state.clock.now
    await measure(client, (now.isoformat().replace("+00:00", "Z"), value))
    await evaluate(service)


async def test_silence_alone_warns_and_breaches_at_the_minute_at_which_the_pace_is_lost(
    plan: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    await measured(plan, service, 0)
    await advance_to(service, plan, START + timedelta(days=10))  # a point a day: at ten points, not beyond them
    assert await deviations(plan) == []
    assert await advance_to_next_check(service, plan) == START + timedelta(days=10) + MINUTE
    (found,) = await deviations(plan)
    assert (found["milestone"], found["about"], found["tolerance"]) == (None, "metrics/adoption", "metric-pace")
    assert (found["level"], found["state"], found["owner"]) == ("warning", "open", "ann")
    assert found["evidence"]["events"] == [{"source": "ci", "id": "adoption/2026-01-01T00:00:00Z"}]
    await advance_to(service, plan, START + timedelta(days=25))
    assert [each["level"] for each in await deviations(plan)] == ["warning"]
    await advance_to(service, plan, START + timedelta(days=25) + MINUTE)
    assert [each["level"] for each in await deviations(plan)] == ["breach"]


async def test_a_deviation_says_in_one_sentence_how_far_the_metric_is_behind(
    plan: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    clock.now = START + timedelta(days=50)
    await measured(plan, service, 20)
    (found,) = await deviations(plan)
    assert found["summary"].startswith("adoption is 30 points behind its pace")
    assert found["level"] == "breach"
    assert (await reading(plan))["pace_gap_points"] == found["evidence"]["value"] == 30


async def test_it_is_over_once_the_metric_has_caught_up(
    plan: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    clock.now = START + timedelta(days=50)
    await measured(plan, service, 20)
    clock.advance(days=1)
    await measured(plan, service, 51)
    (found,) = await deviations(plan)
    assert (found["state"], found["resolution"]) == ("resolved", "within_tolerance")


async def test_what_nobody_has_measured_in_time_is_a_breach_and_nothing_before(
    plan: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    await advance_to(service, plan, START + timedelta(days=100) - MINUTE)
    assert await deviations(plan) == []
    await advance_to_next_check(service, plan)
    assert clock.now == START + timedelta(days=100)
    (found,) = await deviations(plan)
    assert (found["level"], found["evidence"]["value"]) == ("breach", 100)
    assert found["summary"].startswith("adoption was not measured in time")


async def test_a_metric_that_leaves_the_plan_takes_its_deviation_along(
    plan: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    clock.now = START + timedelta(days=50)
    await measured(plan, service, 20)
    await remove(plan)
    await evaluate(service)
    (found,) = await deviations(plan)
    assert (found["state"], found["resolution"]) == ("resolved", "removed")


async def test_a_target_that_is_moved_is_judged_by_its_new_pace(
    plan: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    clock.now = START + timedelta(days=50)
    await measured(plan, service, 20)
    ok(await plan.patch("/v1/plans/p/metrics/adoption", json={"target": 40}, headers={"If-Match": "*"}))
    await evaluate(service)
    (found,) = await deviations(plan)
    assert found["state"] == "resolved"
