"""The SQL of webhooks, and of the log of their deliveries. What is sent next is told by `app/webhooks/queue.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import delete_some, insert_new
from app.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_lanes, webhooks

_LIVING = webhooks.c.key.is_not(None)
_LISTED = [column for column in webhook_deliveries.columns if column.name != "body"]


def _here(workspace_id: int, webhook_id: UUID) -> Any:
    return (webhooks.c.workspace_id == workspace_id) & (webhooks.c.webhook_id == webhook_id)


def _of(workspace_id: int, webhook_id: UUID) -> Any:
    mine = webhook_deliveries.c.webhook_id == webhook_id
    return (webhook_deliveries.c.workspace_id == workspace_id) & mine


async def get(db: AsyncConnection, workspace_id: int, key: str, *, lock: bool = False) -> Row[Any] | None:
    """The webhook with this key; locked against other writers if it is to be changed."""
    statement = select(webhooks).where(webhooks.c.workspace_id == workspace_id, webhooks.c.key == key)
    return (await db.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def page(db: AsyncConnection, workspace_id: int, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """The webhooks of a workspace, by key."""
    statement = select(webhooks).where(webhooks.c.workspace_id == workspace_id, _LIVING)
    if after is not None:
        statement = statement.where(webhooks.c.key > after)
    return (await db.execute(statement.order_by(webhooks.c.key).limit(limit))).all()


async def count(db: AsyncConnection, workspace_id: int) -> int:
    """How many webhooks the workspace has."""
    statement = select(func.count()).select_from(webhooks)
    return await db.scalar(statement.where(webhooks.c.workspace_id == workspace_id, _LIVING)) or 0


async def add(tx: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add a webhook; False if its key is taken."""
    return bool(await insert_new(tx, webhooks, [row], ["workspace_id", "key"]))


async def change(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, **values: Any) -> None:
    """Change a webhook."""
    await tx.execute(update(webhooks).where(_here(workspace_id, webhook_id)).values(**values))


async def enabled(tx: AsyncConnection, workspace_id: int) -> Sequence[Row[Any]]:
    """Of every enabled webhook: its id, filter and format."""
    listed: Select[Any] = select(webhooks.c.webhook_id, webhooks.c.filter, webhooks.c.format)
    here = (webhooks.c.workspace_id == workspace_id) & (webhooks.c.state == "enabled")
    found: Sequence[Row[Any]] = (await tx.execute(listed.where(here))).all()
    return found


async def disable(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, reason: str, at: datetime) -> str | None:
    """Disable an enabled webhook; answer its key, or None if it is not enabled (any more)."""
    statement = update(webhooks).where(_here(workspace_id, webhook_id), webhooks.c.state == "enabled")
    changed = {"state": "disabled", "disabled_reason": reason, "disabled_at": at, "updated_at": at}
    returned = statement.values(**changed, version=webhooks.c.version + 1).returning(webhooks.c.key)
    key: str | None = await tx.scalar(returned)
    return key


async def failing_since(db: AsyncConnection, workspace_id: int, webhook_id: UUID) -> datetime | None:
    """Since when the webhook took nothing at all; None: its last attempt succeeded, or there was none."""
    found: datetime | None = await db.scalar(select(webhooks.c.failing_since).where(_here(workspace_id, webhook_id)))
    return found


async def note_failure(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, since: datetime) -> None:
    """Note since when there are only failures, unless that is noted already."""
    first = webhooks.c.failing_since.is_(None)
    await tx.execute(update(webhooks).where(_here(workspace_id, webhook_id), first).values(failing_since=since))


async def note_success(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, at: datetime, old: datetime) -> None:
    """Note that something was taken; not again, if it was noted later than `old` and nothing failed since."""
    kept = webhooks.c.last_delivered_at
    news = webhooks.c.failing_since.is_not(None) | kept.is_(None) | (kept < old)
    changed = {"failing_since": None, "last_delivered_at": at}
    await tx.execute(update(webhooks).where(_here(workspace_id, webhook_id), news).values(changed))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries: the lists are taken whole where they are empty; `begin` is included, `finish` is not."""

    states: Sequence[str] = ()
    type: str | None = None
    plan: str | None = None
    begin: datetime | None = None
    finish: datetime | None = None

    def conditions(self) -> list[Any]:
        """As SQL."""
        c = webhook_deliveries.c
        found: list[Any] = [c.state.in_(self.states)] if self.states else []
        if self.type is not None:
            found.append(c.type == self.type)
        if self.plan is not None:
            found.append(c.plan == self.plan)
        if self.begin is not None:
            found.append(c.occurred_at >= self.begin)
        if self.finish is not None:
            found.append(c.occurred_at < self.finish)
        return found


async def deliveries(
    db: AsyncConnection, row: Row[Any], wanted: Wanted, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """The deliveries of a webhook, the newest first, without their bodies."""
    statement = select(*_LISTED).where(_of(row.workspace_id, row.webhook_id), *wanted.conditions())
    if before is not None:
        statement = statement.where(webhook_deliveries.c.item_id < before)
    return (await db.execute(statement.order_by(webhook_deliveries.c.item_id.desc()).limit(limit))).all()


async def delivery(db: AsyncConnection, row: Row[Any], item_id: UUID) -> Row[Any] | None:
    """One delivery of a webhook, whole."""
    here = (_of(row.workspace_id, row.webhook_id), webhook_deliveries.c.item_id == item_id)
    return (await db.execute(select(webhook_deliveries).where(*here))).one_or_none()


async def attempts(db: AsyncConnection, row: Row[Any], item_id: UUID) -> Sequence[Row[Any]]:
    """What was tried of a delivery, in order."""
    c = webhook_attempts.c
    here = (c.workspace_id == row.workspace_id, c.webhook_id == row.webhook_id, c.item_id == item_id)
    return (await db.execute(select(webhook_attempts).where(*here).order_by(c.number))).all()


async def replayable(tx: AsyncConnection, row: Row[Any], wanted: Wanted, limit: int) -> Sequence[Row[Any]]:
    """What a replay names, the oldest first: item and plan."""
    c = webhook_deliveries.c
    statement: Select[Any] = select(c.item_id, c.webhook_id, c.plan_id).where(_of(row.workspace_id, row.webhook_id))
    oldest = statement.where(*wanted.conditions()).order_by(c.item_id).limit(limit)
    found: Sequence[Row[Any]] = (await tx.execute(oldest)).all()
    return found


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete at most `limit` deliveries about a plan, with their attempts; answer how many went."""
    return await delete_some(tx, webhook_deliveries, limit, workspace_id=workspace_id, plan_id=plan_id)


async def drop_finished(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete at most `limit` deliveries that were finished before an instant; answer how many went."""
    key = tuple_(*webhook_deliveries.primary_key)
    old = select(*webhook_deliveries.primary_key).where(webhook_deliveries.c.finished_at < before).limit(limit)
    return (await tx.execute(delete(webhook_deliveries).where(key.in_(old)))).rowcount


async def abandoned(db: AsyncConnection, before: datetime) -> Sequence[Row[Any]]:
    """Webhooks that were deleted, and those that were disabled before an instant."""
    c = webhooks.c
    listed: Select[Any] = select(c.workspace_id, c.webhook_id, c.key.is_(None).label("is_deleted"))
    found: Sequence[Row[Any]] = (await db.execute(listed.where(c.key.is_(None) | (c.disabled_at < before)))).all()
    return found


async def drop_some(tx: AsyncConnection, row: Row[Any], limit: int) -> int:
    """Delete what is left of a deleted webhook, or the backlog of a disabled one; answer how many rows went."""
    mine = {"workspace_id": row.workspace_id, "webhook_id": row.webhook_id}
    state = {} if row.is_deleted else {"state": "pending"}
    gone = await delete_some(tx, webhook_deliveries, limit, **mine, **state)
    if gone == 0:
        gone = await delete_some(tx, webhook_lanes, limit, **mine)
    if gone == 0 and row.is_deleted:
        await tx.execute(delete(webhooks).where(_here(row.workspace_id, row.webhook_id), webhooks.c.key.is_(None)))
    return gone
