"""Objectives on the wire."""

from typing import Annotated, Any, Self

from fastapi import Path
from pydantic import Field, field_validator, model_validator

from app.calendars.rules import known_zone
from app.domain.objectives import RollupRule
from app.kit.ids import KEY_PATTERN
from app.kit.schemas import Day, In, Instant, Key, Labels, LongText, Name, Out, ShortText

Weight = Annotated[float, Field(strict=True, gt=0, le=1e9)]

ObjectivePath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the objective.", examples=["adoption"])]

RULES = (
    "`worst`: the lowest progress, the lowest score and the worst schedule status of whatever is known. "
    "`weighted`: progress and score are means by weight over what is known; the status is the one that has the "
    "greatest weight, of two that tie the worse. `critical_path`: what finishes last decides; where that is not "
    "known of it, neither is it of the objective."
)


class ObjectivePeriod(In):
    """The days from the first to the last that an objective is about, in its zone."""

    start: Day
    finish: Day

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.finish < self.start:
            raise ValueError("finish must not be before start")
        return self


class ObjectiveFields(In):
    """What an objective says."""

    name: Name
    description: LongText | None = Field(default=None, description="Why it is worth it, and by which strategy.")
    owner: ShortText | None = None
    parent: Key | None = Field(
        default=None, description="Key of the objective above it; the tree is 10 deep at most."
    )
    weight: Weight = Field(default=1.0, description="Among all that contributes to its parent.")
    period: ObjectivePeriod | None = Field(
        default=None, description="When its metrics start and are measured by default."
    )
    time_zone: str = Field(default="UTC", max_length=100, description="IANA zone in which bare dates are days.")
    rollup: RollupRule = Field(default=RollupRule.weighted, description=RULES)
    labels: Labels = {}

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, zone: str) -> str:
        if not known_zone(zone):
            raise ValueError("is no IANA time zone")
        return zone


class ObjectiveIn(ObjectiveFields):
    """A new objective."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.", examples=["adoption"])


class ObjectivePatch(In):
    """A JSON merge patch of an objective: what is left out stays; null is its default."""

    name: str | None = None
    description: str | None = None
    owner: str | None = None
    parent: Key | None = None
    weight: Weight | None = None
    period: dict[str, Any] | None = None
    time_zone: str | None = None
    rollup: RollupRule | None = None
    labels: dict[str, str | None] | None = None


class ObjectiveOut(Out):
    """An objective, in one of its versions."""

    key: str
    version: int
    name: str
    description: str | None
    owner: str | None
    parent: str | None
    weight: float
    period: ObjectivePeriod | None
    time_zone: str
    rollup: RollupRule
    labels: dict[str, str]
    metrics: list[str] = Field(description="Keys of its own success metrics; each is a resource of its own.")
    author: str
    reason: str | None
    recorded_at: Instant


class ObjectivePage(Out):
    """A page of objectives, by key."""

    items: list[ObjectiveOut]
    next_cursor: str | None
