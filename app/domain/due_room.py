"""How much a value may grow before a finding changes, and the first of all instants at which one does."""

from bisect import bisect_left
from collections.abc import Callable
from math import floor

from app.domain.calendars import WorkingTime
from app.domain.levels import margin_of
from app.domain.tolerances import Tolerance

_YEAR = 366 * 1440
_FAR = 5 * _YEAR  # what lies further ahead is looked at once a year
_ENDLESS = 10**12  # minutes that no calendar has

Points = tuple[tuple[float, bool], ...]
"""Values at which a level flips: those up to which, and (False) those below which, it stays."""


def points_of(tolerance: Tolerance, worse_than: float | None = None) -> Points:
    """Where the level of a growing value flips, with or without hysteresis.

    `worse_than` is the value that was accepted, if one was.
    """
    found: set[tuple[float, bool]] = set()
    for bounds, is_upper in ((tolerance.upper, True), (tolerance.lower, False)):
        for bound in bounds:
            if bound is not None:
                margin = margin_of(tolerance, bound)
                found |= {(bound, is_upper), (bound - margin if is_upper else bound + margin, is_upper)}
    if worse_than is not None:
        found |= {(worse_than, True), (worse_than, False)}
    return tuple(sorted(found))


def room_of(points: Points, told: Callable[[int], float], unit: float) -> "Room":
    """The room between points: `told` is the value of a number of minutes, `unit` how many minutes make 1 of it."""
    return Room(sorted({_last_before(point, told, unit) for point in points}))


def _last_before(point: tuple[float, bool], told: Callable[[int], float], unit: float) -> int:
    bound, is_kept = point

    def stays(minutes: int) -> bool:
        return told(minutes) <= bound if is_kept else told(minutes) < bound

    if abs(bound * unit) > _ENDLESS:
        return _ENDLESS if bound > 0 else -_ENDLESS
    found = floor(bound * unit)
    while stays(found + 1):
        found += 1
    while not stays(found):
        found -= 1
    return found


class Room(tuple[int, ...]):
    """The greatest numbers of minutes before each flip, ascending."""

    __slots__ = ()

    def next(self, minutes: int) -> int | None:
        """The most that a value may grow to without a flip; None: as much as it likes."""
        index = bisect_left(self, minutes)
        return self[index] if index < len(self) else None

    def differs(self, minutes: int, other: int) -> bool:
        """Whether something flips between the two."""
        return bisect_left(self, minutes) != bisect_left(self, other)


class Soonest:
    """The first of many instants after the present one, told as instants or as points of working lines."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._minute: int | None = None
        self._works: dict[WorkingTime, int] = {}

    def at(self, minute: int) -> None:
        """Takes in an instant, in minutes; one that is not after the present is the next minute."""
        minute = max(minute, self.now + 1)
        self._minute = minute if self._minute is None else min(self._minute, minute)

    def at_next(self, minute: int) -> None:
        """Takes in an instant, unless it has been already."""
        if minute > self.now:
            self.at(minute)

    def at_far(self) -> None:
        """Takes in that something lies too far ahead to tell."""
        self.at(self.now + _YEAR)

    def at_work(self, clock: WorkingTime, work: int) -> None:
        """Takes in the first instant at which so much is worked on a line."""
        former = self._works.get(clock)
        if former is None or work < former:
            self._works[clock] = work

    def minute(self) -> int | None:
        """The first of them; None: there was none."""
        for clock, work in self._works.items():
            self.at(_first_at(clock, work, self.now))
        return self._minute


def _first_at(clock: WorkingTime, work: int, now: int) -> int:
    """The first instant of a point of the line; what lies far ahead is a year away."""
    return now + _YEAR if work - clock.worked(now) > _FAR else clock.finish_at(work)


def is_far(minutes: int) -> bool:
    """Whether so much working time is no limit that one can come near in a year."""
    return minutes > _FAR
