"""Workspaces and their API keys."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint, Uuid

from app.kit.columns import UtcDateTime, metadata

workspaces = Table(
    "workspaces",
    metadata,
    Column("workspace_id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("cursor_secret", LargeBinary(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("name"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspaces.workspace_id"), primary_key=True),
    Column("key_id", Uuid, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("hint", String(12), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("token_hash"),
)
