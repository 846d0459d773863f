"""The SQL of the queue: what is pending, in which order, and who sends what.

Deliveries about one plan go to one webhook in their order: they are a lane, and only its oldest is ever tried. A lane
has a row as long as something in it is pending. Whoever queues or finishes a delivery locks that row first, and
only then looks for the oldest: so nothing that is queued at that moment is forgotten. Its `due_at` may be too
early, never too late.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.moments import parse_instant
from app.kit.bulk import insert_all
from app.webhooks.store import FAST_MS
from app.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_lanes, webhook_payloads, webhooks

NO_PLAN = UUID(int=0)
LEASE = timedelta(seconds=30)
MAX_IN_FLIGHT = 4  # of one webhook, in all processes
MAX_OF_NEW = 1  # of a webhook that has not answered yet: nobody knows how slow it is
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
    type: str
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


_IS_NEW = webhooks.c.failing_since.is_(None) & webhooks.c.last_delivered_at.is_(None)
_IS_PROVEN = webhooks.c.failing_since.is_(None) & (func.coalesce(webhooks.c.last_duration_ms, 0) < FAST_MS)


@dataclass(frozen=True, slots=True)
class Only:
    """Which webhooks a process has places for: proven ones alone, and none of these workspaces or of these ids."""

    proven: bool = False
    no_workspaces: Collection[int] = ()
    no_webhooks: Collection[UUID] = ()

    def conditions(self) -> list[Any]:
        """As SQL."""
        found: list[Any] = [_IS_PROVEN] if self.proven else []
        if self.no_workspaces:
            found.append(webhooks.c.workspace_id.not_in(sorted(self.no_workspaces)))
        if self.no_webhooks:
            found.append(webhooks.c.webhook_id.not_in(sorted(self.no_webhooks)))
        return found


async def candidates(db: AsyncConnection, now: datetime, only: Only | None = None) -> Sequence[Row[Any]]:
    """Webhooks that something can be sent to now, those first that waited longest: workspace, id, if it is proven.

    Proven is who took the last one within a second, or was sent none yet; who was sent none has one place.

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
    places = case((_IS_NEW, MAX_OF_NEW), else_=MAX_IN_FLIGHT)
    statement = (
        select(webhooks.c.workspace_id, webhooks.c.webhook_id, _IS_PROVEN.label("is_proven"))
        .join(busy, webhooks.c.webhook_id == busy.c.webhook_id)
        .where(webhooks.c.state == "enabled", leased < places, *(only or Only()).conditions())
        .where(exists().where(mine, lanes.c.due_at <= now, free))
    )
    longest = statement.order_by(webhooks.c.served_at.asc().nulls_first(), func.random())
    return (await db.execute(longest.limit(_LOOK))).all()


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
    is_new = webhook.failing_since is None and webhook.last_delivered_at is None
    taken = await tx.scalar(leased.where(lanes.webhook_id == webhook_id, lanes.leased_until > now)) or 0
    room = min(room, (MAX_OF_NEW if is_new else MAX_IN_FLIGHT) - taken)
    await tx.execute(update(webhooks).where(here).values(served_at=now))
    free = lanes.leased_until.is_(None) | (lanes.leased_until <= now)
    due = select(lanes.plan_id).where(lanes.webhook_id == webhook_id, lanes.due_at <= now, free)
    due = due.order_by(lanes.due_at).limit(max(room, 0)).with_for_update(skip_locked=True)
    heads = [(await _settle(tx, webhook, plan_id, now)) for plan_id in (await tx.scalars(due)).all()]
    old = [one["sealed"].encode() for one in webhook.previous_secrets if parse_instant(one["until"]) > now]
    sealed = (webhook.secret, *reversed(old))
    return [
        Job(
            workspace_id,
            webhook_id,
            head.plan_id,
            head.item_id,
            webhook.url,
            sealed,
            head.format,
            head.type,
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
    sent = (webhook_payloads.c[name] == c[name] for name in ("workspace_id", "item_id", "format"))
    body = select(webhook_payloads.c.body).where(*sent).correlate(webhook_deliveries).scalar_subquery()
    pending: Select[Any] = select(webhook_deliveries, body.label("body")).where(*here, c.state == "pending")
    head = (await tx.execute(pending.order_by(c.sequence, c.item_id).limit(1))).one_or_none()
    lane = _lane(of.workspace_id, of.webhook_id, plan_id)
    if head is None:
        await tx.execute(delete(webhook_lanes).where(lane))
        return None
    if head.body is None:  # its plan was purged while it was queued
        await tx.execute(delete(webhook_deliveries).where(*here, c.item_id == head.item_id))
    taken = now is not None and head.next_attempt_at <= now and head.body is not None
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
