"""Which schema the running code needs, and which one the database has. Knows nothing of the migrations themselves."""

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

HEAD = "2026_11_23_1470"


async def current_version(db: AsyncConnection) -> str | None:
    """The schema version the database is at; None for one that was never migrated."""
    if not await db.run_sync(lambda connection: inspect(connection).has_table("alembic_version")):
        return None
    version: str | None = await db.scalar(text("SELECT version_num FROM alembic_version"))
    return version
