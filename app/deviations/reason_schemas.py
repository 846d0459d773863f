"""Reason codes on the wire."""

from typing import Annotated

from pydantic import Field, StringConstraints

from app.kit.schemas import In, Instant, Key, Name, Out

Description = Annotated[str, StringConstraints(max_length=2_000)]


class ReasonCodeIn(In):
    """A new reason code."""

    key: Key = Field(description="What acknowledgements give as their `reason_code`.", examples=["permit_late"])
    name: Name
    description: Description | None = None


class ReasonCodeFields(In):
    """What can be changed of a reason code."""

    name: Name
    description: Description | None = None
    deprecated: Annotated[bool, Field(strict=True)] = False


class ReasonCodePatch(In):
    """A JSON merge patch of a reason code: what is left out stays."""

    name: str | None = None
    description: str | None = None
    deprecated: Annotated[bool, Field(strict=True)] | None = Field(
        default=None, description="Whether new acknowledgements may not give it any more; it is never deleted."
    )


class ReasonCodeOut(Out):
    """A reason code."""

    key: str
    name: str
    description: str | None
    deprecated: bool = Field(description="New acknowledgements can't give it; those that did keep it.")
    built_in: bool = Field(description="Whether Leeway brought it; it may be edited like any other.")
    author: str
    recorded_at: Instant = Field(description="When it last changed.")


class ReasonCodePage(Out):
    """A page of reason codes, by key."""

    items: list[ReasonCodeOut]
    next_cursor: str | None
