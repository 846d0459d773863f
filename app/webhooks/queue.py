"""The SQL of the queue: what is pending, in which order, and who sends what.

Deliveries about one plan go to one webhook in their order: they are a lane, and only its oldest is ever tried. A lane
has a row as long as something in it is pending. Whoever queues or finishes a delivery locks that row first, and
only then looks for the oldest: so nothing that is queued at that moment is forgotten. Its `due_at` may be too
early, never too late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import insert_all
from app.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_lanes, webhooks

NO_PLAN = UUID(int=0)
LEASE = timedelta(seconds=30)
MAX_IN_FLIGHT = 4  # of one webhook, in all processes
_LOOK = 10  # webhooks in one transaction: others want to write, too


@dataclass(frozen=True, slots=True)
class Job:
    """A delivery that was claimed: what is sent where, and until when nobody else sends it."""

    workspace_id: int
    webhook_id: UUID
    plan_id: UUID
    item_id: UUID
    url: str
    sealed: tuple[bytes, ...]
    format: str
    body: str
    leased_until: datetime


def _lane(workspace_id: int, webhook_id: UUID, plan_id: UUID) -> Any:
    c = webhook_lanes.c
    return (c.workspace_id == workspace_id) & (c.webhook_id == webhook_id) & (c.plan_id == plan_id)


def _delivery(job: Job) -> Any:
    c = webhook_deliveries.c
    return (c.workspace_id == job.workspace_id) & (c.webhook_id == job.webhook_id) & (c.item_id == job.item_id)


async def add(
    tx: AsyncConnection, workspace_id: int, rows: Sequence[Mapping[str, Any]], *, sooner: bool = False
) -> None:
    """Add deliveries that are due at once, each in its place in its lane; `sooner`: that may be before others."""
    lanes = {(row["webhook_id"], row["plan_id"]): row["occurred_at"] for row in rows}
    await _open_lanes(tx, workspace_id, lanes, sooner=sooner)
    fresh = {"workspace_id": workspace_id, "state": "pending", "tries": 0, "attempt_count": 0, "finished_at": None}
    added = [{**row, **fresh, "next_attempt_at": row["occurred_at"]} for row in rows]
    await insert_all(tx, webhook_deliveries, added)


async def add_again(tx: AsyncConnection, workspace_id: int, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Queue deliveries of one webhook again, from the first try, each in its place in its lane."""
    if not rows:
        return
    await _open_lanes(tx, workspace_id, {(row.webhook_id, row.plan_id): now for row in rows}, sooner=True)
    c = webhook_deliveries.c
    here = (c.workspace_id == workspace_id, c.webhook_id == rows[0].webhook_id)
    named = c.item_id.in_([row.item_id for row in rows])
    fresh = {"state": "pending", "tries": 0, "next_attempt_at": now, "finished_at": None}
    await tx.execute(update(webhook_deliveries).where(*here, named).values(fresh))


async def hurry(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, now: datetime) -> None:
    """Make everything that waits for its next try due at once, from the first try."""
    c, lanes = webhook_deliveries.c, webhook_lanes.c
    lane = (lanes.workspace_id == workspace_id) & (lanes.webhook_id == webhook_id)
    await tx.execute(update(webhook_lanes).where(lane, lanes.due_at > now).values(due_at=now))
    waiting = (c.workspace_id == workspace_id, c.webhook_id == webhook_id, c.state == "pending", c.tries > 0)
    await tx.execute(update(webhook_deliveries).where(*waiting).values(tries=0, next_attempt_at=now))


async def _open_lanes(
    tx: AsyncConnection, workspace_id: int, due: Mapping[tuple[UUID, UUID], datetime], *, sooner: bool = False
) -> None:
    """Lock or make lanes (webhook, plan); one that was there keeps its time, unless it may be due `sooner` now."""
    on_postgresql = tx.dialect.name == "postgresql"
    insert = postgresql.insert(webhook_lanes) if on_postgresql else sqlite.insert(webhook_lanes)
    kept, asked = webhook_lanes.c.due_at, insert.excluded.due_at
    due_at = case((asked < kept, asked), else_=kept) if sooner else kept
    upsert = insert.on_conflict_do_update(index_elements=list(webhook_lanes.primary_key), set_={"due_at": due_at})
    await tx.execute(
        upsert,
        [
            {"workspace_id": workspace_id, "webhook_id": webhook_id, "plan_id": plan_id, "due_at": at}
            for (webhook_id, plan_id), at in sorted(due.items())
        ],
    )


async def candidates(db: AsyncConnection, now: datetime) -> Sequence[Row[Any]]:
    """Webhooks that something can be sent to now, in no order: workspace, id, and whether it took the last one.

    It costs by the number of webhooks that something is pending for, however much that is: their ids are found
    by going from each to the next in the index.
    """
    lanes, later = webhook_lanes, webhook_lanes.alias("later")
    first = select(lanes.c.webhook_id).order_by(lanes.c.webhook_id).limit(1).scalar_subquery()
    busy = select(first.label("webhook_id")).cte("busy", recursive=True)
    onwards = select(later.c.webhook_id).where(later.c.webhook_id > busy.c.webhook_id)
    following = onwards.order_by(later.c.webhook_id).limit(1).scalar_subquery()
    busy = busy.union_all(select(following).where(busy.c.webhook_id.is_not(None)))
    mine = lanes.c.webhook_id == busy.c.webhook_id
    free = lanes.c.leased_until.is_(None) | (lanes.c.leased_until <= now)
    leased = select(func.count()).select_from(lanes).where(mine, lanes.c.leased_until > now).scalar_subquery()
    proven = webhooks.c.failing_since.is_(None) & webhooks.c.last_delivered_at.is_not(None)
    statement = (
        select(webhooks.c.workspace_id, webhooks.c.webhook_id, proven.label("is_proven"))
        .join(busy, webhooks.c.webhook_id == busy.c.webhook_id)
        .where(webhooks.c.state == "enabled", leased < MAX_IN_FLIGHT)
        .where(exists().where(mine, lanes.c.due_at <= now, free))
    )
    return (await db.execute(statement.order_by(proven.desc(), func.random()).limit(_LOOK))).all()


async def claim(tx: AsyncConnection, workspace_id: int, webhook_id: UUID, now: datetime, room: int) -> list[Job]:
    """Take the oldest deliveries of at most `room` lanes that are due; the lease of each keeps others away."""
    here = (webhooks.c.workspace_id == workspace_id) & (webhooks.c.webhook_id == webhook_id)
    # Locked, so that two processes do not count at once what is in flight.
    found = select(webhooks).where(here, webhooks.c.state == "enabled").with_for_update(skip_locked=True)
    webhook = (await tx.execute(found)).one_or_none()
    if webhook is None:
        return []
    lanes = webhook_lanes.c
    leased = select(func.count()).select_from(webhook_lanes)
    room = min(
        room,
        MAX_IN_FLIGHT
        - (await tx.scalar(leased.where(lanes.webhook_id == webhook_id, lanes.leased_until > now)) or 0),
    )
    free = lanes.leased_until.is_(None) | (lanes.leased_until <= now)
    due = select(lanes.plan_id).where(lanes.webhook_id == webhook_id, lanes.due_at <= now, free)
    due = due.order_by(lanes.due_at).limit(max(room, 0)).with_for_update(skip_locked=True)
    heads = [(await _settle(tx, webhook, plan_id, now)) for plan_id in (await tx.scalars(due)).all()]
    valid = webhook.previous_secret_until is not None and webhook.previous_secret_until > now
    sealed = (webhook.secret, webhook.previous_secret) if valid else (webhook.secret,)
    return [
        Job(
            workspace_id,
            webhook_id,
            head.plan_id,
            head.item_id,
            webhook.url,
            sealed,
            head.format,
            head.body,
            now + LEASE,
        )
        for head in heads
        if head is not None
    ]


async def _settle(tx: AsyncConnection, of: Row[Any] | Job, plan_id: UUID, now: datetime | None) -> Row[Any] | None:
    """Bring a locked lane up to date: away if nothing is pending, else due when its oldest is.

    With `now`, an oldest that is due is leased and answered.
    """
    c = webhook_deliveries.c
    here = (c.workspace_id == of.workspace_id, c.webhook_id == of.webhook_id, c.plan_id == plan_id)
    pending = select(webhook_deliveries).where(*here, c.state == "pending")
    head = (await tx.execute(pending.order_by(c.sequence, c.item_id).limit(1))).one_or_none()
    lane = _lane(of.workspace_id, of.webhook_id, plan_id)
    if head is None:
        await tx.execute(delete(webhook_lanes).where(lane))
        return None
    taken = now is not None and head.next_attempt_at <= now
    values = {"due_at": head.next_attempt_at, "leased_until": now + LEASE if now is not None and taken else None}
    await tx.execute(update(webhook_lanes).where(lane).values(values))
    return head if taken else None


async def release(tx: AsyncConnection, job: Job) -> bool:
    """Give a lane back for its oldest to be sent; False if somebody else has it by now."""
    lane = _lane(job.workspace_id, job.webhook_id, job.plan_id)
    mine = (lane, webhook_lanes.c.leased_until == job.leased_until)
    held = select(webhook_lanes.c.plan_id).where(*mine).with_for_update()
    if (await tx.execute(held)).one_or_none() is None:
        return False
    await _settle(tx, job, job.plan_id, None)
    return True


async def lock_lane(tx: AsyncConnection, job: Job) -> bool:
    """Lock the lane of a claimed delivery; whether the claim still holds."""
    lane = _lane(job.workspace_id, job.webhook_id, job.plan_id)
    held = select(webhook_lanes.c.leased_until).where(lane).with_for_update()
    return (await tx.execute(held)).scalar_one_or_none() == job.leased_until


async def tried(tx: AsyncConnection, job: Job) -> Row[Any] | None:
    """How often the delivery was tried so far, locked; None: it was deleted meanwhile."""
    c = webhook_deliveries.c
    counts: Select[Any] = select(c.tries, c.attempt_count).where(_delivery(job)).with_for_update()
    found: Row[Any] | None = (await tx.execute(counts)).one_or_none()
    return found


async def log_attempt(tx: AsyncConnection, job: Job, number: int, values: Mapping[str, Any], **changes: Any) -> None:
    """Add an attempt to the log, and move the delivery on."""
    key = {"workspace_id": job.workspace_id, "webhook_id": job.webhook_id, "item_id": job.item_id}
    await insert_all(tx, webhook_attempts, [{**key, "number": number, **values}])
    await tx.execute(update(webhook_deliveries).where(_delivery(job)).values(attempt_count=number, **changes))
