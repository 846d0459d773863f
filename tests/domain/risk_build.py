"""Short ways to say risks, as plan documents carry them, and what is seen of the plan around them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from app.domain.deviation_values import Observed
from app.domain.moments import from_minutes
from app.domain.progress import ExecutionEvent, effective
from app.domain.risk_judging import Found, Situation, look, situation_of
from app.domain.risk_triggers import trigger_of
from app.domain.risks import UNTOUCHED, Risk, RiskState, risk_of
from tests.domain.builders import ALWAYS, event

Body = dict[str, Any]


def body(**fields: Any) -> Body:
    """A risk without impact, with a probability of a half."""
    return {
        "name": "The supplier fails",
        "description": None,
        "category": None,
        "probability": 0.5,
        "impacts": [],
        "response": None,
        "response_text": None,
        "owner": None,
        "review_at": None,
        "contingencies": [],
        **fields,
    }


def impact(milestone: str, minutes: int = 0, cost: str | None = None, currency: str = "EUR") -> Body:
    money = None if cost is None else {"amount": cost, "currency": currency}
    return {"milestone": milestone, "minutes": minutes, "cost": money}


def contingency(key: str = "c", **trigger: Any) -> Body:
    """A contingency with this trigger; without any, it waits for the risk to occur."""
    return {
        "key": key,
        "name": "The other supplier",
        "description": None,
        "trigger": trigger or {"type": "risk_occurred"},
        "change": {},
    }


def risk(key: str = "r", probability: float = 0.5, *impacts: Body, **fields: Any) -> Risk:
    return risk_of(key, body(probability=probability, impacts=list(impacts), **fields))


def told(type_: str, when: str, identity: str | None = None, risk: str = "r", **data: Any) -> ExecutionEvent:
    """An event of a risk."""
    return event(type_, when, None, identity, risk=risk, **data)


def day_start(day: date) -> datetime:
    return from_minutes(ALWAYS.day_start(day))


def situation(observed: Observed, events: Iterable[ExecutionEvent] | None = None) -> Situation:
    return situation_of(observed, effective(observed.events if events is None else events), day_start)


def found(trigger: Body, seen: Situation, state: RiskState = UNTOUCHED) -> Found:
    """What is found of a trigger, as a plan document carries it."""
    return look(trigger_of(trigger), state, seen)


def measure(name: str, unit: str = "working_days", **more: Any) -> Body:
    """A trigger on a measure."""
    return {
        "type": "measure",
        "measure": name,
        "unit": unit,
        "above": None,
        "below": None,
        "milestone": None,
        "metric": None,
        **more,
    }
