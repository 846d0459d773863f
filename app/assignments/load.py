"""What is planned and done by each resource of a plan, from one snapshot. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.cost.inputs import rates_of, resource_of
from app.domain.assignments import Assignment, assignment_of
from app.domain.calendars import WorkingTime
from app.domain.cost_periods import Period, TooManyPeriods, next_start, period_starts
from app.domain.costs import effort_of as priced
from app.domain.execution import EventType, ExecutionEvent, Lifecycle
from app.domain.load import Work, effort_of, period_of, placed
from app.domain.moments import Moment, to_minutes
from app.domain.money import exact
from app.domain.plan import Money, PartBody
from app.domain.progress import effective, has_happened
from app.domain.variance import MilestoneVariance
from app.kit.limits import MAX_LOAD_PERIODS
from app.kit.problems import FieldError
from app.variance import service as variance
from app.variance.problems import InstantRefused
from app.variance.snapshot import Snapshot

_NOTHING = Decimal(0)


class NoWork(StrEnum):
    """Why planned effort stands in no period."""

    cancelled = "cancelled"
    """The milestone was cancelled; it takes no effort."""
    no_planned_date = "no_planned_date"
    """Nothing says when it is done."""


class Planned(NamedTuple):
    """An assignment, the work that it makes, and from when to when."""

    assignment: Assignment
    work: Work
    start: Moment | None
    finish: Moment | None
    reason: NoWork | None


class Spent(NamedTuple):
    """Time that a resource spent; `cost` None: nothing says what it costs."""

    event: ExecutionEvent
    cost: Money | None


class PlanLoad(NamedTuple):
    """What a plan has for its resources, and what they spent on it, by key; `unattributed`: minutes of others."""

    planned: Mapping[str, Sequence[Planned]]
    spent: Mapping[str, Sequence[Spent]]
    unattributed: int


class Spans(NamedTuple):
    """Periods: the first day of each and of the one after the last, and where they begin in minutes."""

    days: Sequence[date]
    edges: Sequence[int]
    zone: WorkingTime

    def of(self, event: ExecutionEvent) -> int:
        """The number of the period in which an event happened; -1: in none."""
        day = event.occurred_on
        return period_of(to_minutes(event.occurred_at) if day is None else self.zone.day_start(day), self.edges)


def spans(first: date, last: date, period: Period, zone: WorkingTime) -> Spans:
    """The whole periods that have a day from the first to the last.

    Raises:
        InstantRefused: there is none, or more than are told at once.
    """
    if last < first:
        raise InstantRefused(errors=[FieldError("?to", "empty_period", "lies before from")])
    try:
        starts = period_starts((first, last), period)
    except TooManyPeriods:
        starts = []
    if not 0 < len(starts) <= MAX_LOAD_PERIODS:
        detail = f"makes more than {MAX_LOAD_PERIODS} periods; ask for longer ones, or for fewer days"
        raise InstantRefused(errors=[FieldError("?period", "too_many_periods", detail)])
    days = [*starts, next_start(starts[-1], period)]
    return Spans(days, [zone.day_start(day) for day in days], zone)


def plan_load(snapshot: Snapshot, bodies: Mapping[str, PartBody], as_of: datetime) -> PlanLoad:
    """What a plan has for its resources as of an instant. O(events log events + milestones)."""
    items = variance.measure(snapshot, as_of).variance.items
    spent: dict[str, list[Spent]] = {}
    unattributed, rate_of = 0, rates_of(snapshot)
    for event in effective(snapshot.events):
        if event.type != EventType.effort_spent or not has_happened(event, as_of):
            continue
        resource = resource_of(snapshot, event)
        if resource is None:
            unattributed += event.data["minutes"]
        else:
            spent.setdefault(resource, []).append(Spent(event, priced(event, rate_of)))
    return PlanLoad(planned_by(snapshot, bodies, items), spent, unattributed)


def planned_by(
    snapshot: Snapshot, bodies: Mapping[str, PartBody], items: Iterable[MilestoneVariance]
) -> dict[str, list[Planned]]:
    """The assignments of a plan by resource, spread from projected start to finish, else as planned."""
    measured = {item.milestone: item for item in items}
    found: dict[str, list[Planned]] = {}
    for key in sorted(bodies):
        assignment = assignment_of(key, bodies[key])
        found.setdefault(assignment.resource, []).append(
            _planned(snapshot, assignment, measured[assignment.milestone])
        )
    return found


def _planned(snapshot: Snapshot, assignment: Assignment, item: MilestoneVariance) -> Planned:
    milestone = snapshot.current[assignment.milestone]
    working = snapshot.working_of(milestone)
    start, finish = item.projected_start or item.planned_start, item.projected_finish or item.planned_finish
    if item.lifecycle is Lifecycle.cancelled:
        return Planned(assignment, Work(_NOTHING, working), start, finish, NoWork.cancelled)
    work = placed(effort_of(assignment, milestone, working), working, start, finish)
    return Planned(assignment, work, start, finish, None if work.is_dated else NoWork.no_planned_date)


def actual_cost(spent: Iterable[Spent]) -> Money | None:
    """What time that was spent costs; None: none was, some has no rate, or the rates are in several currencies."""
    costs = [each.cost for each in spent]
    known = [cost for cost in costs if cost is not None]
    if not known or len(known) < len(costs) or len({cost.currency for cost in known}) > 1:
        return None
    with exact():
        return Money(sum((cost.amount for cost in known), _NOTHING), known[0].currency)
