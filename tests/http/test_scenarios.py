"""Scenarios: alternatives to a plan, kept with it, and compared beside it from one snapshot."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import Json, activity, dependency, document, failure, if_match, milestone, ok, places
from tests.http.events_build import event, post
from tests.service import TestClock

URL = "/v1/plans/p/scenarios"
DAY = 480


def euros(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def scenario(key: str = "fast", **fields: Any) -> Json:
    """A scenario in which b takes half of its time and costs twice as much."""
    change = {"milestones": {"b": {"planned_duration_minutes": DAY, "budget": euros("800.00")}}}
    return {"key": key, "name": "A second shift", "change": change, **fields}


async def create(client: httpx.AsyncClient, key: str = "fast", **fields: Any) -> Json:
    return ok(await client.post(URL, json=scenario(key, **fields)))


async def compared(client: httpx.AsyncClient, **params: Any) -> Json:
    """The comparison at the start of the first day, unless another instant is asked for."""
    return await build.get(client, "/v1/plans/p/scenario-comparison", **{"as_of": "2026-03-02T08:00:00Z", **params})


async def side(client: httpx.AsyncClient, key: str = "fast", **params: Any) -> Json:
    """One scenario of a comparison."""
    (found,) = (await compared(client, scenarios=key, **params))["scenarios"]
    side: Json = found
    return side


SUPPLIER: Json = {
    "key": "supplier",
    "name": "The supplier fails",
    "probability": 0.5,
    "impacts": [{"milestone": "a", "minutes": DAY, "cost": euros("100.00")}],
}
ADOPTION: Json = {"key": "adoption", "name": "Users", "baseline_value": 0, "target": 100, "measure_at": "2026-06-30"}


@pytest.fixture(autouse=True)
async def plan(client: httpx.AsyncClient) -> None:
    """a (2 days), then b (2 days), then the release, on office days from Monday, March 2; a risk and a metric."""
    work = {"planned_duration_minutes": 2 * DAY}
    content = document(
        activity("a", "2026-03-02", "2026-03-03", **work, budget=euros("400.00")),
        activity("b", "2026-03-04", "2026-03-05", **work, budget=euros("400.00")),
        milestone("release", "2026-03-05"),
        calendar="standard",
        scheduling="as_soon_as_possible",
        schedule_options={"project_start": "2026-03-02"},
        dependencies=[dependency("a", "b"), dependency("b", "release")],
        risks=[SUPPLIER],
        metrics=[ADOPTION],
    )
    await build.put(client, "p", content)
    await build.capture(client, "p")


class TestKeeping:
    """A scenario is content of the plan."""

    async def test_its_change_is_kept_as_it_was_given(self, client: httpx.AsyncClient) -> None:
        made = await create(client, risks=["supplier"], metric_effects={"adoption": 80})
        assert made == {
            **scenario(risks=["supplier"], metric_effects={"adoption": 80.0}),
            "description": None,
            "revision": 2,
        }
        assert await build.get(client, f"{URL}/fast") == made
        got = await build.get(client, "/v1/plans/p/document")
        assert got["scenarios"][0]["change"] == scenario()["change"]
        assert not (await build.put(client, "p", got, If_Match="*"))["changed"]
        await build.put(client, "copy", got)
        assert await build.get(client, "/v1/plans/copy/document") == got

    UNFIT: list[tuple[Json, tuple[str, str]]] = [
        ({"risks": ["none"]}, ("/risks/0", "unknown_risk")),
        ({"risks": ["supplier", "supplier"]}, ("/risks/1", "repeated")),
        ({"metric_effects": {"none": 1}}, ("/metric_effects/none", "unknown_metric")),
        ({"change": {"milestones": {"none": None}}}, ("/change/milestones/none", "unknown_milestone")),
        ({"change": {"plan": {"calendar": "none"}}}, ("/change/plan/calendar", "unknown_calendar")),
        ({"change": {"plan": {"status": "active"}}}, ("/change/plan/status", "not_schedulable")),
        ({"change": {"dependencies": [dependency("b", "a")]}}, ("/change/dependencies", "cycle")),
    ]

    async def test_it_must_fit_the_plan_when_it_is_written(
        self, client: httpx.AsyncClient, subtests: pytest.Subtests
    ) -> None:
        for fields, place in self.UNFIT:
            with subtests.test(fields=fields):
                assert places(await client.post(URL, json=scenario(**fields))) == [place]

    async def test_the_plan_may_change_under_it(self, client: httpx.AsyncClient) -> None:
        await create(client)
        ok_delete = await client.delete("/v1/plans/p/milestones/b", headers=if_match("*"))
        assert ok_delete.status_code == 204
        renamed = await client.patch(f"{URL}/fast", json={"name": "Two shifts"}, headers=if_match("*"))
        assert ok(renamed)["name"] == "Two shifts"

    async def test_what_it_names_stays_in_the_plan(self, client: httpx.AsyncClient) -> None:
        await create(client, risks=["supplier"])
        refused = await client.delete("/v1/plans/p/risks/supplier", headers=if_match("*"))
        assert places(refused) == [("", "unknown_risk")]
        assert "fast" in refused.json()["errors"][0]["detail"]

    async def test_it_goes_when_nothing_names_it(self, client: httpx.AsyncClient) -> None:
        await create(client)
        assert (await client.delete(f"{URL}/fast", headers=if_match("*"))).status_code == 204
        assert failure(await client.get(f"{URL}/fast")) == (404, "scenario-not-found")


class TestComparing:
    """Every number beside that of the plan as it is."""

    async def test_the_plan_as_it_is(self, client: httpx.AsyncClient) -> None:
        found = await compared(client)
        assert found["scenarios"] == []
        assert found["current"]["schedule"] == {
            "projected_finish": "2026-03-05",
            "projection_reason": None,
            "finish_variance": found["current"]["schedule"]["finish_variance"],
            "finish_change_minutes": None,
            "worst_total_float_minutes": 0,
            "critical_count": 3,
            "near_critical_count": 0,
            "network_reason": None,
            "critical_path_minutes": 4 * DAY,
        }
        assert found["current"]["cost"] == {
            "budget": euros("800.00"),
            "risks": euros("0.00"),
            "spent": euros("0.00"),
            "estimate_at_completion": euros("800.00"),
            "reason": None,
        }
        exposure = {"risks": 1, "unquantified": 0, "expected_minutes": 240.0, "expected_cost": euros("50.00")}
        assert found["current"]["exposure"] == exposure
        assert (found["current"]["metrics"]["score"], found["current"]["metrics"]["reason"]) == (
            None,
            "insufficient_data",
        )

    async def test_a_change_of_dates_and_money(self, client: httpx.AsyncClient) -> None:
        await create(client)
        found = await side(client)
        schedule = found["schedule"]
        assert (schedule["projected_finish"], schedule["finish_change_minutes"]) == ("2026-03-04", -DAY)
        assert schedule["finish_variance"]["working_minutes"] == -DAY
        assert found["cost"]["estimate_at_completion"] == euros("1200.00")
        assert [each["key"] for each in found["changes"]["milestones_changed"]] == ["b"]
        assert (found["fits"], found["stale"], found["based_on"]) == (True, False, 2)

    async def test_risks_that_occur_delay_and_cost_and_are_exposure_no_more(self, client: httpx.AsyncClient) -> None:
        await create(client, "worst", change={}, risks=["supplier"])
        found = await side(client, "worst")
        assert found["schedule"]["projected_finish"] == "2026-03-06"
        assert found["schedule"]["finish_change_minutes"] == DAY
        assert found["schedule"]["critical_count"] == 3
        assert (found["cost"]["risks"], found["cost"]["budget"]) == (euros("100.00"), euros("800.00"))
        assert found["cost"]["estimate_at_completion"] == euros("900.00")
        assert (found["exposure"]["risks"], found["exposure"]["expected_minutes"]) == (0, 0.0)
        assert found["changes"]["milestones_added"] == []

    async def test_a_delay_moves_held_dates_and_what_follows_an_instant(self, client: httpx.AsyncClient) -> None:
        gate, then = milestone("gate", "2026-03-10"), milestone("then", "2026-03-11")
        late = {**SUPPLIER, "impacts": [{"milestone": "gate", "minutes": 2 * DAY}]}
        links = [dependency("gate", "then", "SS")]
        content = document(gate, then, calendar="standard", dependencies=links, risks=[late])
        await build.put(client, "p", {**content, "scheduling": "hold_planned_dates", "metrics": []}, If_Match="*")
        await create(client, "worst", change={}, risks=["supplier"])
        found = (await side(client, "worst"))["schedule"]
        assert (found["projected_finish"], found["finish_change_minutes"]) == ("2026-03-12T17:00:00Z", DAY)

    async def test_a_delay_of_what_is_done_delays_nothing(self, client: httpx.AsyncClient) -> None:
        await create(client, "worst", change={}, risks=["supplier"])
        started = build.event(0, "a", type="milestone.started", occurred_at="2026-03-02T08:00:00Z")
        done = build.event(1, "a", occurred_at="2026-03-02T09:00:00Z")
        for each in (started, done):
            ok(await client.post("/v1/plans/p/events", json=each))
        found = await side(client, "worst", as_of="2026-03-02T09:00:00Z")
        assert found["schedule"]["finish_change_minutes"] == 0
        assert found["cost"]["risks"] == euros("100.00")

    async def test_expected_values_of_metrics_are_scored(self, client: httpx.AsyncClient) -> None:
        await create(client, metric_effects={"adoption": 80})
        found = await side(client)
        assert (found["metrics"]["score"], found["metrics"]["verdict"]) == (0.8, "met")

    async def test_what_is_expected_of_a_metric_that_is_settled_changes_nothing(
        self, client: httpx.AsyncClient
    ) -> None:
        await create(client, metric_effects={"adoption": 80})
        found = await side(client, as_of="2026-07-31T00:00:00Z")
        assert (found["metrics"]["score"], found["metrics"]["verdict"]) == (0.0, "missed")  # it was not measured

    async def test_a_risk_that_occurred_is_exposure_as_a_whole(self, client: httpx.AsyncClient) -> None:
        told = event("worst", "risk.occurred", None, "2026-03-02T08:00:00Z", data={"risk": "supplier"})
        await post(client, "p", told)
        assert (await compared(client))["current"]["exposure"]["expected_minutes"] == DAY

    async def test_dates_beyond_all_calendars_have_a_reason(self, client: httpx.AsyncClient) -> None:
        await create(client, change={"milestones": {"b": {"planned_duration_minutes": 52_560_000}}})
        found = (await side(client))["schedule"]
        assert found["network_reason"] == "calendar_horizon"
        assert (found["worst_total_float_minutes"], found["critical_count"]) == (None, None)

    async def test_all_of_them_or_those_that_are_named(self, client: httpx.AsyncClient) -> None:
        for key in ("fast", "cheap", "worst"):
            await create(client, key)
        found = await compared(client)
        assert [each["scenario"] for each in found["scenarios"]] == ["cheap", "fast", "worst"]
        found = await compared(client, scenarios="worst,cheap")
        assert [each["scenario"] for each in found["scenarios"]] == ["worst", "cheap"]
        refused = await client.get("/v1/plans/p/scenario-comparison", params={"scenarios": "cheap,none"})
        assert places(refused) == [("?scenarios", "unknown_scenario")]

    async def test_their_number_is_bounded(self, client: httpx.AsyncClient) -> None:
        many = [scenario(f"s{number:02}") for number in range(11)]
        await build.put(client, "p", {"scenarios": many}, If_Match="*")
        found = await compared(client)
        assert (len(found["scenarios"]), found["left_out"]) == (10, ["s10"])
        eleven = ",".join(each["key"] for each in many)
        refused = await client.get("/v1/plans/p/scenario-comparison", params={"scenarios": eleven})
        assert places(refused) == [("?scenarios", "too_many")]

    async def test_nothing_is_stored(self, client: httpx.AsyncClient) -> None:
        await create(client)
        before = await build.get(client, "/v1/plans/p")
        await compared(client)
        assert await build.get(client, "/v1/plans/p") == before

    async def test_a_plan_that_says_nothing_has_reasons(self, client: httpx.AsyncClient) -> None:
        await build.put(client, "q", {"name": "Nothing yet"})
        found = (await build.get(client, "/v1/plans/q/scenario-comparison"))["current"]
        assert (found["schedule"]["projected_finish"], found["schedule"]["projection_reason"]) == (
            None,
            "not_applicable",
        )
        assert (found["schedule"]["worst_total_float_minutes"], found["schedule"]["network_reason"]) == (
            None,
            "not_applicable",
        )
        assert found["cost"]["reason"] == "no_currency"


class TestStaleness:
    """What was edited since a scenario was saved is named, if the scenario touches it."""

    async def test_an_edit_of_what_it_touches_makes_it_stale(self, client: httpx.AsyncClient) -> None:
        await create(client)
        ok(await client.patch("/v1/plans/p/milestones/a", json={"owner": "crew"}, headers=if_match("*")))
        assert not (await side(client))["stale"]
        ok(await client.patch("/v1/plans/p/milestones/b", json={"owner": "crew"}, headers=if_match("*")))
        found = await side(client)
        assert (found["stale"], found["fits"]) == (True, True)
        edit = {"part": "milestones", "key": "b", "kind": "changed", "fields": ["owner"]}
        assert found["edited_since"] == [edit]

    async def test_saving_it_again_looks_at_the_plan_as_it_is(self, client: httpx.AsyncClient) -> None:
        await create(client)
        ok(await client.patch("/v1/plans/p/milestones/b", json={"owner": "crew"}, headers=if_match("*")))
        ok(await client.patch(f"{URL}/fast", json={"description": "Looked at"}, headers=if_match("*")))
        found = await side(client)
        assert (found["stale"], found["based_on"]) == (False, 4)

    async def test_one_that_does_not_fit_any_more_says_where(self, client: httpx.AsyncClient) -> None:
        change = {"milestones": {"b": None}}
        await create(client, "without", change=change)
        await client.delete("/v1/plans/p/milestones/b", headers=if_match("*"))
        found = await side(client, "without")
        assert (found["fits"], found["schedule"], found["cost"]) == (False, None, None)
        assert [each["pointer"] for each in found["misfits"]] == ["/milestones/b"]
        assert found["edited_since"][0]["kind"] == "removed"

    async def test_one_whose_calendar_is_gone_is_not_adopted(self, client: httpx.AsyncClient) -> None:
        ok(await client.post("/v1/calendars", json=build.calendar(key="plant")))
        await create(client, change={"plan": {"calendar": "plant"}})
        assert (await side(client))["fits"]
        gone = await client.delete("/v1/calendars/plant", headers=if_match("*"))
        assert gone.status_code == 204
        refused = await client.post(f"{URL}/fast/adoptions", json={"reason": "Chosen"})
        assert failure(refused) == (409, "scenario-unfit")
        assert refused.json()["errors"][0]["pointer"] == "/change/plan/calendar"

    async def test_a_plan_made_whole_may_bring_one_that_does_not_fit(self, client: httpx.AsyncClient) -> None:
        lost = {"key": "fast", "name": "Lost", "change": {"plan": {"calendar": "none"}}}
        await build.put(client, "copy", document(scenarios=[lost]))
        (found,) = (await build.get(client, "/v1/plans/copy/scenario-comparison"))["scenarios"]
        assert (found["fits"], found["schedule"]) == (False, None)
        assert [each["pointer"] for each in found["misfits"]] == ["/plan/calendar"]

    async def test_the_calendars_of_scenarios_are_known_as_of_the_answer(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        ok(await client.post("/v1/calendars", json=build.calendar(key="plant")))
        await create(client, change={"plan": {"calendar": "plant"}})
        clock.advance(hours=1)
        half_days = {"monday": [{"from": "08:00", "to": "12:00"}]}
        ok(await client.patch("/v1/calendars/plant", json={"weekly": half_days}, headers=if_match("*")))
        now = await client.get("/v1/plans/p/scenario-comparison", params={"as_of": "2026-03-02T08:00:00Z"})
        again = {"as_of": now.json()["as_of"], "known_at": now.json()["known_at"]}
        clock.advance(hours=1)
        ok(await client.patch("/v1/calendars/plant", json={"weekly": {"monday": []}}, headers=if_match("*")))
        assert (await client.get("/v1/plans/p/scenario-comparison", params=again)).content == now.content

    async def test_as_it_was_known_then(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        await create(client)
        clock.advance(hours=1)
        then = {"known_at": "2026-03-02T09:30:00Z", "as_of": "2026-03-02T09:00:00Z"}
        before = (await client.get("/v1/plans/p/scenario-comparison", params=then)).content
        ok(await client.patch("/v1/plans/p/milestones/b", json={"owner": "crew"}, headers=if_match("*")))
        ok(await client.patch(f"{URL}/fast", json={"change": {"plan": {"goal": "x"}}}, headers=if_match("*")))
        assert (await client.get("/v1/plans/p/scenario-comparison", params=then)).content == before
