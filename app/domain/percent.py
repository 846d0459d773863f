"""Percent complete: what the baseline says should be done, and what is."""

from collections.abc import Iterable
from math import fsum
from typing import NamedTuple

from app.domain.durations import planned_minutes
from app.domain.measures import Line
from app.domain.plan import Milestone, MilestoneKind, WeightBasis
from app.domain.progress import Lifecycle, State


class Phasing(NamedTuple):
    """When the baseline earns a leaf: linearly between two points W of its own line; a step where they are one."""

    first: int
    last: int

    def part(self, now: int) -> tuple[int, int]:
        """How much of it is planned by W of the status date, as numerator and denominator."""
        if now >= self.last:
            return 1, 1
        return max(now - self.first, 0), max(self.last - self.first, 1)


class Share(NamedTuple):
    """What one leaf gives to percent complete: a weight, and percents from 0 to 100."""

    weight: float
    planned: float
    actual: float


def share(line: Line, baseline: Milestone, state: State, lifecycle: Lifecycle, basis: WeightBasis) -> Share:
    """The share of one leaf in percent complete, all of it by the baseline.

    Weight: the leaf's own, its baseline duration in working minutes (milestones weigh nothing), or 1.
    Planned: 0, and 100 once the status date has reached W(baseline finish); an activity runs linearly on
    the working line from W(baseline start) to there. What the baseline gives no date counts as planned
    for no time. Actual: 100 when completed, else 0 for a milestone; an activity has the last percent
    reported, else (baseline duration - remaining) / baseline duration if only that was reported, else 0.

    Source: planned percent is Primavera P6's Schedule % Complete, told in working time; actual percent
    from remaining duration is its Duration % Complete.
    """
    planned = planned_percent(phasing(line, baseline), line)
    return Share(weight_of(line, baseline, basis), planned, earned_percent(line, baseline, state, lifecycle))


def weight_of(line: Line, baseline: Milestone, basis: WeightBasis) -> float:
    """What weighs a leaf in percent complete where it is not money."""
    if basis is WeightBasis.weight:
        return float(baseline.weight)
    return 1.0 if basis is WeightBasis.equal else float(_duration(line, baseline))


def earned_percent(line: Line, baseline: Milestone, state: State, lifecycle: Lifecycle) -> float:
    """How much of a leaf is done, 0 to 100; of a milestone 0 or 100."""
    if lifecycle is Lifecycle.completed:
        return 100.0
    if baseline.kind is not MilestoneKind.activity:
        return 0.0
    actual = 0.0
    if state.percent_complete is not None:
        actual = state.percent_complete
    elif state.remaining_minutes is not None and (duration := _duration(line, baseline)):
        actual = 100 * (duration - state.remaining_minutes) / duration
    return min(max(actual, 0.0), 100.0)


def _duration(line: Line, baseline: Milestone) -> int:
    return (planned_minutes(line, baseline) or 0) if baseline.kind is MilestoneKind.activity else 0


def planned_percent(planned: Phasing | None, line: Line) -> float:
    """How much of a leaf is planned by the status date of its line, 0 to 100."""
    if planned is None:
        return 0.0
    part, whole = planned.part(line.finish.now)
    return 100 * part / whole


def phasing(line: Line, baseline: Milestone) -> Phasing | None:
    """When a leaf of the baseline is planned to be earned: an activity between its dates, a milestone at its date.

    An activity with a finish alone, or one that lies before its start, is a step at the finish. None: it has no
    date by which it is planned.
    """
    start, finish = baseline.planned_start, baseline.planned_finish
    if finish is None:
        if baseline.kind is MilestoneKind.activity or start is None:
            return None
        step = line.start.work[start]
        return Phasing(step, step)
    last = line.finish.work[finish]
    if baseline.kind is not MilestoneKind.activity or start is None:
        return Phasing(last, last)
    return Phasing(min(line.start.work[start], last), last)


def percent_complete(shares: Iterable[Share]) -> tuple[float | None, float | None]:
    """Planned and actual percent of a scope: sum(weight x percent) / sum(weight).

    Rounded once, at the end, half to even, to one decimal; null where nothing weighs anything. A summary
    is never the unweighted mean of its children; see PMI, Practice Standard for Earned Value Management.
    """
    scope = list(shares)
    total = fsum(entry.weight for entry in scope)
    if not total:
        return None, None
    planned = fsum(entry.weight * entry.planned for entry in scope) / total
    actual = fsum(entry.weight * entry.actual for entry in scope) / total
    return round(planned, 1), round(actual, 1)
