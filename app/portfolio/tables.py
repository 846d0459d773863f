"""Summaries of plans: what each came to, from one evaluation to the next; a row is closed once, by the next one."""

from sqlalchemy import BigInteger, Column, Float, ForeignKeyConstraint, Index, Integer, String, Table, Uuid, text

from app.kit.columns import KEY, DayOrInstant, JsonText, UtcDateTime, metadata

IS_OPEN = text("to_at IS NULL")

plan_summaries = Table(
    "plan_summaries",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    # Since when it is known, and until when: NULL is the row that still holds.
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_at", UtcDateTime),
    # How urgent it is, the least most, and then its key: the order of the portfolio.
    Column("rank", BigInteger, nullable=False),
    Column("key", KEY, nullable=False),
    # By what plans are chosen and grouped.
    Column("owner", String(200)),
    Column("status", String(20), nullable=False),
    Column("labels", JsonText, nullable=False),
    Column("objectives", JsonText, nullable=False),
    # What is added up.
    Column("schedule_status", String(20), nullable=False),
    Column("band", String(10)),
    Column("percent", Float),
    Column("finish", UtcDateTime),
    Column("finish_told", DayOrInstant),
    Column("currency", String(3)),
    Column("budget_at_completion", String(100)),
    Column("earned_value", String(100)),
    Column("actual_cost", String(100)),
    Column("estimate_at_completion", String(100)),
    Column("expected_cost", String(100)),
    # All of it, as it is answered.
    Column("body", JsonText, nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
    Index("ix_plan_summaries_open", "workspace_id", "rank", "key", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    Index(
        "uq_plan_summaries_open",
        *("workspace_id", "plan_id"),
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    ),
    Index("ix_plan_summaries_from", "workspace_id", "from_at"),
    Index("ix_plan_summaries_to", "workspace_id", "to_at"),
)
