"""Statements about many rows at once, in the form that each database answers best."""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Dialect,
    Row,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    select,
    true,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from app.kit import wire
from app.kit.threads import beside_loop


async def insert_new(
    tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], unique: Sequence[str]
) -> int:
    """Insert the rows that no row with the same `unique` columns precedes; answer how many were new."""
    return await run(tx, await beside_loop(len(rows), inserting, tx.dialect, table, rows, tuple(unique)))


async def insert_all(tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that are known to be new."""
    await run(tx, await beside_loop(len(rows), inserting, tx.dialect, table, rows))


async def update_each(
    tx: AsyncConnection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Update one row of the table for each of `rows`: found by the columns `keys`, given all the others."""
    await run(tx, await beside_loop(len(rows), updating, tx.dialect, table, keys, rows))


class Statement(NamedTuple):
    """A statement about many rows, ready for the driver; without parameters there is nothing to be done."""

    sql: str
    parameters: Any


async def run(tx: AsyncConnection, statement: Statement) -> int:
    """Run a statement that was made ready; answer how many rows it changed."""
    if not statement.parameters:
        return 0
    return (await tx.exec_driver_sql(*statement)).rowcount


def updating(dialect: Dialect, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Statement:
    """What `update_each` runs: to be made ready before the transaction, where that takes its time."""
    if not rows:
        return Statement("", ())
    ordered = (*(name for name in rows[0] if name not in keys), *keys)  # as `SET …` and then `WHERE …` name them
    sql, processors = _updating(table, ordered, len(keys), dialect)
    return Statement(sql, _parameters(rows, ordered, processors, by_column=dialect.name == "postgresql"))


def inserting(
    dialect: Dialect, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...] = ()
) -> Statement:
    """What `insert_all` runs, or with `unique` columns `insert_new`: one statement for any number of rows.

    It has arrays to `unnest` on PostgreSQL, and is an `executemany` on SQLite.
    """
    if not rows:
        return Statement("", ())
    names = tuple(rows[0])
    sql, processors = _insertion(table, names, unique, dialect)
    return Statement(sql, _parameters(rows, names, processors, by_column=dialect.name == "postgresql"))


@lru_cache(maxsize=16)
def _updating(table: Table, names: tuple[str, ...], keys: int, dialect: Dialect) -> Any:
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    changed, found = names[:-keys], names[-keys:]
    if dialect.name == "postgresql":
        arrays = ", ".join(f"${i}::{_array_of(kind, dialect)}" for i, kind in enumerate(types, 1))
        values = ", ".join(f'"{name}" = n."{name}"' for name in changed)
        where = " AND ".join(f't."{name}" = n."{name}"' for name in found)
        columns = ", ".join(f'"{name}"' for name in names)
        sql = f"UPDATE {table.name} AS t SET {values} FROM unnest({arrays}) AS n({columns}) WHERE {where}"
    else:
        values = ", ".join(f'"{name}" = ?' for name in changed)
        where = " AND ".join(f'"{name}" = ?' for name in found)
        sql = f"UPDATE {table.name} SET {values} WHERE {where}"
    return sql, [kind.bind_processor(dialect) for kind in types]


def _parameters(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], processors: Sequence[Any], *, by_column: bool
) -> Any:
    columns = [
        [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]
        for name, process in zip(names, processors, strict=True)
    ]
    return tuple(columns) if by_column else list(zip(*columns, strict=True))


@lru_cache(maxsize=64)
def _insertion(table: Table, names: tuple[str, ...], unique: tuple[str, ...], dialect: Dialect) -> Any:
    """The statement, and for each column what makes a value the driver's (None: it is already)."""
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    if dialect.name == "postgresql":
        arrays = ", ".join(f"${i}::{_array_of(kind, dialect)}" for i, kind in enumerate(types, 1))
        source = f"SELECT * FROM unnest({arrays})"
    else:
        source = f"VALUES ({', '.join('?' * len(names))})"
    conflict = f" ON CONFLICT ({', '.join(unique)}) DO NOTHING" if unique else ""
    quoted = ", ".join(f'"{name}"' for name in names)
    sql = f"INSERT INTO {table.name} ({quoted}) {source}{conflict}"
    return sql, [kind.bind_processor(dialect) for kind in types]


def _array_of(kind: TypeEngine[Any], dialect: Dialect) -> str:
    name = kind.compile(dialect).partition(" COLLATE")[0]
    return "text[]" if name.startswith(("VARCHAR", "TEXT")) else f"{name}[]"


async def delete_some(tx: AsyncConnection, table: Table, limit: int, **where: Any) -> int:
    """Delete at most `limit` of the rows whose columns have these values; answer how many went."""
    # By the rows' addresses: it costs those that go, however many stay and whatever the planner knows of the table.
    address = "ctid" if tx.dialect.name == "postgresql" else "rowid"
    conditions = [table.c[name] == bindparam(f"b_{name}", value) for name, value in where.items()]
    some: Select[Any] = select(literal_column(address)).select_from(table).where(*conditions).correlate(None)
    some = some.order_by(*table.primary_key).limit(limit)  # in the order of the index that finds them
    if tx.dialect.name == "postgresql":
        found = literal_column(address) == any_(func.array(some.scalar_subquery()))
    else:
        found = literal_column(address).in_(some)
    return (await tx.execute(delete(table).where(found))).rowcount


def any_of(db: AsyncConnection, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """`column IN values` as one parameter, whatever their number: the statement is compiled once."""
    if db.dialect.name == "postgresql":
        return column == any_(cast(bindparam(None, sorted(values), type_=ARRAY(Text)), ARRAY(Text)))
    listed = func.json_each(json.dumps(sorted(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def probe(
    db: AsyncConnection,
    selected: Sequence[ColumnElement[Any]],
    within: ColumnElement[bool],
    columns: tuple[ColumnElement[Any], ColumnElement[Any]],
    pairs: Collection[tuple[Any, Any]],
) -> Select[Any]:
    """Select the rows `within` whose two columns are one of the pairs: one index probe a pair, however many rows.

    On PostgreSQL as a lateral join behind a fence (OFFSET 0): as a plain IN, tables without statistics (every
    new database, for a minute) make the planner read the whole workspace instead.
    """
    ordered = sorted(pairs)
    if db.dialect.name == "postgresql":
        kinds = [Uuid() if isinstance(column.type, Uuid) else Text() for column in columns]
        arrays = [
            cast(bindparam(None, [pair[i] for pair in ordered], type_=ARRAY(kind)), ARRAY(kind))
            for i, kind in enumerate(kinds)
        ]
        name = func.unnest(*arrays).table_valued(Column("a", kinds[0]), Column("b", kinds[1])).render_derived()
        one = select(*selected).where(within, columns[0] == name.c.a, columns[1] == name.c.b)
        found = one.offset(literal_column("0")).lateral()
        return select(*found.c).select_from(name.join(found, true()))
    plain = [[value.hex if isinstance(value, UUID) else value for value in pair] for pair in ordered]
    each = func.json_each(json.dumps(plain)).table_valued("value")
    listed = select(func.json_extract(each.c.value, "$[0]"), func.json_extract(each.c.value, "$[1]"))
    return select(*selected).where(within, tuple_(*columns).in_(listed))


def has_label(labels: ColumnElement[Any], name: str, value: str) -> ColumnElement[bool]:
    """Whether labels have this one: in canonical JSON of text by name, `"name":"value"` stands nowhere else."""
    told = type_coerce(labels, Text)
    return func.replace(told, wire.canonical({name: value})[1:-1], "", type_=Text) != told


def as_dict(row: Row[Any]) -> dict[str, Any]:
    """A row by its column names."""
    return dict(row._mapping)  # noqa: SLF001 - the public name of a row's mapping
