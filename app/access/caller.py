"""The caller of a request: who it is, and the door to the database in its workspace."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.problems import Forbidden, TooManyRequests, Unauthorized
from app.access.service import Principal, Scope
from app.kit.answers import Answer, IdempotentRequest, check_key, expiry, once
from app.kit.clock import Clock
from app.kit.middleware import add_headers
from app.kit.rate_limit import RateLimit

_bearer = HTTPBearer(
    scheme_name="apiKey", description="An API key of a workspace: `Authorization: Bearer lw_…`.", auto_error=False
)


@dataclass(frozen=True, slots=True)
class Caller:
    """An authorised request."""

    principal: Principal
    request: Request
    now: datetime

    @property
    def workspace_id(self) -> int:
        """The workspace every query of this request is about."""
        return self.principal.workspace_id

    @property
    def name(self) -> str:
        """Who is written down as the author: the name of the API key."""
        return self.principal.name

    @property
    def cursor_secret(self) -> bytes:
        """What signs this workspace's cursors."""
        return self.principal.cursor_secret

    @property
    def clock(self) -> Clock:
        """The clock, for what must be timed under a lock."""
        clock: Clock = self.request.app.state.clock
        return clock

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for reading."""
        connection: AbstractAsyncContextManager[AsyncConnection] = self.request.app.state.database.read()
        return connection

    async def write(self, work: Callable[[AsyncConnection], Awaitable[Answer]]) -> Response:
        """Run `work` in one write transaction, once for each Idempotency-Key, and answer after the commit."""
        state = self.request.app.state
        key = self.request.headers.get("idempotency-key") if self.request.method == "POST" else None
        if key is None:
            plain: Answer = await state.database.write(work)
            return plain.response()
        request = IdempotentRequest(
            self.workspace_id,
            self.request.method,
            str(self.request.url.path) + "?" + self.request.url.query,
            check_key(key),
            await self.request.body(),
            self.now,
            expiry(self.now, state.settings.idempotency_hours),
        )

        async def once_only(tx: AsyncConnection) -> Answer:
            return await once(tx, request, work)

        result: Answer = await state.database.write(once_only)
        return result.response()

    def require(self, scope: Scope) -> None:
        """Ask for one more scope than the operation itself does.

        Raises:
            Forbidden: the key lacks it.
        """
        if not self.principal.may(scope):
            raise Forbidden(f"The API key lacks the scope {scope.value}.")


async def admit(request: Request) -> Principal | None:
    """Let a request for anything under /v1/ in only with a valid key, before anything else is done for it.

    Returns:
        Whose key it is; None where no key is asked for.

    Raises:
        ServiceUnavailable: the schema is not the one this release needs.
        Unauthorized: no key, or not a valid one.
        TooManyRequests: the key has used up what it may ask for the moment.
    """
    if not request.scope["path"].startswith("/v1/"):
        return None
    principal = await _principal(request)
    limit: RateLimit | None = request.app.state.rate_limit
    if limit is not None:
        _count(request, principal, limit)
    return principal


def _count(request: Request, principal: Principal, limit: RateLimit) -> None:
    allowance = limit.take(principal.key_id)
    told = (b"ratelimit-policy", limit.policy.encode()), (b"ratelimit", allowance.header().encode())
    add_headers(request.scope, *told)
    if not allowance.passes:
        raise TooManyRequests(allowance.seconds)


async def _principal(request: Request) -> Principal:
    """Who asks; looked up once a request."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        state = request.app.state
        await state.readiness.require_schema()
        credentials = await _bearer(request)
        if credentials is None or not credentials.credentials:
            raise Unauthorized
        known = request.state.principal = await state.gate.principal(credentials.credentials)
    return known


async def _caller(request: Request, scopes: SecurityScopes, _: Annotated[object, Depends(_bearer)]) -> Caller:
    caller = Caller(await _principal(request), request, request.app.state.clock())
    for scope in scopes.scopes:
        caller.require(Scope(scope))
    return caller


def needs(*scopes: Scope) -> Any:
    """The dependency that authorises an operation, as in `Annotated[Caller, needs(Scope.plans_read)]`."""
    return Security(_caller, scopes=[scope.value for scope in scopes])
