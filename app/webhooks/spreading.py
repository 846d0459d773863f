"""From what is announced to deliveries: a few in the transaction that announces, many after it, some at a time.

Rows for each of a hundred webhooks would hold that transaction open for longer than any database lets it. So it
writes what is sent once, and for whom; whoever sends makes the deliveries of it. The deliveries of one plan to one
webhook are made in their order: what is announced while others before it still wait, waits behind them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import insert_all
from app.kit.threads import beside_loop
from app.webhooks import queue
from app.webhooks.envelopes import Written
from app.webhooks.tables import webhook_batches, webhook_payloads, webhooks

AT_ONCE = 500  # deliveries made in one transaction
_SHARED = ("item_id", "plan_id", "plan", "sequence", "type", "format", "occurred_at")  # of payloads and deliveries
_ID_BYTES = 16


async def spread(
    tx: AsyncConnection, workspace_id: int, written: Sequence[Written], sequences: Sequence[int]
) -> bool:
    """Keep what is sent, and queue it for its listeners, at once or for later; whether anybody listens."""
    heard = [(one, sequence) for one, sequence in zip(written, sequences, strict=True) if one.listeners]
    if not heard:
        return False
    payloads = await beside_loop(len(heard), _payloads, workspace_id, heard)
    await insert_all(tx, webhook_payloads, payloads)
    count = sum(len(one.listeners) for one, _ in heard)
    if count <= AT_ONCE and not await _waits(tx, workspace_id, {_plan_of(one) for one, _ in heard}):
        rows = [delivery(one, sequence, listener.webhook_id, listener.format) for one, sequence in heard
                for listener in one.listeners]  # fmt: skip
        await queue.add(tx, workspace_id, rows)
    else:
        await insert_all(tx, webhook_batches, await beside_loop(count, _batches, workspace_id, heard))
    return True


def delivery(one: Written, sequence: int, webhook_id: UUID, form: str) -> dict[str, Any]:
    """What there is to deliver of an announcement to one webhook."""
    return {"webhook_id": webhook_id, **_shared(one, sequence, form)}


async def keep(tx: AsyncConnection, workspace_id: int, one: Written, sequence: int) -> None:
    """Keep what is sent of one announcement."""
    await insert_all(tx, webhook_payloads, _payloads(workspace_id, [(one, sequence)]))


def _plan_of(one: Written) -> UUID:
    return one.said.plan_id or queue.NO_PLAN


def _shared(one: Written, sequence: int, form: str) -> dict[str, Any]:
    said = one.said
    values = (one.item_id, _plan_of(one), said.plan, sequence, said.type, form, said.occurred_at)
    return dict(zip(_SHARED, values, strict=True))


def _payloads(workspace_id: int, heard: Iterable[tuple[Written, int]]) -> list[dict[str, Any]]:
    return [
        {"workspace_id": workspace_id, **_shared(one, sequence, form), "body": body}
        for one, sequence in heard
        for form, body in one.payloads.items()
    ]


def _batches(workspace_id: int, heard: Iterable[tuple[Written, int]]) -> list[dict[str, Any]]:
    lanes: dict[tuple[UUID, UUID, str], list[tuple[int, bytes]]] = {}
    for one, sequence in heard:
        plan_id, place = _plan_of(one), (sequence, one.item_id.bytes)
        for listener in one.listeners:
            lanes.setdefault((listener.webhook_id, plan_id, listener.format), []).append(place)
    return [
        {
            "workspace_id": workspace_id,
            "webhook_id": webhook_id,
            "plan_id": plan_id,
            "sequence": some[0][0],
            "format": form,
            "item_ids": b"".join(item_id for _, item_id in some),
        }
        for (webhook_id, plan_id, form), places in lanes.items()
        for i in range(0, len(places), AT_ONCE)
        for some in (places[i : i + AT_ONCE],)
    ]


async def _waits(tx: AsyncConnection, workspace_id: int, plans: Iterable[UUID]) -> bool:
    """Whether something about one of these plans waits already: their lock keeps anybody from adding to it now."""
    c = webhook_batches.c
    waiting = select(c.sequence).where(c.workspace_id == workspace_id, c.plan_id.in_(sorted(plans))).limit(1)
    return await tx.scalar(waiting) is not None


async def waiting(db: AsyncConnection, limit: int) -> Sequence[Row[Any]]:
    """Some of the webhooks whose deliveries are still to be made, at random: workspace and id."""
    c = webhook_batches.c
    listed: Select[Any] = select(c.workspace_id, c.webhook_id).group_by(c.workspace_id, c.webhook_id)
    mine = (webhooks.c.workspace_id == c.workspace_id) & (webhooks.c.webhook_id == c.webhook_id)
    living = listed.join(webhooks, mine).where(webhooks.c.key.is_not(None))
    found: Sequence[Row[Any]] = (await db.execute(living.order_by(func.random()).limit(limit))).all()
    return found


async def spread_some(tx: AsyncConnection, workspace_id: int, webhook_id: UUID) -> int:
    """Make the next deliveries of one webhook; answers how many, 0 while somebody else is at it."""
    batch = await _next_batch(tx, workspace_id, webhook_id)
    if batch is None:
        return 0
    rows = await _deliveries(tx, batch)
    if rows:  # none: their plan was purged
        await queue.add(tx, workspace_id, rows)
    c = webhook_batches.c
    this = (c.workspace_id == workspace_id, c.webhook_id == webhook_id, c.plan_id == batch.plan_id)
    await tx.execute(delete(webhook_batches).where(*this, c.sequence == batch.sequence))
    return max(len(rows), 1)


async def _next_batch(tx: AsyncConnection, workspace_id: int, webhook_id: UUID) -> Row[Any] | None:
    """Lock a batch that no earlier one of its lane precedes, not even one that somebody makes deliveries of now."""
    c, earlier = webhook_batches.c, webhook_batches.alias("earlier")
    lane = (earlier.c[name] == c[name] for name in ("workspace_id", "webhook_id", "plan_id"))
    first = ~exists().where(*lane, earlier.c.sequence < c.sequence)
    mine = select(webhook_batches).where(c.workspace_id == workspace_id, c.webhook_id == webhook_id, first)
    oldest = mine.order_by(c.sequence).limit(1).with_for_update(skip_locked=True)
    found: Row[Any] | None = (await tx.execute(oldest)).one_or_none()
    return found


async def _deliveries(tx: AsyncConnection, batch: Row[Any]) -> list[Mapping[str, Any]]:
    raw = batch.item_ids
    item_ids = [UUID(bytes=bytes(raw[i : i + _ID_BYTES])) for i in range(0, len(raw), _ID_BYTES)]
    c = webhook_payloads.c
    here = (c.workspace_id == batch.workspace_id, c.format == batch.format, c.item_id.in_(item_ids))
    found = (await tx.execute(select(*(c[name] for name in _SHARED)).where(*here))).all()
    return [{"webhook_id": batch.webhook_id, **row._mapping} for row in found]  # noqa: SLF001 - a row's public mapping
