"""The SQL of milestones and dependencies."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from sys import intern
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import Constraint, Dependency, DependencyType, Milestone, MilestoneKind, Money
from app.kit.bulk import delete_some, insert_all, probe
from app.kit.db import OPEN_REVISION
from app.kit.threads import read_all
from app.milestones.tables import dependencies, milestones
from app.plans.store import Head

_MILESTONE = [
    milestones.c[name]
    for name in (
        "key",
        "name",
        "kind",
        "planned_start",
        "planned_finish",
        "planned_duration_minutes",
        "calendar",
        "parent",
        "owner",
        "constraint_type",
        "constraint_date",
        "deadline",
        "weight",
        "external_id",
        "labels",
        "budget",
    )
]
_DEPENDENCY = [
    dependencies.c[n] for n in ("predecessor", "type", "successor", "lag_minutes", "lag_percent", "lag_unit")
]
_IDENTITY = (dependencies.c.predecessor, dependencies.c.type, dependencies.c.successor)
_KINDS = {kind.value: kind for kind in MilestoneKind}
_TYPES = {kind.value: kind for kind in DependencyType}


def _at(table: Table, head: Head, revision: int) -> tuple[Any, ...]:
    """The one WHERE that reads a revision."""
    return (
        table.c.workspace_id == head.workspace_id,
        table.c.plan_id == head.plan_id,
        table.c.from_revision <= revision,
        table.c.to_revision > revision,
    )


def _milestone(row: Sequence[Any]) -> Milestone:
    constraint = None if row[9] is None else Constraint(row[9], row[10])
    budget = None if row[15] is None else Money(Decimal(row[15]["amount"]), row[15]["currency"])
    values = [intern(row[0]), row[1], _KINDS[row[2]], *row[3:9], constraint, *row[11:15], budget]
    return Milestone(*values)


def _dependency(row: Sequence[Any]) -> Dependency:
    predecessor, type_, successor, *lag = row[:6]
    # Every key is named by several links: one object each, which milestones have too.
    return Dependency(intern(predecessor), _TYPES[type_], intern(successor), *lag)


def _identified(row: Sequence[Any]) -> tuple[tuple[str, str, str], Dependency]:
    found = _dependency(row)
    return (found.predecessor, intern(row[1]), found.successor), found


async def milestones_at(db: AsyncConnection, head: Head, revision: int) -> dict[str, Milestone]:
    """All milestones of a revision, by key."""
    statement = select(*_MILESTONE).where(*_at(milestones, head, revision)).order_by(milestones.c.key)
    return {found.key: found for found in await read_all(await db.execute(statement), _milestone)}


async def dependencies_at(db: AsyncConnection, head: Head, revision: int) -> dict[tuple[str, str, str], Dependency]:
    """All dependencies of a revision, by identity."""
    statement = select(*_DEPENDENCY).where(*_at(dependencies, head, revision)).order_by(*_IDENTITY)
    return dict(await read_all(await db.execute(statement), _identified))


async def milestones_page(
    db: AsyncConnection, head: Head, revision: int, after: str | None, limit: int, **filters: str | None
) -> list[tuple[Milestone, int]]:
    """Milestones of a revision by key, each with the revision it last changed in."""
    statement = select(*_MILESTONE, milestones.c.from_revision).where(*_at(milestones, head, revision))
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(milestones.c[name] == value)
    if after is not None:
        statement = statement.where(milestones.c.key > after)
    rows = (await db.execute(statement.order_by(milestones.c.key).limit(limit))).all()
    return [(_milestone(row), row[-1]) for row in rows]


async def milestone(db: AsyncConnection, head: Head, revision: int, key: str) -> tuple[Milestone, int] | None:
    """One milestone of a revision, with the revision it last changed in."""
    statement = select(*_MILESTONE, milestones.c.from_revision).where(*_at(milestones, head, revision))
    row = (await db.execute(statement.where(milestones.c.key == key))).one_or_none()
    return None if row is None else (_milestone(row), row[-1])


async def dependencies_page(
    db: AsyncConnection, head: Head, revision: int, after: Sequence[str] | None, limit: int
) -> list[tuple[Dependency, int]]:
    """Dependencies of a revision by identity, each with the revision it last changed in."""
    statement = select(*_DEPENDENCY, dependencies.c.from_revision).where(*_at(dependencies, head, revision))
    if after is not None:
        statement = statement.where(tuple_(*_IDENTITY) > tuple_(*after))
    rows = (await db.execute(statement.order_by(*_IDENTITY).limit(limit))).all()
    return [(_dependency(row), row[-1]) for row in rows]


async def dependency(
    db: AsyncConnection, head: Head, revision: int, identity: tuple[str, str, str]
) -> tuple[Dependency, int] | None:
    """One dependency of a revision, with the revision it last changed in."""
    statement = select(*_DEPENDENCY, dependencies.c.from_revision).where(*_at(dependencies, head, revision))
    for name, value in zip(("predecessor", "type", "successor"), identity, strict=True):
        statement = statement.where(dependencies.c[name] == value)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else (_dependency(row), row[-1])


async def kinds_of(
    db: AsyncConnection, workspace_id: int, names: Collection[tuple[UUID, str]]
) -> list[tuple[UUID, str, str]]:
    """(plan id, key, kind) of each milestone that ever stood in its plan; of several rows the newest is last.

    Costs the milestones asked for, whatever the size of their plans.
    """
    selected = [milestones.c[name] for name in ("plan_id", "key", "kind", "from_revision")]
    here = milestones.c.workspace_id == workspace_id
    statement = probe(db, selected, here, (milestones.c.plan_id, milestones.c.key), names)
    rows = sorted((await db.execute(statement)).all(), key=lambda row: row.from_revision)
    return [(row.plan_id, row.key, row.kind) for row in rows]


async def names_ever(db: AsyncConnection, head: Head) -> list[tuple[str, str | None]]:
    """(key, external id) of every milestone of every revision; of several rows the newest is last."""
    statement = select(milestones.c.key, milestones.c.external_id).where(
        milestones.c.workspace_id == head.workspace_id, milestones.c.plan_id == head.plan_id
    )
    rows = (await db.execute(statement.order_by(milestones.c.from_revision, milestones.c.key))).all()
    return [(row[0], row[1]) for row in rows]


def _milestone_row(milestone: Milestone) -> dict[str, Any]:
    row = {column.name: getattr(milestone, column.name, None) for column in _MILESTONE}
    constraint = milestone.constraint
    row["constraint_type"] = None if constraint is None else constraint.type
    row["constraint_date"] = None if constraint is None else constraint.date
    row["kind"] = milestone.kind.value
    budget = milestone.budget
    row["budget"] = None if budget is None else {"amount": f"{budget.amount:f}", "currency": budget.currency}
    return row


async def replace_milestones(
    tx: AsyncConnection, head: Head, revision: int, closed: Iterable[str], opened: Iterable[Milestone]
) -> None:
    """End the rows of `closed` and begin those of `opened` with this revision."""
    identity = {"workspace_id": head.workspace_id, "plan_id": head.plan_id, "from_revision": revision}
    await _close(tx, milestones, head, revision, [{"b_key": key} for key in closed])
    await insert_all(tx, milestones, [{**identity, **_milestone_row(m)} for m in opened])


async def replace_dependencies(
    tx: AsyncConnection,
    head: Head,
    revision: int,
    closed: Iterable[tuple[str, str, str]],
    opened: Iterable[Dependency],
) -> None:
    """End the rows of `closed` and begin those of `opened` with this revision."""
    identity = {"workspace_id": head.workspace_id, "plan_id": head.plan_id, "from_revision": revision}
    names = ("b_predecessor", "b_type", "b_successor")
    await _close(tx, dependencies, head, revision, [dict(zip(names, key, strict=True)) for key in closed])
    rows = [{**identity, **{c.name: getattr(link, c.name) for c in _DEPENDENCY}} for link in opened]
    await insert_all(tx, dependencies, [{**row, "type": row["type"].value} for row in rows])


async def _close(
    tx: AsyncConnection, table: Table, head: Head, revision: int, keys: Sequence[Mapping[str, Any]]
) -> None:
    if not keys:
        return
    here = [table.c.workspace_id == head.workspace_id, table.c.plan_id == head.plan_id]
    here += [table.c[name.removeprefix("b_")] == bindparam(name) for name in keys[0]]
    statement = update(table).where(*here, table.c.to_revision == OPEN_REVISION).values(to_revision=revision)
    await tx.execute(statement, list(keys))


async def naming_calendar(db: AsyncConnection, workspace_id: int, calendar: str) -> set[UUID]:
    """The plans of which any milestone ever had this calendar."""
    statement = select(milestones.c.plan_id).where(
        milestones.c.workspace_id == workspace_id, milestones.c.calendar == calendar
    )
    return set((await db.scalars(statement.distinct())).all())


async def calendars_named(db: AsyncConnection, head: Head, revision: int) -> set[str]:
    """The calendars that any milestone of any revision up to this one has."""
    statement = select(milestones.c.calendar).where(
        milestones.c.workspace_id == head.workspace_id,
        milestones.c.plan_id == head.plan_id,
        milestones.c.from_revision <= revision,
        milestones.c.calendar.is_not(None),
    )
    return set((await db.scalars(statement.distinct())).all())


async def using_calendar_now(db: AsyncConnection, workspace_id: int, calendar: str) -> set[UUID]:
    """The plans of which a milestone has this calendar in the newest revision."""
    statement = select(milestones.c.plan_id).where(
        milestones.c.workspace_id == workspace_id,
        milestones.c.calendar == calendar,
        milestones.c.to_revision == OPEN_REVISION,
    )
    return set((await db.scalars(statement.distinct())).all())


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` dependencies and milestones of a plan whose purge began; answers how many went."""
    gone = await delete_some(tx, dependencies, limit, workspace_id=workspace_id, plan_id=plan_id)
    return gone + await delete_some(tx, milestones, limit - gone, workspace_id=workspace_id, plan_id=plan_id)
