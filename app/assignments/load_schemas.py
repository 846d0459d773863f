"""Load on the wire."""

from typing import Literal

from pydantic import Field

from app.assignments.load import NoWork
from app.cost.schemas import AmountOut
from app.domain.cost_periods import Period
from app.kit.schemas import Day, DayOrInstant, Instant, Out
from app.resources.schemas import ResourceKind
from app.variance.schemas import VarianceHeader


class LoadPeriod(Out):
    """What a resource has to do in one period, against what it can do."""

    start: Day
    finish: Day = Field(description="The last day of it.")
    working_minutes: int | None = Field(
        description="Of its calendar; of a resource without one, of the calendar of its plan that works most. Null: "
        "it has neither calendar nor plan."
    )
    capacity_minutes: float | None = Field(description="Capacity x working minutes.")
    planned_minutes: float
    actual_minutes: int = Field(description="By `effort.spent`, up to the status date.")
    over_allocated_minutes: float | None = Field(description="What is planned beyond the capacity.")


class LoadFinding(Out):
    """A period in which more is planned than can be done."""

    code: Literal["over_allocated"]
    start: Day
    minutes: float


class EffortCompared(Out):
    """Effort, planned against actual: all of it, whatever periods are told."""

    planned_minutes: float
    actual_minutes: int
    planned_cost: AmountOut | None = Field(description="At its newest rate; null: it has none.")
    actual_cost: AmountOut | None = Field(
        description="Each at the rate it had when the time was spent; null: none was spent, some has no rate, or the "
        "rates are in several currencies."
    )


class WorkOut(Out):
    """An assignment, and the work that it makes."""

    assignment: str
    milestone: str
    role: str | None
    units: float | None
    start: DayOrInstant | None = Field(description="Projected, else planned; effort is spread evenly from here")
    finish: DayOrInstant | None = Field(description="to here, over the working time of the milestone's calendar.")
    planned_minutes: float = Field(
        description="Its effort: as it is given, else units x the planned duration, else units x the working time "
        "between the planned dates."
    )
    minutes_within: float = Field(description="What of it lies in the periods told.")
    reason: NoWork | None = Field(description="Why it is in no period.")


class Burden(Out):
    """What a resource has to do, has done and can do."""

    resource: str
    version: int
    name: str
    kind: ResourceKind
    calendar: str | None
    capacity: float
    effort: EffortCompared
    over_allocated_minutes: float = Field(description="Of all periods told.")
    findings: list[LoadFinding]
    periods: list[LoadPeriod]


class PlanBurden(Burden):
    """What a resource has to do in one plan."""

    assignments: list[WorkOut]


class PlanLoadOut(VarianceHeader):
    """What the resources of a plan have to do in it. What they do elsewhere is told by `/v1/resources/…/load`."""

    period: Period
    from_: Day = Field(alias="from", description="The first day of the first period, in the plan's zone.")
    to: Day = Field(description="The last day of the last period.")
    unattributed_minutes: int = Field(description="Effort that was spent by nobody who is a resource of the plan.")
    items: list[PlanBurden]
    next_cursor: str | None


class PlanShare(Out):
    """What one plan has for a resource."""

    plan: str
    revision: int
    effort: EffortCompared
    assignments: list[WorkOut]


class ResourceLoadOut(Burden):
    """What a resource has to do, in all plans that assign it."""

    as_of: Instant
    as_of_source: str = Field(description="`asked`, `known_at` or `now`.")
    known_at: Instant = Field(description="The newest fact that counts. Ask again with it for the same answer.")
    inputs_digest: str
    period: Period
    from_: Day = Field(alias="from", description="The first day of the first period.")
    to: Day = Field(description="The last day of the last period.")
    plans: list[PlanShare] = Field(description="By key; plans that were cancelled are none.")
