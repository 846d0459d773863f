"""The books of a plan: what was planned, earned and spent as of a status date, milestone by milestone.

Money is a Decimal, exact. What is planned and earned of one milestone is rounded, to six places, and everything else
is a sum of that: parts always add up to their whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.costs import Cost, Effort, Excluded, Exclusion, RateOf, no_rates, spent
from app.domain.measures import Line, Reason
from app.domain.money import ZERO, Undefined, currency_of, share_of
from app.domain.percent import Phasing, earned_percent, phasing, weight_of
from app.domain.plan import Milestone, MilestoneKind, PlanFields
from app.domain.progress import ExecutionEvent, Lifecycle, State, fold
from app.domain.subjects import SILENCE, absence_of, lifecycle_of

_WEIGHT_PLACES = 18  # weights are counted in such small parts that rounding them as money changes nothing


class CostBasis(StrEnum):
    """What performance is weighed by; one for the whole plan."""

    cost = "cost"
    """The budgets of the baseline."""
    weight = "weight"
    """There are no budgets: the weights of the milestones."""
    duration = "duration"
    """There are no budgets: baseline durations in working minutes."""
    equal = "equal"
    """There are no budgets: every milestone the same."""


@dataclass(frozen=True, slots=True)
class CostInputs:
    """A plan, its baseline (None: it has none) and its effective events; `rate_of` prices reported effort."""

    fields: PlanFields
    current: Mapping[str, Milestone]
    baseline: Mapping[str, Milestone] | None
    events: Sequence[ExecutionEvent]
    working: Callable[[Milestone], WorkingTime]
    plan_working: WorkingTime
    rate_of: RateOf = no_rates


class Leaf(NamedTuple):
    """A milestone or activity of the plan or its baseline.

    Attributes:
        weight: its baseline budget, or what else the plan weighs by; 0 where it is outside of the scope, for
            the reason `absence`.
        phasing: when the baseline plans it to be earned, on its own line; None: never.
        planned, earned: how much of the weight is planned to be, and is, done.
        estimate: the part of its current budget for what is not done.
        done: W of its actual finish on the plan's line; None: it is not finished.
    """

    milestone: Milestone
    base: Milestone | None
    line: Line
    absence: Reason | None
    weight: Decimal
    phasing: Phasing | None
    planned: Decimal
    earned: Decimal
    estimate: Decimal | None
    done: int | None


@dataclass(frozen=True, slots=True)
class Books:
    """All about the money of a plan, or of one phase of it, as of a status date.

    Without budgets, for the reason `no_cost`, weights stand for the money that is planned and earned.
    """

    inputs: CostInputs
    as_of: datetime
    currency: str | Undefined
    basis: CostBasis
    no_cost: Undefined | None
    leaves: Mapping[str, Leaf]
    costs: tuple[Cost, ...]
    effort: Effort
    excluded: tuple[Excluded, ...]


def open_books(inputs: CostInputs, as_of: datetime, phase: str | None = None) -> Books:
    """The books as of an instant, of the plan or of what lies in one of its phases. O(n log n).

    Planned is the baseline's scope that survives: what was cancelled or has left the plan since is in no sum but
    that of what was spent, and its budget is told among what is excluded. Baseline dates, weights and budgets count;
    the currency, and what performance is weighed by, are those of the whole plan.

    Raises:
        CalendarHorizon: a date lies outside of what calendars know.
    """
    currency = currency_of(inputs.fields, inputs.current, inputs.baseline)
    facts = _Facts(inputs, as_of, currency)
    leaves, excluded, events = facts.leaves, facts.excluded, inputs.events
    if phase is not None:
        inside = inside_of(inputs, phase)
        leaves = {key: leaf for key, leaf in leaves.items() if key in inside}
        excluded = [each for each in excluded if each.milestone in inside]
        events = [event for event in events if event.milestone in inside]
    money = spent(events, as_of, currency, inputs.rate_of)
    return Books(
        inputs=inputs,
        as_of=as_of,
        currency=currency,
        basis=facts.basis,
        no_cost=facts.no_cost,
        leaves=leaves,
        costs=money.costs,
        effort=money.effort,
        excluded=(*excluded, *money.excluded),
    )


def everything(inputs: CostInputs) -> dict[str, Milestone]:
    """Every milestone and phase of the plan, and those of its baseline that have left it."""
    return {**(inputs.baseline or {}), **inputs.current}


def inside_of(inputs: CostInputs, phase: str) -> set[str]:
    """A phase and all that lies in it, at any depth."""
    children: dict[str | None, list[str]] = {}
    for key, milestone in everything(inputs).items():
        children.setdefault(milestone.parent, []).append(key)
    inside, waiting = {phase}, [phase]
    while waiting:
        for key in children.get(waiting.pop(), ()):
            if key not in inside:
                inside.add(key)
                waiting.append(key)
    return inside


class _Facts:
    """What the plan, its baseline and the events say, leaf by leaf."""

    def __init__(self, inputs: CostInputs, as_of: datetime, currency: str | Undefined) -> None:
        self._inputs, self._as_of, self._currency = inputs, as_of, currency
        self._states: Mapping[str, State] = fold(inputs.events, as_of)
        self._lines: dict[int, Line] = {}
        self.excluded = list(self._lost_budgets())
        self.no_cost = self._why_no_cost()
        self.basis = CostBasis.cost if self.no_cost is None else CostBasis(inputs.fields.weight_basis.value)
        keys = sorted(everything(inputs).items())
        self.leaves = {key: self._leaf(key, each) for key, each in keys if each.kind is not MilestoneKind.phase}

    def _absence(self, key: str) -> Reason | None:
        inputs, baseline = self._inputs, self._inputs.baseline or {}
        state = self._states.get(key, SILENCE)
        sides = (inputs.current.get(key), baseline.get(key))
        return absence_of(*sides, state.lifecycle, has_baseline=inputs.baseline is not None)

    def _lost_budgets(self) -> Iterable[Excluded]:
        for key, milestone in sorted((self._inputs.baseline or {}).items()):
            budget, absence = milestone.budget, self._absence(key)
            if budget is None:
                continue
            reason = None
            if isinstance(self._currency, Undefined):
                reason = Exclusion(self._currency.value)
            elif budget.currency != self._currency:
                reason = Exclusion.other_currency
            elif MilestoneKind.phase in {milestone.kind, self._inputs.current.get(key, milestone).kind}:
                reason = Exclusion.budget_on_phase
            elif absence is not None:
                reason = Exclusion(absence.value)
            if reason is not None:
                yield Excluded(key, None, budget.amount, budget.currency, reason)

    def _why_no_cost(self) -> Undefined | None:
        if self._inputs.baseline is None:
            return Undefined.no_baseline
        if self._currency is Undefined.mixed_currency:
            return Undefined.mixed_currency
        lost = {each.milestone for each in self.excluded}
        budgets = ((key, each.budget) for key, each in self._inputs.baseline.items() if key not in lost)
        return None if any(budget and budget.amount for _, budget in budgets) else Undefined.no_budget

    def _leaf(self, key: str, milestone: Milestone) -> Leaf:
        inputs, state = self._inputs, self._states.get(key, SILENCE)
        base, current = (inputs.baseline or {}).get(key), inputs.current.get(key)
        line, absence, lifecycle = self._line(milestone), self._absence(key), lifecycle_of(milestone, state)
        when, weight, planned, earned = None, ZERO, ZERO, ZERO
        if absence is None and base is not None and base.kind is not MilestoneKind.phase:
            when, weight = phasing(line, base), self._weight(line, base)
            if when is not None:
                planned = share_of(weight, *when.part(line.finish.now))
            earned = earned_of(weight, earned_percent(line, base, state, lifecycle))
        estimate = None
        if current is not None and current.budget is not None and current.budget.currency == self._currency:
            if lifecycle is not Lifecycle.cancelled:
                left = 100 - Decimal(repr(earned_percent(line, current, state, lifecycle)))
                estimate = share_of(current.budget.amount, left, 100)
        return Leaf(
            milestone, base, line, absence, weight, when, planned, earned, estimate, self._done(state, lifecycle)
        )

    def _done(self, state: State, lifecycle: Lifecycle) -> int | None:
        plan = self._inputs.plan_working
        if lifecycle is not Lifecycle.completed:
            return None
        if state.actual_finish is not None:
            return plan.finish_work(state.actual_finish)
        return None if state.actual_start is None else plan.start_work(state.actual_start)

    def _weight(self, line: Line, base: Milestone) -> Decimal:
        if self.basis is not CostBasis.cost:
            return Decimal(repr(weight_of(line, base, self._inputs.fields.weight_basis))).scaleb(_WEIGHT_PLACES)
        is_counted = base.budget is not None and base.budget.currency == self._currency
        return base.budget.amount if is_counted and base.budget is not None else ZERO

    def _line(self, milestone: Milestone) -> Line:
        calendar = self._inputs.working(milestone)
        line = self._lines.get(id(calendar))
        if line is None:
            line = self._lines[id(calendar)] = Line(calendar, self._as_of)
        return line


def earned_of(weight: Decimal, percent: float) -> Decimal:
    """The part of a weight that a percent done earns, to six places."""
    return share_of(weight, Decimal(repr(percent)), 100)
