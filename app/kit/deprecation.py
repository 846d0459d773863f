"""Operations that go away: it is said in the document, in every answer, and in the log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from string import Formatter
from typing import Any, Protocol, TypeVar
from urllib.parse import quote
from uuid import UUID

from app.kit.logs import log

LEAST_DAYS = 183
"""Between the day from which an operation is deprecated and the first on which it may be gone."""
GUIDE = "/guides/upgrading"
_ENDPOINT = "_leeway_deprecation"

F = TypeVar("F", bound=Callable[..., Any])


class Asker(Protocol):
    """The API key of a request."""

    @property
    def key_id(self) -> UUID:
        """The id that revokes it."""

    @property
    def name(self) -> str:
        """What its owner called it."""

    @property
    def workspace(self) -> str:
        """What it opens."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """From when on an operation is not to be used any more, from when on it may be gone, and what to use instead."""

    since: date
    sunset: date
    instead: str
    successor: str | None

    def __post_init__(self) -> None:
        if self.sunset - self.since < timedelta(days=LEAST_DAYS):
            raise ValueError(f"the sunset {self.sunset} is less than {LEAST_DAYS} days after {self.since}")

    def sentence(self) -> str:
        """What the document says of it."""
        return f"**Deprecated** since {self.since}: use {self.instead} instead. From {self.sunset} on it may be gone."

    def check_path(self, parameters: frozenset[str]) -> None:
        """Let the successor's path be made of the path parameters of the operation itself.

        Raises:
            ValueError: it names one that the operation does not have.
        """
        for name in _parameters(self.successor or ""):
            if name not in parameters:
                raise ValueError(f"the successor {self.successor} names {name}, which is no parameter of the path")

    def headers(self, parameters: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
        """`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`, for a request with these path parameters."""
        links = [f'<{GUIDE}>; rel="deprecation"; type="text/html"']
        if self.successor is not None:
            path = self.successor.format(**{name: quote(str(value), safe="") for name, value in parameters.items()})
            links.append(f'<{path}>; rel="successor-version"')
        return [
            (b"deprecation", f"@{_midnight(self.since).timestamp():.0f}".encode()),
            (b"sunset", format_datetime(_midnight(self.sunset), usegmt=True).encode()),
            (b"link", ", ".join(links).encode()),
        ]

    def tell(self, operation: str, asker: Asker) -> None:
        """Log who still uses it."""
        log.info(
            "deprecated operation used",
            operation=operation,
            sunset=self.sunset.isoformat(),
            workspace=asker.workspace,
            key=asker.name,
            key_id=str(asker.key_id),
        )


def deprecated(*, since: date, sunset: date, instead: str, successor: str | None = None) -> Callable[[F], F]:
    """Mark an endpoint as going away.

    Args:
        since: the first day (UTC) on which it is not to be used any more; may be to come.
        sunset: the first day (UTC) on which it may be gone.
        instead: what to use, as the document says it: "use … instead".
        successor: the path that takes its place, as in `/v1/plans/{plan}/schedule`, of its own path parameters.

    Raises:
        ValueError: the sunset comes sooner than `LEAST_DAYS` after `since`.
    """
    notice = Deprecation(since, sunset, instead, successor)

    def mark(endpoint: F) -> F:
        setattr(endpoint, _ENDPOINT, notice)
        return endpoint

    return mark


def deprecation_of(endpoint: Callable[..., Any]) -> Deprecation | None:
    """What an endpoint was marked with."""
    notice: Deprecation | None = getattr(endpoint, _ENDPOINT, None)
    return notice


def _parameters(path: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(path) if name is not None}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
