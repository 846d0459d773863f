"""Event mappings: what the events of build systems mean."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1470"
down_revision = "2026_11_23_1460"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_mappings",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("event_type", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("content", columns.JsonText(), nullable=False),
        sa.Column("plan", sa.String(length=100), nullable=True),
        sa.Column("milestone", sa.String(length=100), nullable=True),
        sa.Column("records", sa.String(length=40), nullable=False),
        sa.Column("reason_code", sa.String(length=100), nullable=True),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_event_mappings_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_event_mappings")),
    )


def downgrade() -> None:
    op.drop_table("event_mappings")
