"""The words of deviations: what is judged, what is recorded of it, and what changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.cpm_values import Schedule
from app.domain.execution import ExecutionEvent, Identity, State
from app.domain.items import ItemsOf
from app.domain.measures import Reason
from app.domain.plan import Dependency, Milestone, PlanFields
from app.domain.tolerances import Level
from app.domain.variance import PlanVariance


@dataclass(frozen=True, slots=True)
class Observed:
    """A plan as it was known, seen from one data date and against one baseline: what tolerances are judged on.

    Attributes:
        fields, current, dependencies: the current revision.
        baseline, baseline_number: the milestones of the baseline; None: the plan has none.
        baseline_floats: the total float in working minutes that each milestone had in the baseline's own
            network, calculated when it is called; empty where there is none.
        events: everything recorded, in the order it was recorded in.
        states: the fold of the events up to `as_of`. `present`: the same up to `now`, for silence alone.
        schedule: the schedule of the current revision as of `as_of`; None beyond the years of calendars.
        variance: summary and items, measured against this baseline.
        working, plan_working: the compiled calendar of a milestone, and of the plan.
        as_of: the data date. `now`: the present instant, at which silence is judged.
        moves: whether the data date is the present instant, and so goes on by itself; else only a new
            `status_date` moves it.
        items: what else is judged than dates: the items that a measure has, their values in a unit.
    """

    fields: PlanFields
    current: Mapping[str, Milestone]
    dependencies: Mapping[tuple[str, str, str], Dependency]
    baseline: Mapping[str, Milestone] | None
    baseline_number: int | None
    baseline_floats: Callable[[], Mapping[str, int]]
    events: Sequence[ExecutionEvent]
    states: Mapping[str, State]
    present: Mapping[str, State]
    schedule: Schedule | None
    variance: PlanVariance
    working: Callable[[Milestone], WorkingTime]
    plan_working: WorkingTime
    as_of: datetime
    now: datetime
    moves: bool
    items: ItemsOf = lambda *_: ()


class Subject(NamedTuple):
    """What one deviation is about, within its plan.

    Attributes:
        tolerance: the key of the tolerance.
        milestone: the key of the milestone; None: the plan as a whole, or the part of it that `about` names.
        baseline: the number of the baseline; None: the measure needs none.
        about: which part of the plan it is about, as "metrics/adoption"; None: dates, or the plan as a whole.
    """

    tolerance: str
    milestone: str | None
    baseline: int | None
    about: str | None = None


class Judged(NamedTuple):
    """One value that a tolerance looked at.

    Attributes:
        value: in the tolerance's unit; None where there is nothing to judge.
        reason: why there is no value.
        level: the worst bound it lies beyond, without any hysteresis; None: within.
        basis: what the value rests on: the basis of the variance, else `computed`.
        is_final: whether it is a fact that time alone can't change: finished work.
    """

    subject: Subject
    value: float | None
    reason: Reason | None = None
    level: Level | None = None
    basis: str = "computed"
    is_final: bool = False


class Evidence(NamedTuple):
    """What a judged value was computed from, to be shown.

    Attributes:
        operands: named values as they are on the wire (dates as given, minutes, keys).
        events: the (source, id) of the execution events that it rests on, at most 20, newest last.
        unabsorbed_minutes: working minutes of slip beyond the total float that the baseline left; null
            where that is not known.
        summary: one plain sentence.
    """

    operands: Mapping[str, Any]
    events: tuple[Identity, ...]
    unabsorbed_minutes: int | None
    summary: str


class DeviationState(StrEnum):
    """Where a deviation stands."""

    open = "open"
    acknowledged = "acknowledged"
    resolved = "resolved"


class Resolution(StrEnum):
    """Why a deviation is over."""

    within_tolerance = "within_tolerance"
    """The value is back."""
    accepted = "accepted"
    """It was acknowledged on finished work, and can't change any more."""
    cancelled = "cancelled"
    """The milestone was cancelled."""
    removed = "removed"
    """The milestone left the plan."""
    rebaselined = "rebaselined"
    """The tolerance looks at another baseline now."""
    plan_closed = "plan_closed"
    """The plan was completed, cancelled or deleted."""
    tolerance_changed = "tolerance_changed"
    """The tolerance was deleted, or does not apply any more."""


class Track(NamedTuple):
    """What is known of one subject between evaluations: of no record, of an open one, or of an accepted one.

    Attributes:
        episode: the number of its newest record; 0: it never had one.
        state: of the newest record; None: there is none, or it is over.
        is_accepted: the newest record is resolved as `accepted`: it opens again only once the value is worse.
        level, value: of the newest record, as it was told last: by its newest transition.
        beyond: at how many data dates in a row the value was beyond a bound, while no record is open.
        within: at how many data dates in a row the value was back (or back below the level), while one is.
        counted_at: the data date that was counted last.
        acknowledged_until: when the acknowledgement ends by itself; None: it does not.
    """

    episode: int = 0
    state: DeviationState | None = None
    is_accepted: bool = False
    level: Level | None = None
    value: float | None = None
    beyond: int = 0
    within: int = 0
    counted_at: datetime | None = None
    acknowledged_until: datetime | None = None


class TransitionKind(StrEnum):
    """What happened to a deviation."""

    opened = "opened"
    worsened = "worsened"
    """Its level rose, or its excess by half, a fifth of the bound and a unit, the most of them; not by time alone."""
    improved = "improved"
    """Its level fell, or its value by as much."""
    acknowledged = "acknowledged"
    reopened = "reopened"
    """The acknowledgement ended: its time is over, or the level rose."""
    resolved = "resolved"


class Transition(NamedTuple):
    """A change of one record that an evaluation found.

    Attributes:
        track: how the subject stands after it.
        judged: the value that caused it; None where there is none any more.
        resolution: why it is over, of `resolved`.
    """

    kind: TransitionKind
    subject: Subject
    track: Track
    judged: Judged | None
    resolution: Resolution | None = None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one evaluation makes of what was known.

    Attributes:
        transitions: what changes, in the order it is recorded in.
        tracks: every subject that must be remembered: open and accepted records, and counts under way.
        consequences: of each subject with an open (or accepted) record, the milestones whose breach it explains.
    """

    transitions: tuple[Transition, ...] = ()
    tracks: Mapping[Subject, Track] = field(default_factory=lambda: MappingProxyType({}))
    consequences: Mapping[Subject, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
