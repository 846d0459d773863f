"""Activating a contingency: its prepared change becomes a revision and its event is recorded, both or neither."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.compiled import zone_of
from app.domain.corrections import effective
from app.domain.execution import EventType
from app.domain.moments import LATEST
from app.domain.plan import PartBody
from app.domain.risks import RISK_EVENTS, UNTOUCHED, RiskState, RiskStatus, fold_risks
from app.domain.rules import Violation
from app.events import store as events
from app.events.problems import EventConflict
from app.events.service import Incoming, record
from app.kit.bulk import as_dict
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp
from app.milestones.content import Edited, edit
from app.milestones.problems import InvalidPlan
from app.parts import store as parts
from app.plans import store as plans
from app.plans.changes_wire import PlanChange, applied, place_of
from app.plans.lookup import locked
from app.plans.store import Head
from app.risks.activation_schemas import ActivationIn
from app.risks.problems import (
    ContingencyActivated,
    ContingencyNotFound,
    ContingencyOutdated,
    RiskClosed,
    RiskNotFound,
)
from app.variance.snapshot import to_event

ORIGIN = "contingency"
_TOLD_OF = RISK_EVENTS | {EventType.corrected.value, EventType.retracted.value}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which contingency is to be activated, when, by whom and why."""

    plan: str
    risk: str
    contingency: str
    told: ActivationIn


@dataclass(frozen=True, slots=True)
class Activated:
    """The event that stands after an activation, and whether it stood before."""

    event: Mapping[str, Any]
    is_duplicate: bool


async def activate(tx: AsyncConnection, workspace_id: int, wanted: Wanted, stamp: Stamp) -> Activated:
    """Make the prepared change of a contingency, as a new revision, and record that it was activated.

    A repeat of the event's (`source`, `id`) with the same content has no second effect.

    Raises:
        PlanNotFound, RiskNotFound, ContingencyNotFound, EventConflict, EventRefused, RecordedBeforeHistory
        ContingencyActivated, RiskClosed: there is nothing to be done.
        ContingencyOutdated: the plan does not take the change any more.
    """
    head = await locked(tx, workspace_id, wanted.plan)
    before = await _recorded(tx, head, wanted)
    if before is not None:
        return before
    body = await _contingency(tx, head, wanted)
    state = await _state(tx, head, wanted.risk)
    if wanted.contingency in state.activations:
        raise ContingencyActivated
    if state.status is RiskStatus.closed:
        raise RiskClosed
    edited = await _edit(tx, head, PlanChange.model_validate(body["change"]), stamp)
    data = {**_data(wanted), "revision": edited.head.revision}
    (outcome,) = await record(tx, [_incoming(workspace_id, wanted, data)], stamp.clock)
    if outcome.problem is not None:
        raise outcome.problem
    assert outcome.row is not None
    return Activated(outcome.row, is_duplicate=False)


def _data(wanted: Wanted) -> dict[str, str]:
    return {"risk": wanted.risk, "contingency": wanted.contingency, "reason": wanted.told.reason}


def _incoming(workspace_id: int, wanted: Wanted, data: Mapping[str, Any]) -> Incoming:
    told = wanted.told
    return Incoming(
        workspace_id,
        wanted.plan,
        told.source,
        told.id,
        EventType.contingency_activated.value,
        None,
        told.occurred_at,
        told.actor,
        data,
        told.recorded_at,
    )


async def _recorded(tx: AsyncConnection, head: Head, wanted: Wanted) -> Activated | None:
    """What this very event did when it was recorded; None: its name is new.

    Raises:
        EventConflict: another event has its name.
    """
    told, identity = wanted.told, (wanted.told.source, wanted.told.id)
    found = (await events.by_identity(tx, head.workspace_id, [identity])).get(identity)
    if found is None:
        return None
    row = as_dict(found)
    said = {name: value for name, value in row["data"].items() if name != "revision"}
    same = (row["plan_id"], row["type"], row["occurred_on"] or row["occurred_at"], row["actor"], said)
    type_ = EventType.contingency_activated.value
    if same != (head.plan_id, type_, told.occurred_at, told.actor, _data(wanted)):
        raise EventConflict
    return Activated(row, is_duplicate=True)


async def _contingency(tx: AsyncConnection, head: Head, wanted: Wanted) -> PartBody:
    found = await parts.get(tx, head, head.revision, "risks", wanted.risk)
    if found is None:
        raise RiskNotFound
    body: PartBody | None = next((c for c in found[0]["contingencies"] if c["key"] == wanted.contingency), None)
    if body is None:
        raise ContingencyNotFound
    return body


async def _state(tx: AsyncConnection, head: Head, risk: str) -> RiskState:
    """What all that was ever told says of a risk, of later instants too."""
    rows = await events.of_types(tx, head, _TOLD_OF)
    zone = zone_of((await plans.fields_at(tx, head, head.revision)).time_zone)
    told = effective(to_event(row, zone) for row in rows)
    return fold_risks(told, LATEST).get(risk, UNTOUCHED)


async def _edit(tx: AsyncConnection, head: Head, change: PlanChange, stamp: Stamp) -> Edited:
    """The edit that makes the change.

    Raises:
        ContingencyOutdated: naming every place in the prepared change.
    """

    def locate(violation: Violation) -> str:
        return place_of(violation, change)

    try:
        return await edit(tx, head, lambda content: applied(content, change), stamp, locate)
    except (InvalidRequest, InvalidPlan) as problem:
        errors = [FieldError(f"/change{each.pointer}", each.code, each.detail) for each in problem.errors]
        raise ContingencyOutdated(errors=errors) from None
