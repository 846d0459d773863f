"""Status reports: append-only; triggers of the database refuse to change or delete them."""

from sqlalchemy import Column, ForeignKeyConstraint, Integer, String, Table, Text, Uuid

from app.kit.columns import JsonText, UtcDateTime, metadata

status_reports = Table(
    "status_reports",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reporter", String(200)),
    Column("health", String(20), nullable=False),
    Column("headline", String(200)),
    Column("narrative", Text, nullable=False),
    # The number of the report whose place it takes.
    Column("supersedes", Integer),
    # What was computed of the plan at that instant, and of what it was known then.
    Column("computed", JsonText, nullable=False),
    Column("disagreement", String(20)),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)
