"""Milestones: each edit a new revision, nobody's edit lost."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import activity, dependency, document, failure, if_match, milestone, ok, phase, places

URL = "/v1/plans/p/milestones"
EMPTY: build.Json = {
    "external_id": None,
    "kind": "milestone",
    "planned_start": None,
    "planned_finish": None,
    "planned_duration_minutes": None,
    "calendar": None,
    "parent": None,
    "owner": None,
    "constraint": None,
    "deadline": None,
    "weight": 1.0,
    "labels": {},
    "budget": None,
}


@pytest.fixture(autouse=True)
async def plan(client: httpx.AsyncClient) -> None:
    """A phase with one child, a milestone after it, a link between the two, and a baseline."""
    parts = [phase("work"), activity("a", "2026-03-02", "2026-03-10", parent="work"), milestone("b")]
    await build.put(client, "p", document(*parts, dependencies=[dependency("a", "b")]))
    await build.capture(client, "p")


async def patch(client: httpx.AsyncClient, which: str, etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/{which}", json=change, headers=if_match(etag))


async def revision(client: httpx.AsyncClient) -> int:
    found: int = (await build.get(client, "/v1/plans/p"))["revision"]
    return found


WRONG: list[tuple[Any, tuple[str, str]]] = [
    (milestone("c", parent="nobody"), ("/parent", "unknown_milestone")),
    (milestone("c", parent="b"), ("/parent", "parent_not_phase")),
    (milestone("c", calendar="nobodys"), ("/calendar", "unknown_calendar")),
    (activity("c", "2026-03-10", "2026-03-09"), ("/planned_finish", "finish_before_start")),
    (milestone("c", planned_start="2026-03-01"), ("/planned_start", "both_dates")),
    (milestone("c", weight=float(2**40)), ("/weight", "less_than_equal")),
    (milestone("c", planned_duration_minutes=True), ("/planned_duration_minutes", "int_type")),
    (milestone("c", kind="epic"), ("/kind", "enum")),
    (milestone("c", constraint={"type": "SNET"}), ("/constraint", "constraint_date")),
    (milestone("c", labels={"x": "y" * 201}), ("/labels/x", "string_too_long")),
    (milestone("c", budget={"amount": "-1", "currency": "EUR"}), ("/budget/amount", "string_pattern_mismatch")),
    (milestone("c", budget={"amount": "1.00001", "currency": "EUR"}), ("/budget/amount", "string_pattern_mismatch")),
    (milestone("c", budget={"amount": 1, "currency": "EUR"}), ("/budget/amount", "string_type")),
    (milestone("c", budget={"amount": "1", "currency": "eur"}), ("/budget/currency", "string_pattern_mismatch")),
]


class TestCreating:
    """POST …/milestones."""

    async def test_is_a_new_revision(self, client: httpx.AsyncClient) -> None:
        made = await client.post(URL, json={"key": "c", "name": "C"}, params={"reason": "forgotten"})
        assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{URL}/c", '"r2"')
        assert made.json() == {"key": "c", "name": "C", **EMPTY, "revision": 2}
        assert await build.get(client, f"{URL}/c") == made.json()
        found = await build.get(client, "/v1/plans/p/revisions/2")
        assert (found["reason"], found["changes"]["milestones_added"]) == ("forgotten", ["c"])

    async def test_a_key_is_made_when_none_is_given(self, client: httpx.AsyncClient) -> None:
        first, second = [await client.post(URL, json={"name": "C"}) for _ in range(2)]
        assert first.json()["key"] != second.json()["key"]
        assert await build.get(client, first.headers["Location"]) == first.json()

    async def test_a_key_stands_once_and_is_free_again_when_its_milestone_is_gone(
        self, client: httpx.AsyncClient
    ) -> None:
        assert failure(await client.post(URL, json=milestone("b"))) == (409, "milestone-key-taken")
        await client.delete(f"{URL}/b", headers=if_match("*"))
        assert (await client.post(URL, json=milestone("b"))).status_code == 201

    async def test_what_is_wrong_is_named_and_nothing_is_added(self, client: httpx.AsyncClient) -> None:
        found = [places(await client.post(URL, json=content)) for content, _ in WRONG]
        assert found == [[place] for _, place in WRONG]
        assert await revision(client) == 1


FILTERS: list[tuple[build.Json, list[str]]] = [
    ({"kind": "phase"}, ["work"]),
    ({"kind": "milestone"}, ["b"]),
    ({"parent": "work"}, ["a"]),
    ({"parent": "work", "kind": "milestone"}, []),
    ({"parent": "nobody"}, []),
]


class TestReading:
    """GET …/milestones and …/milestones/{milestone}."""

    async def test_they_are_listed_by_key_with_the_revision_they_last_changed_in(
        self, client: httpx.AsyncClient
    ) -> None:
        await patch(client, "b", owner="me")
        items = (await build.get(client, URL))["items"]
        assert [(item["key"], item["revision"]) for item in items] == [("a", 1), ("b", 2), ("work", 1)]
        assert items[1] == await build.get(client, f"{URL}/b")

    async def test_some_of_them(self, client: httpx.AsyncClient) -> None:
        for params, keys in FILTERS:
            assert [item["key"] for item in (await build.get(client, URL, **params))["items"]] == keys

    async def test_pages_all_show_the_revision_of_the_first(self, client: httpx.AsyncClient) -> None:
        first = await build.get(client, URL, limit=1)
        await patch(client, "b", name="Renamed")
        await client.post(URL, json=milestone("c"))
        rest = await build.get(client, URL, cursor=first["next_cursor"])
        assert [(item["key"], item["name"]) for item in rest["items"]] == [
            ("b", "Milestone b"),
            ("work", "Milestone work"),
        ]

    async def test_in_an_older_revision(self, client: httpx.AsyncClient) -> None:
        await client.delete(f"{URL}/b", headers=if_match("*"))
        assert [item["key"] for item in (await build.get(client, URL))["items"]] == ["a", "work"]
        assert [item["key"] for item in (await build.get(client, URL, revision=1))["items"]] == ["a", "b", "work"]
        assert failure(await client.get(URL, params={"revision": 3})) == (404, "revision-not-found")

    async def test_the_etag_is_the_revision_it_last_changed_in(self, client: httpx.AsyncClient) -> None:
        etag = (await client.get(f"{URL}/a")).headers["ETag"]
        await patch(client, "b", owner="me")
        await client.post("/v1/plans/p/events", json=build.event())
        again = await client.get(f"{URL}/a", headers={"If-None-Match": etag})
        assert (again.status_code, again.headers["ETag"]) == (304, etag)
        await patch(client, "a", owner="me")
        assert (await client.get(f"{URL}/a", headers={"If-None-Match": etag})).headers["ETag"] == '"r3"'

    async def test_an_unknown_one(self, client: httpx.AsyncClient) -> None:
        assert failure(await client.get(f"{URL}/nobody")) == (404, "milestone-not-found")
        assert failure(await client.get("/v1/plans/nobody/milestones/a")) == (404, "plan-not-found")


WRONG_CHANGES: list[tuple[Any, tuple[str, str]]] = [
    ({"planned_finish": "2026-03-01"}, ("/planned_finish", "finish_before_start")),
    ({"parent": "b"}, ("/parent", "parent_not_phase")),
    ({"parent": "nobody"}, ("/parent", "unknown_milestone")),
    ({"calendar": "nobodys"}, ("/calendar", "unknown_calendar")),
    ({"name": None}, ("/name", "missing")),
    ({"key": "c"}, ("/key", "extra_forbidden")),
    ({"kind": "milestone"}, ("/planned_start", "both_dates")),
    ({"external_id": ""}, ("/external_id", "string_too_short")),
    ({"constraint": {"kind": "SNET"}}, ("/constraint/type", "missing")),
]


class TestPatching:
    """PATCH …/milestones/{milestone}: a JSON merge patch."""

    async def test_what_is_left_out_stays_and_null_clears(self, client: httpx.AsyncClient) -> None:
        before = await build.get(client, f"{URL}/a")
        changed = ok(await patch(client, "a", planned_finish="2026-03-12T10:00:00+01:00", parent=None, weight=3))
        expected = {"planned_finish": "2026-03-12T09:00:00Z", "parent": None, "weight": 3.0, "revision": 2}
        assert changed == {**before, **expected}
        assert await build.get(client, f"{URL}/a") == changed

    async def test_labels_and_the_constraint_merge(self, client: httpx.AsyncClient) -> None:
        await patch(client, "b", labels={"x": "1", "y": "2"}, constraint={"type": "SNET", "date": "2026-03-01"})
        changed = ok(await patch(client, "b", labels={"x": None, "z": "3"}, constraint={"date": "2026-03-02"}))
        assert changed["labels"] == {"y": "2", "z": "3"}
        assert changed["constraint"] == {"type": "SNET", "date": "2026-03-02"}
        assert ok(await patch(client, "b", constraint={"type": "ALAP", "date": None}))["constraint"]["date"] is None
        assert ok(await patch(client, "b", constraint=None, labels=None))["constraint"] is None

    async def test_a_budget_keeps_every_digit_and_merges(self, client: httpx.AsyncClient) -> None:
        budget = {"amount": "999999999999999999.9999", "currency": "USD"}
        assert ok(await patch(client, "b", budget=budget))["budget"] == budget
        assert (await build.get(client, f"{URL}/b"))["budget"] == budget
        assert ok(await patch(client, "b", budget={"amount": "0"}))["budget"] == {**budget, "amount": "0"}
        found = await build.get(client, "/v1/plans/p/revisions/3")
        (change,) = found["changes"]["milestones_changed"][0]["fields"]
        assert change == {"field": "budget", "before": budget, "after": {**budget, "amount": "0"}}
        assert ok(await patch(client, "b", budget=None))["budget"] is None

    async def test_a_milestone_becomes_an_activity(self, client: httpx.AsyncClient) -> None:
        changed = ok(
            await patch(client, "b", kind="activity", planned_start="2026-03-09", planned_duration_minutes=60)
        )
        assert (changed["kind"], changed["planned_start"], changed["planned_finish"]) == (
            "activity",
            "2026-03-09",
            "2026-03-10",
        )

    async def test_without_a_difference_there_is_no_revision(self, client: httpx.AsyncClient) -> None:
        etag = (await client.get(f"{URL}/b")).headers["ETag"]
        for change in ({}, {"name": "Milestone b"}, {"weight": 1}, {"owner": None}):
            same = await patch(client, "b", **change)
            assert (same.status_code, same.headers["ETag"]) == (200, etag)
        assert await revision(client) == 1

    async def test_what_is_wrong_is_named_and_nothing_changes(self, client: httpx.AsyncClient) -> None:
        found = [places(await patch(client, "a", **content))[0] for content, _ in WRONG_CHANGES]
        assert found == [place for _, place in WRONG_CHANGES]
        assert await revision(client) == 1

    async def test_a_phase_with_children_stays_one(self, client: httpx.AsyncClient) -> None:
        refused = await patch(client, "work", kind="milestone")
        assert places(refused) == [("", "parent_not_phase")]
        assert refused.json()["errors"][0]["detail"] == "work is the parent of a, but not of kind phase"

    async def test_moving_into_a_phase_may_close_a_cycle(self, client: httpx.AsyncClient) -> None:
        ok(await client.post(URL, json=milestone("c")))
        ok(await client.post("/v1/plans/p/dependencies", json=dependency("c", "work")))
        refused = await patch(client, "c", parent="work")
        assert places(refused) == [("", "cycle")]
        assert refused.json()["errors"][0]["detail"] == "closes a cycle: work → c → work"

    async def test_if_match(self, client: httpx.AsyncClient) -> None:
        assert failure(await client.patch(f"{URL}/b", json={})) == (428, "precondition-required")
        assert ok(await patch(client, "b", '"r1"', owner="me"))["revision"] == 2
        assert failure(await patch(client, "b", '"r1"', owner="you")) == (412, "precondition-failed")
        assert ok(await patch(client, "a", '"r1"', owner="you"))["revision"] == 3


class TestDeleting:
    """DELETE …/milestones/{milestone}."""

    async def test_takes_its_links_with_it_and_leaves_its_events(self, client: httpx.AsyncClient) -> None:
        ok(await client.post("/v1/plans/p/events", json=build.event(milestone="a")))
        deleted = await client.delete(f"{URL}/a", headers=if_match("*"), params={"reason": "descoped"})
        assert (deleted.status_code, deleted.content) == (204, b"")
        assert failure(await client.get(f"{URL}/a")) == (404, "milestone-not-found")
        assert (await build.get(client, "/v1/plans/p/dependencies"))["items"] == []
        assert len((await build.get(client, "/v1/plans/p/events", milestone="a"))["items"]) == 1
        changes = await build.get(client, "/v1/plans/p/revisions/2")
        assert (changes["reason"], changes["changes"]["milestones_removed"]) == ("descoped", ["a"])
        variance = await build.get(client, "/v1/plans/p/variance")
        assert variance["summary"]["removed"] == ["a"]

    async def test_events_of_a_milestone_that_left_are_still_recorded(self, client: httpx.AsyncClient) -> None:
        await client.delete(f"{URL}/a", headers=if_match("*"))
        assert (await client.post("/v1/plans/p/events", json=build.event(milestone="a"))).status_code == 201

    async def test_a_phase_goes_after_its_children(self, client: httpx.AsyncClient) -> None:
        refused = await client.delete(f"{URL}/work", headers=if_match("*"))
        assert failure(refused) == (409, "milestone-has-children")
        await client.delete(f"{URL}/a", headers=if_match("*"))
        assert (await client.delete(f"{URL}/work", headers=if_match("*"))).status_code == 204

    async def test_if_match(self, client: httpx.AsyncClient) -> None:
        assert failure(await client.delete(f"{URL}/b")) == (428, "precondition-required")
        assert failure(await client.delete(f"{URL}/b", headers=if_match('"r7"'))) == (412, "precondition-failed")
        assert (await client.delete(f"{URL}/b", headers=if_match('"r1"'))).status_code == 204
        assert failure(await client.delete(f"{URL}/b", headers=if_match("*"))) == (404, "milestone-not-found")


@pytest.mark.parametrize("path", ["/v1/plans/p", f"{URL}/b", "/v1/plans/p/dependencies/a/FS/b"])
async def test_of_fifty_edits_of_one_version_one_is_done(client: httpx.AsyncClient, path: str) -> None:
    etag = (await client.get(path)).headers["ETag"]
    field = "lag_minutes" if "dependencies" in path else "name"
    changes = [{field: number if field == "lag_minutes" else f"Edit {number}"} for number in range(1, 51)]
    answers = await asyncio.gather(*(client.patch(path, json=change, headers=if_match(etag)) for change in changes))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 49}
    (done,) = [answer for answer in answers if answer.is_success]
    assert await build.get(client, path) == done.json()
    assert [item["revision"] for item in (await build.get(client, "/v1/plans/p/revisions"))["items"]] == [2, 1]


async def test_of_ten_milestones_with_one_key_one_is_made(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post(URL, json=milestone("c", name=str(n))) for n in range(10)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}
    assert await revision(client) == 2
