"""Exact money: decimals that are added without any loss, and rounded where a part of an amount is taken."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import StrEnum

from app.domain.plan import Milestone, PlanFields

ZERO = Decimal(0)
_EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN)  # no sum or product of amounts and minutes comes near it
_SHOWN = 2  # places, at least
_PLACES = Decimal("0.000001")  # those that an event may report; finer than any currency


class Undefined(StrEnum):
    """Why a figure of cost or of performance has no value."""

    no_baseline = "no_baseline"
    """The plan has no baseline."""
    no_budget = "no_budget"
    """No milestone of the baseline that is still in the plan has a budget in the plan's currency."""
    no_currency = "no_currency"
    """Neither the plan nor a budget names a currency."""
    mixed_currency = "mixed_currency"
    """The plan names no currency, and its budgets are in several."""
    no_rate = "no_rate"
    """Time was spent, and nothing says what it costs."""
    no_weight = "no_weight"
    """Nothing in the baseline weighs anything."""
    no_planned_date = "no_planned_date"
    """Nothing that weighs has a baseline date."""
    no_target_finish = "no_target_finish"
    """The plan has no target finish."""
    no_estimate = "no_estimate"
    """The current plan has no budget for what is left to be done."""
    budget_zero = "budget_zero"
    """The budget at completion is 0."""
    planned_value_zero = "planned_value_zero"
    """Nothing is planned to be done yet."""
    earned_value_zero = "earned_value_zero"
    """Nothing has been earned yet."""
    actual_cost_zero = "actual_cost_zero"
    """Nothing has been spent yet, or more was taken back than spent."""
    budget_exhausted = "budget_exhausted"
    """As much as this was spent already, or more."""
    actual_time_zero = "actual_time_zero"
    """The baseline has not begun yet."""
    earned_schedule_zero = "earned_schedule_zero"
    """Nothing has been earned yet."""
    planned_duration_zero = "planned_duration_zero"
    """The baseline begins and finishes at one instant."""
    planned_duration_elapsed = "planned_duration_elapsed"
    """The baseline's duration is over."""
    target_elapsed = "target_elapsed"
    """The target finish has passed."""
    calendar_horizon = "calendar_horizon"
    """It lies beyond the years that calendars know."""


Amount = Decimal | Undefined
Figure = float | Undefined


def exact() -> AbstractContextManager[Context]:
    """Within it sums and products of money are exact, and quotients have 120 digits."""
    return localcontext(_EXACT)


def rounded(amount: Decimal) -> Decimal:
    """Money to six places, half to even: what the smallest amount that can be reported has."""
    return amount.quantize(_PLACES, context=_EXACT)


def share_of(amount: Decimal, part: int | Decimal, whole: int) -> Decimal:
    """The part of an amount, part / whole of it, to six places; exactly the amount where the part is the whole."""
    if part == whole:
        return amount
    return rounded(_EXACT.divide(_EXACT.multiply(amount, Decimal(part)), Decimal(whole)))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum, the same in whatever order they are added."""
    found = ZERO
    for amount in amounts:
        found = _EXACT.add(found, amount)
    return found


def ratio(part: Decimal, whole: Decimal, undefined: Undefined) -> Figure:
    """The quotient, rounded once to a float; `undefined` where the whole is 0 or less."""
    return float(_EXACT.divide(part, whole)) if whole > 0 else undefined


def text(amount: Decimal) -> str:
    """An amount as it is told: all of its digits, two places at least, and no zeros beyond them."""
    shown = amount.normalize(_EXACT)
    exponent = shown.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -_SHOWN:
        shown = shown.quantize(Decimal(1).scaleb(-_SHOWN), context=_EXACT)
    return f"{_EXACT.add(shown, ZERO):f}"


def currency_of(fields: PlanFields, *contents: Mapping[str, Milestone] | None) -> str | Undefined:
    """The plan's one currency: the one it names, else that of the budgets of the first content that has any."""
    if fields.currency is not None:
        return fields.currency
    for milestones in contents:
        named = {each.budget.currency for each in (milestones or {}).values() if each.budget is not None}
        if named:
            return named.pop() if len(named) == 1 else Undefined.mixed_currency
    return Undefined.no_currency
