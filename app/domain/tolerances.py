"""Tolerances: how much drift is allowed before it is flagged, in which unit, and of what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from app.domain.plan import MilestoneKind


class Measure(StrEnum):
    """What a tolerance watches; every value is positive for later, longer, more, but for the total float."""

    start_variance = "start_variance"
    """The start against the baseline's."""
    finish_variance = "finish_variance"
    """The finish against the baseline's."""
    duration_variance = "duration_variance"
    """The duration of an activity against the baseline's."""
    plan_finish_variance = "plan_finish_variance"
    """The finish of the whole plan against the baseline's."""
    deadline_variance = "deadline_variance"
    """The expected finish against the milestone's deadline, and the plan's against its `target_finish`."""
    total_float = "total_float"
    """The room left before the plan's finish moves; negative: too late."""
    float_consumed_percent = "float_consumed_percent"
    """How much of the total float that the baseline had is used up; more than 100: all of it and more."""
    progress_gap_points = "progress_gap_points"
    """Planned minus actual percent complete, of an activity and of the plan."""
    blocked_minutes = "blocked_minutes"
    """For how long work has been blocked."""
    silence_minutes = "silence_minutes"
    """For how long nothing was heard of work that goes on, or should; judged at the present instant."""
    out_of_sequence = "out_of_sequence"
    """How many predecessors the work did not wait for."""
    metric_gap_points = "metric_gap_points"
    """Expected minus actual attainment of a success metric."""
    contingency_due = "contingency_due"
    """1 while the trigger of a contingency holds, it is not activated and its risk is not closed; else 0."""
    assumption_invalidated = "assumption_invalidated"
    """1 where an assumption was found not to hold; else 0."""
    cost_performance = "cost_performance"
    """Earned value / actual cost (CPI), of the plan."""
    schedule_performance = "schedule_performance"
    """Earned schedule / time that has passed (SPI(t)), of the plan."""
    cost_at_completion_percent = "cost_at_completion_percent"
    """How much more than its budget the plan is expected to cost: 100 x (EAC - BAC) / BAC."""
    over_allocation_minutes = "over_allocation_minutes"
    """How much work is assigned to a resource beyond its capacity."""


class Unit(StrEnum):
    """What the bounds of a tolerance count."""

    working_minutes = "working_minutes"
    """Working minutes of the milestone's calendar."""
    working_days = "working_days"
    """Working days of the milestone's calendar: working minutes / its `minutes_per_day`."""
    percent_of_baseline_duration = "percent_of_baseline_duration"
    """100 x working minutes / working minutes that the baseline plans for the activity."""
    points = "points"
    """Percentage points."""
    number = "count"
    """How many."""
    ratio = "ratio"
    """What was got for what was planned or spent; 1: as much."""
    percent_of_budget = "percent_of_budget"
    """100 x money / the budget."""


_TIME = (Unit.working_days, Unit.working_minutes)
_RELATIVE = (*_TIME, Unit.percent_of_baseline_duration)
UNITS: Mapping[Measure, tuple[Unit, ...]] = MappingProxyType(
    {
        Measure.start_variance: _RELATIVE,
        Measure.finish_variance: _RELATIVE,
        Measure.duration_variance: _RELATIVE,
        Measure.plan_finish_variance: _TIME,
        Measure.deadline_variance: _TIME,
        Measure.total_float: _TIME,
        Measure.float_consumed_percent: (Unit.points,),
        Measure.progress_gap_points: (Unit.points,),
        Measure.blocked_minutes: _TIME,
        Measure.silence_minutes: _TIME,
        Measure.out_of_sequence: (Unit.number,),
        Measure.metric_gap_points: (Unit.points,),
        Measure.contingency_due: (Unit.number,),
        Measure.assumption_invalidated: (Unit.number,),
        Measure.cost_performance: (Unit.ratio,),
        Measure.schedule_performance: (Unit.ratio,),
        Measure.cost_at_completion_percent: (Unit.percent_of_budget,),
        Measure.over_allocation_minutes: (Unit.working_minutes,),
    }
)
"""The units that each measure may be bounded in."""

AGAINST_BASELINE = frozenset(
    {
        Measure.start_variance,
        Measure.finish_variance,
        Measure.duration_variance,
        Measure.plan_finish_variance,
        Measure.float_consumed_percent,
        Measure.progress_gap_points,
        Measure.cost_performance,
        Measure.schedule_performance,
        Measure.cost_at_completion_percent,
    }
)
"""The measures that need a baseline; the others mean the same whatever baseline there is."""

ITEM_MEASURES = frozenset(
    {
        Measure.metric_gap_points,
        Measure.contingency_due,
        Measure.assumption_invalidated,
        Measure.cost_performance,
        Measure.schedule_performance,
        Measure.cost_at_completion_percent,
        Measure.over_allocation_minutes,
    }
)
"""The measures of items, whose values come from what a plan consists of besides milestones and their dates."""

OF_THE_PLAN = frozenset({Measure.plan_finish_variance, Measure.deadline_variance, Measure.progress_gap_points})
"""The measures that the plan as a whole has, too (`plan_finish_variance` it alone)."""


class Level(StrEnum):
    """Which bound was crossed; the order of the members is mildest first."""

    warning = "warning"
    breach = "breach"


class JudgedBy(StrEnum):
    """Which dates a tolerance judges."""

    forecast = "forecast"
    """The best expectation: a breach is flagged when it is forecast."""
    actual = "actual"
    """Facts alone: actual dates, and the floor of what is overdue."""


class Bounds(NamedTuple):
    """The bounds of one side, in the tolerance's unit; a value beyond one, not at it, crosses it."""

    warning: float | None = None
    breach: float | None = None


UNBOUNDED = Bounds()


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """What a tolerance watches; an empty part does not narrow. The plan as a whole, only where nothing narrows.

    Attributes:
        kinds: kinds of milestones.
        milestones: keys of milestones; where there are any, one that is in no plan does no harm.
        labels: labels that a milestone must have, each with this value.
        critical_only: only what is critical, or finished, counts.
    """

    kinds: frozenset[MilestoneKind] = frozenset()
    milestones: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    critical_only: bool = False

    @property
    def everything(self) -> bool:
        """Whether nothing narrows it."""
        return not (self.kinds or self.milestones or self.labels or self.critical_only)


EVERYTHING = AppliesTo()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """One version of a tolerance.

    Attributes:
        lower, upper: the bounds of either side; below a lower one, or above an upper one, is too much.
        clear_margin: how far inside a bound the value must be before what it opened is over, in the unit;
            None: a fifth of that bound, of a ratio of its distance from 1.
        consecutive: at how many data dates in a row a value must be beyond, or back, before it counts.
        baseline: `current`, `original` or a number.
        plan: the key of the one plan that it watches; None: all plans of the workspace.
    """

    key: str
    measure: Measure
    unit: Unit
    version: int = 1
    name: str = ""
    basis: JudgedBy = JudgedBy.forecast
    lower: Bounds = UNBOUNDED
    upper: Bounds = UNBOUNDED
    clear_margin: float | None = None
    consecutive: int = 1
    baseline: str = "current"
    applies_to: AppliesTo = EVERYTHING
    plan: str | None = None
