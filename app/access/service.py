"""Who is calling: workspaces, API keys, scopes."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import store
from app.access.problems import KeyNotFound, Unauthorized, WorkspaceNotFound
from app.access.tokens import PREFIX, looks_mistyped, new_token, token_hash
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.ids import uuid7

_CACHE_SIZE = 10_000


class Scope(StrEnum):
    """What an API key may do. `admin` includes every other scope."""

    admin = "admin"
    plans_read = "plans:read"
    plans_write = "plans:write"
    calendars_read = "calendars:read"
    calendars_write = "calendars:write"
    events_read = "events:read"
    events_write = "events:write"
    variance_read = "variance:read"
    tolerances_read = "tolerances:read"
    tolerances_write = "tolerances:write"
    deviations_read = "deviations:read"
    deviations_write = "deviations:write"
    feed_read = "feed:read"
    webhooks_read = "webhooks:read"
    webhooks_write = "webhooks:write"
    objectives_read = "objectives:read"
    objectives_write = "objectives:write"
    resources_read = "resources:read"
    resources_write = "resources:write"
    history_write = "history:write"


SCOPE_DESCRIPTIONS = {
    Scope.admin: "Everything.",
    Scope.plans_read: "Read plans, revisions, milestones, dependencies and baselines.",
    Scope.plans_write: "Create and edit plans, milestones, dependencies and baselines.",
    Scope.calendars_read: "Read calendars.",
    Scope.calendars_write: "Create and edit calendars.",
    Scope.events_read: "Read execution events.",
    Scope.events_write: "Record execution events.",
    Scope.variance_read: "Read variance and trend.",
    Scope.tolerances_read: "Read tolerances.",
    Scope.tolerances_write: "Create and edit tolerances.",
    Scope.deviations_read: "Read deviations, evaluations, corrective actions and reason codes.",
    Scope.deviations_write: "Acknowledge deviations; plan corrective actions; edit reason codes.",
    Scope.feed_read: "Read the feed and its stream.",
    Scope.webhooks_read: "Read webhooks and their deliveries, without secrets.",
    Scope.webhooks_write: "Create and edit webhooks, rotate their secrets, replay deliveries.",
    Scope.objectives_read: "Read objectives and their metrics.",
    Scope.objectives_write: "Create and edit objectives and their metrics.",
    Scope.resources_read: "Read resources: people, teams and machines.",
    Scope.resources_write: "Create and edit resources.",
    Scope.history_write: "State when something was recorded, to load real history.",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """An API key that was checked, and the workspace it opens."""

    workspace_id: int
    workspace: str
    cursor_secret: bytes
    key_id: UUID
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None

    def may(self, scope: str) -> bool:
        """Whether the key has the scope."""
        return scope in self.scopes or Scope.admin in self.scopes


class Gate:
    """Checks tokens, and trusts a checked one for some seconds without asking the database again."""

    def __init__(self, database: Database, clock: Clock, cache_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._cache_seconds = cache_seconds
        self._checked: dict[bytes, tuple[datetime, Principal]] = {}

    async def principal(self, token: str) -> Principal:
        """Who holds this token.

        Raises:
            Unauthorized: unknown, expired or revoked.
        """
        hashed, now = token_hash(token), self._clock()
        known = self._checked.get(hashed)
        if known is None or (now - known[0]).total_seconds() >= self._cache_seconds or now < known[0]:
            known = (now, await self._look_up(token, hashed))
            if len(self._checked) >= _CACHE_SIZE:
                self._checked.clear()
            self._checked[hashed] = known
        principal = known[1]
        if principal.expires_at is not None and principal.expires_at <= now:
            raise Unauthorized("This API key has expired.")
        return principal

    async def _look_up(self, token: str, hashed: bytes) -> Principal:
        async with self._database.read() as db:
            row = await store.find_key(db, hashed)
        if row is None:
            mistyped = "This API key is mistyped: its checksum does not fit." if looks_mistyped(token) else None
            raise Unauthorized(mistyped)
        if row.revoked_at is not None:
            raise Unauthorized("This API key is revoked.")
        scopes = frozenset(row.scopes.split())
        secret = row.cursor_secret
        return Principal(row.workspace_id, row.workspace, secret, row.key_id, row.name, scopes, row.expires_at)


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key as it is shown once."""

    key_id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """What an API key shall be."""

    workspace: str
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


async def create_workspace(tx: AsyncConnection, name: str, now: datetime) -> bool:
    """Create a workspace with its own cursor secret; False if it exists already."""
    return await store.add_workspace(tx, name, secrets.token_bytes(32), now)


async def create_key(tx: AsyncConnection, wanted: KeyRequest, now: datetime, token: str | None = None) -> NewKey:
    """Create an API key in a workspace; the token is made unless one is given.

    Raises:
        WorkspaceNotFound: no workspace of that name.
    """
    workspace_id = await store.workspace_id(tx, wanted.workspace)
    if workspace_id is None:
        raise WorkspaceNotFound
    key = NewKey(uuid7(), token or new_token())
    await store.add_key(
        tx,
        {
            "workspace_id": workspace_id,
            "key_id": key.key_id,
            "name": wanted.name,
            "hint": key.token[: len(PREFIX) + 4],
            "token_hash": token_hash(key.token),
            "scopes": " ".join(sorted(wanted.scopes)),
            "created_at": now,
            "expires_at": wanted.expires_at,
        },
    )
    return key


async def bootstrap(tx: AsyncConnection, bootstrap_key: str | None, now: datetime) -> NewKey | None:
    """On an empty database make the workspace `default` and its admin key; None if it is set up already."""
    if await store.any_workspace(tx) or not await create_workspace(tx, "default", now):
        return None
    return await create_key(tx, KeyRequest("default", "admin", frozenset({Scope.admin})), now, bootstrap_key)


async def revoke_key(tx: AsyncConnection, key_id: UUID, now: datetime) -> None:
    """Revoke an API key.

    Raises:
        KeyNotFound: no such key, or revoked already.
    """
    if not await store.revoke_key(tx, key_id, now):
        raise KeyNotFound
