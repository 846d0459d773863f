"""The books of a plan over HTTP: lines that add up, performance, curves, two clocks, and one currency."""

from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI

from app.domain.moments import parse_instant
from tests.evaluating import advance_to, deviations, evaluate
from tests.http import build
from tests.http.build import Json, failure, places
from tests.http.cost_build import amount, books, built, cost, eur, house, line, lines, report
from tests.service import TestClock

DAY = 1440


@pytest.fixture(autouse=True)
def _april(clock: TestClock) -> None:
    """All of March 2026 is over."""
    clock.advance(days=30)


def numbers(*values: float | str) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


async def test_lines_by_milestone(client: httpx.AsyncClient) -> None:
    await built(client)
    found = await books(client)
    assert lines(found) == {
        None: numbers(0, 0, 0, 200, -200, -200),
        "foundation": numbers(5000, 5000, 5000, "4200.5", "799.5", "799.5"),
        "garden": numbers(1000, 600, 250, "799.5", "200.5", "-549.5"),
        "roof": numbers(3000, 0, 0, 0, 3000, 0),
    }
    assert line(found["total"]) == numbers(9000, 5600, 5250, 5200, 3800, 50)
    (foundation,) = (each for each in found["items"] if each["key"] == "foundation")
    assert (foundation["planned"], foundation["name"], foundation["parent"]) == (
        eur("5000.00"),
        "Milestone foundation",
        "build",
    )
    assert (found["currency"], found["basis"], found["excluded"]) == ("EUR", "cost", [])


async def test_earned_value_by_hand(client: httpx.AsyncClient) -> None:
    await built(client)
    found = (await books(client))["performance"]
    assert {name: amount(found[name]) for name in ("planned_value", "earned_value", "actual_cost")} == {
        "planned_value": 5600,
        "earned_value": 5250,
        "actual_cost": 5200,
    }
    assert (found["schedule_variance"], found["cost_variance"]) == (eur("-350.00"), eur("50.00"))
    assert (found["spi"], found["cpi"], found["sci"]) == (0.9375, 5250 / 5200, 0.9375 * (5250 / 5200))
    assert (found["percent_complete"], found["tcpi"]) == (100 * 5250 / 9000, 3750 / 3800)
    assert found["reasons"] == {}


async def test_estimates_by_hand(client: httpx.AsyncClient) -> None:
    await built(client)
    found = (await books(client))["estimates"]
    methods = {each["method"]: amount(each["amount"]) for each in found["methods"]}
    assert methods["budget_rate"] == 8950  # 5200 + 3750
    assert methods["cpi"] == Decimal("8914.285714")  # 9000 x 5200 / 5250
    assert methods["spi"] == 9200  # 5200 + 3750 / 0.9375
    assert methods["spi_t"] == Decimal("10091.304348")  # 5200 + 3750 / (11.5 / 15)
    assert methods["bottom_up"] == 8950
    assert (found["estimate_at_completion"], found["variance_at_completion"]) == (
        eur("8914.285714"),
        eur("85.714286"),
    )
    assert (amount(found["minimum"]), amount(found["maximum"])) == (methods["cpi"], methods["spi_t"])


async def test_earned_schedule_by_hand(client: httpx.AsyncClient) -> None:
    await built(client, target_finish="2026-03-24")
    found = (await books(client))["schedule"]
    assert (found["baseline_start"], found["baseline_finish"]) == ("2026-03-02T00:00:00Z", "2026-03-21T00:00:00Z")
    # 250 of the garden's 100 a day, after five days of foundation and four without any work
    assert found["earned_schedule_minutes"] == 11.5 * DAY
    assert (found["actual_time_minutes"], found["planned_duration_minutes"]) == (15 * DAY, 19 * DAY)
    assert found["spi_t"] == pytest.approx(11.5 / 15)
    assert found["ieac_spi_t_minutes"] == pytest.approx(19 * DAY * 15 / 11.5)
    assert found["forecast_finish"] == "2026-03-26T18:47:00Z"  # 24.78 days after the 2nd
    assert (found["tspi_planned"], found["tspi_target"]) == (7.5 / 4, 7.5 / 8)
    assert (found["early_life"], found["is_complete"], found["reasons"]) == (False, False, {})


async def test_lines_by_owner_phase_and_period_add_up_to_the_total(client: httpx.AsyncClient) -> None:
    await built(client)
    for by in ("milestone", "owner", "phase", "period"):
        found = await books(client, by=by, period="week")
        sums = [sum(column, Decimal(0)) for column in zip(*lines(found).values(), strict=True)]
        assert sums == line(found["total"]), by


async def test_lines_by_phase_and_owner(client: httpx.AsyncClient) -> None:
    await built(client)
    assert lines(await books(client, by="phase")) == {
        None: numbers(1000, 600, 250, "999.5", "0.5", "-749.5"),
        "build": numbers(8000, 5000, 5000, "4200.5", "3799.5", "799.5"),
    }
    assert list(lines(await books(client, by="owner"))) == [None, "ann", "bob"]


async def test_lines_by_week(client: httpx.AsyncClient) -> None:
    await built(client)
    found = await books(client, by="period", period="week")
    assert lines(found) == {
        "2026-03-02": numbers(5000, 5000, 5000, "4200.5", "799.5", "799.5"),
        "2026-03-09": numbers(500, 500, 250, "999.5", "-499.5", "-749.5"),
        "2026-03-16": numbers(3500, 100, 0, 0, 3500, 0),
    }


async def test_the_curves(client: httpx.AsyncClient) -> None:
    await built(client)
    found = (await books(client, period="week"))["series"]
    curves = [
        (each["at"], *(amount(each[name]) for name in ("planned_value", "earned_value", "actual_cost")))
        for each in found
    ]
    assert curves == [
        ("2026-03-09T00:00:00Z", 5000, 5000, Decimal("4200.5")),
        ("2026-03-16T00:00:00Z", 5500, 5250, 5200),
        ("2026-03-17T00:00:00Z", 5600, 5250, 5200),
        ("2026-03-23T00:00:00Z", 9000, None, None),
    ]
    assert (found[0]["percent_complete"], found[3]["percent_planned"], found[3]["percent_spent"]) == (
        100 * 5000 / 9000,
        100,
        None,
    )


async def test_the_books_of_a_phase(client: httpx.AsyncClient) -> None:
    await built(client)
    found = await books(client, phase="build")
    assert (found["phase"], list(lines(found))) == ("build", ["foundation", "roof"])
    assert line(found["total"]) == numbers(8000, 5000, 5000, "4200.5", "3799.5", "799.5")
    assert found["schedule"]["earned_schedule_minutes"] == 19 * DAY  # nothing is planned before the roof
    assert places(await client.get("/v1/plans/house/cost", params={"phase": "roof"})) == [("?phase", "unknown_phase")]


async def test_pages_of_lines_answer_one_question(client: httpx.AsyncClient) -> None:
    await built(client)
    first = await books(client, limit=1)
    second = await books(client, limit=2, cursor=first["next_cursor"])
    last = await books(client, limit=2, cursor=second["next_cursor"])
    assert [list(lines(page)) for page in (first, second, last)] == [[None], ["foundation", "garden"], ["roof"]]
    assert (first["total"], last["next_cursor"]) == (last["total"], None)
    assert (await books(client, limit=0))["items"] == []


async def test_a_cost_that_is_booked_late_changes_history_only_from_then_on(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await built(client)
    before = await client.get("/v1/plans/house/cost", params={"as_of": "2026-03-16"})
    known_at = before.json()["known_at"]
    clock.advance(days=1)
    (late,) = await report(client, "house", cost("late", "1000.00", "2026-03-10", "foundation"))
    again = await client.get("/v1/plans/house/cost", params={"as_of": before.json()["as_of"], "known_at": known_at})
    assert again.content == before.content
    now = await books(client, by="period", period="week")
    assert [now["known_at"], amount(now["total"]["actual"])] == [late["recorded_at"], 6200]
    assert lines(now)["2026-03-09"][3] == Decimal("1999.5")


async def test_a_correction_is_known_from_when_it_was_made(client: httpx.AsyncClient, clock: TestClock) -> None:
    await built(client)
    known_at = (await books(client))["known_at"]
    clock.advance(hours=1)
    await report(client, "house", _correction(cost(1, "4000", "2026-03-05", "roof")))
    assert amount((await books(client))["total"]["actual"]) == Decimal("4999.5")
    assert amount((await books(client, known_at=known_at))["total"]["actual"]) == 5200


async def test_an_older_baseline_is_another_budget(client: httpx.AsyncClient) -> None:
    await built(client)
    changed = {"budget": eur("2500"), "planned_finish": "2026-03-15"}
    build.ok(await client.patch("/v1/plans/house/milestones/roof", json=changed, headers={"If-Match": "*"}))
    await build.capture(client, "house")
    current, original = await books(client), await books(client, baseline="original")
    assert lines(current)["roof"][:2] == numbers(2500, 2500)
    assert lines(original)["roof"][:2] == numbers(3000, 0)


async def test_what_was_cancelled_is_planned_no_more(client: httpx.AsyncClient) -> None:
    await built(client)
    await report(client, "house", build.event("x", "garden", type="milestone.cancelled", occurred_at="2026-03-15"))
    found = await books(client)
    (garden,) = (each for each in found["items"] if each["key"] == "garden")
    assert (garden["absence"], line(garden)) == ("cancelled", numbers(0, 0, 0, "799.5", "-799.5", "-799.5"))
    assert found["excluded"] == [
        {"milestone": "garden", "event": None, "money": eur("1000.00"), "reason": "cancelled"},
    ]


async def test_without_a_baseline_only_what_was_spent_is_known(client: httpx.AsyncClient) -> None:
    await build.put(client, "house", house())
    await report(client, "house", cost(1, "12.50", "2026-03-05", "roof"))
    found = await books(client)
    assert line(found["total"]) == [None, None, None, Decimal("12.5"), None, None]
    assert found["total"]["reasons"]["planned"] == "no_baseline"
    assert set(found["schedule"]["reasons"].values()) == {"no_baseline"}
    assert found["schedule"].keys() - found["schedule"]["reasons"].keys() == {"reasons"}


async def test_without_budgets_performance_is_by_weight(client: httpx.AsyncClient) -> None:
    plan = build.document(build.milestone("a", "2026-03-05"), build.milestone("b", "2026-03-10", weight=3))
    await build.put(client, "bare", {**plan, "currency": "EUR"})
    await build.capture(client, "bare")
    await report(client, "bare", build.event("a", "a", occurred_at="2026-03-04"), cost(1, "5", "2026-03-05", "a"))
    found = await books(client, "bare")
    assert (found["basis"], found["performance"]["spi"], found["performance"]["percent_complete"]) == (
        "weight",
        0.25,
        25,
    )
    assert {found["performance"]["reasons"][name] for name in ("actual_cost", "cpi", "planned_value")} == {
        "no_budget"
    }
    assert {each["reason"] for each in found["estimates"]["methods"]} == {"no_budget"}
    assert amount(found["total"]["actual"]) == 5
    assert (found["series"][0]["planned_value"], found["series"][0]["percent_planned"]) == (None, 100)


async def test_a_plan_without_money_names_no_currency(client: httpx.AsyncClient) -> None:
    await build.put(client, "bare", build.document())
    await report(client, "bare", cost(1, "5", "2026-03-05", "a", "USD"))
    found = await books(client, "bare")
    assert (found["currency"], found["currency_reason"]) == (None, "no_currency")
    assert (found["total"]["actual"], found["total"]["reasons"]["actual"]) == (None, "no_currency")
    assert [each["reason"] for each in found["excluded"]] == ["no_currency"]


async def test_effort_without_a_rate_is_time_only(client: httpx.AsyncClient) -> None:
    await built(client)
    worked = build.event("w", "roof", type="effort.spent", occurred_at="2026-03-10", data={"minutes": 90})
    await report(client, "house", worked)
    found = (await books(client))["effort"]
    spent = {"minutes": 90, "minutes_without_rate": 90, "cost": None, "reason": "no_rate"}
    planned = {"planned_minutes": 0, "planned_cost": {"amount": "0.00", "currency": "EUR"}, "planned_reason": None}
    assert found == {**spent, **planned}


async def test_another_currency_is_told_and_not_added(client: httpx.AsyncClient) -> None:
    await built(client)
    await report(client, "house", cost("usd", "70", "2026-03-10", "roof", "USD"))
    found = await books(client)
    assert amount(found["total"]["actual"]) == 5200
    assert found["excluded"] == [
        {
            "milestone": "roof",
            "event": {"source": "tests", "id": "run-cost-usd"},
            "money": {"amount": "70.00", "currency": "USD"},
            "reason": "other_currency",
        }
    ]


def _correction(replacement: Json) -> Json:
    instead = {name: each for name, each in replacement.items() if name not in {"id", "source"}}
    data = {"event": {"source": "tests", "id": "run-cost-house-1"}, "replacement": instead}
    correction = build.event("c", type="event.corrected", data=data)
    del correction["milestone"]
    return correction


@pytest.mark.parametrize(
    ("event", "place"),
    [
        (cost("usd", "70", "2026-03-10", "roof", "USD"), "/data/currency"),
        (_correction(cost("usd", "70", "2026-03-10", "roof", "USD")), "/data/replacement/data/currency"),
    ],
)
async def test_a_plan_that_names_its_currency_takes_no_other(
    client: httpx.AsyncClient, event: Json, place: str
) -> None:
    await built(client, currency="EUR")
    refused = await client.post("/v1/plans/house/events", json=event)
    assert (failure(refused), places(refused)) == ((422, "event-refused"), [(place, "other_currency")])
    batch = [{**cost("b", "1", "2026-03-10", "roof", currency), "plan": "house"} for currency in ("EUR", "USD")]
    batch[1]["id"] = "run-other"
    found = build.ok(await client.post("/v1/events/batch", json=batch))
    assert [each["status"] for each in found["results"]] == ["accepted", "rejected"]


async def test_a_repeat_stays_a_repeat_after_the_currency_was_named(client: httpx.AsyncClient) -> None:
    await build.put(client, "house", house())
    spent = cost("usd", "70", "2026-03-10", "roof", "USD")
    await report(client, "house", spent)
    build.ok(await client.patch("/v1/plans/house", json={"currency": "EUR"}, headers={"If-Match": "*"}))
    (repeated,) = await report(client, "house", spent)
    assert repeated["duplicate"]


async def test_budgets_in_two_currencies_are_refused(client: httpx.AsyncClient) -> None:
    await build.put(client, "house", house())
    dollars = {"budget": {"amount": "5", "currency": "USD"}}
    refused = await client.patch("/v1/plans/house/milestones/roof", json=dollars, headers={"If-Match": "*"})
    assert [code for _, code in places(refused)] == ["mixed_currency"]


async def test_a_period_that_is_too_fine_is_refused(client: httpx.AsyncClient) -> None:
    long = build.activity("long", "2006-03-02", "2026-03-06", budget=eur("5000"))
    await build.put(client, "long", build.document(long))
    await build.capture(client, "long")
    refused = await client.get("/v1/plans/long/cost", params={"period": "day"})
    assert (failure(refused), places(refused)) == (
        (422, "instant-refused"),
        [("?period", "too_many_periods")],
    )


async def test_every_null_has_a_reason(client: httpx.AsyncClient) -> None:
    await built(client)
    for as_of in ("2026-01-01", "2026-03-04", "2026-03-16"):
        found = await books(client, as_of=as_of)
        for part in (found["total"], found["performance"], found["estimates"], found["schedule"], *found["items"]):
            named = {name for name, each in part.items() if each is None} - {"key", "name", "parent", "absence"}
            assert named == part["reasons"].keys()


async def test_money_is_exact(client: httpx.AsyncClient) -> None:
    tenths = [cost(n, "0.1", "2026-03-05", "roof") for n in range(10)]
    await build.put(client, "house", house())
    await build.capture(client, "house")
    await report(client, "house", *tenths, cost("large", "123456789012345.000001", "2026-03-05", None))
    assert (await books(client))["total"]["actual"] == eur("123456789012346.000001")


@pytest.mark.parametrize(
    ("measure", "unit", "bounds", "value"),
    [
        ("cost_performance", "ratio", {"lower": {"warning": 1.02, "breach": 1.01}}, 5250 / 5200),
        ("schedule_performance", "ratio", {"lower": {"breach": 0.8}}, 11.5 / 15),
        ("cost_at_completion_percent", "percent_of_budget", {"upper": {"breach": -2}}, 100 * (5200 / 5250 - 1)),
    ],
)
async def test_a_tolerance_of_performance_opens_a_deviation_of_the_plan(
    client: httpx.AsyncClient, service: FastAPI, measure: str, unit: str, bounds: Json, value: float
) -> None:
    tolerance = {"key": "money", "measure": measure, "unit": unit, **bounds}
    build.ok(await client.post("/v1/tolerances", json=tolerance))
    await built(client, status_date="2026-03-16")
    await evaluate(service)
    (found,) = (each for each in await deviations(client, "house") if each["tolerance"] == "money")
    assert (found["milestone"], found["about"], found["measure"]) == (None, None, measure)
    assert found["evidence"]["value"] == pytest.approx(value, abs=1e-3)


async def test_schedule_performance_falls_by_time_alone(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    work = build.activity("work", "2026-04-02", "2026-04-11", budget=eur("1000"))  # ten days, from tomorrow on
    bounds = {"lower": {"breach": 0.8}}
    build.ok(await client.post("/v1/tolerances", json={"measure": "schedule_performance", "unit": "ratio", **bounds}))
    await build.put(client, "work", build.document(work))
    await build.capture(client, "work")
    clock.now = parse_instant("2026-04-04T00:00:00Z")
    progress = {"type": "milestone.progressed", "data": {"percent_complete": 20}}
    await report(client, "work", build.event("1", "work", occurred_at="2026-04-04T00:00:00Z", **progress))
    await evaluate(service)
    assert [each for each in await deviations(client, "work") if each["measure"] == "schedule_performance"] == []
    await advance_to(service, client, parse_instant("2026-04-05T00:00:00Z"), "work")
    (found,) = (each for each in await deviations(client, "work") if each["measure"] == "schedule_performance")
    assert found["opened_at"] == "2026-04-04T12:01:00Z"  # two days of work in more than two and a half
    assert found["evidence"]["operands"]["earned_schedule_minutes"] == 2 * DAY
