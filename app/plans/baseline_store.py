"""The SQL of baselines."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import insert_all
from app.plans.store import Head
from app.plans.tables import baselines


def _of(head: Head) -> tuple[Any, Any]:
    return baselines.c.workspace_id == head.workspace_id, baselines.c.plan_id == head.plan_id


async def add_baseline(tx: AsyncConnection, head: Head, row: Mapping[str, Any]) -> None:
    """Add a baseline."""
    await insert_all(tx, baselines, [{"workspace_id": head.workspace_id, "plan_id": head.plan_id, **row}])


async def baselines_page(db: AsyncConnection, head: Head, after: int | None, limit: int) -> Sequence[Row[Any]]:
    """Baselines by number."""
    statement = select(baselines).where(*_of(head), baselines.c.number > (after or 0))
    return (await db.execute(statement.order_by(baselines.c.number).limit(limit))).all()


async def newest_baselines(db: AsyncConnection, head: Head, limit: int, known_at: datetime) -> Sequence[Row[Any]]:
    """The newest baselines recorded by an instant, newest first."""
    statement = select(baselines).where(*_of(head), baselines.c.recorded_at <= known_at)
    return (await db.execute(statement.order_by(baselines.c.number.desc()).limit(limit))).all()


async def baseline(db: AsyncConnection, head: Head, number: int) -> Row[Any] | None:
    """One baseline."""
    statement = select(baselines).where(*_of(head), baselines.c.number == number)
    return (await db.execute(statement)).one_or_none()


async def current_baseline(db: AsyncConnection, head: Head, known_at: datetime | None = None) -> Row[Any] | None:
    """The newest baseline that is not supplementary, recorded by an instant."""
    statement = select(baselines).where(*_of(head), baselines.c.supplementary.is_(False))
    if known_at is not None:
        statement = statement.where(baselines.c.recorded_at <= known_at)
    return (await db.execute(statement.order_by(baselines.c.number.desc()).limit(1))).one_or_none()


async def baselines_deciding(db: AsyncConnection, head: Head, decisions: Iterable[str]) -> dict[str, list[int]]:
    """The numbers of the baselines that name each of these decisions."""
    statement = select(baselines.c.decision, baselines.c.number).where(*_of(head))
    statement = statement.where(baselines.c.decision.in_(sorted(decisions))).order_by(baselines.c.number)
    found: dict[str, list[int]] = {}
    for key, number in (await db.execute(statement)).all():
        found.setdefault(key, []).append(number)
    return found


async def newest_baseline_at(db: AsyncConnection, head: Head, known_at: datetime) -> datetime | None:
    """When the newest baseline recorded by an instant was recorded."""
    newest = select(func.max(baselines.c.recorded_at)).where(*_of(head))
    found: datetime | None = await db.scalar(newest.where(baselines.c.recorded_at <= known_at))
    return found


async def current_numbers(db: AsyncConnection, heads: Sequence[Head]) -> dict[UUID, int]:
    """The number of the current baseline of each plan that has one, as its row knows it.

    A baseline captured after the row was read does not count, so that the two never contradict each other.
    """
    known = {head.plan_id: head.baseline_count for head in heads if head.baseline_count}
    if not known:
        return {}
    statement = (
        select(baselines.c.plan_id, baselines.c.number)
        .where(baselines.c.workspace_id == heads[0].workspace_id, baselines.c.plan_id.in_(known))
        .where(baselines.c.supplementary.is_(False))
        .order_by(baselines.c.number)
    )
    return {plan_id: number for plan_id, number in (await db.execute(statement)).all() if number <= known[plan_id]}
