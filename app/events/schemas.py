"""Execution events on the wire: a discriminated union on `type`."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator
from typing_extensions import TypeAliasType

from app.kit.schemas import DayOrInstant, In, Instant, Key, LongText, Out, PositiveMinutes

Identifier = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]{0,198}[!-~])?$"), Field(examples=["run-8123"])]
Person = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Percent = Annotated[float, Field(strict=True, ge=0, le=100)]


class EventName(In):
    """The identity of an event in its workspace."""

    source: Identifier
    id: Identifier


class NoData(In):
    """No data."""


class ProgressData(In):
    """How far the work is: one of the two at least."""

    percent_complete: Percent | None = None
    remaining_minutes: PositiveMinutes | None = Field(default=None, description="Working minutes still needed.")

    @model_validator(mode="after")
    def _something(self) -> "ProgressData":
        if self.percent_complete is None and self.remaining_minutes is None:
            raise ValueError("needs percent_complete or remaining_minutes")
        return self


class BlockedData(In):
    """Why the work stands still, and until when."""

    reason_code: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    description: LongText | None = None
    expected_resume_at: DayOrInstant | None = None


class ForecastData(In):
    """What the executor now expects; a field left out stays, null withdraws it."""

    start: DayOrInstant | None = None
    finish: DayOrInstant | None = None

    @model_validator(mode="after")
    def _something(self) -> "ForecastData":
        if not self.model_fields_set:
            raise ValueError("needs start or finish")
        return self


class AssignedData(In):
    """Who does the work now."""

    assignee: Person


class CostData(In):
    """Money spent; negative takes some back."""

    amount: Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"), Field(examples=["1250.00"])]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["EUR"])]


class EffortData(In):
    """Time worked."""

    minutes: PositiveMinutes


class NoteData(In):
    """A note."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class RetractionData(In):
    """Which event never happened, and why it was reported."""

    event: EventName
    reason: LongText | None = None


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
    data: NoData = NoData()


class Progressed(OfMilestone):
    """Work went on."""

    type: Literal["milestone.progressed"]
    data: ProgressData


class Completed(OfMilestone):
    """The milestone was reached, the work finished."""

    type: Literal["milestone.completed"]
    data: NoData = NoData()


class Reopened(OfMilestone):
    """It was not finished (or cancelled) after all."""

    type: Literal["milestone.reopened"]
    data: NoData = NoData()


class Blocked(OfMilestone):
    """Work stands still."""

    type: Literal["milestone.blocked"]
    data: BlockedData = BlockedData()


class Unblocked(OfMilestone):
    """Work can go on."""

    type: Literal["milestone.unblocked"]
    data: NoData = NoData()


class ForecastChanged(OfMilestone):
    """The executor expects another date."""

    type: Literal["milestone.forecast_changed"]
    data: ForecastData


class Cancelled(OfMilestone):
    """It will not be done."""

    type: Literal["milestone.cancelled"]
    data: NoData = NoData()


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
        | NoteAdded,
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
