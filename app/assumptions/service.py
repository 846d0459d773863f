"""The evidence that a plan rests on, computed on read from one snapshot, as JSON-ready values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.assumptions.items import PART
from app.domain.assumptions import AssumptionStatus, assumption_of, invalidations, standing
from app.domain.moments import parse_moment
from app.domain.plan import PartBody
from app.domain.progress import effective
from app.parts.store import parts_at
from app.variance.snapshot import Snapshot, end_of

Bodies = Mapping[str, PartBody]


async def bodies_of(db: AsyncConnection, snapshot: Snapshot) -> Bodies:
    """The assumptions of the revision of a snapshot, by key."""
    return (await parts_at(db, snapshot.head, snapshot.revision, PART)).get(PART, {})


def evidence(snapshot: Snapshot, bodies: Bodies, as_of: datetime) -> list[dict[str, Any]]:
    """What each assumption is worth as of an instant, by key. Pure; O(events log events + assumptions)."""
    told = invalidations(effective(snapshot.events))
    return [_item(snapshot, key, bodies[key], told.get(key, []), as_of) for key in sorted(bodies)]


def _item(snapshot: Snapshot, key: str, body: PartBody, told: Any, as_of: datetime) -> dict[str, Any]:
    assumption, found = assumption_of(key, body), standing(told, as_of)
    review_at = assumption.review_at
    is_overdue = review_at is not None and end_of(review_at, snapshot.zone) < as_of
    return {
        "assumption": key,
        "statement": assumption.statement,
        "status": str(found.status),
        "invalidated_at": found.since,
        "reason": found.reason,
        "confidence": assumption.confidence,
        "owner": assumption.owner,
        "review_at": None if review_at is None else parse_moment(body["review_at"]),
        "review_overdue": is_overdue and found.status is AssumptionStatus.holds,
        "sources": body["sources"],
        "dependents": body["dependents"],
        "events": [{"source": event.source, "id": event.id} for event in found.events[-20:]],
    }


def summary(items: list[dict[str, Any]]) -> dict[str, Any]:
    """How many assumptions there are, and how many need somebody to look at them."""
    sure = [item["confidence"] for item in items if item["confidence"] is not None]
    held = [item for item in items if item["status"] == AssumptionStatus.holds]
    return {
        "counts": {"holds": len(held), "invalidated": len(items) - len(held)},
        "reviews_overdue": sum(item["review_overdue"] for item in items),
        "without_source": sum(not item["sources"] for item in items),
        "least_confidence": min(sure, default=None),
    }
