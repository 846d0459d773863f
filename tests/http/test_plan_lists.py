"""The list of plans: pages, filters and signed cursors."""

from typing import Any

import httpx
import pytest

from tests.http import build
from tests.http.build import if_match, places
from tests.service import MakeClient


async def create(client: httpx.AsyncClient, *keys: str) -> None:
    for key in keys:
        build.ok(await client.post("/v1/plans", json={"key": key, "name": "A plan"}))


IMPOSSIBLE: list[build.Json] = [{"limit": 0}, {"limit": -1}, {"limit": "ten"}, {"status": "lost"}, {"sort": "x"}]


class TestListing:
    """GET /v1/plans."""

    async def test_plans_come_by_key_in_pages(self, client: httpx.AsyncClient) -> None:
        await create(client, *("b", "B", "a", "a.b", "a-b"))
        pages, cursor = [], None
        while True:
            page = await build.get(client, "/v1/plans", limit=2, **({"cursor": cursor} if cursor else {}))
            pages.append([plan["key"] for plan in page["items"]])
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert pages == [["B", "a"], ["a-b", "a.b"], ["b"]]

    async def test_a_page_that_just_fits_is_the_last(self, client: httpx.AsyncClient) -> None:
        await create(client, *"ab")
        assert (await build.get(client, "/v1/plans", limit=2))["next_cursor"] is None

    async def test_an_item_is_the_plan_itself(self, client: httpx.AsyncClient) -> None:
        await build.put(client, "p", build.document())
        await build.capture(client, "p")
        await build.capture(client, "p", supplementary=True)
        (item,) = (await build.get(client, "/v1/plans"))["items"]
        assert item == await build.get(client, "/v1/plans/p")
        assert (item["status"], item["current_baseline"]) == ("active", 1)

    async def test_pages_are_stable_while_others_write(self, client: httpx.AsyncClient) -> None:
        await create(client, *"bdf")
        first = await build.get(client, "/v1/plans", limit=2)
        await create(client, "a")
        await create(client, "e")
        await client.delete("/v1/plans/d", headers=if_match("*"))
        second = await build.get(client, "/v1/plans", limit=2, cursor=first["next_cursor"])
        assert [plan["key"] for plan in first["items"] + second["items"]] == ["b", "d", "e", "f"]

    async def test_by_status(self, client: httpx.AsyncClient) -> None:
        await create(client, *"abcd")
        for key in "bd":
            await client.patch(f"/v1/plans/{key}", json={"status": "on_hold"}, headers=if_match("*"))
        first = await build.get(client, "/v1/plans", status="on_hold", limit=1)
        second = await build.get(client, "/v1/plans", status="on_hold", limit=1, cursor=first["next_cursor"])
        assert [plan["key"] for plan in first["items"] + second["items"]] == ["b", "d"]
        assert (await build.get(client, "/v1/plans", status="completed"))["items"] == []

    async def test_what_cannot_be_asked(self, client: httpx.AsyncClient) -> None:
        for params in IMPOSSIBLE:
            answer = await client.get("/v1/plans", params=params)
            assert [pointer for pointer, _ in places(answer)] == [f"?{name}" for name in params]

    async def test_more_than_the_largest_page_is_lowered_to_it(self, client: httpx.AsyncClient) -> None:
        await create(client, "p")
        assert len((await build.get(client, "/v1/plans", limit=10_000))["items"]) == 1


NO_CURSORS = ["", "ä", "a b", "=", "A" * 2_001]


class TestCursors:
    """A cursor is good for its own query, in its own workspace, as it was given."""

    @pytest.fixture
    async def cursor(self, client: httpx.AsyncClient) -> str:
        await create(client, *"abc")
        cursor: str = (await build.get(client, "/v1/plans", limit=1))["next_cursor"]
        return cursor

    async def refused(self, client: httpx.AsyncClient, path: str = "/v1/plans", **params: Any) -> None:
        assert places(await client.get(path, params=params)) == [("?cursor", "invalid_cursor")]

    async def test_tampered(self, client: httpx.AsyncClient, cursor: str) -> None:
        for index in range(0, len(cursor) - 1, 7):
            other = "A" if cursor[index] != "A" else "B"
            await self.refused(client, cursor=f"{cursor[:index]}{other}{cursor[index + 1 :]}")
        for cut in (cursor[:-4], cursor + "AAAA", cursor[4:], "A", "AAAA", "A" * 2_000):
            await self.refused(client, cursor=cut)

    async def test_no_cursor_at_all(self, client: httpx.AsyncClient) -> None:
        for text in NO_CURSORS:
            answer = await client.get("/v1/plans", params={"cursor": text})
            assert [pointer for pointer, _ in places(answer)] == ["?cursor"]

    async def test_with_another_filter(self, client: httpx.AsyncClient, cursor: str) -> None:
        await self.refused(client, cursor=cursor, status="draft")

    async def test_of_another_list(self, client: httpx.AsyncClient, cursor: str) -> None:
        await build.put(client, "p", build.document())
        for path in ("/v1/calendars", "/v1/plans/p/milestones", "/v1/plans/p/dependencies", "/v1/plans/p/events"):
            await self.refused(client, path, cursor=cursor)

    async def test_of_another_workspace(self, cursor: str, make_client: MakeClient, make_key: Any) -> None:
        await self.refused(make_client(await make_key("admin", workspace="other")), cursor=cursor)

    async def test_another_page_size_is_no_other_query(self, client: httpx.AsyncClient, cursor: str) -> None:
        page = await build.get(client, "/v1/plans", limit=2, cursor=cursor)
        assert [plan["key"] for plan in page["items"]] == ["b", "c"]
