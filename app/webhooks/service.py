"""Announcing: what is said goes to the feed and, in the same transaction, into the queue of who wants to hear it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.feed import service as feed
from app.kit.ids import uuid7
from app.kit.wakeups import wake
from app.webhooks import store
from app.webhooks.envelopes import Announcement, cloud_event, matches, standard

__all__ = ["Announcement", "announce"]


async def announce(tx: AsyncConnection, workspace_id: int, announcements: Sequence[Announcement]) -> None:
    """Append announcements to the feed and queue them for every enabled webhook whose filter they pass.

    What is sent is frozen here. Those about one plan are delivered in the order of this transaction and its
    successors, so the caller holds the plan's lock.
    """
    if not announcements:
        return
    items = [
        feed.NewItem(item_id, said.type, said.occurred_at, said.plan_id, said.plan, said.filterable, body)
        for said in announcements
        for item_id in (uuid7(),)
        for body in (standard(item_id, said),)
    ]
    sequences = await feed.append(tx, workspace_id, items)
    listeners = await store.enabled(tx, workspace_id)
    if not listeners:
        return
    rows = [
        queued(listener, item.item_id, said, sequence, item.body)
        for said, item, sequence in zip(announcements, items, sequences, strict=True)
        for listener in listeners
        if matches(listener.filter, said)
    ]
    if rows:
        await store.queue(tx, workspace_id, rows)
        await wake(tx, "deliveries")


def queued(
    listener: Row[Any], item_id: UUID, said: Announcement, sequence: int, body: str | None = None
) -> dict[str, Any]:
    """A delivery's row: what is sent to one webhook, from now on the same."""
    if listener.format == "cloudevents":
        body = cloud_event(item_id, said)
    return {
        "webhook_id": listener.webhook_id,
        "item_id": item_id,
        "plan_id": said.plan_id or store.NO_PLAN,
        "plan": said.plan,
        "sequence": sequence,
        "type": said.type,
        "format": listener.format,
        "body": body or standard(item_id, said),
        "occurred_at": said.occurred_at,
    }
