"""Calendars of a file as calendars of the workspace: made, left alone where they say the same, else a new version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import service, store
from app.calendars.problems import CalendarKeyTaken
from app.calendars.service import DEFINITION
from app.imports.keys import numbered
from app.imports.prepared import FileCalendar, Prepared
from app.kit.bulk import as_dict
from app.kit.db import Conflict
from app.kit.stamps import Stamp


@dataclass(slots=True)
class Taken:
    """What became of the calendars of a file.

    Attributes:
        keys: the key of each by the one that the file's content names it by.
        owned: those that files of this plan made, by their name in the file; others' are never changed.
        created: keys, as `changed` and `unchanged`.
    """

    keys: dict[str, str] = field(default_factory=dict)
    owned: dict[str, str] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


async def take(
    tx: AsyncConnection, workspace_id: int, file: Prepared, owned: Mapping[str, str], stamp: Stamp
) -> Taken:
    """Bring the workspace's calendars to what the file says; the plan is locked already.

    Raises:
        InvalidRequest: a calendar has holidays of an unknown country.
        Conflict: somebody made one of them at this moment.
    """
    taken = Taken(owned=dict(owned))
    for calendar in file.calendars:
        key = owned.get(calendar.name)
        if key is None or not await _change(tx, workspace_id, key, calendar, stamp, taken):
            key = await _create(tx, workspace_id, calendar, stamp, taken)
        taken.keys[calendar.key] = key
    return taken


async def _change(
    tx: AsyncConnection, workspace_id: int, key: str, calendar: FileCalendar, stamp: Stamp, taken: Taken
) -> bool:
    """Bring a calendar that an earlier file made to what this one says; False if it was deleted."""
    says = await _says(tx, workspace_id, key)
    if says is None:
        return False
    if says == calendar.definition:
        taken.unchanged.append(key)
    else:
        await service.change(tx, workspace_id, key, lambda _: dict(calendar.definition), stamp, "*")
        taken.changed.append(key)
    return True


async def _create(tx: AsyncConnection, workspace_id: int, calendar: FileCalendar, stamp: Stamp, taken: Taken) -> str:
    """The key of a new calendar, or of one of somebody else that has its key and says just the same."""
    for key in (numbered(calendar.key, n) for n in count(1)):
        row = await store.lock(tx, workspace_id, key)
        if row is None:
            try:
                await service.create(tx, workspace_id, key, calendar.definition, stamp)
            except CalendarKeyTaken:
                raise Conflict from None  # it was free a moment ago: run again, and find the calendar
            taken.created.append(key)
            taken.owned[calendar.name] = key
            return key
        if await _says(tx, workspace_id, key) == calendar.definition:
            taken.unchanged.append(key)
            return key
    raise AssertionError("unreachable")


async def _says(tx: AsyncConnection, workspace_id: int, key: str) -> dict[str, Any] | None:
    row = await store.get(tx, workspace_id, key)
    if row is None:
        return None
    found = as_dict(row)
    return {name: found[name] for name in DEFINITION}
