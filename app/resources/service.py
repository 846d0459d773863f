"""Resources: created, edited as new versions, deleted when no plan assigns them any more.

A new version is a fact of every plan that ever named the resource, noted under the plan's lock: an answer once given
for an instant of knowledge never changes, and who is judged by capacity is judged anew.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store as calendars
from app.calendars.store import BUILT_INS
from app.kit.db import Conflict
from app.kit.etags import require_match
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.parts import store as parts
from app.plans import store as plans
from app.plans.store import Head
from app.resources import store
from app.resources.problems import ResourceInUse, ResourceKeyTaken, ResourceNotFound
from app.resources.store import Version

Definition = Mapping[str, Any]
FIELDS = ("name", "kind", "calendar", "capacity", "cost_rate", "owner", "contact", "labels")
"""What is said of a resource; with who said it, and when, that is a version."""


def etag(version: int) -> str:
    """The ETag of a resource: its version."""
    return f'"v{version}"'


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Version:
    """A version of a living resource, by default the newest.

    Raises:
        ResourceNotFound: no such resource or version.
    """
    found = await store.get(db, workspace_id, key, version)
    if found is None:
        raise ResourceNotFound
    return found


async def create(tx: AsyncConnection, workspace_id: int, key: str, wanted: Definition, stamp: Stamp) -> Version:
    """Create a resource with version 1.

    Raises:
        ResourceKeyTaken, RecordedBeforeHistory
        InvalidRequest: there is no such calendar.
    """
    await _require_calendar(tx, workspace_id, wanted["calendar"])
    if not await store.add(tx, workspace_id, key):
        raise ResourceKeyTaken
    return await _add_version(tx, [], {**wanted, "key": key, "version": 1}, stamp, workspace_id)


async def change(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    edit: Callable[[Definition], Definition],
    stamp: Stamp,
    if_match: str | None,
) -> Version:
    """Add a version: `edit` makes what is said of the resource from what was. No difference: none is added.

    Raises:
        ResourceNotFound, InvalidRequest, RecordedBeforeHistory, PreconditionRequired, PreconditionFailed
    """
    # Plans before resources, as every edit of a plan locks them.
    users = await _users(tx, workspace_id, key)
    heads = await plans.lock_ids(tx, workspace_id, sorted(users)) if users else []
    row = await store.lock(tx, workspace_id, key)
    if row is None or row.deleted:
        raise ResourceNotFound
    if await _users(tx, workspace_id, key) - {head.plan_id for head in heads}:
        raise Conflict  # a plan began to name it in between: run again and lock that one too
    require_match(if_match, etag(row.version))
    old = await get(tx, workspace_id, key)
    before = {name: old[name] for name in FIELDS}
    after = edit(before)
    if after == before:
        return old
    if after["calendar"] != before["calendar"]:
        await _require_calendar(tx, workspace_id, after["calendar"])
    version = row.version + 1
    await store.move(tx, workspace_id, key, version=version)
    return await _add_version(tx, heads, {**after, "key": key, "version": version}, stamp, workspace_id)


async def delete(tx: AsyncConnection, workspace_id: int, key: str, if_match: str | None) -> None:
    """Delete a resource that no living plan assigns in its newest revision; old answers keep its versions.

    Raises:
        ResourceNotFound, ResourceInUse, PreconditionRequired, PreconditionFailed
    """
    row = await store.lock(tx, workspace_id, key)
    if row is None or row.deleted:
        raise ResourceNotFound
    require_match(if_match, etag(row.version))
    users = await _users(tx, workspace_id, key)
    rows = await parts.open_in(tx, workspace_id, "assignments", users) if users else []
    used = {plan_id for plan_id, _, body in rows if body["resource"] == key}
    if used:
        raise ResourceInUse(f"The resource cannot be deleted: {len(used)} plans assign it. {ResourceInUse.advice}")
    await store.move(tx, workspace_id, key, deleted=True)


async def _users(tx: AsyncConnection, workspace_id: int, key: str) -> set[UUID]:
    """The living plans that ever named the resource."""
    named = await store.naming(tx, workspace_id, key)
    return await plans.living(tx, workspace_id, named) if named else set()


async def _require_calendar(tx: AsyncConnection, workspace_id: int, calendar: str | None) -> None:
    if calendar is None or calendar in BUILT_INS:
        return
    if not await calendars.lock_shared(tx, workspace_id, [calendar]):
        detail = "is no calendar of this workspace; /v1/calendars lists them"
        raise InvalidRequest(errors=[FieldError("/calendar", "unknown_calendar", detail)])


async def _add_version(
    tx: AsyncConnection, heads: Sequence[Head], definition: Definition, stamp: Stamp, workspace_id: int
) -> Version:
    """Add a version, noting it in the locked plans."""
    last = await store.last_recorded_at(tx, workspace_id, definition["key"])
    facts = [head.last_recorded_at for head in heads] + ([] if last is None else [last])
    recorded_at = next_recorded_at(stamp.recorded_at, stamp.clock(), max(facts, default=None))
    version = {**definition, "recorded_at": recorded_at, "author": stamp.author, "reason": stamp.reason}
    await store.add_version(tx, workspace_id, version)
    if heads:
        await plans.touch(tx, heads, recorded_at, stamp.clock())
    return version
