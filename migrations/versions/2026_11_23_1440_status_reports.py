"""Status reports."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1440"
down_revision = "2026_11_23_1430"
branch_labels = None
depends_on = None

REPORTS = "status reports are immutable"


def upgrade() -> None:
    op.create_table(
        "status_reports",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reporter", sa.String(length=200), nullable=True),
        sa.Column("health", sa.String(length=20), nullable=False),
        sa.Column("headline", sa.String(length=200), nullable=True),
        sa.Column("narrative", sa.Text(), nullable=False),
        sa.Column("supersedes", sa.Integer(), nullable=True),
        sa.Column("computed", columns.JsonText(), nullable=False),
        sa.Column("disagreement", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_status_reports_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "number", name=op.f("pk_status_reports")),
    )
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    op.drop_table("status_reports")


def guard_on_postgresql() -> None:
    before = "CREATE TRIGGER status_reports_refuse_{0} BEFORE {1} ON status_reports FOR EACH {2} "
    refuse, unless_purging = f"refuse_change('{REPORTS}')", f"refuse_unless_purging('{REPORTS}')"
    op.execute(before.format("update", "UPDATE", "ROW") + f"EXECUTE FUNCTION {refuse}")
    op.execute(before.format("delete", "DELETE", "ROW") + f"EXECUTE FUNCTION {unless_purging}")
    op.execute(before.format("truncate", "TRUNCATE", "STATEMENT") + f"EXECUTE FUNCTION {refuse}")


def guard_on_sqlite() -> None:
    before = "CREATE TRIGGER status_reports_refuse_{0} BEFORE {1} ON status_reports "
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REPORTS}'); END"
    unless_purging = (
        "WHEN NOT EXISTS (SELECT 1 FROM plans WHERE workspace_id = OLD.workspace_id"
        " AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
    )
    op.execute(before.format("update", "UPDATE") + refuse)
    op.execute(before.format("delete", "DELETE") + unless_purging + refuse)
