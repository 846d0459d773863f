"""What may be asked of the feed: its filters, and the cursors that a list and a stream have in common."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Query

from app.domain.tolerances import Level, Measure
from app.feed.announcements import AnnouncementType
from app.feed.service import Start
from app.kit.paging import encode_cursor, position_of
from app.kit.problems import FieldError, InvalidRequest

From = Annotated[
    Start,
    Query(
        alias="from", description="Where to begin without a cursor: at the oldest item, or after what there is now."
    ),
]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which items are wanted; a part that is left out does not narrow."""

    type: Annotated[AnnouncementType | None, Query(description="Only this type.")] = None
    plan: Annotated[str | None, Query(max_length=100, description="Only items about this plan, by key.")] = None
    milestone: Annotated[str | None, Query(max_length=100, description="Only those of this milestone.")] = None
    level: Annotated[Level | None, Query(description="Only those of this level.")] = None
    measure: Annotated[Measure | None, Query(description="Only those of this measure.")] = None
    tolerance: Annotated[str | None, Query(max_length=100, description="Only those of this tolerance.")] = None
    owner: Annotated[str | None, Query(max_length=200, description="Only those of this owner.")] = None

    @property
    def wanted(self) -> dict[str, str]:
        """The values wanted, by name."""
        return {name: str(value) for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Cursors:
    """The cursors of one reader: signed for its workspace, and good for its filters alone."""

    secret: bytes
    wanted: Mapping[str, str]

    @property
    def _binding(self) -> dict[str, Any]:
        return {"list": "feed", **self.wanted}

    def of(self, sequence: int) -> str:
        """The cursor that goes on after an item."""
        return encode_cursor(self.secret, self._binding, [sequence])

    def sequence(self, cursor: str | None, *, pointer: str = "?cursor") -> int | None:
        """The sequence that a cursor goes on after.

        Raises:
            InvalidRequest: not one of this workspace's, or of other filters.
        """
        try:
            found = position_of(self.secret, self._binding, cursor)
        except InvalidRequest as problem:
            error = problem.errors[0]
            raise InvalidRequest(errors=[FieldError(pointer, error.code, error.detail)]) from None
        return None if found is None else int(found[0])
