"""The exposure of a plan on the wire."""

from typing import Any

from pydantic import Field

from app.domain.exposure import CoverageStatus
from app.domain.measures import Reason
from app.domain.risk_judging import TriggerStatus
from app.domain.risks import RiskResponse, RiskStatus
from app.events.data_schemas import EventName
from app.kit.schemas import DayOrInstant, Out
from app.risks.schemas import Trigger
from app.variance.schemas import VarianceHeader


class ExpectedMoney(Out):
    """An amount of money, exact: a probability times an amount may have any number of decimals."""

    amount: str = Field(examples=["374.75"])
    currency: str = Field(examples=["EUR"])


class TimeCoverage(Out):
    """Expected working minutes against the room for them."""

    status: CoverageStatus = Field(
        description="`covered`: all of it fits; `uncovered`: it is more; `unknown`: the reason tells why."
    )
    room_minutes: float | None = Field(description="What there is; negative: used up already, and more.")
    covered_minutes: float | None
    uncovered_minutes: float | None
    reason: str | None = Field(description="Why the room is not known: a reason of variance, `no_target_finish`, …")


class MoneyCoverage(Out):
    """Expected money against what is set aside for it."""

    status: CoverageStatus
    room: ExpectedMoney | None = Field(description="The plan's `reserve`.")
    covered: ExpectedMoney | None
    uncovered: ExpectedMoney | None
    reason: str | None = Field(description="Why the room is not known: `no_reserve`, `mixed_currency`.")


class RiskImpactOut(Out):
    """What a risk does to one milestone, and whether its float absorbs that."""

    milestone: str
    minutes: int = Field(description="Delay in working minutes of its calendar, if it occurs.")
    cost: ExpectedMoney | None
    expected_minutes: float = Field(
        description="minutes x probability; whole once it occurred; 0 when it is closed, or the milestone is done."
    )
    expected_cost: ExpectedMoney | None
    total_float_minutes: int | None
    unabsorbed_minutes: int | None = Field(
        description="What of `minutes` the total float leaves if it occurs; null where the float is not known."
    )
    reason: str | None = Field(description="Why the float is not known.")


class TriggerOut(Out):
    """Whether the trigger of a contingency holds."""

    state: TriggerStatus = Field(description="`holds`, `waits`, or `unknown`: the reason tells why.")
    since: DayOrInstant | None = Field(
        description="When it began to hold; of a value to the minute, by the plan as it is now. Null: it does not "
        "hold; or that takes too long to tell, or it always did."
    )
    reason: Reason | None
    operands: dict[str, Any] = Field(description="What it was judged by.")
    events: list[EventName] = Field(description="The execution events that it rests on, at most 20.")
    summary: str


class ContingencyOut(Out):
    """A contingency, and whether it is due."""

    contingency: str
    name: str
    trigger: Trigger
    state: TriggerOut
    due: bool | None = Field(
        description="The trigger holds, it is not activated, and the risk is not closed; null: it can't be told."
    )
    activated_at: DayOrInstant | None
    activated_revision: int | None


class RiskExposureOut(Out):
    """A risk: where it stands, what is expected of it, what is prepared."""

    risk: str
    name: str
    category: str | None
    owner: str | None
    response: RiskResponse | None
    status: RiskStatus
    occurred_at: DayOrInstant | None = Field(description="When it came true last.")
    closed_at: DayOrInstant | None
    probability: float
    expected_minutes: float | None = Field(description="Null: it has no impacts, so what it may cost is not known.")
    expected_cost: ExpectedMoney | None = Field(description="Null: none of its impacts has a cost.")
    impacts: list[RiskImpactOut]
    review_at: DayOrInstant | None
    review_overdue: bool = Field(description="Its review date has passed, and it is not closed.")
    contingencies: list[ContingencyOut]


class MilestoneExposureOut(Out):
    """All that is expected of one milestone, against its total float."""

    milestone: str
    risks: list[str] = Field(description="The risks that are not closed and delay it or cost it something.")
    expected_minutes: float
    expected_cost: ExpectedMoney | None
    coverage: TimeCoverage


class ExposureSummary(Out):
    """What all risks together may cost the plan."""

    counts: dict[str, int] = Field(description="How many risks there are, by status.")
    unquantified: list[str] = Field(description="Risks that are not closed and have no impacts; at most 50.")
    reviews_overdue: int
    contingencies_due: int
    contingencies_unknown: int = Field(description="How many can't be told to be due or not.")
    expected_minutes: float = Field(
        description="The sum over all milestones, as if the delays came one after another; each of its own calendar."
    )
    expected_cost: ExpectedMoney | None
    buffer: TimeCoverage = Field(
        description="Against the plan's buffer: working minutes of its calendar from the projected finish to "
        "`target_finish`."
    )
    reserve: MoneyCoverage
    budget: ExpectedMoney | None = Field(description="The sum of all budgets, for comparison.")
    exposed_milestones: int
    milestones: list[MilestoneExposureOut] = Field(
        description="Those of which something is expected: most uncovered minutes first, then most expected; at most "
        "200."
    )


class ExposureOut(VarianceHeader):
    """What the risks of a plan may cost, which room covers it, and what is due; risks by key."""

    summary: ExposureSummary
    items: list[RiskExposureOut]
    next_cursor: str | None
