"""Keeping the summary of a plan: under the lock of its row, and only where it says something new."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import store as deviations
from app.parts import store as parts
from app.plans import store as plans
from app.plans.store import Head
from app.portfolio import store
from app.portfolio.sketch import Levels, Sketch, finished, is_same, resting
from app.reports import store as reports

_OBJECTIVES = "objectives"


async def keep(tx: AsyncConnection, sketch: Sketch, now: datetime) -> None:
    """Have a summary hold from now on, unless one that says the same holds, or the plan was deleted.

    Not from the instant of its evaluation, which took its time: the portfolio was asked for meanwhile, as known then.
    """
    head = sketch.head
    if not await plans.living(tx, head.workspace_id, [head.plan_id]):
        return
    newest = await reports.page(tx, head, None, 1)
    counted = await deviations.levels(tx, head)
    levels = Levels(
        open_warnings=counted.get(("open", "warning"), 0),
        open_breaches=counted.get(("open", "breach"), 0),
        acknowledged_warnings=counted.get(("acknowledged", "warning"), 0),
        acknowledged_breaches=counted.get(("acknowledged", "breach"), 0),
    )
    summary = finished(sketch, levels, newest[0] if newest else None)
    current = await store.current(tx, head)
    if current is None:
        await store.add(tx, head, 1, summary.columns, now)
    elif not is_same(current.body, summary.columns["body"]):
        at = max(now, current.from_at)  # another replica's clock may have been ahead
        await store.close(tx, head, at)
        await store.add(tx, head, current.number + 1, summary.columns, at)


async def rest(tx: AsyncConnection, head: Head, now: datetime) -> None:
    """Have the summary of a locked plan say that nothing is computed of it: it is a draft, or on hold."""
    fields = await plans.fields_at(tx, head, head.revision)
    objectives = (await parts.parts_at(tx, head, head.revision, _OBJECTIVES)).get(_OBJECTIVES, {})
    await keep(tx, resting(head, fields, objectives, now), now)
