"""Calendars: one row each, and one immutable row for each version."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from app.kit.columns import KEY, JsonText, UtcDateTime, metadata

calendars = Table(
    "calendars",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
)

calendar_versions = Table(
    "calendar_versions",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reason", Text),
    Column("name", String(200), nullable=False),
    Column("time_zone", String(100)),
    Column("weekly", JsonText, nullable=False),
    Column("exceptions", JsonText, nullable=False),
    Column("holidays", JsonText),
    Column("minutes_per_day", Integer, nullable=False),
    # What the version was expanded to when it was made: holidays and zone transitions. Never computed again.
    Column("expanded", JsonText, nullable=False),
    Index("ix_calendar_versions_recorded_at", "workspace_id", "recorded_at"),
)
