"""What is measured: a milestone of either side, what happened to it, what its dates are compared with."""

from typing import NamedTuple

from app.domain.measures import UNDATED, UNREPORTED, Basis, Compared, Line, Reason
from app.domain.moments import Moment
from app.domain.plan import Milestone, MilestoneKind
from app.domain.progress import Lifecycle, State

SILENCE = State()
ABSENT = Milestone(key="", name="")


class Subject(NamedTuple):
    """A milestone of the plan, of its baseline, or of both; a phase has the span of its leaves.

    `planned` is the milestone as the current revision has it and `base` as the baseline has it, each
    `ABSENT`, without any date, where it is not there. `absence` tells why the milestone as a whole has no
    variance; without one it survives: it is on both sides and nobody cancelled it. `start` and `finish`
    are what the baseline dates are compared with.
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
    *,
    has_baseline: bool,
) -> Subject:
    """The leaf that the current revision and the baseline, in this order, have as `sides`.

    A finish is compared with the actual finish, else with the latest of the live forecast, the planned
    finish and the status date (see `Edge.expected`); a start in the same way, with nothing where work
    has begun and nobody reported when. A milestone is one instant: a start milestone's is its start, and
    has happened with the first report of a start or of a completion.
    """
    lifecycle = state.lifecycle
    absence = absence_of(*sides, lifecycle, has_baseline=has_baseline)
    planned, base = sides[0] or ABSENT, sides[1] or ABSENT
    start, finish = state.actual_start, state.actual_finish
    if is_start_milestone(milestone):
        if start is None:
            start = finish
        if start is not None and lifecycle is not Lifecycle.cancelled:
            lifecycle = Lifecycle.completed
        forecast = state.forecast_start or state.forecast_finish
        compared = _compared_start(line, (start, forecast), (planned, base), lifecycle)
        return Subject(milestone, planned, base, state, line, lifecycle, absence, start, None, compared, UNDATED)
    compared = UNDATED
    if milestone.kind is MilestoneKind.activity:
        compared = _compared_start(line, (start, state.forecast_start), (planned, base), lifecycle)
    if finish is not None:
        expected = Compared(line.finish.as_precise_as(finish, base.planned_finish), Basis.actual)
    else:
        expected = line.finish.expected(state.forecast_finish, planned.planned_finish, base.planned_finish)
    return Subject(milestone, planned, base, state, line, lifecycle, absence, start, finish, compared, expected)


def _compared_start(
    line: Line,
    reports: tuple[Moment | None, Moment | None],
    sides: tuple[Milestone, Milestone],
    lifecycle: Lifecycle,
) -> Compared:
    (actual, forecast), (planned, base) = reports, sides
    if actual is not None:
        return Compared(line.start.as_precise_as(actual, base.planned_start), Basis.actual)
    if lifecycle is not Lifecycle.not_started:
        return UNREPORTED
    return line.start.expected(forecast, planned.planned_start, base.planned_start)
