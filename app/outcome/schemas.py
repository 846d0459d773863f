"""Outcomes on the wire."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.cost.schemas import AmountOut
from app.domain.forecast_accuracy import Horizon
from app.domain.measures import Reason
from app.domain.outcome import BudgetResult, Delivery, MetricsResult
from app.kit.schemas import DayOrInstant, In, Instant, Labels, Out
from app.variance.schemas import BaselineRef, VarianceOut

MAX_LESSONS = 100

ClosedStatus = Literal["completed", "cancelled"]
Why = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class LessonIn(In):
    """What was learned."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
    labels: Labels = {}


class CloseIn(In):
    """How a plan is closed, and what was learned."""

    status: ClosedStatus
    reason: Why
    lessons: Annotated[list[LessonIn], Field(max_length=MAX_LESSONS)] = []
    as_of: DayOrInstant | None = Field(
        default=None,
        description="Status date of the outcome that is sealed, not in the future. Default: the plan's status_date, "
        "else now.",
    )


class LessonOut(Out):
    """What was learned."""

    text: str
    labels: dict[str, str]


class ClosedOut(Out):
    """Who closed the plan, how and why."""

    status: ClosedStatus
    reason: str | None
    author: str
    recorded_at: Instant


class OutcomeDeliveryOut(Out):
    """What became of the work."""

    result: Delivery = Field(
        description="`on_time`, `late`, `early`: all of it is done, to the working minute against the baseline; "
        "`unfinished`: something is not, although the plan may be closed as completed; `cancelled`: the plan was "
        "closed as cancelled, or all of its work was; `unknown`: nothing to compare."
    )
    baseline_finish: DayOrInstant | None
    finish: DayOrInstant | None = Field(description="The actual finish, once all is done; else the projected one.")
    finish_variance: VarianceOut
    finished: int = Field(description="Milestones and activities of the plan that are done.")
    cancelled: int
    unfinished: int


class BudgetOut(Out):
    """What was spent of the budget."""

    result: BudgetResult = Field(description="`unknown`: with a reason; what is not known is not within.")
    budget: AmountOut | None = Field(description="The sum of the budgets of the baseline that are still in scope.")
    actual_cost: AmountOut | None = Field(description="What was spent; where there is a reason, at least this.")
    remaining: AmountOut | None = Field(description="budget - actual_cost: negative is over.")
    reason: str | None = Field(
        description="`no_baseline`, `no_budget`, `no_currency`, `mixed_currency`; `no_cost_reported`; `no_rate`, "
        "`other_currency`: more was spent than is known. An open list."
    )


class PendingMetricOut(Out):
    """A metric that can still change what the metrics come to."""

    metric: str
    measure_at: Instant | None


class MetricsOut(Out):
    """What the success metrics come to, as the baseline defines them."""

    result: MetricsResult = Field(
        description="By the score: `met` from 0.7, `partly` from 0.4, else `missed`; `failed_gate`, whatever it is; "
        "`unknown`: no metrics in this baseline, or too little of them is measured."
    )
    score: float | None = Field(description="The weighted grade, 0 to 1.")
    coverage: float | None = Field(description="The share of the weights that is graded, 0 to 1.")
    reason: str | None = Field(description="Why there is no score: `no_metrics`, `insufficient_data`.")
    failed_gates: list[str]
    pending_gates: list[str]
    pending: list[PendingMetricOut] = Field(description="Whose time is not over: benefits lag delivery. At most 20.")
    pending_left_out: int


class SideOut(Out):
    """What became of the plan against one baseline: three results, never made one number."""

    baseline: BaselineRef | None
    delivery: OutcomeDeliveryOut
    budget: BudgetOut
    metrics: MetricsOut


class TargetMoveOut(Out):
    """A milestone whose target is another one than in the baseline before."""

    milestone: str
    from_: DayOrInstant = Field(alias="from")
    to: DayOrInstant
    working_minutes: int = Field(description="On the milestone's calendar: + is later.")


class TargetStepOut(Out):
    """A baseline beside the one before it."""

    baseline: int
    name: str
    reason: str
    approved_by: str | None
    decision: str | None = Field(description="The decision behind it.")
    supplementary: bool = Field(description="It moves no target: the next one is compared with the one before it.")
    revision: int
    captured_at: Instant
    finish: DayOrInstant | None = Field(description="The latest planned date in it.")
    working_minutes: int | None = Field(
        description="How much later its finish is than the one before, on the plan's calendar; null: there is none."
    )
    working_days: float | None
    moves: list[TargetMoveOut] = Field(description="The targets that moved, the furthest first, at most 50.")
    moves_left_out: int
    added: int = Field(description="Milestones that have a target in it, and had none before.")
    removed: int


class LedgerOut(Out):
    """How the target moved, baseline by baseline: the first and the newest, at most 50."""

    items: list[TargetStepOut]
    left_out: int = Field(description="Baselines between the first and the others that are not told.")
    working_minutes: int | None = Field(
        description="The sum of the steps, supplementary ones apart: the whole move from the first to the current "
        "baseline; null: there is but one."
    )


class CauseOut(Out):
    """What one reason code explains."""

    reason_code: str | None = Field(description="Null: acknowledged, or blocked, without one.")
    deviations: int = Field(description="Those that were acknowledged with it last.")
    blocks: int = Field(description="How often work was reported as blocked with it.")
    slip_working_minutes: int = Field(
        description="How much later than in the original baseline the milestones of those deviations are, each once. "
        "A milestone counts for every code that was given of it: causes do not add up to a whole."
    )
    blocked_working_minutes: int
    milestones: list[str] = Field(description="At most 20.")
    milestones_left_out: int


class CausesOut(Out):
    """Why it went as it did, the most working minutes first; at most 20."""

    items: list[CauseOut]
    left_out: int


class AccuracyOut(Out):
    """How far off forecasts were; null below 5 that were put to the test."""

    count: int = Field(description="Forecasts of finishes that were put to the test.")
    mean_error_days: float | None = Field(
        description="The bias, in working days: actual minus forecast finish, + is later than was said."
    )
    mean_absolute_error_days: float | None
    reason: Reason | None


class HorizonAccuracyOut(AccuracyOut):
    """Those that looked so far ahead."""

    horizon: Horizon = Field(
        description="Working days from when it was said to the date it named: `week` up to 5, `month` up to 20, "
        "`beyond` more."
    )


class OwnerAccuracyOut(AccuracyOut):
    """Those of milestones of one owner: who works on it, else the owner."""

    owner: str | None


class ForecastAccuracyOut(AccuracyOut):
    """What became of every forecast that was issued."""

    issued: int
    open: int = Field(description="Those of milestones that are not finished.")
    overdue: int = Field(description="Those of them whose date has passed.")
    by_horizon: list[HorizonAccuracyOut]
    by_owner: list[OwnerAccuracyOut] = Field(description="At most 50, those with the most forecasts.")
    owners_left_out: int


class RatioOut(Out):
    """Actual by planned duration of finished activities; null below 5 of them."""

    count: int
    planned_working_minutes: int = Field(description="By the original baseline, else by the current one.")
    actual_working_minutes: int
    ratio: float | None = Field(description="Of the sums: more than 1 took longer.")
    median_ratio: float | None = Field(description="Of the activities, whatever their size.")
    reason: Reason | None


class OwnerRatioOut(RatioOut):
    """Those of one owner: who works on it, else the owner."""

    owner: str | None


class CalibrationOut(RatioOut):
    """How long finished activities took against how long they were to take."""

    by_owner: list[OwnerRatioOut] = Field(description="At most 50, those with the most activities.")
    owners_left_out: int


class OutcomeOut(Out):
    """What became of a plan, against the original and the current baseline, and what can be learned of it."""

    plan: str
    as_of: Instant = Field(description="The status date: what had happened by then counts.")
    as_of_source: str = Field(description="`asked`, `status_date`, `known_at` or `now`.")
    known_at: Instant = Field(
        description="The newest fact, or word of a person on a deviation, at or before the instant asked. Ask again "
        "with this and the same as_of for the same bytes."
    )
    revision: int
    inputs_digest: str = Field(description="SHA-256 over the names of all inputs: equal digests, equal answers.")
    events_after_as_of: int = Field(description="Known events that had not happened yet.")
    closed: ClosedOut | None = Field(description="Null: the plan is not closed.")
    original: SideOut = Field(description="Against the first baseline.")
    current: SideOut = Field(description="Against the newest baseline that is not supplementary.")
    target_moves: LedgerOut
    causes: CausesOut
    forecast_accuracy: ForecastAccuracyOut
    estimate_calibration: CalibrationOut
    lessons: list[LessonOut]


class SealedOut(Out):
    """A version of the outcome of a plan, as it was sealed."""

    version: int
    cause: Literal["closed", "revised"] = Field(
        description="`closed`: somebody closed the plan; `revised`: what was recorded since, or the time of a "
        "metric, changed what it comes to."
    )
    status: ClosedStatus
    as_of: Instant
    known_at: Instant
    sealed_at: Instant
    author: str
    changed: list[str] = Field(description="The parts of the outcome that differ from the version before.")
    digest: str = Field(description="SHA-256 of the outcome as canonical JSON.")


class OutcomePage(Out):
    """A page of versions, newest first."""

    items: list[SealedOut]
    next_cursor: str | None


class SealedOutcomeOut(SealedOut):
    """A version of the outcome, whole: it reads the same for ever."""

    plan: str
    outcome: OutcomeOut
