"""Short ways to say budgets and costs, and to open the books of a plan in tests."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app.domain.cost import Books, CostInputs, open_books
from app.domain.cost_lines import CostLine
from app.domain.costs import RateOf, no_rates
from app.domain.moments import parse_moment
from app.domain.performance import Performance, performance, planned_value
from app.domain.plan import Milestone, Money, PlanFields
from app.domain.progress import ExecutionEvent, effective
from tests.domain.builders import CALENDARS, event, instant, working

ALWAYS = CALENDARS["always"]


def eur(amount: str | int) -> Money:
    """An amount in the usual currency."""
    return Money(Decimal(amount), "EUR")


def cost(
    amount: str | int, when: str, milestone: str | None = "m", currency: str = "EUR", identity: str | None = None
) -> ExecutionEvent:
    """Money that was spent."""
    return event("cost.incurred", when, milestone, identity, amount=str(amount), currency=currency)


def effort(minutes: int, when: str, milestone: str | None = "m") -> ExecutionEvent:
    """Time that was spent."""
    return event("effort.spent", when, milestone, minutes=minutes)


def inputs(
    current: Iterable[Milestone],
    baseline: Iterable[Milestone] | None,
    events: Iterable[ExecutionEvent] = (),
    calendar: str = "always",
    rate_of: RateOf = no_rates,
    **fields: Any,
) -> CostInputs:
    """What the books of a plan are made of."""
    if isinstance(fields.get("target_finish"), str):
        fields["target_finish"] = parse_moment(fields["target_finish"])
    return CostInputs(
        fields=PlanFields("Plan", calendar=calendar, **fields),
        current={each.key: each for each in current},
        baseline=None if baseline is None else {each.key: each for each in baseline},
        events=effective(events),
        working=working,
        plan_working=CALENDARS[calendar],
        rate_of=rate_of,
    )


def books(
    plan: Iterable[Milestone], events: Iterable[ExecutionEvent] = (), as_of: str = "2024-05-10", **more: Any
) -> Books:
    """The books of a plan that is its own baseline."""
    milestones = list(plan)
    return open_books(inputs(milestones, milestones, events, **more), instant(as_of))


def measured(found: Books) -> Performance:
    """The performance of a scope."""
    return performance(found, planned_value(found))


def told(lines: Iterable[CostLine]) -> dict[str | None, tuple[float, ...]]:
    """The sums of lines by key: planned, planned to date, earned, spent."""
    return {line.key: tuple(map(float, line.sums)) for line in lines}
