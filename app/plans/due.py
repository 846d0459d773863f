"""The SQL of plans that are due for their evaluation: claimed by a lease, settled afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.plans.store import Head
from app.plans.tables import plans

_COLUMNS = [plans.c[name] for name in Head.__dataclass_fields__]


def _of(head: Head) -> Any:
    return (plans.c.workspace_id == head.workspace_id) & (plans.c.plan_id == head.plan_id)


@dataclass(frozen=True, slots=True)
class Due:
    """A plan that was claimed for its evaluation until `check_due_at`; `is_deleted` plans have nothing left."""

    head: Head
    is_deleted: bool


async def is_any_due(db: AsyncConnection, now: datetime) -> bool:
    """Whether any plan is due."""
    return await db.scalar(select(plans.c.plan_id).where(plans.c.check_due_at <= now).limit(1)) is not None


async def claim_due(tx: AsyncConnection, now: datetime, leases: Sequence[datetime]) -> list[Due]:
    """Claim plans that are due, longest due first, one for each lease: nobody else claims it until then.

    Whoever writes to a claimed plan makes it due again; so the lease that is still there tells that nobody did.
    """
    statement = (
        select(*_COLUMNS, plans.c.deleted_at)
        .where(plans.c.check_due_at <= now)
        .order_by(plans.c.check_due_at)
        .limit(len(leases))
        .with_for_update(skip_locked=True)
    )
    found = []
    for row, lease in zip((await tx.execute(statement)).all(), leases, strict=False):
        head = replace(Head(*row[:-1]), check_due_at=lease)
        await tx.execute(update(plans).where(_of(head)).values(check_due_at=lease))
        found.append(Due(head, is_deleted=row[-1] is not None))
    return found


async def lock_due(tx: AsyncConnection, head: Head) -> Head | None:
    """Lock a plan, deleted or not, as it stands now."""
    row = (await tx.execute(select(*_COLUMNS).where(_of(head)).with_for_update())).one_or_none()
    return None if row is None else Head(*row)


async def settle(tx: AsyncConnection, head: Head, **values: Any) -> None:
    """Note how the evaluation of a locked plan ended: evaluation_*, and when it is due next."""
    await tx.execute(update(plans).where(_of(head)).values(**values))


async def evaluation_health(db: AsyncConnection, head: Head) -> tuple[int, str | None]:
    """How often in a row the evaluation of a plan failed, and at what."""
    statement = select(plans.c.evaluation_failures, plans.c.evaluation_error).where(_of(head))
    row = (await db.execute(statement)).one()
    return row[0], row[1]


async def count_act(tx: AsyncConnection, head: Head, at: datetime) -> None:
    """Note that a person acted on the deviations of a locked plan: a fact of it, recorded at `at`."""
    await settle(tx, head, act_count=head.act_count + 1, last_recorded_at=at)


async def acts(db: AsyncConnection, head: Head) -> int:
    """How often a person acted on the deviations of a plan."""
    return await db.scalar(select(plans.c.act_count).where(_of(head))) or 0
