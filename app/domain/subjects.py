"""What is measured: a milestone of either side, what happened to it, what its dates are compared with."""

from typing import NamedTuple

from app.domain.cpm_values import Scheduled
from app.domain.measures import UNDATED, UNREPORTED, Basis, Compared, Edge, Line, Reason
from app.domain.moments import Moment
from app.domain.plan import Milestone, MilestoneKind
from app.domain.progress import Lifecycle, State

SILENCE = State()
ABSENT = Milestone(key="", name="")
GONE = frozenset({Reason.cancelled, Reason.removed})
"""Why a milestone is no part of what is left to be done."""


class Subject(NamedTuple):
    """A milestone of the plan, of its baseline, or of both; a phase has the span of its leaves.

    `planned` is the milestone as the current revision has it and `base` as the baseline has it, each
    `ABSENT`, without any date, where it is not there. `absence` tells why the milestone as a whole has no
    variance; without one it survives: it is on both sides and nobody cancelled it. `projected_*` are the
    actual dates, else what the network computes, told as planned or forecast where it is the same point of
    the line. `start` and `finish` are what the baseline dates are compared with.
    """

    milestone: Milestone
    planned: Milestone
    base: Milestone
    state: State
    line: Line
    lifecycle: Lifecycle
    absence: Reason | None
    actual_start: Moment | None
    actual_finish: Moment | None
    projected_start: Moment | None
    projected_finish: Moment | None
    start: Compared
    finish: Compared

    @property
    def key(self) -> str:
        """The key of the milestone."""
        return self.milestone.key


def is_start_milestone(milestone: Milestone) -> bool:
    """Whether the milestone is an instant planned as a start: reached by being started or completed."""
    return (
        milestone.kind is MilestoneKind.milestone
        and milestone.planned_finish is None
        and milestone.planned_start is not None
    )


def lifecycle_of(milestone: Milestone, state: State) -> Lifecycle:
    """Where a leaf stands: a start milestone has happened with the first report of a start or of a completion."""
    has_happened = state.actual_start is not None or state.actual_finish is not None
    if has_happened and state.lifecycle is not Lifecycle.cancelled and is_start_milestone(milestone):
        return Lifecycle.completed
    return state.lifecycle


def absence_of(
    current: Milestone | None, baseline: Milestone | None, lifecycle: Lifecycle, *, has_baseline: bool
) -> Reason | None:
    """Why a milestone as a whole has no variance: cancelled, removed, no baseline at all, or added since."""
    if lifecycle is Lifecycle.cancelled:
        return Reason.cancelled
    if current is None:
        return Reason.removed
    if baseline is None:
        return Reason.not_in_baseline if has_baseline else Reason.no_baseline
    return None


def leaf_of(
    milestone: Milestone,
    sides: tuple[Milestone | None, Milestone | None],
    state: State,
    line: Line,
    scheduled: Scheduled | None,
    *,
    has_baseline: bool,
) -> Subject:
    """The leaf that the current revision and the baseline, in this order, have as `sides`.

    A finish is compared with the actual finish, else with the latest of the live forecast, the projected
    finish and the status date (see `Edge.expected`); a start in the same way, with nothing where work
    has begun and nobody reported when. A milestone is one instant: a start milestone's is its start, and
    has happened with the first report of a start or of a completion. `scheduled` is what the network has of
    it; None: it is in none.
    """
    lifecycle = lifecycle_of(milestone, state)
    absence = absence_of(*sides, lifecycle, has_baseline=has_baseline)
    planned, base = sides[0] or ABSENT, sides[1] or ABSENT
    start, finish, forecast_start = state.actual_start, state.actual_finish, state.forecast_start
    is_start = is_start_milestone(milestone)
    if is_start:
        start, finish, forecast_start = start or finish, None, forecast_start or state.forecast_finish
    projected_start = projected_finish = None
    compared_start = compared_finish = UNDATED
    if is_start or milestone.kind is MilestoneKind.activity:
        minute = None if scheduled is None else scheduled.projected_start
        dates = (planned.planned_start, base.planned_start)
        projected_start, compared_start = _compared(line.start, (start, forecast_start), dates, minute)
        if start is None and lifecycle is not Lifecycle.not_started:
            compared_start = UNREPORTED
    if not is_start:
        minute = None if scheduled is None else scheduled.projected_finish
        dates = (planned.planned_finish, base.planned_finish)
        projected_finish, compared_finish = _compared(line.finish, (finish, state.forecast_finish), dates, minute)
    return Subject(
        milestone=milestone,
        planned=planned,
        base=base,
        state=state,
        line=line,
        lifecycle=lifecycle,
        absence=absence,
        actual_start=start,
        actual_finish=finish,
        projected_start=projected_start,
        projected_finish=projected_finish,
        start=compared_start,
        finish=compared_finish,
    )


def _compared(
    edge: Edge,
    reports: tuple[Moment | None, Moment | None],
    dates: tuple[Moment | None, Moment | None],
    minute: int | None,
) -> tuple[Moment | None, Compared]:
    """The projected date, and what is compared with the baseline.

    `reports` are the actual date and the live forecast, `dates` those of the plan and of the baseline, `minute`
    the date of the network.
    """
    (actual, forecast), (planned, baseline) = reports, dates
    if actual is not None:
        return actual, Compared(edge.as_precise_as(actual, baseline), Basis.actual)
    projected = None if minute is None else edge.as_given(minute, planned, forecast)
    return projected, edge.expected(forecast, planned, projected, baseline)
