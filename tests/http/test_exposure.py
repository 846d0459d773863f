"""What risks may cost a plan, and which room covers it: computed on read, as of any instant."""

import httpx
import pytest

from tests.http.build import Json, activity, capture, document, if_match, milestone, ok, put
from tests.http.risks_build import contingency, exposure, one, plan_with, report, risk, state, told, trigger
from tests.service import TestClock

DAY = 1440  # minutes of the calendar that always works


def money(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def impact(key: str, minutes: int = 0, cost: str | None = None) -> Json:
    return {"milestone": key, "minutes": minutes, "cost": None if cost is None else money(cost)}


async def test_the_exposure_is_probability_times_impact(client: httpx.AsyncClient) -> None:
    fire = risk("fire", 0.1, impacts=[impact("a", 2 * DAY, "100.00"), impact("b", DAY)])
    await plan_with(client, fire, risk("strike", 0.25, impacts=[impact("b", 4 * DAY, "0.02")]))
    found = await exposure(client)
    assert [each["risk"] for each in found["items"]] == ["fire", "strike"]
    first = found["items"][0]
    assert (first["expected_minutes"], first["expected_cost"]) == (0.3 * DAY, money("10.00"))
    assert [each["expected_minutes"] for each in first["impacts"]] == [0.2 * DAY, 0.1 * DAY]
    summary = found["summary"]
    assert (summary["expected_minutes"], summary["expected_cost"]) == (1.3 * DAY, money("10.005"))
    assert summary["counts"] == {"open": 2, "occurred": 0, "closed": 0}
    by_key = {each["milestone"]: each for each in summary["milestones"]}
    assert (by_key["b"]["expected_minutes"], by_key["b"]["risks"]) == (1584, ["fire", "strike"])
    assert by_key["a"]["expected_cost"] == money("10.00")


async def test_a_risk_that_occurred_counts_whole_until_it_is_closed(client: httpx.AsyncClient) -> None:
    await plan_with(client, risk(probability=0.1))
    await report(client, told(1, "risk.occurred", "2026-03-01"))
    found = await one(client)
    assert (found["status"], found["occurred_at"], found["expected_minutes"]) == ("occurred", "2026-03-01", 2 * DAY)
    await report(client, told(2, "risk.closed", "2026-03-02T08:30:00Z", reason="another one"))
    found = await one(client)
    assert (found["status"], found["closed_at"], found["expected_minutes"]) == ("closed", "2026-03-02T08:30:00Z", 0)
    assert (await exposure(client))["summary"]["milestones"] == []


async def test_what_was_retracted_did_not_occur(client: httpx.AsyncClient) -> None:
    await plan_with(client, risk())
    await report(client, told(1, "risk.occurred"))
    name = {"source": "tests", "id": "run-1"}
    await report(client, told(2, "event.retracted", event=name, reason="a mistake"))
    assert (await one(client))["status"] == "open"


async def test_a_total_float_covers_what_is_expected_of_its_milestone(client: httpx.AsyncClient) -> None:
    milestones = [activity("a", "2026-03-09", "2026-03-10"), milestone("b", "2026-03-20")]
    links = [{"predecessor": "a", "type": "FS", "successor": "b"}]
    risks = [risk("small", 0.5, impacts=[impact("a", 4 * DAY)]), risk("last", 0.5, impacts=[impact("b", DAY)])]
    await put(client, "p", document(*milestones, dependencies=links, risks=risks))
    found = await exposure(client)
    worst, covered = found["summary"]["milestones"]
    assert (worst["milestone"], worst["coverage"]["status"]) == ("b", "uncovered")
    assert (worst["coverage"]["room_minutes"], worst["coverage"]["uncovered_minutes"]) == (0, 0.5 * DAY)
    assert covered["coverage"] == {
        "status": "covered",
        "room_minutes": 10 * DAY,
        "covered_minutes": 2 * DAY,
        "uncovered_minutes": 0,
        "reason": None,
    }
    impacts = {each["risk"]: each["impacts"][0] for each in found["items"]}
    assert (impacts["small"]["total_float_minutes"], impacts["small"]["unabsorbed_minutes"]) == (10 * DAY, 0)
    assert impacts["last"]["unabsorbed_minutes"] == DAY  # if it occurs, all of it


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("2026-03-22", ("covered", 2 * DAY, 0)),
        ("2026-03-20", ("uncovered", 0, DAY)),
        (None, ("unknown", None, None)),
    ],
)
async def test_the_buffer_before_the_target_covers_the_plan(
    client: httpx.AsyncClient, target: str | None, wanted: tuple[str, int | None, int | None]
) -> None:
    await plan_with(client, risk(probability=0.5), target_finish=target)
    buffer = (await exposure(client))["summary"]["buffer"]
    assert (buffer["status"], buffer["room_minutes"], buffer["uncovered_minutes"]) == wanted
    assert buffer["reason"] == (None if target else "no_target_finish")


@pytest.mark.parametrize(
    ("fields", "status", "uncovered", "reason"),
    [
        ({"reserve": money("60.00")}, "covered", money("0.00"), None),
        ({"reserve": money("49.99")}, "uncovered", money("0.01"), None),
        ({}, "unknown", None, "no_reserve"),
    ],
)
async def test_the_reserve_covers_the_cost(
    client: httpx.AsyncClient, fields: Json, status: str, uncovered: Json | None, reason: str | None
) -> None:
    await plan_with(client, risk(probability=0.5, impacts=[impact("a", 0, "100.00")]), **fields)
    found = (await exposure(client))["summary"]["reserve"]
    assert (found["status"], found["uncovered"], found["reason"]) == (status, uncovered, reason)


async def test_a_reserve_in_another_currency_covers_nothing(client: httpx.AsyncClient) -> None:
    reserve = {"amount": "60.00", "currency": "USD"}
    await plan_with(client, risk(impacts=[impact("a", 0, "100.00")]), reserve=reserve)
    found = (await exposure(client))["summary"]["reserve"]
    assert (found["status"], found["reason"]) == ("unknown", "mixed_currency")


async def test_money_is_exact_to_the_last_digit(client: httpx.AsyncClient) -> None:
    tiny = risk("tiny", 0.0001, impacts=[impact("a", 0, "0.0003")])
    await plan_with(client, risk("huge", 0.1, impacts=[impact("a", 0, "999999999999999999.9999")]), tiny)
    found = await exposure(client)
    assert found["summary"]["expected_cost"] == money("99999999999999999.99999003")


async def test_what_has_no_impacts_is_not_known(client: httpx.AsyncClient) -> None:
    await plan_with(client, risk(impacts=[]))
    found = await exposure(client)
    assert found["items"][0]["expected_minutes"] is None
    assert found["summary"]["unquantified"] == ["supplier"]


async def test_what_is_done_can_be_delayed_no_more(client: httpx.AsyncClient) -> None:
    await plan_with(client, risk(probability=0.5, impacts=[impact("a", DAY, "8.00")]))
    done = {"id": "d", "source": "tests", "type": "milestone.completed", "milestone": "a"}
    ok(await client.post("/v1/plans/p/events", json={**done, "occurred_at": "2026-03-01T10:00:00Z"}))
    found = await one(client)
    assert (found["expected_minutes"], found["expected_cost"]) == (0, money("4.00"))


@pytest.mark.parametrize(
    ("review_at", "overdue"),
    [("2026-03-01", True), ("2026-03-02", False), ("2026-03-02T08:59:00Z", True), (None, False)],
)
async def test_a_review_is_overdue_once_its_day_is_over(
    client: httpx.AsyncClient, review_at: str | None, overdue: bool
) -> None:
    await plan_with(client, risk(review_at=review_at))
    found = await exposure(client)
    assert found["items"][0]["review_overdue"] is overdue
    assert found["summary"]["reviews_overdue"] == int(overdue)


async def test_a_contingency_says_whether_its_trigger_holds_and_by_what(client: httpx.AsyncClient) -> None:
    slipping = contingency("x", trigger("finish_variance", above=1, milestone="b"))
    await plan_with(client, risk(contingencies=[slipping]))
    waiting = await state(client)
    assert (waiting["state"]["state"], waiting["state"]["reason"], waiting["due"]) == ("unknown", "no_baseline", None)
    await capture(client, "p")
    assert (await state(client))["state"]["summary"] == "finish variance of b is 0 working days, not above 1"
    late: Json = {"id": "l", "source": "tests", "type": "milestone.forecast_changed", "milestone": "b"}
    late |= {"occurred_at": "2026-03-02T08:00:00Z", "data": {"finish": "2026-03-25"}}
    ok(await client.post("/v1/plans/p/events", json=late))
    found = await state(client)
    assert (found["due"], found["state"]["state"], found["state"]["since"]) == (True, "holds", "2026-03-02T08:00:00Z")
    assert found["state"]["events"] == [{"source": "tests", "id": "l"}]
    operands = found["state"]["operands"]
    assert (operands["value"], operands["above"], operands["compared_finish"]) == (5, 1, "2026-03-25")
    assert (await exposure(client))["summary"]["contingencies_due"] == 1


@pytest.mark.parametrize(
    ("given", "since"),
    [
        ({"type": "date", "date": "2026-03-10"}, "2026-03-10"),
        ({"type": "risk_occurred"}, "2026-03-02T08:00:00Z"),
        ({"type": "event", "event": "risk.occurred"}, "2026-03-02T08:00:00Z"),
    ],
)
async def test_a_date_or_an_event_tells_since_when(client: httpx.AsyncClient, given: Json, since: str) -> None:
    await plan_with(client, risk(contingencies=[contingency("x", given)]))
    await report(client, told(1, "risk.occurred"))
    found = await state(client, as_of="2026-03-11")
    assert (found["due"], found["state"]["since"]) == (True, since)


async def test_a_value_that_time_alone_moves_tells_since_when_too(client: httpx.AsyncClient) -> None:
    overdue = contingency("x", trigger("finish_variance", above=1, milestone="a"))
    await plan_with(client, risk(contingencies=[overdue]))
    await capture(client, "p")
    found = await state(client, as_of="2026-03-15T10:00:00Z")  # planned for 10 March, and not done
    assert (found["state"]["state"], found["state"]["since"]) == ("holds", "2026-03-12T00:01:00Z")


async def test_as_of_moves_what_had_happened(client: httpx.AsyncClient) -> None:
    await plan_with(client, risk(contingencies=[contingency("x", {"type": "date", "date": "2026-03-15"})]))
    await report(client, told(1, "risk.occurred", "2026-02-10T12:00:00Z"))
    assert (await one(client, as_of="2026-02-10T11:59:00Z"))["status"] == "open"
    assert (await one(client, as_of="2026-02-10T12:00:00Z"))["status"] == "occurred"
    assert (await state(client, as_of="2026-03-14"))["due"] is False
    assert (await state(client, as_of="2026-03-15"))["due"] is True


async def test_known_at_moves_what_was_known_and_the_same_question_has_the_same_bytes(
    client: httpx.AsyncClient, clock: TestClock
) -> None:
    await plan_with(client, risk(probability=0.5))
    before = await client.get("/v1/plans/p/exposure", params={"as_of": "2026-03-02T09:30:00Z"})
    known_at = before.json()["known_at"]
    clock.advance(hours=1)
    await report(client, told(1, "risk.occurred"))
    ok(await client.patch("/v1/plans/p/risks/supplier", json={"probability": 0.9}, headers=if_match("*")))
    clock.advance(days=30)
    asked = {"as_of": "2026-03-02T09:30:00Z", "known_at": known_at}
    again = await client.get("/v1/plans/p/exposure", params=asked)
    assert again.content == before.content
    now = await exposure(client, as_of="2026-03-02T09:30:00Z")
    assert (now["items"][0]["status"], now["items"][0]["probability"]) == ("occurred", 0.9)


async def test_another_baseline_is_another_variance(client: httpx.AsyncClient) -> None:
    slipping = contingency("x", trigger("finish_variance", above=1, milestone="b"))
    await plan_with(client, risk(contingencies=[slipping]))
    await capture(client, "p")
    later = {"planned_finish": "2026-03-30"}
    ok(await client.patch("/v1/plans/p/milestones/b", json=later, headers=if_match("*")))
    await capture(client, "p")
    assert (await state(client))["due"] is False
    assert (await state(client, baseline="original"))["due"] is True


async def test_pages_follow_each_other(client: httpx.AsyncClient) -> None:
    await plan_with(client, *(risk(f"r{number}") for number in range(3)))
    first = await exposure(client, limit=2)
    second = await exposure(client, limit=2, cursor=first["next_cursor"])
    assert [each["risk"] for each in first["items"] + second["items"]] == ["r0", "r1", "r2"]
    assert (second["summary"], second["next_cursor"]) == (first["summary"], None)
    assert (await exposure(client, limit=0))["items"] == []
