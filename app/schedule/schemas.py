"""Schedules on the wire."""

from typing import Annotated

from pydantic import Field

from app.domain.cpm import BoundKind, ScheduleFindingCode
from app.domain.execution import Lifecycle
from app.domain.measures import Reason
from app.domain.plan import DependencyType, MilestoneKind
from app.events.schemas import ExecutionEventIn
from app.kit.limits import MAX_PREVIEW_CHANGES
from app.kit.schemas import DayOrInstant, Instant, Out
from app.milestones.schemas import ConstraintType
from app.plans.change_schemas import ChangesOut
from app.plans.changes_wire import PlanChange
from app.variance.schemas import VarianceHeader, VarianceOut


class BoundOut(Out):
    """One reason for a date, or one that nearly was."""

    edge: str = Field(description="The edge that it binds: `start` or `finish`.")
    kind: BoundKind = Field(
        description="`link`: a dependency; `constraint`, `deadline`, `forecast`, `planned_date` (one that is held); "
        "`progress`: what has happened; `project_start`, `data_date`; of late dates also `target_finish`, "
        "`project_finish`."
    )
    at: Instant = Field(description="The instant that it allows.")
    slack_minutes: int = Field(description="Working minutes by which it misses setting the date; 0: it sets it.")
    milestone: str | None = Field(description="Of a link: the predecessor; of a late date, the successor.")
    type: DependencyType | None
    lag_minutes: int | None
    constraint: ConstraintType | None


class ScheduleFindingOut(Out):
    """Something odd about a milestone's schedule; reported, never refused."""

    code: ScheduleFindingCode
    detail: str
    minutes: int | None = Field(description="Working minutes; positive is late.")
    predecessor: str | None


class ScheduledOut(Out):
    """A milestone in the schedule."""

    milestone: str
    kind: MilestoneKind
    lifecycle: Lifecycle
    early_start: Instant | None = Field(description="The earliest; of work in progress that of what remains.")
    early_finish: Instant | None
    late_start: Instant | None = Field(description="The latest that keeps the plan's finish; none once completed.")
    late_finish: Instant | None
    projected_start: DayOrInstant | None = Field(description="The actual start, else the early one.")
    projected_finish: DayOrInstant | None = Field(description="The actual finish, else the early one.")
    projection_reason: Reason | None = Field(
        description="Why there is no projected finish. Milestones have one date: a finish, or else a start."
    )
    baseline_start: DayOrInstant | None
    baseline_finish: DayOrInstant | None
    remaining_minutes: int | None = Field(description="Working minutes still to be done.")
    network_reason: Reason | None = Field(description="Why there are no late dates and floats.")
    total_float_minutes: int | None = Field(description="Late minus early in working minutes; negative: too late.")
    free_float_minutes: int | None = Field(
        description="How far it may slip without moving a successor, or the finish of the plan."
    )
    critical: bool
    near_critical: bool
    driving_predecessor: str | None = Field(description="The predecessor that sets its early dates, if one does.")
    why: list[BoundOut] = Field(
        description="What sets the early dates, then what misses doing so by at most one working day."
    )
    late_why: BoundOut | None = Field(description="What sets the late dates.")
    findings: list[ScheduleFindingOut]


class ScheduleSummary(Out):
    """The schedule of the plan as a whole."""

    baseline_finish: DayOrInstant | None
    projected_finish: DayOrInstant | None
    projection_reason: Reason | None
    late_finish: Instant | None = Field(description="What late dates are counted back from.")
    target_finish: DayOrInstant | None
    finish_variance: VarianceOut
    worst_total_float_minutes: int | None
    critical_count: int
    near_critical_count: int
    longest_path: list[str] = Field(description="Unfinished milestones from which driving links lead to the finish.")
    driving_chain: list[str] = Field(description="One way to the finish: each drives the next.")
    finding_counts: dict[str, int] = Field(description="How many findings there are, by code.")


class ScheduleOut(VarianceHeader):
    """The schedule of a plan, by milestone key."""

    summary: ScheduleSummary
    items: list[ScheduledOut]
    next_cursor: str | None


class PreviewIn(PlanChange):
    """What if: changes of the plan, and events that would have happened. Nothing of it is stored."""

    events: Annotated[list[ExecutionEventIn], Field(max_length=MAX_PREVIEW_CHANGES)] = Field(
        default=[], description="What would have happened; those after `as_of` do not count yet."
    )


class Moved(Out):
    """A milestone whose projected dates would move."""

    milestone: str
    projected_start_before: DayOrInstant | None
    projected_start: DayOrInstant | None
    projected_finish_before: DayOrInstant | None
    projected_finish: DayOrInstant | None
    working_minutes: int | None = Field(description="By how much its finish (else its start) moves; + is later.")


class Effect(Out):
    """What the preview changes."""

    changes: ChangesOut
    projected_finish_before: DayOrInstant | None
    projected_finish: DayOrInstant | None
    working_minutes: int | None = Field(
        description="By how much the finish moves on the plan's calendar; + is later."
    )
    moved: list[Moved]


class PreviewOut(VarianceHeader):
    """The whole schedule as it would be, and what that changes."""

    effect: Effect
    summary: ScheduleSummary
    items: list[ScheduledOut]
