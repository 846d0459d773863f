"""Objectives: one mutable row each, an immutable row for each version, and an append-only log of measurements."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from app.kit.columns import KEY, JsonText, UtcDateTime, metadata

objectives = Table(
    "objectives",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    # When its newest version or event was recorded; both take their turn under the lock of this row.
    Column("last_recorded_at", UtcDateTime, nullable=False),
    # As a fact of the tree: it still was there before.
    Column("deleted_at", UtcDateTime),
    Index("ix_objectives_deleted_at", "workspace_id", "deleted_at"),
)

objective_versions = Table(
    "objective_versions",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    # Later than that of every other version of the workspace: each instant has a whole tree.
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reason", Text),
    Column("name", String(200), nullable=False),
    Column("description", Text),
    Column("owner", String(200)),
    Column("parent", KEY),
    Column("weight", Double, nullable=False),
    Column("period", JsonText),
    Column("time_zone", String(100), nullable=False),
    Column("rollup", String(20), nullable=False),
    Column("labels", JsonText, nullable=False),
    # The bodies of its metrics by key.
    Column("metrics", JsonText, nullable=False),
    ForeignKeyConstraint(["workspace_id", "key"], ["objectives.workspace_id", "objectives.key"]),
    Index("ix_objective_versions_parent", "workspace_id", "parent"),
    Index("ix_objective_versions_recorded_at", "workspace_id", "recorded_at"),
)

objective_events = Table(
    "objective_events",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("objective", KEY, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("type", String(40), nullable=False),
    # The instant it happened; for an event of day precision the start of that day in the objective's zone.
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("occurred_on", Date),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("actor", String(200)),
    Column("data", JsonText, nullable=False),
    UniqueConstraint("workspace_id", "source", "event_id"),
    ForeignKeyConstraint(["workspace_id", "objective"], ["objectives.workspace_id", "objectives.key"]),
)
