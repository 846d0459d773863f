"""Deviations, transitions and corrective actions as they are told: in answers, in the feed and to webhooks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.deviations.records import Record
from app.domain.moments import format_instant

MAX_TOLD = 100  # consequences, in lists and in what is announced


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def told_value(value: float | None) -> float | None:
    """A value as it is told: to four decimals, as variance is."""
    return None if value is None else round(value, 4)


def deviation_document(record: Record, plan: str, *, whole: bool = False) -> dict[str, Any]:
    """A deviation as it is told; `whole`: with every consequence, as a GET of it alone answers it."""
    consequences = list(record.consequences)
    return {
        "id": str(record.deviation_id),
        "plan": plan,
        "milestone": record.subject.milestone,
        "about": record.subject.about,
        "tolerance": record.tolerance,
        "tolerance_version": record.tolerance_version,
        "measure": record.measure,
        "baseline": record.baseline or None,
        "episode": record.episode,
        "level": record.level,
        "state": record.state,
        "opened_at": _instant(record.opened_at),
        "changed_at": _instant(record.changed_at),
        "resolved_at": _instant(record.resolved_at),
        "resolution": record.resolution,
        "summary": record.summary,
        "owner": record.owner,
        "labels": dict(record.labels),
        "evidence": {**record.evidence, "value": told_value(record.evidence.get("value"))},
        "impact": dict(record.impact),
        "consequences": consequences if whole else consequences[:MAX_TOLD],
        "consequence_count": len(consequences),
        "acknowledgement": None if record.acknowledgement is None else dict(record.acknowledgement),
    }


def filterable(record: Record) -> dict[str, str | None]:
    """By what a webhook or a reader of the feed may choose it."""
    return {
        "level": record.level,
        "measure": record.measure,
        "tolerance": record.tolerance,
        "milestone": record.subject.milestone,
        "owner": record.owner,
    }


def transition_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a deviation's history."""
    return {
        "number": row["number"],
        "kind": row["kind"],
        "recorded_at": _instant(row["recorded_at"]),
        "as_of": _instant(row["as_of"]),
        "evaluation": row["evaluation"],
        "retroactive": row["retroactive"],
        "actor": row["actor"],
        "level": row["level"],
        "state": row["state"],
        "resolution": row["resolution"],
        "value": told_value(row["value"]),
        "unit": row["unit"],
        "bound": row["bound"],
        "summary": row["data"]["summary"],
        "acknowledgement": row["data"]["acknowledgement"],
    }


def action_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """A corrective action as GET answers it."""
    return {
        "id": str(row["action_id"]),
        "deviation": str(row["deviation_id"]),
        "title": row["title"],
        "description": row["description"],
        "owner": row["owner"],
        "due_at": _instant(row["due_at"]),
        "status": row["status"],
        "value_before": told_value(row["value_before"]),
        "value_after": told_value(row["value_after"]),
        "unit": row["unit"],
        "effective": row["effective"],
        "checked_at": _instant(row["checked_at"]),
        "created_at": _instant(row["created_at"]),
        "author": row["author"],
    }
