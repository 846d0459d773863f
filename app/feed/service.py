"""The feed: what others append in their transactions, read on from any place in it, dropped when it is old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.feed import store
from app.feed.problems import FeedCursorAhead, FeedCursorExpired
from app.feed.store import Page
from app.kit.db import Database
from app.kit.wakeups import wake

FILTERABLE = ("milestone", "level", "measure", "tolerance", "owner")
Start = Literal["beginning", "now"]
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class NewItem:
    """Something to announce.

    Attributes:
        item_id: a UUIDv7 made now: it is the item's name for ever, and its age.
        type: `deviation.opened` and the like.
        plan_id, plan: the plan it is about, by id and key; None: none.
        filterable: what readers may filter by: `milestone`, `level`, `measure`, `tolerance`, `owner`.
        body: the JSON text of `{"id", "type", "occurred_at", "plan", "data"}`, in one line, answered as it is.
    """

    item_id: UUID
    type: str
    occurred_at: datetime
    plan_id: UUID | None
    plan: str | None
    filterable: Mapping[str, str | None]
    body: str


async def append(tx: AsyncConnection, workspace_id: int, items: Sequence[NewItem]) -> list[int]:
    """Append items to the feed in the caller's transaction, which holds the lock of every plan they are about.

    Answers their sequences, in order. Until the transaction ends, nothing that is appended later is read by anybody:
    append near its end.
    """
    if not items:
        return []
    rows = [
        {
            "item_id": item.item_id,
            "type": item.type,
            "occurred_at": item.occurred_at,
            "plan_id": item.plan_id,
            "plan": item.plan,
            **{name: item.filterable.get(name) for name in FILTERABLE},
            "body": item.body,
        }
        for item in items
    ]
    sequences = await store.add(tx, workspace_id, rows)
    await wake(tx, "feed")
    return sequences


async def start_of(db: AsyncConnection, workspace_id: int, after: int | None, start: Start) -> int:
    """The sequence to read after: the one given, else that of the beginning or the end of what there is.

    Raises:
        FeedCursorAhead: the database has never been as far as the one given.
        FeedCursorExpired: items after the one given were dropped.
    """
    horizon = await store.horizon(db, workspace_id)
    dropped = await store.dropped(db, workspace_id)
    if after is not None:
        if after > horizon.reached:
            raise FeedCursorAhead
        if after < dropped:
            raise FeedCursorExpired
        return after
    # Not before what was dropped, or the cursor that is answered would have expired.
    return dropped if start == "beginning" else max(dropped, await store.newest(db, workspace_id, horizon))


async def read(db: AsyncConnection, workspace_id: int, wanted: Mapping[str, str], after: int, limit: int) -> Page:
    """Up to `limit` items after a sequence that fit a filter; nothing will come up between them later.

    Raises:
        FeedCursorExpired: items after the sequence were dropped.
    """
    horizon = await store.horizon(db, workspace_id)
    page = await store.page(db, workspace_id, wanted, after, horizon, limit)
    if after < await store.dropped(db, workspace_id):  # looked at last: some may have been dropped meanwhile
        raise FeedCursorExpired
    return page


async def drop_old(database: Database, now: datetime, after_days: float) -> int:
    """Drop the items made longer ago than `after_days`, some at a time; answers how many."""
    made_before = _first_id(now - timedelta(days=after_days))
    dropped = 0
    while gone := await database.write(lambda tx: store.drop_some(tx, made_before, _CHUNK)):
        dropped += gone
    return dropped


def _first_id(made_at: datetime) -> UUID:
    """The lowest UUIDv7 of a millisecond: it begins with 48 bits of them since 1970."""
    return UUID(int=int(made_at.timestamp() * 1000) << 80)
