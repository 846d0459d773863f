"""Variance on the wire."""

from pydantic import Field

from app.domain.execution import FindingCode, Lifecycle
from app.domain.measures import Basis, Favorability, Reason
from app.domain.plan import MilestoneKind
from app.domain.variance import ScheduleStatus
from app.events.data_schemas import EventName
from app.kit.schemas import DayOrInstant, Instant, Out


class VarianceOut(Out):
    """What was compared minus the baseline: positive is later or longer. Null always comes with a reason."""

    working_minutes: int | None = Field(description="On the working time of the milestone's calendar.")
    working_days: float | None = Field(description="working_minutes ÷ the calendar's minutes_per_day.")
    elapsed_minutes: int | None = Field(description="On the clock.")
    basis: Basis = Field(
        description="What was compared with the baseline: `actual`; the live `forecast`; what the network of "
        "dependencies has `projected`; without one, and of durations, what is `planned`; `overdue_floor`: it is not "
        "done yet, so at least this much. `none`: nothing."
    )
    favorability: Favorability
    reason: Reason | None = Field(description="Why there is no value.")


class FindingOut(Out):
    """Something odd that was recorded and is reported, never refused."""

    code: FindingCode
    detail: str
    event: EventName | None = Field(description="The event that shows it.")


class MilestoneVarianceOut(Out):
    """A milestone against its baseline."""

    milestone: str
    kind: MilestoneKind
    lifecycle: Lifecycle
    schedule_status: ScheduleStatus = Field(
        description="`late`: it finished late, or is not done although its baseline date has passed; `at_risk`: "
        "expected late, start overdue, or negative float; `unknown`: nothing to compare."
    )
    planned_start: DayOrInstant | None
    planned_finish: DayOrInstant | None
    baseline_start: DayOrInstant | None
    baseline_finish: DayOrInstant | None
    actual_start: DayOrInstant | None
    actual_finish: DayOrInstant | None
    forecast_start: DayOrInstant | None
    forecast_finish: DayOrInstant | None
    projected_start: DayOrInstant | None = Field(description="The actual start, else the one that is computed.")
    projected_finish: DayOrInstant | None = Field(description="The actual finish, else the one that is computed.")
    projection_reason: Reason | None = Field(description="Why there is no projected finish.")
    start_variance: VarianceOut
    finish_variance: VarianceOut
    duration_variance: VarianceOut
    percent_complete: float | None = Field(description="0 to 100, as last reported.")
    network_reason: Reason | None = Field(description="Why there are no floats.")
    total_float_minutes: int | None
    free_float_minutes: int | None
    critical: bool | None
    driving_predecessor: str | None = Field(description="The predecessor that sets its early dates, if one does.")
    last_event_at: Instant | None
    stale: bool = Field(description="Work is going on, and nothing was heard of it for 14 days.")
    findings: list[FindingOut]


class StatusCounts(Out):
    """Leaves by schedule status."""

    late: int
    at_risk: int
    on_track: int
    ahead: int
    unknown: int
    not_applicable: int


class SummaryOut(Out):
    """The plan as a whole."""

    schedule_status: ScheduleStatus = Field(description="The worst of its leaves.")
    baseline_finish: DayOrInstant | None
    projected_finish: DayOrInstant | None = Field(
        description="When all that is left in the plan finishes, what was added since the baseline too."
    )
    projection_reason: Reason | None
    network_reason: Reason | None = Field(description="Why `drivers` is null.")
    finish_variance: VarianceOut
    planned_percent_complete: float | None = Field(description="By the baseline, 0 to 100, to one decimal.")
    actual_percent_complete: float | None = Field(description="By the events, 0 to 100, to one decimal.")
    counts: StatusCounts
    added: list[str] = Field(description="Milestones that are not in the baseline.")
    removed: list[str] = Field(description="Milestones of the baseline that left the plan.")
    drivers: list[str] | None = Field(
        description="What sets the projected finish: each unfinished milestone drives the next."
    )


class BaselineRef(Out):
    """The baseline that was compared with."""

    number: int
    name: str
    revision: int


class VarianceHeader(Out):
    """The question, as it was resolved."""

    plan: str
    as_of: Instant = Field(description="The status date: what had happened by then counts.")
    as_of_source: str = Field(description="`asked`, `status_date`, `known_at` or `now`.")
    known_at: Instant = Field(
        description="The newest fact at or before the instant asked. Ask again with this and the same as_of for the "
        "same bytes."
    )
    revision: int
    inputs_digest: str = Field(description="SHA-256 over the names of all inputs: equal digests, equal answers.")
    events_after_as_of: int = Field(description="Known events that had not happened yet.")
    baseline: BaselineRef | None


class PlanVarianceOut(VarianceHeader):
    """The variance of a plan."""

    summary: SummaryOut
    items: list[MilestoneVarianceOut]
    next_cursor: str | None


class OneVarianceOut(VarianceHeader):
    """The variance of one milestone."""

    item: MilestoneVarianceOut


class TrendStep(Out):
    """The summary at one status date."""

    as_of: Instant
    summary: SummaryOut


class TrendOut(Out):
    """The summary at each step of a period, as known at one instant."""

    plan: str
    known_at: Instant
    revision: int
    baseline: BaselineRef | None
    items: list[TrendStep]
