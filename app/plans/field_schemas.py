"""The scalar fields of plans on the wire."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from app.calendars.rules import known_zone
from app.domain.plan import Money, PlanFields, WeightBasis
from app.kit.schemas import DayOrInstant, In, Key, Labels, LongText, Name, PositiveMinutes, ShortText
from app.milestones.schemas import MoneyModel, money_document

PlanStatus = Literal["draft", "active", "on_hold", "completed", "cancelled"]
DecisionRequired = Literal["adoption", "rebaseline"]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Scheduling = Literal["hold_planned_dates", "as_soon_as_possible"]


class ScheduleOptions(In):
    """How the network of the plan is calculated."""

    progress_logic: Literal["retained", "override"] = "retained"
    lag_calendar: Literal["predecessor", "successor", "project", "24h"] = "predecessor"
    total_float: Literal["finish", "start", "smallest"] = "finish"
    critical_float_minutes: PositiveMinutes = 0
    project_start: DayOrInstant | None = Field(
        default=None, description="Nothing unstarted starts earlier; null: as the dates and links say."
    )


class PlanFieldsIn(In):
    """The scalar fields of a plan's content."""

    name: Name
    goal: LongText | None = None
    owner: ShortText | None = None
    time_zone: str = Field(default="UTC", max_length=100, description="IANA zone in which bare dates are days.")
    calendar: Key = Field(default="always", description="`always`, `standard`, or a calendar of the workspace.")
    scheduling: Scheduling = Field(
        default="hold_planned_dates",
        description="`hold_planned_dates`: planned dates are commitments; `as_soon_as_possible`: logic decides.",
    )
    schedule_options: ScheduleOptions = ScheduleOptions()
    weight_basis: WeightBasis = Field(
        default=WeightBasis.weight, description="What weighs a leaf in percent complete."
    )
    target_finish: DayOrInstant | None = None
    status_date: DayOrInstant | None = Field(
        default=None, description="Data date: the default `as_of` of reads; null: the instant of the request."
    )
    labels: Labels = {}
    currency: Currency | None = Field(
        default=None, description="The plan's one currency; null: that of its budgets.", examples=["EUR"]
    )
    reserve: MoneyModel | None = Field(
        default=None, description="Management reserve: money beyond the budgets, held for what is not foreseen."
    )
    decisions_required_for: list[DecisionRequired] = Field(
        default=[], description="What is refused unless it names a decision.", max_length=2
    )

    @field_validator("decisions_required_for")
    @classmethod
    def _once_each(cls, wanted: list[DecisionRequired]) -> list[DecisionRequired]:
        return sorted(set(wanted))

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        if not known_zone(zone):
            raise ValueError("is no IANA time zone")
        return zone


class PlanPatch(In):
    """A JSON merge patch of a plan: what is left out stays, null clears."""

    name: str | None = None
    goal: str | None = None
    owner: str | None = None
    time_zone: str | None = None
    calendar: str | None = None
    scheduling: Scheduling | None = None
    schedule_options: dict[str, Any] | None = None
    weight_basis: WeightBasis | None = None
    target_finish: DayOrInstant | None = None
    status_date: DayOrInstant | None = None
    labels: dict[str, str | None] | None = None
    currency: Currency | None = None
    reserve: dict[str, Any] | None = None
    decisions_required_for: list[DecisionRequired] | None = None
    status: PlanStatus | None = None


def to_fields(model: PlanFieldsIn) -> PlanFields:
    """The domain's value of a plan's scalar fields."""
    return PlanFields(
        name=model.name,
        goal=model.goal,
        owner=model.owner,
        time_zone=model.time_zone,
        calendar=model.calendar,
        scheduling=model.scheduling,
        schedule_options=model.schedule_options.model_dump(),
        weight_basis=model.weight_basis,
        target_finish=model.target_finish,
        status_date=model.status_date,
        labels=model.labels,
        currency=model.currency,
        reserve=None if model.reserve is None else Money(Decimal(model.reserve.amount), model.reserve.currency),
        decisions_required_for=tuple(model.decisions_required_for),
    )


def fields_document(fields: PlanFields) -> dict[str, Any]:
    """The scalar fields as JSON-ready values."""
    return {
        "name": fields.name,
        "goal": fields.goal,
        "owner": fields.owner,
        "time_zone": fields.time_zone,
        "calendar": fields.calendar,
        "scheduling": fields.scheduling,
        "schedule_options": dict(fields.schedule_options),
        "weight_basis": fields.weight_basis.value,
        "target_finish": fields.target_finish,
        "status_date": fields.status_date,
        "labels": dict(fields.labels),
        "currency": fields.currency,
        "reserve": None if fields.reserve is None else money_document(fields.reserve),
        "decisions_required_for": list(fields.decisions_required_for),
    }
