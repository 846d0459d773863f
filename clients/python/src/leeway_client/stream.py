"""The feed as it goes on: every item once and in order, also over connections that break."""

import json
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import anyio
import httpx

from leeway_client.connection import Connection
from leeway_client.errors import ProblemError
from leeway_client.retries import LONGEST_SECONDS, Retries

if TYPE_CHECKING:
    from leeway_client.models import ActionFeedItem, DeviationFeedItem, WebhookDisabledFeedItem

PATH = "/v1/feed/stream"
_NOTICES = ("ready", "closing", "overflow")
_PASSING = (408, 429)
_BACKOFF = Retries(base_seconds=0.5, cap_seconds=30)


class Followed(NamedTuple):
    """An item of the feed, and the place in the feed after it."""

    item: "ActionFeedItem | DeviationFeedItem | WebhookDisabledFeedItem"
    """In the class of its `type_`, or an `Unknown` of a type that is newer than this client."""
    cursor: str


def follow(
    client: Connection,
    *,
    after: str | None = None,
    start: Literal["beginning", "now"] = "beginning",
    quiet_seconds: float = 45.0,
    **filters: str,
) -> Generator[Followed, None, None]:
    """What there is, and then what comes, for ever: `for item, cursor in follow(client, type="deviation.opened")`.

    A connection that breaks is made again, and nothing is left out or told twice.

    Args:
        client: From `connect`.
        after: The cursor of the last item that was dealt with: go on after it.
        start: Where to begin without one.
        quiet_seconds: A connection that is silent for longer is given up; the server gives a sign every 15 s.
        filters: As `list_feed` takes them (`type`, `plan`, `milestone`, `level` …). A cursor belongs to its filters.

    Raises:
        ProblemError: the server refuses for good: the key is not valid any more, or the cursor is too old.
    """
    place = _Place(after, {**filters, "from": start}, quiet_seconds)
    http = client.get_httpx_client()
    while True:
        try:
            with http.stream("GET", PATH, **place.request()) as response:
                if not response.is_success:
                    response.read()
                    place.refused(response)
                else:
                    for chunk in response.iter_bytes():
                        yield from place.read(chunk)
        except httpx.TransportError:
            place.broken()
        time.sleep(place.pause_seconds())


async def follow_async(
    client: Connection,
    *,
    after: str | None = None,
    start: Literal["beginning", "now"] = "beginning",
    quiet_seconds: float = 45.0,
    **filters: str,
) -> AsyncGenerator[Followed, None]:
    """As `follow`, with `async for`. Wrap it in `contextlib.aclosing` to leave before the end without a trace."""
    place = _Place(after, {**filters, "from": start}, quiet_seconds)
    http = client.get_async_httpx_client()
    while True:
        try:
            async with http.stream("GET", PATH, **place.request()) as response:
                if not response.is_success:
                    await response.aread()
                    place.refused(response)
                else:
                    async for chunk in response.aiter_bytes():
                        for followed in place.read(chunk):
                            yield followed
        except httpx.TransportError:
            place.broken()
        await anyio.sleep(place.pause_seconds())


class _Place:
    """How far the feed was read, whatever it is read with."""

    def __init__(self, after: str | None, params: dict[str, str], quiet_seconds: float) -> None:
        self._cursor = after
        self._params = params
        self._timeout = httpx.Timeout(min(quiet_seconds, 30), read=quiet_seconds)
        self._rest = b""
        self._fields: dict[str, str] = {}
        self._reconnect_seconds = 1.0
        self._asked_seconds = 0.0
        self._failures = 0

    def request(self) -> dict[str, Any]:
        """What to ask for, on a new connection."""
        self._rest, self._fields, self._asked_seconds = b"", {}, 0.0
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": self._cursor} if self._cursor else {})}
        return {"params": self._params, "headers": headers, "timeout": self._timeout}

    def refused(self, response: httpx.Response) -> None:
        """It was not let in: raises, unless that may pass."""
        error = ProblemError.of(response)
        if error.status < 500 and error.status not in _PASSING:
            raise error
        self._asked_seconds = error.retry_after or 0.0
        self.broken()

    def broken(self) -> None:
        """The connection was lost."""
        self._failures += 1

    def pause_seconds(self) -> float:
        """Until the next connection."""
        backoff = _BACKOFF.backoff(self._failures) if self._failures else 0.0
        return min(max(self._reconnect_seconds, self._asked_seconds, backoff), LONGEST_SECONDS)

    def read(self, chunk: bytes) -> Iterator[Followed]:
        """The items that are whole with these bytes. Lines end at a line feed alone: JSON may hold other breaks."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            text = line.rstrip(b"\r").decode()
            name, _, value = text.partition(":")
            if name:
                before = f"{self._fields['data']}\n" if name == "data" and name in self._fields else ""
                self._fields[name] = before + value.removeprefix(" ")
            elif not text:  # a line that begins with a colon is a sign of life
                fields, self._fields = self._fields, {}
                yield from self._event(fields)

    def _event(self, fields: dict[str, str]) -> Iterator[Followed]:
        self._failures = 0
        if fields.get("retry", "").isdecimal():
            self._reconnect_seconds = int(fields["retry"]) / 1000
        self._cursor = fields.get("id") or self._cursor
        if "data" in fields and fields.get("event") not in _NOTICES:
            from leeway_client.models import FeedPage  # noqa: PLC0415 - models are loaded when they are used

            assert self._cursor is not None
            page = {"items": [json.loads(fields["data"])], "next_cursor": self._cursor, "has_more": False}
            yield Followed(FeedPage.from_dict(page).items[0], self._cursor)
