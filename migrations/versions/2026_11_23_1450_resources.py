"""Resources, their versions, and which plans ever named which."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1450"
down_revision = "2026_11_23_1440"
branch_labels = None
depends_on = None

VERSIONS = "resource versions are immutable"


def upgrade() -> None:
    create_resources()
    create_versions()
    create_naming()
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    for table in ("plan_resources", "resource_versions", "resources"):
        op.drop_table(table)


def create_resources() -> None:
    op.create_table(
        "resources",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_resources_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_resources")),
    )


def create_versions() -> None:
    op.create_table(
        "resource_versions",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("calendar", columns.KEY, nullable=True),
        sa.Column("capacity", sa.Double(), nullable=False),
        sa.Column("cost_rate", columns.JsonText(), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("contact", sa.String(length=200), nullable=True),
        sa.Column("labels", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "key"],
            ["resources.workspace_id", "resources.key"],
            name=op.f("fk_resource_versions_workspace_id_key_resources"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", "version", name=op.f("pk_resource_versions")),
    )
    op.create_index("ix_resource_versions_calendar", "resource_versions", ["workspace_id", "calendar"])


def create_naming() -> None:
    op.create_table(
        "plan_resources",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("resource", columns.KEY, nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", columns.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_plan_resources_workspace_id_plan_id_plans"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "resource"],
            ["resources.workspace_id", "resources.key"],
            name=op.f("fk_plan_resources_workspace_id_resource_resources"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "resource", "plan_id", name=op.f("pk_plan_resources")),
    )
    op.create_index("ix_plan_resources_plan_id", "plan_resources", ["workspace_id", "plan_id"])


def guard_on_postgresql() -> None:
    for action, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER resource_versions_refuse_{action.lower()} BEFORE {action} ON resource_versions"
            f" FOR EACH {each} EXECUTE FUNCTION refuse_change('{VERSIONS}')"
        )


def guard_on_sqlite() -> None:
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER resource_versions_refuse_{action.lower()} BEFORE {action} ON resource_versions"
            f" BEGIN SELECT RAISE(ABORT, '{VERSIONS}'); END"
        )
