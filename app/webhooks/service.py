"""Webhooks: made, changed, and told what is announced.

What is announced goes to the feed and, in the same transaction, into the queue of whoever wants to hear it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.moments import format_instant, parse_instant
from app.feed import service as feed
from app.feed.announcements import AnnouncementType
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.etags import require_match
from app.kit.ids import uuid7
from app.kit.limits import MAX_WEBHOOKS
from app.kit.threads import beside_loop
from app.kit.vault import Vault
from app.kit.wakeups import wake
from app.webhooks import queue, spreading, store
from app.webhooks.envelopes import Announcement, Listener, write
from app.webhooks.problems import (
    DeliveryNotFound,
    TooManyWebhooks,
    WebhookDisabled,
    WebhookKeyTaken,
    WebhookNotFound,
)
from app.webhooks.signing import new_secret
from app.webhooks.store import Wanted

OLD_SECRET_VALID = timedelta(hours=24)
MAX_OLD_SECRETS = 3
KEEP_DAYS = 30
MAX_REPLAYED = 1_000
TEST_TYPE = AnnouncementType.webhook_test
TEST_TRIES = 3
EDITABLE = ("url", "description", "filter", "format", "enabled")
_CHUNK = 2_000


async def announce(tx: AsyncConnection, workspace_id: int, announcements: Sequence[Announcement]) -> None:
    """Append announcements to the feed and queue them for every enabled webhook whose filter they pass.

    What is sent, and to whom, is frozen here. What is about one plan is delivered in the order of its
    announcements, so their callers hold the plan's lock.
    """
    if not announcements:
        return
    listeners = await store.enabled(tx, workspace_id)
    written = await beside_loop(len(announcements) * max(len(listeners), 1), write, announcements, listeners)
    items = [
        feed.NewItem(one.item_id, said.type, said.occurred_at, said.plan_id, said.plan, said.filterable, one.item)
        for one in written
        for said in (one.said,)
    ]
    sequences = await feed.append(tx, workspace_id, items)
    if await spreading.spread(tx, workspace_id, written, sequences):
        await wake(tx, "deliveries")


async def get(db: AsyncConnection, workspace_id: int, key: str, *, lock: bool = False) -> Row[Any]:
    """A webhook.

    Raises:
        WebhookNotFound: there is none with this key.
    """
    row = await store.get(db, workspace_id, key, lock=lock)
    if row is None:
        raise WebhookNotFound
    return row


def etag(row: Row[Any]) -> str:
    """The version of a webhook's content."""
    return f'"v{row.version}"'


async def create(
    tx: AsyncConnection, workspace_id: int, wanted: Mapping[str, Any], vault: Vault, now: datetime
) -> Row[Any]:
    """Add a webhook of this key and these editable fields; its secret is in the row, sealed.

    Raises:
        WebhookKeyTaken: another one has the key.
        TooManyWebhooks: the workspace has as many as it may.
        EncryptionKeyMissing: there is nothing to seal the secret with.
    """
    if await store.count(tx, workspace_id) >= MAX_WEBHOOKS:
        raise TooManyWebhooks
    is_first = not await store.has_any(tx)
    row = {
        "workspace_id": workspace_id,
        "webhook_id": uuid7(),
        "key": wanted["key"],
        **_changes(None, wanted, now),
        "version": 1,
        "secret": vault.seal(new_secret(), may_make=is_first),
        "previous_secrets": [],
        "created_at": now,
        "updated_at": now,
    }
    if not await store.add(tx, row):
        raise WebhookKeyTaken
    return await get(tx, workspace_id, wanted["key"])


async def change(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    edited: Callable[[dict[str, Any]], Mapping[str, Any]],
    clock: Clock,
    if_match: str | None,
) -> Row[Any]:
    """Change a webhook: `edited` is given its editable fields and answers all of them; no difference, no version.

    Enabling or moving it sends what waited at once, each from its first try.
    """
    row = await get(tx, workspace_id, key, lock=True)
    require_match(if_match, etag(row))
    before = editable(row)
    wanted = dict(edited(before))
    if wanted == before:
        return row
    now = clock()
    changes = _changes(row, wanted, now)
    await store.change(tx, workspace_id, row.webhook_id, **changes, version=row.version + 1, updated_at=now)
    if wanted["enabled"] and (not before["enabled"] or wanted["url"] != before["url"]):
        await queue.hurry(tx, workspace_id, row.webhook_id, now)
        await wake(tx, "deliveries")
    return await get(tx, workspace_id, key)


def editable(row: Row[Any]) -> dict[str, Any]:
    """What a caller may change of a webhook."""
    return {**{name: getattr(row, name) for name in EDITABLE[:-1]}, "enabled": row.state == "enabled"}


def _changes(row: Row[Any] | None, wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The columns of what is wanted; whoever moves a webhook or turns it on starts with a clean record."""
    values = {name: wanted[name] for name in EDITABLE[:-1]}
    if not wanted["enabled"]:
        was_disabled = row is not None and row.state == "disabled"
        return values if was_disabled else {**values, **_state("disabled", "requested", now)}
    if row is None or row.state == "disabled" or row.url != wanted["url"]:
        values |= {**_state("enabled", None, None), **_NO_RECORD}
    return values


_NO_RECORD = dict.fromkeys(("failing_since", "last_failed_at", "last_delivered_at", "last_duration_ms"))


def _state(state: str, reason: str | None, at: datetime | None) -> dict[str, Any]:
    return {"state": state, "disabled_reason": reason, "disabled_at": at}


async def delete(tx: AsyncConnection, workspace_id: int, key: str, if_match: str | None) -> None:
    """Delete a webhook: nothing more is sent, its key is free; a loop deletes what is left of it."""
    row = await get(tx, workspace_id, key, lock=True)
    require_match(if_match, etag(row))
    gone: dict[str, Any] = {
        "key": None,
        "state": "deleted",
        "secret": b"",
        "previous_secrets": [],
        "previous_secret_until": None,
    }
    await store.change(tx, workspace_id, row.webhook_id, **gone)


async def rotate_secret(tx: AsyncConnection, workspace_id: int, key: str, vault: Vault, now: datetime) -> Row[Any]:
    """Give a webhook a new secret; the one it had signs too for 24 hours, and so do those that still do."""
    row = await get(tx, workspace_id, key, lock=True)
    until = now + OLD_SECRET_VALID
    valid = [one for one in row.previous_secrets if parse_instant(one["until"]) > now]
    kept = [*valid, {"sealed": row.secret.decode(), "until": format_instant(until)}]
    changed = {
        "secret": vault.seal(new_secret(), may_make=False),
        "previous_secrets": kept[-MAX_OLD_SECRETS:],
        "previous_secret_until": until,
    }
    await store.change(tx, workspace_id, row.webhook_id, **changed, version=row.version + 1, updated_at=now)
    return await get(tx, workspace_id, key)


async def send_test(tx: AsyncConnection, workspace_id: int, key: str, now: datetime) -> UUID:
    """Queue a `webhook.test` for one webhook alone, in a lane of its own; answer its id.

    Raises:
        WebhookDisabled: nothing is sent to it.
    """
    row = await _enabled(tx, workspace_id, key)
    listener = Listener(row.webhook_id, row.format, {})
    (written,) = write([Announcement(TEST_TYPE, now, None, None, {"webhook": key})], [listener])
    await spreading.keep(tx, workspace_id, written, 0)
    made = spreading.delivery(written, 0, row.webhook_id, row.format)
    # It waits for nothing, and nothing waits for it.
    await queue.add(tx, workspace_id, [{**made, "plan_id": written.item_id}])
    await wake(tx, "deliveries")
    return written.item_id


async def replay(
    tx: AsyncConnection, workspace_id: int, key: str, wanted: Wanted | UUID, now: datetime
) -> tuple[int, UUID | None]:
    """Queue deliveries again, with the ids they had: one, or the oldest 1,000 of those wanted.

    Returns:
        how many were queued, and the last one of them if there are more behind it.

    Raises:
        WebhookDisabled: nothing is sent to it.
        DeliveryNotFound: the one that is named is not there.
    """
    row = await _enabled(tx, workspace_id, key)
    if isinstance(wanted, UUID):
        one = await store.delivery(tx, row, wanted)
        if one is None:
            raise DeliveryNotFound
        found: Sequence[Row[Any]] = [one]
    else:
        found = await store.replayable(tx, row, wanted, MAX_REPLAYED + 1)
    taken = found[:MAX_REPLAYED]
    await queue.add_again(tx, workspace_id, taken, now)
    await wake(tx, "deliveries")
    return len(taken), taken[-1].item_id if len(found) > len(taken) else None


async def _enabled(tx: AsyncConnection, workspace_id: int, key: str) -> Row[Any]:
    row = await get(tx, workspace_id, key)
    if row.state != "enabled":
        raise WebhookDisabled
    return row


async def forget_old(database: Database, now: datetime) -> None:
    """Delete, some at a time, what was finished 30 days ago and what is left of deleted webhooks.

    The backlog of a webhook that was disabled for so long goes too, and secrets whose time is over.
    """
    await database.write(lambda tx: store.wipe_secrets(tx, now))
    old = now - timedelta(days=KEEP_DAYS)
    while await database.write(lambda tx: store.drop_finished(tx, old, _CHUNK)):
        pass
    async with database.read() as db:
        rows = await store.abandoned(db, old)
    for row in rows:
        while await database.write(lambda tx, row=row: store.drop_some(tx, row, old, _CHUNK)):  # type: ignore[misc]
            pass
    while await database.write(lambda tx: store.drop_payloads(tx, old, _CHUNK)):
        pass
