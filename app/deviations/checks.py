"""Whether corrective actions had an effect: checked when they are due, or when their deviation is over."""

from collections.abc import Collection, Mapping
from datetime import datetime
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

_JUDGED = (None, Resolution.within_tolerance, Resolution.accepted)


async def check_due(
    tx: AsyncConnection, head: Head, at: datetime, unknown: Collection[Subject] = ()
) -> list[Announcement]:
    """Check what is due, or whose deviation is over; answers what there is to announce of it.

    Args:
        tx: the transaction that saved the deviations.
        head: the plan, locked.
        at: the instant of the check.
        unknown: the subjects that have no value at this instant.
    """
    waiting = [as_dict(row) for row in await action_store.unchecked(tx, head)]
    if not waiting:
        return []
    records = await store.by_ids(tx, head, {row["deviation_id"] for row in waiting})
    checked = []
    for row in waiting:
        record = records[row["deviation_id"]]
        if row["due_at"] <= at or record.is_over:
            checked.append({**row, **effect(row, record, unknown), "checked_at": at})
    await action_store.save_checks(tx, checked)
    return [_announcement(head, row, records[row["deviation_id"]]) for row in checked]


def effect(row: Mapping[str, Any], record: Record, unknown: Collection[Subject] = ()) -> dict[str, Any]:
    """Whether an action was effective, with the value now; null where there is nothing to compare."""
    before, after, nothing = row["value_before"], record.value, {"value_after": None, "effective": None}
    is_known = record.is_over or record.subject not in unknown
    if record.resolution not in _JUDGED or not is_known or after is None:
        return nothing
    if record.resolution == Resolution.within_tolerance:
        return {"value_after": after, "effective": True}
    if before is None or row["unit"] != record.unit:
        return nothing
    return {"value_after": after, "effective": is_better(record, after, before)}


def _announcement(head: Head, row: Mapping[str, Any], record: Record) -> Announcement:
    return Announcement(
        type=AnnouncementType.action_checked,
        occurred_at=row["checked_at"],
        plan_id=head.plan_id,
        plan=head.key,
        data={**deviation_document(record, head.key), "action": action_document(row)},
        filterable=filterable(record),
    )
