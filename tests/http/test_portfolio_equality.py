"""What the portfolio keeps of a plan is what the full reads compute at each evaluation: over random histories."""

import random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.portfolio.sketch import MOST_DRIVERS
from tests.evaluating import deviations, evaluate, evaluations
from tests.http import build, metrics_build, risks_build
from tests.http.build import Json, activity, document, event, if_match, milestone, ok
from tests.scale import full
from tests.service import TestClock

_SCORE = ("score", "band", "verdict", "reason", "coverage")
_EXPOSURE = ("contingencies_due", "contingencies_unknown", "expected_minutes", "expected_cost", "reviews_overdue")
_BOOKED = ("planned_value", "earned_value", "actual_cost", "budget_at_completion", "cpi")
_SCHEDULE = (
    *("schedule_status", "projected_finish", "projection_reason", "finish_variance", "counts"),
    *("planned_percent_complete", "actual_percent_complete"),
)


def plan(rng: random.Random) -> Json:
    """Four milestones in a row, with money, a metric and a risk, or without some of that."""
    money = rng.choice([{}, {"budget": {"amount": f"{rng.randint(1, 9)}000.10", "currency": "EUR"}}])
    day = rng.randint(1, 9)
    listed = [
        activity("a", "2026-02-23", f"2026-03-0{day}", **money),
        milestone("b", f"2026-03-1{day}", deadline=f"2026-03-1{rng.randint(0, 9)}"),
        activity("c", f"2026-03-1{day}", "2026-03-25"),
        milestone("d", "2026-04-01", **money),
    ]
    links = [build.dependency(*pair) for pair in ("ab", "bc", "cd")]
    parts: Json = {}
    if rng.random() < 0.7:
        parts["metrics"] = [metrics_build.metric(gate=rng.random() < 0.3), metrics_build.metric("speed", weight=2)]
    if rng.random() < 0.7:
        due = risks_build.trigger("finish_variance", above=0, milestone="b")
        prepared = [risks_build.contingency(trigger=rng.choice([risks_build.OCCURRED, due]))]
        cost = {"amount": "99.99", "currency": "EUR"}
        impacts = [{"milestone": "b", "minutes": 2880, "cost": cost}]
        parts["risks"] = [risks_build.risk(impacts=impacts, contingencies=prepared)]
    if rng.random() < 0.3:
        parts["status_date"] = "2026-03-04"
    return document(*listed, dependencies=links, target_finish="2026-04-02", owner="ann", **parts)


def happening(rng: random.Random, number: int, content: Json, at: str) -> Json:
    """Something that happens to it."""
    which = rng.choice("abcd")
    told: list[Json] = [
        event(number, which, occurred_at=at),
        event(number, which, type="milestone.started", occurred_at=at),
        event(
            number,
            which,
            type="milestone.forecast_changed",
            occurred_at=at,
            data={"finish": f"2026-03-{rng.randint(10, 31)}"},
        ),
        {
            **event(number, which, type="cost.incurred", occurred_at=at),
            "data": {"amount": "812.345", "currency": "EUR"},
        },
    ]
    if "metrics" in content:
        told += [metrics_build.measurement(str(number), rng.randint(0, 120), at, rng.choice(["adoption", "speed"]))]
    if "risks" in content:
        told += [risks_build.told(number, rng.choice(["risk.occurred", "risk.closed"]), at)]
    return rng.choice(told)


async def live(client: httpx.AsyncClient, service: FastAPI, clock: TestClock, rng: random.Random) -> list[Any]:
    """A plan's life; answers what the portfolio said, and the log, after each step."""
    content = plan(rng)
    await build.put(client, "p", content)
    ok(await client.post("/v1/plans/p/baselines", json=build.baseline()))
    told = []
    for number in range(8):
        clock.advance(hours=rng.randint(1, 90))
        at = clock.now.isoformat()
        await client.post("/v1/plans/p/events", json=happening(rng, number, content, at))
        if rng.random() < 0.2:
            moved = {"planned_finish": f"2026-04-0{rng.randint(1, 9)}"}
            ok(await client.patch("/v1/plans/p/milestones/d", json=moved, headers=if_match("*")))
        if rng.random() < 0.2:
            ok(await client.post("/v1/plans/p/baselines", json=build.baseline()))
        clock.advance(minutes=1)
        ok(await client.post("/v1/tolerances", json=build.tolerance(key=f"t{number}")))  # it is judged now
        await evaluate(service)
        (item,) = (await build.get(client, "/v1/portfolio"))["items"]
        found = [(each["state"], each["level"]) for each in await deviations(client)]
        assert item["deviations"] == {
            f"{state}_{level}{'es' if level == 'breach' else 's'}": found.count((state, level))
            for state in ("open", "acknowledged")
            for level in ("warning", "breach")
        }
        told.append((item, (await evaluations(client))[-1]))
    return told


@pytest.mark.parametrize("seed", range(full(100, 5)))
async def test_each_summary_is_what_the_full_reads_compute(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock, seed: int
) -> None:
    rng = random.Random(seed)
    told = await live(client, service, clock, rng)
    for item, logged in told:
        if item["evaluated_at"] == logged["evaluated_at"]:
            assert item["as_of"] == logged["as_of"]
        when = {"as_of": logged["as_of"], "known_at": logged["known_at"], "limit": 1000}
        found = await build.get(client, "/v1/plans/p/variance", **when)
        summary, leaves = found["summary"], found["items"]
        assert (item["revision"], item["baseline"]) == (found["revision"], found["baseline"]["number"])
        assert {name: item[name] for name in _SCHEDULE} == {name: summary[name] for name in _SCHEDULE}
        assert item["drivers"] == (summary["drivers"] and summary["drivers"][:MOST_DRIVERS])
        unfinished = [each for each in leaves if each["lifecycle"] not in {"completed", "cancelled"}]
        assert item["negative_float"] == sum((each["total_float_minutes"] or 0) < 0 for each in unfinished)
        assert item["stale"] == sum(each["stale"] for each in leaves)
        await assert_parts(client, item, when)


async def assert_parts(client: httpx.AsyncClient, item: Json, when: Json) -> None:
    card = await build.get(client, "/v1/plans/p/scorecard", **when)
    if card["items"]:
        assert {name: item["metrics"][name] for name in _SCORE} == {name: card["summary"][name] for name in _SCORE}
        assert item["metrics"]["failed_gates"] == card["summary"]["failed_gates"]
    else:
        assert item["metrics"] is None
    exposed = await build.get(client, "/v1/plans/p/exposure", **when)
    if exposed["items"]:
        assert item["exposure"] == {name: exposed["summary"][name] for name in _EXPOSURE}
    else:
        assert item["exposure"] is None
    books = await build.get(client, "/v1/plans/p/cost", **when)
    if item["cost"] is None:
        assert books["performance"]["budget_at_completion"] is None
        assert books["total"]["actual"] in (None, {"amount": "0.00", "currency": "EUR"})
        return
    told = {name: books["performance"][name] for name in _BOOKED} | {
        "estimate_at_completion": books["estimates"]["estimate_at_completion"],
        "spi_t": books["schedule"]["spi_t"],
        "currency": books["currency"],
        "currency_reason": books["currency_reason"],
    }
    assert {name: each for name, each in item["cost"].items() if name != "reasons"} == told
    assert item["cost"]["reasons"].keys() == {
        name for name, each in told.items() if each is None and not name.startswith("currency")
    }
