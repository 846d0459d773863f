"""What a tolerance looks at: the value of each measure, of one milestone and of the plan, in the tolerance's unit."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.cpm_values import ScheduleFindingCode
from app.domain.deviation_values import Observed
from app.domain.durations import duration_variance, planned_minutes
from app.domain.execution import Lifecycle
from app.domain.measures import FLOOR, NOTHING, Basis, Compared, Edge, Line, Reason, Variance, date_variance
from app.domain.moments import Moment, to_minutes
from app.domain.percent import Share, share
from app.domain.plan import Milestone, MilestoneKind
from app.domain.subjects import ABSENT, SILENCE, is_start_milestone
from app.domain.tolerances import AppliesTo, JudgedBy, Measure, Tolerance, Unit
from app.domain.variance import MilestoneVariance

_DECIMALS = 6  # of a difference of percents, lest a value at a bound seem to lie beyond it


class Value(NamedTuple):
    """What a tolerance sees; the fields are those of `Judged`, and `minutes` its working minutes if it is time."""

    amount: float | None
    reason: Reason | None = None
    basis: str = "computed"
    is_final: bool = False
    minutes: int | None = None


class Values:
    """The values of one plan, as it was observed."""

    def __init__(self, observed: Observed) -> None:
        self.observed = observed
        self.items: Mapping[str, MilestoneVariance] = {item.milestone: item for item in observed.variance.items}
        self.baseline: Mapping[str, Milestone] = observed.baseline or {}
        self._lines: dict[int, Line] = {}

    def of(self, tolerance: Tolerance, key: str) -> Value | None:
        """The value of a milestone; None where the tolerance does not apply to it.

        It does not to kinds of milestones that have no such measure, to the deadline where there is none, and to
        the float of finished work. What was cancelled or has left the plan has no value, for that reason.
        """
        milestone, applies_to = self.observed.current.get(key), tolerance.applies_to
        if milestone is None:
            return Value(None, Reason.removed)
        measure, item = _OF_A_MILESTONE.get(tolerance.measure), self.items[key]
        if measure is None or not _watches(applies_to, milestone):
            return None
        if item.lifecycle is Lifecycle.cancelled:
            return Value(None, Reason.cancelled)
        if applies_to.critical_only and not (item.critical or item.lifecycle is Lifecycle.completed):
            return None
        return measure(self, tolerance, item, milestone)

    def of_the_plan(self, tolerance: Tolerance) -> Value | None:
        """The value of the plan as a whole; None where the tolerance does not apply to it."""
        measure = _OF_THE_PLAN.get(tolerance.measure)
        applies = tolerance.applies_to.everything or tolerance.measure is Measure.plan_finish_variance
        return measure(self, tolerance) if applies and measure is not None else None

    def line(self, milestone: Milestone) -> Line:
        """The calendar of a milestone as seen from the data date."""
        return self._line(self.observed.working(milestone))

    @cached_property
    def plan_line(self) -> Line:
        """The calendar of the plan as seen from the data date."""
        return self._line(self.observed.plan_working)

    def _line(self, calendar: WorkingTime) -> Line:
        line = self._lines.get(id(calendar))
        if line is None:
            line = self._lines[id(calendar)] = Line(calendar, self.observed.as_of)
        return line

    @cached_property
    def floats(self) -> Mapping[str, int]:
        """The total float that each milestone had in the baseline's own network, in working minutes."""
        return self.observed.baseline_floats()

    @cached_property
    def is_finished(self) -> bool:
        """Whether all that is left in the plan is done."""
        items, current = self.observed.variance.items, self.observed.current
        leaves = (each for each in items if each.milestone in current and each.kind is not MilestoneKind.phase)
        found = {each.lifecycle for each in leaves}
        return found - {Lifecycle.cancelled} == {Lifecycle.completed}

    @cached_property
    def ahead_of(self) -> Mapping[str, list[str]]:
        """The predecessors that milestones did not wait for, of each that has any."""
        code, schedule = ScheduleFindingCode.out_of_sequence, self.observed.schedule
        found = defaultdict[str, list[str]](list)
        for each in () if schedule is None else schedule.findings:
            if each.code is code and each.predecessor is not None:
                found[each.milestone].append(each.predecessor)
        return found

    def absence(self, key: str) -> Reason | None:
        """Why the milestone has no counterpart in the baseline, if it has none."""
        if key in self.baseline:
            return None
        return Reason.no_baseline if self.observed.baseline is None else Reason.not_in_baseline

    def share(self, item: MilestoneVariance) -> Share:
        """Planned and actual percent of an activity that the baseline has."""
        state = self.observed.states.get(item.milestone, SILENCE)
        base, weights = self.baseline[item.milestone], self.observed.fields.weight_basis
        return share(self.line(self.observed.current[item.milestone]), base, state, item.lifecycle, weights)

    def silent_since(self, item: MilestoneVariance, milestone: Milestone) -> tuple[int | None, Reason | None]:
        """Since when, as W on the milestone's own calendar, nothing was heard of work that one should hear of.

        That is the last event, and of what has not begun its planned start (of a milestone, its date) if that is
        later. None for no reason: there is nothing to hear.
        """
        state = self.observed.present.get(item.milestone, SILENCE)
        line, last, planned = self.line(milestone), state.last_event_at, None
        lifecycle = item.lifecycle if item.lifecycle is Lifecycle.completed else state.lifecycle
        if lifecycle is Lifecycle.not_started and state.blocked_since is None:
            is_instant = milestone.kind is MilestoneKind.milestone and milestone.planned_finish is not None
            moment = milestone.planned_finish if is_instant else milestone.planned_start
            if moment is None:
                return None, Reason.no_planned_date
            planned = (line.finish if is_instant else line.start).work[moment]
        elif lifecycle is not Lifecycle.in_progress:
            return None, None
        heard = None if last is None else line.start.work[last]
        return max(each for each in (heard, planned) if each is not None), None

    def in_unit(self, unit: Unit, key: str, minutes: int) -> float | None:
        """Working minutes of a milestone's calendar in a unit of time; None where its baseline has no duration."""
        milestone = self.observed.current[key]
        return amount(unit, minutes, self.line(milestone), self.baseline.get(key))

    def compared(self, measure: Measure, key: str | None, basis: str) -> Moment | None:
        """The date that names a basis; of an overdue floor the data date."""
        if basis == Basis.overdue_floor:
            return self.observed.as_of
        if key is None:
            return self.observed.variance.summary.projected_finish
        item = self.items[key]
        is_start = measure is Measure.start_variance or is_start_milestone(self.observed.current[key])
        edge = "start" if is_start else "finish"
        found: Moment | None = getattr(item, f"{basis}_{edge}") or getattr(item, f"projected_{edge}")
        return found


def amount(unit: Unit, minutes: int, line: Line, base: Milestone | None) -> float | None:
    """Working minutes in a unit of time; percent are those of the duration that the baseline plans, if it does."""
    if unit is Unit.working_minutes:
        return float(minutes)
    if unit is Unit.working_days:
        return minutes / line.minutes_per_day
    planned = None if base is None else planned_minutes(line, base)
    return 100 * minutes / planned if planned else None


def _watches(applies_to: AppliesTo, milestone: Milestone) -> bool:
    """Whether kinds, keys and labels let the milestone in."""
    if applies_to.kinds and milestone.kind not in applies_to.kinds:
        return False
    if applies_to.milestones and milestone.key not in applies_to.milestones:
        return False
    return all(milestone.labels.get(name) == value for name, value in applies_to.labels.items())


def _timed(unit: Unit, found: Variance, line: Line, base: Milestone | None, *, is_final: bool) -> Value:
    """A variance as a value."""
    minutes, basis = found.working_minutes, found.basis.value
    if minutes is None:
        return Value(None, found.reason, basis)
    told = amount(unit, minutes, line, base)
    return Value(told, Reason.no_planned_date if told is None else None, basis, is_final, minutes)


_Sides = tuple[Variance, Moment | None, Milestone | None]  # what was measured, and the baseline's date and milestone


def _slip(tolerance: Tolerance, line: Line, edge: Edge, sides: _Sides, *, is_due: bool) -> Value:
    """What is expected of a date; or by facts alone: what happened, else the floor of what is overdue.

    `is_due`: it has not happened yet.
    """
    found, date, base = sides
    is_fact = found.basis is Basis.actual and not is_due
    if tolerance.basis is JudgedBy.actual and not is_fact:
        if is_due and edge.is_past(date):
            found = date_variance(line, edge, FLOOR, date)
        elif found.reason is None:
            found = NOTHING[Reason.insufficient_data]
    return _timed(tolerance.unit, found, line, base, is_final=is_fact)


def _start(values: Values, tolerance: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value:
    line, is_due = values.line(milestone), item.lifecycle is Lifecycle.not_started
    sides = (item.start_variance, item.baseline_start, values.baseline.get(item.milestone))
    return _slip(tolerance, line, line.start, sides, is_due=is_due)


def _finish(values: Values, tolerance: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value:
    line, is_due = values.line(milestone), item.lifecycle is not Lifecycle.completed
    sides = (item.finish_variance, item.baseline_finish, values.baseline.get(item.milestone))
    return _slip(tolerance, line, line.finish, sides, is_due=is_due)


def _duration(values: Values, tolerance: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value | None:
    """Of an activity; in fact, of one under way, at least the work so far."""
    if milestone.kind is not MilestoneKind.activity:
        return None
    line, found, base = values.line(milestone), item.duration_variance, values.baseline.get(item.milestone)
    if tolerance.basis is JudgedBy.actual and found.reason is None and found.basis is not Basis.actual:
        state = values.observed.states.get(item.milestone, SILENCE)._replace(remaining_minutes=None)
        dates = (item.start_variance, item.finish_variance)
        found = duration_variance(line, (ABSENT, base or ABSENT), state, dates)
        if found.reason is not None:
            found = NOTHING[Reason.insufficient_data]
    return _timed(tolerance.unit, found, line, base, is_final=found.basis is Basis.actual)


_Dates = tuple[Moment | None, Moment | None, Moment | None, Moment | None]  # actual, forecast, planned, projected


def _against(line: Line, tolerance: Tolerance, dates: _Dates, limit: Moment) -> Value:
    """A finish against a limit, compared as with a baseline."""
    actual, edge = dates[0], line.finish
    if actual is not None:
        compared = Compared(actual, Basis.actual)
    elif tolerance.basis is JudgedBy.forecast:
        compared = edge.expected(dates[1], dates[2], dates[3], limit)
    else:
        compared = FLOOR if edge.is_past(limit) else Compared(None, Basis.none, Reason.insufficient_data)
    found = date_variance(line, edge, compared, limit)
    return _timed(tolerance.unit, found, line, None, is_final=actual is not None)


def _deadline(values: Values, tolerance: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value | None:
    limit = milestone.deadline
    if limit is None:
        return None
    line = values.line(milestone)
    is_done = item.lifecycle is Lifecycle.completed
    if is_start_milestone(milestone):
        projected = item.projected_start and line.start.told(item.projected_start, limit)
        actual, forecast, planned = item.actual_start, item.forecast_start, item.planned_start
    else:
        actual, forecast, planned = item.actual_finish, item.forecast_finish, item.planned_finish
        projected = item.projected_finish
    return _against(line, tolerance, (actual if is_done else None, forecast, planned, projected), limit)


def _total_float(values: Values, tolerance: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value | None:
    if item.lifecycle is Lifecycle.completed:
        return None
    minutes, line = item.total_float_minutes, values.line(milestone)
    if minutes is None:
        return Value(None, item.network_reason)
    return Value(amount(tolerance.unit, minutes, line, None), minutes=minutes)


def _float_consumed(values: Values, _: Tolerance, item: MilestoneVariance, __: Milestone) -> Value | None:
    if item.lifecycle is Lifecycle.completed:
        return None
    left, room = item.total_float_minutes, values.floats.get(item.milestone)
    if left is None:
        return Value(None, item.network_reason)
    if room is None:
        return Value(None, values.absence(item.milestone) or Reason.not_computed)
    if room <= 0:
        return Value(None, Reason.not_applicable)
    return Value(100 * (room - left) / room)


def _progress_gap(values: Values, _: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value | None:
    if milestone.kind is not MilestoneKind.activity:
        return None
    reason = values.absence(item.milestone)
    if reason is not None:
        return Value(None, reason)
    found = values.share(item)
    return Value(round(found.planned - found.actual, _DECIMALS))


def _blocked(values: Values, tolerance: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value | None:
    if milestone.kind is MilestoneKind.phase:
        return None
    line, since = values.line(milestone), values.observed.states.get(item.milestone, SILENCE).blocked_since
    is_blocked = since is not None and item.lifecycle is not Lifecycle.completed
    minutes = line.start.now - line.start.work[since] if since is not None and is_blocked else 0
    return Value(amount(tolerance.unit, minutes, line, None), minutes=minutes)


def _silence(values: Values, tolerance: Tolerance, item: MilestoneVariance, milestone: Milestone) -> Value | None:
    if milestone.kind is MilestoneKind.phase:
        return None
    since, reason = values.silent_since(item, milestone)
    if reason is not None:
        return Value(None, reason)
    line = values.line(milestone)
    present = line.calendar.worked(to_minutes(values.observed.now))
    minutes = 0 if since is None else max(present - since, 0)
    return Value(amount(tolerance.unit, minutes, line, None), minutes=minutes)


def _out_of_sequence(values: Values, _: Tolerance, item: MilestoneVariance, __: Milestone) -> Value:
    if values.observed.schedule is None:
        return Value(None, Reason.calendar_horizon)
    return Value(float(len(values.ahead_of.get(item.milestone, ()))), is_final=item.lifecycle is Lifecycle.completed)


def _plan_finish(values: Values, tolerance: Tolerance) -> Value:
    line, summary = values.plan_line, values.observed.variance.summary
    sides = (summary.finish_variance, summary.baseline_finish, None)
    return _slip(tolerance, line, line.finish, sides, is_due=not values.is_finished)


def _target(values: Values, tolerance: Tolerance) -> Value | None:
    limit, projected = values.observed.fields.target_finish, values.observed.variance.summary.projected_finish
    if limit is None:
        return None
    dates = (projected if values.is_finished else None, None, None, projected)
    return _against(values.plan_line, tolerance, dates, limit)


def _plan_progress(values: Values, _: Tolerance) -> Value:
    summary = values.observed.variance.summary
    planned, actual = summary.planned_percent_complete, summary.actual_percent_complete
    if planned is None or actual is None:
        return Value(None, Reason.no_baseline if values.observed.baseline is None else Reason.insufficient_data)
    return Value(round(planned - actual, _DECIMALS))


_OF_A_MILESTONE: Mapping[Measure, Callable[[Values, Tolerance, MilestoneVariance, Milestone], Value | None]] = {
    Measure.start_variance: _start,
    Measure.finish_variance: _finish,
    Measure.duration_variance: _duration,
    Measure.deadline_variance: _deadline,
    Measure.total_float: _total_float,
    Measure.float_consumed_percent: _float_consumed,
    Measure.progress_gap_points: _progress_gap,
    Measure.blocked_minutes: _blocked,
    Measure.silence_minutes: _silence,
    Measure.out_of_sequence: _out_of_sequence,
}
_OF_THE_PLAN: Mapping[Measure, Callable[[Values, Tolerance], Value | None]] = {
    Measure.plan_finish_variance: _plan_finish,
    Measure.deadline_variance: _target,
    Measure.progress_gap_points: _plan_progress,
}
