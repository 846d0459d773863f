"""Sealed outcomes: append-only; triggers of the database refuse to change or delete them."""

from sqlalchemy import Column, ForeignKeyConstraint, Integer, LargeBinary, String, Table, Uuid

from app.kit.columns import JsonText, UtcDateTime, metadata

plan_outcomes = Table(
    "plan_outcomes",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    # `closed`: somebody closed the plan. `revised`: what was recorded since, or time, changed what it comes to.
    Column("cause", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("known_at", UtcDateTime, nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    # Which parts of it differ from the version before.
    Column("changed", JsonText, nullable=False),
    # SHA-256 of the body, which is answered byte by byte.
    Column("digest", String(80), nullable=False),
    Column("body", LargeBinary, nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)
