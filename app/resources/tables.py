"""Resources: one mutable row each, an immutable row for each version, and which plans ever named which."""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
)

from app.kit.columns import KEY, JsonText, UtcDateTime, metadata

resources = Table(
    "resources",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
)

resource_versions = Table(
    "resource_versions",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    # Also a fact of every plan that named the resource before, noted in the plan's row.
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reason", Text),
    Column("name", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("calendar", KEY),
    Column("capacity", Double, nullable=False),
    Column("cost_rate", JsonText),
    Column("owner", String(200)),
    Column("contact", String(200)),
    Column("labels", JsonText, nullable=False),
    ForeignKeyConstraint(["workspace_id", "key"], ["resources.workspace_id", "resources.key"]),
    Index("ix_resource_versions_calendar", "workspace_id", "calendar"),
)

plan_resources = Table(
    "plan_resources",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("resource", KEY, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    # When the fact of the plan was recorded that named it first: an assignment, or an event.
    Column("named_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
    ForeignKeyConstraint(["workspace_id", "resource"], ["resources.workspace_id", "resources.key"]),
    Index("ix_plan_resources_plan_id", "workspace_id", "plan_id"),
)
