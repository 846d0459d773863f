"""One stream, in process: what it tells, where it resumes, and what becomes of a reader that does not read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from app.feed.asking import Cursors
from app.feed.hub import Hub, Pace, Reader
from app.feed.problems import TooManyStreams
from app.feed.service import drop_old
from app.feed.store import BEGINNING
from app.feed.stream import FeedStream
from app.kit.clock import utc_now
from app.kit.db import Database
from tests.http.build import failure, get
from tests.http.feed_build import Event, announce, events, item, numbers
from tests.service import NOW, MakeClient, MakeKey, TestClock


@pytest.fixture
def database(service: FastAPI) -> Database:
    """The database of the service."""
    found: Database = service.state.database
    return found


async def stream(client: httpx.AsyncClient, last_event_id: str | None = None, **params: Any) -> list[Event]:
    """A stream that ends by itself, by default after what there is now."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    answer = await client.get("/v1/feed/stream", params={"seconds": 0, **params}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(events(answer.text))


async def test_it_tells_what_there_is_between_a_first_and_a_last_event(
    client: httpx.AsyncClient, database: Database
) -> None:
    await announce(database, item(1), item(2, type="deviation.resolved"))
    first, *told, last = await stream(client)
    assert (first.name, first.data) == ("ready", {})
    assert [event.name for event in told] == ["deviation.opened", "deviation.resolved"]
    assert [event.data for event in told] == (await get(client, "/v1/feed"))["items"]
    assert (last.name, last.data, last.id) == ("closing", {"reason": "time_over"}, told[-1].id)


async def test_it_resumes_after_any_event(client: httpx.AsyncClient, database: Database) -> None:
    await announce(database, *map(item, range(5)))
    ids = [event.id for event in await stream(client)]
    assert [numbers_of(await stream(client, each)) for each in ids] == [
        [0, 1, 2, 3, 4],
        [1, 2, 3, 4],
        [2, 3, 4],
        [3, 4],
        [4],
        [],
        [],
    ]
    assert numbers_of(await stream(client, ids[3], cursor=ids[1])) == [3, 4]
    assert numbers_of(await stream(client, "", cursor=ids[1])) == [1, 2, 3, 4]


def numbers_of(told: list[Event]) -> list[int]:
    return numbers([event.data for event in told if event.name.startswith("deviation.")])


async def test_the_list_and_the_stream_go_on_from_each_other(client: httpx.AsyncClient, database: Database) -> None:
    await announce(database, *map(item, range(3)))
    page = await get(client, "/v1/feed", plan="p", limit=1)
    told = await stream(client, page["next_cursor"], plan="p")
    assert numbers_of(told) == [1, 2]
    rest = await get(client, "/v1/feed", plan="p", cursor=told[1].id)
    assert numbers(rest["items"]) == [2]


async def test_it_takes_the_filters_of_the_list(client: httpx.AsyncClient, database: Database) -> None:
    await announce(database, *(item(number) for number in range(2_100)), item(9, owner="me"))
    assert numbers_of(await stream(client, owner="me")) == [9]


async def test_a_reader_of_what_comes_can_resume_before_anything_came(
    client: httpx.AsyncClient, database: Database
) -> None:
    await announce(database, item(1))
    ready, _ = await stream(client, **{"from": "now"})
    await announce(database, item(2))
    assert numbers_of(await stream(client, ready.id, **{"from": "now"})) == [2]


async def test_it_is_not_to_be_kept_or_held_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/feed/stream", params={"seconds": 0})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
    assert "retry: 1000\n" in answer.text


async def test_a_bad_last_event_id_is_refused_before_anything_is_streamed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/feed/stream", headers={"Last-Event-ID": "nonsense"})
    assert failure(answer) == (422, "invalid-request")
    assert answer.json()["errors"][0]["pointer"] == "#header/Last-Event-ID"


async def test_what_comes_is_told_at_once_and_silence_by_a_sign_of_life(
    service: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    service.state.hub = Hub(database, Pace(heartbeat=0.2))
    reading = asyncio.create_task(client.get("/v1/feed/stream", params={"seconds": 1}))
    await asyncio.sleep(0.2)
    await announce(database, item(1))
    text = (await reading).text
    assert numbers_of(list(events(text))) == [1]
    assert text.count(": heartbeat\n\n") in {3, 4}


async def test_one_stream_too_many_is_asked_to_come_back(
    service: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    service.state.hub = Hub(database, Pace(streams=1))
    first = asyncio.create_task(client.get("/v1/feed/stream", params={"seconds": 1}))
    await asyncio.sleep(0.3)
    refused = await client.get("/v1/feed/stream")
    assert failure(refused) == (503, "too-many-streams")
    assert int(refused.headers["Retry-After"]) > 0
    assert (await first).status_code == 200
    assert (await client.get("/v1/feed/stream", params={"seconds": 0})).status_code == 200


async def test_streams_that_are_opened_at_the_same_time_share_the_places(
    service: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    service.state.hub = Hub(database, Pace(streams=3))
    opening = [client.get("/v1/feed/stream", params={"seconds": 1}) for _ in range(10)]
    codes = [answer.status_code for answer in await asyncio.gather(*opening)]
    assert sorted(codes) == [200] * 3 + [503] * 7


async def test_a_workspace_leaves_places_to_others(
    service: FastAPI, client: httpx.AsyncClient, make_client: MakeClient, make_key: MakeKey, database: Database
) -> None:
    other = make_client(await make_key("feed:read", workspace="other"))
    service.state.hub = Hub(database, Pace(streams=3, share=2))
    opening = [client.get("/v1/feed/stream", params={"seconds": 1}) for _ in range(4)]
    first = asyncio.gather(*opening)
    await asyncio.sleep(0.3)
    assert (await other.get("/v1/feed/stream", params={"seconds": 0})).status_code == 200
    assert sorted(answer.status_code for answer in await first) == [200, 200, 503, 503]


async def test_a_place_that_nobody_streams_from_is_free_again(database: Database) -> None:
    hub = Hub(database, Pace(streams=1))
    reader = Reader(1, Cursors(b"secret", {}), always)
    for _ in range(3):
        FeedStream(hub, reader, BEGINNING)
    last = FeedStream(hub, reader, BEGINNING)
    with pytest.raises(TooManyStreams):
        FeedStream(hub, reader, BEGINNING)
    del last


async def test_it_ends_when_its_key_expires(
    make_client: MakeClient, make_key: MakeKey, clock: TestClock, database: Database
) -> None:
    client = make_client(await make_key("feed:read", expires_at=NOW + timedelta(minutes=1)))
    reading = asyncio.create_task(stream(client, seconds=60))
    await asyncio.sleep(0.3)
    clock.advance(minutes=1)
    async with asyncio.timeout(5):
        last = (await reading)[-1]
    assert (last.name, last.data) == ("closing", {"reason": "unauthorized"})


async def test_it_ends_with_the_application(service: FastAPI, client: httpx.AsyncClient) -> None:
    reading = asyncio.create_task(stream(client, seconds=60))
    await asyncio.sleep(0.3)
    service.state.hub.close()
    async with asyncio.timeout(1):
        last = (await reading)[-1]
    assert (last.name, last.data) == ("closing", {"reason": "shutdown"})
    assert failure(await client.get("/v1/feed/stream")) == (503, "service-unavailable")


async def always() -> bool:
    return True


class SlowReader:
    """A connection that takes nothing between `pause` and `go_on`, as a full send buffer does."""

    def __init__(self, hub: Hub) -> None:
        self.received = b""
        self.is_over = False
        self._takes = asyncio.Event()
        self._takes.set()
        self._stream = FeedStream(hub, Reader(1, Cursors(b"secret", {}), always), BEGINNING)

    async def send(self, message: Message) -> None:
        """What the server calls."""
        await self._takes.wait()
        self.received += message.get("body", b"")
        self.is_over = message.get("more_body") is False

    def pause(self) -> None:
        """Take nothing."""
        self._takes.clear()

    def go_on(self) -> None:
        """Take everything."""
        self._takes.set()

    @property
    def events(self) -> list[Event]:
        """What it has read."""
        return list(events(self.received.decode()))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["asyncio.Task[None]"]:
        """The stream goes on meanwhile; it began with what there is."""
        task = asyncio.create_task(self._stream.stream_response(self.send))
        await asyncio.sleep(0.3)
        yield task
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_slow_reader_is_told_to_resume_once_too_much_waits_for_it(database: Database) -> None:
    reader = SlowReader(Hub(database, Pace(stall=0.1, behind=20, page=5)))
    async with reader.reading() as task:
        reader.pause()
        await announce(database, *map(item, range(30)))
        await asyncio.sleep(1.2)
        reader.go_on()
        await asyncio.wait_for(task, 2)
    assert [event.name for event in reader.events] == ["ready", "overflow"]
    assert reader.is_over
    assert reader.events[-1].id == reader.events[0].id, "it goes on where it was"


async def test_a_slow_reader_for_which_little_waits_gets_it_in_the_end(database: Database) -> None:
    reader = SlowReader(Hub(database, Pace(stall=0.1, behind=20, page=5)))
    async with reader.reading():
        reader.pause()
        await announce(database, *map(item, range(20)))
        await asyncio.sleep(1.2)
        reader.go_on()
        await asyncio.sleep(0.5)
        assert numbers_of(reader.events) == list(range(20))


async def test_a_reader_too_slow_for_what_is_dropped_is_told(database: Database) -> None:
    reader = SlowReader(Hub(database))
    reader.pause()
    async with reader.reading() as task:
        await announce(database, item(1))
        await drop_old(database, utc_now() + timedelta(days=1, seconds=1), 1)
        await announce(database, item(2))
        reader.go_on()
        await asyncio.wait_for(task, 2)
    assert [(event.name, event.data) for event in reader.events[1:]] == [("closing", {"reason": "cursor_expired"})]


async def test_a_reader_that_takes_nothing_for_long_is_given_up(database: Database) -> None:
    reader = SlowReader(Hub(database, Pace(give_up=0.6, heartbeat=0.1)))
    async with reader.reading() as task:
        reader.pause()
        await asyncio.wait_for(task, 3)
    assert not reader.is_over


async def test_a_reader_that_takes_nothing_does_not_hold_up_the_end(database: Database) -> None:
    hub = Hub(database, Pace(heartbeat=0.1))
    reader = SlowReader(hub)
    async with reader.reading() as task:
        reader.pause()
        await asyncio.sleep(0.2)
        hub.close()
        await asyncio.wait_for(task, 2)
