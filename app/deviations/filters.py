"""By what deviations are chosen in lists."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Query

from app.domain.tolerances import Level, Measure
from app.kit.ids import KEY_PATTERN
from app.kit.parameters import LABEL_PATTERN
from app.kit.schemas import Instant

_PART = KEY_PATTERN[1:-1]
_ABOUT = rf"^{_PART}(/{_PART}){{0,3}}$"


class StateChosen(StrEnum):
    """A state of a deviation, or `unresolved`: open or acknowledged."""

    open = "open"
    acknowledged = "acknowledged"
    resolved = "resolved"
    unresolved = "unresolved"


def _key(what: str) -> Any:
    return Query(pattern=KEY_PATTERN, description=f"Only those of this {what}.")


@dataclass(frozen=True, slots=True)
class Filters:
    """The query parameters that choose deviations; what is left out does not narrow."""

    level: Annotated[Level | None, Query(description="Only those at this level.")] = None
    state: Annotated[
        StateChosen | None, Query(description="Only those in this state; `unresolved`: open or acknowledged.")
    ] = None
    measure: Annotated[Measure | None, Query(description="Only those of this measure.")] = None
    tolerance: Annotated[str | None, _key("tolerance")] = None
    milestone: Annotated[str | None, _key("milestone")] = None
    about: Annotated[
        str | None,
        Query(
            pattern=_ABOUT,
            description="Only those about this, or a part of it: `risks`, `risks/r1`, `risks/r1/contingencies/c1`.",
            examples=["metrics/adoption"],
        ),
    ] = None
    owner: Annotated[str | None, Query(min_length=1, max_length=200, description="Only those of this owner.")] = None
    label: Annotated[
        str | None,
        Query(
            pattern=LABEL_PATTERN, description="Only those whose milestone has this label.", examples=["team:core"]
        ),
    ] = None
    opened_after: Annotated[Instant | None, Query(description="Only those opened after this instant.")] = None
    opened_before: Annotated[Instant | None, Query(description="Only those opened before this instant.")] = None
    changed_after: Annotated[
        Instant | None, Query(description="Only those with a transition recorded after this instant.")
    ] = None

    @property
    def given(self) -> dict[str, Any]:
        """What was given, as the store takes it."""
        found: dict[str, Any] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        found = {name: value for name, value in found.items() if value is not None}
        if self.label is not None:
            name, _, value = self.label.partition(":")
            found["label"] = (name, value)
        return found

    @property
    def binding(self) -> dict[str, str]:
        """What was given, as text that a cursor is bound to."""
        return {name: text(value) for name, value in self.given.items()}


def text(value: Any) -> str:
    """A filter's value as text."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


FiltersGiven = Annotated[Filters, Depends()]
