"""The feed: what was announced, frozen as it is answered. Rows never change; old ones are dropped."""

from sqlalchemy import BigInteger, Column, Index, Integer, Sequence, String, Table, Text, UniqueConstraint, Uuid

from app.kit.columns import UtcDateTime, metadata

feed_items = Table(
    "feed_items",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    # The order of the feed; app/feed/store.py says what makes it safe to read on from one.
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", Uuid, nullable=False),
    Column("type", String(60), nullable=False),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("plan_id", Uuid),
    # What a reader may filter by.
    Column("plan", String(100)),
    Column("milestone", String(100)),
    Column("level", String(20)),
    Column("measure", String(40)),
    Column("tolerance", String(100)),
    Column("owner", String(200)),
    Column("body", Text, nullable=False),
    # The id comes first: a UUIDv7 begins with the time, by which old items of all workspaces are found.
    UniqueConstraint("item_id", "workspace_id"),
    Index("ix_feed_items_plan", "workspace_id", "plan_id", "sequence"),
)

# Where `sequence` comes from, on PostgreSQL: not from a column that makes it, which SQLite has not in a key of two.
feed_sequence = Sequence("feed_sequence", metadata=metadata)

# And on SQLite: MAX + 1 would give the number of a dropped item again.
feed_counters = Table(
    "feed_counters",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
)

# What can no longer be read: a cursor before it may have missed an item.
feed_drops = Table(
    "feed_drops",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
