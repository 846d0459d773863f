"""Execution events, append-only: triggers of the database refuse to change or delete them; and event mappings."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from app.kit.columns import KEY, JsonText, UtcDateTime, metadata

events = Table(
    "events",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("type", String(40), nullable=False),
    Column("milestone", String(100)),
    # The instant it happened; for an event of day precision the start of that day in the plan's zone.
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("occurred_on", Date),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("actor", String(200)),
    Column("data", JsonText, nullable=False),
    UniqueConstraint("workspace_id", "source", "event_id"),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)

event_mappings = Table(
    "event_mappings",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("description", Text),
    Column("position", Integer, nullable=False),
    Column("event_type", String(200), nullable=False),
    Column("source", String(200)),
    Column("subject", String(200)),
    Column("content", JsonText, nullable=False),
    Column("plan", String(100)),
    Column("milestone", String(100)),
    Column("records", String(40), nullable=False),
    Column("reason_code", String(100)),
    Column("author", String(100), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)
