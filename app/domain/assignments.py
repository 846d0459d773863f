"""Assignments: who shall do the work of a milestone, and by which hand-overs it came to who holds it now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from app.domain.execution import EventType, ExecutionEvent, Identity
from app.domain.moments import Moment
from app.domain.part_values import Wrong
from app.domain.plan import MilestoneKind, PartBody, PlanContent
from app.domain.progress import has_happened

PART = "assignments"


class HandOver(StrEnum):
    """What became of a hand-over."""

    pending = "pending"
    """It was asked for, and nobody has answered."""
    accepted = "accepted"
    """Who was asked took it."""
    declined = "declined"
    """Who was asked did not take it."""
    superseded = "superseded"
    """The same resource was asked again before it answered."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """That a resource does work of a milestone.

    Attributes:
        units: how much of each working minute of the milestone it works on it; 1.0: all of one full-time.
        effort_minutes: how long it works on it in all; None: what follows from the units.
    """

    key: str
    milestone: str
    resource: str
    units: float | None = None
    effort_minutes: int | None = None
    role: str | None = None


class Step(NamedTuple):
    """One hand-over of a chain: `to` was asked by `by`, and answered; None: nobody asked, or nobody answered yet."""

    to: str
    by: str | None
    asked_at: Moment | None
    note: str | None
    status: HandOver
    answered_at: Moment | None
    reason: str | None
    events: tuple[Identity, ...]


class Chain(NamedTuple):
    """How an assignment was handed over: its steps in canonical order, who holds it now, and since when.

    `since` is None while it is held by the resource that the plan assigns.
    """

    holder: str
    since: Moment | None
    steps: tuple[Step, ...]

    @property
    def pending(self) -> tuple[Step, ...]:
        """What was asked and not answered."""
        return tuple(step for step in self.steps if step.status is HandOver.pending)


def assignment_of(key: str, body: PartBody) -> Assignment:
    """An assignment as a document carries it."""
    return Assignment(
        key=key,
        milestone=body["milestone"],
        resource=body["resource"],
        units=body.get("units"),
        effort_minutes=body.get("effort_minutes"),
        role=body.get("role"),
    )


def check_assignment(content: PlanContent, key: str, body: PartBody) -> Iterator[Wrong]:
    """All that is wrong with an assignment: of a milestone that is no phase, and of each resource once."""
    milestone = content.milestones.get(body["milestone"])
    if milestone is None:
        yield Wrong("milestone", "unknown_milestone", "is no milestone of this plan")
    elif milestone.kind is MilestoneKind.phase:
        yield Wrong("milestone", "phase_has_no_work", "is a phase, which has no work of its own; assign its children")
    pair = (body["milestone"], body["resource"])
    others = content.part(PART).items()
    if any(other < key and (each["milestone"], each["resource"]) == pair for other, each in others):
        yield Wrong("resource", "assigned_twice", "is assigned to this milestone already")


def assignment_without(body: PartBody, gone: Set[str]) -> PartBody | None:
    """An assignment leaves with its milestone."""
    return None if body["milestone"] in gone else body


def hand_overs(events: Iterable[ExecutionEvent]) -> Mapping[str, Sequence[ExecutionEvent]]:
    """The effective events that hand assignments over, by the key of the assignment, in the order given."""
    found: dict[str, list[ExecutionEvent]] = {}
    for event in events:
        if event.type in _FOLDED:
            found.setdefault(event.data["assignment"], []).append(event)
    return found


def chain(resource: str, told: Iterable[ExecutionEvent], as_of: datetime) -> Chain:
    """The chain of an assignment as of an instant, from all its hand-overs in canonical order. O(events).

    An answer is to the newest open request to whom it comes from; one that nobody asked for is a step of its own.
    The newest acceptance tells who holds it; until the first one it is the resource of the plan's assignment.

    Args:
        resource: the key of the resource that the plan assigns.
        told: the effective events about this assignment, in canonical order.
        as_of: only what had happened by then counts.
    """
    steps: list[Step] = []
    open_steps: dict[str, int] = {}
    holder, since = resource, None
    for event in told:
        if not has_happened(event, as_of):
            continue
        at: Moment = event.occurred_on or event.occurred_at
        if event.type == EventType.assignment_requested:
            _ask(steps, open_steps, event, at)
            continue
        status = _FOLDED[event.type]
        _answer(steps, open_steps, event, at, status)
        if status is HandOver.accepted:
            holder, since = event.data["by"], at
    return Chain(holder, since, tuple(steps))


def _ask(steps: list[Step], open_steps: dict[str, int], event: ExecutionEvent, at: Moment) -> None:
    data = event.data
    before = open_steps.get(data["to"])
    if before is not None:
        steps[before] = steps[before]._replace(status=HandOver.superseded)
    open_steps[data["to"]] = len(steps)
    asked = (data["to"], data["by"], at, data.get("note"))
    steps.append(Step(*asked, HandOver.pending, None, None, (event.identity,)))


def _answer(
    steps: list[Step], open_steps: dict[str, int], event: ExecutionEvent, at: Moment, status: HandOver
) -> None:
    who, reason = event.data["by"], event.data.get("reason")
    index = open_steps.pop(who, None)
    if index is None:
        steps.append(Step(who, None, None, None, status, at, reason, (event.identity,)))
        return
    asked = steps[index]
    events = (*asked.events, event.identity)
    steps[index] = asked._replace(status=status, answered_at=at, reason=reason, events=events)


_FOLDED: Mapping[str, HandOver] = {
    EventType.assignment_requested.value: HandOver.pending,
    EventType.assignment_accepted.value: HandOver.accepted,
    EventType.assignment_declined.value: HandOver.declined,
}
