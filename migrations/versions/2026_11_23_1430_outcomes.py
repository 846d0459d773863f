"""Changes of the status of plans, and sealed outcomes."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1430"
down_revision = "2026_11_23_1425"
branch_labels = None
depends_on = None

MESSAGES = {
    "plan_statuses": "the history of the status of plans is immutable",
    "plan_outcomes": "sealed outcomes are immutable",
}


def upgrade() -> None:
    op.add_column("plans", sa.Column("outcome_count", sa.Integer(), server_default="0", nullable=False))
    create_statuses()
    create_outcomes()
    # Who closed a plan before, and when, was not kept: it is known since the plan's newest fact.
    op.execute(
        "INSERT INTO plan_statuses (workspace_id, plan_id, number, status, recorded_at, author, lessons)"
        " SELECT workspace_id, plan_id, 1, status, last_recorded_at, 'leeway', '[]' FROM plans"
        " WHERE status IN ('completed', 'cancelled', 'on_hold') AND purged_at IS NULL"
    )
    # What people said of deviations is a fact of the plan: what is recorded next is later.
    op.execute(
        "UPDATE plans SET last_recorded_at = said.at FROM (SELECT workspace_id, plan_id, max(recorded_at) AS at"
        " FROM deviation_transitions WHERE evaluation IS NULL GROUP BY workspace_id, plan_id) AS said"
        " WHERE plans.workspace_id = said.workspace_id AND plans.plan_id = said.plan_id"
        " AND plans.last_recorded_at < said.at"
    )
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    op.drop_table("plan_outcomes")
    op.drop_table("plan_statuses")
    op.drop_column("plans", "outcome_count")


def create_statuses() -> None:
    op.create_table(
        "plan_statuses",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("lessons", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_plan_statuses_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "number", name=op.f("pk_plan_statuses")),
    )


def create_outcomes() -> None:
    op.create_table(
        "plan_outcomes",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("as_of", columns.UtcDateTime(), nullable=False),
        sa.Column("known_at", columns.UtcDateTime(), nullable=False),
        sa.Column("sealed_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("changed", columns.JsonText(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_plan_outcomes_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "version", name=op.f("pk_plan_outcomes")),
    )


def guard_on_postgresql() -> None:
    for table, message in MESSAGES.items():
        before = f"CREATE TRIGGER {table}_refuse_{{0}} BEFORE {{1}} ON {table} FOR EACH {{2}} EXECUTE FUNCTION "
        refuse, unless_purging = f"refuse_change('{message}')", f"refuse_unless_purging('{message}')"
        op.execute(before.format("update", "UPDATE", "ROW") + refuse)
        op.execute(before.format("delete", "DELETE", "ROW") + unless_purging)
        op.execute(before.format("truncate", "TRUNCATE", "STATEMENT") + refuse)


def guard_on_sqlite() -> None:
    for table, message in MESSAGES.items():
        abort = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        op.execute(f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {abort}")
        op.execute(
            f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} WHEN NOT EXISTS (SELECT 1 FROM plans"
            " WHERE workspace_id = OLD.workspace_id AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
            f"{abort}"
        )
