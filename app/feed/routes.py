"""HTTP of the feed and its stream."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response, StreamingResponse

from app.access.caller import Caller, needs
from app.access.problems import Unauthorized
from app.access.service import Scope
from app.feed import service
from app.feed.asking import Cursors, Filters, From
from app.feed.hub import Hub, Reader
from app.feed.schemas import FeedPage
from app.feed.stream import FeedStream
from app.kit import wire
from app.kit.answers import Answer
from app.kit.paging import MAX_LIMIT, Cursor, Limit
from app.kit.problems import ServiceUnavailable
from app.kit.routing import StrictRoute

router = APIRouter(prefix="/v1/feed", tags=["feed"], route_class=StrictRoute)

FeedReader = Annotated[Caller, needs(Scope.feed_read)]
Wanted = Annotated[Filters, Depends()]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=2_000,
        description="`id` of the last event that was read: go on after it. Goes before `cursor`.",
    ),
]
Seconds = Annotated[
    int | None,
    Query(
        ge=0,
        le=86_400,
        description="End the stream after so many seconds; 0: after what there is now. Without it, it goes on.",
    ),
]


@router.get("", response_model=FeedPage)
async def list_feed(
    caller: FeedReader, filters: Wanted, start: From = "beginning", limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Read what was announced, oldest first.

    `next_cursor` is always there, also at the end: keep it and come back with it. An item that is recorded later is
    never found before it, whatever else was going on; those of one plan follow each other as they happened.
    """
    cursors = Cursors(caller.cursor_secret, filters.wanted)
    asked = cursors.sequence(cursor)
    async with caller.read() as db:
        after = await service.start_of(db, caller.workspace_id, asked, start)
        page = await service.read(db, caller.workspace_id, filters.wanted, after, min(limit, MAX_LIMIT))
    rest = wire.dump({"next_cursor": cursors.of(page.end), "has_more": page.has_more})
    items = ",".join(entry.body for entry in page.entries)  # they are JSON already, and stay as they were
    return Answer(200, b'{"items":[' + items.encode() + b"]," + rest[1:]).response()


_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events for as long as the connection lasts. Of an item: `event` is its `type`, `data` the "
        "`FeedItem`, `id` the cursor after it. Besides: `ready` first; last either `closing`, with the `reason` "
        "`shutdown`, `unauthorized`, `time_over` or `cursor_expired` (what it had to read was dropped); or "
        "`overflow`: the reader took nothing while more than 1,000 items waited. Their `id` is where to go on. "
        "A comment every 15 seconds is a sign of life.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


# Not the framework's class for events: it would make an endpoint that may refuse before it streams into a generator.
@router.get("/stream", response_class=StreamingResponse, responses=_EVENTS)
async def stream_feed(
    caller: FeedReader,
    filters: Wanted,
    start: From = "beginning",
    cursor: Cursor = None,
    last_event_id: LastEventId = None,
    seconds: Seconds = None,
) -> Response:
    """Read the feed as Server-Sent Events: what there is after a cursor, and then what comes, as it comes.

    A reader that was cut off goes on with `Last-Event-ID` and misses nothing. `EventSource` of browsers cannot send
    the key; a client that can set headers is needed.
    """
    hub: Hub = caller.request.app.state.hub
    cursors = Cursors(caller.cursor_secret, filters.wanted)
    resumed = cursors.sequence(last_event_id or None, pointer="#header/Last-Event-ID")
    asked = cursors.sequence(cursor) if resumed is None else resumed
    async with caller.read() as db:
        after = await service.start_of(db, caller.workspace_id, asked, start)
    gate = caller.request.app.state.gate
    token = caller.request.headers["authorization"].partition(" ")[2].strip()

    async def may_read() -> bool:
        try:
            await gate.principal(token)
        except Unauthorized:
            return False
        except ServiceUnavailable:
            return True  # nobody can tell now, and there is nothing to read meanwhile either
        return True

    return FeedStream(hub, Reader(caller.workspace_id, cursors, may_read, seconds), after)
