"""The SQL of webhooks, and of the log of their deliveries. What is sent next is told by `app/webhooks/queue.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, delete, exists, func, not_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import delete_some, insert_new
from app.webhooks.envelopes import Listener
from app.webhooks.tables import (
    webhook_attempts,
    webhook_batches,
    webhook_deliveries,
    webhook_lanes,
    webhook_payloads,
    webhooks,
)

NOTED_EVERY = timedelta(minutes=1)
FAST_MS = 1_000  # who takes something within this time keeps the places that are reserved

_LIVING = webhooks.c.key.is_not(None)


def _here(workspace_id: int, webhook_id: UUID) -> Any:
    return (webhooks.c.workspace_id == workspace_id) & (webhooks.c.webhook_id == webhook_id)


_SENT = and_(
    *(webhook_payloads.c[name] == webhook_deliveries.c[name] for name in ("workspace_id", "item_id", "format"))
)


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


async def has_any(db: AsyncConnection) -> bool:
    """Whether any workspace has a webhook."""
    return await db.scalar(select(webhooks.c.webhook_id).where(_LIVING).limit(1)) is not None


async def add(tx: AsyncConnection, row: Mapping[str, Any]) -> bool:
    """Add a webhook; False if its key is taken."""
    return bool(await insert_new(tx, webhooks, [row], ["workspace_id", "key"]))


async def change(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, **values: Any) -> None:
    """Change a webhook."""
    await tx.execute(update(webhooks).where(_here(workspace_id, webhook_id)).values(**values))


async def enabled(tx: AsyncConnection, workspace_id: int) -> list[Listener]:
    """The enabled webhooks."""
    listed = select(webhooks.c.webhook_id, webhooks.c.format, webhooks.c.filter)
    here = (webhooks.c.workspace_id == workspace_id) & (webhooks.c.state == "enabled")
    return [Listener(*row) for row in (await tx.execute(listed.where(here))).all()]


async def disable(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, reason: str, at: datetime) -> str | None:
    """Disable an enabled webhook; answer its key, or None if it is not enabled (any more)."""
    statement = update(webhooks).where(_here(workspace_id, webhook_id), webhooks.c.state == "enabled")
    changed = {"state": "disabled", "disabled_reason": reason, "disabled_at": at, "updated_at": at}
    returned = statement.values(**changed, version=webhooks.c.version + 1).returning(webhooks.c.key)
    key: str | None = await tx.scalar(returned)
    return key


async def failures(
    db: AsyncConnection, workspace_id: int, webhook_id: UUID
) -> tuple[datetime | None, datetime | None]:
    """Since when the webhook took nothing at all (None: its last attempt succeeded), and its last failure."""
    found = select(webhooks.c.failing_since, webhooks.c.last_failed_at).where(_here(workspace_id, webhook_id))
    row = (await db.execute(found)).one_or_none()
    return (None, None) if row is None else (row[0], row[1])


async def note_failure(
    tx: AsyncConnection, workspace_id: int, webhook_id: UUID, since: datetime, at: datetime
) -> None:
    """Note a failure at an instant, and since when there are only failures; to the minute."""
    c = webhooks.c
    news = c.failing_since.is_(None) | (c.failing_since != since) | c.last_failed_at.is_(None)
    news |= c.last_failed_at < at - NOTED_EVERY
    changed = {"failing_since": since, "last_failed_at": at}
    await tx.execute(update(webhooks).where(_here(workspace_id, webhook_id), news).values(changed))


async def note_success(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, at: datetime, taken_ms: int) -> None:
    """Note that something was taken within so many ms; not again within the minute, unless it says something new."""
    c = webhooks.c
    was_fast = c.last_duration_ms < FAST_MS
    news = c.failing_since.is_not(None) | c.last_delivered_at.is_(None) | (c.last_delivered_at < at - NOTED_EVERY)
    news |= c.last_duration_ms.is_(None) | (not_(was_fast) if taken_ms < FAST_MS else was_fast)
    changed = {"failing_since": None, "last_delivered_at": at, "last_duration_ms": taken_ms}
    await tx.execute(update(webhooks).where(_here(workspace_id, webhook_id), news).values(changed))


async def wipe_secrets(tx: AsyncConnection, now: datetime) -> None:
    """Forget the secrets that do not sign any more."""
    over = webhooks.c.previous_secret_until <= now
    await tx.execute(update(webhooks).where(over).values(previous_secrets=[], previous_secret_until=None))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries: the lists are taken whole where they are empty; `begin` is included, `finish` is not.

    `after`: those behind this one.
    """

    states: Sequence[str] = ()
    type: str | None = None
    plan: str | None = None
    begin: datetime | None = None
    finish: datetime | None = None
    after: UUID | None = None

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
        if self.after is not None:
            found.append(c.item_id > self.after)
        return found


async def deliveries(
    db: AsyncConnection, row: Row[Any], wanted: Wanted, before: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """The deliveries of a webhook, the newest first."""
    statement = select(webhook_deliveries).where(_of(row.workspace_id, row.webhook_id), *wanted.conditions())
    if before is not None:
        statement = statement.where(webhook_deliveries.c.item_id < before)
    return (await db.execute(statement.order_by(webhook_deliveries.c.item_id.desc()).limit(limit))).all()


async def delivery(db: AsyncConnection, row: Row[Any], item_id: UUID) -> Row[Any] | None:
    """One delivery of a webhook, with its `body`."""
    here = (_of(row.workspace_id, row.webhook_id), webhook_deliveries.c.item_id == item_id)
    whole: Select[Any] = select(webhook_deliveries, webhook_payloads.c.body).join(webhook_payloads, _SENT)
    found: Row[Any] | None = (await db.execute(whole.where(*here))).one_or_none()
    return found


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
    """Delete at most `limit` rows about a plan: batches, deliveries with their attempts, payloads.

    Answers how many went.
    """
    gone = 0
    for table in (webhook_batches, webhook_deliveries, webhook_payloads):
        if gone < limit:
            gone += await delete_some(tx, table, limit - gone, workspace_id=workspace_id, plan_id=plan_id)
    return gone


async def drop_finished(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete at most `limit` deliveries that were finished before an instant; answer how many went."""
    key = tuple_(*webhook_deliveries.primary_key)
    old = select(*webhook_deliveries.primary_key).where(webhook_deliveries.c.finished_at < before).limit(limit)
    return (await tx.execute(delete(webhook_deliveries).where(key.in_(old)))).rowcount


async def abandoned(db: AsyncConnection, before: datetime) -> Sequence[Row[Any]]:
    """Webhooks that were deleted, and those that were disabled before an instant."""
    listed: Select[Any] = select(webhooks.c.workspace_id, webhooks.c.webhook_id)
    found: Sequence[Row[Any]] = (await db.execute(listed.where(_is_abandoned(before)))).all()
    return found


def _is_abandoned(before: datetime) -> Any:
    return webhooks.c.key.is_(None) | (webhooks.c.disabled_at < before)


async def drop_some(tx: AsyncConnection, row: Row[Any], before: datetime, limit: int) -> int:
    """Delete what is left of a webhook, or its backlog, if it is abandoned still; answer how many rows went."""
    here = _here(row.workspace_id, row.webhook_id)
    locked = select(webhooks.c.key).where(here, _is_abandoned(before)).with_for_update()
    webhook = (await tx.execute(locked)).one_or_none()
    if webhook is None:
        return 0  # it was enabled meanwhile: all of it is wanted again
    is_deleted = webhook.key is None
    mine = {"workspace_id": row.workspace_id, "webhook_id": row.webhook_id}
    gone = await delete_some(tx, webhook_batches, limit, **mine)
    if gone == 0:
        gone = await delete_some(
            tx, webhook_deliveries, limit, **mine, **({} if is_deleted else {"state": "pending"})
        )
    if gone == 0:
        gone = await delete_some(tx, webhook_lanes, limit, **mine)
    if gone == 0 and is_deleted:
        await tx.execute(delete(webhooks).where(here))
    return gone


async def drop_payloads(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete at most `limit` payloads from before an instant that nothing refers to; answer how many went."""
    c, sent, todo = webhook_payloads.c, webhook_deliveries.c, webhook_batches.c
    # By the webhooks of the workspace: so each look is one into the primary key of the deliveries.
    same = (sent.workspace_id == webhooks.c.workspace_id) & (sent.webhook_id == webhooks.c.webhook_id)
    heard = select(sent.item_id).select_from(webhooks.join(webhook_deliveries, same))
    mine = (webhooks.c.workspace_id == c.workspace_id, sent.item_id == c.item_id)
    kept = exists(heard.where(*mine).correlate(webhook_payloads))
    waiting = exists().where(todo.workspace_id == c.workspace_id, todo.plan_id == c.plan_id)
    key = tuple_(*webhook_payloads.primary_key)
    old = select(*webhook_payloads.primary_key).where(c.occurred_at < before, ~kept, ~waiting).limit(limit)
    return (await tx.execute(delete(webhook_payloads).where(key.in_(old)))).rowcount
