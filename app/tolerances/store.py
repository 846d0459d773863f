"""The SQL of tolerances; a version is a mapping of its fields as on the wire, with `recorded_at` an instant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import MilestoneKind
from app.domain.tolerances import AppliesTo, Bounds, JudgedBy, Measure, Tolerance, Unit
from app.kit.bulk import any_of, as_dict, delete_some, insert_all, insert_new
from app.plans import store as plans
from app.tolerances.built_in import BUILT_INS
from app.tolerances.tables import tolerance_versions, tolerances

Version = Mapping[str, Any]
_STORED = [column for column in tolerance_versions.c if column.name not in {"workspace_id", "plan_id"}]
_CONTENT = [column for column in _STORED if column.name != "key"]


async def living(db: AsyncConnection, workspace_id: int, plan_key: str) -> list[Tolerance]:
    """The living tolerances that watch this plan, in their newest versions, by key: its own and the workspace's."""
    watching = tolerances.c.plan.is_(None) | (tolerances.c.plan == plan_key)
    return [tolerance_of(version) for version in await _newest(db, workspace_id, watching)]


async def at_versions(db: AsyncConnection, workspace_id: int, versions: Mapping[str, int]) -> list[Tolerance]:
    """These versions of tolerances, whether they live or not, by key.

    Raises:
        LookupError: there is no such version.
    """
    here = _in(workspace_id) & any_of(db, tolerances.c.key, versions.keys())
    statement = _versions().where(here, tolerance_versions.c.version.in_(sorted(set(versions.values()))))
    found = {(row.key, row.version): as_dict(row) for row in (await db.execute(statement)).all()}
    built_in = {(key, 1): version for key, version in BUILT_INS.items()}
    return [tolerance_of((found | built_in)[name]) for name in sorted(versions.items())]


async def newest(db: AsyncConnection, workspace_id: int) -> list[Version]:
    """The living tolerances in their newest versions, by key; those of a deleted plan live no more."""
    return await _newest(db, workspace_id, _of_living_plan(workspace_id))


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Version | None:
    """A version of a living tolerance, by default the newest."""
    here = (tolerances.c.key == key) & _of_living_plan(workspace_id)
    found = await _newest(db, workspace_id, here)
    current = next((each for each in found if each["key"] == key), None)
    if current is None or version is None or current["version"] == version:
        return current
    if version == 1 and key in BUILT_INS:
        return BUILT_INS[key]
    row = (
        await db.execute(_versions().where(_in(workspace_id), here, tolerance_versions.c.version == version))
    ).one_or_none()
    return None if row is None else as_dict(row)


def _versions() -> Select[Any]:
    """The stored versions, with the key and the plan of their tolerance."""
    selected = select(tolerances.c.key, tolerances.c.plan, *_CONTENT)
    return selected.join_from(tolerances, tolerance_versions, _joined())


def _joined() -> ColumnElement[bool]:
    of_it = tolerance_versions.c.workspace_id == tolerances.c.workspace_id
    return of_it & (tolerance_versions.c.key == tolerances.c.key)


def _in(workspace_id: int) -> ColumnElement[bool]:
    return tolerances.c.workspace_id == workspace_id


def _of_living_plan(workspace_id: int) -> ColumnElement[bool]:
    return tolerances.c.plan_id.is_(None) | tolerances.c.plan_id.in_(plans.living_ids(workspace_id))


async def _newest(db: AsyncConnection, workspace_id: int, watching: ColumnElement[bool]) -> list[Version]:
    """The newest versions of the tolerances found, in one statement; the built-in ones, where no row is over them."""
    built_in = tolerances.c.key.in_(list(BUILT_INS))
    statement = (
        select(tolerances.c.key, tolerances.c.plan, tolerances.c.deleted, *_CONTENT)
        .outerjoin_from(
            tolerances, tolerance_versions, _joined() & (tolerance_versions.c.version == tolerances.c.version)
        )
        .where(_in(workspace_id), watching, tolerances.c.deleted.is_(False) | built_in)
    )
    found: dict[str, Version | None] = dict(BUILT_INS)
    for row in (await db.execute(statement)).all():
        # Without a stored version it is a built-in one that was never edited.
        found[row.key] = None if row.deleted else BUILT_INS[row.key] if row.version is None else as_dict(row)
    return [version for _, version in sorted(found.items()) if version is not None]


class Locked(NamedTuple):
    """A tolerance's row, deleted or not."""

    plan_id: UUID | None
    version: int
    deleted: bool


async def lock(tx: AsyncConnection, workspace_id: int, key: str) -> Locked | None:
    """Lock a tolerance, deleted or not, against other writers; a built-in one has a row from then on."""
    if key in BUILT_INS:
        await add(tx, workspace_id, key)
    here = _in(workspace_id) & (tolerances.c.key == key) & _of_living_plan(workspace_id)
    statement = select(*(tolerances.c[name] for name in Locked._fields)).where(here).with_for_update()
    row = (await tx.execute(statement)).one_or_none()
    return None if row is None else Locked(*row)


async def add(
    tx: AsyncConnection, workspace_id: int, key: str, plan_id: UUID | None = None, plan: str | None = None
) -> bool:
    """Add a tolerance's row; False if the key is taken, also by a deleted tolerance."""
    row = {"workspace_id": workspace_id, "key": key, "plan_id": plan_id, "plan": plan}
    return bool(await insert_new(tx, tolerances, [{**row, "version": 1, "deleted": False}], ["workspace_id", "key"]))


async def move(tx: AsyncConnection, workspace_id: int, key: str, **values: Any) -> None:
    """Change a tolerance's row: its newest version, or whether it is deleted."""
    here = _in(workspace_id) & (tolerances.c.key == key)
    await tx.execute(update(tolerances).where(here).values(**values))


async def add_version(tx: AsyncConnection, workspace_id: int, plan_id: UUID | None, version: Version) -> None:
    """Add an immutable version of a tolerance of all plans, or of one."""
    row = {column.name: version[column.name] for column in _STORED}
    row |= {"workspace_id": workspace_id, "plan_id": plan_id}
    await insert_all(tx, tolerance_versions, [row])


async def last_recorded_at(db: AsyncConnection, workspace_id: int, key: str) -> datetime | None:
    """When the newest stored version was recorded."""
    here = (tolerance_versions.c.workspace_id == workspace_id) & (tolerance_versions.c.key == key)
    found: datetime | None = await db.scalar(select(func.max(tolerance_versions.c.recorded_at)).where(here))
    return found


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` rows of the tolerances of a plan whose purge began; their keys are free then."""
    gone = await delete_some(tx, tolerance_versions, limit, workspace_id=workspace_id, plan_id=plan_id)
    return gone + await delete_some(tx, tolerances, limit - gone, workspace_id=workspace_id, plan_id=plan_id)


def tolerance_of(version: Version) -> Tolerance:
    """A version as what plans are judged by."""
    parts = version["applies_to"]
    return Tolerance(
        key=version["key"],
        measure=Measure(version["measure"]),
        unit=Unit(version["unit"]),
        version=version["version"],
        name=version["name"] or "",
        basis=JudgedBy(version["basis"]),
        lower=Bounds(**version["lower"]),
        upper=Bounds(**version["upper"]),
        clear_margin=version["clear_margin"],
        consecutive=version["consecutive"],
        baseline=version["baseline"],
        applies_to=AppliesTo(
            frozenset(map(MilestoneKind, parts["kinds"])),
            frozenset(parts["milestones"]),
            parts["labels"],
            parts["critical_only"],
        ),
        plan=version["plan"],
    )
