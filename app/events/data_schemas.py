"""What events say beside when and of what: their `data`, by type."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from app.kit.schemas import DayOrInstant, In, Key, LongText, PositiveMinutes, WebAddress

Identifier = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]{0,198}[!-~])?$"), Field(examples=["run-8123"])]
Person = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Percent = Annotated[float, Field(strict=True, ge=0, le=100)]
Measurement = Annotated[float, Field(strict=True, ge=-1e15, le=1e15)]


class EventName(In):
    """The identity of an event in its workspace."""

    source: Identifier
    id: Identifier


class Origin(In):
    """The event of another system that an event mapping made this one of."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="Its type, with the version.", examples=["dev.cdevents.pipelinerun.finished.0.2.0"]
    )
    subject: Annotated[str, StringConstraints(min_length=1, max_length=1_000)] = Field(
        description="What it happened to.", examples=["release-8123"]
    )
    mapping: Key = Field(description="Key of the mapping, as it was called then.", examples=["release-done"])
    outcome: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None, description="How it ended, in the words of that system.", examples=["success"]
    )
    url: WebAddress | None = None


class PlainData(In):
    """Nothing more to say, but where it comes from if a mapping made it."""

    origin: Origin | None = None


class ProgressData(In):
    """How far the work is: one of the two at least."""

    percent_complete: Percent | None = None
    remaining_minutes: PositiveMinutes | None = Field(default=None, description="Working minutes still needed.")

    @model_validator(mode="after")
    def _something(self) -> "ProgressData":
        if self.percent_complete is None and self.remaining_minutes is None:
            raise ValueError("needs percent_complete or remaining_minutes")
        return self


class BlockedData(PlainData):
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
    resource: Key | None = Field(
        default=None,
        description="Who worked, and at whose rate; null: the resource whose key the event's actor is, if there is "
        "one.",
        examples=["roofers"],
    )


class NoteData(PlainData):
    """A note."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class MeasuredData(In):
    """What a success metric was measured at."""

    metric: Key = Field(examples=["adoption"])
    value: Measurement = Field(description="In the unit of the metric; of a `binary` one 1 (achieved) or 0.")


class OccurredData(In):
    """Which risk occurred."""

    risk: Key = Field(examples=["supplier-fails"])
    description: LongText | None = None


class ClosedData(In):
    """Which risk can occur no more, and why."""

    risk: Key = Field(examples=["supplier-fails"])
    reason: LongText | None = None


class InvalidatedData(In):
    """Which assumption turned out not to hold, and why."""

    assumption: Key = Field(examples=["stable-api"])
    reason: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class RequestedData(In):
    """Which assignment shall be handed over, to whom, and who asks for it."""

    assignment: Key = Field(examples=["roof-roofers"])
    to: Key = Field(description="The resource that is asked.", examples=["second-roofers"])
    by: Person = Field(description="Who asks.")
    note: LongText | None = None


class AcceptedData(In):
    """Which assignment was taken, and by whom."""

    assignment: Key = Field(examples=["roof-roofers"])
    by: Key = Field(description="The resource that holds it from now on.", examples=["second-roofers"])


class DeclinedData(In):
    """Which assignment was not taken, by whom, and why."""

    assignment: Key = Field(examples=["roof-roofers"])
    by: Key = Field(description="The resource that was asked.", examples=["second-roofers"])
    reason: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class RetractionData(In):
    """Which event never happened, and why it was reported."""

    event: EventName
    reason: LongText | None = None
