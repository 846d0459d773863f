"""The feed: read from any place on, by filters, in an order in which nothing comes up in between later."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Executable, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.tables import workspaces
from app.feed import store
from app.feed.asking import Cursors
from app.feed.service import NewItem, append, drop_old
from app.kit.clock import utc_now
from app.kit.db import Database
from app.plans.purging import purge_deleted
from tests.http import build
from tests.http.build import failure, get
from tests.http.feed_build import announce, item, numbers
from tests.service import MakeClient, MakeKey, TestClock

Json = dict[str, Any]
OTHER_PLAN = UUID(int=8)


@pytest.fixture
def database(service: FastAPI) -> Database:
    """The database of the service."""
    found: Database = service.state.database
    return found


async def feed(client: httpx.AsyncClient, **params: Any) -> Json:
    named = {"from" if name == "start" else name: value for name, value in params.items()}
    return await get(client, "/v1/feed", **named)


async def whole_feed(client: httpx.AsyncClient, **params: Any) -> list[int]:
    page = await feed(client, **params)
    found = numbers(page["items"])
    while page["has_more"]:
        page = await feed(client, **params, cursor=page["next_cursor"])
        found += numbers(page["items"])
    return found


async def test_items_are_read_in_the_order_they_were_appended_and_as_they_were(
    client: httpx.AsyncClient, database: Database
) -> None:
    first = item(1)
    sequences = await announce(database, first, item(2))
    sequences += await announce(database, item(3))
    assert sequences == sorted(set(sequences))
    answer = await client.get("/v1/feed", params={"limit": 1})
    assert first.body in answer.text
    assert await whole_feed(client, limit=1) == await whole_feed(client, limit=2) == [1, 2, 3]


async def test_nothing_is_appended_by_nobody(database: Database) -> None:
    assert await announce(database) == []


async def test_a_reader_goes_on_where_it_was_at_any_time(client: httpx.AsyncClient, database: Database) -> None:
    page = await feed(client)
    assert (page["items"], page["has_more"]) == ([], False)
    for number in (1, 2):
        await announce(database, item(number))
        page = await feed(client, cursor=page["next_cursor"])
        assert (numbers(page["items"]), page["has_more"]) == ([number], False)
    assert (await feed(client, cursor=page["next_cursor"]))["next_cursor"] == page["next_cursor"]


async def test_a_reader_may_begin_after_what_there_is_now(client: httpx.AsyncClient, database: Database) -> None:
    empty = await feed(client, start="now")
    await announce(database, item(1))
    now = await feed(client, start="now")
    await announce(database, item(2))
    assert await whole_feed(client, cursor=now["next_cursor"]) == [2]
    assert await whole_feed(client, cursor=empty["next_cursor"]) == [1, 2]


async def test_what_was_not_committed_is_not_there_and_leaves_no_trace(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def fails(tx: AsyncConnection) -> None:
        await append(tx, 1, [item(1)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(fails)
    await announce(database, item(2))
    assert await whole_feed(client) == [2]


FILTERS = {
    "type": "deviation.resolved",
    "plan": "q",
    "milestone": "beta-1",
    "level": "breach",
    "measure": "finish_variance",
    "tolerance": "finish",
    "owner": "docs team",
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_leaves_what_fits(client: httpx.AsyncClient, database: Database, name: str) -> None:
    fitting = item(2, **cast("Json", {name: FILTERS[name]}))
    await announce(database, item(1), fitting, item(3, plan=None))
    assert await whole_feed(client, **{name: FILTERS[name]}) == [2]


async def test_filters_go_together(client: httpx.AsyncClient, database: Database) -> None:
    await announce(database, item(1, level="breach"), item(2, level="breach", owner="me"), item(3, owner="me"))
    assert await whole_feed(client, level="breach", owner="me", plan="p") == [2]


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [
        ("level", "horrible", "breach"),
        ("type", "deviation.closed", "deviation.resolved"),
        ("type", "", "webhook.test"),
    ],
)
async def test_an_unknown_word_is_refused_with_those_that_are_known(
    name: str, value: str, known: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/v1/feed", params={name: value})
    assert failure(answer) == (422, "invalid-request")
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"?{name}"
    assert known in error["detail"]


async def test_a_page_looks_at_a_bounded_number_of_items_however_few_fit(
    client: httpx.AsyncClient, database: Database
) -> None:
    await announce(database, *(item(number) for number in range(1_500)), item(9_999, owner="me"))
    page = await feed(client, owner="me", limit=10)
    assert (page["items"], page["has_more"]) == ([], True)
    page = await feed(client, owner="me", limit=10, cursor=page["next_cursor"])
    assert (numbers(page["items"]), page["has_more"]) == ([9_999], False)
    again = await feed(client, owner="me", limit=10, cursor=page["next_cursor"])
    assert (again["items"], again["has_more"]) == ([], False)


async def test_a_cursor_is_good_for_its_filters_alone(client: httpx.AsyncClient, database: Database) -> None:
    await announce(database, item(1))
    cursor = (await feed(client, plan="p"))["next_cursor"]
    for params in ({}, {"plan": "q"}, {"plan": "p", "owner": "me"}):
        answer = await client.get("/v1/feed", params={**params, "cursor": cursor})
        assert failure(answer) == (422, "invalid-request")
        assert answer.json()["errors"][0]["code"] == "invalid_cursor"


async def test_workspaces_neither_see_each_other_nor_take_each_others_cursors(
    client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey, database: Database
) -> None:
    other = make_client(await make_key("feed:read", workspace="other"))
    await announce(database, item(1))
    await announce(database, item(2), workspace="other")
    assert (await whole_feed(client), await whole_feed(other)) == ([1], [2])
    foreign = await other.get("/v1/feed", params={"cursor": (await feed(client))["next_cursor"]})
    assert failure(foreign) == (422, "invalid-request")


async def cursor_of(database: Database, sequence: int) -> str:
    async with database.read() as db:
        secret = await db.scalar(select(workspaces.c.cursor_secret).where(workspaces.c.name == "default"))
    assert secret is not None
    return Cursors(secret, {}).of(sequence)


@pytest.mark.parametrize("path", ["/v1/feed", "/v1/feed/stream"])
async def test_a_cursor_from_after_the_backup_that_was_restored_is_refused(
    client: httpx.AsyncClient, database: Database, path: str
) -> None:
    await announce(database, item(1))
    ahead = await cursor_of(database, 2**40)
    assert failure(await client.get(path, params={"cursor": ahead})) == (422, "feed-cursor-ahead")


async def test_who_lacks_the_scope_reads_nothing(make_client: MakeClient, make_key: MakeKey) -> None:
    client = make_client(await make_key("deviations:read"))
    for path in ("/v1/feed", "/v1/feed/stream"):
        assert failure(await client.get(path)) == (403, "forbidden")


@pytest.mark.only_on("postgres")
async def test_a_transaction_that_commits_late_is_not_skipped(client: httpx.AsyncClient, database: Database) -> None:
    appended, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: AsyncConnection) -> list[int]:
        sequences = await append(tx, 1, [item(1)])
        appended.set()
        await go_on.wait()
        return sequences

    late = asyncio.create_task(database.write(slow))
    await appended.wait()
    (higher,) = await announce(database, item(2, plan_id=OTHER_PLAN))
    early = await feed(client)
    assert early["items"] == []
    go_on.set()
    (lower,) = await late
    assert lower < higher
    assert await whole_feed(client, cursor=early["next_cursor"]) == [1, 2]


class Overtaken:
    """A connection on which something happens after each look at the database."""

    def __init__(self, db: AsyncConnection, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self.dialect = db.dialect
        self._db, self._meanwhile = db, meanwhile

    async def scalar(self, statement: Executable) -> Any:
        """Look, and then be overtaken."""
        found = await self._db.scalar(statement)
        await self._meanwhile()
        return found


@pytest.mark.only_on("postgres")
async def test_what_is_appended_between_two_looks_of_a_reader_is_not_taken_for_settled(database: Database) -> None:
    lowest = (await announce(database, item(0)))[0]
    async with database.read() as db, AsyncExitStack() as under_way:

        async def meanwhile() -> None:
            slow = await under_way.enter_async_context(database._writer.begin())
            await append(slow, 1, [item(1)])
            await announce(database, item(2))

        seen = await store.horizon(cast("AsyncConnection", Overtaken(db, meanwhile)), 1)
    assert seen.settled == lowest


@pytest.mark.only_on("postgres")
async def test_items_of_a_plan_keep_their_order_whoever_began_first(
    client: httpx.AsyncClient, database: Database
) -> None:
    has_number, may_append = asyncio.Event(), asyncio.Event()

    async def began_first(tx: AsyncConnection) -> None:
        await tx.execute(text("SELECT pg_current_xact_id()"))  # as a row written before waiting for the plan does
        has_number.set()
        await may_append.wait()
        await append(tx, 1, [item(2)])

    waiting = asyncio.create_task(database.write(began_first))
    await has_number.wait()
    await announce(database, item(1))
    may_append.set()
    await waiting
    assert await whole_feed(client) == [1, 2]


@pytest.mark.only_on("postgres")
async def test_an_append_that_is_undone_holds_nobody_up(client: httpx.AsyncClient, database: Database) -> None:
    async def undoes(tx: AsyncConnection) -> None:
        with contextlib.suppress(ZeroDivisionError):
            async with tx.begin_nested():
                await append(tx, 1, [item(1)])
                raise ZeroDivisionError
        await announce(database, item(2, plan_id=OTHER_PLAN))
        assert await whole_feed(client) == [2]

    await database.write(undoes)


@pytest.mark.only_on("postgres")
async def test_a_transaction_that_appends_nothing_holds_nobody_up(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def long(tx: AsyncConnection) -> None:
        await tx.execute(text("SELECT pg_current_xact_id()"))
        await announce(database, item(1))
        assert await whole_feed(client) == [1]

    await database.write(long)


async def test_no_item_can_be_changed(database: Database) -> None:
    await announce(database, item(1))
    with pytest.raises(IntegrityError, match="the feed is append-only"):
        await database.write(lambda tx: tx.execute(text("UPDATE feed_items SET body = '{}'")))


async def drop_everything(database: Database) -> int:
    return await drop_old(database, utc_now() + timedelta(days=1, seconds=1), 1)


async def test_old_items_are_dropped_and_readers_who_have_read_them_go_on(
    client: httpx.AsyncClient, database: Database
) -> None:
    await announce(database, item(1), item(2))
    cursor = (await feed(client))["next_cursor"]
    assert await drop_old(database, utc_now(), 1) == 0
    assert await drop_everything(database) == 2
    assert await whole_feed(client) == []
    await announce(database, item(3))
    assert await whole_feed(client, cursor=cursor) == await whole_feed(client) == [3]


@pytest.mark.parametrize("path", ["/v1/feed", "/v1/feed/stream"])
async def test_who_has_missed_what_was_dropped_is_told(
    client: httpx.AsyncClient, database: Database, path: str
) -> None:
    missed = [(await feed(client))["next_cursor"]]
    await announce(database, item(1), item(2))
    missed.append((await feed(client, limit=1))["next_cursor"])
    await drop_everything(database)
    await announce(database, item(3))
    await drop_old(database, utc_now(), 1)  # which drops nothing
    for cursor in missed:
        refused = await client.get(path, params={"cursor": cursor})
        assert failure(refused) == (422, "feed-cursor-expired")
        assert "from=beginning" in refused.json()["detail"]


@pytest.mark.parametrize("start", ["beginning", "now"])
async def test_a_cursor_of_a_feed_of_which_all_was_dropped_is_good(
    client: httpx.AsyncClient, database: Database, start: str
) -> None:
    await announce(database, item(1))
    await drop_everything(database)
    cursor = (await feed(client, start=start))["next_cursor"]
    await announce(database, item(2))
    assert await whole_feed(client, cursor=cursor) == [2]


async def test_what_another_workspace_has_dropped_expires_no_cursor(
    client: httpx.AsyncClient, make_key: MakeKey, database: Database
) -> None:
    await make_key("feed:read", workspace="other")
    cursor = (await feed(client))["next_cursor"]
    await announce(database, item(1), workspace="other")
    await drop_everything(database)
    await announce(database, item(2))
    assert await whole_feed(client, cursor=cursor) == [2]


def large(number: int, length: int, **fields: Any) -> NewItem:
    small = item(number, **fields)
    text = "x" * (length - len(small.body))
    head, name, tail = small.body.rpartition('"number"')
    return replace(small, body=f'{head}"text": "{text}", {name}{tail}')


async def test_a_page_ends_early_where_items_are_large(client: httpx.AsyncClient, database: Database) -> None:
    items = [large(number, 900_000, owner="me" if number % 2 else None) for number in range(6)]
    await announce(database, *items, large(6, 5_000_000), item(7))
    pages, page = [], await feed(client)
    while page["has_more"]:
        pages.append(numbers(page["items"]))
        page = await feed(client, cursor=page["next_cursor"])
    assert [*pages, numbers(page["items"])] == [[0, 1, 2], [3, 4, 5], [6], [7]]
    assert await whole_feed(client, owner="me") == [1, 3, 5]
    assert await whole_feed(client, limit=2) == list(range(8))


async def test_a_purge_takes_the_items_of_its_plan_and_no_number_is_given_twice(
    client: httpx.AsyncClient, database: Database, clock: TestClock
) -> None:
    for key in ("p", "q"):
        await build.put(client, key, build.document())
    async with database.read() as db:
        found = (await db.execute(text("SELECT plan_id FROM plans ORDER BY key"))).scalars()
        p, q = (UUID(str(plan_id)) for plan_id in found)
    await announce(database, item(1, plan="q", plan_id=q), item(2, plan_id=p))
    cursor = (await feed(client))["next_cursor"]
    await client.delete("/v1/plans/p", headers={"If-Match": "*"})
    clock.advance(days=31)
    assert await purge_deleted(database, clock(), 30) == 1
    assert await whole_feed(client) == [1]
    await announce(database, item(3, plan="q", plan_id=q))
    assert await whole_feed(client, cursor=cursor) == [3]
