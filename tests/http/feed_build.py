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
_TIME = "2026-03-02T09:00:00Z"
_LEVEL = {"level": "breach", "state": "open", "resolution": None, "summary": "It is late.", "acknowledgement": None}
_TRANSITION = {
    "number": 1,
    "kind": "opened",
    "recorded_at": _TIME,
    "as_of": _TIME,
    "evaluation": 1,
    "retroactive": False,
    "actor": "leeway",
    **_LEVEL,
    "value": 2.0,
    "unit": "working_days",
    "bound": 1.0,
}
_EVIDENCE = {
    "value": 2.0,
    "unit": "working_days",
    "bound": 1.0,
    "basis": "actual",
    "as_of": _TIME,
    "operands": {},
    "events": [],
}
DEVIATION: dict[str, Any] = {
    "id": str(UUID(int=8)),
    "plan": "p",
    "milestone": "a",
    "about": None,
    "tolerance": "finish",
    **_LEVEL,
    "tolerance_version": 1,
    "measure": "finish_variance",
    "baseline": 1,
    "episode": 1,
    "opened_at": _TIME,
    "changed_at": _TIME,
    "resolved_at": None,
    "owner": None,
    "labels": {},
    "evidence": _EVIDENCE,
    "impact": {"unabsorbed_minutes": 0},
    "consequences": [],
    "consequence_count": 0,
    "transition": _TRANSITION,
}


def item(number: int = 1, *, plan: str | None = "p", plan_id: UUID | None = PLAN_ID, **fields: Any) -> NewItem:
    """An item with a number in its data; `fields` are its type, and what it may be filtered by."""
    item_id, type_ = uuid7(), fields.pop("type", "deviation.opened")
    content = {"id": str(item_id), "type": type_, "occurred_at": _TIME, "plan": plan}
    body = json.dumps({**content, "data": {**DEVIATION, "number": number}})
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
