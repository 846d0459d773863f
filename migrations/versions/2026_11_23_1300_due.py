"""The due column of plans, and the log of evaluations."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1300"
down_revision = "2026_11_23_1100"
branch_labels = None
depends_on = None

LOG = "the log of evaluations is append-only"


def upgrade() -> None:
    op.add_column("plans", sa.Column("check_due_at", columns.UtcDateTime(), nullable=True))
    op.add_column("plans", sa.Column("evaluation_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("plans", sa.Column("evaluation_failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("plans", sa.Column("evaluation_error", sa.String(length=200), nullable=True))
    op.add_column("plans", sa.Column("act_count", sa.Integer(), nullable=False, server_default="0"))
    is_due = sa.text("check_due_at IS NOT NULL")
    op.create_index("ix_plans_check_due_at", "plans", ["check_due_at"], postgresql_where=is_due, sqlite_where=is_due)
    create_evaluations()
    guard_evaluations()
    # What is being executed already is looked at as soon as this release runs.
    op.execute("UPDATE plans SET check_due_at = updated_at WHERE status = 'active' AND deleted_at IS NULL")


def downgrade() -> None:
    op.drop_table("evaluations")
    op.drop_index("ix_plans_check_due_at", "plans")
    for column in ("act_count", "evaluation_error", "evaluation_failures", "evaluation_count", "check_due_at"):
        op.drop_column("plans", column)


def create_evaluations() -> None:
    op.create_table(
        "evaluations",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("evaluated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("as_of", columns.UtcDateTime(), nullable=False),
        sa.Column("known_at", columns.UtcDateTime(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("baseline", sa.Integer(), nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("tolerances", columns.JsonText(), nullable=False),
        sa.Column("calendars", columns.JsonText(), nullable=False),
        sa.Column("counting", columns.JsonText(), nullable=False),
        sa.Column("transitions", columns.JsonText(), nullable=False),
        sa.Column("next_check_at", columns.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_evaluations_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "number", name=op.f("pk_evaluations")),
    )


def guard_evaluations() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER evaluations_refuse_update BEFORE UPDATE ON evaluations FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_change('{LOG}')"
        )
        op.execute(
            "CREATE TRIGGER evaluations_refuse_delete BEFORE DELETE ON evaluations FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_unless_purging('{LOG}')"
        )
        op.execute(
            "CREATE TRIGGER evaluations_refuse_truncate BEFORE TRUNCATE ON evaluations FOR EACH STATEMENT "
            f"EXECUTE FUNCTION refuse_change('{LOG}')"
        )
        return
    op.execute(
        f"CREATE TRIGGER evaluations_refuse_update BEFORE UPDATE ON evaluations BEGIN SELECT RAISE(ABORT, '{LOG}'); END"
    )
    op.execute(
        "CREATE TRIGGER evaluations_refuse_delete BEFORE DELETE ON evaluations WHEN NOT EXISTS (SELECT 1 FROM plans"
        " WHERE workspace_id = OLD.workspace_id AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
        f"BEGIN SELECT RAISE(ABORT, '{LOG}'); END"
    )
