"""Event mappings on the wire."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from app.events.cd_event_schemas import TYPE_PATTERN
from app.kit.schemas import In, Instant, Key, Out, Whole

Records = Literal[
    "milestone.started",
    "milestone.completed",
    "milestone.blocked",
    "milestone.unblocked",
    "milestone.reopened",
    "milestone.cancelled",
    "note.added",
]
Description = Annotated[str, StringConstraints(max_length=2_000)]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ReasonCode = Annotated[str, StringConstraints(min_length=1, max_length=100)]
EventTypeName = Annotated[str, StringConstraints(pattern=TYPE_PATTERN + "$")]
ContentPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}(\.[A-Za-z0-9_-]{1,60}){0,3}$")]
Patterns = Annotated[list[Pattern], Field(min_length=1, max_length=10)]
Content = Annotated[dict[ContentPath, Patterns], Field(max_length=5)]
Position = Annotated[int, Field(strict=True, ge=0, le=1_000_000), Whole]

_POSITION = (
    "Mappings are tried by position, the lowest first, those of one position by key; the first that matches counts."
)
_TYPE = "The type of CDEvent without its version; every version matches."
_SOURCE = "Pattern of its `source`: `*` stands for any characters. Null: any."
_SUBJECT = "Pattern of the id of its subject. Null: any."
_CONTENT = (
    "What its subject's content has to say: patterns by the path of a member, one of which has to match. "
    "Numbers and truth values are compared as JSON writes them."
)
_PLAN = "Key of the plan it is of. Null: the event names it (`customData.leeway.plan`), or the path it is sent to."
_MILESTONE = "Key of the milestone it is of. Null: the event names it (`customData.leeway.milestone`)."
_RECORDS = "Which execution event is recorded."
_REASON = "Why the milestone is blocked; only with `milestone.blocked`. The description is taken from the event."


class EventMappingFields(In):
    """What can be edited of a mapping."""

    description: Description | None = None
    position: Position = Field(default=100, description=_POSITION)
    event_type: EventTypeName = Field(description=_TYPE, examples=["dev.cdevents.pipelinerun.finished"])
    source: Pattern | None = Field(default=None, description=_SOURCE, examples=["https://ci.example.com/*"])
    subject: Pattern | None = Field(default=None, description=_SUBJECT, examples=["release-*"])
    content: Content = Field(default={}, description=_CONTENT, examples=[{"outcome": ["success"]}])
    plan: Key | None = Field(default=None, description=_PLAN, examples=["python-3.13"])
    milestone: Key | None = Field(default=None, description=_MILESTONE, examples=["beta-1"])
    records: Records = Field(description=_RECORDS)
    reason_code: ReasonCode | None = Field(default=None, description=_REASON, examples=["ci_failed"])

    @model_validator(mode="after")
    def _reason_of_a_block(self) -> "EventMappingFields":
        if self.reason_code is not None and self.records != "milestone.blocked":
            raise ValueError("reason_code goes with milestone.blocked only")
        return self


class EventMappingIn(EventMappingFields):
    """A new mapping: which CDEvents mean what, of which plan and milestone."""

    key: Key = Field(examples=["release-done"])


class EventMappingPatch(In):
    """A JSON merge patch of a mapping: what is left out stays."""

    description: str | None = None
    position: Position | None = Field(default=None, description=_POSITION)
    event_type: str | None = Field(default=None, description=_TYPE)
    source: str | None = Field(default=None, description=_SOURCE)
    subject: str | None = Field(default=None, description=_SUBJECT)
    content: dict[str, list[str] | None] | None = Field(default=None, description=_CONTENT)
    plan: str | None = Field(default=None, description=_PLAN)
    milestone: str | None = Field(default=None, description=_MILESTONE)
    records: str | None = Field(default=None, description=_RECORDS)
    reason_code: str | None = Field(default=None, description=_REASON)


class EventMappingOut(Out):
    """A mapping."""

    key: str
    description: str | None
    position: int = Field(description=_POSITION)
    event_type: str = Field(description=_TYPE)
    source: str | None = Field(description=_SOURCE)
    subject: str | None = Field(description=_SUBJECT)
    content: dict[str, list[str]] = Field(description=_CONTENT)
    plan: str | None = Field(description=_PLAN)
    milestone: str | None = Field(description=_MILESTONE)
    records: str = Field(description=_RECORDS, examples=["milestone.completed"])
    reason_code: str | None = Field(description=_REASON)
    author: str
    recorded_at: Instant = Field(description="When it last changed.")


class EventMappingPage(Out):
    """A page of mappings, by key."""

    items: list[EventMappingOut]
    next_cursor: str | None
