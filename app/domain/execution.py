"""The words of execution: events as recorded, and the state and findings they amount to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from app.domain.moments import Moment

Identity = tuple[str, str]  # (source, id)


class EventType(StrEnum):
    """What happened; the order of the members is the rank within one instant."""

    reopened = "milestone.reopened"
    started = "milestone.started"
    progressed = "milestone.progressed"
    blocked = "milestone.blocked"
    unblocked = "milestone.unblocked"
    forecast_changed = "milestone.forecast_changed"
    completed = "milestone.completed"
    cancelled = "milestone.cancelled"
    assigned = "milestone.assigned"
    cost_incurred = "cost.incurred"
    effort_spent = "effort.spent"
    note_added = "note.added"
    metric_measured = "metric.measured"
    risk_occurred = "risk.occurred"
    risk_closed = "risk.closed"
    contingency_activated = "contingency.activated"
    assumption_invalidated = "assumption.invalidated"
    assignment_requested = "assignment.requested"
    assignment_accepted = "assignment.accepted"
    assignment_declined = "assignment.declined"
    corrected = "event.corrected"
    retracted = "event.retracted"


class Lifecycle(StrEnum):
    """Where the execution of a milestone stands."""

    not_started = "not_started"
    in_progress = "in_progress"
    suspended = "suspended"
    completed = "completed"
    cancelled = "cancelled"


class FindingCode(StrEnum):
    """What is odd but possible: recorded and reported, never refused."""

    started_again = "started_again"
    """Started, though it had started and was not reopened since."""
    progress_after_completion = "progress_after_completion"
    """Progress was reported after the completion."""
    completed_again = "completed_again"
    """Completed, though it was completed; the last completion counts."""
    blocked_after_completion = "blocked_after_completion"
    """Blocked, though it was completed; without effect."""
    blocked_again = "blocked_again"
    """Blocked, though it was blocked; the first block counts."""
    unblocked_without_block = "unblocked_without_block"
    """Unblocked, though nothing blocked it."""
    progress_while_blocked = "progress_while_blocked"
    """Started or progressed, though it was blocked; it stays blocked."""
    reopened_while_open = "reopened_while_open"
    """Reopened, though it was neither completed nor cancelled."""
    finish_before_start = "finish_before_start"
    """The actual finish lies before the actual start."""
    event_after_cancellation = "event_after_cancellation"
    """Execution was reported after the cancellation; it stays cancelled until it is reopened."""
    percent_decreased = "percent_decreased"
    """The reported percent complete fell."""
    duration_mismatch = "duration_mismatch"
    """The planned duration differs from the working time between the planned dates."""
    event_on_removed = "event_on_removed"
    """Events are reported of a milestone that has left the plan."""
    event_on_phase = "event_on_phase"
    """Events are reported of a phase, which has none of its own; without effect."""


class ExecutionEvent(NamedTuple):
    """One thing that happened, as recorded.

    `occurred_at` is aware UTC; for a bare date it is the start of that day in the plan's zone, and
    `occurred_on` keeps the day as given. `target` names what an `event.corrected` or `event.retracted`
    supersedes; `replacement` is the content a correction puts in its place (its own `source` and `id`
    do not count).
    """

    source: str
    id: str
    type: str
    milestone: str | None
    occurred_at: datetime
    occurred_on: date | None
    data: Mapping[str, Any]
    actor: str | None = None
    replacement: "ExecutionEvent | None" = None
    target: Identity | None = None

    @property
    def identity(self) -> Identity:
        """What names the event in its workspace."""
        return (self.source, self.id)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd, with the event that shows it (none where it is the plan that shows it)."""

    code: FindingCode
    detail: str
    event: Identity | None = None


class State(NamedTuple):
    """What the events say of one milestone at one instant; the defaults are silence.

    Units: `percent_complete` 0 to 100; `remaining_minutes` and `effort_minutes` minutes of work. Each
    suspension is (from, to), `to` is None while it lasts. An actual moment keeps the precision it was
    reported with. A start that nobody reported stays None, also in completed work.
    """

    lifecycle: Lifecycle = Lifecycle.not_started
    actual_start: Moment | None = None
    actual_finish: Moment | None = None
    percent_complete: float | None = None
    remaining_minutes: int | None = None
    blocked_since: datetime | None = None
    expected_resume_at: Moment | None = None
    suspensions: tuple[tuple[datetime, datetime | None], ...] = ()
    forecast_start: Moment | None = None
    forecast_finish: Moment | None = None
    assignee: str | None = None
    last_event_at: datetime | None = None
    cost_by_currency: Mapping[str, Decimal] = MappingProxyType({})
    effort_minutes: int = 0
    findings: tuple[Finding, ...] = ()


_RANK: Mapping[str, int] = {kind.value: rank for rank, kind in enumerate(EventType)}


def canonical_order(event: ExecutionEvent) -> tuple[datetime, int, str, str]:
    """The sort key (`occurred_at`, type rank, `source`, `id`): total, whatever order events arrived in.

    Raises:
        KeyError: a type outside `EventType`.
    """
    return (event.occurred_at, _RANK[event.type], event.source, event.id)
