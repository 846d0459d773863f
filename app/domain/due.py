"""When to look again: the next instant at which any finding could change although nothing is recorded."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from app.domain import due_clocks, due_items, due_leaves, due_progress, due_spans
from app.domain.corrections import effective
from app.domain.cpm_backward import Late
from app.domain.cpm_push import Push
from app.domain.cpm_values import FOREVER, options_of
from app.domain.deviation_values import DeviationState, Observed, Subject, Track
from app.domain.due_room import Soonest, points_of
from app.domain.due_scene import Scene
from app.domain.due_spans import Span
from app.domain.judged_values import Value
from app.domain.moments import from_minutes, to_minutes
from app.domain.plan import MilestoneKind
from app.domain.progress import has_happened
from app.domain.tolerances import ITEM_MEASURES, JudgedBy, Measure, Tolerance, Unit
from app.domain.variance import MilestoneVariance

_MINUTE, _INSTANT = timedelta(minutes=1), timedelta(microseconds=1)
_DATES = frozenset(
    {
        Measure.start_variance,
        Measure.finish_variance,
        Measure.plan_finish_variance,
        Measure.deadline_variance,
    }
)
_ALL = 100
_FLOATS = frozenset({Measure.total_float, Measure.float_consumed_percent})


def next_check_at(
    observed: Observed,
    tolerances: Iterable[Tolerance],
    tracks: Mapping[Subject, Track],
    limits: Mapping[Subject, float] | None = None,
) -> datetime | None:
    """The next instant after `now` at which a finding could change if nothing is recorded; None: never.

    `limits` are values up to which another milestone's record explains a subject's breach.

    A finding is the level of a subject, with and without hysteresis, or why it has no value. None changes
    strictly before. Instants are floored to minutes, and so it is at least the next full minute, but for events
    that are recorded ahead and acknowledgements that end: those are told to the instant. Where all work is on one
    calendar, dates are exact to the minute, floats and work that is put as late as possible early; where
    calendars differ it may be early.

    The data date reaches unfinished work and pushes it. What a value may grow to is a limit of a date, and one
    pass backwards over the network, from all those limits, tells how late the data date may become before one
    of them is exceeded. What time alone decides (silence, blocked work, what is overdue) is counted on the
    milestone's own line; items are asked for their values. O((milestones + dependencies) · log of the calendars +
    milestones · tolerances + values of items).
    """
    watched = tuple(tolerances)
    found = [*_ends(observed, watched, tracks), *_ahead(observed, watched)]
    present = Soonest(to_minutes(observed.now))
    scene = Scene(observed, tracks, limits or {})
    for tolerance in watched:
        if tolerance.measure is Measure.silence_minutes:
            _watch_silence(scene, tolerance, present)
    if observed.moves:
        for tolerance in watched:
            if tolerance.measure not in ITEM_MEASURES:
                _watch(scene, tolerance)
        _watch_pushes(scene, watched)
        due_items.watch(observed, watched, tracks, scene.soonest)
        found += _instant(scene.soonest)
    found += _instant(present)
    return min(found, default=None)


def _instant(soonest: Soonest) -> list[datetime]:
    minute = soonest.minute()
    return [] if minute is None else [from_minutes(minute)]


def _ends(observed: Observed, tolerances: Iterable[Tolerance], tracks: Mapping[Subject, Track]) -> Iterator[datetime]:
    """When acknowledgements end, and when what is being counted is counted again."""
    soon = from_minutes(to_minutes(observed.now) + 1)
    enough = {each.key: each.consecutive for each in tolerances}
    for subject, track in tracks.items():
        if track.state is DeviationState.acknowledged and track.acknowledged_until is not None:
            yield soon if track.acknowledged_until <= observed.now else track.acknowledged_until
        count = track.beyond if track.state is None else track.within
        if observed.moves and 0 < count < enough.get(subject.tolerance, 0):
            yield soon


def _ahead(observed: Observed, tolerances: Iterable[Tolerance]) -> Iterator[datetime]:
    """When what is recorded of later has happened; a day's events, just after it has begun."""
    if observed.moves or any(each.measure is Measure.silence_minutes for each in tolerances):
        for event in effective(observed.events):
            if not has_happened(event, observed.now):
                yield event.occurred_at if event.occurred_on is None else event.occurred_at + _INSTANT


def _watch_silence(scene: Scene, tolerance: Tolerance, present: Soonest) -> None:
    for item, value in _judged(scene, tolerance, due_clocks.silent(scene, tolerance, present)):
        due_clocks.watch_silence(scene, tolerance, item, value, present)


def _judged(scene: Scene, tolerance: Tolerance, keys: Iterable[str]) -> Iterator[tuple[MilestoneVariance, Value]]:
    """What the tolerance looks at of these milestones, and its values."""
    items, of = scene.values.items, scene.values.of
    for key in keys:
        value = of(tolerance, key)
        if value is not None:
            yield items[key], value


def _concerned(scene: Scene, tolerance: Tolerance) -> Iterable[str]:
    """Milestones whose values time can change, as far as that is to be seen at once."""
    observed, applies_to = scene.observed, tolerance.applies_to
    match tolerance.measure:
        case Measure.deadline_variance:
            return [key for key, each in observed.current.items() if each.deadline is not None]
        case Measure.blocked_minutes | Measure.duration_variance:
            return [key for key in observed.states if key in observed.current]
        case Measure.finish_variance if tolerance.basis is JudgedBy.forecast:
            is_narrow = applies_to.milestones or applies_to.labels or applies_to.critical_only or scene.has_accepted
            if not is_narrow and tolerance.unit is not Unit.percent_of_baseline_duration:
                return due_leaves.hold_plain(scene, tolerance)
    return observed.current


def _watch(scene: Scene, tolerance: Tolerance) -> None:
    """What one tolerance looks at, of each milestone and of the plan."""
    plan = scene.values.of_the_plan(tolerance)
    if plan is not None:
        _watch_plan(scene, tolerance, plan)
    if tolerance.measure in _FLOATS or tolerance.measure is Measure.silence_minutes:
        return
    for item, value in _judged(scene, tolerance, _concerned(scene, tolerance)):
        match tolerance.measure:
            case Measure.duration_variance:
                due_clocks.watch_duration(scene, tolerance, item, value)
            case Measure.blocked_minutes:
                due_clocks.watch_blocked(scene, tolerance, item, value)
            case Measure.progress_gap_points:
                due_progress.watch_activity(scene, tolerance, item, value)
            case Measure.start_variance | Measure.finish_variance | Measure.deadline_variance:
                _watch_date(scene, tolerance, item, value)


def _watch_date(scene: Scene, tolerance: Tolerance, item: MilestoneVariance, value: Value) -> None:
    """A date of a milestone; of a phase that of all that lies in it."""
    milestone, is_start = scene.milestone(item.milestone), tolerance.measure is Measure.start_variance
    if milestone.kind is not MilestoneKind.phase:
        (due_leaves.watch_start if is_start else due_leaves.watch_finish)(scene, tolerance, item, value)
        return
    is_deadline = tolerance.measure is Measure.deadline_variance
    base = milestone.deadline if is_deadline else item.baseline_start if is_start else item.baseline_finish
    if base is None:
        return
    line = scene.values.line(milestone)
    span, room = Span(scene.below[milestone.key], line, base), scene.room(tolerance, milestone.key, line)
    if is_deadline and tolerance.basis is JudgedBy.forecast:
        due_spans.watch_limit(scene, span, room, value, (item.planned_finish, item.projected_finish))
    elif is_deadline:
        due_spans.watch_fact(scene, span, room, value, is_start=False)
    else:
        (due_spans.watch_start if is_start else due_spans.watch_finish)(scene, span, room, value, tolerance)


def _watch_plan(scene: Scene, tolerance: Tolerance, value: Value) -> None:
    """The plan as a whole."""
    if tolerance.measure is Measure.progress_gap_points:
        due_progress.watch_plan(scene, tolerance, value)
        return
    line, summary = scene.values.plan_line, scene.observed.variance.summary
    is_deadline = tolerance.measure is Measure.deadline_variance
    base = scene.observed.fields.target_finish if is_deadline else summary.baseline_finish
    if base is None:
        return
    span, room = Span(scene.leaves, line, base), scene.room(tolerance, None, line)
    if not is_deadline:
        due_spans.watch_finish(scene, span, room, value, tolerance)
    elif tolerance.basis is JudgedBy.forecast:
        due_spans.watch_limit(scene, span, room, value, (None, summary.projected_finish))
    else:
        due_spans.watch_fact(scene, span, room, value, is_start=False)


def _watch_pushes(scene: Scene, tolerances: Iterable[Tolerance]) -> None:
    """What the data date pushes too far, once it is late enough."""
    schedule, soonest, limits = scene.observed.schedule, scene.soonest, scene.limits
    if schedule is None or not isinstance(schedule.passes, Late):
        return
    push = Push(schedule.passes, scene.ebbing, scene.days)
    is_even = push.is_on(scene.observed.plan_working)
    if any(each.measure in _DATES for each in tolerances):
        due_leaves.watch_undated(scene, is_even=is_even)
    until = push.held_until(limits.starts, limits.finishes)
    if until != FOREVER:
        soonest.at(until + 1)
    steps = _steps(scene, tolerances)
    holding = bool(limits.starts or limits.finishes)
    if limits.may_fall:
        _watch_falls(scene, push, is_even=is_even)
    if scene.any_move or steps is not None or (push.follows and (holding or limits.may_fall)):
        _watch_moves(scene, push, steps if is_even else None)


def _watch_falls(scene: Scene, push: Push, *, is_even: bool) -> None:
    """What may be back because dates become earlier by themselves: by at most a minute a minute, on one line."""
    if (fall := push.lets_go_at()) != FOREVER:
        scene.soonest.at(fall)
    if push.recedes:
        clock, minutes = scene.observed.plan_working, scene.limits.fall_minutes if is_even else 1
        scene.soonest.at_work(clock, clock.worked(scene.soonest.now) + minutes)


def _watch_moves(scene: Scene, push: Push, steps: int | None) -> None:
    """What may change with any move: where all is on one line, after so many working minutes of moves."""
    still, clock = push.still_until(), scene.observed.plan_working
    if still == FOREVER:
        return
    if steps is None or scene.any_move or push.follows:
        scene.soonest.at(still + 1)
        return
    still = max(still, scene.soonest.now)
    # What recedes moves as fast as what is pushed, the other way.
    scene.soonest.at_work(clock, clock.worked(still) + (max(steps // 2, 1) if push.recedes else steps))
    if (leap := push.leaps_at()) != FOREVER:
        scene.soonest.at(leap)


def _steps(scene: Scene, tolerances: Iterable[Tolerance]) -> int | None:
    """How many working minutes any float is at least away from what would change a finding; None: no float counts."""
    floats = {
        item.milestone: item.total_float_minutes
        for item in scene.observed.variance.items
        if item.total_float_minutes is not None and item.milestone in scene.observed.current
    }
    found: list[float] = []
    for tolerance in tolerances:
        if tolerance.applies_to.critical_only:
            most = options_of(scene.observed.fields).critical_float_minutes
            found += [abs(each - most) for each in floats.values()]
        if tolerance.measure in _FLOATS:
            for key in floats:
                found += _distances(scene, tolerance, key)
    return max(int(min(found)), 1) if found else None


def _distances(scene: Scene, tolerance: Tolerance, key: str) -> Iterator[float]:
    """How many minutes of float lie between a value and each point at which it flips."""
    value, milestone = scene.values.of(tolerance, key), scene.milestone(key)
    if value is None or value.amount is None:
        return
    if tolerance.measure is Measure.float_consumed_percent:
        unit = scene.values.floats[key] / 100
    else:
        unit = scene.values.line(milestone).minutes_per_day if tolerance.unit is Unit.working_days else 1
    for point, is_kept in points_of(tolerance, scene.accepted(tolerance, key)):
        if not scene.is_limited and _is_used_up(tolerance, point, is_kept=is_kept):
            continue  # without anything that must be kept to, the finish moves with what is pushed
        distance = (value.amount - point) * unit
        if scene.only_shrinks:  # a float that is below a point already never comes back by itself
            distance = distance if tolerance.measure is Measure.total_float else -distance
            if distance < 0:
                continue
        yield abs(distance)


def _is_used_up(tolerance: Tolerance, point: float, *, is_kept: bool) -> bool:
    """Whether a value flips at this point only with less float than none; `is_kept`: at the point it has not yet."""
    if tolerance.measure is Measure.total_float:
        return point < 0 or (point == 0 and not is_kept)
    return point > _ALL or (point == _ALL and is_kept)
