"""What became of the forecasts that executors issued: how far off they were, how far ahead, and whose."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeVar

from app.domain.execution import EventType, ExecutionEvent, Lifecycle, State
from app.domain.measures import Line, Reason
from app.domain.moments import Moment, parse_moment, to_minutes
from app.domain.plan import Milestone, MilestoneKind

LEAST = 5
"""So many forecasts (or estimates) must have been put to the test before anything is said of them."""

T = TypeVar("T")


class Horizon(StrEnum):
    """How far ahead a forecast looked, in working days from when it was issued to the date it named."""

    week = "week"
    """Up to 5."""
    month = "month"
    """More than 5, up to 20."""
    beyond = "beyond"
    """More than 20."""


_UP_TO = {Horizon.week: 5, Horizon.month: 20}


class Issued(NamedTuple):
    """A forecast of a finish, and what became of it; in working days of the milestone's calendar.

    Attributes:
        error: actual minus forecast finish: + is later than was said. None: it has not finished yet.
        is_overdue: it has not finished, and the date that was named has passed.
    """

    milestone: str
    owner: str | None
    ahead: Fraction
    error: Fraction | None
    is_overdue: bool = False

    @property
    def horizon(self) -> Horizon:
        """How far ahead it looked; a date that had passed when it was named counts as the nearest."""
        return next((each for each, most in _UP_TO.items() if self.ahead <= most), Horizon.beyond)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far off some forecasts were, in working days; null with a reason below `LEAST`.

    Attributes:
        count: how many were put to the test.
        bias: the mean error: + finishes are later than was said. `mean_absolute_error`: never negative.
    """

    count: int
    bias: Fraction | None
    mean_absolute_error: Fraction | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class ForecastAccuracy:
    """All of them, and by how far ahead they looked and who works on the milestone; `open` ones are untested yet."""

    issued: int
    open: int
    overdue: int
    whole: Accuracy
    by_horizon: Mapping[Horizon, Accuracy]
    by_owner: Mapping[str | None, Accuracy]


def issued_forecasts(
    happened: Iterable[ExecutionEvent],
    milestones: Mapping[str, Milestone],
    states: Mapping[str, State],
    line_of: Callable[[Milestone], Line],
) -> list[Issued]:
    """Every forecast of a finish that stood for a time before its milestone had finished.

    Those of cancelled milestones and of such as have left the plan can't be put to the test, nor can what was said
    after the finish. Where forecast or finish is a day, the other is taken to its day, as in variance.

    Args:
        happened: effective events up to the status date of the lines.
        milestones: the current revision.
        states: the fold of the same events.
        line_of: the calendar of a milestone as seen from the status date.
    """
    found = []
    for event in happened:
        milestone = milestones.get(event.milestone or "")
        finish = event.data.get("finish") if event.type == EventType.forecast_changed else None
        if finish is None or milestone is None or milestone.kind is MilestoneKind.phase:
            continue
        state = states[milestone.key]
        said = _put_to_the_test(event, parse_moment(finish), state, line_of(milestone))
        if said is not None and state.lifecycle is not Lifecycle.cancelled:
            found.append(said._replace(owner=state.assignee or milestone.owner))
    return found


def _put_to_the_test(event: ExecutionEvent, finish: Moment, state: State, line: Line) -> Issued | None:
    """None: it was said once it was done."""
    edge, day, actual = line.finish, line.minutes_per_day, state.actual_finish
    said_at = line.calendar.worked(to_minutes(event.occurred_at))
    ahead = Fraction(edge.work[finish] - said_at, day)
    key = str(event.milestone)
    if actual is None:
        return Issued(key, None, ahead, None, edge.is_past(finish))
    if said_at > edge.work[actual]:
        return None
    return Issued(key, None, ahead, Fraction(edge.difference(actual, finish)[0], day))


def accuracy(issued: Iterable[Issued]) -> ForecastAccuracy:
    """How far off forecasts were; their order changes nothing. O(n).

    Source: bias and mean absolute error as in Hyndman and Koehler, "Another look at measures of forecast accuracy"
    (2006), with the sign of variances: + is later than was said.
    """
    every = list(issued)
    tested = [each for each in every if each.error is not None]
    return ForecastAccuracy(
        issued=len(every),
        open=len(every) - len(tested),
        overdue=sum(each.is_overdue for each in every),
        whole=_accuracy(tested),
        by_horizon={each: _accuracy([one for one in tested if one.horizon is each]) for each in Horizon},
        by_owner={owner: _accuracy(some) for owner, some in grouped(tested, lambda each: each.owner).items()},
    )


def _accuracy(tested: Iterable[Issued]) -> Accuracy:
    errors = [each.error for each in tested if each.error is not None]
    count = len(errors)
    if count < LEAST:
        return Accuracy(count, None, None, Reason.insufficient_data)
    total, absolute = sum(errors, Fraction(0)), sum(map(abs, errors), Fraction(0))
    return Accuracy(count, total / count, absolute / count, None)


def grouped(values: Iterable[T], owner_of: Callable[[T], str | None]) -> dict[str | None, list[T]]:
    """Values by owner, those of nobody last."""
    found: dict[str | None, list[T]] = {}
    for value in values:
        found.setdefault(owner_of(value), []).append(value)
    return dict(sorted(found.items(), key=lambda item: (item[0] is None, item[0] or "")))
