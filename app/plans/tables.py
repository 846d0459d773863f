"""Plans, their revisions and their baselines."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.kit.columns import KEY, DayOrInstant, JsonText, UtcDateTime, metadata

_IS_DUE = text("check_due_at IS NOT NULL")

# The one mutable row of a plan. Everything below it is immutable history.
plans = Table(
    "plans",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("key", KEY, nullable=False),
    Column("status", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("baseline_count", Integer, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("last_recorded_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("purge_started_at", UtcDateTime),
    Column("purged_at", UtcDateTime),
    # When the plan is to be evaluated next; while one evaluates it, until when nobody else does. NULL: never.
    Column("check_due_at", UtcDateTime),
    Column("evaluation_count", Integer, nullable=False, server_default="0"),
    Column("evaluation_failures", Integer, nullable=False, server_default="0"),
    Column("evaluation_error", String(200)),
    # How often a person acknowledged a deviation: what an evaluation prepared before that is out of date.
    Column("act_count", Integer, nullable=False, server_default="0"),
    # How often its outcome was sealed: while that is not 0, what is recorded of a closed plan makes it due.
    Column("outcome_count", Integer, nullable=False, server_default="0"),
    UniqueConstraint("workspace_id", "key"),
    CheckConstraint("status IN ('draft', 'active', 'on_hold', 'completed', 'cancelled')", name="status"),
    Index("ix_plans_deleted_at", "deleted_at"),
    Index("ix_plans_check_due_at", "check_due_at", postgresql_where=_IS_DUE, sqlite_where=_IS_DUE),
    # Every fact moves the row on: with room in its page it is changed in place, without touching an index.
    postgresql_with={"fillfactor": 70},
)

plan_revisions = Table(
    "plan_revisions",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reason", Text),
    Column("origin", String(40), nullable=False),
    Column("change_counts", JsonText, nullable=False),
    Column("name", String(200), nullable=False),
    Column("goal", Text),
    Column("owner", String(200)),
    Column("time_zone", String(100), nullable=False),
    Column("calendar", String(100), nullable=False),
    Column("scheduling", String(40), nullable=False),
    Column("schedule_options", JsonText, nullable=False),
    Column("weight_basis", String(20), nullable=False),
    Column("target_finish", DayOrInstant),
    Column("status_date", DayOrInstant),
    Column("labels", JsonText, nullable=False),
    Column("currency", String(3)),
    Column("reserve", JsonText),
    Column("decisions_required_for", JsonText),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)

baselines = Table(
    "baselines",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("approved_by", String(200)),
    Column("supplementary", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("content_hash", String(80), nullable=False),
    Column("decision", KEY),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)

# Every change of a plan's status since it was a draft, but for the first baseline: a fact of the plan each.
plan_statuses = Table(
    "plan_statuses",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reason", Text),
    # What was learned, of a plan that is closed.
    Column("lessons", JsonText, nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)
