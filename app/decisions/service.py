"""Decisions: what became of them, and whether one stands behind what is done to a plan."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.decisions.problems import DecisionRequired
from app.domain.decision_rules import DecisionStatus, status_of, superseders
from app.domain.plan import PartBody
from app.kit.problems import FieldError, InvalidRequest
from app.parts import store as parts
from app.plans import baseline_store
from app.plans import store as plans
from app.plans.store import Head

PART = "decisions"


async def derived(
    db: AsyncConnection, head: Head, revision: int, keys: Collection[str]
) -> Mapping[str, Mapping[str, Any]]:
    """What became of decisions of a revision: their status, who superseded them, the baselines that name them."""
    decisions = (await parts.parts_at(db, head, revision, PART)).get(PART, {})
    baselines = await baseline_store.baselines_deciding(db, head, keys)
    later = superseders(decisions)
    return {
        key: {
            "status": str(status_of(decisions, key)),
            "superseded_by": later.get(key),
            "baselines": baselines.get(key, []),
        }
        for key in keys
    }


async def behind(tx: AsyncConnection, head: Head, act: str, key: str | None) -> PartBody | None:
    """The decision behind an act on a locked plan (`rebaseline`, `adoption`), as the newest revision has it.

    Raises:
        DecisionRequired: none is named, and the plan asks for one.
        InvalidRequest: the one named is not there, still open, or superseded.
    """
    if key is None:
        fields = await plans.fields_at(tx, head, head.revision)
        if act in fields.decisions_required_for:
            raise DecisionRequired
        return None
    decisions = (await parts.parts_at(tx, head, head.revision, PART)).get(PART, {})
    if key not in decisions:
        raise refused("unknown_decision", "is no decision of this plan; /decisions lists them")
    status = status_of(decisions, key)
    if status is DecisionStatus.open:
        raise refused("not_decided", "is still open: give it a choice, a reason and who decided")
    if status is DecisionStatus.superseded:
        raise refused("superseded", f"was superseded by {superseders(decisions)[key]}")
    return decisions[key]


def refused(code: str, detail: str) -> InvalidRequest:
    """The problem of a decision that can't stand behind what it is named for."""
    return InvalidRequest(errors=[FieldError("/decision", code, detail)])
