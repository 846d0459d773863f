"""Resources on the wire."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path
from pydantic import Field

from app.kit.ids import KEY_PATTERN
from app.kit.schemas import In, Instant, Key, Labels, Name, Out, ShortText
from app.milestones.schemas import MoneyModel

Units = Annotated[float, Field(strict=True, gt=0, le=1e6)]

ResourcePath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the resource.", examples=["roofers"])]


class ResourceKind(StrEnum):
    """What a resource is."""

    person = "person"
    team = "team"
    machine = "machine"


class ResourceFields(In):
    """What is said of a resource."""

    name: Name
    kind: ResourceKind = ResourceKind.person
    calendar: Key | None = Field(default=None, description="When it works; null: as the plan that it works for.")
    capacity: Units = Field(
        default=1.0, description="How many minutes it works in each minute of its calendar: 1.0 is one full-time."
    )
    cost_rate: MoneyModel | None = Field(
        default=None, description="What an hour of it costs; null: nothing says so. A new rate counts from now on."
    )
    owner: ShortText | None = Field(default=None, description="Who decides on it.")
    contact: ShortText | None = None
    labels: Labels = {}


class ResourceIn(ResourceFields):
    """A new resource."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.", examples=["roofers"])


class ResourcePatch(In):
    """A JSON merge patch of a resource: what is left out stays; null is its default."""

    name: str | None = None
    kind: ResourceKind | None = None
    calendar: Key | None = None
    capacity: Units | None = None
    cost_rate: dict[str, Any] | None = None
    owner: str | None = None
    contact: str | None = None
    labels: dict[str, str | None] | None = None


class ResourceOut(Out):
    """A resource, in one of its versions."""

    key: str
    version: int
    name: str
    kind: ResourceKind
    calendar: str | None
    capacity: float
    cost_rate: MoneyModel | None
    owner: str | None
    contact: str | None
    labels: dict[str, str]
    author: str
    reason: str | None
    recorded_at: Instant


class ResourcePage(Out):
    """A page of resources, by key."""

    items: list[ResourceOut]
    next_cursor: str | None
