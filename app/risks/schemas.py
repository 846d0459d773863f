"""Risks on the wire: what a plan says of them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from app.domain.execution import EventType
from app.domain.risks import RiskResponse
from app.domain.tolerances import Measure, Unit
from app.kit.limits import MAX_CONTINGENCIES, MAX_IMPACTS
from app.kit.schemas import DayOrInstant, In, Key, LongText, Name, PositiveMinutes, ShortText
from app.milestones.schemas import MoneyModel
from app.plans.changes_wire import PreparedChange

Probability = Annotated[float, Field(strict=True, ge=1e-9, le=1)]
Bound = Annotated[float, Field(strict=True, ge=-1e9, le=1e9)]
Category = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class MeasureTrigger(In):
    """A value beyond a bound: judged as a tolerance of this measure would be, against the current baseline."""

    type: Literal["measure"]
    measure: Measure
    unit: Unit = Field(description="What the bound counts: one of those that the measure has.")
    above: Bound | None = Field(default=None, description="It holds while the value is above, not at, this;")
    below: Bound | None = Field(default=None, description="or below, not at, this. One of the two.")
    milestone: Key | None = Field(default=None, description="Of this milestone alone; null: any will do.")
    metric: Key | None = Field(default=None, description="Of this success metric alone; null: any will do.")

    @model_validator(mode="after")
    def _one_bound(self) -> "MeasureTrigger":
        if (self.above is None) == (self.below is None):
            raise ValueError("needs either above or below")
        return self


class DateTrigger(In):
    """An instant that comes, or a day of the plan's zone that begins."""

    type: Literal["date"]
    date: DayOrInstant


class EventTrigger(In):
    """An execution event of this type was recorded."""

    type: Literal["event"]
    event: EventType = Field(description="Its type.", examples=["milestone.blocked"])
    milestone: Key | None = Field(default=None, description="Of this milestone alone; null: of anything.")


class OccurredTrigger(In):
    """The risk itself has occurred."""

    type: Literal["risk_occurred"]


Trigger = Annotated[
    MeasureTrigger | DateTrigger | EventTrigger | OccurredTrigger,
    Field(discriminator="type", description="When it falls due."),
]


class ImpactModel(In):
    """What the risk does to one milestone if it occurs: a delay, a cost, or both."""

    milestone: Key
    minutes: PositiveMinutes = Field(default=0, description="Delay in working minutes of its calendar.")
    cost: MoneyModel | None = None

    @model_validator(mode="after")
    def _something(self) -> "ImpactModel":
        if not self.minutes and self.cost is None:
            raise ValueError("needs minutes or cost")
        return self


class ContingencyModel(In):
    """What will be done once its trigger holds; its change must fit the plan when it is written."""

    key: Key
    name: Name
    description: LongText | None = None
    trigger: Trigger
    change: PreparedChange = Field(description="The change of the plan that its activation makes; `{}`: none.")


class RiskFields(In):
    """Something that may happen and would do the plan harm."""

    name: Name
    description: LongText | None = None
    category: Category | None = Field(default=None, description="The caller's own.", examples=["supplier"])
    probability: Probability = Field(
        description="That it occurs: more than 0 (at least 1e-9), at most 1.", examples=[0.3]
    )
    impacts: Annotated[list[ImpactModel], Field(max_length=MAX_IMPACTS)] = Field(
        default=[], description="One a milestone; without any, what it may cost is not known."
    )
    response: RiskResponse | None = Field(
        default=None, description="`avoid`, `mitigate`, `transfer` or `accept`; null: not decided yet."
    )
    response_text: LongText | None = Field(default=None, description="What is done about it.")
    owner: ShortText | None = None
    review_at: DayOrInstant | None = Field(default=None, description="When to look at it again.")
    contingencies: Annotated[list[ContingencyModel], Field(max_length=MAX_CONTINGENCIES)] = []


class RiskDocument(RiskFields):
    """A risk within a plan document."""

    key: Key
