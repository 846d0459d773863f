"""Query parameters that many operations share."""

from typing import Annotated, Any

from fastapi import Query

from app.kit.schemas import Instant

LABEL_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}:[^\x00]{0,200}$"
"""A label as a filter: its name, a colon, its value."""

Reason = Annotated[
    str | None,
    Query(min_length=1, max_length=1_000, description="Why: kept with the revision.", examples=["re-plan"]),
]
RecordedAt = Annotated[
    Instant | None,
    Query(
        description="When this was really recorded, to load history (scope `history:write`): not before the plan's "
        "newest fact, not in the future.",
    ),
]
Revision = Annotated[
    int | None, Query(ge=1, le=2_147_483_646, description="Read this revision instead of the newest.", examples=[1])
]


def filters(**given: Any) -> dict[str, str]:
    """The filters that were given, as text."""
    return {name: str(value) for name, value in given.items() if value is not None}
