"""Who holds the assignments of a plan, computed on read from one snapshot, as JSON-ready values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.assignments import PART, HandOver, Step, assignment_of, chain, hand_overs
from app.domain.plan import PartBody
from app.domain.progress import effective
from app.parts.store import parts_at
from app.variance.snapshot import Snapshot

Bodies = Mapping[str, PartBody]


async def bodies_of(db: AsyncConnection, snapshot: Snapshot) -> Bodies:
    """The assignments of the revision of a snapshot, by key."""
    return (await parts_at(db, snapshot.head, snapshot.revision, PART)).get(PART, {})


def delegations(snapshot: Snapshot, bodies: Bodies, as_of: datetime) -> list[dict[str, Any]]:
    """The chain of each assignment as of an instant, by key. Pure; O(events log events + assignments)."""
    told = hand_overs(effective(snapshot.events))
    items = []
    for key in sorted(bodies):
        assignment = assignment_of(key, bodies[key])
        found = chain(assignment.resource, told.get(key, ()), as_of)
        items.append(
            {
                "assignment": key,
                "milestone": assignment.milestone,
                "resource": assignment.resource,
                "role": assignment.role,
                "holder": found.holder,
                "held_since": found.since,
                "pending": [step.to for step in found.pending],
                "steps": [_step(step) for step in found.steps],
            }
        )
    return items


def _step(step: Step) -> dict[str, Any]:
    events = [{"source": source, "id": event_id} for source, event_id in step.events]
    return {**step._asdict(), "status": str(step.status), "events": events}


def summary(items: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many assignments there are, and what became of their hand-overs."""
    statuses = [step["status"] for item in items for step in item["steps"]]
    return {
        "assignments": len(items),
        "handed_over": sum(item["held_since"] is not None for item in items),
        "pending": statuses.count(HandOver.pending),
        "declined": statuses.count(HandOver.declined),
    }
