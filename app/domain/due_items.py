"""When the findings of items can change by time alone: at a breakpoint, or on the way from one to the next."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from app.domain.deviation_values import Observed, Subject, Track
from app.domain.due_room import Soonest
from app.domain.items import Item
from app.domain.judging import baseline_of, items_of
from app.domain.levels import change_of, critical_points, is_worse, turning_points
from app.domain.measures import Reason
from app.domain.moments import LATEST, from_minutes, to_minutes
from app.domain.tolerances import ITEM_MEASURES, Tolerance

_YEAR = 366 * 1440  # minutes: what lies further ahead is looked at once a year
_END = to_minutes(LATEST)

Finding = tuple[int, int, int] | Reason | None
"""Among the points at which a level flips, and how it compares with what was told; else why there is no value."""


def watch(
    observed: Observed, tolerances: Iterable[Tolerance], tracks: Mapping[Subject, Track], soonest: Soonest
) -> None:
    """Takes in the first minute at which a finding of any item differs from what it is at the data date.

    A finding is the level, with and without hysteresis, whether the value is worth telling anew since its record told
    it, or why there is none. O(items x breakpoints of a year) values.
    """
    for tolerance in tolerances:
        if tolerance.measure not in ITEM_MEASURES:
            continue
        number = baseline_of(observed, tolerance)
        for (milestone, about), item in items_of(observed, tolerance).items():
            track = tracks.get(Subject(tolerance.key, milestone, number, about), Track())
            minute = _Course(item, tolerance, track).first_change(observed.as_of, soonest.minute())
            if minute is not None:
                soonest.at(minute)


class _Course:
    """How the finding of one item goes on."""

    def __init__(self, item: Item, tolerance: Tolerance, track: Track) -> None:
        self._item = item
        self._tolerance = tolerance
        self._track = track
        is_told = track.state is not None or track.is_accepted
        self._points = turning_points(tolerance) if is_told else critical_points(tolerance)

    def first_change(self, as_of: datetime, before: int | None) -> int | None:
        """The first minute after the data date at which the finding differs; None: none, or not before that one.

        A value that moves on after its last breakpoint, or has one later than in a year, is looked at in a year.
        """
        now, here = to_minutes(as_of), self._finding(as_of)
        far = min(now + _YEAR, _END)
        until = far if before is None else min(far, before)
        turns = sorted({to_minutes(each) for each in self._item.breakpoints if each > as_of})
        last = now
        for minute in _looked_at(turns, now, until):
            if self._at(minute) != here:
                return self._first(last, minute, here)
            last = minute
        is_to_come = bool(turns) and turns[-1] >= far
        if until < far or (not is_to_come and self._is_still(turns[-1] if turns else now, far)):
            return None
        return far

    def _first(self, same: int, other: int, here: Finding) -> int:
        """The first minute that differs, of those after the one that is the `same` up to the `other` one.

        Between two breakpoints it is found by halving: what is monotone does not come back.
        """
        while other - same > 1:
            middle = (same + other) // 2
            if self._at(middle) == here:
                same = middle
            else:
                other = middle
        return other

    def _is_still(self, turn: int, far: int) -> bool:
        """Whether the value stays as it is from just after a minute on; told by one that is far."""
        values = [self._item.value_at(from_minutes(minute)) for minute in (min(turn + 1, far), far)]
        return values[0].value == values[1].value and values[0].reason == values[1].reason

    def _at(self, minute: int) -> Finding:
        return self._finding(from_minutes(minute))

    def _finding(self, at: datetime) -> Finding:
        found = self._item.value_at(at)
        value, told = found.value, self._track.value or 0.0
        if value is None:
            return found.reason
        change = 0
        if self._track.state is not None:
            change = change_of(self._tolerance, value, told)
        elif self._track.is_accepted:
            change = int(is_worse(self._tolerance, value, told))
        return bisect_left(self._points, value), bisect_right(self._points, value), change


def _looked_at(turns: Iterable[int], now: int, until: int) -> Iterator[int]:
    """The minutes after `now` between each two of which, if they are not next to each other, nothing turns."""
    last = now
    for minute in (now + 1, *(turn + side for turn in turns for side in (-1, 0, 1)), until):
        if last < minute <= until:
            last = minute
            yield minute
