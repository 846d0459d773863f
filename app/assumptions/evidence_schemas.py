"""The evidence of a plan on the wire."""

from pydantic import Field

from app.assumptions.schemas import DependentModel, SourceModel
from app.domain.assumptions import AssumptionStatus
from app.events.data_schemas import EventName
from app.kit.schemas import DayOrInstant, Out
from app.variance.schemas import VarianceHeader


class EvidenceItem(Out):
    """An assumption, and whether it still holds."""

    assumption: str
    statement: str
    status: AssumptionStatus = Field(description="`holds`: nobody has said that it does not; `invalidated`.")
    invalidated_at: DayOrInstant | None
    reason: str | None = Field(description="Why it does not hold.")
    confidence: float | None
    owner: str | None
    review_at: DayOrInstant | None
    review_overdue: bool = Field(description="The time to look at it again has passed, and it has not been changed.")
    sources: list[SourceModel]
    dependents: list[DependentModel]
    events: list[EventName] = Field(description="The execution events that say so, at most 20.")


class EvidenceCounts(Out):
    """How many assumptions hold."""

    holds: int
    invalidated: int


class EvidenceSummary(Out):
    """The assumptions of a plan together."""

    counts: EvidenceCounts
    reviews_overdue: int
    without_source: int
    least_confidence: float | None = Field(description="Of those that say how sure they are.")


class PlanEvidenceOut(VarianceHeader):
    """What a plan rests on, as of an instant."""

    summary: EvidenceSummary
    items: list[EvidenceItem]
    next_cursor: str | None
