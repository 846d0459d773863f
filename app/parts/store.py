"""The SQL of the parts of plans."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import PartBody
from app.kit.bulk import delete_some, insert_all, probe
from app.kit.db import OPEN_REVISION
from app.parts.tables import plan_parts
from app.plans.store import Head

_c = plan_parts.c
Name = tuple[str, str]  # (part, key)


def _at(head: Head, revision: int) -> tuple[Any, ...]:
    """The one WHERE that reads a revision."""
    return (
        _c.workspace_id == head.workspace_id,
        _c.plan_id == head.plan_id,
        _c.from_revision <= revision,
        _c.to_revision > revision,
    )


async def parts_at(db: AsyncConnection, head: Head, revision: int, *only: str) -> dict[str, dict[str, PartBody]]:
    """The parts of a revision by name and key, all of them or those of these names; what has none is missing."""
    statement = select(_c.part, _c.key, _c.body).where(*_at(head, revision)).order_by(_c.part, _c.key)
    if only:
        statement = statement.where(_c.part.in_(only))
    found: dict[str, dict[str, PartBody]] = {}
    for part, key, body in (await db.execute(statement)).all():
        found.setdefault(part, {})[key] = body
    return found


async def page(
    db: AsyncConnection, head: Head, revision: int, part: str, after: str | None, limit: int
) -> list[tuple[str, PartBody, int]]:
    """(key, body, the revision it last changed in) of the parts of this name, by key."""
    statement = select(_c.key, _c.body, _c.from_revision).where(*_at(head, revision), _c.part == part)
    if after is not None:
        statement = statement.where(_c.key > after)
    return [(row[0], row[1], row[2]) for row in (await db.execute(statement.order_by(_c.key).limit(limit))).all()]


async def get(db: AsyncConnection, head: Head, revision: int, part: str, key: str) -> tuple[PartBody, int] | None:
    """The body of one part and the revision it last changed in."""
    statement = select(_c.body, _c.from_revision).where(*_at(head, revision), _c.part == part, _c.key == key)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def ever(
    db: AsyncConnection, workspace_id: int, names: Collection[tuple[UUID, str, str]]
) -> set[tuple[UUID, str, str]]:
    """Those of (plan id, part, key) that ever stood in their plan; costs the names asked for."""
    pairs = {(plan_id, key) for plan_id, _, key in names}
    statement = probe(db, [_c.plan_id, _c.part, _c.key], _c.workspace_id == workspace_id, (_c.plan_id, _c.key), pairs)
    return {(row[0], row[1], row[2]) for row in (await db.execute(statement)).all()} & set(names)


async def having(
    db: AsyncConnection, workspace_id: int, part: str, keys: Collection[str]
) -> list[tuple[UUID, str, int, int, PartBody]]:
    """(plan id, key, from revision, to revision, body) of every row with one of these keys, in any plan."""
    statement = select(_c.plan_id, _c.key, _c.from_revision, _c.to_revision, _c.body)
    statement = statement.where(_c.workspace_id == workspace_id, _c.part == part, _c.key.in_(sorted(keys)))
    rows = (await db.execute(statement.order_by(_c.plan_id, _c.key, _c.from_revision))).all()
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def ever_in(
    db: AsyncConnection, workspace_id: int, part: str, plan_ids: Collection[UUID]
) -> list[tuple[UUID, str, int, int, PartBody]]:
    """(plan id, key, from revision, to revision, body) of every row of this name in these plans."""
    statement = select(_c.plan_id, _c.key, _c.from_revision, _c.to_revision, _c.body)
    statement = statement.where(_c.workspace_id == workspace_id, _c.part == part, _c.plan_id.in_(sorted(plan_ids)))
    rows = (await db.execute(statement.order_by(_c.plan_id, _c.key, _c.from_revision))).all()
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def open_in(
    db: AsyncConnection, workspace_id: int, part: str, plan_ids: Collection[UUID]
) -> list[tuple[UUID, str, PartBody]]:
    """(plan id, key, body) of the parts of this name in the newest revisions of these plans."""
    statement = select(_c.plan_id, _c.key, _c.body).where(_c.workspace_id == workspace_id, _c.part == part)
    statement = statement.where(_c.to_revision == OPEN_REVISION, _c.plan_id.in_(sorted(plan_ids)))
    rows = (await db.execute(statement.order_by(_c.plan_id, _c.key))).all()
    return [(row[0], row[1], row[2]) for row in rows]


async def count_now(db: AsyncConnection, workspace_id: int, part: str, key: str, plan_ids: Any) -> int:
    """How many of these plans (a selection of their ids) have this part in their newest revision."""
    here = (_c.workspace_id == workspace_id) & (_c.part == part) & (_c.key == key)
    statement = select(func.count()).where(here, _c.to_revision == OPEN_REVISION, _c.plan_id.in_(plan_ids))
    return int((await db.execute(statement)).scalar_one())


async def replace_parts(
    tx: AsyncConnection,
    head: Head,
    revision: int,
    closed: Iterable[Name],
    opened: Iterable[tuple[str, str, PartBody]],
) -> None:
    """End the rows of `closed` and begin those of `opened` with this revision."""
    identity = {"workspace_id": head.workspace_id, "plan_id": head.plan_id, "from_revision": revision}
    names: Sequence[Mapping[str, str]] = [{"b_part": part, "b_key": key} for part, key in closed]
    if names:
        here = (_c.workspace_id == head.workspace_id) & (_c.plan_id == head.plan_id)
        here &= (_c.part == bindparam("b_part")) & (_c.key == bindparam("b_key"))
        statement = update(plan_parts).where(here, _c.to_revision == OPEN_REVISION).values(to_revision=revision)
        await tx.execute(statement, list(names))
    rows = [{**identity, "part": part, "key": key, "body": body} for part, key, body in opened]
    await insert_all(tx, plan_parts, rows)


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` parts of a plan whose purge began; answers how many went."""
    return await delete_some(tx, plan_parts, limit, workspace_id=workspace_id, plan_id=plan_id)
