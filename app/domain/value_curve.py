"""The planned value of a baseline over time: what each calendar earns on its own line, added up at an instant."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.money import ZERO, exact
from app.domain.percent import Phasing


class Ramp(NamedTuple):
    """A weight (> 0), and when it is planned to be earned."""

    weight: Decimal
    phasing: Phasing


class Curve:
    """The cumulative planned value on one line of working minutes; right-continuous, it never falls.

    Built once in O(n log n); a value costs O(log n).
    """

    __slots__ = ("_before", "_points", "_slopes", "_values")

    def __init__(self, ramps: Iterable[Ramp]) -> None:
        steps: dict[int, list[tuple[int, Decimal, Decimal]]] = {}
        for weight, (first, last) in ramps:
            slope = weight / (last - first) if last > first else ZERO
            if slope:
                steps.setdefault(first, []).append((1, slope, ZERO))
            steps.setdefault(last, []).append((-1 if slope else 0, -slope, weight))
        self._points: list[int] = sorted(steps)
        self._before: list[Decimal] = []
        self._values: list[Decimal] = []
        self._slopes: list[Decimal] = []
        value, slope, running, earned, at = ZERO, ZERO, 0, ZERO, 0
        for point in self._points:
            value += slope * (point - at)
            self._before.append(value)
            for count, steeper, weight in steps[point]:
                running += count
                slope += steeper
                earned += weight
                value += ZERO if count else weight
            if not running:  # what was rounded on the way is gone
                value, slope = earned, ZERO
            self._values.append(value)
            self._slopes.append(slope)
            at = point

    def value(self, work: int) -> Decimal:
        """What is planned up to W, what is planned at W itself included."""
        index = bisect_right(self._points, work) - 1
        if index < 0:
            return ZERO
        return self._values[index] + self._slopes[index] * (work - self._points[index])

    def before(self, work: int) -> Decimal:
        """What is planned before W: the limit from below."""
        index = bisect_right(self._points, work) - 1
        if index >= 0 and self._points[index] == work:
            return self._before[index]
        return self.value(work)


class PlannedValue:
    """The planned value of a baseline at instants, and on the working time of its plan.

    The plan's line begins with the first ramp (`begins`, in W of the plan's calendar) and is `duration` working
    minutes long: to the first point at which all is planned.
    """

    __slots__ = ("_curves", "_plan", "begins", "duration", "span", "total")

    def __init__(self, plan: WorkingTime, ramps: Sequence[tuple[WorkingTime, Ramp]]) -> None:
        by_calendar: dict[int, tuple[WorkingTime, list[Ramp]]] = {}
        for calendar, ramp in ramps:
            by_calendar.setdefault(id(calendar), (calendar, []))[1].append(ramp)
        self._plan = plan
        edges = [_edges(plan, *each) for each in by_calendar.values()]
        self.begins = min(begins for begins, _, _ in edges)
        self.duration = max(finishes for _, finishes, _ in edges) - self.begins
        self.span = (min(span[0] for _, _, span in edges), max(span[1] for _, _, span in edges))
        with exact():
            self.total = sum((ramp.weight for _, ramp in ramps), ZERO)
            self._curves = [(calendar, Curve(found)) for calendar, found in by_calendar.values()]

    def at(self, minute: int) -> Decimal:
        """What is planned up to an instant, unrounded."""
        with exact():
            return sum((curve.value(calendar.worked(minute)) for calendar, curve in self._curves), ZERO)

    def before(self, minute: int) -> Decimal:
        """What is planned before an instant, unrounded."""
        with exact():
            return sum((_before(calendar, curve, minute) for calendar, curve in self._curves), ZERO)

    def elapsed(self, minute: int) -> int:
        """The plan's working minutes from the begin of the baseline up to an instant; negative before it."""
        return self._plan.worked(minute) - self.begins

    def reached(self, earned: Decimal) -> float:
        """ES = sup {t: PV(t) <= EV}, in working minutes of the plan from the begin of its baseline.

        A plateau in mid-curve counts to its end, the last one to its begin. 0 where nothing is earned.
        O(log minutes) values.
        """
        if earned <= 0:
            return 0.0
        if earned >= self.total:
            return float(self.duration)
        if self._on_line(0) > earned:
            return 0.0
        low, high = 0, self.duration
        while high - low > 1:
            middle = (low + high) // 2
            if self._on_line(middle) <= earned:
                low = middle
            else:
                high = middle
        limit = self.before(self._plan.finish_at(self.begins + high))
        if limit <= earned:
            return float(high)
        value = self._on_line(low)
        with exact():
            return low + float((earned - value) / (limit - value))

    def _on_line(self, elapsed: int) -> Decimal:
        return self.at(self._plan.start_at(self.begins + elapsed))


def _before(calendar: WorkingTime, curve: Curve, minute: int) -> Decimal:
    work = calendar.worked(minute)
    return curve.before(work) if calendar.worked(minute - 1) < work else curve.value(work)


def _edges(plan: WorkingTime, calendar: WorkingTime, ramps: Sequence[Ramp]) -> tuple[int, int, tuple[int, int]]:
    """Where the ramps of one calendar begin and finish on the line of the plan, and in time."""
    first, is_slope = min((ramp.phasing.first, ramp.phasing.first < ramp.phasing.last) for ramp in ramps)
    start = calendar.start_at(first) if is_slope else calendar.finish_at(first)
    finish = calendar.finish_at(max(ramp.phasing.last for ramp in ramps))
    return plan.worked(start), plan.worked(finish), (start if is_slope else start - 1, finish - 1)
