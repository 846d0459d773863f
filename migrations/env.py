"""What Alembic runs for every command: the migrations, on the connection that `migrations.run` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text

from app.kit import columns
from migrations.run import all_tables


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own column types by their name, as the template imports them."""
    if kind == "type" and type(item).__module__ == columns.__name__:
        return f"columns.{type(item).__name__}()"
    return False


def _check_foreign_keys(connection: Connection) -> None:
    """SQLite enforces no foreign keys while tables are rebuilt, so they are checked before the commit."""
    if broken := connection.execute(text("PRAGMA foreign_key_check")).fetchone():
        raise RuntimeError(f"the migration leaves rows of {broken[0]} without the row of {broken[2]} they refer to")


def _run(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=all_tables(),
        render_as_batch=True,
        render_item=_render_item,
        transactional_ddl=True,
        # PostgreSQL: no lock outlives its migration. SQLite: all or nothing.
        transaction_per_migration=not is_sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite:
            _check_foreign_keys(connection)


_run(context.config.attributes["connection"])
