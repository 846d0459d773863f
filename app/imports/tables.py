"""Imports: a row for each schedule file that was taken into a plan; it never changes."""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from app.kit.columns import DayOrInstant, JsonText, UtcDateTime, metadata

imports = Table(
    "imports",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("import_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, nullable=False),
    # SHA-256 of the file and of how it was to be read.
    Column("digest", LargeBinary(32), nullable=False),
    Column("format", String(20), nullable=False),
    # What the schedule is called in the file: its own id, else its name.
    Column("project", Text),
    Column("status_date", DayOrInstant),
    Column("revision", Integer, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reason", Text),
    Column("recorded_at", UtcDateTime, nullable=False),
    # What the next file of the plan has to know: keys of its calendars, numbers of its baselines.
    Column("state", JsonText, nullable=False),
    # The report as it was answered, byte for byte.
    Column("report", Text, nullable=False),
    UniqueConstraint("workspace_id", "plan_id", "digest"),
    Index("ix_imports_plan", "workspace_id", "plan_id", "import_id"),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)
