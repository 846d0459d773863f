"""When the dates of single milestones are due."""

from collections.abc import Iterator
from datetime import date, datetime

from app.domain.cpm_values import FOREVER
from app.domain.due_dates import Dated
from app.domain.due_scene import CLOSED, Scene
from app.domain.execution import Lifecycle
from app.domain.judged_values import Value
from app.domain.measures import Basis, Line, Reason
from app.domain.moments import Moment, is_day
from app.domain.plan import Milestone
from app.domain.subjects import is_start_milestone
from app.domain.tolerances import JudgedBy, Measure, Tolerance
from app.domain.variance import MilestoneVariance


def hold_plain(scene: Scene, tolerance: Tolerance) -> Iterator[str]:
    """Holds the finishes that only pushes move, and yields the keys of all else that has still to happen.

    They are what nearly all of a large plan consists of, and many of them share a day.
    """
    plain, short, current, limits = scene.plain, scene.short, scene.observed.current, scene.limits
    kinds, finishes = tolerance.applies_to.kinds, limits.finishes
    known: dict[tuple[int, Moment | None, int], int | None] = {}
    for item in scene.values.observed.variance.items:
        key, found, base = item.milestone, item.finish_variance, item.baseline_finish
        milestone, minutes = current.get(key), found.working_minutes
        if milestone is None or (kinds and milestone.kind not in kinds):
            continue
        is_pushed = key in plain and (key not in short or _is_of_its_day(item, scene.days[key]))
        if not is_pushed or minutes is None or found.basis is not Basis.projected or not _is_alike(item):
            if item.lifecycle not in CLOSED:
                yield key
            continue
        line = scene.values.line(milestone)
        asked = (id(line), base, minutes)
        if asked not in known:
            room = scene.room(tolerance, key, line)
            dated = Dated(line, False, base or date.min, None, None, None, minutes, False, False)
            limits.see(minutes, room)
            known[asked] = limits.latest(dated, room.next(minutes))
        latest = known[asked]
        if latest is not None and latest < finishes.get(key, FOREVER):
            finishes[key] = latest


def _is_of_its_day(item: MilestoneVariance, day: date) -> bool:
    """Whether none of the dates of the finish has passed before this day is over."""
    dates = (item.baseline_finish, item.planned_finish, item.forecast_finish)
    return all(each is None or (not isinstance(each, datetime) and each >= day) for each in dates)


def _is_alike(item: MilestoneVariance) -> bool:
    """Whether the finish is compared with a day, or all of its dates are instants."""
    dates = (item.planned_finish, item.forecast_finish)
    return not isinstance(item.baseline_finish, datetime) or all(each is None or not is_day(each) for each in dates)


def watch_start(scene: Scene, tolerance: Tolerance, item: MilestoneVariance, value: Value) -> None:
    """The start of a leaf that has not begun."""
    milestone, base = scene.observed.current[item.milestone], item.baseline_start
    line = scene.values.line(milestone)
    if item.lifecycle is not Lifecycle.not_started or base is None:
        return
    if value.minutes is None or tolerance.basis is JudgedBy.actual:
        _watch_fact(scene, tolerance, (item.milestone, line, base), value, is_start=True)
        return
    dated = Dated(
        line=line,
        is_start=True,
        base=base,
        forecast=item.forecast_start or (item.forecast_finish if is_start_milestone(milestone) else None),
        planned=item.planned_start,
        projected=item.projected_start,
        minutes=value.minutes,
        is_floor=value.basis == Basis.overdue_floor,
        is_reached=True,
        held=scene.held(milestone),
    )
    latest = scene.limits.watch(dated, scene.room(tolerance, item.milestone, line))
    if latest is not None:
        scene.limits.hold((item.milestone,), latest, is_start=True)


def watch_finish(scene: Scene, tolerance: Tolerance, item: MilestoneVariance, value: Value) -> None:
    """The finish of a leaf against its baseline, or against its deadline."""
    milestone = scene.observed.current[item.milestone]
    is_deadline = tolerance.measure is Measure.deadline_variance
    base = milestone.deadline if is_deadline else item.baseline_finish
    line = scene.values.line(milestone)
    if item.lifecycle is Lifecycle.completed or base is None:
        return
    if value.minutes is None or tolerance.basis is JudgedBy.actual:
        _watch_fact(scene, tolerance, (item.milestone, line, base), value, is_start=False)
        return
    told_as_start = is_deadline and is_start_milestone(milestone)
    dates = finish_dates(item, milestone) if is_deadline else (item.forecast_finish, item.planned_finish)
    dated = Dated(
        line=line,
        is_start=False,
        base=base,
        forecast=dates[0],
        planned=dates[1],
        projected=_projected(item, line, base, told_as_start=told_as_start),
        minutes=value.minutes,
        is_floor=value.basis == Basis.overdue_floor,
        is_reached=scene.is_reached(item.milestone),
        told_as_start=told_as_start,
        held=scene.held(milestone) if told_as_start else None,
    )
    latest = scene.limits.watch(dated, scene.room(tolerance, item.milestone, line))
    if latest is not None:
        scene.limits.hold((item.milestone,), latest, is_start=told_as_start)


def finish_dates(item: MilestoneVariance, milestone: Milestone) -> tuple[Moment | None, Moment | None]:
    """The forecast and the planned date of what counts as a finish."""
    if is_start_milestone(milestone):
        return item.forecast_start, item.planned_start
    return item.forecast_finish, item.planned_finish


def _projected(item: MilestoneVariance, line: Line, base: Moment, *, told_as_start: bool) -> Moment | None:
    if not told_as_start:
        return item.projected_finish
    return None if item.projected_start is None else line.start.told(item.projected_start, base)


def _watch_fact(
    scene: Scene, tolerance: Tolerance, what: tuple[str, Line, Moment], value: Value, *, is_start: bool
) -> None:
    """What is measured by the data date alone, as soon as its date has passed."""
    key, line, base = what
    edge = line.start if is_start else line.finish
    if value.minutes is None:
        if value.reason in {Reason.no_planned_date, Reason.insufficient_data}:
            scene.appears(line, edge, base)
        return
    most = scene.room(tolerance, key, line).next(value.minutes)
    if most is not None:
        scene.soonest.at_work(line.calendar, edge.work[base] + most + 1)


def watch_undated(scene: Scene, *, is_even: bool) -> None:
    """Where planned dates are held, what nobody dated has a date only until the data date has reached it.

    `is_even`: all dates lie on one line.
    """
    schedule = scene.observed.schedule
    if not scene.holds or schedule is None:
        return
    for key in scene.leaves:
        found, state = schedule.items[key], scene.state(key)
        start, is_forecast = found.early_start, state.forecast_start is not None or state.forecast_finish is not None
        if scene.is_planned(key) or is_forecast or start is None or state.lifecycle is not Lifecycle.not_started:
            continue
        line = scene.values.line(scene.milestone(key))
        work = line.calendar.worked(start)
        if work > line.start.now:
            if scene.has_leads or not scene.is_pushing(found.driving_predecessor):
                scene.soonest.at_work(line.calendar, work)
                scene.limits.hold((key,), start, is_start=True)  # what pushes it next may have no date either
        else:
            scene.soonest.at_next(start)  # of the same point of the line: a link from a phase lets go there
        if work <= line.start.now and not is_even and not scene.is_first(key):
            scene.any_move = True  # its predecessors may come to lie in time off work
