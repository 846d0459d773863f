"""When the dates of phases, and of the plan as a whole, are due."""

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from app.domain.due_dates import Dated, first_past, turn_of, turns_of
from app.domain.due_room import Room
from app.domain.due_scene import Scene
from app.domain.judged_values import Value
from app.domain.measures import Basis, Line
from app.domain.moments import Moment, is_day
from app.domain.plan import MilestoneKind
from app.domain.subjects import is_start_milestone
from app.domain.tolerances import JudgedBy, Tolerance
from app.domain.variance import MilestoneVariance


class Span(NamedTuple):
    """The leaves that a date spans, on whose calendar, and what it is compared with."""

    keys: Sequence[str]
    line: Line
    base: Moment


def watch_start(scene: Scene, span: Span, room: Room, value: Value, tolerance: Tolerance) -> None:
    """The first start of many: as long as one of them stays where it is, so does the first."""
    items = [scene.values.items[key] for key in span.keys]
    edge = span.line.start
    if tolerance.basis is JudgedBy.actual or value.minutes is None:
        watch_fact(scene, span, room, value, is_start=True)
        return
    if any(item.actual_start is not None and _has_start(scene, item) for item in items):
        return
    open_ = [item for item in items if item.projected_start is not None and _has_start(scene, item)]
    if _is_mixed(span, items):
        _watch_any(scene, span, room, value.minutes, open_, is_start=True)
        return
    most = room.next(value.minutes)
    scene.limits.see(value.minutes, room)
    _watch_falls(scene, span, room, value.minutes, open_, is_start=True)
    if most is None:
        return
    floor = edge.work[span.base] + most + 1
    if open_:
        witness = min(open_, key=lambda item: edge.work[item.projected_start or span.base])
        _watch_first(scene, span, witness, floor, scene.limits.latest(_spanned(span, value.minutes), most))
    else:
        scene.soonest.at_work(span.line.calendar, floor)


def _watch_first(scene: Scene, span: Span, item: MilestoneVariance, floor: int, latest: int | None) -> None:
    """The start that is the first now holds the span; `floor` is where the data date itself is too late."""
    milestone = scene.milestone(item.milestone)
    line = scene.values.line(milestone)
    switch = _switch(line, item, is_start=True)
    if switch is not None and latest is not None:
        reached = span.line.calendar.finish_at(floor)
        scene.soonest.at(max(reached, line.calendar.finish_at(switch)))
    if latest is not None:
        limit = _clipped(scene, span, item, _own(scene, span, item, latest, is_start=True), is_start=True)
        scene.limits.hold((item.milestone,), limit, is_start=True)
        turn = turn_of(line.calendar, limit, scene.soonest.now, is_start=True)
        for each in turns_of(turn, scene.held(milestone)):
            scene.soonest.at_next(each)


def _has_start(scene: Scene, item: MilestoneVariance) -> bool:
    """Whether the leaf has a start that counts: a milestone that is planned as a finish has none."""
    return item.kind is MilestoneKind.activity or is_start_milestone(scene.milestone(item.milestone))


def watch_finish(scene: Scene, span: Span, room: Room, value: Value, tolerance: Tolerance) -> None:
    """The last finish of many, each compared as it is against its own baseline."""
    open_ = [scene.values.items[key] for key in span.keys if scene.is_open(key)]
    if tolerance.basis is JudgedBy.actual or value.minutes is None:
        watch_fact(scene, span, room, value, is_start=False)
        if value.minutes is None:
            for item in open_:
                line = scene.values.line(scene.milestone(item.milestone))
                if item.finish_variance.working_minutes is None:
                    scene.appears(line, line.finish, item.baseline_finish)
        return
    if not open_:
        return
    if _is_mixed(span, (scene.values.items[key] for key in span.keys)):
        _watch_any(scene, span, room, value.minutes, open_, is_start=False)
        return
    most = room.next(value.minutes)
    scene.limits.see(value.minutes, room)
    if value.basis != Basis.overdue_floor:
        _watch_falls(scene, span, room, value.minutes, open_, is_start=False)
    if most is None:
        return
    scene.soonest.at_work(span.line.calendar, span.line.finish.work[span.base] + most + 1)
    latest = scene.limits.latest(_spanned(span, value.minutes, is_start=False), most)
    for item in open_ if latest is not None else ():
        if item.milestone in scene.plain and scene.values.line(scene.milestone(item.milestone)) is span.line:
            scene.limits.hold((item.milestone,), latest or 0, is_start=False)
        else:
            _hold(scene, span, item, latest or 0)


def watch_limit(
    scene: Scene, span: Span, room: Room, value: Value, dates: tuple[Moment | None, Moment | None]
) -> None:
    """The last date of many against a deadline; the dates: planned and projected, as they span."""
    if value.is_final:
        return
    if value.minutes is None:
        scene.appears(span.line, span.line.finish, span.base)
        return
    items = [scene.values.items[key] for key in span.keys]
    open_ = [item for item in items if scene.is_open(item.milestone)]
    planned, projected = dates
    dated = Dated(
        span.line,
        is_start=False,
        base=span.base,
        forecast=None,
        planned=planned,
        projected=projected,
        minutes=value.minutes,
        is_floor=value.basis == Basis.overdue_floor,
        is_reached=True,
        is_span=True,
    )
    starts = [item for item in open_ if is_start_milestone(scene.milestone(item.milestone))]
    finishes = [item for item in open_ if not is_start_milestone(scene.milestone(item.milestone))]
    latest = scene.limits.watch(dated, room)
    if _is_mixed(span, items):
        scene.any_move = True
        return
    _hold_all(scene, span, finishes, latest, is_start=False)
    if starts:
        latest = scene.limits.watch(dated._replace(told_as_start=True), room)
        _hold_all(scene, span, starts, latest, is_start=True)
    for item in starts:
        if any(each is not None and is_day(each) for each in (item.planned_start, item.forecast_start)):
            scene.limits.watch_days(scene.values.line(scene.milestone(item.milestone)))


def _hold_all(
    scene: Scene, span: Span, items: Iterable[MilestoneVariance], latest: int | None, *, is_start: bool
) -> None:
    """All these starts or finishes may be told no later than this; on other lines the data date is told otherwise."""
    for item in items if latest is not None else ():
        limit = _own(scene, span, item, latest or 0, is_start=is_start)
        limit = _clipped(scene, span, item, limit, is_start=is_start)
        scene.limits.hold((item.milestone,), limit, is_start=is_start)
        line = scene.values.line(scene.milestone(item.milestone))
        if line is not span.line and (is_start or scene.is_reached(item.milestone)):
            scene.soonest.at_next(turn_of(line.calendar, limit, scene.soonest.now, is_start=is_start))


def _watch_any(
    scene: Scene, span: Span, room: Room, minutes: int, open_: Iterable[MilestoneVariance], *, is_start: bool
) -> None:
    """Where days and instants mix: any move, and every date that the data date reaches."""
    scene.any_move = True
    edge, most = span.line.start if is_start else span.line.finish, room.next(minutes)
    if most is not None:
        scene.soonest.at_work(span.line.calendar, edge.work[span.base] + most + 1)
    for item in open_:
        line = scene.values.line(scene.milestone(item.milestone))
        switch = _switch(line, item, is_start=is_start)
        if switch is not None and switch > line.finish.now:
            scene.soonest.at_work(line.calendar, switch)


def _switch(line: Line, item: MilestoneVariance, *, is_start: bool) -> int | None:
    """The work from which on the data date counts for a date; None: never."""
    edge = line.start if is_start else line.finish
    side = "start" if is_start else "finish"
    dates = attrgetter(f"baseline_{side}", f"forecast_{side}", f"planned_{side}")(item)
    projected = getattr(item, f"projected_{side}")
    passed = min((first_past(line, edge, each) for each in dates if each is not None), default=None)
    return None if passed is None or projected is None else max(edge.work[projected], passed)


def watch_fact(scene: Scene, span: Span, room: Room, value: Value, *, is_start: bool) -> None:
    """What is measured by the data date alone, once its date has passed."""
    if value.is_final:
        return
    edge = span.line.start if is_start else span.line.finish
    if value.minutes is None:
        scene.appears(span.line, edge, span.base)
        return
    most = room.next(value.minutes)
    if most is not None:
        scene.soonest.at_work(span.line.calendar, edge.work[span.base] + most + 1)


def _is_mixed(span: Span, items: Iterable[MilestoneVariance]) -> bool:
    """Whether days lie beside an instant that they are compared with: then which of them is the last decides how."""
    if is_day(span.base):
        return False
    names = ("baseline_start", "baseline_finish", "planned_start", "planned_finish")
    given = attrgetter(*names, "forecast_start", "forecast_finish", "actual_start", "actual_finish")
    return any(each is not None and is_day(each) for each in chain.from_iterable(map(given, items)))


def _spanned(span: Span, minutes: int, *, is_start: bool = True) -> Dated:
    """A date of the span as if it were that of one milestone."""
    return Dated(span.line, is_start, span.base, None, None, None, minutes, is_floor=False, is_reached=False)


def _hold(scene: Scene, span: Span, item: MilestoneVariance, latest: int) -> None:
    """One of the finishes may be told no later than this; a day is one of the milestone's own calendar."""
    milestone = scene.milestone(item.milestone)
    line, base, limit = scene.values.line(milestone), item.baseline_finish, latest
    if is_day(span.base) and (base is None or is_day(base)):
        own = line.calendar.day_end(span.line.calendar.day_of(latest - 1))
        limit = own if base is not None else min(own, latest)
    limit = _clipped(scene, span, item, limit, is_start=False)
    scene.limits.hold((item.milestone,), limit, is_start=False)
    if limit < scene.soonest.now or not scene.is_reached(item.milestone):
        return
    turn, switch = (
        turn_of(line.calendar, limit, scene.soonest.now, is_start=False),
        _switch(line, item, is_start=False),
    )
    if switch is None or line.calendar.worked(turn) < switch:
        scene.soonest.at_next(turn)


def _own(scene: Scene, span: Span, item: MilestoneVariance, latest: int, *, is_start: bool) -> int:
    """A limit that ends a day, if that ends sooner on the milestone's own calendar, by which it is told."""
    clock = scene.values.line(scene.milestone(item.milestone)).calendar
    if not is_day(span.base) or clock is span.line.calendar:
        return latest
    day = span.line.calendar.day_of(latest - (not is_start))
    return min(latest, clock.day_end(day) - is_start)


def _clipped(scene: Scene, span: Span, item: MilestoneVariance, latest: int, *, is_start: bool) -> int:
    """A limit that a projection does not exceed either where it is told as the planned or the forecast date.

    On the milestone's own line that is the same point; on another one it may lie days later.
    """
    line = scene.values.line(scene.milestone(item.milestone))
    if line is span.line:
        return latest
    names = (item.planned_start, item.forecast_start) if is_start else (item.planned_finish, item.forecast_finish)
    own = line.start if is_start else line.finish
    for moment in names:
        if moment is not None and span.line.finish.minute[moment] > latest:
            latest = min(latest, line.calendar.start_at(own.work[moment] - 1))
    return latest


def _watch_falls(
    scene: Scene, span: Span, room: Room, minutes: int, open_: Iterable[MilestoneVariance], *, is_start: bool
) -> None:
    """What falls once the data date has reached it: a finish that was told as all of its day while it lay ahead.

    On another line, also what was told as the next start of work.
    """
    edge, calendar = span.line.start if is_start else span.line.finish, span.line.calendar
    base, may_fall = edge.work[span.base], False
    begins = base + minutes
    if is_day(span.base) and not is_start:
        begins = calendar.start_work(calendar.day_of(calendar.finish_at(begins) - 1))
        may_fall = room.differs(begins - base, minutes)
    for item in open_:
        line, finish = scene.values.line(scene.milestone(item.milestone)), item.projected_finish
        if not may_fall and line is span.line:
            continue
        if not is_start and (finish is None or edge.work[finish] < begins):
            continue  # it is not the last
        switch = _switch(line, item, is_start=is_start) if is_start or scene.is_reached(item.milestone) else None
        if switch is not None and switch > line.finish.now:
            at = line.calendar.finish_at(switch)
            if room.differs(calendar.worked(at) - base, minutes):
                scene.soonest.at(at)
