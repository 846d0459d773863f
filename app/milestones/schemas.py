"""Milestones and dependencies on the wire."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import Field, StringConstraints

from app.domain.plan import Constraint, Dependency, DependencyType, Milestone, MilestoneKind, Money
from app.kit.ids import KEY_PATTERN
from app.kit.schemas import DayOrInstant, In, Key, Labels, Minutes, Name, Out, PositiveMinutes, ShortText

PlanPath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the plan.", examples=["python-3.13"])]
MilestonePath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the milestone.", examples=["beta-1"])]

ConstraintType = Literal["SNET", "FNET", "SNLT", "FNLT", "SO", "FO", "MSO", "MFO", "ALAP"]


class ConstraintModel(In):
    """A date constraint.

    SNET/FNET start/finish no earlier than, SNLT/FNLT no later than, SO/FO on, MSO/MFO mandatory, ALAP as
    late as possible (the only one without a date).
    """

    type: ConstraintType
    date: DayOrInstant | None = None


class MoneyModel(In):
    """An amount of money, not negative."""

    amount: Annotated[
        str,
        StringConstraints(pattern=r"^[0-9]{1,18}(\.[0-9]{1,4})?$"),
        Field(description="A decimal number as text, so that no digit is lost.", examples=["1200.00"]),
    ]
    currency: Annotated[
        str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="As ISO 4217 calls it.", examples=["USD"])
    ]


class MilestoneFields(In):
    """What a plan says of a milestone, but for its key."""

    external_id: ShortText | None = Field(default=None, description="The id in the caller's own system.")
    name: Name
    kind: MilestoneKind = Field(
        default=MilestoneKind.milestone,
        description="`milestone`: an instant; `activity`: takes working time; `phase`: a summary of its children.",
    )
    planned_start: DayOrInstant | None = None
    planned_finish: DayOrInstant | None = None
    planned_duration_minutes: PositiveMinutes | None = Field(default=None, description="Working minutes.")
    calendar: Key | None = Field(default=None, description="Key of its calendar; null: the plan's.")
    parent: Key | None = Field(default=None, description="Key of the phase it belongs to.")
    owner: ShortText | None = None
    constraint: ConstraintModel | None = None
    deadline: DayOrInstant | None = None
    weight: float = Field(
        default=1.0, strict=True, ge=0, le=1e9, allow_inf_nan=False, description="Its share in percent complete."
    )
    labels: Labels = {}
    budget: MoneyModel | None = Field(default=None, description="What it may cost.")


class MilestoneDocument(MilestoneFields):
    """A milestone within a plan document."""

    key: Key


class MilestoneIn(MilestoneFields):
    """A new milestone."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.")


class MilestonePatch(In):
    """A JSON merge patch of a milestone: what is left out stays, null clears."""

    external_id: str | None = None
    name: str | None = None
    kind: MilestoneKind | None = None
    planned_start: DayOrInstant | None = None
    planned_finish: DayOrInstant | None = None
    planned_duration_minutes: PositiveMinutes | None = None
    calendar: str | None = None
    parent: str | None = None
    owner: str | None = None
    constraint: dict[str, Any] | None = None
    deadline: DayOrInstant | None = None
    weight: Annotated[float, Field(strict=True, ge=0, le=1e9)] | None = None
    labels: dict[str, str | None] | None = None
    budget: dict[str, Any] | None = None


class MilestoneOut(Out):
    """A milestone of a plan."""

    key: str
    external_id: str | None
    name: str
    kind: MilestoneKind
    planned_start: DayOrInstant | None
    planned_finish: DayOrInstant | None
    planned_duration_minutes: int | None
    calendar: str | None
    parent: str | None
    owner: str | None
    constraint: ConstraintModel | None
    deadline: DayOrInstant | None
    weight: float
    labels: dict[str, str]
    budget: MoneyModel | None
    revision: int = Field(description="The plan's revision in which this milestone last changed.")


class MilestonePage(Out):
    """A page of milestones, by key."""

    items: list[MilestoneOut]
    next_cursor: str | None


class DependencyFields(In):
    """The lag of a dependency."""

    lag_minutes: Minutes = Field(default=0, description="Negative: a lead.")
    lag_percent: Annotated[float, Field(strict=True, ge=-1000, le=1000)] | None = Field(
        default=None, description="Lag in percent of the predecessor's duration, instead of lag_minutes."
    )
    lag_unit: Literal["working", "elapsed"] = "working"


class DependencyIn(DependencyFields):
    """A link: the successor's edge is bound by the predecessor's (S start, F finish)."""

    predecessor: Key
    type: DependencyType = DependencyType.FS
    successor: Key


class DependencyPatch(In):
    """A JSON merge patch of a dependency's lag."""

    lag_minutes: Minutes | None = None
    lag_percent: Annotated[float, Field(strict=True, ge=-1000, le=1000)] | None = None
    lag_unit: Literal["working", "elapsed"] | None = None


class DependencyDocument(Out):
    """A dependency within a plan document."""

    predecessor: str
    type: DependencyType
    successor: str
    lag_minutes: int
    lag_percent: float | None
    lag_unit: str


class DependencyOut(DependencyDocument):
    """A dependency of a plan."""

    revision: int = Field(description="The plan's revision in which this dependency last changed.")


class DependencyPage(Out):
    """A page of dependencies, by predecessor, type and successor."""

    items: list[DependencyOut]
    next_cursor: str | None


def to_milestone(model: MilestoneFields, key: str) -> Milestone:
    """The domain's value of a wire milestone."""
    constraint = None if model.constraint is None else Constraint(model.constraint.type, model.constraint.date)
    budget = None if model.budget is None else Money(Decimal(model.budget.amount), model.budget.currency)
    return Milestone(
        key=key,
        name=model.name,
        kind=model.kind,
        planned_start=model.planned_start,
        planned_finish=model.planned_finish,
        planned_duration_minutes=model.planned_duration_minutes,
        calendar=model.calendar,
        parent=model.parent,
        owner=model.owner,
        constraint=constraint,
        deadline=model.deadline,
        weight=model.weight,
        external_id=model.external_id,
        labels=model.labels,
        budget=budget,
    )


def money_document(money: Money) -> dict[str, str]:
    """An amount of money as JSON-ready values, with every digit it was given with."""
    return {"amount": f"{money.amount:f}", "currency": money.currency}


def milestone_document(milestone: Milestone) -> dict[str, Any]:
    """A milestone as JSON-ready values, without who changed it when."""
    constraint, budget = milestone.constraint, milestone.budget
    return {
        "key": milestone.key,
        "external_id": milestone.external_id,
        "name": milestone.name,
        "kind": milestone.kind.value,
        "planned_start": milestone.planned_start,
        "planned_finish": milestone.planned_finish,
        "planned_duration_minutes": milestone.planned_duration_minutes,
        "calendar": milestone.calendar,
        "parent": milestone.parent,
        "owner": milestone.owner,
        "constraint": None if constraint is None else {"type": constraint.type, "date": constraint.date},
        "deadline": milestone.deadline,
        "weight": milestone.weight,
        "labels": dict(milestone.labels),
        "budget": None if budget is None else money_document(budget),
    }


def to_dependency(model: DependencyIn) -> Dependency:
    """The domain's value of a wire dependency."""
    return Dependency(
        predecessor=model.predecessor,
        type=model.type,
        successor=model.successor,
        lag_minutes=model.lag_minutes,
        lag_percent=model.lag_percent,
        lag_unit=model.lag_unit,
    )


def dependency_document(link: Dependency) -> dict[str, Any]:
    """A dependency as JSON-ready values."""
    return {
        "predecessor": link.predecessor,
        "type": link.type.value,
        "successor": link.successor,
        "lag_minutes": link.lag_minutes,
        "lag_percent": link.lag_percent,
        "lag_unit": link.lag_unit,
    }
