"""Dependencies: links between milestones, without cycles."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import dependency, document, failure, if_match, milestone, ok, phase, places

URL = "/v1/plans/p/dependencies"


@pytest.fixture(autouse=True)
async def plan(client: httpx.AsyncClient) -> None:
    """Four milestones, one of them in a phase, and the link a → b."""
    parts = [*map(milestone, "abc"), phase("work"), milestone("d", parent="work")]
    await build.put(client, "p", document(*parts, dependencies=[dependency("a", "b")]))


async def patch(client: httpx.AsyncClient, link: str, etag: str = "*", **change: Any) -> httpx.Response:
    return await client.patch(f"{URL}/{link}", json=change, headers=if_match(etag))


async def revision(client: httpx.AsyncClient) -> int:
    found: int = (await build.get(client, "/v1/plans/p"))["revision"]
    return found


WRONG: list[tuple[Any, tuple[str, str]]] = [
    (dependency("a", "nobody"), ("/successor", "unknown_milestone")),
    (dependency("nobody", "a"), ("/predecessor", "unknown_milestone")),
    (dependency("a", "a"), ("/successor", "self_link")),
    (dependency("a", "c", lag_minutes=5, lag_percent=10), ("/lag_percent", "two_lags")),
    (dependency("a", "c", lag_minutes="5"), ("/lag_minutes", "int_type")),
    (dependency("a", "c", lag_minutes=1.5), ("/lag_minutes", "int_type")),
    (dependency("a", "c", lag_percent=1001), ("/lag_percent", "less_than_equal")),
    (dependency("a", "c", lag_unit="days"), ("/lag_unit", "literal_error")),
    (dependency("a", "c", "XX"), ("/type", "enum")),
    (dependency("a", "c", strength=1), ("/strength", "extra_forbidden")),
    ({"predecessor": "a"}, ("/successor", "missing")),
]


class TestCreating:
    """POST …/dependencies."""

    async def test_is_a_new_revision(self, client: httpx.AsyncClient) -> None:
        made = await client.post(URL, json={"predecessor": "b", "successor": "c"})
        assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, f"{URL}/b/FS/c", '"r2"')
        assert made.json() == {
            "predecessor": "b",
            "type": "FS",
            "successor": "c",
            "lag_minutes": 0,
            "lag_percent": None,
            "lag_unit": "working",
            "revision": 2,
        }
        assert await build.get(client, f"{URL}/b/FS/c") == made.json()

    @pytest.mark.parametrize("kind", ["SS", "FF", "SF"])
    async def test_two_milestones_may_be_linked_in_several_ways(self, client: httpx.AsyncClient, kind: str) -> None:
        made = ok(await client.post(URL, json=dependency("a", "b", kind, lag_minutes=-30, lag_unit="elapsed")))
        assert (made["type"], made["lag_minutes"], made["lag_unit"]) == (kind, -30, "elapsed")
        assert failure(await client.post(URL, json=dependency("a", "b", kind))) == (409, "dependency-exists")

    async def test_a_link_to_a_phase(self, client: httpx.AsyncClient) -> None:
        assert (await client.post(URL, json=dependency("a", "work"))).status_code == 201
        assert (await client.post(URL, json=dependency("work", "c"))).status_code == 201

    async def test_what_is_wrong_is_named_and_nothing_changes(self, client: httpx.AsyncClient) -> None:
        found = [places(await client.post(URL, json=content)) for content, _ in WRONG]
        assert found == [[place] for _, place in WRONG]
        assert await revision(client) == 1

    @pytest.mark.parametrize(
        ("before", "closing", "cycle"),
        [
            ([], ("b", "a"), "a → b → a"),
            ([("b", "c")], ("c", "a"), "a → b → c → a"),
            ([], ("work", "d"), "work → d → work"),
            ([("d", "b"), ("b", "c")], ("c", "work"), "work → d → b → c → work"),
        ],
    )
    async def test_a_link_that_closes_a_cycle_is_refused_with_the_whole_cycle(
        self, client: httpx.AsyncClient, before: list[tuple[str, str]], closing: tuple[str, str], cycle: str
    ) -> None:
        for link in before:
            ok(await client.post(URL, json=dependency(*link)))
        refused = await client.post(URL, json=dependency(*closing))
        assert places(refused) == [("", "cycle")]
        assert refused.json()["errors"][0]["detail"] == f"closes a cycle: {cycle}"
        assert await revision(client) == 1 + len(before)


UNKNOWN = ["b/FS/a", "a/SS/b", "a/FS/nobody"]


class TestReading:
    """GET …/dependencies and one of them."""

    async def test_they_are_listed_by_predecessor_type_and_successor_in_pages(
        self, client: httpx.AsyncClient
    ) -> None:
        for link in (("a", "c"), ("b", "c"), ("a", "b", "SS"), ("a", "b", "FF"), ("a", "d")):
            ok(await client.post(URL, json=dependency(*link)))
        found, params = [], {"limit": 2}
        while True:
            page = await build.get(client, URL, **params)
            assert len(page["items"]) <= 2
            found += [(item["predecessor"], item["type"], item["successor"]) for item in page["items"]]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        assert found == sorted(found)
        assert len(found) == 6

    async def test_pages_all_show_the_revision_of_the_first(self, client: httpx.AsyncClient) -> None:
        ok(await client.post(URL, json=dependency("b", "c")))
        first = await build.get(client, URL, limit=1)
        await client.delete(f"{URL}/b/FS/c", headers=if_match("*"))
        rest = await build.get(client, URL, limit=1, cursor=first["next_cursor"])
        assert [item["predecessor"] for item in first["items"] + rest["items"]] == ["a", "b"]

    async def test_in_an_older_revision(self, client: httpx.AsyncClient) -> None:
        await client.delete(f"{URL}/a/FS/b", headers=if_match("*"))
        assert (await build.get(client, URL))["items"] == []
        assert len((await build.get(client, URL, revision=1))["items"]) == 1

    async def test_the_etag_is_the_revision_it_last_changed_in(self, client: httpx.AsyncClient) -> None:
        etag = (await client.get(f"{URL}/a/FS/b")).headers["ETag"]
        ok(await client.post(URL, json=dependency("b", "c")))
        assert (await client.get(f"{URL}/a/FS/b", headers={"If-None-Match": etag})).status_code == 304

    async def test_an_unknown_one(self, client: httpx.AsyncClient) -> None:
        for link in UNKNOWN:
            for answer in (
                await client.get(f"{URL}/{link}"),
                await patch(client, link, lag_minutes=1),
                await client.delete(f"{URL}/{link}", headers=if_match("*")),
            ):
                assert failure(answer) == (404, "dependency-not-found")

    async def test_no_type_of_a_link(self, client: httpx.AsyncClient) -> None:
        assert places(await client.get(f"{URL}/a/XX/b")) == [("#path/type", "enum")]


WRONG_CHANGES: list[tuple[Any, tuple[str, str]]] = [
    ({"lag_percent": 5, "lag_minutes": 5}, ("/lag_percent", "two_lags")),
    ({"successor": "c"}, ("/successor", "extra_forbidden")),
    ({"lag_minutes": 10**9}, ("/lag_minutes", "less_than_equal")),
]


class TestEditing:
    """PATCH and DELETE of one."""

    async def test_its_lag_changes(self, client: httpx.AsyncClient) -> None:
        changed = await patch(client, "a/FS/b", lag_minutes=-60, lag_unit="elapsed")
        assert (changed.json()["lag_minutes"], changed.json()["lag_unit"]) == (-60, "elapsed")
        assert (changed.json()["revision"], changed.headers["ETag"]) == (2, '"r2"')
        cleared = ok(await patch(client, "a/FS/b", lag_minutes=None, lag_percent=12.5))
        assert (cleared["lag_minutes"], cleared["lag_percent"], cleared["lag_unit"]) == (0, 12.5, "elapsed")

    async def test_without_a_difference_there_is_no_revision(self, client: httpx.AsyncClient) -> None:
        for change in ({}, {"lag_minutes": 0}, {"lag_percent": None}):
            assert (await patch(client, "a/FS/b", **change)).headers["ETag"] == '"r1"'
        assert await revision(client) == 1

    async def test_what_is_wrong_is_named(self, client: httpx.AsyncClient) -> None:
        found = [places(await patch(client, "a/FS/b", **content)) for content, _ in WRONG_CHANGES]
        assert found == [[place] for _, place in WRONG_CHANGES]

    async def test_it_is_deleted(self, client: httpx.AsyncClient) -> None:
        deleted = await client.delete(f"{URL}/a/FS/b", headers=if_match('"r1"'), params={"reason": "not needed"})
        assert deleted.status_code == 204
        found = await build.get(client, "/v1/plans/p/revisions/2")
        assert found["reason"] == "not needed"
        assert len(found["changes"]["dependencies_removed"]) == 1
        assert (await client.post(URL, json=dependency("a", "b"))).status_code == 201

    async def test_if_match(self, client: httpx.AsyncClient) -> None:
        link = f"{URL}/a/FS/b"
        for missing in (await client.patch(link, json={}), await client.delete(link)):
            assert failure(missing) == (428, "precondition-required")
        for stale in (await patch(client, "a/FS/b", '"r9"'), await client.delete(link, headers=if_match('"r9"'))):
            assert failure(stale) == (412, "precondition-failed")
