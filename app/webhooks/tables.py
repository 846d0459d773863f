"""Webhooks, what is queued for them, and what was tried."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.kit.columns import KEY, JsonText, UtcDateTime, metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("webhook_id", Uuid, primary_key=True),
    Column("key", KEY),  # null: deleted, and its deliveries are being purged
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("filter", JsonText, nullable=False),
    Column("format", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("disabled_reason", String(40)),
    Column("disabled_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    # Encrypted. Those before sign too, each until its time is over: `[{"sealed", "until"}]`, the newest last.
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secrets", JsonText, nullable=False),
    Column("previous_secret_until", UtcDateTime),
    # Of the attempts: since when only failures; when one failed or was taken lately (kept to the minute); how long
    # a success took, kept to which side of a second; when something was claimed for it.
    Column("failing_since", UtcDateTime),
    Column("last_failed_at", UtcDateTime),
    Column("last_delivered_at", UtcDateTime),
    Column("last_duration_ms", Integer),
    Column("served_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "key"),
    Index("ix_webhooks_webhook_id", "webhook_id"),
)

_PENDING = text("state = 'pending'")
_LEASED = text("leased_until IS NOT NULL")

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("webhook_id", Uuid, primary_key=True),
    Column("item_id", Uuid, primary_key=True),  # the `webhook-id` of every attempt
    Column("plan_id", Uuid, nullable=False),  # nil: of no plan
    Column("plan", KEY),
    Column("sequence", BigInteger, nullable=False),  # the order within the plan: the item's place in the feed
    Column("type", String(100), nullable=False),
    Column("format", String(20), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False),  # since it was queued last
    Column("attempt_count", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Index("ix_webhook_deliveries_state", "workspace_id", "webhook_id", "state", "item_id"),
    Index("ix_webhook_deliveries_plan", "workspace_id", "plan_id", "webhook_id", "item_id"),
    Index("ix_webhook_deliveries_finished_at", "finished_at"),
    Index(
        "ix_webhook_deliveries_pending",
        *("workspace_id", "webhook_id", "plan_id", "sequence", "item_id"),
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
)

# What is sent of an item, once for each format however many it goes to; dropped after the last of its deliveries.
webhook_payloads = Table(
    "webhook_payloads",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("item_id", Uuid, primary_key=True),
    Column("format", String(20), primary_key=True),
    Column("plan_id", Uuid, nullable=False),
    Column("plan", KEY),
    Column("sequence", BigInteger, nullable=False),
    Column("type", String(100), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_webhook_payloads_plan", "workspace_id", "plan_id", "item_id", "format"),
    Index("ix_webhook_payloads_occurred_at", "occurred_at"),
)

# What was announced to so many at once that its deliveries are made after the commit, some at a time and in order.
webhook_batches = Table(
    "webhook_batches",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("webhook_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),  # of its first item
    Column("format", String(20), nullable=False),
    Column("item_ids", LargeBinary, nullable=False),  # 16 bytes each
    Index("ix_webhook_batches_plan", "workspace_id", "plan_id", "webhook_id", "sequence"),
)

# One row for each webhook and plan that has something pending: when its oldest is due, and who sends it just now.
# Whoever queues or finishes a delivery locks this row, so that none is forgotten between the two.
webhook_lanes = Table(
    "webhook_lanes",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("webhook_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Index("ix_webhook_lanes_due_at", "webhook_id", "due_at"),
    Index(
        "ix_webhook_lanes_leased_until", "webhook_id", "leased_until", sqlite_where=_LEASED, postgresql_where=_LEASED
    ),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("webhook_id", Uuid, primary_key=True),
    Column("item_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("attempted_at", UtcDateTime, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status", Integer),
    Column("error", String(40)),
    Column("excerpt", Text),
    ForeignKeyConstraint(
        ["workspace_id", "webhook_id", "item_id"],
        ["webhook_deliveries.workspace_id", "webhook_deliveries.webhook_id", "webhook_deliveries.item_id"],
        name="fk_webhook_attempts_delivery",
        ondelete="CASCADE",
    ),
)
