"""Find a plan, a revision or a baseline, or say why there is none: what every resource of a plan begins with."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.plans import baseline_store, store
from app.plans.problems import BaselineNotFound, PlanNotFound, RevisionNotFound
from app.plans.store import Head


async def head_of(db: AsyncConnection, workspace_id: int, plan: str) -> Head:
    """The plan's row.

    Raises:
        PlanNotFound: no such plan.
    """
    head = await store.get(db, workspace_id, plan)
    if head is None:
        raise PlanNotFound
    return head


async def locked(tx: AsyncConnection, workspace_id: int, plan: str) -> Head:
    """The plan's row, locked against other writers.

    Raises:
        PlanNotFound: no such plan.
    """
    found = await store.lock(tx, workspace_id, [plan])
    if not found:
        raise PlanNotFound
    return found[0]


def revision_of(head: Head, wanted: int | None) -> int:
    """The revision to read, by default the newest.

    Raises:
        RevisionNotFound: the plan has no such revision.
    """
    if wanted is None:
        return head.revision
    if wanted > head.revision:
        raise RevisionNotFound
    return wanted


async def baseline_of(db: AsyncConnection, head: Head, name: str, known_at: datetime | None = None) -> Any:
    """A baseline by number, `original` (number 1) or `current` (the newest that is not supplementary).

    Raises:
        BaselineNotFound: there is no such baseline (as known at `known_at`).
    """
    if name == "current":
        row = await baseline_store.current_baseline(db, head, known_at)
    else:
        row = await baseline_store.baseline(db, head, 1 if name == "original" else int(name))
    if row is None or (known_at is not None and row.recorded_at > known_at):
        raise BaselineNotFound
    return row
