"""The performance of a plan as items that tolerances judge: CPI, SPI(t), and the cost at completion."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from math import ceil
from typing import Any

from app.domain.cost import Books, CostInputs, open_books
from app.domain.cost_periods import work
from app.domain.earned_schedule import EARLY_LIFE, time_figures
from app.domain.execution import Identity, canonical_order
from app.domain.items import Item, ItemsOf, ItemValue
from app.domain.measures import Reason
from app.domain.moments import from_minutes, to_minutes
from app.domain.money import Amount, Undefined, exact, text
from app.domain.performance import Performance, performance, planned_value
from app.domain.progress import has_happened
from app.domain.tolerances import Measure, Unit
from app.domain.value_curve import PlannedValue

_MOST_EVENTS = 20
_REASONS = {Undefined.no_baseline: Reason.no_baseline, Undefined.no_planned_date: Reason.no_planned_date}


def performance_items(inputs: CostInputs, as_of: datetime) -> ItemsOf:
    """The items of the measures of performance, each the plan as a whole; of other measures none.

    Nothing is calculated before one of them is asked for. SPI(t) falls while time passes and nothing is reported; the
    other two change only with events. In early life SPI(t) has no value: it would say nothing.
    """
    return _Performance(inputs, as_of).items


class _Performance:
    def __init__(self, inputs: CostInputs, as_of: datetime) -> None:
        self._inputs, self._as_of = inputs, as_of

    @cached_property
    def _books(self) -> Books:
        return open_books(self._inputs, self._as_of)

    @cached_property
    def _planned(self) -> PlannedValue | None:
        return planned_value(self._books)

    @cached_property
    def _found(self) -> Performance:
        return performance(self._books, self._planned)

    def items(self, measure: Measure, _unit: Unit) -> Sequence[Item]:
        """The plan as a whole, for a measure of performance."""
        match measure:
            case Measure.cost_performance:
                return [Item(None, None, None, self._cost_performance)]
            case Measure.cost_at_completion_percent:
                return [Item(None, None, None, self._cost_at_completion)]
            case Measure.schedule_performance:
                return [Item(None, None, None, self._schedule_performance, self._breakpoints())]
        return ()

    def _cost_performance(self, _at: datetime) -> ItemValue:
        cpi, standing = self._found.value.cpi, self._found.standing
        operands = self._money(earned_value=standing.earned, actual_cost=standing.spent)
        if isinstance(cpi, Undefined):
            return _nothing(cpi, operands, "there is no cost performance")
        earned, spent = operands["earned_value"]["amount"], operands["actual_cost"]["amount"]
        summary = f"cost performance is {cpi:.3g}: {earned} earned for {spent} {self._books.currency}"
        return ItemValue(cpi, None, operands, self._events(), summary, is_final=not standing.left)

    def _cost_at_completion(self, _at: datetime) -> ItemValue:
        standing, estimate = self._found.standing, self._found.estimates.estimate
        operands = self._money(estimate_at_completion=estimate, budget_at_completion=standing.budget)
        if isinstance(estimate, Undefined):
            return _nothing(estimate, operands, "the cost at completion can't be told")
        with exact():
            percent = float(100 * (estimate - standing.budget) / standing.budget)
        expected, budget = text(estimate), text(standing.budget)
        summary = f"the plan is expected to cost {expected} {self._books.currency} against a budget of {budget}"
        return ItemValue(percent, None, operands, self._events(), summary, is_final=not standing.left)

    def _schedule_performance(self, at: datetime) -> ItemValue:
        schedule = self._found.schedule
        if self._planned is None or isinstance(schedule, Undefined):
            reason = schedule if isinstance(schedule, Undefined) else Undefined.no_planned_date
            return _nothing(reason, {}, "there is no schedule performance")
        # Nothing more is earned until then; only the time goes on.
        elapsed = max(self._planned.elapsed(to_minutes(at)), 0)
        time = schedule.time if schedule.time.is_complete else schedule.time._replace(actual=elapsed)
        figures = time_figures(time, self._found.value)
        operands = {
            "earned_schedule_minutes": round(time.earned, 3),
            "actual_time_minutes": time.actual,
            "planned_duration_minutes": time.planned,
        }
        if isinstance(figures.spi_t, Undefined):
            return _nothing(figures.spi_t, operands, "there is no schedule performance")
        if figures.early_life:
            return _nothing(Undefined.actual_time_zero, operands, "it is too early for a schedule performance")
        summary = (
            f"schedule performance is {figures.spi_t:.3g}: {time.earned:.0f} minutes earned in {time.actual:.0f}"
        )
        return ItemValue(figures.spi_t, None, operands, self._events(), summary, is_final=time.is_complete)

    def _breakpoints(self) -> tuple[datetime, ...]:
        """When the baseline begins, and when its early life is over."""
        if self._planned is None:
            return ()
        plan, planned = self._inputs.plan_working, self._planned
        points = (planned.begins, planned.begins + ceil(EARLY_LIFE * planned.duration))
        instants = (from_minutes(plan.finish_at(point)) for point in points)
        return tuple(instant for instant in instants if instant > self._as_of)

    def _money(self, **amounts: Amount) -> dict[str, Any]:
        is_money = self._books.no_cost is None
        return {
            name: {"amount": text(each), "currency": self._books.currency}
            for name, each in amounts.items()
            if is_money and not isinstance(each, Undefined)
        }

    def _events(self) -> tuple[Identity, ...]:
        """The last events that earned or cost something."""
        found = [event for event in work(self._books) if has_happened(event, self._as_of)]
        costs = {cost.event for cost in self._books.costs}
        found += [event for event in self._inputs.events if event.identity in costs]
        return tuple(dict.fromkeys(event.identity for event in sorted(found, key=canonical_order)))[-_MOST_EVENTS:]


def _nothing(undefined: Undefined, operands: Mapping[str, Any], summary: str) -> ItemValue:
    return ItemValue(None, _REASONS.get(undefined, Reason.insufficient_data), operands, (), summary)
