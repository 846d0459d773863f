"""Whether corrective actions had an effect: checked when they are due, or when their deviation is over."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import action_store, store
from app.deviations.records import Record, is_better
from app.deviations.wire import action_document, deviation_document, filterable
from app.domain.deviation_values import Resolution, Subject
from app.feed.announcements import AnnouncementType
from app.kit.bulk import as_dict
from app.plans.store import Head
from app.webhooks.envelopes import Announcement

_BEGUN = ("in_progress", "done")
NOTHING: Mapping[Subject, float | None] = MappingProxyType({})
_JUDGED = (None, Resolution.within_tolerance, Resolution.accepted)


async def check_due(
    tx: AsyncConnection, head: Head, at: datetime, values: Mapping[Subject, float | None] = NOTHING
) -> list[Announcement]:
    """Check what is due, or whose deviation is over; answers what there is to announce of it.

    Args:
        tx: the transaction that saved the deviations.
        head: the plan, locked.
        at: the instant of the check.
        values: the values at this instant, None where there is none; else a record tells its own.
    """
    waiting = [as_dict(row) for row in await action_store.unchecked(tx, head)]
    if not waiting:
        return []
    records = await store.by_ids(tx, head, {row["deviation_id"] for row in waiting})
    checked = []
    for row in waiting:
        record = records[row["deviation_id"]]
        if row["due_at"] <= at or record.is_over:
            checked.append({**row, **effect(row, record, values), "checked_at": at})
    await action_store.save_checks(tx, checked)
    return [_announcement(head, row, records[row["deviation_id"]]) for row in checked]


def effect(
    row: Mapping[str, Any], record: Record, values: Mapping[Subject, float | None] = NOTHING
) -> dict[str, Any]:
    """The value now, and whether an action was effective; null where there is nothing to compare."""
    after = record.value if record.is_over else values.get(record.subject, record.value)
    if record.resolution not in _JUDGED or after is None:
        return {"value_after": None, "effective": None}
    is_within = record.resolution == Resolution.within_tolerance
    if not is_within and (row["value_before"] is None or row["unit"] != record.unit):
        return {"value_after": None, "effective": None}
    return {"value_after": after, "effective": credit(row, record, after, is_within=is_within)}


def credit(row: Mapping[str, Any], record: Record, after: float | None, *, is_within: bool) -> bool | None:
    """Whether an action that had begun was effective; what got better without it is not its merit."""
    if row["status"] not in _BEGUN or after is None:
        return None
    return is_within or is_better(record, after, row["value_before"])


def _announcement(head: Head, row: Mapping[str, Any], record: Record) -> Announcement:
    return Announcement(
        type=AnnouncementType.action_checked,
        occurred_at=row["checked_at"],
        plan_id=head.plan_id,
        plan=head.key,
        data={**deviation_document(record, head.key), "action": action_document(row)},
        filterable=filterable(record),
    )
