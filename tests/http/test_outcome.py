"""The outcome of a plan: one small story whose every number is computed by hand, and that an answer is repeated."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.domain.moments import parse_instant
from tests.evaluating import acknowledge, deviations, evaluate
from tests.http.build import Json, activity, capture, document, event, failure, get, milestone, ok, places, put

DAY = 480  # working minutes of the standard calendar
PATH = "/v1/plans/p/outcome"


def euro(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def content(build: tuple[str, str], launch: str, budget: str, target: int) -> Json:
    """Design for a week, build for two, launch a week later; 3 parts adoption and 1 part a certificate."""
    times = {"start_at": "2026-01-05", "measure_at": "2026-02-20"}
    adoption = {"key": "adoption", "name": "Adoption", "baseline_value": 0, "target": target, "weight": 3, **times}
    certified = {"key": "certified", "name": "Certified", "kind": "binary", "gate": True, "weight": 1, **times}
    return document(
        activity("design", "2026-01-05", "2026-01-09", owner="ada", budget=euro("1000.00")),
        activity("build", *build, owner="bob", budget=euro(budget)),
        milestone("launch", launch),
        calendar="standard",
        metrics=[adoption, certified],
        decisions=[DECISION],
    )


DECISION = {
    "key": "more-time",
    "question": "Launch in January?",
    "options": [{"key": "later", "name": "Launch later"}],
    "choice": "later",
    "reason": "The design is late",
    "decided_by": "the board",
    "decided_at": "2026-01-12T10:00:00Z",
}


@dataclass
class Story:
    """The plan as it is lived, and what was answered on the way, each with the question that repeats it."""

    service: FastAPI
    client: httpx.AsyncClient
    answers: list[tuple[Json, bytes]] = field(default_factory=list)
    number: int = 0

    async def on(self, instant: str) -> None:
        """It is another time, and everything that is due is evaluated."""
        self.service.state.clock.now = parse_instant(instant)
        await evaluate(self.service)

    async def tell(self, type_: str, key: str | None, at: str, **data: Any) -> None:
        self.number += 1
        told = event(self.number, type=type_, occurred_at=at, data=data, milestone=key or "")
        if key is None:
            del told["milestone"]
        ok(await self.client.post("/v1/plans/p/events", json=told))

    async def forecast(self, key: str, at: str, finish: str) -> None:
        await self.tell("milestone.forecast_changed", key, at, finish=finish)

    async def ask(self, as_of: str) -> None:
        """Ask, and keep the answer with the question that must repeat it."""
        response = await self.client.get(PATH, params={"as_of": as_of})
        self.answers.append(({"as_of": as_of, "known_at": ok(response)["known_at"]}, response.content))

    async def said(self, key: str, code: str) -> None:
        """Acknowledge what is open of a milestone's finish."""
        every = await deviations(self.client, milestone=key, state="open")
        found = next(each for each in every if each["measure"] == "finish_variance")
        await acknowledge(self.client, found, reason_code=code)

    async def live(self) -> None:
        """From the contract to what was measured after the launch."""
        await self.on("2026-01-05T07:00:00Z")
        await put(self.client, "p", content(("2026-01-12", "2026-01-23"), "2026-01-30", "4000.00", 100))
        await capture(self.client, "p", name="Contract", approved_by="the board")
        await self.on("2026-01-05T09:00:00Z")
        await self.tell("milestone.started", "design", "2026-01-05T08:00:00Z")
        await self.forecast("design", "2026-01-05T08:00:00Z", "2026-01-09")  # 5 days ahead, 2 off
        await self.forecast("launch", "2026-01-05T09:00:00Z", "2026-02-04")  # 22 days and 7 hours ahead, 1 off
        await self.on("2026-01-09T09:00:00Z")
        await self.forecast("design", "2026-01-09T08:00:00Z", "2026-01-14")  # 4 days ahead, 1 off, too late
        await self.on("2026-01-12T09:00:00Z")
        await self.ask("2026-01-12T09:00:00Z")
        await self.said("design", "estimate_too_low")
        await self.ask("2026-01-12T09:00:00Z")
        await self.on("2026-01-12T12:00:00Z")
        later = content(("2026-01-14", "2026-01-28"), "2026-02-04", "4500.00", 160)
        await put(self.client, "p", later, If_Match="*")
        await capture(self.client, "p", name="Replan", reason="The design is late", decision="more-time")
        await self.live_on()

    async def live_on(self) -> None:
        """From the second baseline on."""
        await self.on("2026-01-14T07:00:00Z")
        await self.tell("milestone.completed", "design", "2026-01-13")
        await self.tell("cost.incurred", "design", "2026-01-13", **euro("1500.00"))
        await self.on("2026-01-14T09:00:00Z")
        await self.tell("milestone.started", "build", "2026-01-14T08:00:00Z")
        await self.forecast("build", "2026-01-14T08:00:00Z", "2026-01-28")  # 11 days ahead, 2 off
        await self.on("2026-01-21T09:00:00Z")
        blocked = {"reason_code": "resource_shortage"}
        await self.tell("milestone.blocked", "build", "2026-01-19T08:00:00Z", **blocked)
        await self.ask("2026-01-21T09:00:00Z")
        await self.tell("milestone.unblocked", "build", "2026-01-21T08:00:00Z")
        await self.on("2026-01-26T09:00:00Z")
        await self.forecast("build", "2026-01-26T08:00:00Z", "2026-01-30")  # 5 days ahead, right
        await self.on("2026-02-02T09:00:00Z")
        await self.tell("milestone.completed", "build", "2026-01-30")
        await self.tell("cost.incurred", "build", "2026-01-30", **euro("3600.25"))
        await self.on("2026-02-06T09:00:00Z")
        await self.tell("milestone.completed", "launch", "2026-02-05")
        await self.ask("2026-02-06T09:00:00Z")
        await self.on("2026-02-06T10:00:00Z")
        await self.ask("2026-02-06T10:00:00Z")
        await self.said("launch", "scope_change")
        await self.ask("2026-02-06T10:00:00Z")
        await self.on("2026-02-18T09:00:00Z")
        await self.tell("metric.measured", None, "2026-02-16", metric="adoption", value=80)
        await self.tell("metric.measured", None, "2026-02-17", metric="certified", value=1)
        await self.on("2026-02-23T09:00:00Z")
        await self.ask("2026-02-23T09:00:00Z")


@pytest.fixture
async def story(service: FastAPI, client: httpx.AsyncClient) -> Story:
    found = Story(service, client)
    await found.live()
    return found


def variance(minutes: int, elapsed: int, favorability: str = "unfavorable") -> Json:
    return {
        "working_minutes": minutes,
        "working_days": minutes / DAY,
        "elapsed_minutes": elapsed,
        "basis": "actual",
        "favorability": favorability,
        "reason": None,
    }


async def test_every_number_of_a_small_story(story: Story) -> None:
    found = await get(story.client, PATH)
    assert found["closed"] is None
    assert_original(found["original"])
    assert_current(found["current"])
    assert_ledger(found["target_moves"])
    assert_causes(found["causes"])
    assert_forecasts(found["forecast_accuracy"])
    assert_estimates(found["estimate_calibration"])
    assert found["lessons"] == []


def assert_original(side: Json) -> None:
    """Four working days late, from Friday to Thursday; 100.25 over; (3 x 0.8 + 1 x 1) / 4 of the metrics."""
    assert side["baseline"] == {"number": 1, "name": "Contract", "revision": 1}
    assert side["delivery"] == {
        "result": "late",
        "baseline_finish": "2026-01-30",
        "finish": "2026-02-05",
        "finish_variance": variance(4 * DAY, 6 * 1440),
        "finished": 3,
        "cancelled": 0,
        "unfinished": 0,
    }
    assert side["budget"] == {
        "result": "over",
        "budget": euro("5000.00"),
        "actual_cost": euro("5100.25"),
        "remaining": euro("-100.25"),
        "reason": None,
    }
    assert side["metrics"] == {
        "result": "met",
        "score": 0.85,
        "coverage": 1.0,
        "reason": None,
        "failed_gates": [],
        "pending_gates": [],
        "pending": [],
        "pending_left_out": 0,
    }


def assert_current(side: Json) -> None:
    """One working day late; 399.75 left of 500 more; (3 x 80/160 + 1 x 1) / 4 of what was asked for by then."""
    assert side["baseline"] == {"number": 2, "name": "Replan", "revision": 2}
    assert side["delivery"]["result"] == "late"
    assert side["delivery"]["finish_variance"] == variance(DAY, 1440)
    assert side["budget"]["result"] == "within"
    assert side["budget"]["remaining"] == euro("399.75")
    assert (side["metrics"]["result"], side["metrics"]["score"]) == ("partly", 0.625)


def assert_ledger(ledger: Json) -> None:
    """The launch moved from Friday to Wednesday, and so did what is built for it."""
    first, second = ledger["items"]
    assert (first["baseline"], first["finish"], first["working_minutes"]) == (1, "2026-01-30", None)
    assert (first["approved_by"], first["decision"], first["moves"]) == ("the board", None, [])
    assert (second["baseline"], second["finish"]) == (2, "2026-02-04")
    assert (second["working_minutes"], second["working_days"]) == (3 * DAY, 3.0)
    assert (second["reason"], second["decision"]) == ("The design is late", "more-time")
    assert second["captured_at"].startswith("2026-01-12T12:00:00")
    assert second["moves"] == [
        {"milestone": "build", "from": "2026-01-23", "to": "2026-01-28", "working_minutes": 3 * DAY},
        {"milestone": "launch", "from": "2026-01-30", "to": "2026-02-04", "working_minutes": 3 * DAY},
    ]
    assert (second["added"], second["removed"], second["moves_left_out"]) == (0, 0, 0)
    assert (ledger["left_out"], ledger["working_minutes"]) == (0, 3 * DAY)


def assert_causes(causes: Json) -> None:
    """The launch is 4 days late, the design 2, and what is built stood still for 2."""
    told = [
        (each["reason_code"], each["deviations"], each["blocks"], each["slip_working_minutes"], each["milestones"])
        for each in causes["items"]
    ]
    assert told == [
        ("scope_change", 1, 0, 4 * DAY, ["launch"]),
        ("estimate_too_low", 1, 0, 2 * DAY, ["design"]),
        ("resource_shortage", 0, 1, 0, ["build"]),
    ]
    assert [each["blocked_working_minutes"] for each in causes["items"]] == [0, 0, 2 * DAY]
    assert causes["left_out"] == 0


def assert_forecasts(found: Json) -> None:
    """Errors of 2, -1, 1, 2 and 0 days: 4 in all, 6 without their signs, by 5."""
    assert (found["issued"], found["open"], found["overdue"], found["count"]) == (5, 0, 0, 5)
    assert (found["mean_error_days"], found["mean_absolute_error_days"], found["reason"]) == (0.8, 1.2, None)
    assert [(each["horizon"], each["count"], each["reason"]) for each in found["by_horizon"]] == [
        ("week", 3, "insufficient_data"),
        ("month", 1, "insufficient_data"),
        ("beyond", 1, "insufficient_data"),
    ]
    assert [(each["owner"], each["count"], each["mean_error_days"]) for each in found["by_owner"]] == [
        ("ada", 2, None),
        ("bob", 2, None),
        (None, 1, None),
    ]


def assert_estimates(found: Json) -> None:
    """The design took 7 days instead of 5; what was built 13 less 2 of standstill, instead of 10."""
    assert (found["count"], found["planned_working_minutes"], found["actual_working_minutes"]) == (
        2,
        15 * DAY,
        18 * DAY,
    )
    assert (found["ratio"], found["median_ratio"], found["reason"]) == (None, None, "insufficient_data")
    by_owner = [(each["owner"], each["actual_working_minutes"]) for each in found["by_owner"]]
    assert by_owner == [("ada", 7 * DAY), ("bob", 11 * DAY)]


async def test_what_was_answered_is_answered_again_byte_by_byte(story: Story) -> None:
    """Whatever was recorded, acknowledged, evaluated and closed since."""
    wanted = {"status": "completed", "reason": "Done"}
    ok(await story.client.post("/v1/plans/p/close", json=wanted))
    await story.on("2026-03-01T09:00:00Z")
    await story.tell("cost.incurred", "build", "2026-01-30", **euro("99.00"))
    assert len(story.answers) == 7
    for question, before in story.answers:
        response = await story.client.get(PATH, params=question)
        assert response.content == before


async def test_what_was_said_counts_from_when_it_was_said(story: Story) -> None:
    (_, before), (question, after) = story.answers[:2]
    assert before != after
    assert question["known_at"] == "2026-01-12T09:00:00Z"  # the newest fact is of the Friday before
    found = await get(story.client, PATH, **question)
    assert [each["reason_code"] for each in found["causes"]["items"]] == ["estimate_too_low"]


@pytest.mark.parametrize("path", [PATH, "/v1/plans/p/variance"])
async def test_what_is_said_within_one_instant_of_the_clock_changes_no_answer(
    service: FastAPI, client: httpx.AsyncClient, path: str
) -> None:
    """Events and what people say stand in one order, however close they are."""
    await put(client, "p", document(milestone("one", "2026-01-05"), milestone("other", "2026-01-05")))
    await capture(client, "p")
    await evaluate(service)
    asked = []
    for found in (each for each in await deviations(client) if each["measure"] == "finish_variance"):
        note = event(found["milestone"], found["milestone"], type="note.added", data={"text": "Late"})
        ok(await client.post("/v1/plans/p/events", json=note))
        asked.append(await get(client, path))
        await acknowledge(client, found)
        asked.append(await get(client, path))
    assert len(asked) == 4
    for before in asked:
        again = await get(client, path, as_of=before["as_of"], known_at=before["known_at"])
        assert without_source(again) == without_source(before)


def without_source(answer: Json) -> Json:
    return {name: value for name, value in answer.items() if name != "as_of_source"}


async def test_a_block_counts_up_to_the_status_date(story: Story) -> None:
    found = await get(story.client, PATH, **story.answers[2][0])
    (cause,) = [each for each in found["causes"]["items"] if each["blocks"]]
    assert cause["blocked_working_minutes"] == 2 * DAY + 60  # it was not told yet that it is over


async def test_as_of_moves_what_had_happened_and_known_at_what_had_been_told(
    client: httpx.AsyncClient, story: Story
) -> None:
    earlier = await get(client, PATH, as_of="2026-01-30")
    assert earlier["original"]["delivery"]["result"] == "unfinished"
    assert earlier["original"]["delivery"]["finished"] == 2
    known = await get(client, PATH, known_at="2026-01-12T10:00:00Z")
    assert len(known["target_moves"]["items"]) == 1
    assert known["current"]["baseline"]["number"] == 1


async def test_a_plan_without_a_baseline_has_nothing_to_be_held_against(client: httpx.AsyncClient) -> None:
    await put(client, "p", document())
    found = await get(client, PATH)
    assert found["original"] == found["current"]
    side = found["current"]
    assert (side["baseline"], side["delivery"]["result"]) == (None, "unfinished")
    assert side["delivery"]["finish_variance"]["reason"] == "no_baseline"
    assert (side["budget"]["result"], side["budget"]["reason"]) == ("unknown", "no_baseline")
    assert (side["metrics"]["result"], side["metrics"]["reason"]) == ("unknown", "no_metrics")
    assert found["target_moves"] == {"items": [], "left_out": 0, "working_minutes": None}


async def test_silence_about_cost_is_not_within_the_budget(client: httpx.AsyncClient) -> None:
    await put(client, "p", document(milestone(budget=euro("10.00"))))
    await capture(client, "p")
    found = (await get(client, PATH))["current"]["budget"]
    assert (found["result"], found["budget"], found["reason"]) == ("unknown", euro("10.00"), "no_cost_reported")


async def test_money_in_another_currency_is_not_known_to_be_within(client: httpx.AsyncClient) -> None:
    await put(client, "p", document(milestone(budget=euro("10.00"))))
    await capture(client, "p")
    for number, (amount, currency) in enumerate([("1.00", "EUR"), ("1.00", "USD")]):
        told = event(number, type="cost.incurred", data={"amount": amount, "currency": currency})
        ok(await client.post("/v1/plans/p/events", json=told))
    found = (await get(client, PATH))["current"]["budget"]
    assert (found["result"], found["actual_cost"], found["reason"]) == ("unknown", euro("1.00"), "other_currency")


async def test_work_that_was_cancelled_is_no_delivery(client: httpx.AsyncClient) -> None:
    await put(client, "p", document())
    await capture(client, "p")
    ok(await client.post("/v1/plans/p/events", json=event(type="milestone.cancelled")))
    found = (await get(client, PATH))["current"]["delivery"]
    assert (found["result"], found["cancelled"]) == ("cancelled", 1)


async def test_a_failed_gate_fails_the_metrics(client: httpx.AsyncClient) -> None:
    gate = {"key": "safe", "name": "Safe", "kind": "binary", "gate": True, "measure_at": "2026-02-20"}
    await put(client, "p", document(metrics=[gate]))
    await capture(client, "p")
    found = (await get(client, PATH))["current"]["metrics"]
    assert (found["result"], found["failed_gates"]) == ("failed_gate", ["safe"])


async def test_a_ledger_tells_the_first_and_the_newest_baselines_and_how_many_are_left_out(
    client: httpx.AsyncClient,
) -> None:
    await put(client, "p", document())
    for number in range(1, 55):
        await capture(client, "p", name=f"Number {number}", supplementary=number == 54)
    ledger = (await get(client, PATH))["target_moves"]
    assert [each["baseline"] for each in ledger["items"]] == [1, *range(6, 55)]
    assert (ledger["left_out"], ledger["working_minutes"]) == (4, 0)


@pytest.mark.parametrize("known_at", ["2026-03-03", "2020-01-01"])
async def test_what_cannot_be_known_is_refused(client: httpx.AsyncClient, known_at: str) -> None:
    await put(client, "p", document())
    response = await client.get(PATH, params={"known_at": known_at})
    assert places(response) == [("?known_at", "known_at_refused")]


async def test_of_a_plan_that_is_not_there_nothing_became(client: httpx.AsyncClient) -> None:
    assert failure(await client.get(PATH)) == (404, "plan-not-found")
