"""The Python client follows the feed over connections that break: every item once, in order."""

import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing, closing
from itertools import islice
from typing import Any
from uuid import UUID

import pytest

from leeway_client import Followed, Unauthorized, Unknown, follow, follow_async
from leeway_client.models import WebhookDisabledFeedItem
from tests.clients.answering import Answer, Server, answering, problem

Take = Callable[..., Awaitable[list[Followed]]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
READY = b"event: ready\ndata: {}\nid: c0\nretry: 10\n\n"


def item(number: int, text: str = "hook", type_: str = "webhook.disabled") -> bytes:
    """An item of the feed as an event."""
    moment = "2026-05-01T12:00:00Z"
    news = {"webhook": text, "reason": "gone", "failing_since": moment}
    body = {"id": str(UUID(int=number)), "type": type_, "occurred_at": moment, "plan": None, "data": news}
    return f"event: {type_}\ndata: {json.dumps(body, ensure_ascii=False)}\nid: c{number}\n\n".encode()


def streamed(*chunks: bytes, is_whole: bool = False) -> Answer:
    """A stream in these chunks, which then breaks off or ends as it should."""
    sent = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return Answer(HEAD + sent + (b"0\r\n\r\n" if is_whole else b""), then_reset=not is_whole)


async def sync_take(server: Server, count: int, **options: Any) -> list[Followed]:
    with server.connect() as client, closing(follow(client, **options)) as feed:
        return list(islice(feed, count))


async def async_take(server: Server, count: int, **options: Any) -> list[Followed]:
    async with server.connect() as client, aclosing(follow_async(client, **options)) as feed:
        return [await anext(feed) for _ in range(count)]


@pytest.fixture(params=[sync_take, async_take], ids=["sync", "async"])
def take(request: pytest.FixtureRequest) -> Take:
    """The first items that are followed, by either of the two."""
    found: Take = request.param
    return found


def numbers(followed: list[Followed]) -> list[int]:
    return [each.item.id.int for each in followed]


async def test_a_stream_that_breaks_is_resumed_after_the_last_item(take: Take) -> None:
    with answering(streamed(READY, item(1), item(2)), streamed(READY, item(3)), streamed(READY, item(4))) as server:
        assert numbers(await take(server, 4)) == [1, 2, 3, 4]
        resumed = [request.headers.get("last-event-id") for request in server.received]
        assert resumed == [None, "c2", "c3"]


async def test_an_item_that_broke_off_is_read_once_and_whole(take: Take) -> None:
    half = item(2)[: len(item(2)) // 2]
    with answering(streamed(READY, item(1), half), streamed(READY, item(2))) as server:
        assert numbers(await take(server, 2)) == [1, 2]
        assert server.received[1].headers["last-event-id"] == "c1"


async def test_items_come_in_any_pieces(take: Take) -> None:
    content = READY + item(1, "größer") + item(2)
    with answering(streamed(*(content[i : i + 1] for i in range(len(content))))) as server:
        assert numbers(await take(server, 2)) == [1, 2]


async def test_an_item_may_have_several_lines(take: Take) -> None:
    parted = item(1).replace(b', "type"', b',\ndata: "type"').replace(b"\n", b"\r\n")
    with answering(streamed(READY, parted)) as server:
        assert numbers(await take(server, 1)) == [1]


async def test_text_may_hold_what_other_readers_take_for_the_end_of_a_line(take: Take) -> None:
    text = "one\u2028two\u0085three\x0cfour"
    with answering(streamed(READY, item(1, text))) as server:
        ((found, _),) = await take(server, 1)
        assert isinstance(found, WebhookDisabledFeedItem)
        assert found.data.webhook == text


async def test_a_stream_that_falls_silent_is_given_up_and_resumed(take: Take) -> None:
    silent = Answer(HEAD + b"%x\r\n%s\r\n" % (len(READY + item(1)), READY + item(1)))
    with answering(silent, streamed(READY, item(2))) as server:
        assert numbers(await take(server, 2, quiet_seconds=0.3)) == [1, 2]


async def test_signs_of_life_are_no_items(take: Take) -> None:
    with answering(streamed(READY, b": heartbeat\n\n", item(1), b": heartbeat\n\n", item(2))) as server:
        assert numbers(await take(server, 2)) == [1, 2]


@pytest.mark.parametrize("name", ["closing", "overflow"])
async def test_a_server_that_ends_the_stream_is_asked_again(take: Take, name: str) -> None:
    end = f'event: {name}\ndata: {{"reason": "shutdown"}}\nid: c1\nretry: 10\n\n'.encode()
    with answering(streamed(READY, item(1), end, is_whole=True), streamed(READY, item(2))) as server:
        assert numbers(await take(server, 2)) == [1, 2]


async def test_a_server_that_cannot_answer_for_now_is_asked_again(take: Take) -> None:
    with answering(*[problem(503)] * 5, streamed(READY, item(1))) as server:
        assert numbers(await take(server, 1)) == [1]


async def test_a_refusal_is_raised(take: Take) -> None:
    with answering(streamed(READY, item(1)), problem(401, "unauthorized")) as server, pytest.raises(Unauthorized):
        await take(server, 2)


async def test_it_begins_where_it_is_told_to_with_its_filters(take: Take) -> None:
    with answering(streamed(READY, item(8))) as server:
        ((_, cursor),) = await take(server, 1, after="c7", type="deviation.opened", plan="p")
        assert cursor == "c8"
        assert server.received[0].headers["last-event-id"] == "c7"
        assert server.received[0].path == "/v1/feed/stream?type=deviation.opened&plan=p&from=beginning"


async def test_a_type_that_is_not_known_yet_is_an_item_like_others(take: Take) -> None:
    with answering(streamed(READY, item(1, type_="plan.dreamt"))) as server:
        ((found, _),) = await take(server, 1)
        assert isinstance(found, Unknown)
        assert (found.type_, found.data["reason"]) == ("plan.dreamt", "gone")
