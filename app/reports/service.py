"""Status reports: stored beside what is computed of the plan at that instant, never edited, superseded only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import store as deviations
from app.domain.reported_health import disagreement
from app.domain.variance import PlanSummary
from app.kit import wire
from app.kit.bulk import as_dict
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.plans import store as plans
from app.plans.lookup import head_of, locked
from app.plans.store import Head
from app.reports import store
from app.reports.problems import ReportNotFound, ReportSuperseded
from app.reports.schemas import StatusReportIn
from app.variance.service import measure, summary_document
from app.variance.snapshot import Question, Snapshot, take

_SHOWN = (
    *("schedule_status", "projected_finish", "finish_variance", "planned_percent_complete"),
    *("actual_percent_complete", "counts"),
)


async def taken(
    db: AsyncConnection, workspace_id: int, plan: str, now: datetime
) -> tuple[Snapshot, Mapping[str, int]]:
    """The plan as it is known now, and how many of its deviations are not over, by level.

    Raises:
        PlanNotFound
    """
    head = await head_of(db, workspace_id, plan)
    rows = await deviations.summary(db, workspace_id, {"plan_id": head.plan_id}, None, 1_000_000)
    levels = {level: sum(getattr(row, level) for row in rows) for level in ("warning", "breach")}
    return await take(db, head, Question(), now), levels


def summarised(snapshot: Snapshot, as_of: datetime) -> PlanSummary:
    """The plan as a whole. Pure; O(events log events + milestones)."""
    return measure(snapshot, as_of).variance.summary


def computed(snapshot: Snapshot, as_of: datetime, summary: PlanSummary, levels: Mapping[str, int]) -> dict[str, Any]:
    """What is kept beside a report of what is computed."""
    told = summary_document(summary)
    found = {
        "as_of": as_of,
        "known_at": snapshot.known_at,
        "revision": snapshot.revision,
        "baseline": None if snapshot.baseline is None else snapshot.baseline.number,
        **{name: told[name] for name in _SHOWN},
        "open_warnings": levels["warning"],
        "open_breaches": levels["breach"],
    }
    plain: dict[str, Any] = wire.plain(found)
    return plain


async def report(
    tx: AsyncConnection,
    workspace_id: int,
    plan: str,
    wanted: StatusReportIn,
    beside: tuple[Mapping[str, Any], PlanSummary],
    stamp: Stamp,
) -> dict[str, Any]:
    """Record a report, with what was computed beside it.

    Raises:
        PlanNotFound, ReportSuperseded
        InvalidRequest: there is no report that it could supersede.
    """
    head = await locked(tx, workspace_id, plan)
    if wanted.supersedes is not None:
        await _require_standing(tx, head, wanted.supersedes)
    number, last = await store.newest(tx, head)
    told, summary = beside
    difference = disagreement(wanted.health, summary.schedule_status)
    row = {
        "number": number + 1,
        "recorded_at": next_recorded_at(None, stamp.clock(), last),
        "author": stamp.author,
        **wanted.model_dump(mode="json"),
        "computed": told,
        "disagreement": difference and str(difference),
    }
    await store.add(tx, head, row)
    await plans.mark_due(tx, workspace_id, head.key, stamp.clock())  # the portfolio tells it
    return {**row, "superseded_by": None}


async def _require_standing(tx: AsyncConnection, head: Head, number: int) -> None:
    if await store.get(tx, head, number) is None:
        raise InvalidRequest(errors=[FieldError("/supersedes", "unknown_report", "is no report of this plan")])
    if await store.superseders(tx, head, [number]):
        raise ReportSuperseded


async def get(db: AsyncConnection, head: Head, number: int) -> dict[str, Any]:
    """One report.

    Raises:
        ReportNotFound
    """
    row = await store.get(db, head, number)
    if row is None:
        raise ReportNotFound
    return (await shown(db, head, [row]))[0]


async def shown(db: AsyncConnection, head: Head, rows: Any) -> list[dict[str, Any]]:
    """Reports with the ones that took their places."""
    superseders = await store.superseders(db, head, [row.number for row in rows])
    return [{**as_dict(row), "superseded_by": superseders.get(row.number)} for row in rows]
