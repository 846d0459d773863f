"""Deviations, their history and corrective actions; and the reason codes of the workspace."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from app.kit.columns import KEY, JsonText, UtcDateTime, metadata

NOT_OVER = text("state <> 'resolved'")
STANDS = text("stands")
UNCHECKED = text("checked_at IS NULL")

# A milestone's key, then a slash and what else it is about, as "metrics/adoption"; either may be missing. Keys have
# no slash. SQLite heeds no lengths: there it is declared as it was made.
PLACE = String(100).with_variant(String(400, collation="C"), "postgresql")

deviations = Table(
    "deviations",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("deviation_id", Uuid, primary_key=True),
    # What it is about: milestone '' is the plan as a whole, baseline 0 a measure that needs none.
    Column("tolerance", KEY, nullable=False),
    Column("milestone", PLACE, nullable=False),
    Column("baseline", Integer, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("tolerance_version", Integer, nullable=False),
    Column("measure", String(40), nullable=False),
    # How it stands: changed by transitions alone.
    Column("level", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("resolution", String(20)),
    Column("told_value", Float),
    Column("transitions", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("acknowledgement", JsonText),
    Column("acknowledged_until", UtcDateTime),
    # Whether the next evaluation must know of it: until it is over, or what was accepted is back within tolerance.
    Column("stands", Boolean, nullable=False),
    # What the newest evaluation says of it.
    Column("value", Float),
    Column("unit", String(40), nullable=False),
    Column("bound", Float),
    Column("side", String(10), nullable=False),
    Column("is_final", Boolean, nullable=False),
    Column("beyond", Integer, nullable=False),
    Column("within", Integer, nullable=False),
    Column("counted_at", UtcDateTime),
    Column("summary", Text, nullable=False),
    Column("owner", String(200)),
    Column("labels", JsonText, nullable=False),
    Column("evidence", JsonText, nullable=False),
    Column("impact", JsonText, nullable=False),
    Column("consequences", JsonText, nullable=False),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
    UniqueConstraint("workspace_id", "deviation_id"),
    UniqueConstraint(
        *("workspace_id", "plan_id", "tolerance", "milestone", "baseline", "episode"), name="uq_deviations_episode"
    ),
    # Of one subject at most one record is not over: whatever the processes do, the database refuses a second.
    Index(
        "uq_deviations_not_over",
        *("workspace_id", "plan_id", "tolerance", "milestone", "baseline"),
        unique=True,
        sqlite_where=NOT_OVER,
        postgresql_where=NOT_OVER,
    ),
    Index("ix_deviations_stands", "workspace_id", "plan_id", sqlite_where=STANDS, postgresql_where=STANDS),
    Index("ix_deviations_plan_opened", "workspace_id", "plan_id", "opened_at", "deviation_id"),
    Index("ix_deviations_opened", "workspace_id", "opened_at", "deviation_id"),
    Index("ix_deviations_owner_opened", "workspace_id", "owner", "opened_at", "deviation_id"),
    Index("ix_deviations_changed", "workspace_id", "changed_at"),
    # What is not over, newest first: the list that is asked for most, among years of what is.
    Index(
        "ix_deviations_not_over_opened",
        *("workspace_id", "opened_at", "deviation_id"),
        sqlite_where=NOT_OVER,
        postgresql_where=NOT_OVER,
    ),
    # Every evaluation may refresh a row: with room in its page it is changed in place, without touching an index.
    postgresql_with={"fillfactor": 70},
)

deviation_transitions = Table(
    "deviation_transitions",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("deviation_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    # The number of the evaluation that found it; null for what a person did.
    Column("evaluation", BigInteger),
    Column("retroactive", Boolean, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("level", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("resolution", String(20)),
    Column("value", Float),
    Column("unit", String(40), nullable=False),
    Column("bound", Float),
    # The summary it had, and of an acknowledgement its reason.
    Column("data", JsonText, nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "plan_id", "deviation_id"],
        ["deviations.workspace_id", "deviations.plan_id", "deviations.deviation_id"],
        name="fk_deviation_transitions_deviation",
    ),
)

corrective_actions = Table(
    "corrective_actions",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("deviation_id", Uuid, primary_key=True),
    Column("action_id", Uuid, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("description", Text),
    Column("owner", String(200), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("status", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("value_before", Float),
    Column("value_after", Float),
    Column("unit", String(40), nullable=False),
    Column("effective", Boolean),
    Column("checked_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    ForeignKeyConstraint(
        ["workspace_id", "plan_id", "deviation_id"],
        ["deviations.workspace_id", "deviations.plan_id", "deviations.deviation_id"],
        name="fk_corrective_actions_deviation",
    ),
    Index(
        "ix_corrective_actions_unchecked",
        *("workspace_id", "plan_id", "due_at"),
        sqlite_where=UNCHECKED,
        postgresql_where=UNCHECKED,
    ),
)

reason_codes = Table(
    "reason_codes",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("description", Text),
    Column("deprecated", Boolean, nullable=False),
    Column("author", String(100), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)
