"""What a schema is made of, read from the database itself; and a row for any table."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, LargeBinary, Table, Uuid, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.columns import DayOrInstant, JsonText, UtcDateTime

_POSTGRES = {
    "columns": """
        SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               pg_get_expr(d.adbin, d.adrelid), a.attcollation
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND a.attnum > 0 AND c.relnamespace = 'public'::regnamespace""",
    "constraints": """
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal""",
    "functions": """
        SELECT proname, proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
}
_SQLITE = {
    "tables": "SELECT name, sql FROM sqlite_master WHERE type = 'table'",
    "indexes": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "triggers": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
}


async def describe(db: AsyncConnection) -> dict[str, list[Any]]:
    """Everything in the schema except Alembic's own table, in an order that depends on names alone."""
    queries = _SQLITE if db.dialect.name == "sqlite" else _POSTGRES
    found: dict[str, list[Any]] = {}
    for kind, query in queries.items():
        rows = [tuple(row) for row in await db.execute(text(query)) if row[0] != "alembic_version"]
        if db.dialect.name == "sqlite":
            rows = [(name, _parts(sql)) for name, sql in rows]
        found[kind] = sorted(rows, key=repr)
    return found


def _parts(sql: str) -> list[str]:
    """The lines of a definition in any order: that of constraints means nothing."""
    lines = re.split(r"\n|, (?=\w+ [A-Z])", sql)  # a column that was added stands behind another in its line
    return sorted(re.sub(r"\s+", " ", line).strip(" ,") for line in lines)


def row_of(table: Table, **given: Any) -> dict[str, Any]:
    """A row with a value in every column."""
    return {column.name: given.get(column.name, value_for(column, 1)) for column in table.columns}


def value_for(column: Column[Any], n: int) -> Any:
    """The n-th value for a column; each n gives another."""
    kind = column.type
    if column.name == "status" and column.table.name == "plans":
        return ["draft", "active", "on_hold"][n]
    if isinstance(kind, DayOrInstant | Date):
        return date(2026, 1, n)
    values: dict[type, Any] = {
        UtcDateTime: datetime(2026, 1, n, tzinfo=UTC),
        JsonText: {"n": n},
        Uuid: UUID(int=n),
        Boolean: n % 2 == 0,
        LargeBinary: bytes([n]) * 32,
    }
    for known, value in values.items():
        if isinstance(kind, known):
            return value
    return str(n) if kind.python_type is str else n
