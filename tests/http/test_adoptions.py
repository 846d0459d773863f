"""Adopting a scenario: its change and the decision behind it become one revision, or nothing happens."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import Json, activity, dependency, document, failure, if_match, milestone, ok, places
from tests.service import TestClock

URL = "/v1/plans/p/scenarios/fast/adoptions"
OPTIONS = [
    {"key": "stay", "name": "As planned", "description": None, "scenario": None},
    {"key": "hurry", "name": "A second shift", "description": None, "scenario": "fast"},
]
MADE: Json = {
    "key": "shift",
    "question": "A second shift?",
    "options": OPTIONS,
    "choice": "hurry",
    "reason": "The fair is in March",
    "decided_by": "board",
}
CHANGE: Json = {
    "plan": {"goal": "Ready for the fair"},
    "milestones": {"b": {"planned_finish": "2026-03-12"}, "test": {"name": "Test", "planned_finish": "2026-03-13"}},
    "dependencies": [{"predecessor": "b", "successor": "test"}],
    "removed_dependencies": [{"predecessor": "a", "successor": "b"}],
}


async def adopt(client: httpx.AsyncClient, *, key: str | None = None, **fields: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await client.post(URL, json={"reason": "Chosen", **fields}, headers=headers)


async def decide(client: httpx.AsyncClient, **fields: Any) -> Json:
    return ok(await client.post("/v1/plans/p/decisions", json={**MADE, **fields}))


async def edit(client: httpx.AsyncClient, milestone: str = "b", **fields: Any) -> None:
    ok(await client.patch(f"/v1/plans/p/milestones/{milestone}", json=fields, headers=if_match("*")))


async def revision(client: httpx.AsyncClient) -> int:
    """The newest revision of the plan."""
    found: int = (await build.get(client, "/v1/plans/p"))["revision"]
    return found


@pytest.fixture(autouse=True)
async def plan(client: httpx.AsyncClient) -> None:
    """Revision 1: a plan that asks for a decision before a scenario is adopted, with scenarios `fast` and `other`."""
    content = document(
        activity("a", "2026-03-02", "2026-03-06"),
        activity("b", "2026-03-09", "2026-03-20"),
        dependencies=[dependency("a", "b")],
        decisions_required_for=["adoption"],
        scenarios=[
            {"key": "fast", "name": "A second shift", "change": CHANGE},
            {"key": "other", "name": "Another", "change": {"plan": {"goal": "None"}}},
        ],
    )
    await build.put(client, "p", content)


class TestOneRevision:
    """What an adoption makes."""

    async def test_the_change_and_a_new_decision_are_one_revision(self, client: httpx.AsyncClient) -> None:
        answer = await adopt(client, new_decision=MADE)
        adopted = ok(answer)
        assert (answer.status_code, answer.headers["Location"]) == (201, "/v1/plans/p/revisions/2")
        assert (adopted["revision"], adopted["decision"], adopted["reason"]) == (2, "shift", "Chosen")
        found = await build.get(client, "/v1/plans/p/revisions/2")
        assert (found["origin"], found["reason"]) == ("scenario", "Chosen")
        assert found["changes"] == adopted["changes"]
        assert found["changes"]["milestones_added"] == ["test"]
        assert found["changes"]["parts_added"] == [{"part": "decisions", "key": "shift"}]
        got = await build.get(client, "/v1/plans/p/document")
        assert got["goal"] == "Ready for the fair"
        assert [each["predecessor"] for each in got["dependencies"]] == ["b"]
        decision = await build.get(client, "/v1/plans/p/decisions/shift")
        assert (decision["status"], decision["scenario"], decision["resulting_revision"]) == ("decided", "fast", 2)

    async def test_allocations_are_part_of_it(self, client: httpx.AsyncClient) -> None:
        for key in ("anna", "ben"):
            ok(await client.post("/v1/resources", json=build.resource(key=key)))
        one = build.assignment(key="one", milestone="a", resource="anna")
        ok(await client.post("/v1/plans/p/assignments", json=one))
        change = {"one": {"resource": "ben"}, "two": {"milestone": "b", "resource": "anna", "effort_minutes": 480}}
        scenario = {"key": "swap", "name": "Ben does it", "change": {"assignments": change}}
        ok(await client.post("/v1/plans/p/scenarios", json=scenario))
        adoption = {"reason": "Chosen", "new_decision": {**MADE, "choice": "stay"}}
        adopted = ok(await client.post(URL.replace("fast", "swap"), json=adoption))
        assert [each["key"] for each in adopted["changes"]["parts_changed"]] == ["one"]
        assert {"part": "assignments", "key": "two"} in adopted["changes"]["parts_added"]
        assert (await build.get(client, "/v1/plans/p/assignments/one"))["resource"] == "ben"

    async def test_allocations_of_nobody_are_refused_when_they_are_prepared(self, client: httpx.AsyncClient) -> None:
        change = {"two": {"milestone": "b", "resource": "nobody", "units": 1}}
        scenario = {"key": "swap", "name": "Nobody does it", "change": {"assignments": change}}
        refused = await client.post("/v1/plans/p/scenarios", json=scenario)
        assert places(refused) == [("/change/assignments/two/resource", "unknown_resource")]
        gone = {"key": "swap", "name": "It is not done", "change": {"assignments": {"none": None}}}
        refused = await client.post("/v1/plans/p/scenarios", json=gone)
        assert places(refused) == [("/change/assignments/none", "unknown_assignment")]

    async def test_a_decision_that_was_made_before_gets_its_links(self, client: httpx.AsyncClient) -> None:
        await decide(client)
        adopted = ok(await adopt(client, decision="shift"))
        assert adopted["changes"]["parts_changed"][0]["key"] == "shift"
        decision = await build.get(client, "/v1/plans/p/decisions/shift")
        assert (decision["scenario"], decision["resulting_revision"], decision["revision"]) == ("fast", 3, 3)

    async def test_without_that_policy_a_reason_is_enough(self, client: httpx.AsyncClient) -> None:
        ok(await client.patch("/v1/plans/p", json={"decisions_required_for": []}, headers=if_match("*")))
        adopted = ok(await adopt(client))
        assert (adopted["decision"], adopted["revision"]) == (None, 3)

    async def test_a_repeat_does_it_once(self, client: httpx.AsyncClient, clock: TestClock) -> None:
        first = await adopt(client, key="once", new_decision=MADE)
        clock.advance(minutes=1)
        again = await adopt(client, key="once", new_decision=MADE)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert await revision(client) == 2

    async def test_of_two_at_once_one_wins(self, client: httpx.AsyncClient) -> None:
        mine, yours = {**MADE, "key": "mine"}, {**MADE, "key": "yours"}
        answers = await asyncio.gather(adopt(client, new_decision=mine), adopt(client, new_decision=yours))
        assert sorted(each.status_code for each in answers) == [201, 409]
        (lost,) = (each for each in answers if each.status_code == 409)
        assert failure(lost) == (409, "scenario-stale")
        (won,) = (each for each in answers if each.status_code == 201)
        assert await revision(client) == 2
        decisions = (await build.get(client, "/v1/plans/p/decisions"))["items"]
        assert [each["key"] for each in decisions] == [won.json()["decision"]]


class TestRefused:
    """Nothing is half done."""

    @pytest.fixture(autouse=True)
    async def unchanged(self, client: httpx.AsyncClient, plan: None) -> Any:
        """Whatever a test does, the refused adoption leaves neither its goal nor its decision."""
        yield
        got = await build.get(client, "/v1/plans/p/document")
        assert got["goal"] is None
        assert all(each["resulting_revision"] in {None, 1} for each in got["decisions"])

    async def test_where_the_plan_asks_for_a_decision(self, client: httpx.AsyncClient) -> None:
        refused = await adopt(client)
        assert failure(refused) == (409, "decision-required")
        assert await revision(client) == 1

    async def test_what_was_edited_since_is_named(self, client: httpx.AsyncClient) -> None:
        await edit(client, planned_finish="2026-03-27")
        refused = await adopt(client, new_decision=MADE)
        assert failure(refused) == (409, "scenario-stale")
        (place,) = refused.json()["errors"]
        assert (place["pointer"], place["code"]) == ("/milestones/b", "edited_since")
        assert place["detail"] == "was changed since revision 1: planned_finish"

    async def test_changes_are_accepted_only_as_far_as_they_were_seen(self, client: httpx.AsyncClient) -> None:
        for finish in ("2026-03-27", "2026-03-28"):
            await edit(client, planned_finish=finish)
        refused = await adopt(client, new_decision=MADE, accept_changes_since=2)
        assert failure(refused) == (409, "scenario-stale")

    async def test_a_change_that_the_plan_does_not_take_any_more(self, client: httpx.AsyncClient) -> None:
        link = "/v1/plans/p/dependencies/a/FS/b"
        assert (await client.delete(link, headers=if_match("*"))).status_code == 204
        refused = await adopt(client, new_decision=MADE, accept_changes_since=2)
        assert failure(refused) == (409, "scenario-unfit")
        assert refused.json()["errors"][0]["pointer"] == "/change/removed_dependencies/0"

    @pytest.mark.parametrize(
        ("decision", "place"),
        [
            ("none", ("/decision", "unknown_decision")),
            ("open", ("/decision", "not_decided")),
            ("other", ("/decision", "other_scenario")),
            ("used", ("/decision", "used_already")),
        ],
    )
    async def test_a_decision_that_cannot_stand_behind_it(
        self, client: httpx.AsyncClient, decision: str, place: tuple[str, str]
    ) -> None:
        await decide(client, key="open", choice=None)
        await decide(client, key="other", scenario="other", choice="stay")
        await decide(client, key="used", resulting_revision=1)
        assert places(await adopt(client, decision=decision)) == [place]

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"choice": None}, ("/new_decision/choice", "not_decided")),
            ({"choice": "none"}, ("/new_decision/choice", "unknown_option")),
            ({"reason": None}, ("/new_decision/reason", "needed")),
            ({"supersedes": "none"}, ("/new_decision/supersedes", "unknown_decision")),
            ({"options": [{**OPTIONS[1], "scenario": "other"}]}, ("/new_decision/choice", "other_scenario")),
            ({"scenario": "fast"}, ("/new_decision/scenario", "extra_forbidden")),
        ],
    )
    async def test_a_new_decision_that_is_not_sound(
        self, client: httpx.AsyncClient, fields: Json, place: tuple[str, str]
    ) -> None:
        assert places(await adopt(client, new_decision={**MADE, **fields})) == [place]
        assert await revision(client) == 1

    async def test_the_key_of_another_decision(self, client: httpx.AsyncClient) -> None:
        await decide(client)
        assert failure(await adopt(client, new_decision=MADE)) == (409, "decision-key-taken")
        both = await adopt(client, new_decision={**MADE, "key": "new"}, decision="shift")
        assert places(both) == [("/new_decision", "two_decisions")]

    async def test_a_scenario_that_is_not_there(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/plans/p/scenarios/none/adoptions", json={"reason": "x"})
        assert failure(answer) == (404, "scenario-not-found")


async def test_the_document_of_a_plan_with_an_adoption_makes_the_same_plan_again(client: httpx.AsyncClient) -> None:
    ok(await adopt(client, new_decision=MADE))
    got = await build.get(client, "/v1/plans/p/document")
    assert not (await build.put(client, "p", got, If_Match="*"))["changed"]
    await build.put(client, "copy", got)
    assert await build.get(client, "/v1/plans/copy/document") == got


async def test_changes_that_were_seen_may_be_accepted(client: httpx.AsyncClient) -> None:
    await edit(client, planned_finish="2026-03-27", owner="crew")
    adopted = ok(await adopt(client, new_decision=MADE, accept_changes_since=2))
    assert adopted["revision"] == 3
    found = await build.get(client, "/v1/plans/p/milestones/b")
    assert (found["planned_finish"], found["owner"]) == ("2026-03-12", "crew")


async def test_an_edit_of_something_else_is_in_nobody_s_way(client: httpx.AsyncClient) -> None:
    await edit(client, "a", owner="crew")
    assert ok(await adopt(client, new_decision=MADE))["revision"] == 3


async def test_one_that_changes_nothing_is_recorded_by_its_decision_alone(client: httpx.AsyncClient) -> None:
    same = {"key": "fast", "name": "As planned", "description": "What if nothing is done?"}
    content = document(milestone(), dependencies=[], scenarios=[same], decisions_required_for=[])
    await build.put(client, "p", content, If_Match="*")
    assert failure(await adopt(client)) == (409, "scenario-unfit")
    adopted = ok(await adopt(client, new_decision={**MADE, "key": None}))
    assert adopted["decision"].startswith("decision-")
    assert adopted["changes"]["milestones_changed"] == []
