"""Objectives, their versions and their measurements."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1400"
down_revision = "2026_11_23_1340"
branch_labels = None
depends_on = None

MESSAGES = {
    "objective_versions": "objective versions are immutable",
    "objective_events": "objective events are append-only",
}


def upgrade() -> None:
    create_objectives()
    create_versions()
    create_events()
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    for table in ("objective_events", "objective_versions", "objectives"):
        op.drop_table(table)


def create_objectives() -> None:
    op.create_table(
        "objectives",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", columns.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_objectives_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_objectives")),
    )
    op.create_index("ix_objectives_deleted_at", "objectives", ["workspace_id", "deleted_at"])


def create_versions() -> None:
    op.create_table(
        "objective_versions",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("parent", columns.KEY, nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("period", columns.JsonText(), nullable=True),
        sa.Column("time_zone", sa.String(length=100), nullable=False),
        sa.Column("rollup", sa.String(length=20), nullable=False),
        sa.Column("labels", columns.JsonText(), nullable=False),
        sa.Column("metrics", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "key"],
            ["objectives.workspace_id", "objectives.key"],
            name=op.f("fk_objective_versions_workspace_id_key_objectives"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", "version", name=op.f("pk_objective_versions")),
    )
    op.create_index("ix_objective_versions_parent", "objective_versions", ["workspace_id", "parent"])
    op.create_index("ix_objective_versions_recorded_at", "objective_versions", ["workspace_id", "recorded_at"])


def create_events() -> None:
    op.create_table(
        "objective_events",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("objective", columns.KEY, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("occurred_at", columns.UtcDateTime(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=True),
        sa.Column("data", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "objective"],
            ["objectives.workspace_id", "objectives.key"],
            name=op.f("fk_objective_events_workspace_id_objective_objectives"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "objective", "sequence", name=op.f("pk_objective_events")),
        sa.UniqueConstraint(
            "workspace_id", "source", "event_id", name=op.f("uq_objective_events_workspace_id_source_event_id")
        ),
    )


def guard_on_postgresql() -> None:
    for table, message in MESSAGES.items():
        for action, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION refuse_change('{message}')"
            )


def guard_on_sqlite() -> None:
    for table, message in MESSAGES.items():
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{action.lower()} BEFORE {action} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
