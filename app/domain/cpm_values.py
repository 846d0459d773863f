"""The words of the critical path method: what is scheduled, how, and what comes out of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.execution import Lifecycle, State
from app.domain.moments import Moment, parse_moment
from app.domain.plan import SCHEDULE_OPTIONS, Dependency, DependencyType, Milestone, PlanFields

NEVER = -(1 << 60)  # before every instant and every amount of work: no bound at all
FOREVER = 1 << 60  # after all of them: no limit at all

Edge = Literal["start", "finish"]


class ScheduleCycles(ValueError):
    """The dependencies close cycles, so that nothing can be scheduled.

    Attributes:
        cycles: each as the milestones on it in order, the first of them not repeated at the end.
    """

    def __init__(self, cycles: Iterable[Iterable[str]]) -> None:
        self.cycles = tuple(tuple(cycle) for cycle in cycles)
        super().__init__("; ".join(" → ".join([*cycle[:20], cycle[0]]) for cycle in self.cycles[:20]))


class BoundKind(StrEnum):
    """What a date is bound by; of bounds that tie, the earlier member names it."""

    link = "link"
    """A dependency: of an early date on a predecessor, of a late date on a successor."""
    constraint = "constraint"
    """A date constraint; `constraint` names it."""
    deadline = "deadline"
    """A deadline, of the milestone or of a phase around it."""
    forecast = "forecast"
    """What the executor expects."""
    planned_date = "planned_date"
    """A planned date that is held."""
    progress = "progress"
    """What has happened: an actual date, or the expected end of a suspension."""
    project_start = "project_start"
    """Nothing starts before the project."""
    data_date = "data_date"
    """Nothing that has not happened yet happens before the data date."""
    target_finish = "target_finish"
    """Everything has to finish by the plan's target."""
    project_finish = "project_finish"
    """Everything has to finish with the project."""


RANK = {kind: rank for rank, kind in enumerate(BoundKind)}


class Fixed(NamedTuple):
    """A bound of one milestone that no other milestone moves.

    `work` is the bound on the milestone's own line; `minute` is its instant. A finish that `stretches`
    moves the finish alone; any other takes the start along, a duration earlier.
    """

    edge: Edge
    kind: BoundKind
    work: int
    minute: int
    constraint: str | None = None
    stretches: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """One reason for a date, or one that nearly was.

    Attributes:
        edge: the edge that it binds.
        kind: what binds.
        at: the instant of the bound, in minutes since 1970, told as a start or as a finish as `edge` says.
        slack_minutes: the working minutes by which it misses the date it would set; 0: it sets the date.
        milestone: of a link, the predecessor (of a late date, the successor).
        type: of a link, its type.
        lag_minutes: of a link, its lag; negative is a lead.
        constraint: of a constraint, its type.
    """

    edge: Edge
    kind: BoundKind
    at: int
    slack_minutes: int = 0
    milestone: str | None = None
    type: DependencyType | None = None
    lag_minutes: int | None = None
    constraint: str | None = None


class ScheduleFindingCode(StrEnum):
    """What is odd about a schedule: reported, never refused."""

    out_of_sequence = "out_of_sequence"
    """Work began, or was completed, before a predecessor allowed it."""
    constraint_violated = "constraint_violated"
    """An early date lies after a constraint or a deadline, or a mandatory date before what logic allows."""
    constraint_not_applied = "constraint_not_applied"
    """A phase has a constraint that only a milestone or an activity can keep to."""
    suspended_without_resume = "suspended_without_resume"
    """Work is blocked and nobody said until when: its dates are optimistic."""
    dangling = "dangling"
    """Unfinished work that no predecessor holds, or that no successor waits for."""
    future_actual = "future_actual"
    """An actual date lies after the data date; it has not happened yet."""
    duration_unknown = "duration_unknown"
    """An activity has neither a duration nor two planned dates; none is assumed."""


@dataclass(frozen=True, slots=True)
class ScheduleFinding:
    """Something odd about one milestone; `minutes` are working minutes, positive is late."""

    code: ScheduleFindingCode
    milestone: str
    detail: str
    minutes: int | None = None
    predecessor: str | None = None


@dataclass(frozen=True, slots=True)
class ScheduleOptions:
    """How a network is calculated.

    Attributes:
        scheduling: `hold_planned_dates`: planned dates are lower bounds; `as_soon_as_possible`: logic decides.
        progress_logic: `retained`: unfinished predecessors hold what has begun out of sequence; `override`:
            they do not.
        lag_calendar: `predecessor`, `successor`, `project` or `24h`: whose working time a lag counts.
        total_float: `finish`, `start` or `smallest`. An activity is one window on its own calendar, early and
            late alike, so that LS - ES = LF - EF: all three answer the same.
        critical_float_minutes: unfinished work with at most so much total float is critical.
        project_start: nothing unstarted starts earlier; None: of `as_soon_as_possible`, where every
            milestone has a planned date, the earliest of them; else there is no such floor.
        floor_at_project_start: False: it holds only what has no predecessor.
        target_finish: what every late date is counted back from; None: the project's own finish.
    """

    scheduling: str = "hold_planned_dates"
    progress_logic: str = "retained"
    lag_calendar: str = "predecessor"
    total_float: str = "finish"
    critical_float_minutes: int = 0
    project_start: Moment | None = None
    floor_at_project_start: bool = True
    target_finish: Moment | None = None

    @property
    def holds_planned_dates(self) -> bool:
        """Whether planned dates are commitments."""
        return self.scheduling == "hold_planned_dates"

    @property
    def retains_logic(self) -> bool:
        """Whether unfinished predecessors still hold what has begun."""
        return self.progress_logic == "retained"


def options_of(fields: PlanFields) -> ScheduleOptions:
    """The options that a plan's own fields name; what they leave out keeps its default."""
    told = {**SCHEDULE_OPTIONS, **fields.schedule_options}
    start = told["project_start"]
    return ScheduleOptions(
        scheduling=fields.scheduling,
        progress_logic=str(told["progress_logic"]),
        lag_calendar=str(told["lag_calendar"]),
        total_float=str(told["total_float"]),
        critical_float_minutes=int(told["critical_float_minutes"] or 0),
        project_start=None if start is None else parse_moment(str(start)),
        target_finish=fields.target_finish,
    )


@dataclass(frozen=True, slots=True)
class ScheduleInputs:
    """What is scheduled: the content of one revision, what happened to it, and its calendars.

    `working` is the compiled calendar of a milestone and `plan_working` that of the plan. Milestones of
    one calendar should be given one and the same object: their dates then need no conversion.
    """

    milestones: Mapping[str, Milestone]
    dependencies: Iterable[Dependency]
    states: Mapping[str, State]
    working: Callable[[Milestone], WorkingTime]
    plan_working: WorkingTime
    options: ScheduleOptions = field(default_factory=ScheduleOptions)


class Scheduled(NamedTuple):
    """The dates of one milestone: instants in minutes since 1970-01-01T00:00Z, None where there is none.

    Attributes:
        early_start: the earliest start; of work in progress, of what remains of it (as Primavera P6 tells
            it); of completed work, the actual start.
        early_finish: the earliest finish; of completed work, the actual finish.
        late_start: the latest start of what remains that keeps the project's finish; completed work has none.
        late_finish: the latest finish of the same kind.
        projected_start: the actual start, else `early_start`; None where work began and nobody said when.
        projected_finish: the actual finish, else `early_finish`.
        remaining_minutes: working minutes still to be done; of a phase, those between its early dates.
        total_float_minutes: W(late) - W(early) in working minutes; negative: too late by as much. Of a
            phase, the least of its milestones.
        free_float_minutes: how far it may slip without moving a successor; never negative, None of a phase.
            More than the total float where successors bind its start alone.
        critical: it is unfinished, and its total float is at most `critical_float_minutes`.
        near_critical: it is not critical, and its total float is at most the larger of five working days
            and a tenth of the project's remaining working time.
        driving_predecessor: the predecessor that sets the early dates, if one does.
    """

    key: str
    lifecycle: Lifecycle
    early_start: int | None = None
    early_finish: int | None = None
    late_start: int | None = None
    late_finish: int | None = None
    projected_start: int | None = None
    projected_finish: int | None = None
    remaining_minutes: int | None = None
    total_float_minutes: int | None = None
    free_float_minutes: int | None = None
    critical: bool = False
    near_critical: bool = False
    driving_predecessor: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The dates of a whole plan.

    Attributes:
        data_date: the instant everything is seen from, in minutes since 1970.
        items: every milestone by its key; cancelled ones have no dates.
        finish: the latest projected finish; None where nothing is left in scope.
        late_finish: what the late dates are counted back from: the target finish, else the finish of what
            is unfinished; None where nothing is.
        longest_path: the unfinished milestones that set the finish, in the order of the network.
        driving_chain: one way through the longest path: each is the driving predecessor of the next.
        critical: the critical milestones, by key.
        near_critical: the nearly critical ones, by key.
        worst_total_float_minutes: the least total float of all.
        findings: what is odd, by milestone.
        why: of a milestone, by its key, what sets its early dates, then what misses doing so by at most one
            working day; nothing of a phase or of what is cancelled. Calculated when it is called.
        late_why: in the same way what sets its late dates; None where it has none of its own.
        passes: the passes that it was computed by (a `cpm_backward.Late`), for what else can be asked of them.
    """

    data_date: int
    items: Mapping[str, Scheduled]
    finish: int | None
    late_finish: int | None
    longest_path: tuple[str, ...]
    driving_chain: tuple[str, ...]
    critical: tuple[str, ...]
    near_critical: tuple[str, ...]
    worst_total_float_minutes: int | None
    findings: tuple[ScheduleFinding, ...]
    why: Callable[[str], tuple[Bound, ...]] = field(repr=False, compare=False)
    late_why: Callable[[str], Bound | None] = field(repr=False, compare=False)
    passes: object = field(repr=False, compare=False)
