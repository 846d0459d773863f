"""Execution events on the wire: a discriminated union on `type`."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypeAliasType

from app.events.data_schemas import (
    AcceptedData,
    AssignedData,
    BlockedData,
    ClosedData,
    CostData,
    DeclinedData,
    EffortData,
    EventName,
    ForecastData,
    Identifier,
    InvalidatedData,
    MeasuredData,
    NoteData,
    OccurredData,
    Person,
    PlainData,
    ProgressData,
    RequestedData,
    RetractionData,
)
from app.kit.schemas import DayOrInstant, In, Instant, Key, Out


class Happening(In):
    """What happened and when, without who calls it what."""

    occurred_at: DayOrInstant = Field(
        description="When it happened. A bare date counts from the start of that day in the plan's zone. "
        "More than 24 hours after it is recorded: refused."
    )
    actor: Person | None = Field(default=None, description="Who did it.")


class OfMilestone(Happening):
    """It happened to a milestone."""

    milestone: Key


class OfPlan(Happening):
    """It happened to a milestone, or to the plan as a whole."""

    milestone: Key | None = None


class Started(OfMilestone):
    """Work began."""

    type: Literal["milestone.started"]
    data: PlainData = PlainData()


class Progressed(OfMilestone):
    """Work went on."""

    type: Literal["milestone.progressed"]
    data: ProgressData


class Completed(OfMilestone):
    """The milestone was reached, the work finished."""

    type: Literal["milestone.completed"]
    data: PlainData = PlainData()


class Reopened(OfMilestone):
    """It was not finished (or cancelled) after all."""

    type: Literal["milestone.reopened"]
    data: PlainData = PlainData()


class Blocked(OfMilestone):
    """Work stands still."""

    type: Literal["milestone.blocked"]
    data: BlockedData = BlockedData()


class Unblocked(OfMilestone):
    """Work can go on."""

    type: Literal["milestone.unblocked"]
    data: PlainData = PlainData()


class ForecastChanged(OfMilestone):
    """The executor expects another date."""

    type: Literal["milestone.forecast_changed"]
    data: ForecastData


class Cancelled(OfMilestone):
    """It will not be done."""

    type: Literal["milestone.cancelled"]
    data: PlainData = PlainData()


class Assigned(OfMilestone):
    """Somebody else does it now."""

    type: Literal["milestone.assigned"]
    data: AssignedData


class CostIncurred(OfPlan):
    """Money was spent."""

    type: Literal["cost.incurred"]
    data: CostData


class EffortSpent(OfPlan):
    """Time was worked."""

    type: Literal["effort.spent"]
    data: EffortData


class NoteAdded(OfPlan):
    """Somebody said something."""

    type: Literal["note.added"]
    data: NoteData


class MetricMeasured(OfPlan):
    """A success metric of the plan was measured."""

    type: Literal["metric.measured"]
    data: MeasuredData


class RiskOccurred(OfPlan):
    """A risk came true."""

    type: Literal["risk.occurred"]
    data: OccurredData


class RiskClosed(OfPlan):
    """A risk can occur no more, or is over."""

    type: Literal["risk.closed"]
    data: ClosedData


class AssumptionInvalidated(OfPlan):
    """An assumption turned out not to hold."""

    type: Literal["assumption.invalidated"]
    data: InvalidatedData


class AssignmentRequested(OfPlan):
    """Somebody is asked to take an assignment over."""

    type: Literal["assignment.requested"]
    data: RequestedData


class AssignmentAccepted(OfPlan):
    """Somebody took an assignment."""

    type: Literal["assignment.accepted"]
    data: AcceptedData


class AssignmentDeclined(OfPlan):
    """Somebody did not take an assignment."""

    type: Literal["assignment.declined"]
    data: DeclinedData


Replacement = TypeAliasType(
    "Replacement",
    Annotated[
        Started
        | Progressed
        | Completed
        | Reopened
        | Blocked
        | Unblocked
        | ForecastChanged
        | Cancelled
        | Assigned
        | CostIncurred
        | EffortSpent
        | NoteAdded
        | MetricMeasured
        | RiskOccurred
        | RiskClosed
        | AssumptionInvalidated
        | AssignmentRequested
        | AssignmentAccepted
        | AssignmentDeclined,
        Field(discriminator="type"),
    ],
)


class CorrectionData(In):
    """Which event was reported wrongly, and what really happened."""

    event: EventName
    replacement: Replacement


class Identified(In):
    """The caller's own name for the event; a repeat of (`source`, `id`) has no second effect."""

    id: Identifier
    source: Identifier
    recorded_at: Instant | None = Field(
        default=None, description="When this was really recorded, to load history (scope `history:write`)."
    )


class StartedEvent(Identified, Started):
    """Work began."""


class ProgressedEvent(Identified, Progressed):
    """Work went on."""


class CompletedEvent(Identified, Completed):
    """The milestone was reached, the work finished."""


class ReopenedEvent(Identified, Reopened):
    """It was not finished (or cancelled) after all."""


class BlockedEvent(Identified, Blocked):
    """Work stands still."""


class UnblockedEvent(Identified, Unblocked):
    """Work can go on."""


class ForecastChangedEvent(Identified, ForecastChanged):
    """The executor expects another date."""


class CancelledEvent(Identified, Cancelled):
    """It will not be done."""


class AssignedEvent(Identified, Assigned):
    """Somebody else does it now."""


class CostIncurredEvent(Identified, CostIncurred):
    """Money was spent."""


class EffortSpentEvent(Identified, EffortSpent):
    """Time was worked."""


class NoteAddedEvent(Identified, NoteAdded):
    """Somebody said something."""


class MetricMeasuredEvent(Identified, MetricMeasured):
    """A success metric of the plan was measured."""


class RiskOccurredEvent(Identified, RiskOccurred):
    """A risk came true."""


class RiskClosedEvent(Identified, RiskClosed):
    """A risk can occur no more, or is over."""


class AssumptionInvalidatedEvent(Identified, AssumptionInvalidated):
    """An assumption turned out not to hold."""


class AssignmentRequestedEvent(Identified, AssignmentRequested):
    """Somebody is asked to take an assignment over."""


class AssignmentAcceptedEvent(Identified, AssignmentAccepted):
    """Somebody took an assignment."""


class AssignmentDeclinedEvent(Identified, AssignmentDeclined):
    """Somebody did not take an assignment."""


class CorrectedEvent(Identified, Happening):
    """An event was reported wrongly: `replacement` takes its place. May arrive before what it corrects."""

    type: Literal["event.corrected"]
    data: CorrectionData


class RetractedEvent(Identified, Happening):
    """An event never happened. May arrive before what it retracts."""

    type: Literal["event.retracted"]
    data: RetractionData


ExecutionEventIn = TypeAliasType(
    "ExecutionEventIn",
    Annotated[
        StartedEvent
        | ProgressedEvent
        | CompletedEvent
        | ReopenedEvent
        | BlockedEvent
        | UnblockedEvent
        | ForecastChangedEvent
        | CancelledEvent
        | AssignedEvent
        | CostIncurredEvent
        | EffortSpentEvent
        | NoteAddedEvent
        | MetricMeasuredEvent
        | RiskOccurredEvent
        | RiskClosedEvent
        | AssumptionInvalidatedEvent
        | AssignmentRequestedEvent
        | AssignmentAcceptedEvent
        | AssignmentDeclinedEvent
        | CorrectedEvent
        | RetractedEvent,
        Field(discriminator="type"),
    ],
)


class CloudEvent(In):
    """An execution event as a CloudEvent 1.0; extension attributes but `actor` are ignored."""

    model_config = {"extra": "ignore"}

    specversion: Literal["1.0"]
    id: Identifier
    source: Identifier
    type: Annotated[str, StringConstraints(pattern=r"^leeway\.[a-z_.]{1,60}$")] = Field(
        examples=["leeway.milestone.completed"]
    )
    subject: Annotated[str, StringConstraints(pattern=r"^plans/[^/]{1,100}(/milestones/[^/]{1,100})?$")] = Field(
        examples=["plans/python-3.13/milestones/beta-1"]
    )
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    actor: Person | None = None
    data: dict[str, Any] = {}


class EventOut(Out):
    """An execution event as it was recorded."""

    plan: str
    sequence: int = Field(description="Its place in the plan's history: 1, 2, 3 … without gaps.")
    source: str
    id: str
    type: str
    milestone: str | None
    occurred_at: DayOrInstant
    recorded_at: Instant
    actor: str | None
    data: dict[str, Any]


class RecordedEvent(EventOut):
    """The answer to recording an event."""

    duplicate: bool = Field(description="True: it was recorded before, and this call had no effect.")


class EventPage(Out):
    """A page of events, in the order they were recorded."""

    items: list[EventOut]
    next_cursor: str | None
