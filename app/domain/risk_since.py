"""Since when a value holds a trigger: found by looking back from where it does."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


class OutOfLooks(Exception):
    """It can't be told with so few looks."""


class Past:
    """What held at earlier instants, at so many looks at most."""

    def __init__(self, holds: Callable[[datetime], bool], looks: int) -> None:
        self._holds = holds
        self._looks = looks

    def holds(self, at: datetime) -> bool:
        """Whether it held.

        Raises:
            OutOfLooks: there were too many looks already.
        """
        if self._looks <= 0:
            raise OutOfLooks
        self._looks -= 1
        return self._holds(at)


def held_since(past: Past, turns: Iterable[datetime], first: datetime, as_of: datetime) -> datetime | None:
    """From when on it has held without a break until `as_of`, where it does; to the minute.

    Between two turns it is taken to begin to hold at most once: found by halving. None: it takes too many looks to
    tell, or it held at the `first` instant already.

    Args:
        past: what held when.
        turns: instants at which something was reported of the plan.
        first: what lies before it is not looked at.
        as_of: an instant at which it holds.
    """
    last = as_of
    try:
        for turn in sorted({each for each in turns if first < each <= as_of}, reverse=True):
            if not past.holds(turn):
                return _between(past, turn, last)
            if not past.holds(turn - _MINUTE):
                return turn
            last = turn - _MINUTE
        return None if past.holds(first) else _between(past, first, last)
    except OutOfLooks:
        return None


def _between(past: Past, without: datetime, held: datetime) -> datetime:
    """The first full minute at which it held, of those after one at which it did not."""
    while held - without > _MINUTE:
        middle = without + (held - without) // 2
        if past.holds(middle):
            held = middle
        else:
            without = middle
    return held.replace(second=0, microsecond=0)
