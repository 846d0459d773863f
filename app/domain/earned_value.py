"""Earned value: how much was got for the money and the time so far, and what all of it may cost in the end.

Source: PMI, Practice Standard for Earned Value Management; the performance factors PF of EAC = AC + (BAC - EV)/PF
are those of Vandevoorde and Vanhoucke (International Journal of Project Management 24, 2006). Variances have the
signs of the PMI: negative is bad. Ratios are not rounded; money is, to six places, where it is an estimate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain.money import ZERO, Amount, Figure, Undefined, exact, ratio, rounded

_COST_WEIGHT = Decimal("0.8")  # a of EAC_5: how much of its factor is CPI; the rest is SPI


class EacMethod(StrEnum):
    """What the work that is left is expected to cost as; PF is the performance factor."""

    budget_rate = "budget_rate"
    """As budgeted: PF = 1."""
    cpi = "cpi"
    """At the cost performance so far: PF = CPI. The default."""
    spi = "spi"
    """At the schedule performance so far: PF = SPI."""
    sci = "sci"
    """PF = SPI x CPI."""
    weighted = "weighted"
    """PF = 0.8 CPI + 0.2 SPI."""
    spi_t = "spi_t"
    """At the performance of the earned schedule: PF = SPI(t)."""
    sci_t = "sci_t"
    """PF = SPI(t) x CPI."""
    bottom_up = "bottom_up"
    """What the current plan budgets for what is not done yet, milestones added since the baseline included."""


@dataclass(frozen=True, slots=True)
class Standing:
    """PV, EV, AC and BAC of one scope at a status date, cumulative; `spent` has a reason where nothing is budgeted.

    Without budgets the others are in the weights of the plan.
    """

    planned: Decimal
    earned: Decimal
    spent: Amount
    budget: Decimal

    @property
    def left(self) -> Decimal:
        """The budget of what is not earned yet: BAC - EV."""
        with exact():
            return self.budget - self.earned


@dataclass(frozen=True, slots=True)
class ValueFigures:
    """SV = EV - PV, CV = EV - AC; SPI = EV/PV, CPI = EV/AC, SCI = SPI x CPI; percents of BAC, from 0 up.

    TCPI = (BAC - EV)/(BAC - AC): the cost performance that the work left must have to end within the budget; beyond
    1.10 it is commonly held not to be reached any more.
    """

    schedule_variance: Decimal
    cost_variance: Amount
    spi: Figure
    cpi: Figure
    sci: Figure
    percent_planned: Figure
    percent_complete: Figure
    percent_spent: Figure
    tcpi: Figure


@dataclass(frozen=True, slots=True)
class Estimates:
    """What everything may cost: by each method; `estimate` is the default; from `minimum` to `maximum` of all.

    ETC = EAC - AC, VAC = BAC - EAC, TCPI = (BAC - EV)/(EAC - AC), all of the default.
    """

    methods: Mapping[EacMethod, Amount]
    estimate: Amount
    to_complete: Amount
    variance: Amount
    tcpi: Figure
    minimum: Amount
    maximum: Amount


def value_figures(standing: Standing) -> ValueFigures:
    """The variances and indices of a standing."""
    planned, earned, spent, budget = standing.planned, standing.earned, standing.spent, standing.budget
    spi = ratio(earned, planned, Undefined.planned_value_zero)
    with exact():
        costs: tuple[Amount, Figure, Figure, Figure]
        if isinstance(spent, Undefined):
            costs = (spent, spent, spent, spent)
        else:
            costs = (
                earned - spent,
                ratio(earned, spent, Undefined.actual_cost_zero),
                ratio(100 * spent, budget, Undefined.budget_zero),
                ratio(standing.left, budget - spent, Undefined.budget_exhausted),
            )
        variance, cpi, percent_spent, tcpi = costs
        return ValueFigures(
            schedule_variance=earned - planned,
            cost_variance=variance,
            spi=spi,
            cpi=cpi,
            sci=times(spi, cpi),
            percent_planned=ratio(100 * planned, budget, Undefined.budget_zero),
            percent_complete=ratio(100 * earned, budget, Undefined.budget_zero),
            percent_spent=percent_spent,
            tcpi=tcpi,
        )


def times(one: Figure, other: Figure) -> Figure:
    """The product; undefined for the first reason that there is."""
    if isinstance(one, Undefined):
        return one
    return other if isinstance(other, Undefined) else one * other


def estimates(standing: Standing, spi_t: Figure, bottom_up: Amount) -> Estimates:
    """The estimates at completion (EAC), to complete and the variance at completion.

    Args:
        standing: PV, EV, AC and BAC.
        spi_t: the index of the earned schedule.
        bottom_up: what the current plan budgets for what is left.
    """
    spent = standing.spent
    if isinstance(spent, Undefined):
        return Estimates(dict.fromkeys(EacMethod, spent), spent, spent, spent, spent, spent, spent)
    with exact():
        methods: dict[EacMethod, Amount] = {
            name: _estimate(spent, standing.left, factor) for name, factor in _factors(standing, spent, spi_t).items()
        }
        methods[EacMethod.bottom_up] = bottom_up if isinstance(bottom_up, Undefined) else spent + bottom_up
        found = [each for each in methods.values() if not isinstance(each, Undefined)]
        estimate = methods[EacMethod.cpi]
        ends = (min(found), max(found))
        if isinstance(estimate, Undefined):
            return Estimates(methods, estimate, estimate, estimate, estimate, *ends)
        tcpi = ratio(standing.left, estimate - spent, Undefined.budget_exhausted)
        return Estimates(methods, estimate, estimate - spent, standing.budget - estimate, tcpi, *ends)


def _factors(standing: Standing, spent: Decimal, spi_t: Figure) -> dict[EacMethod, Amount]:
    cpi = _factor(standing.earned, spent, Undefined.actual_cost_zero)
    spi = _factor(standing.earned, standing.planned, Undefined.planned_value_zero)
    time = spi_t if isinstance(spi_t, Undefined) else Decimal(spi_t)
    return {
        EacMethod.budget_rate: Decimal(1),
        EacMethod.cpi: cpi,
        EacMethod.spi: spi,
        EacMethod.sci: _product(spi, cpi),
        EacMethod.weighted: _weighted(cpi, spi),
        EacMethod.spi_t: time,
        EacMethod.sci_t: _product(time, cpi),
    }


def _factor(earned: Decimal, whole: Decimal, undefined: Undefined) -> Amount:
    return earned / whole if whole > 0 else undefined


def _product(one: Amount, other: Amount) -> Amount:
    if isinstance(one, Undefined):
        return one
    return other if isinstance(other, Undefined) else one * other


def _weighted(cpi: Amount, spi: Amount) -> Amount:
    if isinstance(cpi, Undefined) or isinstance(spi, Undefined):
        return _product(cpi, spi)
    return _COST_WEIGHT * cpi + (1 - _COST_WEIGHT) * spi


def _estimate(spent: Decimal, left: Decimal, factor: Amount) -> Amount:
    """AC + (BAC - EV)/PF; what is done costs what was spent, whatever the performance was."""
    if left == ZERO:
        return spent
    if isinstance(factor, Undefined):
        return factor
    return rounded(spent + left / factor) if factor > 0 else Undefined.earned_value_zero
