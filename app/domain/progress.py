"""What the events say of each milestone: a pure fold, the same for every arrival order."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.domain.corrections import effective
from app.domain.execution import (
    EventType,
    ExecutionEvent,
    Finding,
    FindingCode,
    Identity,
    Lifecycle,
    State,
    canonical_order,
)
from app.domain.moments import Moment, parse_moment

__all__ = [
    "EventType",
    "ExecutionEvent",
    "Finding",
    "FindingCode",
    "Identity",
    "Lifecycle",
    "State",
    "canonical_order",
    "effective",
    "fold",
    "fold_at",
    "has_happened",
]

# A day on which the clocks go back lasts 25 hours; the fold knows no zone.
_LONGEST_DAY = timedelta(hours=25)


def has_happened(event: ExecutionEvent, as_of: datetime) -> bool:
    """Whether the event had happened by the status date.

    An event of a day counts once the day has begun. The end of a day and the start of the next are one
    instant; a status date at that instant is the end, so the next day's events have not happened.
    """
    return event.occurred_at < as_of or (event.occurred_at == as_of and event.occurred_on is None)


def fold(events: Iterable[ExecutionEvent], as_of: datetime) -> Mapping[str, State]:
    """The state of each milestone that an event names, from effective events up to and with `as_of`.

    Actual start: the earliest `milestone.started`, never implied. Actual finish: the last
    `milestone.completed` with no `milestone.reopened` after it. Cancelled until reopened. Blocked work
    that has begun is suspended until it is unblocked, completed or cancelled. Percent and remaining are
    the last reported ones, 100 and 0 while completed. The two dates of a forecast are kept apart: a later
    forecast that leaves one out keeps it, an explicit null clears it. Events of no milestone are left
    out; those after `as_of` have not happened yet.

    Source: the actual dates, suspend and resume of an activity as the PMI Practice Standard for
    Scheduling defines them; remaining duration is kept as last reported, as Primavera P6 does.

    Raises:
        KeyError: a type outside `EventType`.
    """
    tracks: dict[str, _Track] = {}
    for event in sorted(events, key=canonical_order):
        if not has_happened(event, as_of):
            continue
        if event.milestone is not None and event.type in _APPLY:
            _apply(tracks, event)
    return {key: track.state() for key, track in tracks.items()}


def fold_at(
    events: Iterable[ExecutionEvent], instants: Iterable[datetime]
) -> Iterator[tuple[datetime, Mapping[str, State]]]:
    """At each of some ascending instants, the states that `fold` tells there of what has changed since the last.

    O(n log n) in the events, and once each for what changed: not a fold of everything an instant.
    """
    waiting = sorted((e for e in events if e.milestone is not None and e.type in _APPLY), key=canonical_order)
    tracks: dict[str, _Track] = {}
    done, shown = 0, set[str]()  # what was shown with some of the events of an instant is shown again with all
    for instant in instants:
        touched, shown = shown, set[str]()
        while done < len(waiting) and waiting[done].occurred_at < instant:
            event = waiting[done]
            _apply(tracks, event)
            touched.add(str(event.milestone))
            done += 1
        ahead = {key: tracks[key].copy() for key in touched}
        for index in range(done, bisect_right(waiting, instant, done, key=lambda each: each.occurred_at)):
            event = waiting[index]
            key = str(event.milestone)
            if has_happened(event, instant):
                if key not in ahead and key in tracks:
                    ahead[key] = tracks[key].copy()
                _apply(ahead, event)
                shown.add(key)
        yield instant, {key: track.state() for key, track in ahead.items()}


def _apply(tracks: dict[str, "_Track"], event: ExecutionEvent) -> None:
    assert event.milestone is not None
    track = tracks.get(event.milestone)
    if track is None:
        track = tracks[event.milestone] = _Track()
    track.last_event_at = event.occurred_at
    _APPLY[event.type](track, event)


class _Track:
    """The running state of one milestone while its events are folded."""

    __slots__ = (
        "assignee", "begun", "blocked_since", "cancellation", "compared_percent", "completion", "cost",
        "effort_minutes", "expected_resume_at", "findings", "forecast_finish", "forecast_start",
        "last_event_at", "percent", "remaining", "start", "started_since_reopening", "suspensions",
    )  # fmt: skip

    def __init__(self) -> None:
        self.begun = False
        self.start: ExecutionEvent | None = None
        self.started_since_reopening = False
        self.completion: ExecutionEvent | None = None
        self.cancellation: ExecutionEvent | None = None
        self.percent: float | None = None
        self.compared_percent: float | None = None
        self.remaining: int | None = None
        self.blocked_since: datetime | None = None
        self.expected_resume_at: Moment | None = None
        self.suspensions: list[tuple[datetime, datetime | None]] = []
        self.forecast_start: Moment | None = None
        self.forecast_finish: Moment | None = None
        self.assignee: str | None = None
        self.last_event_at: datetime | None = None
        self.cost: dict[str, Decimal] = {}
        self.effort_minutes = 0
        self.findings: list[Finding] = []

    def copy(self) -> "_Track":
        twin = copy(self)
        twin.suspensions, twin.findings, twin.cost = [*self.suspensions], [*self.findings], dict(self.cost)
        return twin

    def find(self, code: FindingCode, detail: str, event: ExecutionEvent) -> None:
        self.findings.append(Finding(code, detail, event.identity))

    def unblock(self, at: datetime) -> None:
        if self.blocked_since is not None:
            self.suspensions.append((self.blocked_since, at))
        self.blocked_since = self.expected_resume_at = None

    def lifecycle(self) -> Lifecycle:
        if self.cancellation is not None:
            return Lifecycle.cancelled
        if self.completion is not None:
            return Lifecycle.completed
        if not self.begun:
            return Lifecycle.not_started
        return Lifecycle.in_progress if self.blocked_since is None else Lifecycle.suspended

    def state(self) -> State:
        start, finish = self.start, self.completion
        if start is not None and finish is not None and _surely_after(start, finish):
            self.find(FindingCode.finish_before_start, "the actual finish lies before the actual start", finish)
        if self.blocked_since is not None:
            self.suspensions.append((self.blocked_since, None))
        return State(
            lifecycle=self.lifecycle(),
            actual_start=None if start is None else _moment_of(start),
            actual_finish=None if finish is None else _moment_of(finish),
            percent_complete=self.percent if finish is None else 100.0,
            remaining_minutes=self.remaining if finish is None else 0,
            blocked_since=self.blocked_since,
            expected_resume_at=self.expected_resume_at,
            suspensions=tuple(self.suspensions),
            forecast_start=self.forecast_start,
            forecast_finish=self.forecast_finish,
            assignee=self.assignee,
            last_event_at=self.last_event_at,
            cost_by_currency=self.cost,
            effort_minutes=self.effort_minutes,
            findings=tuple(self.findings),
        )


def _moment_of(event: ExecutionEvent) -> Moment:
    return event.occurred_at if event.occurred_on is None else event.occurred_on


def _surely_after(event: ExecutionEvent, earlier: ExecutionEvent) -> bool:
    """Whether the event cannot lie within the day that the earlier one names, if it names one."""
    if earlier.occurred_on is None:
        return event.occurred_at > earlier.occurred_at
    if event.occurred_on is not None:
        return event.occurred_on > earlier.occurred_on
    return event.occurred_at >= earlier.occurred_at + _LONGEST_DAY


def _moment(value: Any) -> Moment | None:
    """A moment of `data`, which may have kept the spelling of the wire."""
    if value is None or isinstance(value, Moment):
        return value
    return parse_moment(value)


def _cancelled_before(track: _Track, event: ExecutionEvent) -> None:
    if track.cancellation is not None and _surely_after(event, track.cancellation):
        what = event.type.removeprefix("milestone.")
        track.find(FindingCode.event_after_cancellation, f"{what} after it was cancelled", event)


def _worked_on(track: _Track, event: ExecutionEvent) -> None:
    """What a start and a progress report have in common."""
    _cancelled_before(track, event)
    if track.blocked_since is not None:
        track.find(FindingCode.progress_while_blocked, "worked on while it was blocked", event)
    track.begun = True


def _reopened(track: _Track, event: ExecutionEvent) -> None:
    if track.completion is None and track.cancellation is None:
        track.find(FindingCode.reopened_while_open, "reopened while it was open", event)
    track.completion = track.cancellation = None
    track.started_since_reopening = False
    track.compared_percent = None


def _started(track: _Track, event: ExecutionEvent) -> None:
    _worked_on(track, event)
    if track.started_since_reopening:
        track.find(FindingCode.started_again, "started though it had started", event)
    track.started_since_reopening = True
    if track.start is None:
        track.start = event


def _progressed(track: _Track, event: ExecutionEvent) -> None:
    _worked_on(track, event)
    if track.completion is not None and _surely_after(event, track.completion):
        track.find(FindingCode.progress_after_completion, "progressed after it was completed", event)
    percent, remaining = event.data.get("percent_complete"), event.data.get("remaining_minutes")
    if percent is not None:
        former = track.compared_percent
        if former is not None and percent < former:
            detail = f"percent complete fell from {former:g} to {percent:g}"
            track.find(FindingCode.percent_decreased, detail, event)
        track.percent = track.compared_percent = float(percent)
    if remaining is not None:
        track.remaining = remaining


def _blocked(track: _Track, event: ExecutionEvent) -> None:
    _cancelled_before(track, event)
    if track.completion is not None:
        track.find(FindingCode.blocked_after_completion, "blocked after it was completed", event)
        return
    if track.blocked_since is None:
        track.blocked_since = event.occurred_at
    else:
        track.find(FindingCode.blocked_again, "blocked while it was blocked", event)
    if "expected_resume_at" in event.data:
        track.expected_resume_at = _moment(event.data["expected_resume_at"])


def _unblocked(track: _Track, event: ExecutionEvent) -> None:
    _cancelled_before(track, event)
    if track.blocked_since is None:
        track.find(FindingCode.unblocked_without_block, "unblocked while nothing blocked it", event)
    track.unblock(event.occurred_at)


def _forecast_changed(track: _Track, event: ExecutionEvent) -> None:
    _cancelled_before(track, event)
    if "start" in event.data:
        track.forecast_start = _moment(event.data["start"])
    if "finish" in event.data:
        track.forecast_finish = _moment(event.data["finish"])


def _completed(track: _Track, event: ExecutionEvent) -> None:
    _cancelled_before(track, event)
    if track.completion is not None:
        track.find(FindingCode.completed_again, "completed though it was completed", event)
    track.completion = event
    track.begun = True
    track.unblock(event.occurred_at)


def _cancelled(track: _Track, event: ExecutionEvent) -> None:
    _cancelled_before(track, event)
    track.cancellation = event
    track.unblock(event.occurred_at)


def _assigned(track: _Track, event: ExecutionEvent) -> None:
    track.assignee = event.data.get("assignee")


def _cost_incurred(track: _Track, event: ExecutionEvent) -> None:
    currency = event.data["currency"]
    track.cost[currency] = track.cost.get(currency, Decimal(0)) + Decimal(event.data["amount"])


def _effort_spent(track: _Track, event: ExecutionEvent) -> None:
    track.effort_minutes += event.data["minutes"]


def _heard(_track: _Track, _event: ExecutionEvent) -> None:
    """What says nothing of the work changes only when something was last heard."""


_APPLY: Mapping[str, Callable[[_Track, ExecutionEvent], None]] = {
    EventType.reopened.value: _reopened,
    EventType.started.value: _started,
    EventType.progressed.value: _progressed,
    EventType.blocked.value: _blocked,
    EventType.unblocked.value: _unblocked,
    EventType.forecast_changed.value: _forecast_changed,
    EventType.completed.value: _completed,
    EventType.cancelled.value: _cancelled,
    EventType.assigned.value: _assigned,
    EventType.cost_incurred.value: _cost_incurred,
    EventType.effort_spent.value: _effort_spent,
    EventType.note_added.value: _heard,
    EventType.metric_measured.value: _heard,
    EventType.risk_occurred.value: _heard,
    EventType.risk_closed.value: _heard,
    EventType.contingency_activated.value: _heard,
    EventType.assumption_invalidated.value: _heard,
    EventType.assignment_requested.value: _heard,
    EventType.assignment_accepted.value: _heard,
    EventType.assignment_declined.value: _heard,
}
