"""The feed on the wire."""

from typing import Any
from uuid import UUID

from pydantic import Field

from app.feed.announcements import AnnouncementType
from app.kit.schemas import Instant, Out


class FeedItem(Out):
    """Something that was announced."""

    id: UUID = Field(description="Its name: that of the webhook delivery of the same announcement, too.")
    type: AnnouncementType
    occurred_at: Instant
    plan: str | None = Field(description="Key of the plan that it is about.")
    data: dict[str, Any] = Field(
        description="What there is to say, as it was then: that of the webhook of this type."
    )


class FeedPage(Out):
    """A part of the feed, oldest first. `next_cursor` is always there: keep it, and go on from it at any time."""

    items: list[FeedItem] = Field(
        description="Up to `limit`, and up to about 2 MiB; with filters there may be none although there is more."
    )
    next_cursor: str
    has_more: bool = Field(description="Whether to read on at once.")
