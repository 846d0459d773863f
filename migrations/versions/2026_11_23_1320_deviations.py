"""Deviations, their transitions, corrective actions and reason codes."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1320"
down_revision = "2026_11_23_1310"
branch_labels = None
depends_on = None

HISTORY = "deviation history is immutable"
NOT_OVER = sa.text("state <> 'resolved'")
STANDS = sa.text("stands")
UNCHECKED = sa.text("checked_at IS NULL")


def upgrade() -> None:
    create_deviations()
    create_deviation_transitions()
    create_corrective_actions()
    create_reason_codes()
    guard_history()


def downgrade() -> None:
    for table in ("reason_codes", "corrective_actions", "deviation_transitions", "deviations"):
        op.drop_table(table)


def create_deviations() -> None:
    op.create_table(
        "deviations",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("deviation_id", sa.Uuid(), nullable=False),
        sa.Column("tolerance", columns.KEY, nullable=False),
        sa.Column("milestone", columns.KEY, nullable=False),
        sa.Column("baseline", sa.Integer(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("tolerance_version", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("resolution", sa.String(length=20), nullable=True),
        sa.Column("told_value", sa.Float(), nullable=True),
        sa.Column("transitions", sa.Integer(), nullable=False),
        sa.Column("opened_at", columns.UtcDateTime(), nullable=False),
        sa.Column("changed_at", columns.UtcDateTime(), nullable=False),
        sa.Column("resolved_at", columns.UtcDateTime(), nullable=True),
        sa.Column("acknowledgement", columns.JsonText(), nullable=True),
        sa.Column("acknowledged_until", columns.UtcDateTime(), nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("bound", sa.Float(), nullable=True),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("beyond", sa.Integer(), nullable=False),
        sa.Column("within", sa.Integer(), nullable=False),
        sa.Column("counted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("labels", columns.JsonText(), nullable=False),
        sa.Column("evidence", columns.JsonText(), nullable=False),
        sa.Column("impact", columns.JsonText(), nullable=False),
        sa.Column("consequences", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_deviations_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "deviation_id", name=op.f("pk_deviations")),
        sa.UniqueConstraint("workspace_id", "deviation_id", name=op.f("uq_deviations_workspace_id_deviation_id")),
        sa.UniqueConstraint(
            "workspace_id", "plan_id", "tolerance", "milestone", "baseline", "episode", name="uq_deviations_episode"
        ),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_deviations_changed", "deviations", ["workspace_id", "changed_at"])
    op.create_index(
        "ix_deviations_not_over_opened",
        "deviations",
        ["workspace_id", "opened_at", "deviation_id"],
        sqlite_where=NOT_OVER,
        postgresql_where=NOT_OVER,
    )
    op.create_index("ix_deviations_opened", "deviations", ["workspace_id", "opened_at", "deviation_id"])
    op.create_index(
        "ix_deviations_owner_opened", "deviations", ["workspace_id", "owner", "opened_at", "deviation_id"]
    )
    op.create_index(
        "ix_deviations_plan_opened", "deviations", ["workspace_id", "plan_id", "opened_at", "deviation_id"]
    )
    op.create_index(
        "ix_deviations_stands",
        "deviations",
        ["workspace_id", "plan_id"],
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    op.create_index(
        "uq_deviations_not_over",
        "deviations",
        ["workspace_id", "plan_id", "tolerance", "milestone", "baseline"],
        unique=True,
        sqlite_where=NOT_OVER,
        postgresql_where=NOT_OVER,
    )


def create_deviation_transitions() -> None:
    op.create_table(
        "deviation_transitions",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("deviation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("as_of", columns.UtcDateTime(), nullable=False),
        sa.Column("evaluation", sa.BigInteger(), nullable=True),
        sa.Column("retroactive", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("resolution", sa.String(length=20), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("bound", sa.Float(), nullable=True),
        sa.Column("data", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id", "deviation_id"],
            ["deviations.workspace_id", "deviations.plan_id", "deviations.deviation_id"],
            name="fk_deviation_transitions_deviation",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "plan_id", "deviation_id", "number", name=op.f("pk_deviation_transitions")
        ),
    )


def create_corrective_actions() -> None:
    op.create_table(
        "corrective_actions",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("deviation_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value_before", sa.Float(), nullable=True),
        sa.Column("value_after", sa.Float(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("effective", sa.Boolean(), nullable=True),
        sa.Column("checked_at", columns.UtcDateTime(), nullable=True),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id", "deviation_id"],
            ["deviations.workspace_id", "deviations.plan_id", "deviations.deviation_id"],
            name="fk_corrective_actions_deviation",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "plan_id", "deviation_id", "action_id", name=op.f("pk_corrective_actions")
        ),
    )
    op.create_index(
        "ix_corrective_actions_unchecked",
        "corrective_actions",
        ["workspace_id", "plan_id", "due_at"],
        sqlite_where=UNCHECKED,
        postgresql_where=UNCHECKED,
    )


def create_reason_codes() -> None:
    op.create_table(
        "reason_codes",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("deprecated", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_reason_codes_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_reason_codes")),
    )


def guard_history() -> None:
    """Transitions are never changed, and deleted only with the whole plan."""
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{HISTORY}'); END"
    op.execute(f"CREATE TRIGGER deviation_transitions_refuse_update BEFORE UPDATE ON deviation_transitions {refuse}")
    op.execute(
        "CREATE TRIGGER deviation_transitions_refuse_delete BEFORE DELETE ON deviation_transitions"
        " WHEN NOT EXISTS (SELECT 1 FROM plans WHERE workspace_id = OLD.workspace_id"
        f" AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) {refuse}"
    )


def guard_on_postgresql() -> None:
    guards = (
        ("UPDATE", "ROW", "refuse_change"),
        ("DELETE", "ROW", "refuse_unless_purging"),
        ("TRUNCATE", "STATEMENT", "refuse_change"),
    )
    for action, each, function in guards:
        op.execute(
            f"CREATE TRIGGER deviation_transitions_refuse_{action.lower()} BEFORE {action} ON deviation_transitions"
            f" FOR EACH {each} EXECUTE FUNCTION {function}('{HISTORY}')"
        )
