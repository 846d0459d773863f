"""What a plan says: the frozen content of one revision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.domain.moments import Moment


class MilestoneKind(StrEnum):
    """What a milestone is."""

    milestone = "milestone"  # an instant
    activity = "activity"  # takes working time
    phase = "phase"  # a summary of its children: no dates, no events of its own


class DependencyType(StrEnum):
    """Which edge of the predecessor binds which edge of the successor (S start, F finish)."""

    FS = "FS"
    SS = "SS"
    FF = "FF"
    SF = "SF"


class WeightBasis(StrEnum):
    """What weighs a leaf in percent complete."""

    weight = "weight"  # the milestone's own `weight`
    duration = "duration"  # its baseline duration in working minutes; milestones weigh nothing
    equal = "equal"  # every leaf the same


@dataclass(frozen=True, slots=True)
class Constraint:
    """A date constraint; `type` is one of SNET FNET SNLT FNLT SO FO MSO MFO ALAP."""

    type: str
    date: Moment | None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money, not negative; `currency` is a code of ISO 4217."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Milestone:
    """One planned outcome, as one revision of its plan says it.

    Units: `planned_duration_minutes` working minutes; `weight` dimensionless, not negative.
    """

    key: str
    name: str
    kind: MilestoneKind = MilestoneKind.milestone
    planned_start: Moment | None = None
    planned_finish: Moment | None = None
    planned_duration_minutes: int | None = None
    calendar: str | None = None
    parent: str | None = None
    owner: str | None = None
    constraint: Constraint | None = None
    deadline: Moment | None = None
    weight: float = 1.0
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    budget: Money | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """A link: the successor's edge is bound by the predecessor's edge plus the lag."""

    predecessor: str
    type: DependencyType
    successor: str
    lag_minutes: int = 0
    lag_percent: float | None = None
    lag_unit: str = "working"

    @property
    def identity(self) -> tuple[str, str, str]:
        """What names the link within its plan."""
        return (self.predecessor, self.type.value, self.successor)


OptionValue = str | int | None

SCHEDULE_OPTIONS: Mapping[str, OptionValue] = MappingProxyType(
    {
        "progress_logic": "retained",
        "lag_calendar": "predecessor",
        "total_float": "finish",
        "critical_float_minutes": 0,
        "project_start": None,
    }
)
"""How a network is calculated unless its plan says otherwise; `project_start` is a moment as on the wire."""


@dataclass(frozen=True, slots=True)
class PlanFields:
    """The scalar fields of a plan's content."""

    name: str
    goal: str | None = None
    owner: str | None = None
    time_zone: str = "UTC"
    calendar: str = "always"
    scheduling: str = "hold_planned_dates"
    schedule_options: Mapping[str, OptionValue] = field(default_factory=dict)
    weight_basis: WeightBasis = WeightBasis.weight
    target_finish: Moment | None = None
    status_date: Moment | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    currency: str | None = None
    reserve: Money | None = None
    decisions_required_for: tuple[str, ...] = ()


PartBody = Mapping[str, Any]
"""What a part says, as the plan document carries it: JSON values, every default filled in, without its key."""

PARTS = ("objectives", "metrics", "risks", "assumptions", "scenarios", "decisions", "assignments")
"""What a plan consists of besides milestones and dependencies, in the order of the plan document."""

NOTHING: Mapping[str, PartBody] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PlanContent:
    """A whole revision: scalar fields, milestones by key, dependencies by identity, other parts by name and key."""

    fields: PlanFields
    milestones: Mapping[str, Milestone]
    dependencies: Mapping[tuple[str, str, str], Dependency]
    parts: Mapping[str, Mapping[str, PartBody]] = field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, PartBody]:
        """One of `PARTS`, by key."""
        return self.parts.get(name, NOTHING)
