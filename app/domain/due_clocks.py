"""When what simply grows with time is due: durations, blocked work, silence, planned progress."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from app.domain.due_room import Soonest, points_of
from app.domain.due_scene import CLOSED, Scene
from app.domain.durations import duration_variance, planned_minutes, suspended_minutes
from app.domain.execution import Lifecycle
from app.domain.judged_values import Value
from app.domain.measures import NOTHING, Basis, Line, Reason
from app.domain.moments import from_minutes
from app.domain.plan import Milestone
from app.domain.subjects import SILENCE
from app.domain.tolerances import JudgedBy, Tolerance
from app.domain.variance import MilestoneVariance

_LONG_DAY = timedelta(days=2)  # in any zone
_UNDATED = (NOTHING[Reason.not_applicable], NOTHING[Reason.not_applicable])


def watch_duration(scene: Scene, tolerance: Tolerance, item: MilestoneVariance, value: Value) -> None:
    """The duration of an activity under way: its work so far grows, unless it is suspended."""
    milestone, base = scene.milestone(item.milestone), scene.values.baseline.get(item.milestone)
    state, line = scene.state(item.milestone), scene.values.line(milestone)
    planned = None if base is None else planned_minutes(line, base)
    if base is None or planned is None or state.lifecycle is not Lifecycle.in_progress or state.actual_start is None:
        return
    first = line.start.work[line.start.as_precise_as(state.actual_start, base.planned_start)]
    now = line.start.now
    so_far = now - first - suspended_minutes(line.calendar, state.suspensions, first, now)
    room = scene.room(tolerance, item.milestone, line)
    if value.minutes is None:
        _grow(scene, line, planned + 1 - so_far)
        return
    # Estimated remaining work shrinks as the work so far grows, and does not add to it.
    left = 0 if tolerance.basis is JudgedBy.actual else _left(scene, item.milestone)
    if value.basis == Basis.planned:
        length = _planned_length(line, milestone, base)
        if room.differs(length - planned, value.minutes):
            _grow(scene, line, length - so_far - left)
            return
    most = room.next(value.minutes)
    if most is not None:
        _grow(scene, line, planned + most + 1 - so_far - left)


def _grow(scene: Scene, line: Line, minutes: int) -> None:
    scene.soonest.at_work(line.calendar, line.start.now + minutes)


def _left(scene: Scene, key: str) -> int:
    """The remaining minutes that do not shrink by themselves."""
    state, schedule = scene.state(key), scene.observed.schedule
    if state.remaining_minutes is not None:
        return state.remaining_minutes
    if schedule is None or key in scene.ebbing:
        return 0
    return schedule.items[key].remaining_minutes or 0


def _planned_length(line: Line, milestone: Milestone, base: Milestone) -> int:
    """The planned duration at the precision of the baseline's dates."""
    found = duration_variance(line, (milestone, replace(base, planned_duration_minutes=0)), SILENCE, _UNDATED)
    return found.working_minutes or 0


def watch_blocked(scene: Scene, tolerance: Tolerance, item: MilestoneVariance, value: Value) -> None:
    """Blocked work stays blocked."""
    since, line = scene.state(item.milestone).blocked_since, scene.values.line(scene.milestone(item.milestone))
    if since is not None and value.minutes is not None and item.lifecycle is not Lifecycle.completed:
        most = scene.room(tolerance, item.milestone, line).next(value.minutes)
        if most is not None:
            scene.soonest.at_work(line.calendar, line.start.work[since] + most + 1)


def silent(scene: Scene, tolerance: Tolerance, soonest: Soonest) -> Iterator[str]:
    """What has still to happen, and is planned to begin before anything that is due already.

    Where silence itself is no deviation, it takes at least until the planned date.
    """
    is_patient, last = min((value for value, _ in points_of(tolerance)), default=0) >= 0, None
    for item in scene.observed.variance.items:
        if item.lifecycle in CLOSED or item.milestone not in scene.observed.current:
            continue
        planned = item.planned_start or item.planned_finish
        if is_patient and last is not None and planned is not None and item.lifecycle is Lifecycle.not_started:
            if (planned.date() if isinstance(planned, datetime) else planned) > last:
                continue
        yield item.milestone
        until = soonest.minute()
        last = None if until is None else from_minutes(until).date() + _LONG_DAY


def watch_silence(
    scene: Scene, tolerance: Tolerance, item: MilestoneVariance, value: Value, soonest: Soonest
) -> None:
    """Silence grows, and begins once what was planned should have begun; `soonest` is that of present instants."""
    milestone = scene.milestone(item.milestone)
    since, _ = scene.values.silent_since(item, milestone)
    if since is not None and value.minutes is not None:
        line = scene.values.line(milestone)
        most = scene.room(tolerance, item.milestone, line).next(value.minutes)
        if most is not None:
            soonest.at_work(line.calendar, since + most + 1)
