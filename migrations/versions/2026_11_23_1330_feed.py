"""The feed."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1330"
down_revision = "2026_11_23_1320"
branch_labels = None
depends_on = None

MESSAGE = "the feed is append-only"


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def upgrade() -> None:
    create_feed_items()
    if on_postgresql():
        op.execute("CREATE SEQUENCE feed_sequence")
    op.create_table(
        "feed_counters",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_feed_counters")),
    )
    op.create_table(
        "feed_drops",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_feed_drops")),
    )
    guard()


def downgrade() -> None:
    if on_postgresql():
        op.execute("DROP SEQUENCE feed_sequence")
    op.drop_table("feed_drops")
    op.drop_table("feed_counters")
    op.drop_table("feed_items")


def create_feed_items() -> None:
    op.create_table(
        "feed_items",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("occurred_at", columns.UtcDateTime(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("plan", sa.String(length=100), nullable=True),
        sa.Column("milestone", sa.String(length=100), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("measure", sa.String(length=40), nullable=True),
        sa.Column("tolerance", sa.String(length=100), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "sequence", name=op.f("pk_feed_items")),
        sa.UniqueConstraint("item_id", "workspace_id", name=op.f("uq_feed_items_item_id_workspace_id")),
    )
    op.create_index("ix_feed_items_plan", "feed_items", ["workspace_id", "plan_id", "sequence"])


def guard() -> None:
    """No item changes. Items may be deleted: after LEEWAY_FEED_DAYS, which no trigger knows, and with their plan.

    What they announce is in tables of its own, whose triggers let nothing go.
    """
    if on_postgresql():
        for what, each in (("UPDATE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER feed_items_refuse_{what.lower()} BEFORE {what} ON feed_items "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change('{MESSAGE}')"
            )
        return
    op.execute(
        "CREATE TRIGGER feed_items_refuse_update BEFORE UPDATE ON feed_items "
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    )
