"""The log of evaluations: append-only, enough to repeat each of them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Integer, String, Table, Uuid

from app.kit.columns import JsonText, UtcDateTime, metadata

evaluations = Table(
    "evaluations",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("plan_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    # When it was judged, the data date, and the newest fact it knew of.
    Column("evaluated_at", UtcDateTime, nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("known_at", UtcDateTime, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("baseline", Integer),
    Column("is_closed", Boolean, nullable=False),
    Column("engine", String(40), nullable=False),
    # The versions, by key.
    Column("tolerances", JsonText, nullable=False),
    Column("calendars", JsonText, nullable=False),
    # What was beyond a bound, or back, but not often enough yet: [tolerance, milestone, baseline, about,
    # episode, beyond, counted_at]; rows from before there were items are without `about`.
    Column("counting", JsonText, nullable=False),
    # How many of each kind it found.
    Column("transitions", JsonText, nullable=False),
    Column("next_check_at", UtcDateTime),
    ForeignKeyConstraint(["workspace_id", "plan_id"], ["plans.workspace_id", "plans.plan_id"]),
)
