"""When a delivery is tried again, and when its webhook is disabled: pure functions of values."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

# After the n-th try, so long until the next (Standard Webhooks): 75 hours and a half in all, and 10 tries.
DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
MAX_TRIES = len(DELAYS) + 1
JITTER = 0.2
MAX_RETRY_AFTER = timedelta(hours=24)
DISABLE_AFTER = timedelta(hours=120)
# Failures further apart than the longest delay are not a series: nothing was sent between them.
SERIES_GAP = DELAYS[-1] * (1 + JITTER) + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt, and what came before it.

    Attributes:
        at: when it ended.
        status: the HTTP status; None: there was no answer.
        retry_after: that header of the answer.
        tries: how many attempts were made since the delivery was queued, this one included.
        failing_since: since when the webhook took nothing at all; None: its last attempt succeeded.
        last_failed_at: its last failure.
        luck: from -1 to 1, evenly spread.
        max_tries: after so many it is dead.
    """

    at: datetime
    status: int | None
    retry_after: str | None
    tries: int
    failing_since: datetime | None
    last_failed_at: datetime | None
    luck: float
    max_tries: int = MAX_TRIES


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an attempt.

    Attributes:
        next_attempt_at: of what is still pending.
        failing_since: of the webhook, from now on.
        disable: why the webhook is disabled; None: it is not.
    """

    state: Literal["delivered", "pending", "dead"]
    next_attempt_at: datetime | None
    failing_since: datetime | None
    disable: Literal["gone", "failing"] | None = None


def judge(tried: Tried) -> Verdict:
    """Any 2xx ends it; everything else is a failure, redirects too; 410 says that nobody is there any more."""
    if tried.status is not None and 200 <= tried.status < 300:
        return Verdict("delivered", None, None)
    since = _failing_since(tried)
    disable: Literal["gone", "failing"] | None = None
    if tried.status == 410:
        disable = "gone"
    elif tried.at - since >= DISABLE_AFTER:
        disable = "failing"
    if tried.tries >= tried.max_tries:
        return Verdict("dead", None, since, disable)
    return Verdict("pending", tried.at + _delay(tried), since, disable)


def _failing_since(tried: Tried) -> datetime:
    if tried.failing_since is None or tried.last_failed_at is None:
        return tried.at
    return tried.failing_since if tried.at - tried.last_failed_at <= SERIES_GAP else tried.at


def _delay(tried: Tried) -> timedelta:
    planned = DELAYS[tried.tries - 1] * (1 + JITTER * tried.luck)
    asked = _asked(tried.retry_after, tried.at)
    return planned if asked is None else max(planned, min(asked, MAX_RETRY_AFTER))


def _asked(retry_after: str | None, at: datetime) -> timedelta | None:
    """What Retry-After says, in seconds or as a date; None where it says nothing that can be read."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text), 10**9))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)) - at
