"""The scorecard of a plan on the wire."""

from typing import Literal

from pydantic import Field

from app.domain.metric_scores import Verdict
from app.domain.metric_values import Band, Commitment, Direction, MetricKind, MetricReason
from app.domain.metrics import GateState
from app.events.data_schemas import EventName
from app.kit.schemas import Instant, Out
from app.variance.schemas import VarianceHeader

BANDS = "`red` below 0.4, `amber` below 0.7, else `green`, by the unrounded grade; `committed`: green only at 1."


class ProjectionOut(Out):
    """Where the metric will stand when it is measured, if it goes on as its last 4 to 12 measurements did."""

    value: float | None
    low: float | None = Field(description="The lower end of the 80 % interval of the value.")
    high: float | None = Field(description="Its upper end.")
    attainment: float | None
    attainment_low: float | None = Field(description="The least attainment within the interval.")
    attainment_high: float | None = Field(description="The most.")
    reason: MetricReason | None = Field(description="Why there is none.")


class BaselineMetricOut(Out):
    """The same metric as the baseline defines it, with the same measurements."""

    baseline_value: float | None
    target: float | None
    low: float | None
    high: float | None
    floor: float | None
    stretch: float | None
    start_at: Instant | None
    measure_at: Instant | None
    attainment: float | None
    grade: float | None
    band: Band | None
    changed: list[str] = Field(description="What of its definition was changed since; empty: nothing was moved.")


class ReadingOut(Out):
    """What a success metric says as of an instant, of a plan or of an objective."""

    metric: str
    name: str
    kind: MetricKind
    unit: str
    direction: Direction = Field(description="Where better lies, as target against baseline value implies.")
    owner: str | None
    weight: float
    commitment: Commitment
    baseline_value: float | None
    target: float | None
    low: float | None
    high: float | None
    floor: float | None
    stretch: float | None
    start_at: Instant | None = Field(
        description="Its own, else the first date of the baseline, or of the period of its objective."
    )
    measure_at: Instant | None = Field(description="Its own, else the last date of the same.")
    value: float | None = Field(description="The last measurement that counts.")
    measured_at: Instant | None = Field(description="When that was; of a bare day the start of it.")
    attainment: float | None = Field(description="0 at the baseline value, 1 at the target; may be less or more.")
    grade: float | None = Field(description="Attainment within 0 and 1.")
    band: Band | None = Field(description=BANDS)
    overachieved: bool | None = Field(description="More than the target was attained.")
    floor_missed: bool | None
    stretch_reached: bool | None
    reason: MetricReason | None = Field(
        description="Why there is no attainment; `not_measured_in_time`: why it is 0, though nothing was measured."
    )
    is_due: bool = Field(description="The time to measure it has come.")
    is_final: bool = Field(description="Its grace period is over: what is measured from now on counts no more.")
    gate: GateState | None = Field(description="null: it is no gate. `pending`: it is not due, or not known yet.")
    expected_attainment: float | None = Field(description="What its trajectory expects by now, 0 to 1.")
    pace_gap_points: float | None = Field(
        description="100 x (expected - actual attainment): positive is behind its pace."
    )
    on_pace: bool | None = Field(description="At most 10 points behind.")
    pace_reason: MetricReason | None = Field(description="Why there is no pace.")
    projection: ProjectionOut
    stale: bool = Field(description="Nothing was measured for a fourth of its time, and for 14 days at least.")
    events: list[EventName] = Field(description="The measurements it rests on, at most 12, newest last.")


class MetricReadingOut(ReadingOut):
    """What a success metric of a plan says as of an instant, beside what it would by the baseline."""

    baseline: BaselineMetricOut | None
    baseline_reason: Literal["no_baseline", "not_in_baseline"] | None = Field(
        description="Why it has no counterpart in the baseline."
    )


class DriverOut(Out):
    """A metric that costs the score something."""

    metric: str
    lost_points: float = Field(description="In points of 100; together they are all that is missing.")


class ScoreOut(Out):
    """What the metrics of a plan come to."""

    score: float | None = Field(description="Sum of weight x grade / sum of weights, over the metrics with a grade.")
    band: Band | None
    verdict: Verdict | None = Field(
        description="`met`, `partly`, `missed`: green, amber, red; `failed`: a gate failed, whatever the score is."
    )
    reason: MetricReason | None = Field(description="Why there is no score: less than 0.7 of the weights is graded.")
    coverage: float | None = Field(description="The share of the weights that is graded; null: there are no metrics.")
    failed_gates: list[str]
    pending_gates: list[str]
    drivers: list[DriverOut] = Field(description="What costs the score most, first; at most 20.")


class ScorecardSummary(ScoreOut):
    """What the metrics of a plan come to, and what they would by its baseline."""

    counts: dict[Literal["red", "amber", "green", "unknown"], int]
    added: list[str] = Field(description="Metrics that are not in the baseline.")
    removed: list[str] = Field(description="Metrics of the baseline that have left the plan.")
    baseline: ScoreOut | None = Field(
        description="What the metrics of the baseline come to, as it defines them, those that left the plan, too."
    )


class ScorecardOut(VarianceHeader):
    """The success metrics of a plan as of an instant: the score, and each by its key."""

    summary: ScorecardSummary
    items: list[MetricReadingOut]
    next_cursor: str | None
