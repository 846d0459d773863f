"""The portfolio over HTTP: all plans rolled up, what needs attention now first.

The clock stands at Monday, 2 March 2026, 9:00.
"""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.evaluation.service import LEASE
from app.evaluation.service import evaluate as evaluate_plan
from app.plans import due
from tests.evaluating import acknowledge, deviations, evaluate
from tests.http import build
from tests.http.build import Json, document, failure, if_match, milestone, ok, places
from tests.http.metrics_build import metric
from tests.http.risks_build import risk
from tests.service import MakeClient, TestClock

URL = "/v1/portfolio"


async def make(client: httpx.AsyncClient, key: str, finish: str = "2026-04-30", **fields: Any) -> None:
    """An active plan of one milestone."""
    await build.put(client, key, document(milestone("a", finish), **fields))
    await build.capture(client, key)


async def portfolio(client: httpx.AsyncClient, **params: Any) -> Json:
    return await build.get(client, URL, **params)


def plans(answer: Json) -> list[str]:
    return [item["plan"] for item in answer["items"]]


def item(answer: Json, plan: str) -> Json:
    found: Json = next(each for each in answer["items"] if each["plan"] == plan)
    return found


class TestAttention:
    """What needs attention now comes first, with the reasons in their order."""

    async def test_the_late_come_before_those_on_track(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await make(client, "calm")
        await make(client, "late", "2026-02-20")
        await make(client, "barely", "2026-03-01")
        await evaluate(service)
        answer = await portfolio(client)
        assert plans(answer) == ["barely", "late", "calm"]
        assert item(answer, "late")["attention"] == ["breach", "late"]
        assert item(answer, "calm")["attention"] == []
        assert answer["totals"]["drivers"] == ["barely", "late"]
        assert (answer["totals"]["need_attention"], answer["totals"]["schedule_status"]) == (2, "late")

    async def test_what_was_acknowledged_needs_it_less(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await make(client, "a", "2026-02-20")
        await make(client, "b", "2026-02-20")
        await evaluate(service)
        for each in await deviations(client, "a"):
            await acknowledge(client, each)
        await evaluate(service)
        answer = await portfolio(client)
        assert plans(answer) == ["b", "a"]
        assert item(answer, "a")["attention"] == ["late"]
        assert item(answer, "a")["deviations"]["acknowledged_breaches"] > 0

    async def test_who_says_better_than_is_computed_is_told(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await make(client, "p", "2026-02-20")
        await evaluate(service)
        ok(await client.post("/v1/plans/p/status-reports", json=build.status_report()))
        await evaluate(service)
        told = item(await portfolio(client), "p")
        assert told["attention"] == ["breach", "late", "rosier"]
        assert (told["report"]["number"], told["report"]["health"]) == (1, "on_track")


class TestPlans:
    """Which plans there are."""

    async def test_a_plan_that_was_just_made_is_counted_and_then_shown(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await build.put(client, "p", document(owner="ann", labels={"team": "core"}))
        before = await portfolio(client)
        assert (before["not_evaluated"], before["items"], before["known_at"]) == (1, [], None)
        assert (before["totals"]["plans"], before["totals"]["schedule_status_reason"]) == (0, "no_plans")
        await evaluate(service)
        after = await portfolio(client)
        told = item(after, "p")
        assert (after["not_evaluated"], told["status"], told["schedule_status"]) == (0, "draft", "unknown")
        assert (told["reason"], told["owner"], told["labels"], told["as_of"]) == (
            *("draft", "ann", {"team": "core"}),
            None,
        )
        assert after["totals"]["schedule_status_reason"] == "nothing_known"

    async def test_one_on_hold_is_unknown_until_it_goes_on(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await make(client, "p", "2026-02-20")
        for status, shown in (("on_hold", "unknown"), ("active", "late")):
            ok(await client.patch("/v1/plans/p", json={"status": status}, headers=if_match("*")))
            await evaluate(service)
            told = item(await portfolio(client), "p")
            assert (told["status"], told["schedule_status"]) == (status, shown)

    async def test_a_closed_one_tells_its_outcome(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        await make(client, "p")
        ok(await client.post("/v1/plans/p/events", json=build.event()))
        ok(await client.post("/v1/plans/p/close", json={"status": "completed", "reason": "Done"}))
        await evaluate(service)
        told = item(await portfolio(client), "p")
        full = await build.get(client, "/v1/plans/p/outcome")
        for side in ("original", "current"):
            assert told["outcome"][side] == {
                name: full[side][name]["result"] for name in ("delivery", "budget", "metrics")
            }
        assert (told["status"], told["attention"], told["actual_percent_complete"]) == ("completed", [], 100.0)
        summary = (await build.get(client, "/v1/plans/p/variance", as_of=told["as_of"]))["summary"]
        assert told["finish_variance"] == summary["finish_variance"]

    async def test_a_deleted_one_is_gone_at_once(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await make(client, "p")
        await make(client, "q")
        await evaluate(service)
        then = (await portfolio(client))["known_at"]
        clock.advance(hours=1)
        ok_deleted = await client.delete("/v1/plans/p", headers=if_match("*"))
        assert ok_deleted.status_code == 204
        for _ in range(2):
            for params in ({}, {"known_at": then}):
                answer = await portfolio(client, **params)
                assert (plans(answer), answer["totals"]["plans"], answer["not_evaluated"]) == (["q"], 1, 0)
            await evaluate(service)

    async def test_an_evaluation_that_began_before_does_not_bring_a_deleted_one_back(
        self, client: httpx.AsyncClient, service: FastAPI
    ) -> None:
        await make(client, "p")
        database, clock = service.state.database, service.state.clock
        (claimed,) = await database.write(lambda tx: due.claim_due(tx, clock(), [clock() + LEASE]))
        await client.delete("/v1/plans/p", headers=if_match("*"))
        await evaluate_plan(database, clock, claimed)
        answer = await portfolio(client)
        assert (answer["items"], answer["totals"]["plans"]) == ([], 0)

    async def test_there_is_no_other_workspace_in_it(
        self, client: httpx.AsyncClient, service: FastAPI, make_client: MakeClient, make_key: Any
    ) -> None:
        await make(client, "p")
        await evaluate(service)
        answer = await portfolio(make_client(await make_key("admin", workspace="other")))
        assert (answer["items"], answer["totals"]["plans"], answer["not_evaluated"]) == ([], 0, 0)


class TestGroups:
    """`by` and the filters."""

    @pytest.fixture(autouse=True)
    async def _plans(self, client: httpx.AsyncClient, service: FastAPI) -> None:
        for key in ("growth", "speed"):
            ok(await client.post("/v1/objectives", json=build.objective(key=key)))
        both = {"growth": {"weight": 3}, "speed": {"weight": 1}}
        listed = [{"key": key, **body} for key, body in both.items()]
        budget = {"amount": "0.10", "currency": "EUR"}
        await build.put(
            client,
            "done",
            document(
                milestone("a", "2026-03-20", budget=budget), owner="ann", labels={"team": "core"}, objectives=listed
            ),
        )
        await build.capture(client, "done")
        ok(await client.post("/v1/plans/done/events", json=build.event()))
        other = document(
            milestone("a", "2026-02-20", budget={"amount": "0.20", "currency": "EUR"}),
            labels={"team": "web"},
            objectives=[{"key": "growth", "weight": 1}],
        )
        await build.put(client, "late", other)
        await build.capture(client, "late")
        await build.put(client, "paid", document(milestone(budget={"amount": "5", "currency": "USD"}), owner="ann"))
        await build.capture(client, "paid")
        await evaluate(service)

    async def test_by_objective_a_plan_counts_in_each_by_its_weight(self, client: httpx.AsyncClient) -> None:
        groups = (await portfolio(client, by="objective"))["groups"]
        told = {group["key"]: (group["plans"], group["actual_percent_complete"]) for group in groups}
        assert told == {"growth": (2, 75.0), None: (1, 0.0), "speed": (1, 100.0)}
        assert [group["key"] for group in groups] == ["growth", "speed", None]

    async def test_by_owner_and_by_label_those_without_are_a_group(self, client: httpx.AsyncClient) -> None:
        told = await portfolio(client, by="owner")
        assert [(group["key"], group["plans"]) for group in told["groups"]] == [(None, 1), ("ann", 2)]
        told = await portfolio(client, by="label:team")
        assert [(group["key"], group["drivers"]) for group in told["groups"]] == [
            ("web", ["late"]),
            *(("core", []), (None, [])),
        ]

    async def test_money_is_exact_and_never_added_across_currencies(self, client: httpx.AsyncClient) -> None:
        totals = (await portfolio(client))["totals"]
        told = {each["currency"]: each["budget_at_completion"] for each in totals["money"]}
        assert told == {"EUR": {"amount": "0.30", "plans": 2}, "USD": {"amount": "5.00", "plans": 1}}
        assert (totals["projected_finish"], totals["by_schedule_status"]["late"]) == ("2026-03-10", 1)
        assert totals["actual_percent_complete"] == 33.3333

    CHOSEN: list[tuple[Json, list[str]]] = [
        ({"owner": "ann"}, ["done", "paid"]),
        ({"label": "team:web"}, ["late"]),
        ({"objective": "growth"}, ["late", "done"]),
        ({"objective": "grow"}, []),
        ({"status": "draft"}, []),
        ({"status": "active", "objective": "speed"}, ["done"]),
    ]

    async def test_plans_are_chosen(self, client: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
        for params, expected in self.CHOSEN:
            with subtests.test(params=params):
                answer = await portfolio(client, **params)
                assert plans(answer) == expected
                assert answer["totals"]["plans"] == len(expected)


class TestTime:
    """`known_at`, and pages."""

    async def test_as_it_was_known_it_reads_the_same_for_ever(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        for key in ("a", "b", "c"):
            await make(client, key, "2026-03-05", owner=f"of {key}")
        told = []
        for day in range(5):
            await evaluate(service)
            told.append((await client.get(URL, params={"by": "owner"})).content)
            clock.advance(days=1)
            if day == 1:
                ok(await client.post("/v1/plans/a/events", json=build.event(occurred_at="2026-03-03T10:00:00Z")))
            if day == 2:
                ok(await client.patch("/v1/plans/b", json={"owner": "of a"}, headers=if_match("*")))
        assert len(set(told)) >= 4
        for content in told:
            known_at = httpx.Response(200, content=content).json()["known_at"]
            again = await client.get(URL, params={"by": "owner", "known_at": known_at})
            assert again.content == content

    async def test_an_evaluation_that_finds_the_same_writes_nothing(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        await make(client, "p", "2026-12-31")
        await evaluate(service)
        before = await portfolio(client)
        clock.advance(hours=1)
        ok(await client.post("/v1/tolerances", json=build.tolerance(key="other")))  # everything is judged again
        await evaluate(service)
        assert await portfolio(client) == before

    async def test_later_pages_show_what_the_first_knew(
        self, client: httpx.AsyncClient, service: FastAPI, clock: TestClock
    ) -> None:
        for key in "abcd":
            await make(client, key, "2026-03-05")
        await evaluate(service)
        first = await portfolio(client, limit=2)
        clock.advance(days=5)
        ok(await client.post("/v1/plans/d/events", json=build.event(occurred_at="2026-03-03T10:00:00Z")))
        await make(client, "aa", "2026-02-01")
        await evaluate(service)
        second = await portfolio(client, limit=2, cursor=first["next_cursor"])
        assert plans(first) + plans(second) == list("abcd")
        assert (second["next_cursor"], second["totals"], second["known_at"]) == (None, None, first["known_at"])
        assert item(second, "d")["schedule_status"] == "on_track"

    async def test_what_cannot_be_asked(self, client: httpx.AsyncClient) -> None:
        assert failure(await client.get(URL, params={"known_at": "2026-03-02T09:00:01Z"})) == (422, "instant-refused")
        assert failure(await client.get(URL, params={"known_at": "2026-03-03"})) == (422, "instant-refused")
        assert (await client.get(URL, params={"known_at": "2026-03-02"})).is_success
        assert places(await client.get(URL, params={"by": "label:"}))[0][0] == "?by"
        assert places(await client.get(URL, params={"cursor": "abc"})) == [("?cursor", "invalid_cursor")]


@pytest.mark.parametrize("finish", ["2199-12-31", "2199-12-31T23:59:59Z", "1970-01-02"])
async def test_extremes_that_are_accepted_are_in_it(client: httpx.AsyncClient, service: FastAPI, finish: str) -> None:
    most = {"amount": "999999999999999999.99", "currency": "EUR"}
    long = build.activity("c", "2026-03-01", "2026-03-05", planned_duration_minutes=50_000_000)
    impacts = [{"milestone": "a", "minutes": 50_000_000, "cost": most}]
    risky = risk(probability=0.123456789012345, impacts=impacts, contingencies=[])
    said: Json = {"owner": 'é"', "labels": {"team": '"growth":1'}, "time_zone": "Pacific/Auckland"}
    metrics = [metric(baseline_value=-1e15, target=1e15)]
    content = document(milestone("a", finish, budget=most), long, metrics=metrics, risks=[risky], **said)
    await build.put(client, "p", content)
    await build.capture(client, "p")
    spent = {**build.event(type="cost.incurred"), "data": {**most, "amount": "999999999999999.999999"}}
    ok(await client.post("/v1/plans/p/events", json=spent))
    await evaluate(service)
    answer = await portfolio(client, by="label:team", owner=said["owner"])
    assert (plans(answer), answer["groups"][0]["key"]) == (["p"], '"growth":1')
    assert answer["totals"]["money"][0]["budget_at_completion"]["amount"] == most["amount"]
    assert (await portfolio(client, objective="growth"))["items"] == []


async def test_what_was_answered_stays_while_evaluations_overlap(
    client: httpx.AsyncClient, service: FastAPI, clock: TestClock
) -> None:
    """The one that began first is written last: it is known from then on, and not from when it began."""
    database = service.state.database
    for key in ("a", "b"):
        await make(client, key, "2026-03-05")
    await evaluate(service)
    clock.advance(days=5)
    began = clock()
    first, second = await database.write(lambda tx: due.claim_due(tx, began, [began + LEASE, began + 2 * LEASE]))
    clock.advance(seconds=2)
    await evaluate_plan(database, clock, second)
    seen = await portfolio(client)
    clock.advance(seconds=1)
    times = iter([began])
    await evaluate_plan(database, lambda: next(times, clock()), first)
    asked = {"known_at": seen["known_at"]}
    assert (await portfolio(client, **asked))["items"] == seen["items"]
    assert (await portfolio(client))["items"] != seen["items"]
