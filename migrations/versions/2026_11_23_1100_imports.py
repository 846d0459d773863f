"""Schedule files: the table of imports, and the budget of a milestone."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_1100"
down_revision = "2026_11_23_0900"
branch_labels = None
depends_on = None

OPEN_REVISION = 2_147_483_647
MILESTONES = "milestone history is immutable"
IMPORTS = "import reports are immutable"

# What a closing update of a milestone must leave as it is: everything but `to_revision`.
FACTS_BEFORE = (
    *("workspace_id", "plan_id", "key", "from_revision", "name", "kind", "planned_start", "planned_finish"),
    *("planned_duration_minutes", "calendar", "parent", "owner", "constraint_type", "constraint_date", "deadline"),
    *("weight", "external_id", "labels"),
)
FACTS = (*FACTS_BEFORE, "budget")


def upgrade() -> None:
    op.add_column("milestones", sa.Column("budget", columns.JsonText(), nullable=True))
    op.execute(drop_trigger("milestones_refuse_update", "milestones"))
    guard_milestones(FACTS)
    create_imports()
    guard_imports()


def downgrade() -> None:
    op.drop_table("imports")
    op.execute(drop_trigger("milestones_refuse_update", "milestones"))
    op.drop_column("milestones", "budget")
    guard_milestones(FACTS_BEFORE)


def create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("project", sa.Text(), nullable=True),
        sa.Column("status_date", columns.DayOrInstant(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("state", columns.JsonText(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "plan_id"],
            ["plans.workspace_id", "plans.plan_id"],
            name=op.f("fk_imports_workspace_id_plan_id_plans"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "import_id", name=op.f("pk_imports")),
        sa.UniqueConstraint("workspace_id", "plan_id", "digest", name=op.f("uq_imports_workspace_id_plan_id_digest")),
    )
    op.create_index("ix_imports_plan", "imports", ["workspace_id", "plan_id", "import_id"])


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def drop_trigger(name: str, table: str) -> str:
    return f"DROP TRIGGER {name} ON {table}" if on_postgresql() else f"DROP TRIGGER {name}"


def guard_milestones(facts: tuple[str, ...]) -> None:
    same = "IS NOT DISTINCT FROM" if on_postgresql() else "IS"
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in facts)
    closes = f"(OLD.to_revision = {OPEN_REVISION} AND NEW.to_revision <> {OPEN_REVISION} AND {unchanged})"
    refuse_update("milestones", MILESTONES, f"WHEN (NOT {closes}) " if on_postgresql() else f"WHEN NOT {closes} ")


def guard_imports() -> None:
    refuse_update("imports", IMPORTS)
    if on_postgresql():
        op.execute(
            "CREATE TRIGGER imports_refuse_delete BEFORE DELETE ON imports FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_unless_purging('{IMPORTS}')"
        )
        op.execute(
            "CREATE TRIGGER imports_refuse_truncate BEFORE TRUNCATE ON imports FOR EACH STATEMENT "
            f"EXECUTE FUNCTION refuse_change('{IMPORTS}')"
        )
        return
    op.execute(
        "CREATE TRIGGER imports_refuse_delete BEFORE DELETE ON imports WHEN NOT EXISTS (SELECT 1 FROM plans"
        " WHERE workspace_id = OLD.workspace_id AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
        f"BEGIN SELECT RAISE(ABORT, '{IMPORTS}'); END"
    )


def refuse_update(table: str, message: str, when: str = "") -> None:
    if on_postgresql():
        action = f"FOR EACH ROW {when}EXECUTE FUNCTION refuse_change('{message}')"
    else:
        action = f"{when}BEGIN SELECT RAISE(ABORT, '{message}'); END"
    op.execute(f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {action}")
