"""Assumptions: what a plan takes for granted, what depends on it, and whether it still holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from app.domain.execution import EventType, ExecutionEvent
from app.domain.items import Item, ItemValue
from app.domain.moments import Moment, format_moment, parse_moment
from app.domain.part_values import Wrong
from app.domain.plan import PartBody, PlanContent
from app.domain.progress import has_happened

MILESTONES = "milestones"
_MOST_EVENTS = 20
_INSTANT = timedelta(microseconds=1)


class AssumptionStatus(StrEnum):
    """Whether an assumption holds."""

    holds = "holds"
    """Nobody has said that it does not."""
    invalidated = "invalidated"
    """It turned out not to hold."""


class Dependent(NamedTuple):
    """Something of the plan that depends on an assumption: `part` is `milestones` or one of `PARTS`."""

    part: str
    key: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a plan takes for granted; `confidence` 0 to 1, None: nobody said how sure it is."""

    key: str
    statement: str
    dependents: tuple[Dependent, ...] = ()
    confidence: float | None = None
    review_at: Moment | None = None
    owner: str | None = None


class Standing(NamedTuple):
    """Whether an assumption holds at an instant.

    Attributes:
        since: when it was first found not to hold. `reason`: why, as the last of its events says.
        events: those that say so, in canonical order.
    """

    status: AssumptionStatus
    since: Moment | None = None
    reason: str | None = None
    events: tuple[ExecutionEvent, ...] = ()


def assumption_of(key: str, body: PartBody) -> Assumption:
    """An assumption as a document carries it."""
    review_at = body.get("review_at")
    return Assumption(
        key=key,
        statement=body["statement"],
        dependents=tuple(Dependent(each["part"], each["key"]) for each in body.get("dependents", ())),
        confidence=body.get("confidence"),
        review_at=None if review_at is None else parse_moment(review_at),
        owner=body.get("owner"),
    )


def invalidations(events: Iterable[ExecutionEvent]) -> dict[str, list[ExecutionEvent]]:
    """The effective events that say that an assumption does not hold, by its key, in the order given."""
    found: dict[str, list[ExecutionEvent]] = {}
    for event in events:
        if event.type == EventType.assumption_invalidated:
            found.setdefault(event.data["assumption"], []).append(event)
    return found


def standing(told: Sequence[ExecutionEvent], at: datetime) -> Standing:
    """Whether an assumption holds at an instant, given all its invalidations in canonical order."""
    happened = tuple(event for event in told if has_happened(event, at))
    if not happened:
        return Standing(AssumptionStatus.holds)
    first, last = happened[0], happened[-1]
    since = first.occurred_on or first.occurred_at
    return Standing(AssumptionStatus.invalidated, since, last.data.get("reason"), happened)


def assumption_items(
    assumptions: Iterable[Assumption], told: Mapping[str, Sequence[ExecutionEvent]], as_of: datetime
) -> list[Item]:
    """The items of the measure `assumption_invalidated`: one for everything that depends on an assumption.

    1 once it does not hold. What nothing depends on is one item by itself. O(dependents).
    """
    return [item for each in assumptions for item in _items(each, told.get(each.key, ()), as_of)]


def _items(assumption: Assumption, told: Sequence[ExecutionEvent], as_of: datetime) -> Iterator[Item]:
    turns = {_begins(event) for event in told}
    later = tuple(sorted(turn for turn in turns if turn > as_of))
    for dependent in assumption.dependents or (None,):
        about, milestone = f"assumptions/{assumption.key}", None
        if dependent is not None and dependent.part == MILESTONES:
            milestone = dependent.key
        elif dependent is not None:
            about = f"{about}/{dependent.part}/{dependent.key}"
        yield Item(about, milestone, assumption.owner, _Judged(assumption, dependent, told).value_at, later)


def _begins(event: ExecutionEvent) -> datetime:
    """The first instant at which an event has happened; of a day, just after it has begun."""
    return event.occurred_at if event.occurred_on is None else event.occurred_at + _INSTANT


class _Judged(NamedTuple):
    """Whether what depends on an assumption can still rely on it."""

    assumption: Assumption
    dependent: Dependent | None
    told: Sequence[ExecutionEvent]

    def value_at(self, at: datetime) -> ItemValue:
        found = standing(self.told, at)
        fails = found.status is AssumptionStatus.invalidated
        operands = {
            "assumption": self.assumption.key,
            "statement": self.assumption.statement,
            "dependent": None if self.dependent is None else self.dependent._asdict(),
            "invalidated_at": None if found.since is None else format_moment(found.since),
            "reason": found.reason,
        }
        events = tuple(event.identity for event in found.events[-_MOST_EVENTS:])
        return ItemValue(float(fails), None, operands, events, self._summary(found))

    def _summary(self, found: Standing) -> str:
        key = self.assumption.key
        what = "Nothing" if self.dependent is None else self.dependent.key
        if found.since is None:
            return f"{what} depends on {key}, which holds"
        return f"{what} depends on {key}, which has not held since {format_moment(found.since)}"


def check_assumption(content: PlanContent, _: str, body: PartBody) -> Iterator[Wrong]:
    """All that is wrong with an assumption: what depends on it stands in the plan, and is named once."""
    seen: set[Dependent] = set()
    for index, each in enumerate(body["dependents"]):
        dependent = Dependent(each["part"], each["key"])
        there = content.milestones if dependent.part == MILESTONES else content.part(dependent.part)
        if dependent.key not in there:
            detail = f"{dependent.key} is none of the {dependent.part} of this plan"
            yield Wrong(f"dependents/{index}/key", "unknown_dependent", detail)
        if dependent in seen:
            yield Wrong(f"dependents/{index}", "repeated", "stands more than once")
        seen.add(dependent)


def assumption_without(body: PartBody, gone: Set[str]) -> PartBody:
    """An assumption without its dependents among milestones that are gone."""
    left = [each for each in body["dependents"] if each["part"] != MILESTONES or each["key"] not in gone]
    return {**body, "dependents": left} if len(left) < len(body["dependents"]) else body
