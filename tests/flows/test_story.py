"""A whole story over HTTP, with a moving clock: from the first objective to the sealed outcome.

Every number was computed by hand; the comments say how. A working day has 480 minutes, Monday to Friday.
"""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.evaluating import advance_to, deviations, evaluate
from tests.http.build import Json, failure, get, if_match, ok, put
from tests.service import TestClock

PLAN = "/v1/plans/launch"


def euros(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


DESIGN: Json = {
    "key": "design",
    "name": "Design",
    "kind": "activity",
    "planned_start": "2026-03-02",
    "planned_finish": "2026-03-06",
    "planned_duration_minutes": 2400,
    "budget": euros("5000.00"),
    "owner": "ada",
}
BUILD: Json = {
    "key": "build",
    "name": "Build",
    "kind": "activity",
    "planned_start": "2026-03-09",
    "planned_finish": "2026-03-27",
    "planned_duration_minutes": 7200,
    "budget": euros("15000.00"),
    "owner": "bob",
}
LAUNCH: Json = {"key": "launch", "name": "Launch", "planned_finish": "2026-03-30", "owner": "eve"}
ADOPTION: Json = {
    "key": "adoption",
    "name": "Teams that use it, of a hundred",
    "baseline_value": 0,
    "target": 100,
    "start_at": "2026-03-02T09:00:00Z",
    "measure_at": "2026-04-01T09:00:00Z",
}
SUPPLIER_FAILS: Json = {
    "key": "supplier-fails",
    "name": "The supplier fails",
    "probability": 0.25,
    "impacts": [{"milestone": "build", "minutes": 480, "cost": euros("1000.00")}],
    "response": "mitigate",
    "owner": "bob",
    "contingencies": [
        {
            "key": "other-supplier",
            "name": "The other supplier",
            "trigger": {"type": "risk_occurred"},
            "change": {
                "milestones": {
                    "build": {
                        "planned_finish": "2026-03-23",
                        "planned_duration_minutes": 5280,
                        "budget": {"amount": "21000.00", "currency": "EUR"},
                    },
                    "launch": {"planned_finish": "2026-03-24"},
                }
            },
        }
    ],
}
SECOND_TEAM: Json = {
    "key": "second-team",
    "name": "A second team",
    "change": {
        "milestones": {
            "build": {
                "planned_finish": "2026-03-20",
                "planned_duration_minutes": 4800,
                "budget": {"amount": "20000.00", "currency": "EUR"},
            },
            "launch": {"planned_finish": "2026-03-23"},
        }
    },
}
LESS: Json = {
    "key": "less",
    "name": "Less of it",
    "change": {
        "milestones": {
            "build": {
                "planned_finish": "2026-03-24",
                "planned_duration_minutes": 5760,
                "budget": {"amount": "12000.00", "currency": "EUR"},
            },
            "launch": {"planned_finish": "2026-03-25"},
        }
    },
    "metric_effects": {"adoption": 60},
}
HOW: Json = {
    "key": "how",
    "question": "How do we make it until the end of March?",
    "options": [
        {"key": "second-team", "name": "A second team", "scenario": "second-team"},
        {"key": "less", "name": "Less of it", "scenario": "less"},
    ],
    "choice": "second-team",
    "reason": "Half a product convinces nobody",
    "decided_by": "eve",
    "evidence": [{"assumption": "stable-interface"}],
}
MOVE: Json = {
    "key": "move",
    "question": "Do we move the date?",
    "options": [{"key": "yes", "name": "By a day"}, {"key": "no", "name": "No"}],
    "choice": "yes",
    "reason": "The other supplier needs it",
    "decided_by": "eve",
}
INTERFACE: Json = {
    "key": "stable-interface",
    "statement": "The interface of the supplier stays as it is",
    "sources": [{"kind": "person", "role": "the supplier's architect"}],
    "confidence": 0.75,
    "dependents": [{"part": "milestones", "key": "build"}],
}
DOCUMENT: Json = {
    "name": "Launch",
    "goal": "Half of all teams use it",
    "owner": "eve",
    "calendar": "standard",
    "currency": "EUR",
    "reserve": euros("4000.00"),
    "target_finish": "2026-03-27",
    "decisions_required_for": ["adoption", "rebaseline"],
    "milestones": [DESIGN, BUILD, LAUNCH],
    "dependencies": [
        {"predecessor": "design", "type": "FS", "successor": "build"},
        {"predecessor": "build", "type": "FS", "successor": "launch"},
    ],
}


def at(day: str, hour: str = "09:00") -> datetime:
    return datetime.fromisoformat(f"2026-{day}T{hour}:00Z").astimezone(UTC)


class Story:
    """Who tells it: the service, a client and the clock, and the number of the next event."""

    def __init__(self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> None:
        self.client, self.service, self.clock = client, service, clock
        self.told = 0

    async def until(self, day: str, hour: str = "09:00") -> None:
        """Let time go by; the loops look at the plan whenever it is due."""
        await advance_to(self.service, self.client, at(day, hour), "launch")

    async def report(self, type_: str, milestone: str | None = None, at: str | None = None, **data: Any) -> Json:
        """Say that something happened, now unless said otherwise, and have it judged."""
        self.told += 1
        event = {
            "id": f"told-{self.told}",
            "source": "story",
            "type": type_,
            "occurred_at": at or self.clock.now.isoformat().replace("+00:00", "Z"),
            "data": data,
            **({} if milestone is None else {"milestone": milestone}),
        }
        made = ok(await self.client.post(f"{PLAN}/events", json=event))
        await evaluate(self.service)
        return made

    async def post(self, path: str, body: Json) -> Json:
        """What a POST answers, with whatever it made due judged."""
        made = ok(await self.client.post(path, json=body))
        await evaluate(self.service)
        return made

    async def get(self, path: str, **params: Any) -> Json:
        """What is read of the plan."""
        return await get(self.client, f"{PLAN}{path}", **params)

    async def open(self, measure: str) -> list[Json]:
        """The deviations of a measure that are not over."""
        found = await deviations(self.client, "launch", measure=measure)
        return [each for each in found if each["state"] != "resolved"]


@pytest.fixture
def story(client: httpx.AsyncClient, service: FastAPI, clock: TestClock) -> Story:
    return Story(client, service, clock)


async def test_from_the_first_objective_to_the_sealed_outcome(story: Story) -> None:
    await plan(story)
    first_day = await remember(story)
    await choose(story)
    await approve(story)
    await delegate(story)
    await build(story)
    await measure_and_correct(story)
    meanwhile = await remember(story)
    await finish(story)
    await close(story)
    for asked, seen in (first_day, meanwhile):
        assert (await story.client.get(f"{PLAN}/outcome", params=asked)).content == seen


async def remember(story: Story) -> tuple[Json, bytes]:
    """What is told of the outcome as known now, to be asked for again when all is over."""
    echo = await story.get("/outcome")
    asked = {"as_of": echo["as_of"], "known_at": echo["known_at"]}
    return asked, (await story.client.get(f"{PLAN}/outcome", params=asked)).content


async def plan(story: Story) -> None:
    """An objective, a plan that contributes to it, what shows success, what it rests on."""
    await story.post("/v1/objectives", {"key": "half", "name": "Half of all teams use it", "rollup": "weighted"})
    await put(story.client, "launch", DOCUMENT)
    await story.post(f"{PLAN}/objectives", {"key": "half", "weight": 2.0})
    await story.post(f"{PLAN}/metrics", ADOPTION)
    await story.post(f"{PLAN}/assumptions", INTERFACE)
    evidence = await story.get("/evidence")
    assert evidence["summary"]["counts"] == {"holds": 1, "invalidated": 0}
    rollup = await get(story.client, "/v1/objectives/half/rollup")
    assert (rollup["score"]["value"], rollup["score"]["reason"]) == (None, "nothing_known")


async def choose(story: Story) -> None:
    """Two scenarios beside the plan as it is; one is adopted by a decision."""
    await story.post(f"{PLAN}/scenarios", SECOND_TEAM)
    await story.post(f"{PLAN}/scenarios", LESS)
    compared = await story.get("/scenario-comparison")
    less, second_team = compared["scenarios"]
    # Launch on 30 March is a working day behind the target, 27 March; on the 25th and 23rd it is 2 and 4 before it.
    for side, finish, room in (
        (compared["current"], "2026-03-30", -480),
        (less, "2026-03-25", 2 * 480),
        (second_team, "2026-03-23", 4 * 480),
    ):
        assert side["schedule"]["projected_finish"] == finish
        assert side["schedule"]["worst_total_float_minutes"] == room
    # 25 and 23 March lie 3 and 5 working days before 30 March.
    assert less["schedule"]["finish_change_minutes"] == -3 * 480
    assert second_team["schedule"]["finish_change_minutes"] == -5 * 480
    budgets = [side["cost"]["budget"]["amount"] for side in (compared["current"], less, second_team)]
    assert budgets == ["20000.00", "17000.00", "25000.00"]  # 5,000 for the design and 15,000, 12,000, 20,000
    assert (less["metrics"]["score"], less["metrics"]["band"]) == (0.6, "amber")  # 60 of 100
    adoption = f"{PLAN}/scenarios/second-team/adoptions"
    refused = await story.client.post(adoption, json={"reason": "Faster"})
    assert failure(refused) == (409, "decision-required")
    adopted = await story.post(adoption, {"reason": "Faster", "new_decision": HOW})
    assert adopted["revision"] == 7  # the document, a contribution, a metric, an assumption, two scenarios, this
    decided = await story.get("/decisions/how")
    assert (decided["status"], decided["scenario"], decided["resulting_revision"]) == ("decided", "second-team", 7)
    assert (await story.get("/milestones/launch"))["planned_finish"] == "2026-03-23"


async def approve(story: Story) -> None:
    """What may go wrong, and the baseline."""
    await story.post(f"{PLAN}/risks", SUPPLIER_FAILS)
    await story.post(f"{PLAN}/baselines", {"name": "Agreed", "reason": "Signed by all", "approved_by": "eve"})
    found = (await story.get("/exposure"))["summary"]
    assert found["expected_minutes"] == 120  # a quarter of 480
    assert found["expected_cost"] == euros("250.00")  # a quarter of 1,000
    assert (found["buffer"]["status"], found["buffer"]["room_minutes"]) == ("covered", 4 * 480)
    assert (found["reserve"]["status"], found["reserve"]["uncovered"]) == ("covered", euros("0.00"))


async def delegate(story: Story) -> None:
    """The build is bob's; carol is asked to take it over and declines, dave does."""
    for who, rate in (("bob", "60.00"), ("carol", "60.00"), ("dave", "50.00")):
        await story.post("/v1/resources", {"key": who, "name": who.title(), "cost_rate": euros(rate)})
    assigned = {"key": "building", "milestone": "build", "resource": "bob", "effort_minutes": 960}
    await story.post(f"{PLAN}/assignments", assigned)
    await story.report("assignment.requested", assignment="building", to="carol", by="bob")
    await story.report("assignment.declined", assignment="building", by="carol", reason="I am on holiday")
    await story.report("assignment.requested", assignment="building", to="dave", by="bob")
    await story.report("assignment.accepted", assignment="building", by="dave")
    told = await story.get("/delegations")
    assert told["summary"] == {"assignments": 1, "handed_over": 1, "pending": 0, "declined": 1}
    (chain,) = told["items"]
    assert (chain["resource"], chain["holder"]) == ("bob", "dave")
    assert [(step["to"], step["by"], step["status"]) for step in chain["steps"]] == [
        ("carol", "bob", "declined"),
        ("dave", "bob", "accepted"),
    ]


async def build(story: Story) -> None:
    """Work begins; the supplier fails, and what was prepared for that is due, and done."""
    await story.report("milestone.started", "design")
    await story.until("03-06", "17:00")
    await story.report("milestone.completed", "design")
    await story.report("cost.incurred", "design", amount="5200.00", currency="EUR")
    await story.until("03-09", "08:00")
    await story.report("milestone.started", "build")
    await story.until("03-11", "12:00")
    assert await story.open("contingency_due") == []
    await story.report("risk.occurred", risk="supplier-fails", description="It is bankrupt")
    (due,) = await story.open("contingency_due")
    assert due["about"] == "risks/supplier-fails/contingencies/other-supplier"
    assert due["summary"].startswith("other-supplier of the risk supplier-fails is due: the risk occurred")
    assert (await story.get("/exposure"))["summary"]["expected_cost"] == euros("1000.00")  # it is no chance any more
    await story.until("03-11", "14:00")
    activated = await story.post(
        f"{PLAN}/risks/supplier-fails/contingencies/other-supplier/activations",
        {"id": "act-1", "source": "story", "occurred_at": "2026-03-11T14:00:00Z", "reason": "It is bankrupt"},
    )
    assert activated["revision"] == 10
    assert (await story.get("/revisions/10"))["reason"] == "It is bankrupt"
    assert await story.open("contingency_due") == []
    again = {"name": "With the other supplier", "reason": "The supplier failed", "approved_by": "eve"}
    refused = await story.client.post(f"{PLAN}/baselines", json=again)
    assert failure(refused) == (409, "decision-required")
    await story.post(f"{PLAN}/decisions", MOVE)
    assert (await story.post(f"{PLAN}/baselines", {**again, "decision": "move"}))["number"] == 2
    assert (await story.get("/decisions/move"))["baselines"] == [2]


async def measure_and_correct(story: Story) -> None:
    """The metric falls behind its pace; an action is taken, and found effective."""
    await story.until("03-17")  # half of its thirty days
    await story.report("metric.measured", metric="adoption", value=20)
    (behind,) = await story.open("metric_gap_points")
    assert (behind["about"], behind["level"]) == ("metrics/adoption", "breach")
    assert behind["summary"] == "adoption is 30 points behind its pace; the tolerance is 25 points"  # 50 - 20
    action = await story.post(
        f"/v1/deviations/{behind['id']}/actions",
        {"title": "Show it to every team", "owner": "eve", "due_at": "2026-03-20T09:00:00Z"},
    )
    url = f"/v1/deviations/{behind['id']}/actions/{action['id']}"
    ok(await story.client.patch(url, json={"status": "done"}, headers=if_match("*")))
    await story.until("03-19")
    await story.report("metric.measured", metric="adoption", value=60)
    assert await story.open("metric_gap_points") == []
    await story.until("03-20", "09:01")
    checked = await get(story.client, url)
    # 17 of 30 days: 56.67 is expected and 60 is there.
    assert (checked["effective"], checked["value_before"], checked["value_after"]) == (True, 30, -3.3333)


async def finish(story: Story) -> None:
    """It is done a day late; what made it late is said."""
    await story.post("/v1/reason-codes", {"key": "supplier", "name": "A supplier failed"})
    await story.until("03-24", "17:00")
    assert await story.open("finish_variance") == []
    await story.until("03-25")
    found = {each["milestone"]: each for each in await story.open("finish_variance")}
    # An hour and a day after the 23rd the build is beyond its tolerance of a day; the launch has none.
    assert {key: (each["level"], each["baseline"]) for key, each in found.items()} == {
        "build": ("warning", 2),
        "launch": ("breach", 2),
    }
    late = found["launch"]
    explained = {"reason": "The other supplier was slower", "reason_code": "supplier"}
    await story.post(f"/v1/deviations/{late['id']}/acknowledgements", explained)
    await story.report("milestone.completed", "build", at="2026-03-24T17:00:00Z")
    await story.report("cost.incurred", "build", at="2026-03-24T17:00:00Z", amount="21500.00", currency="EUR")
    await story.report("effort.spent", "build", at="2026-03-24T17:00:00Z", minutes=600, resource="dave")
    await story.until("03-25", "12:00")
    await story.report("milestone.completed", "launch")
    await story.until("03-31")
    await story.report("metric.measured", metric="adoption", value=90)
    cost = await story.get("/cost")
    assert cost["total"]["planned"] == euros("26000.00")  # by the second baseline: 5,000 + 21,000
    assert cost["effort"]["cost"] == euros("500.00")  # ten hours at 50
    assert cost["total"]["actual"] == euros("27200.00")  # 5,200 + 21,500 + 500
    assert cost["total"]["variance"] == euros("-1200.00")
    assert cost["performance"]["cpi"] == pytest.approx(26000 / 27200)
    # What has a budget is planned for 5 + 11 days and took 5 + 12.
    assert cost["schedule"]["planned_duration_minutes"] == 16 * 480
    assert cost["schedule"]["spi_t"] == pytest.approx(16 / 17)


async def close(story: Story) -> None:
    """The plan is closed, and what became of it stays as it is."""
    await story.until("04-01", "10:00")
    lesson = {"text": "Ask two suppliers", "labels": {"area": "purchase"}}
    closing = {"status": "completed", "reason": "Launched", "lessons": [lesson]}
    sealed = ok(await story.client.post(f"{PLAN}/close", json=closing))
    check_outcome(sealed["outcome"])
    again = await story.client.post(f"{PLAN}/close", json=closing)
    assert failure(again) == (409, "plan-closed")
    rollup = await get(story.client, "/v1/objectives/half/rollup")
    assert (rollup["progress"]["value"], rollup["score"]["value"]) == (100, 0.9)
    assert (rollup["schedule_status"]["value"], rollup["finish"]) == ("late", "2026-03-25T12:00:00Z")
    before = (await story.client.get(f"{PLAN}/outcomes/1")).content
    await story.until("04-02")
    await story.report("cost.incurred", "build", at="2026-03-24", amount="300.00", currency="EUR")
    assert (await story.client.get(f"{PLAN}/outcomes/1")).content == before
    newer = (await story.get("/outcomes/2"))["outcome"]
    assert newer["original"]["budget"]["remaining"] == euros("-2500.00")


def check_outcome(outcome: Json) -> None:
    """Every number of the sealed outcome."""
    original, current = outcome["original"], outcome["current"]
    assert [side["baseline"]["number"] for side in (original, current)] == [1, 2]
    # Launched on Wednesday the 25th: two working days after Monday the 23rd, one after Tuesday the 24th.
    for side, days in ((original, 2), (current, 1)):
        delivery = side["delivery"]
        assert (delivery["result"], delivery["finish"]) == ("late", "2026-03-25T12:00:00Z")
        assert delivery["finish_variance"]["working_minutes"] == days * 480
        assert (delivery["finished"], delivery["cancelled"], delivery["unfinished"]) == (3, 0, 0)
        assert (side["metrics"]["result"], side["metrics"]["score"], side["metrics"]["coverage"]) == ("met", 0.9, 1.0)
    # 27,200 was spent, of 5,000 + 20,000 at first and 5,000 + 21,000 later.
    for side, budget, remaining in ((original, "25000.00", "-2200.00"), (current, "26000.00", "-1200.00")):
        assert side["budget"]["result"] == "over"
        assert side["budget"]["budget"] == euros(budget)
        assert side["budget"]["actual_cost"] == euros("27200.00")
        assert side["budget"]["remaining"] == euros(remaining)
    ledger = outcome["target_moves"]
    assert [(step["baseline"], step["finish"], step["decision"]) for step in ledger["items"]] == [
        (1, "2026-03-23", None),
        (2, "2026-03-24", "move"),
    ]
    assert (ledger["items"][1]["working_minutes"], ledger["working_minutes"]) == (480, 480)
    moved = {move["milestone"]: move["working_minutes"] for move in ledger["items"][1]["moves"]}
    assert moved == {"build": 480, "launch": 480}  # from Friday the 20th to Monday the 23rd, and a day
    (cause,) = outcome["causes"]["items"]
    assert (cause["reason_code"], cause["deviations"], cause["milestones"]) == ("supplier", 1, ["launch"])
    assert cause["slip_working_minutes"] == 2 * 480
    calibration = outcome["estimate_calibration"]
    assert (calibration["planned_working_minutes"], calibration["count"]) == (2400 + 4800, 2)
    # Planned by days, and so counted in them: the design took five, the build twelve.
    assert calibration["actual_working_minutes"] == (5 + 12) * 480
    assert (calibration["ratio"], calibration["reason"]) == (None, "insufficient_data")
    assert outcome["forecast_accuracy"]["issued"] == 0
    assert [lesson["text"] for lesson in outcome["lessons"]] == ["Ask two suppliers"]
    assert outcome["closed"]["reason"] == "Launched"
