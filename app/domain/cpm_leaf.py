"""What the network needs to know of one milestone: its work, its actual dates, its own bounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cache

from app.domain.calendars import WorkingTime
from app.domain.cpm_values import (
    NEVER,
    BoundKind,
    Edge,
    Fixed,
    ScheduleFinding,
    ScheduleFindingCode,
    ScheduleInputs,
)
from app.domain.durations import suspended_minutes
from app.domain.execution import Lifecycle, State
from app.domain.moments import Moment, from_minutes, is_day, to_minutes
from app.domain.plan import Milestone, MilestoneKind
from app.domain.subjects import SILENCE, is_start_milestone

DEADLINE = "deadline"
_LOWER: dict[str, Edge] = {"SNET": "start", "SO": "start", "FNET": "finish", "FO": "finish"}
_UPPER: dict[str, Edge] = {"SNLT": "start", "SO": "start", "FNLT": "finish", "FO": "finish", DEADLINE: "finish"}
_MANDATORY: dict[str, Edge] = {"MSO": "start", "MFO": "finish"}
_INHERITED = ("SNET", "FNLT")  # what the constraint of a phase asks of each milestone in it

Asked = tuple[str, Moment]  # the type of a constraint, or "deadline", with its date


class NodeKind(IntEnum):
    """What a node of the network does."""

    work = 0
    """Unfinished: it has dates of its own."""
    done = 1
    """Completed: its dates are facts, logic passes through it."""
    relay = 2
    """Cancelled, or an edge of a phase: it passes the latest of its bounds on, taking no time."""
    earliest = 3
    """The start of a phase: it passes the earliest start on."""


@dataclass(slots=True)
class Leaf:
    """A milestone or an activity as the network sees it.

    Units: `work` (what remains of it) and `duration` (the whole of it) working minutes; `actual_start` and
    `actual_finish` instants as they are shown, `NEVER` where nobody reported them; `since` and `until` the
    same as logic takes them: never after the data date, and estimated where they are not known. `due_today`:
    its start is held on the very day of the data date, so that it is not late before that day is over.
    """

    key: str
    kind: NodeKind
    lifecycle: Lifecycle
    clock: WorkingTime
    duration: int = 0
    work: int = 0
    told_as_start: bool = False
    started: bool = False
    actual_start: int = NEVER
    actual_finish: int = NEVER
    since: int = NEVER
    until: int = NEVER
    bounds: tuple[Fixed, ...] = ()
    limits: tuple[Fixed, ...] = ()
    mandatory: Fixed | None = None
    as_late_as_possible: bool = False
    due_today: bool = False


class LeafReader:
    """Reads leaves as seen from one data date; what is odd about them gathers in `findings`.

    `data_date` is in minutes since 1970; `origin` is the project's start, `NEVER` without one. A plan names
    the same days over and over: what a date means on a calendar is found once.
    """

    def __init__(self, inputs: ScheduleInputs, as_of: datetime) -> None:
        self.inputs = inputs
        self.data_date = to_minutes(as_of)
        self.findings: list[ScheduleFinding] = []
        self._later = from_minutes(self.data_date + 1)  # instants are floored to minutes
        self._holds = inputs.options.holds_planned_dates
        self._minute, self._shown, self._work, self._fixed = (
            cache(_minute),
            cache(shown_at),
            cache(_work),
            cache(_fixed),
        )
        self._day = cache(WorkingTime.day_of)
        self.origin = self._origin()

    def read(self, milestone: Milestone, asked: tuple[Asked, ...]) -> Leaf:
        """The leaf of one milestone; `asked` is what the phases that it lies in ask of it. O(1).

        Raises:
            CalendarHorizon: one of its dates lies outside of what calendars reach.
        """
        state = self.inputs.states.get(milestone.key, SILENCE)
        clock = self.inputs.working(milestone)
        lifecycle = self._lifecycle(milestone, state)
        if lifecycle is Lifecycle.cancelled:
            return Leaf(milestone.key, NodeKind.relay, lifecycle, clock)
        leaf = Leaf(milestone.key, NodeKind.work, lifecycle, clock)
        if milestone.kind is MilestoneKind.milestone:
            leaf.told_as_start = is_start_milestone(milestone)
        else:
            leaf.duration = leaf.work = self._duration(milestone, clock)
        leaf.started = lifecycle is not Lifecycle.not_started
        if leaf.started:
            self._has_begun(leaf, milestone, state)
        elif self._holds and milestone.planned_start is not None:
            leaf.due_today = milestone.planned_start == self._day(clock, self.data_date)
        if lifecycle is Lifecycle.completed:
            leaf.kind = NodeKind.done
        else:
            self._bind(leaf, milestone, state, asked)
        return leaf

    def _find(self, code: ScheduleFindingCode, key: str, detail: str) -> None:
        self.findings.append(ScheduleFinding(code, key, detail))

    def _lifecycle(self, milestone: Milestone, state: State) -> Lifecycle:
        """Where it stands at the data date: what is reported of later has not happened yet."""
        lifecycle = state.lifecycle
        if lifecycle is Lifecycle.not_started or lifecycle is Lifecycle.cancelled:
            return lifecycle
        start, finish = self._happened(state.actual_start), self._happened(state.actual_finish)
        if (start, finish) != (state.actual_start, state.actual_finish):
            self._find(ScheduleFindingCode.future_actual, milestone.key, "an actual date lies after the data date")
            if finish is None:
                lifecycle = Lifecycle.not_started if start is None else Lifecycle.in_progress
        if is_start_milestone(milestone) and (start is not None or finish is not None):
            return Lifecycle.completed
        return lifecycle

    def _happened(self, moment: Moment | None) -> Moment | None:
        """An actual date, unless it is an instant after the data date; whether a day has come, events know."""
        return None if isinstance(moment, datetime) and moment >= self._later else moment

    def _duration(self, milestone: Milestone, clock: WorkingTime) -> int:
        """The planned duration; else the working time between the planned dates; else, unknown, 0."""
        start, finish = milestone.planned_start, milestone.planned_finish
        if milestone.planned_duration_minutes is not None:
            return milestone.planned_duration_minutes
        if start is None or finish is None:
            detail = "has neither a duration nor two planned dates; it is taken to need no time"
            self._find(ScheduleFindingCode.duration_unknown, milestone.key, detail)
            return 0
        return max(self._work(clock, finish, "finish") - self._work(clock, start, "start"), 0)

    def _has_begun(self, leaf: Leaf, milestone: Milestone, state: State) -> None:
        """Actual dates and remaining work: as reported, else BD * (1 - percent / 100), else BD.

        Where planned dates are held and no progress was ever reported, the duration counts from the actual
        start, less what was suspended: work that began as planned is expected as planned until it is overdue.
        """
        clock = leaf.clock
        start, finish = self._happened(state.actual_start), self._happened(state.actual_finish)
        if leaf.told_as_start:
            start = finish = start if start is not None else finish
        if start is not None:
            leaf.actual_start = self._shown(clock, start, "start")
        if finish is not None:
            leaf.actual_finish = self._shown(clock, finish, "start" if leaf.told_as_start else "finish")
        if leaf.lifecycle is Lifecycle.completed:
            leaf.work = 0
            leaf.until = self.data_date if finish is None else min(leaf.actual_finish, self.data_date)
            leaf.since = leaf.until if start is None else min(leaf.actual_start, self.data_date)
            return
        if milestone.kind is not MilestoneKind.milestone and state.lifecycle is not Lifecycle.completed:
            leaf.work = remaining_minutes(leaf.duration, state)
        if start is not None:
            leaf.since = min(leaf.actual_start, self.data_date)
        elif milestone.planned_start is not None:
            leaf.since = min(self._shown(clock, milestone.planned_start, "start"), self.data_date)
        else:
            leaf.since = self.data_date
        silent = state.remaining_minutes is None and state.percent_complete is None
        if silent and start is not None and self._holds:
            # Beside a planned day an actual start is one of its day, too.
            if isinstance(start, datetime) and milestone.planned_start and is_day(milestone.planned_start):
                start = clock.day_of(to_minutes(start))
            first, now = self._work(clock, start, "start"), clock.worked(self.data_date)
            so_far = now - first - suspended_minutes(clock, state.suspensions, first, now)
            leaf.work = max(leaf.work - max(so_far, 0), 0)

    def _bind(self, leaf: Leaf, milestone: Milestone, state: State, asked: tuple[Asked, ...]) -> None:
        bounds = [] if state is SILENCE else [*self._reported(leaf, milestone, state)]
        if self._holds:
            bounds += self._planned(leaf, milestone)
        constraint, deadline = milestone.constraint, milestone.deadline
        if deadline is not None:
            asked = (*asked, (DEADLINE, deadline))
        if constraint is not None:
            leaf.as_late_as_possible = constraint.date is None and not leaf.started
            asked = asked if constraint.date is None else (*asked, (constraint.type, constraint.date))
        limits: list[Fixed] = []
        for name, moment in asked:
            self._constrain(leaf, (name, moment), bounds, limits)
        leaf.bounds, leaf.limits = tuple(bounds), tuple(limits)

    def _reported(self, leaf: Leaf, milestone: Milestone, state: State) -> Iterator[Fixed]:
        """The bounds that events set: a forecast pushes and never pulls, a suspension lasts until it ends."""
        clock, kind = leaf.clock, BoundKind.forecast
        start, finish = state.forecast_start, state.forecast_finish
        if leaf.told_as_start:
            start, finish = start or finish, None
        if start is not None and not leaf.started:
            yield self._fixed(clock, "start", kind, start)
        if finish is not None:
            yield self._fixed(clock, "finish", kind, finish, None, milestone.kind is MilestoneKind.activity)
        if state.blocked_since is None:
            return
        resume = state.expected_resume_at
        if resume is not None and self._minute(clock, resume) > self.data_date:
            yield self._fixed(clock, "start", BoundKind.progress, resume)
            return
        detail = "is blocked, and nobody said until when" if resume is None else "should have been resumed by now"
        self._find(ScheduleFindingCode.suspended_without_resume, leaf.key, detail)

    def _planned(self, leaf: Leaf, milestone: Milestone) -> Iterator[Fixed]:
        """Planned dates that are held: work may start and finish later, never earlier."""
        start, finish, kind = milestone.planned_start, milestone.planned_finish, BoundKind.planned_date
        if start is not None and not leaf.started:
            yield self._fixed(leaf.clock, "start", kind, start)
        if finish is not None:
            stretches = milestone.kind is MilestoneKind.activity and (start is not None or leaf.started)
            yield self._fixed(leaf.clock, "finish", kind, finish, None, stretches)

    def _constrain(self, leaf: Leaf, asked: Asked, bounds: list[Fixed], limits: list[Fixed]) -> None:
        """A constraint as lower and upper bounds; a started activity has kept or broken those of its start."""
        name, moment = asked
        kind, told = (BoundKind.deadline, None) if name == DEADLINE else (BoundKind.constraint, name)
        for table, into in ((_LOWER, bounds), (_UPPER, limits)):
            edge = table.get(name)
            if edge is not None and not (leaf.started and edge == "start"):
                into.append(self._fixed(leaf.clock, edge, kind, moment, told))
        edge = _MANDATORY.get(name)
        if edge is not None and not (leaf.started and edge == "start"):
            leaf.mandatory = self._fixed(leaf.clock, edge, kind, moment, told)

    def _origin(self) -> int:
        """The project's start: as the options name it; else, where logic decides, the earliest planned date.

        `NEVER` unless every living leaf has a planned date: what has none may well come before those that do.
        """
        inputs, options = self.inputs, self.inputs.options
        if options.project_start is not None:
            return self._minute(inputs.plan_working, options.project_start)
        if self._holds:
            return NEVER
        found: list[int] = []
        for milestone in inputs.milestones.values():
            cancelled = inputs.states.get(milestone.key, SILENCE).lifecycle is Lifecycle.cancelled
            if cancelled or milestone.kind is MilestoneKind.phase:
                continue
            moment = milestone.planned_start
            if moment is None and milestone.kind is MilestoneKind.milestone:
                moment = milestone.planned_finish
            if moment is None:
                return NEVER
            found.append(self._minute(inputs.working(milestone), moment))
        return min(found, default=NEVER)


def remaining_minutes(duration: int, state: State) -> int:
    """What remains of work in progress: as reported, else duration * (1 - percent / 100), else all of it.

    Working minutes, rounded half to even. A reported remaining duration does not shrink by itself, as in
    Primavera P6.
    """
    if state.remaining_minutes is not None:
        return state.remaining_minutes
    if state.percent_complete is None:
        return duration
    return round(duration * (100.0 - state.percent_complete) / 100.0)


def _minute(clock: WorkingTime, moment: Moment) -> int:
    """The instant a moment begins with."""
    return to_minutes(moment) if isinstance(moment, datetime) else clock.day_start(moment)


def shown_at(clock: WorkingTime, moment: Moment, edge: Edge) -> int:
    """The instant a moment is shown at: of a day the edge of its work."""
    if isinstance(moment, datetime):
        return to_minutes(moment)
    return clock.start_at(clock.start_work(moment)) if edge == "start" else clock.finish_at(clock.finish_work(moment))


def _work(clock: WorkingTime, moment: Moment, edge: Edge) -> int:
    """The moment on the working line."""
    return clock.start_work(moment) if edge == "start" else clock.finish_work(moment)


def _fixed(
    clock: WorkingTime,
    edge: Edge,
    kind: BoundKind,
    moment: Moment,
    constraint: str | None = None,
    stretches: bool = False,
) -> Fixed:
    minute = _minute(clock, moment) if edge == "start" else shown_at(clock, moment, edge)
    return Fixed(edge, kind, _work(clock, moment, edge), minute, constraint, stretches)


def with_asked(asked: tuple[Asked, ...], phase: Milestone) -> tuple[Asked, ...]:
    """What is asked of all that lies in a phase: what the phases around it ask, and what it asks itself.

    Of days, and of instants, only the strictest of each kind: never more than six, however deep the phase.
    """
    own: list[Asked] = [] if phase.deadline is None else [(DEADLINE, phase.deadline)]
    constraint = phase.constraint
    if constraint is not None and constraint.date is not None and constraint.type in _INHERITED:
        own.append((constraint.type, constraint.date))
    found = {(name, is_day(moment)): moment for name, moment in asked}
    for name, moment in own:
        former = found.get((name, is_day(moment)), moment)
        found[name, is_day(moment)] = max(former, moment) if name == "SNET" else min(former, moment)
    return tuple((name, moment) for (name, _), moment in found.items()) if own else asked
