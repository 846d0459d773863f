"""Items of the feed, appended without anything that they would announce; and streams taken apart."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import store as access
from app.feed.service import NewItem, append
from app.kit.db import Database
from app.kit.ids import uuid7

PLAN_ID = UUID(int=7)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def item(number: int = 1, *, plan: str | None = "p", plan_id: UUID | None = PLAN_ID, **fields: Any) -> NewItem:
    """An item with a number in its data; `fields` are its type, and what it may be filtered by."""
    item_id, type_ = uuid7(), fields.pop("type", "deviation.opened")
    content = {"id": str(item_id), "type": type_, "occurred_at": "2026-03-02T09:00:00Z", "plan": plan}
    body = json.dumps({**content, "data": {"number": number}})
    return NewItem(item_id, type_, AT, None if plan is None else plan_id, plan, fields, body)


async def announce(database: Database, *items: NewItem, workspace: str = "default") -> list[int]:
    """Append items in a transaction of their own; answers their sequences."""

    async def work(tx: AsyncConnection) -> list[int]:
        workspace_id = await access.workspace_id(tx, workspace)
        assert workspace_id is not None
        return await append(tx, workspace_id, items)

    return await database.write(work)


def numbers(items: list[dict[str, Any]]) -> list[int]:
    """The numbers in the items' data."""
    return [found["data"]["number"] for found in items]


class Event(NamedTuple):
    """One event of a stream."""

    name: str
    id: str
    data: Any


def events(text: str) -> Iterator[Event]:
    """The whole events of a stream; what was cut off in the end is not one."""
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.partition(": ")[::2] for line in block.split("\n"))
        if "event" in fields:
            yield Event(fields["event"], fields["id"], json.loads(fields["data"]))
