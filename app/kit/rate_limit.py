"""How many requests a key may make: a token bucket each, kept as one instant (GCRA)."""

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from app.kit.clock import Ticks

_SECOND = 10**9
_COST = 60 * _SECOND
"""What a request takes, in nanoseconds times requests a minute: whole for every rate, so that nothing is rounded."""
_MAX_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request is let through, and what there is left after it."""

    passes: bool
    remaining: int
    """Requests that would be let through at once."""
    seconds: int
    """Until there is one more of them, rounded up: at least 1."""

    def header(self) -> str:
        """The value of `RateLimit`."""
        return f'"default";r={self.remaining};t={self.seconds}'


class RateLimit:
    """`burst` requests at once, and `per_minute` come back steadily: for each key, and in this process alone."""

    def __init__(self, per_minute: int, burst: int, ticks: Ticks, *, max_keys: int = _MAX_KEYS) -> None:
        self.per_minute = per_minute
        self.burst = burst
        self.policy = f'"default";q={burst};w={-(-burst * 60 // per_minute)}'
        """The value of `RateLimit-Policy`: the burst, and the seconds in which an empty bucket is full again."""
        self._ticks = ticks
        self._max_keys = max_keys
        self._full_at: OrderedDict[UUID, int] = OrderedDict()

    def take(self, key: UUID) -> Allowance:
        """Take one request from the bucket of a key, if there is one in it.

        Of more keys than are kept, the one that was used least recently is forgotten: its bucket is full again.
        """
        now = self._ticks() * self.per_minute
        empty = now + self.burst * _COST  # beyond it only where the clock went back: no wait is longer for that
        full_at = min(max(self._full_at.get(key, now), now), empty)
        held = self.burst * _COST - (full_at - now)
        passes = held >= _COST
        if passes:
            full_at += _COST
            held -= _COST
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._max_keys:
            self._full_at.popitem(last=False)
        wait = _COST - held % _COST
        return Allowance(passes, held // _COST, -(-wait // (self.per_minute * _SECOND)))
