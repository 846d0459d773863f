"""The roll-up of an objective: plans, child objectives and metrics joined by its rule, at any instant.

The clock stands at Monday, 2 March 2026, 9:00.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.objectives.event_store import Happened
from app.objectives.rollup import rolled_up
from app.objectives.view import View
from tests.http import build
from tests.http.build import Json, document, event, failure, if_match, milestone, objective, ok, places
from tests.service import NOW, TestClock

URL = "/v1/objectives"


async def create(client: httpx.AsyncClient, key: str = "growth", **fields: Any) -> Json:
    return ok(await client.post(URL, json=objective(key=key, **fields)))


async def contribute(
    client: httpx.AsyncClient, plan: str, to: dict[str, float], finish: str = "2026-03-10", done: str | None = None
) -> None:
    """A plan of two milestones of the same weight, `a` which may be done, and `z` at the finish; with a baseline."""
    named = [{"key": key, "weight": weight} for key, weight in to.items()]
    content = document(milestone("a", "2026-03-01"), milestone("z", finish), objectives=named)
    await build.put(client, plan, content)
    await build.capture(client, plan)
    if done is not None:
        ok(await client.post(f"/v1/plans/{plan}/events", json=event(plan, occurred_at=done)))


async def measure(client: httpx.AsyncClient, value: float, number: int = 1, which: str = "growth") -> None:
    measured = {"type": "metric.measured", "data": {"metric": "adoption", "value": value}}
    named = {"id": f"{which}-{number}", "source": "survey", "occurred_at": "2026-03-01T08:00:00Z"}
    ok(await client.post(f"{URL}/{which}/events", json={**named, **measured}))


async def add_metric(client: httpx.AsyncClient, which: str = "growth", **fields: Any) -> None:
    said = {"key": "adoption", "name": "Teams", "baseline_value": 0, "target": 100, **fields}
    ok(await client.post(f"{URL}/{which}/metrics", json=said))


async def rollup(client: httpx.AsyncClient, which: str = "growth", **params: Any) -> Json:
    return await build.get(client, f"{URL}/{which}/rollup", **params)


def values(answer: Json) -> tuple[Any, Any, Any]:
    """Progress, schedule status and score."""
    progress, status, score = (answer[name]["value"] for name in ("progress", "schedule_status", "score"))
    return progress, status, score


def contributor(answer: Json, key: str) -> Json:
    found: list[Json] = [each for each in answer["contributors"] if each["key"] == key]
    assert len(found) == 1
    return found[0]


def keys(references: list[Json]) -> list[str]:
    return [each["key"] for each in references]


DAY_1, DAY_3 = "2026-03-01T10:00:00Z", "2026-03-02T08:00:00Z"


class TestRules:
    """Three plans: one half done and on track (weight 1), one late (2), one not begun that finishes last (3)."""

    @pytest.fixture(autouse=True)
    async def plans(self, client: httpx.AsyncClient) -> None:
        await create(client)
        await contribute(client, "steady", {"growth": 1}, done=DAY_1)
        await contribute(client, "slow", {"growth": 2}, finish="2026-03-05")
        await contribute(client, "long", {"growth": 3}, finish="2026-06-30", done=DAY_1)

    async def test_weighted(self, client: httpx.AsyncClient) -> None:
        answer = await rollup(client)
        assert values(answer) == (33.3333, "on_track", None)
        assert keys(answer["progress"]["drivers"]) == ["slow"]
        assert keys(answer["schedule_status"]["drivers"]) == ["long", "steady"]
        shares = [contributor(answer, key)["progress"]["share"] for key in ("steady", "slow", "long")]
        assert shares == [0.166667, 0.333333, 0.5]
        assert answer["score"]["reason"] == "no_metrics"

    async def test_worst(self, client: httpx.AsyncClient) -> None:
        ok(await client.patch(f"{URL}/growth", json={"rollup": "worst"}, headers=if_match("*")))
        answer = await rollup(client)
        assert values(answer) == (0.0, "late", None)
        assert keys(answer["progress"]["drivers"]) == keys(answer["schedule_status"]["drivers"]) == ["slow"]

    async def test_critical_path(self, client: httpx.AsyncClient) -> None:
        ok(await client.patch(f"{URL}/growth", json={"rollup": "critical_path"}, headers=if_match("*")))
        answer = await rollup(client)
        assert values(answer) == (50.0, "on_track", None)
        assert keys(answer["progress"]["drivers"]) == ["long"]
        assert (answer["finish"], answer["rollup"]) == ("2026-06-30", "critical_path")

    async def test_it_says_what_each_plan_says_of_itself(self, client: httpx.AsyncClient) -> None:
        answer = await rollup(client)
        for each in answer["contributors"]:
            told = await build.get(client, f"/v1/plans/{each['key']}/variance", limit=0, as_of=answer["as_of"])
            summary = told["summary"]
            assert each["progress"]["value"] == summary["actual_percent_complete"]
            assert each["schedule_status"]["value"] == summary["schedule_status"]
            assert each["finish"] == summary["projected_finish"]


class TestTree:
    """Objectives contribute to their parents."""

    async def test_a_child_counts_with_its_weight(self, client: httpx.AsyncClient) -> None:
        await create(client)
        await create(client, "left", parent="growth", weight=1)
        await create(client, "right", parent="growth", weight=3, rollup="worst")
        await create(client, "leaf", parent="right")
        await contribute(client, "p", {"left": 1, "leaf": 2}, finish="2026-04-01", done=DAY_1)
        await contribute(client, "q", {"right": 1}, finish="2026-05-01")
        answer = await rollup(client)
        assert [(each["kind"], each["key"]) for each in answer["contributors"]] == [
            ("objective", "left"),
            ("objective", "right"),
        ]
        assert values(await rollup(client, "right"))[:2] == (0.0, "late")
        assert values(answer)[:2] == (12.5, "late")
        assert (answer["finish"], contributor(answer, "left")["finish"]) == ("2026-05-01", "2026-04-01")

    async def test_what_is_not_known_below_is_told_above(self, client: httpx.AsyncClient) -> None:
        await create(client)
        await create(client, "empty", parent="growth", weight=3)
        await contribute(client, "p", {"growth": 1}, done=DAY_1)
        answer = await rollup(client)
        assert (answer["progress"]["value"], answer["progress"]["coverage"]) == (50.0, 0.25)
        assert contributor(answer, "empty")["progress"] == {
            "value": None,
            "reason": "no_contributors",
            "coverage": 0.0,
            "share": None,
        }

    async def test_nothing_contributes(self, client: httpx.AsyncClient) -> None:
        await create(client)
        answer = await rollup(client)
        reasons = [answer[name]["reason"] for name in ("progress", "schedule_status", "score")]
        assert reasons == ["no_contributors", "no_contributors", "no_metrics"]
        assert (values(answer), answer["finish"], answer["contributors"]) == ((None, None, None), None, [])

    async def test_a_plan_without_a_baseline_is_not_known(self, client: httpx.AsyncClient) -> None:
        await create(client)
        await build.put(client, "p", document(objectives=[{"key": "growth"}]))
        found = contributor(await rollup(client), "p")
        assert found["progress"]["reason"] == found["schedule_status"]["reason"] == "no_baseline"
        assert (await rollup(client))["progress"]["reason"] == "nothing_known"

    async def test_a_plan_that_contributes_no_more_does_not_count(self, client: httpx.AsyncClient) -> None:
        await create(client)
        await contribute(client, "p", {"growth": 1})
        await contribute(client, "q", {"growth": 1})
        await client.delete("/v1/plans/p/objectives/growth", headers=if_match("*"))
        await client.delete("/v1/plans/q", headers=if_match("*"))
        assert (await rollup(client))["contributors"] == []


class TestMetrics:
    """Its own success metrics, and those of what contributes, make the score."""

    async def test_its_own_metrics_are_contributors(self, client: httpx.AsyncClient) -> None:
        await create(client, period={"start": "2026-01-01", "finish": "2026-12-31"})
        await add_metric(client, weight=3)
        await add_metric(client, key="churn", kind="binary", baseline_value=None, target=None)
        await measure(client, 60)
        answer = await rollup(client)
        score = answer["score"]
        assert (score["value"], score["band"], score["coverage"]) == (0.6, "amber", 0.75)
        churn = contributor(answer, "churn")
        assert (churn["kind"], churn["score"]["reason"]) == ("metric", "not_measured")
        assert churn["progress"]["reason"] == "not_applicable"

    async def test_below_seven_tenths_there_is_no_score(self, client: httpx.AsyncClient) -> None:
        await create(client)
        await add_metric(client)
        await add_metric(client, key="other")
        await measure(client, 60)
        score = (await rollup(client))["score"]
        assert (score["value"], score["reason"], score["coverage"]) == (None, "insufficient_data", 0.5)

    async def test_the_score_of_a_plan_is_that_of_its_scorecard(self, client: httpx.AsyncClient) -> None:
        await create(client)
        await contribute(client, "p", {"growth": 1})
        said = {"key": "adoption", "name": "Teams", "baseline_value": 0, "target": 3, "gate": True}
        ok(await client.post("/v1/plans/p/metrics", json={**said, "measure_at": "2026-03-01"}))
        data = {"metric": "adoption", "value": 1}
        happened = event("measured", type="metric.measured", data=data, occurred_at="2026-02-20")
        ok(await client.post("/v1/plans/p/events", json={**happened, "milestone": None}))
        answer = await rollup(client)
        card = await build.get(client, "/v1/plans/p/scorecard", as_of=answer["as_of"])
        assert contributor(answer, "p")["score"]["value"] == answer["score"]["value"] == card["summary"]["score"]
        assert keys(answer["gates_failed"]) == ["p"]

    async def test_a_cancelled_plan_counts_for_nothing_from_then_on(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        await create(client)
        await contribute(client, "p", {"growth": 1}, done=DAY_1)
        before = await rollup(client)
        clock.advance(hours=1)
        ok(await client.patch("/v1/plans/p", json={"status": "cancelled"}, headers=ANY))
        after = await rollup(client)
        assert contributor(after, "p")["progress"]["reason"] == "cancelled"
        assert after["progress"]["reason"] == "no_contributors"
        again = await rollup(client, as_of=before["as_of"], known_at=before["known_at"])
        assert again == {**before, "as_of_source": "asked"}
        later = await rollup(client, as_of=after["as_of"], known_at=after["known_at"])
        assert later == {**after, "as_of_source": "asked"}

    async def test_its_own_metrics_have_a_scorecard(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        await create(client, period={"start": "2026-01-01", "finish": "2026-04-30"})
        await add_metric(client)
        await measure(client, 60)
        path = f"{URL}/growth/scorecard"
        card = await build.get(client, path)
        (item,) = card["items"]
        assert (item["grade"], item["start_at"], item["measure_at"]) == (
            *(0.6, "2026-01-01T00:00:00Z"),
            "2026-05-01T00:00:00Z",
        )
        assert (item["on_pace"], item["expected_attainment"]) == (True, 0.503125)  # 60 days and 9 hours of 120
        assert (card["summary"]["score"], card["summary"]["verdict"]) == (0.6, "partly")
        clock.advance(days=1)
        await measure(client, 90, number=2)
        again = await build.get(client, path, as_of=card["as_of"], known_at=card["known_at"])
        assert again == {**card, "as_of_source": "asked"}

    async def test_those_of_a_child_count_with_it(self, client: httpx.AsyncClient) -> None:
        await create(client, rollup="worst")
        await create(client, "child", parent="growth")
        for which, value in (("growth", 80), ("child", 30)):
            await add_metric(client, which)
            await measure(client, value, which=which)
        answer = await rollup(client)
        assert (answer["score"]["value"], answer["score"]["band"]) == (0.3, "red")
        assert keys(answer["score"]["drivers"]) == ["child"]


class TestTime:
    """`as_of` moves what had happened, `known_at` what had been recorded."""

    async def test_as_of_counts_what_had_happened(self, client: httpx.AsyncClient) -> None:
        await create(client, time_zone="Pacific/Auckland")
        await contribute(client, "p", {"growth": 1}, done=DAY_1)
        assert values(await rollup(client, as_of="2026-03-01T09:00:00Z"))[0] == 0.0
        day = await rollup(client, as_of="2026-03-01")
        assert (values(day)[0], day["as_of"], day["as_of_source"]) == (50.0, "2026-03-01T11:00:00Z", "asked")

    async def test_the_echoed_known_at_gives_the_same_bytes_whatever_comes_after(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        await create(client)
        await create(client, "child", parent="growth", weight=2)
        await add_metric(client)
        await measure(client, 60)
        await contribute(client, "p", {"growth": 1}, done=DAY_1)
        await contribute(client, "q", {"child": 3})
        told = [(await client.get(f"{URL}/growth/rollup")).content]
        for change in CHANGES:
            clock.advance(hours=1)
            assert (await client.request(change[0], change[1], json=change[2], headers=ANY)).is_success, change
            answer = await client.get(f"{URL}/growth/rollup")
            assert answer.json()["inputs_digest"] != _json(told[-1])["inputs_digest"], change
            told.append(answer.content)
        for content in told:
            first = _json(content)
            again = await client.get(
                f"{URL}/growth/rollup", params={"as_of": first["as_of"], "known_at": first["known_at"]}
            )
            expected = content.replace(b'"as_of_source":"now"', b'"as_of_source":"asked"')
            assert again.content == expected

    async def test_any_instant_of_knowledge_is_echoed_as_its_newest_fact(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        await create(client)
        await contribute(client, "p", {"growth": 1})
        clock.advance(hours=5)
        now = await rollup(client)
        assert now["known_at"] < "2026-03-02T10:00:00Z"
        clock.advance(hours=5)
        ok(await client.post("/v1/plans/p/events", json=event()))
        then = await rollup(client, known_at="2026-03-02T13:00:00Z", as_of=now["as_of"])
        assert then == {**now, "as_of_source": "asked"}
        by_default = await rollup(client, known_at="2026-03-02T13:00:00Z")
        assert (by_default["as_of"], by_default["as_of_source"]) == ("2026-03-02T13:00:00Z", "known_at")

    async def test_what_was_there_then_is_told_though_it_is_gone(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        await create(client)
        await create(client, "child", parent="growth")
        await contribute(client, "p", {"growth": 1})
        clock.advance(hours=1)
        await client.delete(f"{URL}/child", headers=if_match("*"))
        await client.delete("/v1/plans/p", headers=if_match("*"))
        assert (await rollup(client))["contributors"] == []
        before = await rollup(client, known_at="2026-03-02T09:30:00Z")
        assert [each["key"] for each in before["contributors"]] == ["child", "p"]

    async def test_an_instant_that_can_not_be_answered(self, client: httpx.AsyncClient) -> None:
        await create(client)
        for instant in ("2026-03-02T08:59:00Z", "2026-03-01", "2026-03-02T10:00:00Z", "2026-03-04"):
            answer = await client.get(f"{URL}/growth/rollup", params={"known_at": instant})
            assert (failure(answer)[1], places(answer)) == ("instant-refused", [("?known_at", "known_at_refused")])
        assert (await rollup(client, known_at="2026-03-02"))["as_of_source"] == "now"


ANY = if_match("*")
CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "/v1/plans/p/events", event("late", "z", occurred_at=DAY_3)),
    ("PATCH", f"{URL}/child", {"rollup": "worst"}),
    ("PATCH", f"{URL}/child", {"weight": 5}),
    ("PATCH", "/v1/plans/q/objectives/child", {"weight": 7.0}),
    ("PATCH", "/v1/plans/p/milestones/z", {"planned_finish": "2026-05-05"}),
    ("POST", "/v1/plans/p/baselines", {"name": "Again", "reason": "agreed"}),
    (
        "POST",
        f"{URL}/growth/events",
        {
            "id": "later",
            "source": "survey",
            "type": "metric.measured",
            "occurred_at": "2026-03-01T12:00:00Z",
            "data": {"metric": "adoption", "value": 90},
        },
    ),
    ("PATCH", f"{URL}/growth/metrics/adoption", {"target": 50}),
    ("POST", URL, {"key": "newcomer", "name": "New", "parent": "growth"}),
    ("POST", "/v1/plans/p/objectives", {"key": "newcomer"}),
    ("PATCH", f"{URL}/child", {"parent": None}),
    ("DELETE", "/v1/plans/p/objectives/newcomer", None),
    ("DELETE", f"{URL}/newcomer", None),
    ("PATCH", f"{URL}/child", {"parent": "growth"}),
    ("DELETE", "/v1/plans/p", None),
]


def _json(content: bytes) -> Json:
    return httpx.Response(200, content=content).json()  # type: ignore[no-any-return]


def test_the_log_is_gone_through_once_however_many_objectives_there_are() -> None:
    recorded = Counted()
    version = {"weight": 1.0, "rollup": "weighted", "time_zone": "UTC", "period": None}
    versions: dict[str, Any] = {"root": {**version, "key": "root", "parent": None, "metrics": {}}}
    for key in ("a", "b", "c"):
        metrics = {"adoption": {"name": "Teams", "baseline_value": 0, "target": 100}}
        versions[key] = {**version, "key": key, "parent": "root", "metrics": metrics}
        data = {"metric": "adoption", "value": 50.0}
        columns = ("survey", key, "metric.measured", None, NOW - timedelta(days=1), None, data)
        recorded.append(Happened(key, 1, NOW, columns))
    answer = rolled_up(View("root", versions, [], {}, recorded, None, NOW, NOW), {}, NOW)
    assert answer.result.score.known.value == 0.5
    assert [each.key for each in answer.contributors] == ["a", "b", "c"]
    assert recorded.times == 1


class Counted(list[Happened]):
    """Counts how often it was gone through."""

    times = 0

    def __iter__(self) -> Iterator[Happened]:
        self.times += 1
        return super().__iter__()


async def test_at_most_200_plans_are_read(client: httpx.AsyncClient) -> None:
    await create(client)
    for n in range(201):
        plan = {"name": "A plan", "milestones": [], "objectives": [{"key": "growth"}]}
        await build.put(client, f"p{n}", plan)
        if n == 199:
            assert len((await rollup(client))["contributors"]) == 200
    refused = await client.get(f"{URL}/growth/rollup")
    assert failure(refused) == (422, "rollup-too-large")
    assert "201 plans" in refused.json()["detail"]
    limits = await build.get(client, "/v1/limits")
    assert limits["max_rollup_plans"] == 200
