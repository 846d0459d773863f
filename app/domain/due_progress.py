"""When planned progress is due: it goes on along the working lines, and a plan's is the sum of its leaves'."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from math import fsum
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.due_room import Points, points_of
from app.domain.due_scene import Scene
from app.domain.judged_values import Value
from app.domain.measures import Line
from app.domain.plan import Milestone, MilestoneKind
from app.domain.tolerances import Tolerance
from app.domain.variance import MilestoneVariance


class Run(NamedTuple):
    """Planned progress in points of a line: none up to `first`, all of it from `last` on."""

    first: int
    last: int

    def percent(self, work: int) -> float:
        """The planned percent at a point of the line."""
        if work >= self.last:
            return 100.0
        return 100 * max(work - self.first, 0) / (self.last - self.first) if self.first < self.last else 0.0


def watch_activity(scene: Scene, tolerance: Tolerance, item: MilestoneVariance, value: Value) -> None:
    """The gap of one activity: what it was planned to have done grows, what it has does not."""
    milestone, base = scene.milestone(item.milestone), scene.values.baseline.get(item.milestone)
    line = scene.values.line(milestone)
    run = None if base is None else _run(line, base)
    if run is None or value.amount is None:
        return
    actual = scene.values.share(item).actual
    points = points_of(tolerance, scene.accepted(tolerance, item.milestone))
    works = range(line.finish.now + 1, run.last + 1)
    work = _first_flip(works, value.amount, points, lambda work: run.percent(work) - actual)
    if work is not None:
        scene.soonest.at_work(line.calendar, work)


def watch_plan(scene: Scene, tolerance: Tolerance, value: Value) -> None:
    """The gap of the plan. O(leaves · log of the minutes until all of it should be done)."""
    actual = scene.observed.variance.summary.actual_percent_complete
    if value.amount is None or actual is None:
        return
    weights, runs = list[float](), defaultdict[WorkingTime, list[tuple[float, Run]]](list)
    for key in scene.leaves:
        milestone, base = scene.milestone(key), scene.values.baseline.get(key)
        if base is None or base.kind is MilestoneKind.phase:
            continue
        line, weight = scene.values.line(milestone), scene.values.share(scene.values.items[key]).weight
        weights.append(weight)
        run = _run(line, base)
        if weight and run is not None:
            runs[line.calendar].append((weight, run))
    total, now = fsum(weights), scene.soonest.now

    def gap(minute: int) -> float:
        works = ((clock.worked(minute), group) for clock, group in runs.items())
        parts = (weight * run.percent(work) for work, group in works for weight, run in group)
        return round(fsum(parts) / total, 1) - actual

    ends = (clock.finish_at(max(run.last for _, run in group)) for clock, group in runs.items())
    minutes = range(now + 1, max(ends, default=now) + 1)
    minute = _first_flip(minutes, value.amount, points_of(tolerance, scene.accepted(tolerance, None)), gap)
    if minute is not None:
        scene.soonest.at(minute)


def _first_flip(found: range, amount: float, points: Points, gap: Callable[[int], float]) -> int | None:
    """The first of these at which a gap that grows from this amount flips something; None: none of them."""
    before = _passed(points, amount)
    index = bisect_left(found, True, key=lambda each: _passed(points, round(gap(each), 6)) != before)
    return found[index] if index < len(found) else None


def _passed(points: Points, amount: float) -> int:
    """How many points a value lies beyond."""
    return sum(amount > point if is_kept else amount >= point for point, is_kept in points)


def _run(line: Line, base: Milestone) -> Run | None:
    """How planned progress runs, by the baseline; None: what has no date counts for no time."""
    start, finish = base.planned_start, base.planned_finish
    if base.kind is not MilestoneKind.activity and finish is None:
        return None if start is None else Run(line.start.work[start], line.start.work[start])
    if finish is None:
        return None
    last = line.finish.work[finish]
    return Run(last if start is None else line.start.work[start], last)
