"""Cost and performance on the wire."""

from typing import Annotated

from pydantic import Field

from app.domain.cost import CostBasis
from app.domain.cost_lines import CostBy
from app.domain.cost_periods import Period
from app.domain.costs import Exclusion
from app.domain.earned_value import EacMethod
from app.domain.measures import Reason
from app.domain.money import Undefined
from app.events.data_schemas import EventName
from app.kit.schemas import Instant, Out
from app.variance.schemas import VarianceHeader

Reasons = Annotated[
    dict[str, Undefined],
    Field(description="Why a field has no value, by its name.", examples=[{"cpi": "actual_cost_zero"}]),
]


class AmountOut(Out):
    """An amount of money, all its digits; negative where more was spent than planned, or taken back."""

    amount: str = Field(pattern=r"^-?[0-9]+\.[0-9]{2,}$", examples=["-1250.00"])
    currency: str = Field(examples=["EUR"])


class CostFigures(Out):
    """Money of the plan or of one line; those of all lines add up to the total, to the last digit."""

    planned: AmountOut | None = Field(description="The budget by the baseline, of what is still in the plan (BAC).")
    planned_to_date: AmountOut | None = Field(
        description="What of it is planned to be done by the status date (PV): a milestone's at its baseline date, "
        "an activity's linearly over its baseline working time."
    )
    earned: AmountOut | None = Field(
        description="What of it is done (EV): a milestone's when it is completed, an activity's by its percent."
    )
    actual: AmountOut | None = Field(description="What was spent up to the status date (AC).")
    remaining: AmountOut | None = Field(
        description="planned - actual: what the budget has left; negative: overspent."
    )
    variance: AmountOut | None = Field(description="earned - actual (CV); negative: it cost more than it was worth.")
    spi: float | None = Field(description="earned / planned_to_date.")
    cpi: float | None = Field(description="earned / actual.")
    reasons: Reasons


class CostLineOut(CostFigures):
    """One line of the books."""

    key: str | None = Field(
        description="Of the milestone, phase, owner; of a period its first day. Null: what belongs to none, such as "
        "costs of the plan as a whole, or what is planned without a date."
    )
    name: str | None = Field(description="The name of the milestone or phase.")
    parent: str | None = Field(description="The phase that the milestone or phase lies in.")
    absence: Reason | None = Field(description="Why nothing is planned of a milestone: `cancelled`, `removed`, …")


class EffortOut(Out):
    """Time that was spent, by `effort.spent`. Its cost is part of what is actual."""

    minutes: int
    minutes_without_rate: int = Field(description="Minutes of which nothing says what they cost.")
    cost: AmountOut | None
    reason: Undefined | None = Field(description="Why there is no cost.")
    planned_minutes: float = Field(description="What the assignments of the plan come to, but for cancelled work.")
    planned_cost: AmountOut | None = Field(
        description="What that costs at the newest rates. It is told beside the budgets, and is in no other figure."
    )
    planned_reason: Undefined | None = Field(
        description="Why it has no cost; `no_rate`: nothing says in the plan's currency what some of it costs."
    )


class PerformanceOut(Out):
    """Earned value: cumulative, at the status date. Negative variances and indices below 1 are bad."""

    planned_value: AmountOut | None = Field(description="PV")
    earned_value: AmountOut | None = Field(description="EV")
    actual_cost: AmountOut | None = Field(description="AC, with what was spent on cancelled and removed milestones.")
    budget_at_completion: AmountOut | None = Field(description="BAC")
    schedule_variance: AmountOut | None = Field(description="SV = EV - PV")
    cost_variance: AmountOut | None = Field(description="CV = EV - AC")
    spi: float | None = Field(description="EV / PV. It ends at 1 however late the plan is; see `spi_t`.")
    cpi: float | None = Field(description="EV / AC")
    sci: float | None = Field(description="SPI x CPI")
    percent_planned: float | None = Field(description="100 x PV / BAC")
    percent_complete: float | None = Field(description="100 x EV / BAC")
    percent_spent: float | None = Field(description="100 x AC / BAC")
    tcpi: float | None = Field(
        description="(BAC - EV) / (BAC - AC): the CPI that is needed to end within the budget."
    )
    reasons: Reasons


class EstimateOut(Out):
    """What everything may cost, by one method."""

    method: EacMethod = Field(
        description="EAC = AC + (BAC - EV) / PF; PF is 1 (`budget_rate`), CPI, SPI, SCI = SPI x CPI, 0.8 CPI + "
        "0.2 SPI (`weighted`), SPI(t), SPI(t) x CPI (`sci_t`). `bottom_up`: AC and the current "
        "budgets of what is not done."
    )
    amount: AmountOut | None
    reason: Undefined | None


class EstimatesOut(Out):
    """What everything may cost; the default is by CPI, the range is that of all methods that have a value."""

    estimate_at_completion: AmountOut | None = Field(description="EAC = AC + (BAC - EV) / CPI")
    estimate_to_complete: AmountOut | None = Field(description="ETC = EAC - AC")
    variance_at_completion: AmountOut | None = Field(description="VAC = BAC - EAC; negative: over the budget.")
    tcpi: float | None = Field(description="(BAC - EV) / (EAC - AC)")
    minimum: AmountOut | None
    maximum: AmountOut | None
    methods: list[EstimateOut]
    reasons: Reasons


class EarnedScheduleOut(Out):
    """Earned schedule: times in working minutes of the plan's calendar, from the begin of what the baseline plans."""

    baseline_start: Instant | None
    baseline_finish: Instant | None
    earned_schedule_minutes: float | None = Field(
        description="ES: when the baseline had planned what is earned now. A plateau counts to its end, the last one "
        "to its begin."
    )
    actual_time_minutes: float | None = Field(description="AT; it stands still once all is completed.")
    planned_duration_minutes: float | None = Field(description="PD")
    schedule_variance_minutes: float | None = Field(description="SV(t) = ES - AT; negative: late.")
    spi_t: float | None = Field(description="SPI(t) = ES / AT; below 1: late.")
    early_life: bool | None = Field(description="AT is below a tenth of PD: SPI(t) is not steady yet.")
    is_complete: bool | None
    forecast_finish: Instant | None = Field(description="The begin plus `ieac_spi_t_minutes`.")
    ieac_planned_rate_minutes: float | None = Field(description="AT + PD - ES: all of it takes that long as planned,")
    ieac_spi_t_minutes: float | None = Field(description="PD / SPI(t): at the pace so far,")
    ieac_sci_t_minutes: float | None = Field(description="AT + (PD - ES) / (SPI(t) x CPI),")
    ieac_planned_value_minutes: float | None = Field(description="PD - SV / (BAC / PD), by Anbari,")
    ieac_earned_duration_minutes: float | None = Field(description="AT + max(PD, AT) - AT x SPI, by Jacob.")
    tspi_planned: float | None = Field(description="(PD - ES) / (PD - AT): the SPI(t) needed to finish as planned.")
    tspi_target: float | None = Field(description="The same with the plan's target finish.")
    reasons: Reasons


class CurvePoint(Out):
    """The curves at the end of a period, or at the status date: cumulative. After that only what is planned."""

    at: Instant
    planned_value: AmountOut | None
    earned_value: AmountOut | None
    actual_cost: AmountOut | None
    percent_planned: float | None = Field(description="Of the budget, or of the plan's weights.")
    percent_complete: float | None
    percent_spent: float | None


class ExcludedOut(Out):
    """Money that is in no sum."""

    milestone: str | None
    event: EventName | None = Field(description="The event that reports it; null: it is a budget of the baseline.")
    money: AmountOut
    reason: Exclusion


class CostOut(VarianceHeader):
    """The books of a plan, or of one of its phases."""

    phase: str | None = Field(description="The phase whose books these are; null: those of the plan.")
    currency: str | None = Field(description="The plan's currency, else that of its budgets.")
    currency_reason: Undefined | None
    basis: CostBasis = Field(description="What performance is weighed by: budgets, else what the plan weighs by.")
    total: CostFigures
    effort: EffortOut
    performance: PerformanceOut
    estimates: EstimatesOut
    schedule: EarnedScheduleOut
    period: Period
    series: list[CurvePoint] = Field(description="The S-curves.")
    excluded: list[ExcludedOut] = Field(description="At most 100.")
    excluded_count: int
    by: CostBy
    items: list[CostLineOut] = Field(
        description="By key. They add up to the total; of phases, those do that lie in no other (of a phase's books: "
        "directly in it)."
    )
    next_cursor: str | None
