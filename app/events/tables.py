"""Execution events: append-only; triggers of the database refuse to change or delete them."""

from sqlalchemy import BigInteger, Column, Date, ForeignKeyConstraint, Integer, String, Table, UniqueConstraint, Uuid

from app.kit.columns import JsonText, UtcDateTime, metadata

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
