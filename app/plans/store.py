"""The SQL of plans, revisions and baselines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.plan import SCHEDULE_OPTIONS, Money, PlanFields, WeightBasis
from app.kit.bulk import any_of, delete_some, insert_all, insert_new, update_each
from app.kit.wakeups import wake
from app.plans.tables import baselines, plan_revisions, plan_statuses, plans

_CHUNK = 500

CLOSED = frozenset({"completed", "cancelled"})
"""The statuses of a plan that is over."""


@dataclass(frozen=True, slots=True)
class Head:
    """The mutable row of a plan: where its history stands."""

    workspace_id: int
    plan_id: UUID
    key: str
    status: str
    revision: int
    baseline_count: int
    last_sequence: int
    last_recorded_at: datetime
    created_at: datetime
    updated_at: datetime
    check_due_at: datetime | None = None
    evaluation_count: int = 0
    act_count: int = 0
    outcome_count: int = 0


_HEAD = [plans.c[name] for name in Head.__dataclass_fields__]
_FIELDS = [plan_revisions.c[name] for name in PlanFields.__dataclass_fields__]


def _of(head: Head) -> Any:
    return (plans.c.workspace_id == head.workspace_id) & (plans.c.plan_id == head.plan_id)


async def get(db: AsyncConnection, workspace_id: int, key: str) -> Head | None:
    """The plan with this key, or None if there is none (any more)."""
    found = await heads(db, workspace_id, [key])
    return found[0] if found else None


async def heads(db: AsyncConnection, workspace_id: int, keys: Iterable[str]) -> list[Head]:
    """The living plans among these keys, by key."""
    statement = _living(workspace_id).where(any_of(db, plans.c.key, set(keys))).order_by(plans.c.key)
    return [Head(*row) for row in (await db.execute(statement)).all()]


async def lock(tx: AsyncConnection, workspace_id: int, keys: Iterable[str]) -> list[Head]:
    """Lock the living plans among these keys, in the order of their keys, against every other writer."""
    statement = _living(workspace_id).where(any_of(tx, plans.c.key, set(keys))).order_by(plans.c.key)
    statement = statement.with_for_update()
    return [Head(*row) for row in (await tx.execute(statement)).all()]


class Cursor(NamedTuple):
    """Where a locked plan's history stands, as recording an event needs it."""

    workspace_id: int
    plan_id: UUID
    key: str
    revision: int
    last_sequence: int
    last_recorded_at: datetime
    status: str
    check_due_at: datetime | None
    outcome_count: int = 0


_CURSOR = [plans.c[name] for name in Cursor._fields]


async def lock_cursors(tx: AsyncConnection, workspace_id: int, keys: Iterable[str]) -> dict[str, Cursor]:
    """As `lock`, with no more of each row than recording an event needs; by key."""
    here = (plans.c.workspace_id == workspace_id) & plans.c.deleted_at.is_(None)
    statement = select(*_CURSOR).where(here, any_of(tx, plans.c.key, set(keys))).order_by(plans.c.key)
    return {row[2]: Cursor(*row) for row in (await tx.execute(statement.with_for_update())).all()}


def _living(workspace_id: int) -> Any:
    return select(*_HEAD).where(plans.c.workspace_id == workspace_id, plans.c.deleted_at.is_(None))


def _newest() -> Any:
    """A plan's row joined with its newest revision."""
    return (
        (plan_revisions.c.workspace_id == plans.c.workspace_id)
        & (plan_revisions.c.plan_id == plans.c.plan_id)
        & (plan_revisions.c.revision == plans.c.revision)
    )


async def page(
    db: AsyncConnection, workspace_id: int, after: str | None, limit: int, status: str | None
) -> Sequence[tuple[Head, PlanFields]]:
    """Living plans with their current fields, by key."""
    statement = (
        select(*_HEAD, *_FIELDS)
        .join(plan_revisions, _newest())
        .where(plans.c.workspace_id == workspace_id, plans.c.deleted_at.is_(None))
        .order_by(plans.c.key)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(plans.c.key > after)
    if status is not None:
        statement = statement.where(plans.c.status == status)
    rows = (await db.execute(statement)).all()
    return [(Head(*row[: len(_HEAD)]), _fields(row[len(_HEAD) :])) for row in rows]


def _fields(values: Sequence[Any]) -> PlanFields:
    fields = dict(zip(PlanFields.__dataclass_fields__, values, strict=True))
    fields["weight_basis"] = WeightBasis(fields["weight_basis"])
    # Revisions written before an option existed say what it is by default.
    fields["schedule_options"] = {**SCHEDULE_OPTIONS, **fields["schedule_options"]}
    reserve = fields["reserve"]
    fields["reserve"] = None if reserve is None else Money(Decimal(reserve["amount"]), reserve["currency"])
    fields["decisions_required_for"] = tuple(fields["decisions_required_for"] or ())
    return PlanFields(**fields)


async def add(tx: AsyncConnection, head: Head) -> bool:
    """Add a plan; False if its key is taken, also by a deleted plan."""
    row = {name: getattr(head, name) for name in Head.__dataclass_fields__}
    return bool(await insert_new(tx, plans, [row], ["workspace_id", "key"]))


async def key_taken(db: AsyncConnection, workspace_id: int, key: str) -> bool:
    """Whether a plan has this key, or had it before it was deleted."""
    here = (plans.c.workspace_id == workspace_id) & (plans.c.key == key)
    return (await db.scalar(select(plans.c.plan_id).where(here))) is not None


async def advance(tx: AsyncConnection, head: Head, now: datetime, **values: Any) -> None:
    """Move the plan's row on, and make it due: of a draft, too, there is a summary. The caller holds its lock."""
    if not is_due(head, now):
        values["check_due_at"] = now
        await wake(tx, "due")
    await tx.execute(update(plans).where(_of(head)).values(**values))


def is_due(plan: Head | Cursor, now: datetime) -> bool:
    """Whether the plan waits for its evaluation already."""
    return plan.check_due_at is not None and plan.check_due_at <= now


async def advance_events(tx: AsyncConnection, moved: Sequence[Mapping[str, Any]]) -> None:
    """Move many locked plans on after events: rows of workspace_id, plan_id, and what the events change."""
    await update_each(tx, plans, ("workspace_id", "plan_id"), moved)


async def touch(tx: AsyncConnection, heads: Sequence[Head], recorded_at: datetime, now: datetime) -> None:
    """Note a fact outside the locked plans (a new version of their calendar) as known since `recorded_at`."""
    for head in heads:
        await advance(tx, head, now, last_recorded_at=recorded_at)


async def mark_due(tx: AsyncConnection, workspace_id: int, key: str | None, now: datetime) -> None:
    """Make every active plan of a workspace, or the one with this key, due at once; locks them by key.

    Also those that are due already: who evaluates them meanwhile must wait for what this transaction changes.
    """
    found = select(plans.c.plan_id, plans.c.check_due_at)
    found = found.where(plans.c.workspace_id == workspace_id, plans.c.deleted_at.is_(None))
    found = found.where(plans.c.status == "active") if key is None else found.where(plans.c.key == key)
    rows = (await tx.execute(found.order_by(plans.c.key).with_for_update())).all()
    plan_ids = [plan_id for plan_id, due_at in rows if due_at is None or due_at > now]
    for start in range(0, len(plan_ids), _CHUNK):
        here = (plans.c.workspace_id == workspace_id) & plans.c.plan_id.in_(plan_ids[start : start + _CHUNK])
        await tx.execute(update(plans).where(here).values(check_due_at=now))
    if plan_ids:
        await wake(tx, "due")


async def lock_ids(tx: AsyncConnection, workspace_id: int, plan_ids: Sequence[UUID]) -> list[Head]:
    """Lock plans by their ids, in the order of their keys."""
    statement = _living(workspace_id).where(plans.c.plan_id.in_(plan_ids)).order_by(plans.c.key).with_for_update()
    return [Head(*row) for row in (await tx.execute(statement)).all()]


def living_ids(workspace_id: int, key: str | None = None, created_by: datetime | None = None) -> Any:
    """The ids of all plans that are not deleted, or of those with this key or from then, to be selected from."""
    found = select(plans.c.plan_id).where(plans.c.workspace_id == workspace_id, plans.c.deleted_at.is_(None))
    if created_by is not None:
        found = found.where(plans.c.created_at <= created_by)
    return found if key is None else found.where(plans.c.key == key)


async def keys_of(db: AsyncConnection, workspace_id: int, plan_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The keys of plans by their ids."""
    here = (plans.c.workspace_id == workspace_id) & plans.c.plan_id.in_(sorted(set(plan_ids)))
    return {row[0]: row[1] for row in (await db.execute(select(plans.c.plan_id, plans.c.key).where(here))).all()}


async def living(db: AsyncConnection, workspace_id: int, plan_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these plans that are not deleted."""
    here = (plans.c.workspace_id == workspace_id) & plans.c.deleted_at.is_(None)
    return set((await db.scalars(select(plans.c.plan_id).where(here, plans.c.plan_id.in_(sorted(plan_ids))))).all())


async def known(
    db: AsyncConnection, workspace_id: int, plan_ids: Iterable[UUID], known_at: datetime
) -> list[tuple[Head, datetime | None, int, datetime]]:
    """These plans with when each was deleted, and its newest revision recorded by an instant, and when that was.

    Without those that had none then, and those whose purge began: of them nothing is known any more.
    """
    joined = (plan_revisions.c.workspace_id == plans.c.workspace_id) & (plan_revisions.c.plan_id == plans.c.plan_id)
    newest = (func.max(plan_revisions.c.revision), func.max(plan_revisions.c.recorded_at))
    statement = select(*_HEAD, plans.c.deleted_at, *newest).join_from(plans, plan_revisions, joined)
    here = (plans.c.workspace_id == workspace_id) & plans.c.plan_id.in_(sorted(plan_ids))
    statement = statement.where(here, plans.c.purge_started_at.is_(None), plan_revisions.c.recorded_at <= known_at)
    rows = (await db.execute(statement.group_by(plans.c.workspace_id, plans.c.plan_id).order_by(plans.c.key))).all()
    size = len(_HEAD)
    return [(Head(*row[:size]), row[size], row[size + 1], row[size + 2]) for row in rows]


async def add_revision(tx: AsyncConnection, head: Head, fields: PlanFields, row: Mapping[str, Any]) -> None:
    """Add a revision's own row: its plan fields, and who, when, why."""
    values = {name: getattr(fields, name) for name in PlanFields.__dataclass_fields__}
    reserve = fields.reserve
    values["reserve"] = None if reserve is None else {"amount": f"{reserve.amount:f}", "currency": reserve.currency}
    values["decisions_required_for"] = list(fields.decisions_required_for) or None
    identity = {"workspace_id": head.workspace_id, "plan_id": head.plan_id}
    await insert_all(tx, plan_revisions, [{**identity, **values, **row}])


async def fields_at(db: AsyncConnection, head: Head, revision: int) -> PlanFields:
    """The plan fields of a revision that exists."""
    statement = select(*_FIELDS).where(*_within(plan_revisions, head), plan_revisions.c.revision == revision)
    return _fields((await db.execute(statement)).one())


def _within(table: Any, head: Head) -> tuple[Any, Any]:
    return table.c.workspace_id == head.workspace_id, table.c.plan_id == head.plan_id


_REVISION = [plan_revisions.c[n] for n in ("revision", "recorded_at", "author", "reason", "origin", "change_counts")]


async def revisions_page(db: AsyncConnection, head: Head, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Revisions, newest first."""
    statement = select(*_REVISION).where(*_within(plan_revisions, head))
    if before is not None:
        statement = statement.where(plan_revisions.c.revision < before)
    return (await db.execute(statement.order_by(plan_revisions.c.revision.desc()).limit(limit))).all()


async def revision(db: AsyncConnection, head: Head, number: int) -> Row[Any] | None:
    """One revision's who, when, why."""
    statement = select(*_REVISION).where(*_within(plan_revisions, head), plan_revisions.c.revision == number)
    return (await db.execute(statement)).one_or_none()


async def revision_at(db: AsyncConnection, head: Head, known_at: datetime) -> tuple[int, datetime] | None:
    """The newest revision recorded by an instant, and when it was; None before the plan's first."""
    statement = (
        select(plan_revisions.c.revision, plan_revisions.c.recorded_at)
        .where(*_within(plan_revisions, head), plan_revisions.c.recorded_at <= known_at)
        .order_by(plan_revisions.c.revision.desc())
        .limit(1)
    )
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else (row.revision, row.recorded_at)


async def change_status(tx: AsyncConnection, head: Head, row: Mapping[str, Any], now: datetime) -> Head:
    """Change the status of a locked plan, a fact of it: `row` has status, recorded_at, author, reason and lessons."""
    newest = select(func.max(plan_statuses.c.number)).where(*_within(plan_statuses, head))
    number = (await tx.scalar(newest) or 0) + 1
    identity = {"workspace_id": head.workspace_id, "plan_id": head.plan_id, "number": number}
    await insert_all(tx, plan_statuses, [{**identity, **row}])
    at = row["recorded_at"]
    moved = {"status": row["status"], "updated_at": at, "last_recorded_at": at}
    await advance(tx, head, now, **moved)
    return replace(head, **moved)


async def status_at(db: AsyncConnection, head: Head, known_at: datetime) -> Row[Any] | None:
    """The newest change of a plan's status recorded by an instant; None: active, or still a draft."""
    statement = select(plan_statuses).where(*_within(plan_statuses, head), plan_statuses.c.recorded_at <= known_at)
    return (await db.execute(statement.order_by(plan_statuses.c.number.desc()).limit(1))).one_or_none()


async def recorded_instants(db: AsyncConnection, head: Head, until: datetime) -> set[datetime]:
    """When the revisions and the baselines up to an instant were recorded."""
    found: set[datetime] = set()
    for table in (plan_revisions, baselines):
        statement = select(table.c.recorded_at).where(*_within(table, head), table.c.recorded_at <= until)
        found.update((await db.scalars(statement)).all())
    return found


async def time_zones(db: AsyncConnection, workspace_id: int, plan_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The time zone of the newest revision of each plan."""
    statement = (
        select(plans.c.plan_id, plan_revisions.c.time_zone)
        .join(plan_revisions, _newest())
        .where(plans.c.workspace_id == workspace_id, plans.c.plan_id.in_(plan_ids))
    )
    return {row[0]: row[1] for row in (await db.execute(statement)).all()}


async def currencies(db: AsyncConnection, workspace_id: int, plan_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The currency that the newest revision of each plan names, if it names one."""
    statement = (
        select(plans.c.plan_id, plan_revisions.c.currency)
        .join(plan_revisions, _newest())
        .where(plans.c.workspace_id == workspace_id, plans.c.plan_id.in_(plan_ids))
    )
    return {row[0]: row[1] for row in (await db.execute(statement)).all() if row[1] is not None}


async def naming_calendar(db: AsyncConnection, workspace_id: int, calendar: str) -> set[UUID]:
    """The plans of which any revision has this calendar as its own."""
    statement = select(plan_revisions.c.plan_id).where(
        plan_revisions.c.workspace_id == workspace_id, plan_revisions.c.calendar == calendar
    )
    return set((await db.scalars(statement.distinct())).all())


async def calendars_named(db: AsyncConnection, head: Head, revision: int) -> set[str]:
    """The calendars that any revision up to this one has as the plan's own."""
    statement = select(plan_revisions.c.calendar).where(*_within(plan_revisions, head))
    return set((await db.scalars(statement.where(plan_revisions.c.revision <= revision).distinct())).all())


async def using_calendar_now(db: AsyncConnection, workspace_id: int, calendar: str) -> bool:
    """Whether the current revision of a living plan has this calendar as its own."""
    statement = (
        select(plans.c.plan_id)
        .join(plan_revisions, _newest())
        .where(plans.c.workspace_id == workspace_id, plans.c.deleted_at.is_(None))
        .where(plan_revisions.c.calendar == calendar)
        .limit(1)
    )
    return (await db.scalar(statement)) is not None


async def to_purge(db: AsyncConnection, deleted_before: datetime) -> list[tuple[int, UUID]]:
    """Deleted plans whose time of grace is over, as (workspace_id, plan_id)."""
    statement = (
        select(plans.c.workspace_id, plans.c.plan_id)
        .where(plans.c.deleted_at < deleted_before, plans.c.purged_at.is_(None))
        .order_by(plans.c.deleted_at)
        .limit(100)
    )
    return [(row[0], row[1]) for row in (await db.execute(statement)).all()]


async def mark_purge(tx: AsyncConnection, workspace_id: int, plan_id: UUID, **values: datetime) -> None:
    """Note that the purge of a plan began or ended; the triggers let its history go from the first on."""
    here = (plans.c.workspace_id == workspace_id) & (plans.c.plan_id == plan_id)
    await tx.execute(update(plans).where(here).values(**values))


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` rows of the history of a plan whose purge began; its own row stays."""
    gone = 0
    for table in (baselines, plan_statuses, plan_revisions):
        gone += await delete_some(tx, table, limit - gone, workspace_id=workspace_id, plan_id=plan_id)
    return gone
