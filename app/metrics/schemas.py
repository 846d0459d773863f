"""Success metrics on the wire: what they say, of whatever they are the metrics."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.domain.metric_values import Commitment, MetricKind, TrajectoryShape
from app.kit.schemas import DayOrInstant, In, Key, LongText, Name, PositiveMinutes, ShortText

Amount = Annotated[float, Field(strict=True, ge=-1e15, le=1e15)]
Weight = Annotated[float, Field(strict=True, gt=0, le=1e9)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]


class TrajectoryPoint(In):
    """What is expected by when."""

    at: DayOrInstant = Field(description="Of a day by its end; ignored outside of the time of the metric.")
    attainment: Share = Field(description="0: as at the start; 1: the target.")


class TrajectoryModel(In):
    """How attainment is expected to grow from start to measurement, by the clock."""

    shape: TrajectoryShape = Field(
        description="`linear`; `s_curve`: slowly, fast, slowly (3u² - 2u³ of the share u of the time); `step`: from "
        "point to point at once, without points all of it at the end; `points`: linearly from point to point."
    )
    points: Annotated[list[TrajectoryPoint], Field(max_length=100)] = Field(
        default=[], description="Of `step` and `points`, in their order, between the start and the measurement."
    )


class MetricFields(In):
    """What shows whether it was worth it. Where better lies follows from the target against the baseline value."""

    name: Name
    description: LongText | None = Field(default=None, description="How it is measured.")
    kind: MetricKind = Field(
        default=MetricKind.numeric,
        description="`numeric`: from `baseline_value` to `target`; `count`: from nothing to `target`; `binary`: 1 or "
        "0; `range`: from `baseline_value` to between `low` and `high`; `maintain`: within `low` and `high` all the "
        "time, one of which may be left out.",
    )
    unit: Annotated[str, StringConstraints(max_length=50)] = Field(default="", examples=["% of users"])
    baseline_value: Amount | None = Field(default=None, description="What it was before anything was done.")
    target: Amount | None = None
    floor: Amount | None = Field(default=None, description="The worst value that is still acceptable.")
    stretch: Amount | None = Field(default=None, description="More than the target.")
    low: Amount | None = None
    high: Amount | None = None
    margin: Annotated[float, Field(strict=True, ge=0, le=1e15)] = Field(
        default=0.0, description="How far beyond its range a value is worth nothing; 0: at once."
    )
    weight: Weight = Field(default=1.0, description="Within its set.")
    gate: bool = Field(
        default=False,
        strict=True,
        description="The whole set fails if this misses its floor when it is measured, or without a floor is not "
        "green then.",
    )
    commitment: Commitment = Field(
        default=Commitment.aspirational, description="`aspirational`: green from 0.7; `committed`: only at 1."
    )
    start_at: DayOrInstant | None = Field(
        default=None, description="From when on something is expected. null: the first date of the plan's baseline."
    )
    measure_at: DayOrInstant | None = Field(
        default=None, description="When it is to be attained. null: the last date of the plan's baseline."
    )
    grace_minutes: PositiveMinutes = Field(
        default=0, description="For how long after `measure_at` a measurement still counts. Without any by then: 0."
    )
    trajectory: TrajectoryModel | None = Field(
        default=None, description="null: linear; of `binary` a step; what is to be maintained is so from the start."
    )
    owner: ShortText | None = None


class MetricDocument(MetricFields):
    """A success metric within a plan document."""

    key: Key = Field(examples=["adoption"])
