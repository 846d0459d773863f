"""Calendars: created, edited as new versions, deleted when nothing uses them."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store
from app.calendars.problems import CalendarBuiltIn, CalendarInUse, CalendarKeyTaken, CalendarNotFound
from app.calendars.rules import WEEKDAYS, expand, holidays_supported, tzdata_version
from app.calendars.store import BUILT_INS
from app.kit.bulk import as_dict
from app.kit.etags import require_match
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp
from app.milestones import store as milestones
from app.plans import store as plans

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
    _check_holidays(definition)
    if key in BUILT_INS or not await store.add(tx, workspace_id, key):
        raise CalendarKeyTaken
    return await _add_version(tx, workspace_id, key, 1, definition, stamp)


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
    row = await store.lock(tx, workspace_id, key)
    if row is None or row.deleted:
        raise CalendarNotFound
    require_match(if_match, etag(row.version))
    old = await get(tx, workspace_id, key)
    before = {name: old[name] for name in DEFINITION}
    after = edit(before)
    if after == before:
        return old
    _check_holidays(after)
    await store.move(tx, workspace_id, key, version=row.version + 1)
    return await _add_version(tx, workspace_id, key, row.version + 1, after, stamp)


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
    living = await plans.living(tx, workspace_id, users) if users else False
    if living or await plans.using_calendar_now(tx, workspace_id, key):
        raise CalendarInUse
    await store.move(tx, workspace_id, key, deleted=True)


def _check_holidays(definition: Mapping[str, Any]) -> None:
    wanted = definition["holidays"]
    if wanted is not None and not holidays_supported(wanted["country"], wanted["subdivision"]):
        place = FieldError("/holidays", "unknown_country", "is no country (or subdivision) with known holidays")
        raise InvalidRequest(errors=[place])


async def _add_version(
    tx: AsyncConnection, workspace_id: int, key: str, version: int, definition: Mapping[str, Any], stamp: Stamp
) -> Mapping[str, Any]:
    users = await plans.naming_calendar(tx, workspace_id, key)
    users |= await milestones.naming_calendar(tx, workspace_id, key)
    heads = await plans.lock_ids(tx, workspace_id, sorted(users)) if users else []
    earlier = [head.last_recorded_at for head in heads]
    last = await store.last_recorded_at(tx, workspace_id, key)
    floor = max([*earlier, *([last] if last else [])], default=None)
    recorded_at = stamp.now if floor is None else max(stamp.now, floor + timedelta(microseconds=1))
    row = {
        **definition,
        "workspace_id": workspace_id,
        "key": key,
        "version": version,
        "recorded_at": recorded_at,
        "author": stamp.author,
        "reason": stamp.reason,
        "expanded": await asyncio.to_thread(expand, definition, stamp.now.date()),
    }
    await store.add_version(tx, row)
    if heads:
        await plans.touch(tx, workspace_id, [head.plan_id for head in heads], recorded_at)
    return row
