"""What a person says of a deviation: seen, for this reason, until then; on finished work that settles it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.deviations import checks, store
from app.deviations.problems import DeviationNotFound, DeviationResolved
from app.deviations.reason_codes import require_reason_code
from app.deviations.records import Record, over
from app.deviations.service import announcement, history_row
from app.domain.deviation_values import DeviationState, Resolution, TransitionKind
from app.domain.moments import format_instant, parse_instant
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.plans import due
from app.plans import store as plans
from app.plans.store import Head
from app.webhooks import service as webhooks


async def locked(tx: AsyncConnection, workspace_id: int, deviation_id: UUID) -> tuple[Head, Record]:
    """A deviation under the lock of its plan, which every evaluation of it takes too.

    Raises:
        DeviationNotFound: there is none, or its plan was deleted.
    """
    found = await store.get(tx, workspace_id, deviation_id)
    heads = [] if found is None else await plans.lock_ids(tx, workspace_id, [found.plan_id])
    record = await store.get(tx, workspace_id, deviation_id) if heads else None
    if record is None:
        raise DeviationNotFound
    return heads[0], record


async def acknowledge(
    tx: AsyncConnection, workspace_id: int, deviation_id: UUID, given: Mapping[str, Any], stamp: Stamp
) -> tuple[Head, Record]:
    """Acknowledge a deviation, and have its plan judged again; `given` has reason, reason_code and until.

    Work that is finished stays as it is: its deviation is resolved as accepted. Acknowledging again replaces
    what was said before.

    Raises:
        DeviationNotFound, DeviationResolved
        InvalidRequest: `until` does not lie in the future, or the reason code is unknown or out of use.
    """
    head, record = await locked(tx, workspace_id, deviation_id)
    if record.is_over:
        raise DeviationResolved
    now = stamp.clock()
    check_future("/until", given["until"], now)
    if given["reason_code"] is not None:
        await require_reason_code(tx, workspace_id, given["reason_code"])
    at = max(next_recorded_at(None, now, head.last_recorded_at), record.changed_at)
    record = _acknowledged(record, given, stamp.author, at)
    kind = TransitionKind.resolved if record.is_over else TransitionKind.acknowledged
    told = {
        "kind": kind.value,
        "as_of": parse_instant(record.evidence["as_of"]),
        "evaluation": None,
        "retroactive": False,
        "actor": stamp.author,
    }
    row = history_row(record, told)
    await due.count_act(tx, head, at)
    await store.save(tx, record, row)
    checked = await checks.check_due(tx, head, now) if record.is_over else []
    await webhooks.announce(tx, workspace_id, [announcement(record, head, row), *checked])
    await plans.mark_due(tx, workspace_id, head.key, now)
    return head, record


def check_future(pointer: str, instant: datetime | None, now: datetime) -> None:
    """Refuse an instant that has passed.

    Raises:
        InvalidRequest: it has.
    """
    if instant is not None and instant <= now:
        raise InvalidRequest(errors=[FieldError(pointer, "not_in_future", "must lie in the future")])


def _acknowledged(record: Record, given: Mapping[str, Any], author: str, at: datetime) -> Record:
    until: datetime | None = None if record.is_final else given["until"]
    said = {
        "author": author,
        "recorded_at": format_instant(at),
        "reason": given["reason"],
        "reason_code": given["reason_code"],
        "until": None if until is None else format_instant(until),
    }
    # What was acknowledged is the value as it was shown: only more than that is news.
    told = replace(
        record,
        state=DeviationState.acknowledged.value,
        acknowledgement=said,
        acknowledged_until=until,
        told_value=record.value,
        transitions=record.transitions + 1,
        changed_at=at,
    )
    return replace(told, **over(Resolution.accepted, at)) if record.is_final else told
