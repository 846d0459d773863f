"""Milestones and dependencies: a row says what it said from one revision up to, not including, another."""

from sqlalchemy import (
    Column,
    Double,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from app.kit.columns import KEY, DayOrInstant, JsonText, metadata
from app.kit.db import OPEN_REVISION

milestones = Table(
    "milestones",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("from_revision", Integer, primary_key=True),
    Column("to_revision", Integer, nullable=False, server_default=text(str(OPEN_REVISION))),
    Column("name", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("planned_start", DayOrInstant),
    Column("planned_finish", DayOrInstant),
    Column("planned_duration_minutes", Integer),
    Column("calendar", String(100)),
    Column("parent", String(100)),
    Column("owner", String(200)),
    Column("constraint_type", String(10)),
    Column("constraint_date", DayOrInstant),
    Column("deadline", DayOrInstant),
    Column("weight", Double, nullable=False),
    Column("external_id", Text),
    Column("labels", JsonText, nullable=False),
    Column("budget", JsonText),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)

dependencies = Table(
    "dependencies",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("predecessor", KEY, primary_key=True),
    Column("type", String(2), primary_key=True),
    Column("successor", KEY, primary_key=True),
    Column("from_revision", Integer, primary_key=True),
    Column("to_revision", Integer, nullable=False, server_default=text(str(OPEN_REVISION))),
    Column("lag_minutes", Integer, nullable=False),
    Column("lag_percent", Double),
    Column("lag_unit", String(20), nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)
