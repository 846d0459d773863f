"""Purging deleted plans: in small transactions, so that nobody waits for it."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import store as deviations
from app.evaluation import store as evaluations
from app.events import store as events
from app.feed import store as feed
from app.imports import store as imports
from app.kit.db import Database
from app.kit.logs import log
from app.milestones import store as milestones
from app.outcome import store as outcomes
from app.parts import store as parts
from app.plans import store
from app.portfolio import store as summaries
from app.reports import store as reports
from app.resources import store as resources
from app.tolerances import store as tolerances
from app.webhooks import store as webhooks

CHUNK = 2_000


async def purge_deleted(database: Database, now: datetime, after_days: float) -> int:
    """Purge the data of plans deleted longer ago than `after_days`; answers how many plans were purged.

    Each transaction deletes at most 2,000 rows; a process that dies in between leaves the rest for the next
    round, and so does a plan that fails. The plan's own row stays and keeps its key reserved.
    """
    async with database.read() as db:
        found = await store.to_purge(db, now - timedelta(days=after_days))
    purged = 0
    for workspace_id, plan_id in found:
        work = partial(_purge_some, workspace_id=workspace_id, plan_id=plan_id, now=now)
        try:
            while await database.write(work):
                pass
        except Exception:  # noqa: BLE001 - one plan must not hold up the others
            log.exception("purge failed", plan_id=str(plan_id))
        else:
            purged += 1
    return purged


async def _purge_some(tx: AsyncConnection, *, workspace_id: int, plan_id: UUID, now: datetime) -> bool:
    """Delete some of the plan; whether there may be more."""
    await store.mark_purge(tx, workspace_id, plan_id, purge_started_at=now)
    left = CHUNK
    for purge_some in (
        deviations.purge_some,
        evaluations.purge_some,
        events.purge_some,
        feed.purge_some,
        imports.purge_some,
        milestones.purge_some,
        outcomes.purge_some,
        parts.purge_some,
        summaries.purge_some,
        reports.purge_some,
        resources.purge_some,
        tolerances.purge_some,
        webhooks.purge_some,
        store.purge_some,
    ):
        left -= await purge_some(tx, workspace_id, plan_id, left)
        if left == 0:
            return True
    await store.mark_purge(tx, workspace_id, plan_id, purged_at=now)
    return False
