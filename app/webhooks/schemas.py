"""Webhooks on the wire."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.domain.tolerances import Level, Measure
from app.feed.announcements import AnnouncementType
from app.kit.schemas import In, Instant, Key, Out, ShortText
from app.webhooks.envelopes import Format

DeliveryState = Literal["pending", "delivered", "dead"]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000),
    Field(
        description="Where to POST: `https://`, port 443, a public address. No user name, no fragment. Networks in "
        "LEEWAY_WEBHOOKS_ALLOW may be reached by http and on any port, too. What addresses a name has is judged at "
        "each delivery, not here: /test tells whether it can be reached.",
        examples=["https://example.com/leeway"],
    ),
]
Description = Annotated[str, StringConstraints(max_length=1_000)]
Format_ = Annotated[
    Format,
    Field(
        description="`standard`: `{id, type, timestamp, plan, data}`; `cloudevents`: a CloudEvent 1.0 in structured "
        "JSON. Both are signed alike. What is queued already keeps its format."
    ),
]
_FEW = Field(max_length=100)


class WebhookFilter(In):
    """What is delivered: what each of the lists that name something names. A list that is empty lets all pass."""

    types: Annotated[list[AnnouncementType], _FEW] = []
    plans: Annotated[list[Key], _FEW] = []
    levels: Annotated[list[Level], _FEW] = []
    measures: Annotated[list[Measure], _FEW] = []
    tolerances: Annotated[list[Key], _FEW] = []
    milestones: Annotated[list[Key], _FEW] = []
    owners: Annotated[list[ShortText], _FEW] = []


class WebhookFields(In):
    """What a caller may say of a webhook."""

    url: Url
    description: Description | None = None
    filter: WebhookFilter = WebhookFilter()
    format: Format_ = "standard"
    enabled: bool = Field(
        default=True, strict=True, description="While false nothing is queued or sent; what was queued before waits."
    )


class WebhookIn(WebhookFields):
    """A new webhook."""

    key: Key | None = Field(default=None, description="Made by Leeway when left out.")


class WebhookFilterPatch(In):
    """A JSON merge patch of a filter: a list replaces, null empties it."""

    types: Annotated[list[AnnouncementType], _FEW] | None = None
    plans: Annotated[list[Key], _FEW] | None = None
    levels: Annotated[list[Level], _FEW] | None = None
    measures: Annotated[list[Measure], _FEW] | None = None
    tolerances: Annotated[list[Key], _FEW] | None = None
    milestones: Annotated[list[Key], _FEW] | None = None
    owners: Annotated[list[ShortText], _FEW] | None = None


class WebhookPatch(In):
    """A JSON merge patch of a webhook: what is left out stays."""

    url: Url | None = None
    description: Description | None = None
    filter: WebhookFilterPatch | None = None
    format: Format | None = None
    enabled: bool = Field(default=True, strict=True, description="Left out: as it is.")


class WebhookOut(Out):
    """A webhook, without its secret."""

    key: str
    url: str
    description: str | None
    filter: WebhookFilter
    format: Format
    enabled: bool
    state: Literal["enabled", "disabled"]
    disabled_reason: Literal["requested", "gone", "failing"] | None = Field(
        description="`requested`: by an edit; `gone`: it answered 410; `failing`: it took nothing for 120 hours."
    )
    disabled_at: Instant | None
    failing_since: Instant | None = Field(description="Null: the last attempt succeeded, or there was none yet.")
    last_delivered_at: Instant | None = Field(description="When something was taken lately, to the minute.")
    previous_secret_until: Instant | None = Field(description="Until when the secret before the newest signs too.")
    created_at: Instant
    updated_at: Instant


class WebhookCreated(WebhookOut):
    """A new webhook, with its secret: it is shown here and never again."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookSecret(Out):
    """A new secret: it is shown here and never again."""

    secret: str
    previous_secret_until: Instant = Field(description="Until when the secret before signs too.")


class WebhookPage(Out):
    """A page of webhooks, by key."""

    items: list[WebhookOut]
    next_cursor: str | None


class DeliveryOut(Out):
    """What was queued for a webhook, and how far it came."""

    id: UUID = Field(description="The `webhook-id` of every attempt; the `id` of the item in the feed.")
    type: str
    plan: str | None
    state: DeliveryState = Field(
        description="`pending`: it will be tried (again), once those before it of its plan are through; `delivered`; "
        "`dead`: ten attempts failed (three of a test), replay it. Finished ones are kept for 30 days."
    )
    occurred_at: Instant
    attempt_count: int
    next_attempt_at: Instant | None = Field(description="Not before; null: it is finished.")
    finished_at: Instant | None


class AttemptOut(Out):
    """One attempt to deliver."""

    number: int
    attempted_at: Instant
    duration_ms: int
    status: int | None = Field(description="The HTTP status; null: there was no answer.")
    error: str | None = Field(
        description="Why there was no (whole) answer: `connect_timeout`, `timeout`, `connection_refused`, "
        "`connection_lost`, `tls_failed`, `protocol_error`, `unresolvable`, `blocked_address`, `blocked_port`."
    )
    response_excerpt: str | None = Field(description="The first 2 KiB of the answer's body.")


class DeliveryDetailOut(DeliveryOut):
    """A delivery with what is sent and every attempt."""

    payload: dict[str, Any] = Field(description="What is sent, as JSON.")
    attempts: list[AttemptOut]


class DeliveryPage(Out):
    """A page of deliveries, the newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


ReplayCursor = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[A-Za-z0-9_-]+$")]


class ReplayIn(In):
    """What is sent again: one `delivery`, whatever became of it; or what occurred `from` … and before `to` …."""

    delivery: UUID | None = None
    begin: Instant | None = Field(default=None, alias="from")
    finish: Instant | None = Field(default=None, alias="to")
    states: Annotated[list[DeliveryState], Field(min_length=1, max_length=3)] = Field(
        default=["dead"], description="Of the period, those in these states."
    )
    cursor: ReplayCursor | None = Field(
        default=None, description="`next_cursor` of the answer before; keep the other members as they were."
    )

    @model_validator(mode="after")
    def _one_or_a_period(self) -> Self:
        if self.delivery is not None:
            if "states" in self.model_fields_set or self.begin or self.finish or self.cursor:
                raise ValueError("name either a delivery, or from and to")
        elif self.begin is None or self.finish is None:
            raise ValueError("name either a delivery, or from and to")
        elif self.begin > self.finish:
            raise ValueError("from must not be after to")
        return self


class ReplayOut(Out):
    """What is queued again."""

    queued: int
    next_cursor: str | None = Field(
        description="There are more: 1,000 are queued at once. Ask for the same again with this as `cursor`; null: "
        "that was all."
    )
