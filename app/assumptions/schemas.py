"""Assumptions on the wire: what a plan says of them."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from app.kit.schemas import DayOrInstant, In, Key, LongText, ShortText, WebAddress

Statement = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Confidence = Annotated[float, Field(strict=True, ge=0, le=1)]


class SourceKind(StrEnum):
    """What evidence is."""

    url = "url"
    study = "study"
    person = "person"
    measurement = "measurement"
    other = "other"


class DependentPart(StrEnum):
    """What of a plan can depend on an assumption."""

    milestones = "milestones"
    objectives = "objectives"
    metrics = "metrics"
    risks = "risks"
    scenarios = "scenarios"
    decisions = "decisions"


class SourceModel(In):
    """Where a plan has something from."""

    kind: SourceKind
    title: ShortText | None = None
    url: WebAddress | None = None
    role: ShortText | None = Field(default=None, description="Of a person: in which role they said so.")
    at: DayOrInstant | None = Field(default=None, description="When it was published, said or measured.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.kind is SourceKind.url and self.url is None:
            raise ValueError("needs a url")
        if self.title is None and self.url is None and self.role is None:
            raise ValueError("needs a title, a url or a role")
        return self


class DependentModel(In):
    """Something of the plan that depends on the assumption."""

    part: DependentPart
    key: Key


class AssumptionFields(In):
    """Something that a plan takes for granted."""

    statement: Statement = Field(examples=["The interface of the supplier stays as it is"])
    sources: Annotated[list[SourceModel], Field(max_length=50)] = []
    confidence: Confidence | None = Field(default=None, description="How sure it is, 0 to 1; null: nobody said.")
    review_at: DayOrInstant | None = Field(default=None, description="When somebody looks at it again.")
    owner: ShortText | None = None
    note: LongText | None = None
    dependents: Annotated[list[DependentModel], Field(max_length=200)] = Field(
        default=[],
        description="What is not right any more without it: `assumption.invalidated` opens a deviation on each.",
    )


class AssumptionDocument(AssumptionFields):
    """Something that a plan takes for granted."""

    key: Key = Field(examples=["stable-api"])
