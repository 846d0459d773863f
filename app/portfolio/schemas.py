"""The portfolio on the wire."""

from enum import StrEnum

from pydantic import Field

from app.cost.schemas import AmountOut, Reasons
from app.domain.attention import Concern
from app.domain.metric_scores import Verdict
from app.domain.metric_values import Band, MetricReason
from app.domain.money import Undefined
from app.domain.outcome import BudgetResult, Delivery, MetricsResult
from app.domain.portfolio import NoTotal
from app.domain.reported_health import Disagreement, Health
from app.domain.variance import Reason, ScheduleStatus
from app.kit.schemas import DayOrInstant, Instant, Out
from app.plans.field_schemas import PlanStatus
from app.risks.exposure_schemas import ExpectedMoney
from app.variance.schemas import StatusCounts, VarianceOut

_ORDER = ", ".join(f"`{concern}`" for concern in Concern)
ATTENTION = (
    f"Why an active plan needs attention, gravest first, of {_ORDER}. Plans come in this order: by their gravest "
    "reason, then by the next one, then the more open breaches first, then by key; those without a reason last."
)


class NotComputed(StrEnum):
    """Why nothing is computed of a plan."""

    draft = "draft"
    on_hold = "on_hold"


class ContributionRef(Out):
    """An objective that a plan contributes to."""

    objective: str
    weight: float


class DeviationLevels(Out):
    """Deviations that are not over; acknowledged ones need nobody's attention now."""

    open_warnings: int
    open_breaches: int
    acknowledged_warnings: int
    acknowledged_breaches: int


class MetricsBrief(Out):
    """The score of a plan's metrics, as its scorecard has it."""

    score: float | None
    band: Band | None
    verdict: Verdict | None
    reason: MetricReason | None
    coverage: float | None
    failed_gates: list[str] = Field(description="At most 20.")


class CostBrief(Out):
    """The money of a plan, as its cost has it."""

    currency: str | None
    currency_reason: Undefined | None
    budget_at_completion: AmountOut | None
    planned_value: AmountOut | None
    earned_value: AmountOut | None
    actual_cost: AmountOut | None
    estimate_at_completion: AmountOut | None
    cpi: float | None
    spi_t: float | None
    reasons: Reasons


class ExposureBrief(Out):
    """What the risks of a plan may cost, as its exposure has it."""

    contingencies_due: int
    contingencies_unknown: int
    expected_minutes: float
    expected_cost: ExpectedMoney | None
    reviews_overdue: int


class ReportBrief(Out):
    """The newest status report of a plan."""

    number: int
    recorded_at: Instant
    health: Health
    disagreement: Disagreement | None


class SideBrief(Out):
    """What became of a plan against one baseline."""

    delivery: Delivery
    budget: BudgetResult
    metrics: MetricsResult


class OutcomeBrief(Out):
    """What became of a closed plan, as its outcome has it."""

    original: SideBrief
    current: SideBrief


class PlanSummaryOut(Out):
    """What a plan came to when it was evaluated."""

    plan: str
    name: str
    owner: str | None
    labels: dict[str, str]
    status: PlanStatus
    objectives: list[ContributionRef]
    revision: int
    baseline: int | None = Field(description="Number of the baseline that it is held against.")
    as_of: Instant | None = Field(description="Status date of all that is computed; null: nothing is.")
    evaluated_at: Instant = Field(description="Since when all of this is so: later evaluations found the same.")
    reason: NotComputed | None = Field(description="Why nothing is computed of it, so that its status is `unknown`.")
    schedule_status: ScheduleStatus
    counts: StatusCounts | None
    projected_finish: DayOrInstant | None
    projection_reason: Reason | None
    target_finish: DayOrInstant | None
    finish_variance: VarianceOut | None
    planned_percent_complete: float | None
    actual_percent_complete: float | None
    drivers: list[str] | None = Field(description="The first five of what sets the projected finish.")
    negative_float: int | None = Field(description="How many that are not done can't be in time for their deadline.")
    stale: int | None = Field(description="How many are going on that nothing was heard of for 14 days.")
    deviations: DeviationLevels
    metrics: MetricsBrief | None = Field(description="Null: it has none.")
    cost: CostBrief | None = Field(description="Null: it has no budget, and nothing was spent.")
    exposure: ExposureBrief | None = Field(description="Null: it has no risks.")
    report: ReportBrief | None = Field(description="Null: there is none.")
    outcome: OutcomeBrief | None = Field(description="Null: it is not closed, or its outcome was never sealed.")
    attention: list[Concern] = Field(description=ATTENTION)


class StatusOfPlans(Out):
    """How many plans have each status."""

    draft: int
    active: int
    on_hold: int
    completed: int
    cancelled: int


class BandsOfPlans(Out):
    """How many plans have a score of each band; `unknown`: no score, or no metrics."""

    red: int
    amber: int
    green: int
    unknown: int


class SumOut(Out):
    """An exact sum, and of how many plans; null: of none it is known."""

    amount: str | None
    plans: int


class MoneyTotals(Out):
    """The money of the plans in one currency; nothing is ever converted."""

    currency: str
    budget_at_completion: SumOut
    earned_value: SumOut
    actual_cost: SumOut
    estimate_at_completion: SumOut
    expected_cost: SumOut = Field(description="What is expected of their risks.")


class TotalsOut(Out):
    """What plans come to together."""

    plans: int
    need_attention: int = Field(description="How many of them have a reason for attention.")
    drivers: list[str] = Field(description="The five that need it most, most urgent first.")
    by_status: StatusOfPlans
    by_schedule_status: StatusCounts
    by_band: BandsOfPlans
    schedule_status: ScheduleStatus | None = Field(description="The worst that is known.")
    schedule_status_reason: NoTotal | None
    actual_percent_complete: float | None = Field(
        description="The mean by weight over the plans of which it is known: in an objective the weight of the "
        "contribution, anywhere else 1 a plan."
    )
    percent_coverage: float | None = Field(description="The share of the weights, 0 to 1, of which it is known.")
    percent_reason: NoTotal | None
    projected_finish: DayOrInstant | None = Field(description="The latest.")
    projected_finish_reason: NoTotal | None
    money: list[MoneyTotals] = Field(description="By currency.")


class GroupOut(TotalsOut):
    """What the plans of one group come to."""

    key: str | None = Field(description="The label's value, the owner, the objective; null: plans that have none.")


class PortfolioOut(Out):
    """All plans of the workspace, rolled up; what needs attention now first."""

    by: str
    known_at: Instant | None = Field(
        description="When the newest summary up to the instant asked was found; ask again with it for the same. "
        "Null: there was none yet."
    )
    totals: TotalsOut | None = Field(description="Of every plan that is chosen; null on later pages.")
    groups: list[GroupOut] = Field(
        description="The most urgent first, at most 200; none on later pages. A plan that contributes to several "
        "objectives counts in each."
    )
    groups_left_out: int
    not_evaluated: int | None = Field(
        description="Plans of the workspace that have no summary yet, as they were created a moment ago: they are in "
        "nothing else. Null on later pages."
    )
    items: list[PlanSummaryOut]
    next_cursor: str | None
