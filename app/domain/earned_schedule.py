"""Earned schedule: the time at which the baseline had planned what is earned now, against the time that it took.

Source: Lipke, Schedule is Different (2003), and Vandevoorde and Vanhoucke (2006) for the forecasts of Anbari and
Jacob. All times are of one unit and one calendar, from the begin of the baseline; variances are negative when late.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.domain.earned_value import ValueFigures, times
from app.domain.money import ZERO, Figure, Undefined, exact

EARLY_LIFE = 0.1
"""Up to this part of the planned duration SPI(t) is too unsteady to be judged."""


class Time(NamedTuple):
    """ES, AT and PD: the time earned, passed and planned; `is_complete`: all is earned, and AT stands still."""

    earned: float
    actual: float
    planned: float
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class TimeFigures:
    """SV(t) = ES - AT, SPI(t) = ES/AT; IEAC(t): how long everything may take; TSPI: the SPI(t) needed from now on.

    IEAC(t) = AT + (PD - ES)/PF with PF 1 (`ieac_planned_rate`), SPI(t) (`ieac_spi_t`: PD/SPI(t)) and SPI(t) x CPI
    (`ieac_sci_t`); `ieac_planned_value` is Anbari's PD - SV/(BAC/PD), `ieac_earned_duration` Jacob's
    AT + max(PD, AT) - AT x SPI, both weak after mid-life. TSPI(PD) = (PD - ES)/(PD - AT); TSPI(ED) the same with
    the committed duration. Beyond 1.10 it is commonly held not to be reached any more (Lipke).
    """

    schedule_variance: float
    spi_t: Figure
    early_life: bool
    ieac_planned_rate: float
    ieac_spi_t: Figure
    ieac_sci_t: Figure
    ieac_planned_value: Figure
    ieac_earned_duration: Figure
    tspi_planned: Figure
    tspi_target: Figure


def earned_periods(planned: Sequence[Decimal], earned: Decimal) -> float:
    """ES in periods, by Lipke: C whole ones with PV_C <= EV, and the part of the next one that is earned.

    Args:
        planned: PV at the end of each period, cumulative; it never falls.
        earned: EV. More than the last PV counts as that; nothing counts as 0.
    """
    if earned <= 0:
        return 0.0
    if earned >= planned[-1]:
        return float(planned.index(planned[-1]) + 1)  # where the last plateau begins
    whole = bisect_right(planned, earned)
    before = planned[whole - 1] if whole else ZERO
    with exact():
        return float(whole + (earned - before) / (planned[whole] - before))


def time_figures(time: Time, value: ValueFigures, target: Figure = Undefined.no_target_finish) -> TimeFigures:
    """The figures of an earned schedule.

    Args:
        time: ES, AT and PD.
        value: CPI for SCI(t); SPI and the percents for the two older methods.
        target: the committed duration ED, in the unit of the others.
    """
    earned, actual, planned, _ = time
    spi_t: Figure = earned / actual if actual > 0 else Undefined.actual_time_zero
    if planned <= 0:
        spi_t = Undefined.planned_duration_zero
    spi = value.spi
    return TimeFigures(
        schedule_variance=earned - actual,
        spi_t=spi_t,
        early_life=not time.is_complete and actual < EARLY_LIFE * planned,
        ieac_planned_rate=actual + planned - earned,
        ieac_spi_t=_at_pace(time, spi_t),
        ieac_sci_t=_at_pace(time, times(spi_t, value.cpi)),
        ieac_planned_value=_by_planned_value(planned, value),
        ieac_earned_duration=spi if isinstance(spi, Undefined) else actual + max(planned, actual) - actual * spi,
        tspi_planned=_needed(time, planned, Undefined.planned_duration_elapsed),
        tspi_target=_needed(time, target, Undefined.target_elapsed),
    )


def _at_pace(time: Time, factor: Figure) -> Figure:
    if isinstance(factor, Undefined):
        return factor
    left = time.planned - time.earned
    if not left:
        return time.actual
    return time.actual + left / factor if factor > 0 else Undefined.earned_schedule_zero


def _by_planned_value(planned: float, value: ValueFigures) -> Figure:
    """PD - TV, where the time variance TV is SV in units of the mean planned value a unit of time, BAC/PD."""
    complete, due = value.percent_complete, value.percent_planned
    if isinstance(complete, Undefined) or isinstance(due, Undefined):
        return Undefined.budget_zero
    return planned - planned * (complete - due) / 100


def _needed(time: Time, duration: Figure, elapsed: Undefined) -> Figure:
    if isinstance(duration, Undefined):
        return duration
    return (time.planned - time.earned) / (duration - time.actual) if time.actual < duration else elapsed
