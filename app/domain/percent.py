"""Percent complete: what the baseline says should be done, and what is."""

from collections.abc import Iterable
from math import fsum
from typing import NamedTuple

from app.domain.durations import planned_minutes
from app.domain.measures import Edge, Line
from app.domain.moments import Moment
from app.domain.plan import Milestone, MilestoneKind, WeightBasis
from app.domain.progress import Lifecycle, State


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
    is_activity = baseline.kind is MilestoneKind.activity
    duration = (planned_minutes(line, baseline) or 0) if is_activity else 0
    if basis is WeightBasis.weight:
        weight = float(baseline.weight)
    else:
        weight = 1.0 if basis is WeightBasis.equal else float(duration)
    planned = _planned(line, baseline)
    if lifecycle is Lifecycle.completed:
        return Share(weight, planned, 100.0)
    if not is_activity:
        return Share(weight, planned, 0.0)
    actual = 0.0
    if state.percent_complete is not None:
        actual = state.percent_complete
    elif state.remaining_minutes is not None and duration:
        actual = 100 * (duration - state.remaining_minutes) / duration
    return Share(weight, planned, min(max(actual, 0.0), 100.0))


def _planned(line: Line, baseline: Milestone) -> float:
    start, finish = baseline.planned_start, baseline.planned_finish
    if baseline.kind is not MilestoneKind.activity and finish is None:
        return _passed(line.start, start)
    if start is None or finish is None or _passed(line.finish, finish):
        return _passed(line.finish, finish)
    first, last = line.start.work[start], line.finish.work[finish]
    if last <= first:
        return 0.0
    return 100 * max(line.finish.now - first, 0) / (last - first)


def _passed(edge: Edge, moment: Moment | None) -> float:
    return 100.0 if moment is not None and edge.now >= edge.work[moment] else 0.0


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
