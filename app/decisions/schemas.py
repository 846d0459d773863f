"""Decisions on the wire."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from app.domain.decision_rules import DecisionStatus
from app.kit.schemas import DayOrInstant, In, Key, LongText, Name, Ordinal, ShortText, WebAddress

Question = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class OptionModel(In):
    """One of the ways that were considered."""

    key: Key
    name: Name
    description: LongText | None = None
    scenario: Key | None = Field(default=None, description="The scenario of the plan that works it out.")


class EvidenceModel(In):
    """What a decision rests on: an assumption of the plan, or an address with a title."""

    assumption: Key | None = None
    url: WebAddress | None = None
    title: ShortText | None = Field(default=None, description="Needed with `url`.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.assumption is None) == (self.url is None):
            raise ValueError("has either an assumption or a url")
        if self.url is not None and self.title is None:
            raise ValueError("a url needs a title")
        return self


class DecisionContent(In):
    """What a decision says by itself."""

    question: Question
    context: LongText | None = None
    options: Annotated[list[OptionModel], Field(max_length=50)] = []
    choice: Key | None = Field(
        default=None,
        description="Key of the option chosen; null while it is open. With it go `reason`, `decided_by`.",
    )
    reason: Why | None = None
    decided_by: ShortText | None = None
    decided_at: DayOrInstant | None = None
    evidence: Annotated[list[EvidenceModel], Field(max_length=100)] = []
    supersedes: Key | None = Field(default=None, description="The decision whose place it takes.")


class DecisionFields(DecisionContent):
    """A question, the options considered, and the choice once it is made; from then on it stays as it is."""

    scenario: Key | None = Field(default=None, description="The scenario it is about; set by an adoption.")
    resulting_revision: Ordinal | None = Field(
        default=None, description="The revision of the plan that it brought about; set by an adoption."
    )


class DecisionDocument(DecisionFields):
    """A decision within a plan document."""

    key: Key


DERIVED = {
    "status": (DecisionStatus, Field(description="`open`, `decided`, or `superseded` by a later one.")),
    "superseded_by": (str | None, Field(description="Key of the decision that took its place.")),
    "baselines": (list[int], Field(description="Numbers of the baselines that name it.")),
}
"""What an answer tells of a decision beyond what it says itself."""
