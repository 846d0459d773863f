"""Success metrics: what is to become of a number by when, and what it was measured at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from app.domain.execution import EventType, ExecutionEvent, Identity
from app.domain.moments import Moment, parse_moment


class MetricKind(StrEnum):
    """How a value is graded."""

    numeric = "numeric"
    """From a baseline value to a target, upwards or downwards."""
    binary = "binary"
    """Achieved (1) or not (0)."""
    range = "range"
    """From a baseline value into a range."""
    maintain = "maintain"
    """A value that is to stay in a range, or on one side of a bound, all the time."""
    counted = "count"
    """From nothing to a target."""


class Commitment(StrEnum):
    """How much of the target is enough."""

    aspirational = "aspirational"
    """Green from 0.7."""
    committed = "committed"
    """Green only when it is reached."""


class TrajectoryShape(StrEnum):
    """How attainment is expected to grow between start and measurement."""

    linear = "linear"
    s_curve = "s_curve"
    """Slowly, fast, slowly: 3u² - 2u³ of the share u of the time that has passed."""
    step = "step"
    """Nothing until a point, then all of it at once; without points at the end."""
    points = "points"
    """Linearly from point to point."""


class Direction(StrEnum):
    """Where better lies."""

    up = "higher"
    down = "lower"
    inside = "inside"


class Band(StrEnum):
    """The grade as a traffic light: half-open on the unrounded grade."""

    red = "red"
    amber = "amber"
    green = "green"


class MetricReason(StrEnum):
    """Why there is no value, or why it is what it is."""

    not_measured = "not_measured"
    """Nobody has measured it yet."""
    measurement_due = "measurement_due"
    """It should have been measured by now; its grace period is not over."""
    not_measured_in_time = "not_measured_in_time"
    """Nobody measured it until its grace period was over: that counts as nothing attained."""
    not_binary = "not_binary"
    """A binary metric was measured at something other than 0 and 1."""
    not_begun = "not_begun"
    """Its time has not begun."""
    no_start_date = "no_start_date"
    """It says not when it starts, and there is no other date to take."""
    no_measure_date = "no_measure_date"
    """It says not when it is measured, and there is no other date to take."""
    insufficient_data = "insufficient_data"
    """Too little was measured."""
    settled = "settled"
    """The time to measure it has come: there is nothing to project."""
    not_applicable = "not_applicable"
    """This kind of metric has no such value."""


class Point(NamedTuple):
    """What attainment, 0 to 1, is expected by when; of a day by its end."""

    at: Moment
    attainment: float


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The expected way from nothing to the target; `points` only of shapes that have any."""

    shape: TrajectoryShape = TrajectoryShape.linear
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A success metric; what a kind does not use is None.

    Attributes:
        floor: the worst value that is still acceptable. `stretch`: more than the target.
        margin: how far beyond its range a value is worth nothing, in the unit; 0: at once.
        weight: greater than 0, within its set.
        gate: whether the whole set fails with it.
        grace_minutes: for how long after `measure_at` a measurement still counts.
        trajectory: None: a step for `binary`, else a line.
    """

    key: str
    name: str
    kind: MetricKind = MetricKind.numeric
    unit: str = ""
    baseline_value: float | None = None
    target: float | None = None
    floor: float | None = None
    stretch: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float = 0.0
    weight: float = 1.0
    gate: bool = False
    commitment: Commitment = Commitment.aspirational
    start_at: Moment | None = None
    measure_at: Moment | None = None
    grace_minutes: int = 0
    trajectory: Trajectory | None = None
    owner: str | None = None

    @property
    def direction(self) -> Direction:
        """Where better lies, as the target against the baseline value implies."""
        if self.kind is MetricKind.maintain:
            return Direction.inside
        if self.kind in {MetricKind.numeric, MetricKind.range}:
            aim = self.target if self.kind is MetricKind.numeric else self.low
            is_lower = self.baseline_value is not None and aim is not None and aim < self.baseline_value
            return Direction.down if is_lower else Direction.up
        return Direction.up


class Observation(NamedTuple):
    """A value that was measured; `at` is aware UTC, of a bare day the start of it, which `is_day` tells."""

    at: datetime
    value: float
    identity: Identity
    is_day: bool = False

    def is_by(self, at: datetime) -> bool:
        """Whether it had been measured by an instant; of a day, once that has begun: see `progress.has_happened`."""
        return self.at < at or (self.at == at and not self.is_day)


@lru_cache(maxsize=4096)
def exact(value: float) -> Fraction:
    """The number as it is written in decimals, so that 0.7 is 7/10 and no band depends on binary rounding."""
    return Fraction(repr(value))


_ENUMS: Mapping[str, type[StrEnum]] = {"kind": MetricKind, "commitment": Commitment}
_MOMENTS = ("start_at", "measure_at")
_FIELDS = frozenset(Metric.__dataclass_fields__) - {"key", "trajectory", *_ENUMS, *_MOMENTS}


def metric_of(key: str, body: Mapping[str, Any]) -> Metric:
    """A metric as a document carries it; what it does not have is the default.

    Raises:
        ValueError: no such kind, commitment or shape, or no date.
    """
    values = {name: body[name] for name in _FIELDS if name in body}
    values |= {name: enum(body[name]) for name, enum in _ENUMS.items() if name in body}
    values |= {name: parse_moment(body[name]) for name in _MOMENTS if body.get(name) is not None}
    drawn = body.get("trajectory")
    if drawn is not None:
        points = (Point(parse_moment(each["at"]), each["attainment"]) for each in drawn.get("points", ()))
        values["trajectory"] = Trajectory(TrajectoryShape(drawn["shape"]), tuple(points))
    return Metric(key=key, **values)


def measured(events: Iterable[ExecutionEvent]) -> dict[str, list[Observation]]:
    """What was measured of each metric, in the order of the events: effective ones in canonical order.

    See `app.domain.corrections.effective` for corrections and retractions. A correction that puts another
    type of event in the place of a measurement takes it away.
    """
    found: dict[str, list[Observation]] = {}
    for event in events:
        if event.type == EventType.metric_measured:
            seen = Observation(
                event.occurred_at, float(event.data["value"]), event.identity, event.occurred_on is not None
            )
            found.setdefault(event.data["metric"], []).append(seen)
    return found
