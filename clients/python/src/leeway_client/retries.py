"""Asking again: when it may help, when it is safe, and how long to wait; for httpx clients of both kinds.

It is done around `send`, not in a transport: so an answer that breaks off in the middle is asked for again as well,
and httpx goes on to choose the transports itself (proxies and certificates of the environment).
"""

import random
import time
import uuid
from dataclasses import dataclass
from typing import Any

import anyio
import httpx

from leeway_client.errors import retry_after

_IDEMPOTENT = ("GET", "HEAD", "OPTIONS")
_CONDITIONS = ("If-Match", "If-None-Match")
_PASSING = (408, 500, 502, 503, 504)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PASSING_ERRORS = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long a request is tried. Waits double, and each is a random part of that (full jitter)."""

    tries: int = 5
    total_seconds: float = 60
    """No try begins later than this after the first."""
    base_seconds: float = 0.25
    cap_seconds: float = 10

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after the try of this number, from 1."""
        longest = min(self.cap_seconds, self.base_seconds * 2 ** min(attempt - 1, 32))
        return random.uniform(0, longest)  # noqa: S311 - not a secret


NEVER = Retries(tries=1)
LONGEST_SECONDS = 3600.0
"""A server that asks for more is asked again all the same, by what never gives up."""


class Tries:
    """The tries of one request: `seconds_until_next` after each of them."""

    def __init__(self, retries: Retries, request: httpx.Request) -> None:
        """Begin; a POST that may be repeated gets an Idempotency-Key if it has none, one for all of its tries."""
        if request.method == "POST" and retries.tries > 1:
            request.headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        self._retries = retries
        self._ends_at = time.monotonic() + retries.total_seconds
        self._tried = 0
        self._can_replay = isinstance(request.stream, httpx.ByteStream)
        self._is_safe = _is_safe(request)

    def seconds_until_next(self, outcome: httpx.Response | httpx.TransportError) -> float | None:
        """How long to wait before the next try; None: this was the last."""
        self._tried += 1
        if self._tried >= self._retries.tries or not self._can_replay or not self._may_help(outcome):
            return None
        wait = self._retries.backoff(self._tried)
        if isinstance(outcome, httpx.Response):
            wait = max(wait, retry_after(outcome) or 0)
        return wait if time.monotonic() + wait <= self._ends_at else None

    def _may_help(self, outcome: httpx.Response | httpx.TransportError) -> bool:
        if isinstance(outcome, httpx.Response):
            # Only 429 says that nothing was done; after a 503 a write may have been stored all the same.
            return outcome.status_code == 429 or (self._is_safe and outcome.status_code in _PASSING)
        return isinstance(outcome, _NOT_SENT) or (self._is_safe and isinstance(outcome, _PASSING_ERRORS))


def _is_safe(request: httpx.Request) -> bool:
    """Whether a second time has no second effect."""
    if request.method == "POST":
        return "Idempotency-Key" in request.headers
    return request.method in _IDEMPOTENT or any(name in request.headers for name in _CONDITIONS)


class RetryingClient(httpx.Client):
    """An `httpx.Client` that asks again."""

    def __init__(self, retries: Retries, **options: Any) -> None:
        """As an `httpx.Client`."""
        super().__init__(**options)
        self._retries = retries

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send it until there is an answer that stays, or the tries or the time are used up."""
        tries = Tries(self._retries, request)
        while True:
            try:
                response = super().send(request, **options)
            except httpx.TransportError as error:
                wait = tries.seconds_until_next(error)
                if wait is None:
                    raise
            else:
                wait = tries.seconds_until_next(response)
                if wait is None:
                    return response
                response.close()
            time.sleep(wait)


class AsyncRetryingClient(httpx.AsyncClient):
    """An `httpx.AsyncClient` that asks again."""

    def __init__(self, retries: Retries, **options: Any) -> None:
        """As an `httpx.AsyncClient`."""
        super().__init__(**options)
        self._retries = retries

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send it until there is an answer that stays, or the tries or the time are used up."""
        tries = Tries(self._retries, request)
        while True:
            try:
                response = await super().send(request, **options)
            except httpx.TransportError as error:
                wait = tries.seconds_until_next(error)
                if wait is None:
                    raise
            else:
                wait = tries.seconds_until_next(response)
                if wait is None:
                    return response
                await response.aclose()
            await anyio.sleep(wait)
