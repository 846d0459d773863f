"""Tolerances: one row each, and one immutable row for each version."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, ForeignKeyConstraint, Integer, String, Table, Text, Uuid

from app.kit.columns import KEY, JsonText, UtcDateTime, metadata

# A built-in tolerance has a row here from its first edit on; its version 1 has none below, it is part of Leeway.
tolerances = Table(
    "tolerances",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("key", KEY, primary_key=True),
    # The one plan that it watches, by id and key; neither: all plans of the workspace. It never changes.
    Column("plan_id", Uuid),
    Column("plan", KEY),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
)

tolerance_versions = Table(
    "tolerance_versions",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("plan_id", Uuid),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reason", Text),
    Column("name", String(200)),
    Column("measure", String(40), nullable=False),
    Column("unit", String(40), nullable=False),
    Column("basis", String(20), nullable=False),
    Column("lower", JsonText, nullable=False),
    Column("upper", JsonText, nullable=False),
    Column("clear_margin", Double),
    Column("consecutive", Integer, nullable=False),
    Column("baseline", String(20), nullable=False),
    Column("applies_to", JsonText, nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)
