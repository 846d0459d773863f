"""Foundation: every table of the first release, and the triggers that keep its history as it was written."""

import sqlalchemy as sa
from alembic import op

from app.kit import columns

revision = "2026_11_23_0900"
down_revision = None
branch_labels = None
depends_on = None

OPEN_REVISION = 2_147_483_647

# What a closing update of a versioned row must leave as it is: everything but `to_revision`.
MILESTONE_FACTS = (
    *("workspace_id", "plan_id", "key", "from_revision", "name", "kind", "planned_start", "planned_finish"),
    *("planned_duration_minutes", "calendar", "parent", "owner", "constraint_type", "constraint_date", "deadline"),
    *("weight", "external_id", "labels"),
)
DEPENDENCY_FACTS = (
    *("workspace_id", "plan_id", "predecessor", "type", "successor", "from_revision"),
    *("lag_minutes", "lag_percent", "lag_unit"),
)
# Immutable tables and what is said to who tries; rows of a plan can be deleted once its purge has begun.
MESSAGES = {
    "events": "events are append-only",
    "plan_revisions": "plan revisions are immutable",
    "baselines": "baselines are immutable",
    "calendar_versions": "calendar versions are immutable",
    "milestones": "milestone history is immutable",
    "dependencies": "dependency history is immutable",
}
FACTS = {"milestones": MILESTONE_FACTS, "dependencies": DEPENDENCY_FACTS}
NEVER_PURGED = {"calendar_versions"}


def upgrade() -> None:
    create_workspaces()
    create_idempotency_keys()
    create_calendars()
    create_plans()
    create_plan_revisions()
    create_baselines()
    create_milestones()
    create_dependencies()
    create_events()
    if op.get_bind().dialect.name == "postgresql":
        guard_on_postgresql()
    else:
        guard_on_sqlite()


def downgrade() -> None:
    for table in ("events", "dependencies", "milestones", "baselines", "plan_revisions", "plans"):
        op.drop_table(table)
    for table in ("calendar_versions", "calendars", "idempotency_keys", "api_keys", "workspaces"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_unless_purging()")
        op.execute("DROP FUNCTION refuse_change()")


def create_workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("workspace_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("cursor_secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_workspaces")),
        sa.UniqueConstraint("name", name=op.f("uq_workspaces_name")),
    )
    op.create_table(
        "api_keys",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("expires_at", columns.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", columns.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_api_keys_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_keys_token_hash")),
    )


def create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("scope_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", columns.JsonText(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "scope_hash", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])


def create_calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_calendars_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_calendars")),
    )
    op.create_table(
        "calendar_versions",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=100), nullable=True),
        sa.Column("weekly", columns.JsonText(), nullable=False),
        sa.Column("exceptions", columns.JsonText(), nullable=False),
        sa.Column("holidays", columns.JsonText(), nullable=True),
        sa.Column("minutes_per_day", sa.Integer(), nullable=False),
        sa.Column("expanded", columns.JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", "version", name=op.f("pk_calendar_versions")),
    )
    op.create_index("ix_calendar_versions_recorded_at", "calendar_versions", ["workspace_id", "recorded_at"])


def create_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("baseline_count", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", columns.UtcDateTime(), nullable=True),
        sa.Column("purge_started_at", columns.UtcDateTime(), nullable=True),
        sa.Column("purged_at", columns.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'active', 'on_hold', 'completed', 'cancelled')", name=op.f("ck_plans_status")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.workspace_id"], name=op.f("fk_plans_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", name=op.f("pk_plans")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_plans_workspace_id_key")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_plans_deleted_at", "plans", ["deleted_at"])


def of_plan(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", "plan_id"],
        ["plans.workspace_id", "plans.plan_id"],
        name=op.f(f"fk_{table}_workspace_id_plan_id_plans"),
    )


def create_plan_revisions() -> None:
    op.create_table(
        "plan_revisions",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("change_counts", columns.JsonText(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("goal", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("time_zone", sa.String(length=100), nullable=False),
        sa.Column("calendar", sa.String(length=100), nullable=False),
        sa.Column("scheduling", sa.String(length=40), nullable=False),
        sa.Column("schedule_options", columns.JsonText(), nullable=False),
        sa.Column("weight_basis", sa.String(length=20), nullable=False),
        sa.Column("target_finish", columns.DayOrInstant(), nullable=True),
        sa.Column("status_date", columns.DayOrInstant(), nullable=True),
        sa.Column("labels", columns.JsonText(), nullable=False),
        of_plan("plan_revisions"),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "revision", name=op.f("pk_plan_revisions")),
    )


def create_baselines() -> None:
    op.create_table(
        "baselines",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=True),
        sa.Column("supplementary", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        of_plan("baselines"),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "number", name=op.f("pk_baselines")),
    )


def create_milestones() -> None:
    op.create_table(
        "milestones",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("key", columns.KEY, nullable=False),
        sa.Column("from_revision", sa.Integer(), nullable=False),
        sa.Column("to_revision", sa.Integer(), server_default=sa.text(str(OPEN_REVISION)), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("planned_start", columns.DayOrInstant(), nullable=True),
        sa.Column("planned_finish", columns.DayOrInstant(), nullable=True),
        sa.Column("planned_duration_minutes", sa.Integer(), nullable=True),
        sa.Column("calendar", sa.String(length=100), nullable=True),
        sa.Column("parent", sa.String(length=100), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("constraint_type", sa.String(length=10), nullable=True),
        sa.Column("constraint_date", columns.DayOrInstant(), nullable=True),
        sa.Column("deadline", columns.DayOrInstant(), nullable=True),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("labels", columns.JsonText(), nullable=False),
        of_plan("milestones"),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "key", "from_revision", name=op.f("pk_milestones")),
    )


def create_dependencies() -> None:
    name = ("workspace_id", "plan_id", "predecessor", "type", "successor", "from_revision")
    op.create_table(
        "dependencies",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("predecessor", columns.KEY, nullable=False),
        sa.Column("type", sa.String(length=2), nullable=False),
        sa.Column("successor", columns.KEY, nullable=False),
        sa.Column("from_revision", sa.Integer(), nullable=False),
        sa.Column("to_revision", sa.Integer(), server_default=sa.text(str(OPEN_REVISION)), nullable=False),
        sa.Column("lag_minutes", sa.Integer(), nullable=False),
        sa.Column("lag_percent", sa.Double(), nullable=True),
        sa.Column("lag_unit", sa.String(length=20), nullable=False),
        of_plan("dependencies"),
        sa.PrimaryKeyConstraint(*name, name=op.f("pk_dependencies")),
    )


def create_events() -> None:
    op.create_table(
        "events",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("milestone", sa.String(length=100), nullable=True),
        sa.Column("occurred_at", columns.UtcDateTime(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", columns.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=True),
        sa.Column("data", columns.JsonText(), nullable=False),
        of_plan("events"),
        sa.PrimaryKeyConstraint("workspace_id", "plan_id", "sequence", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "workspace_id", "source", "event_id", name=op.f("uq_events_workspace_id_source_event_id")
        ),
    )


def only_closes(facts: tuple[str, ...], same: str) -> str:
    """Whether an update does nothing but close an open row."""
    unchanged = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in facts)
    return f"(OLD.to_revision = {OPEN_REVISION} AND NEW.to_revision <> {OPEN_REVISION} AND {unchanged})"


def guard_on_sqlite() -> None:
    # INSERT OR REPLACE deletes without asking a trigger unless the connection has recursive_triggers=ON.
    for table, message in MESSAGES.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        unless_closing = f"WHEN NOT {only_closes(FACTS[table], 'IS')} " if table in FACTS else ""
        op.execute(f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {unless_closing}{refuse}")
        unless_purging = (
            "WHEN NOT EXISTS (SELECT 1 FROM plans WHERE workspace_id = OLD.workspace_id"
            " AND plan_id = OLD.plan_id AND purge_started_at IS NOT NULL) "
        )
        condition = "" if table in NEVER_PURGED else unless_purging
        op.execute(f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} {condition}{refuse}")


def create_functions_on_postgresql() -> None:
    bind = op.get_bind()
    schema = bind.dialect.identifier_preparer.quote(bind.scalar(sa.text("SELECT current_schema()")))
    # A search path of their own: nobody can slip in another `plans`.
    head = f"RETURNS trigger LANGUAGE plpgsql SET search_path = {schema}, pg_temp AS"
    refuse = "RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';"
    op.execute(f"CREATE FUNCTION refuse_change() {head} $$ BEGIN {refuse} END $$")
    op.execute(
        f"CREATE FUNCTION refuse_unless_purging() {head} $$ BEGIN "
        "IF NOT EXISTS (SELECT 1 FROM plans p WHERE p.workspace_id = OLD.workspace_id"
        " AND p.plan_id = OLD.plan_id AND p.purge_started_at IS NOT NULL) "
        f"THEN {refuse} END IF; RETURN OLD; END $$"
    )


def guard_on_postgresql() -> None:
    create_functions_on_postgresql()
    for table, message in MESSAGES.items():
        closes = only_closes(FACTS[table], "IS NOT DISTINCT FROM") if table in FACTS else ""
        unless_closing = f"WHEN (NOT {closes}) " if closes else ""
        delete = "refuse_change" if table in NEVER_PURGED else "refuse_unless_purging"
        op.execute(
            f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} FOR EACH ROW "
            f"{unless_closing}EXECUTE FUNCTION refuse_change('{message}')"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION {delete}('{message}')"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
            f"EXECUTE FUNCTION refuse_change('{message}')"
        )
