"""The performance of a plan, or of one of its phases: earned value, earned schedule and what follows from them."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from app.domain.calendars import CalendarHorizon
from app.domain.cost import Books
from app.domain.cost_lines import total
from app.domain.earned_schedule import Time, TimeFigures, time_figures
from app.domain.earned_value import Estimates, Standing, ValueFigures, estimates, value_figures
from app.domain.moments import from_minutes, to_minutes
from app.domain.money import Amount, Figure, Undefined
from app.domain.money import total as sum_of
from app.domain.value_curve import PlannedValue, Ramp


@dataclass(frozen=True, slots=True)
class EarnedSchedule:
    """Times in working minutes of the plan's calendar, from the begin of what the baseline plans in the scope."""

    time: Time
    figures: TimeFigures
    baseline_start: datetime
    baseline_finish: datetime
    forecast_finish: datetime | Undefined


@dataclass(frozen=True, slots=True)
class Performance:
    """Everything that is measured of a scope; `schedule` has a reason where the baseline plans nothing in time."""

    standing: Standing
    value: ValueFigures
    schedule: EarnedSchedule | Undefined
    estimates: Estimates


def performance(books: Books, planned: PlannedValue | None) -> Performance:
    """Measure a scope, given its planned value.

    The schedule is that of what has a baseline date. Its time stands still at the last actual finish once all of
    that is completed.
    """
    sums = total(books)
    spent: Amount = books.no_cost or sums.spent
    standing = Standing(sums.planned_to_date, sums.earned, spent, sums.planned)
    value = value_figures(standing)
    schedule = why_no_schedule(books) if planned is None else _schedule(books, planned, value)
    spi_t: Figure = schedule if isinstance(schedule, Undefined) else schedule.figures.spi_t
    return Performance(standing, value, schedule, estimates(standing, spi_t, _bottom_up(books)))


def planned_value(books: Books) -> PlannedValue | None:
    """When the baseline plans to earn what is in the scope; None: it gives nothing of it a date."""
    ramps = [
        (leaf.line.calendar, Ramp(leaf.weight, leaf.phasing))
        for leaf in books.leaves.values()
        if leaf.weight and leaf.phasing is not None
    ]
    return PlannedValue(books.inputs.plan_working, ramps) if ramps else None


def why_no_schedule(books: Books) -> Undefined:
    """Why nothing is planned in time."""
    if books.inputs.baseline is None:
        return Undefined.no_baseline
    has_weight = any(leaf.weight for leaf in books.leaves.values())
    return Undefined.no_planned_date if has_weight else Undefined.no_weight


def time_of(books: Books, planned: PlannedValue, as_of: datetime) -> Time:
    """ES, AT and PD of the scope as of an instant, by what is earned in the books."""
    dated = [leaf for leaf in books.leaves.values() if leaf.weight and leaf.phasing is not None]
    earned = planned.reached(sum_of(leaf.earned for leaf in dated))
    now = planned.elapsed(to_minutes(as_of))
    done = [leaf.done for leaf in dated if leaf.done is not None]
    is_complete = len(done) == len(dated)
    if is_complete:
        now = min(now, max(done) - planned.begins)
    return Time(earned, max(now, 0), planned.duration, is_complete)


def _schedule(books: Books, planned: PlannedValue, value: ValueFigures) -> EarnedSchedule:
    time, plan = time_of(books, planned, books.as_of), books.inputs.plan_working
    target: Figure = Undefined.no_target_finish
    if books.inputs.fields.target_finish is not None:
        target = float(plan.finish_work(books.inputs.fields.target_finish) - planned.begins)
    figures = time_figures(time, value, target)
    first, last = planned.span
    return EarnedSchedule(
        time=time,
        figures=figures,
        baseline_start=from_minutes(first),
        baseline_finish=from_minutes(last + 1),
        forecast_finish=_finish(books, planned, figures.ieac_spi_t),
    )


def _finish(books: Books, planned: PlannedValue, duration: Figure) -> datetime | Undefined:
    if isinstance(duration, Undefined):
        return duration
    try:
        return from_minutes(books.inputs.plan_working.finish_at(planned.begins + ceil(duration)))
    except (CalendarHorizon, OverflowError):
        return Undefined.calendar_horizon


def _bottom_up(books: Books) -> Amount:
    """The budgets of the current plan for what is not done."""
    found = [leaf.estimate for leaf in books.leaves.values() if leaf.estimate is not None]
    return sum_of(found) if found else Undefined.no_estimate
