"""Calendars: created, edited as new versions, deleted when nothing uses them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store
from app.calendars.problems import CalendarBuiltIn, CalendarInUse, CalendarKeyTaken, CalendarNotFound
from app.calendars.rules import WEEKDAYS, expand, holidays_supported, tzdata_version
from app.calendars.store import BUILT_INS
from app.kit.bulk import as_dict
from app.kit.db import Conflict
from app.kit.etags import require_match
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.milestones import store as milestones
from app.plans import store as plans
from app.plans.store import Head
from app.resources import store as resources

DEFINITION = ("name", "time_zone", "weekly", "exceptions", "holidays", "minutes_per_day")


def built_in(key: str) -> dict[str, Any]:
    """A built-in calendar, shaped like a stored version."""
    always = key == "always"
    office = [{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]
    day = [{"from": "00:00", "to": "24:00"}] if always else office
    nothing: dict[str, Any] = {
        "holidays": [],
        "first_year": None,
        "last_year": None,
        "holidays_package": None,
        "transitions": None,
    }
    return {
        "key": key,
        "version": 1,
        "name": "Around the clock" if always else "Monday to Friday, 8 to 12 and 13 to 17",
        "time_zone": None,
        "weekly": dict.fromkeys(WEEKDAYS if always else WEEKDAYS[:5], day),
        "exceptions": [],
        "holidays": None,
        "minutes_per_day": 1440 if always else 480,
        "expanded": {**nothing, "tzdata": tzdata_version()},
        "author": None,
        "reason": None,
        "recorded_at": None,
    }


def etag(version: int) -> str:
    """The ETag of a calendar: its version."""
    return f'"v{version}"'


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Mapping[str, Any]:
    """A version of a calendar, by default the newest.

    Raises:
        CalendarNotFound: no such calendar or version.
    """
    if key in BUILT_INS and version in {None, 1}:
        return built_in(key)
    row = await store.get(db, workspace_id, key, version)
    if row is None:
        raise CalendarNotFound
    return as_dict(row)


async def create(
    tx: AsyncConnection, workspace_id: int, key: str, definition: Mapping[str, Any], stamp: Stamp
) -> Mapping[str, Any]:
    """Create a calendar with version 1.

    Raises:
        CalendarKeyTaken: the key is in use.
        InvalidRequest: unknown country or subdivision.
    """
    await _check_holidays(definition)
    if key in BUILT_INS or not await store.add(tx, workspace_id, key):
        raise CalendarKeyTaken
    return await _add_version(tx, [], definition, stamp, (workspace_id, key, 1))


async def change(
    tx: AsyncConnection, workspace_id: int, key: str, edit: Any, stamp: Stamp, if_match: str | None
) -> Mapping[str, Any]:
    """Add a version: `edit` makes the new definition of the old. Without a difference nothing is added.

    Every plan that ever named the calendar notes the new version as a fact, under its lock, so that an
    answer once given for an instant of knowledge never changes.

    Raises:
        CalendarNotFound, CalendarBuiltIn, InvalidRequest, PreconditionRequired, PreconditionFailed
    """
    if key in BUILT_INS:
        raise CalendarBuiltIn
    # Plans before calendars, as every edit of a plan locks them.
    heads = await _lock_users(tx, workspace_id, key)
    row = await store.lock(tx, workspace_id, key)
    if row is None or row.deleted:
        raise CalendarNotFound
    if await _users(tx, workspace_id, key) - {head.plan_id for head in heads}:
        raise Conflict  # a plan began to name it in between: run again and lock that one too
    require_match(if_match, etag(row.version))
    old = await get(tx, workspace_id, key)
    before = {name: old[name] for name in DEFINITION}
    after = edit(before)
    if after == before:
        return old
    await _check_holidays(after)
    await store.move(tx, workspace_id, key, version=row.version + 1)
    return await _add_version(tx, heads, after, stamp, (workspace_id, key, row.version + 1))


async def _users(tx: AsyncConnection, workspace_id: int, key: str) -> set[UUID]:
    """The living plans that ever named the calendar."""
    named = await plans.naming_calendar(tx, workspace_id, key)
    named |= await milestones.naming_calendar(tx, workspace_id, key)
    named |= await resources.naming_calendar(tx, workspace_id, key)
    return await plans.living(tx, workspace_id, named) if named else set()


async def _lock_users(tx: AsyncConnection, workspace_id: int, key: str) -> list[Head]:
    users = await _users(tx, workspace_id, key)
    return await plans.lock_ids(tx, workspace_id, sorted(users)) if users else []


async def delete(tx: AsyncConnection, workspace_id: int, key: str, if_match: str | None) -> None:
    """Delete a calendar that no living plan uses in its newest revision; old answers keep its versions.

    Raises:
        CalendarNotFound, CalendarBuiltIn, CalendarInUse, PreconditionRequired, PreconditionFailed
    """
    if key in BUILT_INS:
        raise CalendarBuiltIn
    row = await store.lock(tx, workspace_id, key)
    if row is None or row.deleted:
        raise CalendarNotFound
    require_match(if_match, etag(row.version))
    users = await milestones.using_calendar_now(tx, workspace_id, key)
    if (users and await plans.living(tx, workspace_id, users)) or await plans.using_calendar_now(
        tx, workspace_id, key
    ):
        raise CalendarInUse
    if await resources.using_calendar_now(tx, workspace_id, key):
        raise CalendarInUse
    await store.move(tx, workspace_id, key, deleted=True)


async def _check_holidays(definition: Mapping[str, Any]) -> None:
    wanted = definition["holidays"]
    if wanted is None:
        return
    if not await asyncio.to_thread(holidays_supported, wanted["country"], wanted["subdivision"]):
        place = FieldError("/holidays", "unknown_country", "is no country (or subdivision) with known holidays")
        raise InvalidRequest(errors=[place])


async def _add_version(
    tx: AsyncConnection,
    heads: Sequence[Head],
    definition: Mapping[str, Any],
    stamp: Stamp,
    name: tuple[int, str, int],
) -> Mapping[str, Any]:
    """Add the version `name` (workspace, key, number), noting it in the locked plans."""
    workspace_id, key, version = name
    expanded = await asyncio.to_thread(expand, definition, stamp.clock().date())
    last = await store.last_recorded_at(tx, workspace_id, key)
    floor = max([head.last_recorded_at for head in heads] + ([last] if last else []), default=None)
    recorded_at = next_recorded_at(None, stamp.clock(), floor)
    row = {
        **definition,
        "workspace_id": workspace_id,
        "key": key,
        "version": version,
        "recorded_at": recorded_at,
        "author": stamp.author,
        "reason": stamp.reason,
        "expanded": expanded,
    }
    await store.add_version(tx, row)
    if heads:
        await plans.touch(tx, heads, recorded_at, stamp.clock())
    return row
