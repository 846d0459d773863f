"""The only place that reads the clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic_ns

Clock = Callable[[], datetime]
Ticks = Callable[[], int]
"""Nanoseconds since some moment; they never go back."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def ticks_of(clock: Clock) -> Ticks:
    """The ticks beside a clock: the machine's own, or for a clock that tests move, those of that clock."""
    if clock is utc_now:
        return monotonic_ns
    return lambda: (clock() - _EPOCH) // timedelta(microseconds=1) * 1000
