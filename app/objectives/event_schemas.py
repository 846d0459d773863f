"""What is measured of objectives on the wire."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from app.events.data_schemas import EventName, MeasuredData
from app.events.schemas import Happening, Identified, RetractedEvent
from app.kit.schemas import DayOrInstant, In, Instant, Out

ObjectiveEventType = Literal["metric.measured", "event.corrected", "event.retracted"]


class ObjectiveMeasured(Happening):
    """A success metric of the objective was measured."""

    type: Literal["metric.measured"]
    data: MeasuredData


class ObjectiveCorrectionData(In):
    """Which event was reported wrongly, and what was really measured."""

    event: EventName
    replacement: ObjectiveMeasured


class ObjectiveMeasuredEvent(Identified, ObjectiveMeasured):
    """A success metric of the objective was measured."""


class ObjectiveCorrectedEvent(Identified, Happening):
    """An event was reported wrongly: `replacement` takes its place. May arrive before what it corrects."""

    type: Literal["event.corrected"]
    data: ObjectiveCorrectionData


ObjectiveEventIn = TypeAliasType(
    "ObjectiveEventIn",
    Annotated[
        ObjectiveMeasuredEvent | ObjectiveCorrectedEvent | RetractedEvent,
        Field(discriminator="type"),
    ],
)


class ObjectiveEventOut(Out):
    """An event of an objective as it was recorded."""

    objective: str
    sequence: int = Field(description="Its place in the objective's history: 1, 2, 3 … without gaps.")
    source: str
    id: str
    type: str
    occurred_at: DayOrInstant
    recorded_at: Instant
    actor: str | None
    data: dict[str, Any]


class RecordedObjectiveEvent(ObjectiveEventOut):
    """The answer to recording an event of an objective."""

    duplicate: bool = Field(description="True: it was recorded before, and this call had no effect.")


class ObjectiveEventPage(Out):
    """A page of events, in the order they were recorded."""

    items: list[ObjectiveEventOut]
    next_cursor: str | None
