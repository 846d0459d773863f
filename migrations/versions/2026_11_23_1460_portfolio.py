"""Summaries of plans."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1460"
down_revision = "2026_11_23_1450"
branch_labels = None
depends_on = None

SUMMARIES = "the history of summaries is immutable"
AMOUNTS = ("budget_at_completion", "earned_value", "actual_cost", "estimate_at_completion", "expected_cost")
FACTS = (
    *("workspace_id", "plan_id", "number", "from_at", "rank", "key", "owner", "status", "labels", "objectives"),
    *("schedule_status", "band", "percent", "finish", "finish_told", "currency", *AMOUNTS, "body"),
)
KEY = sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "plan_summaries",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_at", columns.UtcDateTime(), nullable=False),
        sa.Column("to_at", columns.UtcDateTime(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("labels", columns.JsonText(), nullable=False),
        sa.Column("objectives", columns.JsonText(), nullable=False),
        sa.Column("schedule_status", sa.String(length=20), nullable=False),
        sa.Column("band", sa.String(length=10), nullable=True),
        sa.Column("percent", sa.Float(), nullable=True),
        sa.Column("finish", columns.UtcDateTime(), nullable=True),
        sa.Column("finish_told", columns.DayOrInstant(length=32), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        *(sa.Column(name, sa.String(length=100), nullable=True) for name in AMOUNTS),
        sa.Column("body", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_plan_summaries_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "number", name=op.f("pk_plan_summaries")),
    )
    is_open = sa.text("to_at IS NULL")
    where: dict[str, Any] = {"sqlite_where": is_open, "postgresql_where": is_open}
    op.create_index("ix_plan_summaries_open", "plan_summaries", ["workspace_id", "rank", "key"], **where)
    op.create_index("uq_plan_summaries_open", "plan_summaries", ["workspace_id", "plan_id"], unique=True, **where)
    op.create_index("ix_plan_summaries_from", "plan_summaries", ["workspace_id", "from_at"])
    op.create_index("ix_plan_summaries_to", "plan_summaries", ["workspace_id", "to_at"])
    # Every plan there is gets its summary when it is evaluated next: now.
    op.execute(
        "UPDATE plans SET check_due_at = last_recorded_at WHERE deleted_at IS NULL"
        " AND (check_due_at IS NULL OR check_due_at > last_recorded_at)"
    )
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    op.drop_table("plan_summaries")


def closes(same: str) -> str:
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in FACTS)
    return f"(OLD.to_at IS NULL AND NEW.to_at IS NOT NULL AND {unchanged})"


def guard_on_postgresql() -> None:
    before = "CREATE TRIGGER plan_summaries_refuse_{0} BEFORE {1} ON plan_summaries FOR EACH {2} "
    refuse, unless_purging = f"refuse_change('{SUMMARIES}')", f"refuse_unless_purging('{SUMMARIES}')"
    when = f"WHEN (NOT {closes('IS NOT DISTINCT FROM')}) "
    op.execute(before.format("update", "UPDATE", "ROW") + when + f"EXECUTE FUNCTION {refuse}")
    op.execute(before.format("delete", "DELETE", "ROW") + f"EXECUTE FUNCTION {unless_purging}")
    op.execute(before.format("truncate", "TRUNCATE", "STATEMENT") + f"EXECUTE FUNCTION {refuse}")


def guard_on_sqlite() -> None:
    abort = f"BEGIN SELECT RAISE(ABORT, '{SUMMARIES}'); END"
    op.execute(
        f"CREATE TRIGGER plan_summaries_refuse_update BEFORE UPDATE ON plan_summaries WHEN NOT {closes('IS')} {abort}"
    )
    op.execute(
        "CREATE TRIGGER plan_summaries_refuse_delete BEFORE DELETE ON plan_summaries WHEN NOT EXISTS (SELECT 1 FROM plans"
        " WHERE workspace_id = OLD.workspace_id AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
        f"{abort}"
    )
