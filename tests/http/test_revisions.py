"""Revisions and comparisons: who changed what, when and why; any two states compared."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import dependency, document, failure, if_match, milestone, ok, places
from tests.service import MakeClient, TestClock

COUNTS = (
    "plan_fields",
    "milestones_added",
    "milestones_removed",
    "milestones_changed",
    "dependencies_added",
    "dependencies_removed",
    "dependencies_changed",
    "parts_added",
    "parts_removed",
    "parts_changed",
)


@pytest.fixture
async def history(client: httpx.AsyncClient, clock: TestClock) -> None:
    """Four revisions, an hour apart, and baselines of the first, the third and (supplementary) the fourth."""
    links = [dependency("a", "b")]
    await build.put(client, "p", document(milestone("a"), milestone("b"), dependencies=links))
    await build.capture(client, "p")
    clock.advance(hours=1)
    await client.patch(
        "/v1/plans/p/milestones/a",
        json={"name": "Renamed", "weight": 2},
        headers=if_match("*"),
        params={"reason": "why"},
    )
    clock.advance(hours=1)
    await client.delete("/v1/plans/p/milestones/b", headers=if_match("*"))
    await build.capture(client, "p")
    clock.advance(hours=1)
    plan = document(milestone("a", name="Renamed", weight=2), milestone("c"), goal="Ship")
    await build.put(client, "p", plan | {"dependencies": [dependency("c", "a")]}, If_Match="*")
    await build.capture(client, "p", supplementary=True)


def counts(**changed: int) -> dict[str, int]:
    return dict.fromkeys(COUNTS, 0) | changed


NO_NUMBERS = ["0", "-1", "x", "1.5", "2147483647", "9" * 30]


@pytest.mark.usefixtures("history")
class TestRevisions:
    """GET /v1/plans/{plan}/revisions."""

    async def test_the_newest_comes_first_with_who_when_why_and_how_much(self, client: httpx.AsyncClient) -> None:
        items = (await build.get(client, "/v1/plans/p/revisions"))["items"]
        assert [item["revision"] for item in items] == [4, 3, 2, 1]
        assert {item["author"] for item in items} == {"admin"}
        assert [item["recorded_at"][:13] for item in items] == [f"2026-03-02T{hour}" for hour in (12, 11, 10, "09")]
        assert [item["reason"] for item in items] == [None, None, "why", None]
        assert [item["origin"] for item in items] == ["document", "edit", "edit", "document"]
        assert [item["change_counts"] for item in items] == [
            counts(plan_fields=1, milestones_added=1, dependencies_added=1),
            counts(milestones_removed=1, dependencies_removed=1),
            counts(milestones_changed=1),
            counts(milestones_added=2, dependencies_added=1),
        ]

    async def test_in_pages_that_stay_as_they_are_while_others_edit(self, client: httpx.AsyncClient) -> None:
        first = await build.get(client, "/v1/plans/p/revisions", limit=3)
        await client.patch("/v1/plans/p", json={"goal": "x"}, headers=if_match("*"))
        second = await build.get(client, "/v1/plans/p/revisions", limit=3, cursor=first["next_cursor"])
        assert [item["revision"] for item in first["items"] + second["items"]] == [4, 3, 2, 1]
        assert second["next_cursor"] is None

    async def test_one_tells_every_change(self, client: httpx.AsyncClient) -> None:
        listed = (await build.get(client, "/v1/plans/p/revisions"))["items"]
        for item in listed:
            one = await build.get(client, f"/v1/plans/p/revisions/{item['revision']}")
            changes = one.pop("changes")
            assert one == item
            lengths = {name: len(changes["plan" if name == "plan_fields" else name]) for name in COUNTS}
            assert lengths == item["change_counts"]

    async def test_a_change_is_told_field_by_field(self, client: httpx.AsyncClient) -> None:
        changes = (await build.get(client, "/v1/plans/p/revisions/2"))["changes"]
        assert changes["milestones_changed"] == [
            {
                "key": "a",
                "fields": [
                    {"field": "name", "before": "Milestone a", "after": "Renamed"},
                    {"field": "weight", "before": 1.0, "after": 2.0},
                ],
            }
        ]

    async def test_the_author_is_the_key(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: Any
    ) -> None:
        other = make_client(await make_key("plans:write", name="ci"))
        ok(await other.patch("/v1/plans/p", json={"goal": "x"}, headers=if_match("*")))
        assert (await build.get(client, "/v1/plans/p/revisions/5"))["author"] == "ci"

    @pytest.mark.parametrize("number", [5, 2_147_483_646])
    async def test_an_unknown_one(self, client: httpx.AsyncClient, number: int) -> None:
        assert failure(await client.get(f"/v1/plans/p/revisions/{number}")) == (404, "revision-not-found")

    async def test_no_number_of_a_revision(self, client: httpx.AsyncClient) -> None:
        for number in NO_NUMBERS:
            answer = await client.get(f"/v1/plans/p/revisions/{number}")
            assert [pointer for pointer, _ in places(answer)] == ["#path/revision"]


STATES = [
    ("current", 4, None),
    ("revision:2", 2, None),
    ("baseline:1", 1, 1),
    ("baseline:3", 4, 3),
    ("baseline:original", 1, 1),
    ("baseline:current", 3, 2),
]


NO_STATES = [
    ("revision:0", "revision-not-found"),
    ("revision:5", "revision-not-found"),
    ("baseline:4", "baseline-not-found"),
    ("baseline:0", "baseline-not-found"),
]


NO_NAMES = ["", "now", "revision", "revision:", "revision:x", "revision:-1", "baseline:latest", "1", "revision:²"]


@pytest.mark.usefixtures("history")
class TestComparison:
    """GET /v1/plans/{plan}/comparison."""

    async def test_every_way_to_name_a_state(self, client: httpx.AsyncClient) -> None:
        for reference, revision, baseline in STATES:
            there = await build.get(client, "/v1/plans/p/comparison", **{"from": reference, "to": "revision:1"})
            back = await build.get(client, "/v1/plans/p/comparison", **{"from": "revision:1", "to": reference})
            assert there["from"] == back["to"] == {"revision": revision, "baseline": baseline}
            assert there["changes"]["milestones_added"] == back["changes"]["milestones_removed"]
            assert there["changes"]["dependencies_added"] == back["changes"]["dependencies_removed"]

    async def test_against_the_plan_as_it_is_now_by_default(self, client: httpx.AsyncClient) -> None:
        found = await build.get(client, "/v1/plans/p/comparison", **{"from": "baseline:original"})
        assert found["to"] == {"revision": 4, "baseline": None}
        changes = found["changes"]
        assert (changes["milestones_added"], changes["milestones_removed"]) == (["c"], ["b"])
        assert [change["key"] for change in changes["milestones_changed"]] == ["a"]
        assert changes["plan"] == [{"field": "goal", "before": None, "after": "Ship"}]
        links = [(link["predecessor"], link["successor"]) for link in changes["dependencies_removed"]]
        assert links == [("a", "b")]

    async def test_of_a_state_with_itself_there_is_nothing(self, client: httpx.AsyncClient) -> None:
        found = await build.get(client, "/v1/plans/p/comparison", **{"from": "baseline:2", "to": "revision:3"})
        assert [part for part in found["changes"].values() if part] == []

    async def test_a_state_that_is_not(self, client: httpx.AsyncClient) -> None:
        for reference, code in NO_STATES:
            for params in ({"from": reference}, {"from": "current", "to": reference}):
                assert failure(await client.get("/v1/plans/p/comparison", params=params)) == (404, code)

    async def test_no_name_of_a_state(self, client: httpx.AsyncClient) -> None:
        for reference in NO_NAMES:
            for name, params in (("from", {"from": reference}), ("to", {"from": "current", "to": reference})):
                answer = await client.get("/v1/plans/p/comparison", params=params)
                assert places(answer) == [(f"?{name}", "invalid_reference")]

    async def test_from_is_required(self, client: httpx.AsyncClient) -> None:
        assert places(await client.get("/v1/plans/p/comparison")) == [("?from", "missing")]
