"""The hand-overs of a plan's assignments on the wire."""

from pydantic import Field

from app.domain.assignments import HandOver
from app.events.data_schemas import EventName
from app.kit.schemas import DayOrInstant, Out
from app.variance.schemas import VarianceHeader


class StepOut(Out):
    """One hand-over."""

    to: str = Field(description="The resource that was asked.")
    by: str | None = Field(description="Who asked; null: nobody did, it was answered all the same.")
    asked_at: DayOrInstant | None
    note: str | None
    status: HandOver = Field(
        description="`superseded`: the same resource was asked again before it answered. An answer is to the newest "
        "open request to whom it comes from."
    )
    answered_at: DayOrInstant | None
    reason: str | None = Field(description="Why it was declined.")
    events: list[EventName] = Field(description="The execution events that say so.")


class DelegationItem(Out):
    """An assignment, and who holds it."""

    assignment: str
    milestone: str
    resource: str = Field(description="Whom the plan assigns; its load is counted there, whoever holds it.")
    role: str | None
    holder: str = Field(description="Who accepted it last; until then the resource that the plan assigns.")
    held_since: DayOrInstant | None = Field(description="When it was accepted; null: it was not handed over.")
    pending: list[str] = Field(description="Resources that were asked and have not answered.")
    steps: list[StepOut]


class DelegationCounts(Out):
    """How many assignments there are, and what became of their hand-overs."""

    assignments: int
    handed_over: int
    pending: int = Field(description="Requests that nobody has answered.")
    declined: int


class DelegationsOut(VarianceHeader):
    """Who holds what a plan assigns, as of an instant."""

    summary: DelegationCounts
    items: list[DelegationItem]
    next_cursor: str | None
