"""Parts of plans, and the plan fields about money and decisions."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1410"
down_revision = "2026_11_23_1400"
branch_labels = None
depends_on = None

OPEN_REVISION = 2_147_483_647
PARTS = "the history of the parts of plans is immutable"
FACTS = ("workspace_id", "plan_id", "part", "key", "from_revision", "body")
FIELDS = ("currency", "reserve", "decisions_required_for")


def upgrade() -> None:
    op.add_column("plan_revisions", sa.Column("currency", sa.String(length=3), nullable=True))
    op.add_column("plan_revisions", sa.Column("reserve", columns.JsonText(), nullable=True))
    op.add_column("plan_revisions", sa.Column("decisions_required_for", columns.JsonText(), nullable=True))
    op.create_table(
        "plan_parts",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("from_revision", sa.Integer(), nullable=False),
        sa.Column("to_revision", sa.Integer(), server_default=sa.text(str(OPEN_REVISION)), nullable=False),
        sa.Column("body", columns.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_plan_parts_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint(
            *("workspace_id", "plan_id", "part", "key", "from_revision"), name=op.f("pk_plan_parts")
        ),
    )
    op.create_index("ix_plan_parts_key", "plan_parts", ["workspace_id", "part", "key"])
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    op.drop_table("plan_parts")
    for name in reversed(FIELDS):
        op.drop_column("plan_revisions", name)


def closes(same: str) -> str:
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in FACTS)
    return f"(OLD.to_revision = {OPEN_REVISION} AND NEW.to_revision <> {OPEN_REVISION} AND {unchanged})"


def guard_on_postgresql() -> None:
    before = "CREATE TRIGGER plan_parts_refuse_{0} BEFORE {1} ON plan_parts FOR EACH {2} "
    refuse, unless_purging = f"refuse_change('{PARTS}')", f"refuse_unless_purging('{PARTS}')"
    when = f"WHEN (NOT {closes('IS NOT DISTINCT FROM')}) "
    op.execute(before.format("update", "UPDATE", "ROW") + when + f"EXECUTE FUNCTION {refuse}")
    op.execute(before.format("delete", "DELETE", "ROW") + f"EXECUTE FUNCTION {unless_purging}")
    op.execute(before.format("truncate", "TRUNCATE", "STATEMENT") + f"EXECUTE FUNCTION {refuse}")


def guard_on_sqlite() -> None:
    abort = f"BEGIN SELECT RAISE(ABORT, '{PARTS}'); END"
    op.execute(f"CREATE TRIGGER plan_parts_refuse_update BEFORE UPDATE ON plan_parts WHEN NOT {closes('IS')} {abort}")
    op.execute(
        "CREATE TRIGGER plan_parts_refuse_delete BEFORE DELETE ON plan_parts WHEN NOT EXISTS (SELECT 1 FROM plans"
        " WHERE workspace_id = OLD.workspace_id AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
        f"{abort}"
    )
