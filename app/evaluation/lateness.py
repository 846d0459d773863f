"""What is told late: facts recorded since an evaluation that change what had been so before it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from app.deviations.service import Shown
from app.domain.deviation_values import Subject
from app.domain.execution import ExecutionEvent, Identity
from app.domain.moments import to_minutes
from app.variance.snapshot import Snapshot

_NAMED: Mapping[str, str] = {"metric": "metrics", "risk": "risks", "assumption": "assumptions"}
"""By what the data of an event name other parts of the plan than milestones, and where those stand."""


class Late(NamedTuple):
    """Of what something was told late.

    Attributes:
        milestones: with all that follow or contain them; None: the plan as a whole.
        parts: other parts of the plan, by their paths. `events`: what told it.
    """

    milestones: frozenset[str | None] = frozenset()
    parts: frozenset[str] = frozenset()
    events: frozenset[Identity] = frozenset()

    def has(self, subject: Subject, shown: Shown | None) -> bool:
        """Whether it is about one of them, or what is shown of it rests on one of the events."""
        if subject.about is None and subject.milestone in self.milestones:
            return True
        evidence, about = None if shown is None else shown.evidence, subject.about or ""
        if any(about == part or about.startswith(f"{part}/") for part in self.parts):
            return True
        return evidence is not None and not self.events.isdisjoint(evidence.events)


def told_late(snapshot: Snapshot, known: int, before: datetime) -> Late:
    """Of what something from before an instant was told late.

    The evaluation at that instant knew the first `known` events; what those after them change of what had happened
    by then it did not know: the transitions they cause are retroactive. With any milestone comes None, the plan as
    a whole. O(events + milestones + dependencies).
    """
    events, edge = snapshot.events, to_minutes(before)
    fresh = events[known:]
    named = {event.identity: event for event in events} if any(event.target for event in fresh) else {}
    told = [each for event in fresh for each in _spoken_of(event, named) if to_minutes(each.occurred_at) < edge]
    if not told:
        return Late()
    places = {f"{place}/{each.data[name]}" for each in told for name, place in _NAMED.items() if name in each.data}
    milestones = {each.milestone for each in told if each.milestone is not None}
    late = frozenset({None, *_with_followers(snapshot, milestones)}) if milestones else frozenset[str | None]()
    return Late(late, frozenset(places), frozenset(each.identity for each in told))


def _with_followers(snapshot: Snapshot, late: set[str]) -> set[str]:
    """These milestones with all that follow or contain them."""
    followers: dict[str, list[str]] = {}
    for predecessor, _, successor in snapshot.dependencies:
        followers.setdefault(predecessor, []).append(successor)
    for milestone in snapshot.current.values():
        if milestone.parent is not None:
            followers.setdefault(milestone.key, []).append(milestone.parent)
    waiting = list(late)
    while waiting:
        for follower in followers.get(waiting.pop(), ()):
            if follower not in late:
                late.add(follower)
                waiting.append(follower)
    return late


def _spoken_of(event: ExecutionEvent, named: Mapping[Identity, ExecutionEvent]) -> Iterator[ExecutionEvent]:
    """The event; what it takes back or replaces, as far as that was told; and what it puts in its place."""
    told, seen = event, {event.identity}
    while True:
        yield told
        if told.replacement is not None:
            yield told.replacement
        if told.target is None or told.target not in named or told.target in seen:
            return
        seen.add(told.target)
        told = named[told.target]
