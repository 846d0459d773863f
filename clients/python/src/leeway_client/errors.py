"""What Leeway refuses, as exceptions: one for each status that a caller can do something about."""

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, NamedTuple, Self

import httpx


class LeewayError(Exception):
    """Base of all errors of this package."""


class FieldError(NamedTuple):
    """One place of a request that is wrong."""

    pointer: str
    """A JSON pointer into the body (`/name`), or `?parameter`, `#header/Name`, `#path/name`."""
    code: str
    detail: str


class ProblemError(LeewayError):
    """The server refused a request, and says why (RFC 9457). `code` is stable; `detail` is for people."""

    _by_status: ClassVar[dict[int, type["ProblemError"]]] = {}

    def __init__(self, document: Mapping[str, Any], *, retry_after: float | None = None) -> None:
        """Read a problem document; one of a proxy in between may lack everything but the status."""
        self.status = int(document["status"])
        self.code = str(document.get("code") or f"http-{self.status}")
        self.title = str(document.get("title") or "")
        self.detail = str(document.get("detail") or self.title)
        self.request_id: str | None = document.get("request_id")
        self.retry_after = retry_after
        """Seconds to wait before the same is asked again; None where the server does not say."""
        self.errors = _field_errors(document.get("errors"))
        super().__init__(f"{self.status} {self.code}: {self.detail}" + "".join(f"\n{e}" for e in self._places()))

    def _places(self) -> list[str]:
        return [f"  {error.pointer}: {error.detail}" for error in self.errors]

    def __init_subclass__(cls, status: int | None = None) -> None:
        """Stand for a status, as in `class NotFound(ProblemError, status=404)`."""
        if status is not None:
            cls._by_status[status] = cls

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """The error that an answer tells, in the class of its status. The body must have been read."""
        try:
            document = response.json()
        except ValueError:
            document = None
        known = document if isinstance(document, dict) else {"title": response.reason_phrase}
        return cls.told({**known, "status": response.status_code}, retry_after=retry_after(response))

    @classmethod
    def told(cls, document: Mapping[str, Any], *, retry_after: float | None = None) -> Self:
        """The error of a problem document, in the class of its status."""
        status = int(document["status"])
        kind = cls._by_status.get(status, ServerError if status >= 500 else ProblemError)
        found = kind(document, retry_after=retry_after)
        assert isinstance(found, cls)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """To be sent between processes."""
        errors = [error._asdict() for error in self.errors]
        members = {name: getattr(self, name) for name in ("status", "code", "title", "detail", "request_id")}
        return _again, (json.dumps({**members, "errors": errors}), self.retry_after)


def _again(document: str, seconds: float | None) -> ProblemError:
    return ProblemError.told(json.loads(document), retry_after=seconds)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that an answer asks to wait, where it tells them or a date; None where it tells neither."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdecimal():
        return float(told)
    try:
        return max(parsedate_to_datetime(told).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None


def _field_errors(told: Any) -> list[FieldError]:
    """Those that have a place: a proxy may call something else `errors`."""
    listed = told if isinstance(told, list) else []
    named = [each for each in listed if isinstance(each, dict) and "pointer" in each]
    return [FieldError(*(str(each.get(name) or "") for name in FieldError._fields)) for each in named]


class BadRequest(ProblemError, status=400):
    """The body cannot be read."""


class Unauthorized(ProblemError, status=401):
    """No key, or not a valid one."""


class Forbidden(ProblemError, status=403):
    """The key lacks a scope."""


class NotFound(ProblemError, status=404):
    """It is not there."""


class Conflict(ProblemError, status=409):
    """It clashes with what is there: a key that is taken, an event's identity with other content."""


class PreconditionFailed(ProblemError, status=412):
    """It was changed since it was read: read it again, and then decide."""


class TooLarge(ProblemError, status=413):
    """The body is larger than is taken at once."""


class Invalid(ProblemError, status=422):
    """Values are wrong in themselves; `errors` names each place."""


class PreconditionRequired(ProblemError, status=428):
    """An edit must say what version it is of: give `if_match`."""


class TooManyRequests(ProblemError, status=429):
    """The key asked too often; `retry_after` tells how long to wait."""


class ServerError(ProblemError, status=500):
    """The server failed; also for every other status from 501 on."""


class Unavailable(ServerError, status=503):
    """The server cannot answer for the moment."""


class NotModified(LeewayError):
    """It is still the version of `if_none_match`."""
