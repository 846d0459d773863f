"""Webhooks, their deliveries and attempts."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1340"
down_revision = "2026_11_23_1330"
branch_labels = None
depends_on = None

PAYLOADS = "what is sent is immutable"
DELIVERIES = "what is delivered is immutable"
ATTEMPTS = "delivery attempts are immutable"
# What stays as it was queued, however often it is sent.
FROZEN = (
    "workspace_id",
    "webhook_id",
    "item_id",
    "plan_id",
    "plan",
    "sequence",
    "type",
    "format",
    "occurred_at",
)
PENDING = sa.text("state = 'pending'")
LEASED = sa.text("leased_until IS NOT NULL")


def upgrade() -> None:
    create_webhooks()
    create_deliveries()
    create_payloads()
    create_batches()
    create_lanes()
    create_attempts()
    same = "IS NOT DISTINCT FROM" if on_postgresql() else "IS"
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in FROZEN)
    refuse_update("webhook_deliveries", DELIVERIES, f"WHEN (NOT ({unchanged})) ")
    refuse_update("webhook_payloads", PAYLOADS)
    refuse_update("webhook_attempts", ATTEMPTS)


def downgrade() -> None:
    for table in ("attempts", "lanes", "batches", "payloads", "deliveries"):
        op.drop_table(f"webhook_{table}")
    op.drop_table("webhooks")


def create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("key", columns.KEY, nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("filter", columns.JsonText(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("disabled_reason", sa.String(length=40), nullable=True),
        sa.Column("disabled_at", columns.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secrets", columns.JsonText(), nullable=False),
        sa.Column("previous_secret_until", columns.UtcDateTime(), nullable=True),
        sa.Column("failing_since", columns.UtcDateTime(), nullable=True),
        sa.Column("last_failed_at", columns.UtcDateTime(), nullable=True),
        sa.Column("last_delivered_at", columns.UtcDateTime(), nullable=True),
        sa.Column("last_duration_ms", sa.Integer(), nullable=True),
        sa.Column("served_at", columns.UtcDateTime(), nullable=True),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_webhooks_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "webhook_id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_webhooks_workspace_id_key")),
    )
    op.create_index("ix_webhooks_webhook_id", "webhooks", ["webhook_id"])


def create_deliveries() -> None:
    table = "webhook_deliveries"
    op.create_table(
        table,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan", columns.KEY, nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("occurred_at", columns.UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", columns.UtcDateTime(), nullable=True),
        sa.Column("finished_at", columns.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "webhook_id", "item_id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(f"ix_{table}_state", table, ["workspace_id", "webhook_id", "state", "item_id"])
    op.create_index(f"ix_{table}_plan", table, ["workspace_id", "plan_id", "webhook_id", "item_id"])
    op.create_index(f"ix_{table}_finished_at", table, ["finished_at"])
    op.create_index(
        f"ix_{table}_pending",
        table,
        ["workspace_id", "webhook_id", "plan_id", "sequence", "item_id"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )


def create_payloads() -> None:
    table = "webhook_payloads"
    op.create_table(
        table,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan", columns.KEY, nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("occurred_at", columns.UtcDateTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "item_id", "format", name=op.f("pk_webhook_payloads")),
    )
    op.create_index(f"ix_{table}_plan", table, ["workspace_id", "plan_id", "item_id", "format"])
    op.create_index(f"ix_{table}_occurred_at", table, ["occurred_at"])


def create_batches() -> None:
    table = "webhook_batches"
    op.create_table(
        table,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("item_ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "webhook_id", "plan_id", "sequence", name=op.f("pk_webhook_batches")),
    )
    op.create_index(f"ix_{table}_plan", table, ["workspace_id", "plan_id", "webhook_id", "sequence"])


def create_lanes() -> None:
    op.create_table(
        "webhook_lanes",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=False),
        sa.Column("leased_until", columns.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "webhook_id", "plan_id", name=op.f("pk_webhook_lanes")),
    )
    op.create_index("ix_webhook_lanes_due_at", "webhook_lanes", ["webhook_id", "due_at"])
    op.create_index(
        "ix_webhook_lanes_leased_until",
        "webhook_lanes",
        ["webhook_id", "leased_until"],
        sqlite_where=LEASED,
        postgresql_where=LEASED,
    )


def create_attempts() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("attempted_at", columns.UtcDateTime(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("excerpt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "webhook_id", "item_id"],
            ["webhook_deliveries.workspace_id", "webhook_deliveries.webhook_id", "webhook_deliveries.item_id"],
            name="fk_webhook_attempts_delivery",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "webhook_id", "item_id", "number", name=op.f("pk_webhook_attempts")),
    )


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def refuse_update(table: str, message: str, when: str = "") -> None:
    if on_postgresql():
        action = f"FOR EACH ROW {when}EXECUTE FUNCTION refuse_change('{message}')"
    else:
        action = f"{when}BEGIN SELECT RAISE(ABORT, '{message}'); END"
    op.execute(f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {action}")
