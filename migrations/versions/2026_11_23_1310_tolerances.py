"""Tolerances and their versions."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1310"
down_revision = "2026_11_23_1300"
branch_labels = None
depends_on = None

VERSIONS = "tolerance versions are immutable"


def upgrade() -> None:
    create_tolerances()
    create_versions()
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    op.drop_table("tolerance_versions")
    op.drop_table("tolerances")


def create_tolerances() -> None:
    op.create_table(
        "tolerances",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("plan", columns.KEY, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_tolerances_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_tolerances")),
    )


def create_versions() -> None:
    op.create_table(
        "tolerance_versions",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("lower", columns.JsonText(), nullable=False),
        sa.Column("upper", columns.JsonText(), nullable=False),
        sa.Column("clear_margin", sa.Double(), nullable=True),
        sa.Column("consecutive", sa.Integer(), nullable=False),
        sa.Column("baseline", sa.String(length=20), nullable=False),
        sa.Column("applies_to", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_tolerance_versions_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", "version", name=op.f("pk_tolerance_versions")),
    )


def guard_on_postgresql() -> None:
    before = "CREATE TRIGGER tolerance_versions_refuse_{0} BEFORE {1} ON tolerance_versions FOR EACH {2} "
    refuse, unless_purging = f"refuse_change('{VERSIONS}')", f"refuse_unless_purging('{VERSIONS}')"
    op.execute(before.format("update", "UPDATE", "ROW") + f"EXECUTE FUNCTION {refuse}")
    op.execute(before.format("delete", "DELETE", "ROW") + f"EXECUTE FUNCTION {unless_purging}")
    op.execute(before.format("truncate", "TRUNCATE", "STATEMENT") + f"EXECUTE FUNCTION {refuse}")


def guard_on_sqlite() -> None:
    before = "CREATE TRIGGER tolerance_versions_refuse_{0} BEFORE {1} ON tolerance_versions "
    refuse = f"BEGIN SELECT RAISE(ABORT, '{VERSIONS}'); END"
    unless_purging = (
        "WHEN NOT EXISTS (SELECT 1 FROM plans WHERE workspace_id = OLD.workspace_id"
        " AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
    )
    op.execute(before.format("update", "UPDATE") + refuse)
    op.execute(before.format("delete", "DELETE") + unless_purging + refuse)
