"""When the dates of single milestones are due."""

from app.domain.due_dates import Dated
from app.domain.due_scene import Scene
from app.domain.execution import Lifecycle
from app.domain.judged_values import Value
from app.domain.measures import Basis, Line, Reason
from app.domain.moments import Moment, is_day
from app.domain.plan import Milestone, MilestoneKind
from app.domain.subjects import is_start_milestone
from app.domain.tolerances import JudgedBy, Measure, Tolerance
from app.domain.variance import MilestoneVariance


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
        held=_held(scene, item.planned_start),
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
        held=_held(scene, item.planned_start) if told_as_start else None,
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


def _held(scene: Scene, planned: Moment | None) -> Moment | None:
    return planned if scene.holds and planned is not None and is_day(planned) else None


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


def watch_undated(scene: Scene) -> None:
    """Where planned dates are held, what nobody dated has a date only until the data date has reached it."""
    schedule = scene.observed.schedule
    if not scene.holds or schedule is None:
        return
    for key in scene.leaves:
        milestone, state, start = scene.observed.current[key], scene.state(key), schedule.items[key].early_start
        dates = (milestone.planned_start, milestone.planned_finish, state.forecast_start, state.forecast_finish)
        if start is None or any(dates) or state.lifecycle is not Lifecycle.not_started:
            continue
        line = scene.values.line(milestone)
        work = line.calendar.worked(start)
        if work > line.start.now:
            scene.soonest.at_work(line.calendar, work)


def is_leaf(milestone: Milestone) -> bool:
    """Whether the milestone has dates of its own."""
    return milestone.kind is not MilestoneKind.phase
