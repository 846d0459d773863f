"""The SQL of objectives; a version is a mapping of its columns, without the workspace."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import any_of, as_dict, has_label, insert_all, insert_new
from app.objectives.tables import objective_versions, objectives

Version = Mapping[str, Any]
_VERSION = [column for column in objective_versions.c if column.name != "workspace_id"]
_o, _v = objectives.c, objective_versions.c


class Row(NamedTuple):
    """The mutable row of an objective, deleted or not."""

    key: str
    version: int
    last_sequence: int
    last_recorded_at: datetime
    deleted_at: datetime | None


_ROW = [_o[name] for name in Row._fields]


def _versions(workspace_id: int) -> Select[Any]:
    """All versions of living objectives."""
    of_it = (_v.workspace_id == _o.workspace_id) & (_v.key == _o.key)
    here = (_o.workspace_id == workspace_id) & _o.deleted_at.is_(None)
    return select(*_VERSION).join_from(objectives, objective_versions, of_it).where(here)


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Version | None:
    """A version of a living objective, by default the newest."""
    wanted = _o.version if version is None else version
    statement = _versions(workspace_id).where(_o.key == key, _v.version == wanted)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else as_dict(row)


async def page(
    db: AsyncConnection, workspace_id: int, after: str | None, limit: int, chosen: Mapping[str, Any]
) -> list[Version]:
    """Living objectives in their newest versions, by key; chosen by owner, parent or a label (name, value)."""
    statement = _versions(workspace_id).where(_v.version == _o.version)
    for name, value in chosen.items():
        statement = statement.where(has_label(_v.labels, *value) if name == "label" else _v[name] == value)
    if after is not None:
        statement = statement.where(_o.key > after)
    return [as_dict(row) for row in (await db.execute(statement.order_by(_o.key).limit(limit))).all()]


async def parents(db: AsyncConnection, workspace_id: int) -> dict[str, str | None]:
    """The tree of living objectives as it is now: the parent of each."""
    statement = _versions(workspace_id).where(_v.version == _o.version).with_only_columns(_v.key, _v.parent)
    return {row[0]: row[1] for row in (await db.execute(statement)).all()}


async def row(db: AsyncConnection, workspace_id: int, key: str) -> Row | None:
    """The row of an objective, deleted or not."""
    found = (await db.execute(select(*_ROW).where(*_named(workspace_id, key)))).one_or_none()
    return None if found is None else Row(*found)


async def lock(tx: AsyncConnection, workspace_id: int, key: str, *, for_deletion: bool = False) -> Row | None:
    """Lock an objective, deleted or not, against other writers; for its deletion against new contributions, too."""
    statement = select(*_ROW).where(*_named(workspace_id, key)).with_for_update(key_share=not for_deletion)
    found = (await tx.execute(statement)).one_or_none()
    return None if found is None else Row(*found)


async def lock_shared(tx: AsyncConnection, workspace_id: int, keys: Collection[str]) -> set[str]:
    """The living objectives among these keys, kept from being deleted until this transaction ends."""
    here = (_o.workspace_id == workspace_id) & any_of(tx, _o.key, keys) & _o.deleted_at.is_(None)
    statement = select(_o.key).where(here).order_by(_o.key).with_for_update(read=True, key_share=True)
    return set((await tx.scalars(statement)).all())


def _named(workspace_id: int, key: str) -> tuple[ColumnElement[bool], ...]:
    return _o.workspace_id == workspace_id, _o.key == key


async def add(tx: AsyncConnection, workspace_id: int, key: str, recorded_at: datetime) -> bool:
    """Add an objective's row; False if the key is taken, also by a deleted objective."""
    counters = {"version": 1, "last_sequence": 0, "last_recorded_at": recorded_at, "deleted_at": None}
    added = {"workspace_id": workspace_id, "key": key, **counters}
    return bool(await insert_new(tx, objectives, [added], ["workspace_id", "key"]))


async def move(tx: AsyncConnection, workspace_id: int, key: str, **values: Any) -> None:
    """Change an objective's row: its counters, or when it was deleted."""
    await tx.execute(update(objectives).where(*_named(workspace_id, key)).values(**values))


async def add_version(tx: AsyncConnection, workspace_id: int, version: Version) -> None:
    """Add an immutable version."""
    await insert_all(tx, objective_versions, [{**version, "workspace_id": workspace_id}])


async def count(db: AsyncConnection, workspace_id: int) -> int:
    """How many objectives live in the workspace."""
    here = (_o.workspace_id == workspace_id) & _o.deleted_at.is_(None)
    return int((await db.execute(select(func.count()).select_from(objectives).where(here))).scalar_one())


async def newest_fact(db: AsyncConnection, workspace_id: int, known_at: datetime) -> datetime | None:
    """When the newest version or deletion of any objective of the workspace was recorded, by an instant."""
    found: list[datetime | None] = []
    for table, column in ((objective_versions, _v.recorded_at), (objectives, _o.deleted_at)):
        newest = select(func.max(column)).where(table.c.workspace_id == workspace_id, column <= known_at)
        found.append(await db.scalar(newest))
    return max((instant for instant in found if instant is not None), default=None)


async def at(db: AsyncConnection, workspace_id: int, keys: Collection[str], known_at: datetime) -> dict[str, Version]:
    """The versions of these objectives that were the newest at an instant; without those deleted by then."""
    statement = _known(workspace_id, known_at).where(any_of(db, _v.key, keys))
    return {found["key"]: found for found in map(as_dict, (await db.execute(statement)).all())}


async def children_at(
    db: AsyncConnection, workspace_id: int, keys: Collection[str], known_at: datetime
) -> dict[str, Version]:
    """The children of these objectives, by key, as they were known at an instant."""
    ever = select(_v.key).where(_v.workspace_id == workspace_id, any_of(db, _v.parent, keys))
    statement = _known(workspace_id, known_at).where(_v.key.in_(ever.correlate(None)))
    found: Sequence[Version] = [as_dict(row) for row in (await db.execute(statement)).all()]
    return {version["key"]: version for version in found if version["parent"] in keys}


def _known(workspace_id: int, known_at: datetime) -> Select[Any]:
    """For each objective not deleted by an instant, its newest version then, by key."""
    later = objective_versions.alias()
    newest = select(func.max(later.c.version)).where(
        later.c.workspace_id == _v.workspace_id, later.c.key == _v.key, later.c.recorded_at <= known_at
    )
    of_it = (_v.workspace_id == _o.workspace_id) & (_v.key == _o.key)
    return (
        select(*_VERSION)
        .join_from(objectives, objective_versions, of_it)
        .where(_o.workspace_id == workspace_id, _o.deleted_at.is_(None) | (_o.deleted_at > known_at))
        .where(_v.version == newest.scalar_subquery())
        .order_by(_v.key)
    )
