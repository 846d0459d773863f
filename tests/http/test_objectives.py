"""Objectives: a tree of goals, in versions of which none ever changes."""

import asyncio
from collections import Counter
from datetime import datetime
from random import Random
from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import document, failure, if_match, objective, ok, places
from tests.scale import full
from tests.service import MakeClient, MakeKey, TestClock

URL = "/v1/objectives"


async def create(client: httpx.AsyncClient, key: str = "growth", **fields: Any) -> httpx.Response:
    return await client.post(URL, json=objective(key=key, **fields))


async def patch(client: httpx.AsyncClient, which: str = "growth", etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/{which}", json=change, headers=if_match(etag))


async def delete(client: httpx.AsyncClient, which: str = "growth") -> httpx.Response:
    return await client.delete(f"{URL}/{which}", headers=if_match("*"))


async def keys(client: httpx.AsyncClient, **filters: Any) -> list[str]:
    return [item["key"] for item in (await build.get(client, URL, limit=200, **filters))["items"]]


async def chain(client: httpx.AsyncClient, *names: str) -> None:
    """Objectives, each below the one before it."""
    for above, key in zip((None, *names), names, strict=False):
        ok(await create(client, key, parent=above))


def done(answers: list[httpx.Response]) -> list[httpx.Response]:
    return [answer for answer in answers if answer.is_success]


def depth(tree: dict[str, str | None], key: str) -> int:
    """How many objectives there are from a root down to this one; fails in a circle."""
    path = [key]
    while (above := tree[path[-1]]) is not None:
        assert above not in path
        path.append(above)
    return len(path)


class TestCreating:
    """POST /v1/objectives, and PUT of a new key."""

    async def test_an_objective_is_kept_as_it_was_given(self, client: httpx.AsyncClient) -> None:
        ok(await create(client, "mission"))
        said = {
            "key": "growth",
            "name": "Half of all teams use it",
            "description": "Those who plan see what drifts.",
            "owner": "the board",
            "parent": "mission",
            "weight": 2.5,
            "period": {"start": "2026-01-01", "finish": "2026-12-31"},
            "time_zone": "Europe/Berlin",
            "rollup": "critical_path",
            "labels": {"team": "core"},
        }
        made = await client.post(URL, json=said, params={"reason": "the yearly plan"})
        assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{URL}/growth", '"v1"')
        written = {"author": "admin", "reason": "the yearly plan", "recorded_at": "2026-03-02T09:00:00.000001Z"}
        assert made.json() == {**said, **written, "version": 1, "metrics": []}
        assert await build.get(client, f"{URL}/growth") == made.json()

    async def test_little_has_to_be_said(self, client: httpx.AsyncClient) -> None:
        made = ok(await client.post(URL, json={"name": "Growth"}))
        assert made["key"].startswith("objective-")
        assert (made["rollup"], made["weight"], made["time_zone"]) == ("weighted", 1.0, "UTC")
        assert (made["parent"], made["period"], made["labels"], made["owner"]) == (None, None, {}, None)

    async def test_a_key_is_given_once(self, client: httpx.AsyncClient) -> None:
        assert (await create(client)).status_code == 201
        assert failure(await create(client)) == (409, "objective-key-taken")

    async def test_put_creates_too(self, client: httpx.AsyncClient) -> None:
        new = {"If-None-Match": "*"}
        assert (await client.put(f"{URL}/growth", json=objective(), headers=new)).status_code == 201
        again = await client.put(f"{URL}/growth", json=objective(), headers=new)
        assert failure(again) == (412, "precondition-failed")
        unknown = await client.put(f"{URL}/nobodys", json=objective(), headers=if_match("*"))
        assert failure(unknown) == (412, "precondition-failed")
        tagged = await client.put(f"{URL}/new", json=objective(), headers={"If-None-Match": '"v1"'})
        assert places(tagged) == [("#header/If-None-Match", "invalid")]

    async def test_a_repeat_with_its_idempotency_key_makes_nothing(self, client: httpx.AsyncClient) -> None:
        headers = {"Idempotency-Key": "once"}
        first, second = [await client.post(URL, json={"name": "Growth"}, headers=headers) for _ in range(2)]
        assert (second.json(), second.headers["Idempotency-Replayed"]) == (first.json(), "true")
        assert len(await keys(client)) == 1

    @pytest.mark.parametrize(
        ("fields", "place"),
        [
            ({"weight": 0}, "/weight"),
            ({"weight": -1}, "/weight"),
            ({"weight": "1"}, "/weight"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"rollup": "average"}, "/rollup"),
            ({"period": {"start": "2026-02-01", "finish": "2026-01-31"}}, "/period"),
            ({"period": {"start": "2026-02-01"}}, "/period/finish"),
            ({"parent": "nobodys"}, "/parent"),
            ({"parent": "growth"}, "/parent"),
            ({"metrics": []}, "/metrics"),
        ],
    )
    async def test_what_can_not_be_is_refused(
        self, client: httpx.AsyncClient, fields: dict[str, Any], place: str
    ) -> None:
        assert [pointer for pointer, _ in places(await create(client, **fields))] == [place]
        assert await keys(client) == []

    async def test_history_is_loaded_in_its_order(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        made = await client.post(URL, json=objective(key="a"), params={"recorded_at": "2024-01-01T00:00:00Z"})
        assert ok(made)["recorded_at"] == "2024-01-01T00:00:00Z"
        late = await client.post(URL, json=objective(key="b"), params={"recorded_at": "2023-01-01T00:00:00Z"})
        assert failure(late) == (422, "recorded-before-history")
        writer = make_client(await make_key("objectives:write"))
        stated = await writer.post(URL, json=objective(key="b"), params={"recorded_at": "2025-01-01T00:00:00Z"})
        assert failure(stated) == (403, "forbidden")


class TestVersions:
    """Each change is a new version; the old ones stay."""

    async def test_a_patch_makes_a_version_and_the_old_one_stays(
        self, client: httpx.AsyncClient, clock: TestClock
    ) -> None:
        period = {"start": "2026-01-01", "finish": "2026-06-30"}
        first = ok(await create(client, owner="crew", period=period, labels={"team": "core", "site": "north"}))
        clock.advance(hours=1)
        changed = await client.patch(
            f"{URL}/growth",
            json={"owner": None, "period": {"finish": "2026-12-31"}, "labels": {"site": None}},
            headers=if_match('"v1"'),
            params={"reason": "another year"},
        )
        assert changed.headers["ETag"] == '"v2"'
        expected = {
            "version": 2,
            "owner": None,
            "period": {"start": "2026-01-01", "finish": "2026-12-31"},
            "labels": {"team": "core"},
            "reason": "another year",
            "recorded_at": "2026-03-02T10:00:00Z",
        }
        assert changed.json() == {**first, **expected}
        assert await build.get(client, f"{URL}/growth") == changed.json()
        assert await build.get(client, f"{URL}/growth", version=1) == first
        assert failure(await client.get(f"{URL}/growth", params={"version": 3})) == (404, "objective-not-found")

    async def test_without_a_difference_there_is_no_version(self, client: httpx.AsyncClient) -> None:
        first = ok(await create(client))
        assert ok(await patch(client, weight=1, description=None)) == first
        assert ok(await client.put(f"{URL}/growth", json=objective(), headers=if_match("*"))) == first

    async def test_an_edit_names_what_it_edits(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        missing = await client.patch(f"{URL}/growth", json={"name": "x"})
        assert failure(missing) == (428, "precondition-required")
        assert failure(await patch(client, etag='"v2"', name="x")) == (412, "precondition-failed")
        assert places(await patch(client, name=None)) == [("/name", "missing")]

    async def test_of_many_edits_of_one_version_one_is_done(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        answers = await asyncio.gather(*(patch(client, "growth", '"v1"', name=str(n)) for n in range(10)))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 9}

    async def test_who_has_it_is_told_so(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        assert (await client.get(f"{URL}/growth", headers={"If-None-Match": '"v1"'})).status_code == 304


class TestTree:
    """Every objective has at most one parent; the tree has no circle and is at most 10 deep."""

    async def test_a_circle_is_refused_and_named(self, client: httpx.AsyncClient) -> None:
        await chain(client, "a", "b", "c")
        answer = await patch(client, "a", parent="c")
        assert places(answer) == [("/parent", "objective_cycle")]
        assert answer.json()["errors"][0]["detail"] == "would close a circle: a → c → b → a"
        assert places(await patch(client, "a", parent="a")) == [("/parent", "objective_cycle")]
        assert (await build.get(client, f"{URL}/a"))["version"] == 1

    async def test_what_moves_takes_what_is_below_it_along(self, client: httpx.AsyncClient) -> None:
        await chain(client, "a", "b", "c")
        await chain(client, "x")
        assert ok(await patch(client, "b", parent="x"))["parent"] == "x"
        assert ok(await patch(client, "a", parent="c"))["parent"] == "c"
        assert ok(await patch(client, "x", parent=None))["parent"] is None

    async def test_it_is_ten_deep_at_most(self, client: httpx.AsyncClient) -> None:
        await chain(client, *(f"level-{n}" for n in range(10)))
        assert places(await create(client, "deeper", parent="level-9")) == [("/parent", "too_deep")]
        await chain(client, "x", "y")
        assert places(await patch(client, "x", parent="level-8")) == [("/parent", "too_deep")]
        assert (await patch(client, "x", parent="level-7")).status_code == 200

    async def test_of_two_moves_that_cross_one_is_done(self, client: httpx.AsyncClient) -> None:
        for round_ in range(5):
            one, other = f"one-{round_}", f"other-{round_}"
            ok(await create(client, one))
            ok(await create(client, other))
            answers = await asyncio.gather(patch(client, one, parent=other), patch(client, other, parent=one))
            assert sorted(answer.status_code for answer in answers) == [200, 422]

    @pytest.mark.parametrize("seed", range(full(20, 2)))
    async def test_whatever_moves_at_once_it_stays_a_tree_at_every_instant(
        self, client: httpx.AsyncClient, seed: int
    ) -> None:
        random, names = Random(seed), "abcdefghijkl"
        tree: dict[str, str | None] = dict.fromkeys(names)
        await asyncio.gather(*(create(client, key) for key in names))
        moves = [(random.choice(names), random.choice([*names, None])) for _ in range(60)]
        answers = await asyncio.gather(*(patch(client, key, parent=parent) for key, parent in moves))
        assert {answer.status_code for answer in answers} == {200, 422}
        moved = {(each["recorded_at"], each["key"]): each["parent"] for each in map(ok, done(answers))}
        for (_, key), parent in sorted(moved.items(), key=lambda move: datetime.fromisoformat(move[0][0])):
            tree[key] = parent
            assert max(depth(tree, each) for each in names) <= 10
        assert {key: (await build.get(client, f"{URL}/{key}"))["parent"] for key in names} == tree

    async def test_a_parent_of_another_workspace_is_unknown(
        self, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
    ) -> None:
        ok(await create(client, "theirs"))
        other = make_client(await make_key("objectives:write", workspace="other"))
        assert places(await create(other, parent="theirs")) == [("/parent", "unknown_objective")]


class TestDeleting:
    """DELETE /v1/objectives/{objective}."""

    async def test_a_deleted_objective_is_gone_and_keeps_its_key(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        assert (await client.delete(f"{URL}/growth", headers=if_match('"v1"'))).status_code == 204
        for answer in (
            await client.get(f"{URL}/growth"),
            await client.get(f"{URL}/growth", params={"version": 1}),
            await client.get(f"{URL}/growth/rollup"),
            await patch(client, name="x"),
            await delete(client),
        ):
            assert failure(answer) == (404, "objective-not-found")
        assert failure(await create(client)) == (409, "objective-key-taken")
        assert places(await create(client, "below", parent="growth")) == [("/parent", "unknown_objective")]
        assert await keys(client) == []

    async def test_one_with_others_below_it_stays(self, client: httpx.AsyncClient) -> None:
        await chain(client, "a", "b")
        refused = await delete(client, "a")
        assert failure(refused) == (409, "objective-in-use")
        assert "below it: b." in refused.json()["detail"]
        assert [(await delete(client, key)).status_code for key in ("b", "a")] == [204, 204]

    async def test_one_that_a_plan_contributes_to_stays(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        await build.put(client, "p", document(objectives=[{"key": "growth"}]))
        refused = await delete(client)
        assert failure(refused) == (409, "objective-in-use")
        assert "Plans that contribute to it: 1." in refused.json()["detail"]
        await build.put(client, "p", document(objectives=[]), If_Match="*")
        assert (await delete(client)).status_code == 204

    async def test_a_plan_that_is_deleted_does_not_hold_it(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        await build.put(client, "p", document(objectives=[{"key": "growth"}]))
        await client.delete("/v1/plans/p", headers=if_match("*"))
        assert (await delete(client)).status_code == 204


class TestContributing:
    """A plan names the objectives that it contributes to."""

    async def test_it_only_contributes_to_what_is_there(self, client: httpx.AsyncClient) -> None:
        ok(await create(client))
        ok(await create(client, "gone"))
        await delete(client, "gone")
        named = [{"key": "growth"}, {"key": "gone"}, {"key": "nobodys", "weight": 2.0}]
        refused = await client.put("/v1/plans/p/document", json=document(objectives=named))
        assert places(refused) == [
            ("/objectives/1/key", "unknown_objective"),
            ("/objectives/2/key", "unknown_objective"),
        ]

    async def test_a_contribution_and_a_deletion_at_once(self, client: httpx.AsyncClient) -> None:
        """Whoever comes first wins: a plan never contributes to an objective that is gone."""
        await build.put(client, "p", document())
        for n in range(5):
            ok(await create(client, f"o{n}"))
            posted = client.post("/v1/plans/p/objectives", json={"key": f"o{n}"})
            added, deleted = await asyncio.gather(posted, delete(client, f"o{n}"))
            assert (added.status_code, deleted.status_code) in {(201, 409), (422, 204)}


async def test_they_are_listed_in_pages_by_key(client: httpx.AsyncClient) -> None:
    expected = sorted(["growth", "Growth", "zulu", "a.b"])
    for key in expected:
        ok(await create(client, key))
    for limit in (1, 3, 50):
        found: list[str] = []
        params: dict[str, Any] = {"limit": limit}
        while True:
            page = await build.get(client, URL, **params)
            found += [item["key"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        assert found == expected


async def test_they_are_chosen_by_owner_parent_and_label(client: httpx.AsyncClient) -> None:
    ok(await create(client, "a", owner="crew", labels={"team": "core"}))
    ok(await create(client, "b", owner="crew", parent="a", labels={"team": "core:2"}))
    ok(await create(client, "c", parent="a", labels={"team": "docs", "a.b/c": 'x"y'}))
    assert await keys(client, owner="crew") == ["a", "b"]
    assert await keys(client, parent="a") == ["b", "c"]
    assert await keys(client, parent="a", owner="crew") == ["b"]
    assert await keys(client, label="team:core") == ["a"]
    assert await keys(client, label="team:core:2") == ["b"]
    assert await keys(client, label='a.b/c:x"y') == ["c"]
    ok(await patch(client, "b", parent=None, owner=None))
    assert (await keys(client, parent="a"), await keys(client, owner="crew")) == (["c"], ["a"])


async def test_another_workspaces_objective_is_not_found(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey
) -> None:
    ok(await create(client))
    other = make_client(await make_key("admin", workspace="other"))
    for answer in (
        await other.get(f"{URL}/growth"),
        await other.get(f"{URL}/growth/rollup"),
        await other.get(f"{URL}/growth/events"),
        await patch(other, name="x"),
        await delete(other),
    ):
        assert failure(answer) == (404, "objective-not-found")
    assert await keys(other) == []
    assert (await create(other)).status_code == 201


async def test_scopes(client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey) -> None:
    reader = make_client(await make_key("objectives:read"))
    writer = make_client(await make_key("objectives:write"))
    assert await keys(reader) == []
    for answer in (await create(reader), await patch(reader), await delete(reader), await writer.get(URL)):
        assert failure(answer) == (403, "forbidden")
    assert (await create(writer)).status_code == 201
    assert failure(await reader.get(f"{URL}/growth/rollup")) == (403, "forbidden")
