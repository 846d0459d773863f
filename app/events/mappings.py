"""Event mappings: the rules by which a workspace says what the events of its build systems mean.

They hold for what is sent from then on: an event keeps what it was recorded as.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.events import mapping_store as store
from app.events.mapping_problems import EventMappingKeyTaken, EventMappingNotFound, TooManyEventMappings
from app.events.mapping_store import EventMapping
from app.kit import wire
from app.kit.etags import require_match
from app.kit.limits import MAX_EVENT_MAPPINGS
from app.kit.stamps import Stamp

_WRITTEN = {"key", "author", "recorded_at"}


def said(mapping: EventMapping) -> dict[str, Any]:
    """What can be edited of a mapping."""
    return {name: value for name, value in mapping.items() if name not in _WRITTEN}


def etag(mapping: EventMapping) -> str:
    """The ETag of a mapping: a digest of what it says."""
    return f'"{wire.digest(said(mapping)).removeprefix("sha256:")[:32]}"'


async def get(db: AsyncConnection, workspace_id: int, key: str) -> EventMapping:
    """One mapping.

    Raises:
        EventMappingNotFound: no such mapping.
    """
    found = await store.get(db, workspace_id, key)
    if found is None:
        raise EventMappingNotFound
    return found


async def create(
    tx: AsyncConnection, workspace_id: int, key: str, wanted: Mapping[str, Any], stamp: Stamp
) -> EventMapping:
    """Add a mapping.

    Raises:
        EventMappingKeyTaken: the key is in use.
        TooManyEventMappings: the workspace has as many as it may.
    """
    mapping = _written({"key": key, **wanted}, stamp)
    if await store.count(tx, workspace_id) >= MAX_EVENT_MAPPINGS:
        raise TooManyEventMappings
    if not await store.add(tx, workspace_id, mapping):
        raise EventMappingKeyTaken
    return mapping


async def change(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    edit: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    stamp: Stamp,
    if_match: str | None,
) -> EventMapping:
    """Change a mapping; without a difference nothing is written.

    Raises:
        EventMappingNotFound, PreconditionRequired, PreconditionFailed, InvalidRequest
    """
    old = await _locked(tx, workspace_id, key, if_match)
    after = edit(said(old))
    if after == said(old):
        return old
    mapping = _written({"key": key, **after}, stamp)
    await store.replace(tx, workspace_id, mapping)
    return mapping


async def delete(tx: AsyncConnection, workspace_id: int, key: str, if_match: str | None) -> None:
    """Delete a mapping; its key is free again.

    Raises:
        EventMappingNotFound, PreconditionRequired, PreconditionFailed
    """
    await _locked(tx, workspace_id, key, if_match)
    await store.remove(tx, workspace_id, key)


async def _locked(tx: AsyncConnection, workspace_id: int, key: str, if_match: str | None) -> EventMapping:
    old = await store.get(tx, workspace_id, key, lock=True)
    if old is None:
        raise EventMappingNotFound
    require_match(if_match, etag(old))
    return old


def _written(mapping: EventMapping, stamp: Stamp) -> EventMapping:
    return {**mapping, "author": stamp.author, "recorded_at": stamp.clock()}
