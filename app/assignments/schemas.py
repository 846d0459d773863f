"""Assignments on the wire: what a plan says of them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from app.kit.schemas import In, Key, PositiveMinutes, ShortText

Units = Annotated[float, Field(strict=True, gt=0, le=1e6)]


class AssignmentFields(In):
    """That a resource does work of a milestone: so many units of it, or so much effort."""

    milestone: Key = Field(description="Key of a milestone or activity.")
    resource: Key = Field(description="Key of a resource of the workspace.", examples=["roofers"])
    units: Units | None = Field(
        default=None,
        description="How much it works in each working minute of the milestone; 1.0 is one full-time. Without "
        "effort_minutes they make the effort: units x the working time from start to finish.",
    )
    effort_minutes: PositiveMinutes | None = Field(
        default=None, description="How long it works on it in all, spread evenly from start to finish."
    )
    role: ShortText | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.units is None and self.effort_minutes is None:
            raise ValueError("needs units or effort_minutes")
        return self


class AssignmentChange(In):
    """A JSON merge patch of an assignment: what is left out stays, null clears."""

    milestone: Key | None = None
    resource: Key | None = None
    units: Units | None = None
    effort_minutes: PositiveMinutes | None = None
    role: ShortText | None = None


class AssignmentDocument(AssignmentFields):
    """That a resource does work of a milestone."""

    key: Key = Field(examples=["roof-roofers"])
