"""Risks of a plan: what it says of them, and what the events say has become of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from app.domain.execution import EventType, ExecutionEvent, Identity
from app.domain.moments import Moment, parse_moment
from app.domain.plan import Money, PartBody
from app.domain.progress import has_happened
from app.domain.risk_triggers import Trigger, trigger_of


class RiskResponse(StrEnum):
    """What is done about a threat; the standard responses of risk management."""

    avoid = "avoid"
    """The plan is changed so that it can't occur."""
    mitigate = "mitigate"
    """It is made less probable, or its impact smaller."""
    transfer = "transfer"
    """Somebody else bears it: insurance, a contract."""
    accept = "accept"
    """Nothing is done beforehand; its contingencies are what there is."""


class RiskStatus(StrEnum):
    """Where a risk stands."""

    open = "open"
    """It may occur."""
    occurred = "occurred"
    """It came true, and is not over."""
    closed = "closed"
    """It can occur no more, or is over."""


class Impact(NamedTuple):
    """What a risk does to one milestone if it occurs: a delay in working minutes of its calendar, and money."""

    milestone: str
    minutes: int
    cost: Money | None


@dataclass(frozen=True, slots=True)
class Contingency:
    """What is done when its trigger holds: a prepared change of the plan, as on the wire."""

    key: str
    name: str
    description: str | None
    trigger: Trigger
    change: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Risk:
    """What one revision of a plan says of a risk; `probability` is that it occurs, more than 0 and at most 1."""

    key: str
    name: str
    probability: Decimal
    impacts: tuple[Impact, ...]
    contingencies: tuple[Contingency, ...]
    description: str | None = None
    category: str | None = None
    response: RiskResponse | None = None
    response_text: str | None = None
    owner: str | None = None
    review_at: Moment | None = None


def risk_of(key: str, body: PartBody) -> Risk:
    """The risk of a part of a plan; the probability is the decimal number that was given."""
    response, review_at = body["response"], body["review_at"]
    return Risk(
        key=key,
        name=body["name"],
        probability=Decimal(str(body["probability"])),
        impacts=tuple(Impact(each["milestone"], each["minutes"], _money(each["cost"])) for each in body["impacts"]),
        contingencies=tuple(map(_contingency, body["contingencies"])),
        description=body["description"],
        category=body["category"],
        response=None if response is None else RiskResponse(response),
        response_text=body["response_text"],
        owner=body["owner"],
        review_at=None if review_at is None else parse_moment(review_at),
    )


def _money(body: Mapping[str, str] | None) -> Money | None:
    return None if body is None else Money(Decimal(body["amount"]), body["currency"])


def _contingency(body: Mapping[str, Any]) -> Contingency:
    trigger = trigger_of(body["trigger"])
    return Contingency(body["key"], body["name"], body["description"], trigger, body["change"])


class Activation(NamedTuple):
    """When a contingency was activated, and which revision of the plan that made."""

    at: Moment
    revision: int
    event: Identity


class RiskState(NamedTuple):
    """What the events say of one risk at one instant; the defaults are silence.

    Attributes:
        occurred_at: when it came true last.
        closed_at: when it was closed, while it is.
        reason: why it was closed, while it is.
        activations: the newest activation of each contingency, by key.
        events: what says that it occurred or was closed, oldest first.
    """

    status: RiskStatus = RiskStatus.open
    occurred_at: Moment | None = None
    closed_at: Moment | None = None
    reason: str | None = None
    activations: Mapping[str, Activation] = MappingProxyType({})
    events: tuple[Identity, ...] = ()


UNTOUCHED = RiskState()


def fold_risks(events: Iterable[ExecutionEvent], as_of: datetime) -> Mapping[str, RiskState]:
    """The state of each risk that an event names, from effective events up to and with `as_of`.

    The last of `risk.occurred` and `risk.closed` in canonical order decides: what is closed may still occur. An
    activation says nothing of the risk itself.
    """
    found: dict[str, RiskState] = {}
    for event in events:
        tell = _TELL.get(event.type)
        if tell is not None and has_happened(event, as_of):
            key = event.data["risk"]
            found[key] = tell(found.get(key, UNTOUCHED), event)
    return found


def moment_of(event: ExecutionEvent) -> Moment:
    """When it happened, as precise as it was told."""
    return event.occurred_on or event.occurred_at


def _occurred(state: RiskState, event: ExecutionEvent) -> RiskState:
    return state._replace(
        status=RiskStatus.occurred,
        occurred_at=moment_of(event),
        closed_at=None,
        reason=None,
        events=(*state.events, event.identity),
    )


def _closed(state: RiskState, event: ExecutionEvent) -> RiskState:
    return state._replace(
        status=RiskStatus.closed,
        closed_at=moment_of(event),
        reason=event.data.get("reason"),
        events=(*state.events, event.identity),
    )


def _activated(state: RiskState, event: ExecutionEvent) -> RiskState:
    activation = Activation(moment_of(event), event.data["revision"], event.identity)
    return state._replace(activations={**state.activations, event.data["contingency"]: activation})


_TELL = MappingProxyType(
    {
        EventType.risk_occurred.value: _occurred,
        EventType.risk_closed.value: _closed,
        EventType.contingency_activated.value: _activated,
    }
)

RISK_EVENTS = frozenset(_TELL)
"""The types of events that say something of risks."""
