"""Corrective actions: what somebody does about a deviation until when, later checked for its effect."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import action_store
from app.deviations.acknowledging import check_future, locked
from app.deviations.checks import credit
from app.deviations.problems import ActionNotFound, DeviationResolved
from app.deviations.records import Record
from app.domain.deviation_values import Resolution
from app.kit.bulk import as_dict
from app.kit.etags import require_match
from app.kit.ids import uuid7
from app.kit.stamps import Stamp
from app.plans import store as plans

EDITABLE = ("title", "description", "owner", "due_at", "status")


def etag(row: Mapping[str, Any]) -> str:
    """The ETag of an action: the version of what people say of it."""
    return f'"v{row["version"]}"'


async def get(db: AsyncConnection, record: Record, action_id: UUID) -> dict[str, Any]:
    """An action of a deviation.

    Raises:
        ActionNotFound: there is none.
    """
    row = await action_store.get(db, record, action_id)
    if row is None:
        raise ActionNotFound
    return as_dict(row)


async def plan_action(
    tx: AsyncConnection, workspace_id: int, deviation_id: UUID, given: Mapping[str, Any], stamp: Stamp
) -> dict[str, Any]:
    """Plan an action; it keeps the value that the deviation has now, to be compared when it is due.

    Raises:
        DeviationNotFound, DeviationResolved
        InvalidRequest: it is not due in the future.
    """
    head, record = await locked(tx, workspace_id, deviation_id)
    if record.is_over:
        raise DeviationResolved
    now = stamp.clock()
    check_future("/due_at", given["due_at"], now)
    row = {
        "workspace_id": workspace_id,
        "plan_id": record.plan_id,
        "deviation_id": deviation_id,
        "action_id": uuid7(),
        **{name: given[name] for name in EDITABLE},
        "version": 1,
        "value_before": record.value,
        "unit": record.unit,
        **_unchecked(),
        "created_at": now,
        "author": stamp.author,
    }
    await action_store.add(tx, row)
    await plans.mark_due(tx, workspace_id, head.key, now)
    return row


def _credited(row: Mapping[str, Any], record: Record) -> bool | None:
    """Whether an action that was checked was effective, now that it is known whether it had begun."""
    is_within = record.resolution == Resolution.within_tolerance and record.resolved_at == row["checked_at"]
    return credit(row, record, row["value_after"], is_within=is_within)


def _unchecked() -> dict[str, Any]:
    return {"value_after": None, "effective": None, "checked_at": None}


async def change(
    tx: AsyncConnection, record_id: tuple[int, UUID, UUID], patch: Any, if_match: str | None, now: datetime
) -> dict[str, Any]:
    """Change an action, also of a deviation that is over; with a new `due_at` its effect is checked once more.

    Args:
        tx: the transaction.
        record_id: workspace, deviation, action.
        patch: makes the new definition of the old.
        if_match: the version that the caller has seen.
        now: the present instant.

    Raises:
        DeviationNotFound, ActionNotFound, PreconditionRequired, PreconditionFailed
        DeviationResolved: there is a new `due_at`, and nothing to be checked then.
        InvalidRequest: a new `due_at` does not lie in the future.
    """
    workspace_id, deviation_id, action_id = record_id
    head, record = await locked(tx, workspace_id, deviation_id)
    old = await get(tx, record, action_id)
    require_match(if_match, etag(old))
    before = {name: old[name] for name in EDITABLE}
    after = patch(before)
    if after == before:
        return old
    values = {**after, "version": old["version"] + 1}
    if after["due_at"] != before["due_at"]:
        if record.is_over:
            raise DeviationResolved
        check_future("/due_at", after["due_at"], now)
        values |= _unchecked()
    elif after["status"] != before["status"] and old["checked_at"] is not None:
        values["effective"] = _credited({**old, **after}, record)
    await action_store.change(tx, record, action_id, values)
    await plans.mark_due(tx, workspace_id, head.key, now)
    return {**old, **values}
