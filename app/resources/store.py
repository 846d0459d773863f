"""The SQL of resources; a version is a mapping of its columns, without the workspace."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.bulk import any_of, as_dict, delete_some, has_label, insert_all, insert_new
from app.plans.store import Head
from app.resources.tables import plan_resources, resource_versions, resources

Version = Mapping[str, Any]
_VERSION = [column for column in resource_versions.c if column.name != "workspace_id"]
_r, _v, _n = resources.c, resource_versions.c, plan_resources.c


def _versions(workspace_id: int) -> Select[Any]:
    """All versions of living resources."""
    of_it = (_v.workspace_id == _r.workspace_id) & (_v.key == _r.key)
    here = (_r.workspace_id == workspace_id) & _r.deleted.is_(False)
    return select(*_VERSION).join_from(resources, resource_versions, of_it).where(here)


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Version | None:
    """A version of a living resource, by default the newest."""
    wanted = _r.version if version is None else version
    statement = _versions(workspace_id).where(_r.key == key, _v.version == wanted)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else as_dict(row)


async def page(
    db: AsyncConnection, workspace_id: int, after: str | None, limit: int, chosen: Mapping[str, Any]
) -> list[Version]:
    """Living resources in their newest versions, by key; chosen by kind, owner or a label (name, value)."""
    statement = _versions(workspace_id).where(_v.version == _r.version)
    for name, value in chosen.items():
        statement = statement.where(has_label(_v.labels, *value) if name == "label" else _v[name] == value)
    if after is not None:
        statement = statement.where(_r.key > after)
    return [as_dict(row) for row in (await db.execute(statement.order_by(_r.key).limit(limit))).all()]


async def lock(tx: AsyncConnection, workspace_id: int, key: str) -> Row[Any] | None:
    """Lock a resource, deleted or not, against other writers and plans that begin to name it."""
    here = (_r.workspace_id == workspace_id) & (_r.key == key)
    return (await tx.execute(select(resources).where(here).with_for_update())).one_or_none()


async def lock_shared(tx: AsyncConnection, workspace_id: int, keys: Collection[str]) -> dict[str, bool]:
    """Which of these resources there are, and whether each lives; kept so until this transaction ends."""
    here = (_r.workspace_id == workspace_id) & any_of(tx, _r.key, keys)
    statement = select(_r.key, _r.deleted).where(here).order_by(_r.key).with_for_update(read=True)
    return {key: not deleted for key, deleted in (await tx.execute(statement)).all()}


async def calendars_of(db: AsyncConnection, workspace_id: int, keys: Collection[str]) -> set[str]:
    """The calendars of these resources in their newest versions."""
    statement = _versions(workspace_id).where(_v.version == _r.version, any_of(db, _r.key, keys))
    return set((await db.scalars(statement.with_only_columns(_v.calendar).where(_v.calendar.is_not(None)))).all())


async def add(tx: AsyncConnection, workspace_id: int, key: str) -> bool:
    """Add a resource's row; False if the key is taken, also by a deleted resource."""
    row = {"workspace_id": workspace_id, "key": key, "version": 1, "deleted": False}
    return bool(await insert_new(tx, resources, [row], ["workspace_id", "key"]))


async def move(tx: AsyncConnection, workspace_id: int, key: str, **values: Any) -> None:
    """Change a resource's row: its newest version, or whether it is deleted."""
    await tx.execute(update(resources).where(_r.workspace_id == workspace_id, _r.key == key).values(**values))


async def add_version(tx: AsyncConnection, workspace_id: int, version: Version) -> None:
    """Add an immutable version."""
    await insert_all(tx, resource_versions, [{**version, "workspace_id": workspace_id}])


async def last_recorded_at(db: AsyncConnection, workspace_id: int, key: str) -> datetime | None:
    """When the newest version was recorded."""
    here = (_v.workspace_id == workspace_id) & (_v.key == key)
    found: datetime | None = await db.scalar(select(func.max(_v.recorded_at)).where(here))
    return found


async def using_calendar_now(db: AsyncConnection, workspace_id: int, calendar: str) -> bool:
    """Whether a living resource has this calendar in its newest version."""
    statement = _versions(workspace_id).where(_v.version == _r.version, _v.calendar == calendar)
    return (await db.scalar(statement.with_only_columns(_v.key).limit(1))) is not None


# Which plans named them


async def name(tx: AsyncConnection, head_ids: Iterable[tuple[int, UUID, str, datetime]]) -> None:
    """Note that plans name resources: (workspace, plan id, resource, when that was recorded); the first counts."""
    rows = [
        {"workspace_id": workspace_id, "resource": key, "plan_id": plan_id, "named_at": at}
        for workspace_id, plan_id, key, at in head_ids
    ]
    if rows:
        await insert_new(tx, plan_resources, rows, ["workspace_id", "resource", "plan_id"])


async def naming(db: AsyncConnection, workspace_id: int, key: str) -> set[UUID]:
    """The plans that ever named this resource."""
    here = (_n.workspace_id == workspace_id) & (_n.resource == key)
    return set((await db.scalars(select(_n.plan_id).where(here))).all())


async def naming_calendar(db: AsyncConnection, workspace_id: int, calendar: str) -> set[UUID]:
    """The plans that ever named a resource of which any version has this calendar."""
    of_it = (_v.workspace_id == _n.workspace_id) & (_v.key == _n.resource)
    statement = select(_n.plan_id).join_from(plan_resources, resource_versions, of_it)
    statement = statement.where(_v.workspace_id == workspace_id, _v.calendar == calendar)
    return set((await db.scalars(statement.distinct())).all())


async def named_at(
    db: AsyncConnection, head: Head, named_by: datetime, known_at: datetime
) -> dict[str, list[Version]]:
    """Each resource that a plan named by an instant, in its versions known at another one, oldest first.

    The first version of each is among them, also where it was recorded later: a plan can be older by its history.
    """
    of_it = (_v.workspace_id == _n.workspace_id) & (_v.key == _n.resource)
    statement = select(*_VERSION).join_from(plan_resources, resource_versions, of_it)
    statement = statement.where(_n.workspace_id == head.workspace_id, _n.plan_id == head.plan_id)
    statement = statement.where(_n.named_at <= named_by, (_v.recorded_at <= known_at) | (_v.version == 1))
    found: dict[str, list[Version]] = {}
    for row in (await db.execute(statement.order_by(_v.key, _v.version))).all():
        found.setdefault(row.key, []).append(as_dict(row))
    return found


async def versions_at(db: AsyncConnection, workspace_id: int, key: str, known_at: datetime) -> list[Version]:
    """The versions of a resource that were known at an instant, oldest first."""
    here = (_v.workspace_id == workspace_id) & (_v.key == key) & (_v.recorded_at <= known_at)
    return [as_dict(row) for row in (await db.execute(select(*_VERSION).where(here).order_by(_v.version))).all()]


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Forget up to `limit` resources that a plan named whose purge began; answers how many went."""
    return await delete_some(tx, plan_resources, limit, workspace_id=workspace_id, plan_id=plan_id)
