"""Parts of plans: a row says what it said from one revision up to, not including, another."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, Table, Uuid, text

from app.kit.columns import KEY, JsonText, metadata
from app.kit.db import OPEN_REVISION

plan_parts = Table(
    "plan_parts",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("from_revision", Integer, primary_key=True),
    Column("to_revision", Integer, nullable=False, server_default=text(str(OPEN_REVISION))),
    Column("body", JsonText, nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
    # Who has a part of this name: which plans contribute to an objective.
    Index("ix_plan_parts_key", "workspace_id", "part", "key"),
)
