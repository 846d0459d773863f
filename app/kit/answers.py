"""What a write answers, and its replay under an Idempotency-Key."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Column, Index, Integer, LargeBinary, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.kit import wire
from app.kit.bulk import insert_new
from app.kit.columns import JsonText, UtcDateTime, metadata
from app.kit.db import Conflict
from app.kit.problems import FieldError, InvalidRequest, Problem

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("workspace_id", Integer, primary_key=True),
    Column("scope_hash", LargeBinary(32), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JsonText, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_idempotency_keys_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is HTTP: status, body and headers."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """As an HTTP response."""
        headers = dict(self.headers)
        if self.body:
            headers.setdefault("Content-Type", "application/json")
        return Response(self.body, status_code=self.status, headers=headers)


def answer(
    content: BaseModel | Mapping[str, Any], status: int = 200, *, etag: str | None = None, location: str | None = None
) -> Answer:
    """An answer with a JSON body."""
    headers = {name: value for name, value in (("ETag", etag), ("Location", location)) if value is not None}
    body = content.model_dump_json().encode() if isinstance(content, BaseModel) else wire.dump(content)
    return Answer(status, body, headers)


def file(content: bytes, media_type: str, name: str, *, etag: str | None = None) -> Answer:
    """An answer that is saved as a file of this name (letters, digits and `._~-` only)."""
    headers = {"Content-Type": media_type, "Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(200, content, headers if etag is None else {**headers, "ETag": etag})


class IdempotencyKeyReused(Problem):
    """This Idempotency-Key was used before for a request with another body.

    A key stands for one request, so that its repeat can be told from a new one.
    """

    slug, title, status = "idempotency-key-reused", "Idempotency-Key used for another request", 422
    advice = "Use a new key for a new request."


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """What tells one request from another under its Idempotency-Key."""

    workspace_id: int
    method: str
    path: str
    key: str
    body: bytes
    now: datetime
    expires_at: datetime

    @property
    def scope_hash(self) -> bytes:
        """The key within its workspace, method and path."""
        return sha256(f"{self.method} {self.path}\n{self.key}".encode()).digest()


def check_key(key: str) -> str:
    """The Idempotency-Key, if it is one.

    Raises:
        InvalidRequest: not 1 to 255 visible ASCII characters.
    """
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise InvalidRequest(
            errors=[FieldError("#header/Idempotency-Key", "invalid", "must be 1 to 255 visible ASCII characters")]
        )
    return key


async def once(
    tx: AsyncConnection, request: IdempotentRequest, work: Callable[[AsyncConnection], Awaitable[Answer]]
) -> Answer:
    """Run `work` and keep its 2xx answer in the same transaction; a repeat gets the kept answer.

    Raises:
        IdempotencyKeyReused: the key stands for a request with another body.
    """
    fingerprint = sha256(request.body).digest()
    key = {"workspace_id": request.workspace_id, "scope_hash": request.scope_hash}
    kept = idempotency_keys.c
    place = (kept.workspace_id == request.workspace_id) & (kept.scope_hash == request.scope_hash)
    found = (await tx.execute(select(idempotency_keys).where(place))).one_or_none()
    if found is not None and found.expires_at < request.now:
        await tx.execute(delete(idempotency_keys).where(place))
    elif found is not None:
        if found.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        return Answer(found.status, found.body, {**found.headers, "Idempotency-Replayed": "true"})
    row = {
        **key,
        "fingerprint": fingerprint,
        "status": 0,
        "headers": {},
        "body": b"",
        "expires_at": request.expires_at,
    }
    if not await insert_new(tx, idempotency_keys, [row], ["workspace_id", "scope_hash"]):
        raise Conflict  # the same key was being used at this moment: run again and find its answer
    result = await work(tx)
    if 200 <= result.status < 300:
        values = {"status": result.status, "headers": dict(result.headers), "body": result.body}
        await tx.execute(update(idempotency_keys).where(place).values(values))
    else:
        await tx.execute(delete(idempotency_keys).where(place))
    return result


async def forget_expired(tx: AsyncConnection, now: datetime) -> int:
    """Drop the kept answers whose time is over."""
    return (await tx.execute(delete(idempotency_keys).where(idempotency_keys.c.expires_at < now))).rowcount


def expiry(now: datetime, hours: int) -> datetime:
    """When an answer kept now is dropped."""
    return now + timedelta(hours=hours)
