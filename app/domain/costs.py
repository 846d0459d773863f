"""What was spent: costs, and time at its rate, in the one currency of a plan; and what is left out, and why."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.execution import EventType, ExecutionEvent, Identity
from app.domain.money import ZERO, Amount, Undefined, exact, share_of
from app.domain.plan import Money
from app.domain.progress import has_happened

_MINUTES_PER_HOUR = 60


class Exclusion(StrEnum):
    """Why an amount of money is not counted."""

    other_currency = "other_currency"
    """It is in another currency than the plan; nothing is ever converted."""
    no_currency = "no_currency"
    """Neither the plan nor a budget names a currency."""
    mixed_currency = "mixed_currency"
    """The plan names no currency, and its budgets are in several."""
    cancelled = "cancelled"
    """The budget of a milestone that was cancelled."""
    removed = "removed"
    """The budget of a milestone that has left the plan since the baseline."""
    budget_on_phase = "budget_on_phase"
    """The budget of a phase: what a phase may cost is the sum of what lies in it."""


class Excluded(NamedTuple):
    """An amount that is not counted; `event` is None where it is a budget."""

    milestone: str | None
    event: Identity | None
    amount: Decimal
    currency: str
    reason: Exclusion


class Cost(NamedTuple):
    """Money that was spent; negative: taken back. `milestone` None: for the plan as a whole."""

    milestone: str | None
    at: datetime
    is_day: bool
    amount: Decimal
    event: Identity

    def has_happened(self, by: datetime) -> bool:
        """Whether it had been spent by an instant; on a day, once the day has begun."""
        return self.at < by or (self.at == by and not self.is_day)


class Effort(NamedTuple):
    """Time that was spent: all its minutes, those that have no rate, and what the others cost."""

    minutes: int
    minutes_without_rate: int
    cost: Amount


class Spent(NamedTuple):
    """Everything that was spent up to a status date, effort included; and what is not counted."""

    costs: tuple[Cost, ...]
    effort: Effort
    excluded: tuple[Excluded, ...]


RateOf = Callable[[ExecutionEvent], Money | None]
"""What an hour of the effort that an event reports costs; None: nothing says so."""


def no_rates(_event: ExecutionEvent) -> Money | None:
    """The rates of a workspace that has none."""
    return None


def spent(
    events: Iterable[ExecutionEvent], as_of: datetime, currency: str | Undefined, rate_of: RateOf = no_rates
) -> Spent:
    """What effective events say was spent up to and with `as_of`, in this currency.

    Effort costs minutes / 60 x the rate, to six places. O(events).
    """
    costs: list[Cost] = []
    excluded: list[Excluded] = []
    minutes = unpriced = 0
    effort_cost = ZERO
    for event in events:
        if event.type not in _MONEY or not has_happened(event, as_of):
            continue
        if event.type == EventType.cost_incurred:
            money: Money | None = Money(Decimal(event.data["amount"]), event.data["currency"])
        else:
            minutes += event.data["minutes"]
            money = effort_of(event, rate_of)
        if money is None:
            unpriced += event.data["minutes"]
        elif money.currency != currency:
            reason = Exclusion(currency.value) if isinstance(currency, Undefined) else Exclusion.other_currency
            excluded.append(Excluded(event.milestone, event.identity, money.amount, money.currency, reason))
        else:
            is_day = event.occurred_on is not None
            costs.append(Cost(event.milestone, event.occurred_at, is_day, money.amount, event.identity))
            if event.type == EventType.effort_spent:
                with exact():
                    effort_cost += money.amount
    known = currency if isinstance(currency, Undefined) else effort_cost
    effort = Effort(minutes, unpriced, Undefined.no_rate if unpriced else known)
    return Spent(tuple(costs), effort, tuple(excluded))


def effort_of(event: ExecutionEvent, rate_of: RateOf) -> Money | None:
    """What the time that an event reports costs; None: it has no rate."""
    rate = rate_of(event)
    if rate is None:
        return None
    return Money(share_of(rate.amount, event.data["minutes"], _MINUTES_PER_HOUR), rate.currency)


_MONEY = frozenset({EventType.cost_incurred.value, EventType.effort_spent.value})
