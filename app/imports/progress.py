"""What a file says has happened, against what its plan's earlier files said: only what is new is recorded. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

from app.domain.corrections import effective
from app.domain.execution import EventType, ExecutionEvent
from app.domain.moments import Moment, format_moment

MAX_ID = 200
_IDENTIFIER = re.compile(r"[!-~][ -~]*[!-~]")
_ONCE = tuple(kind.value for kind in (EventType.started, EventType.completed, EventType.blocked, EventType.unblocked))


class Statement(NamedTuple):
    """Something that a file says has happened.

    Attributes:
        name: the milestone's id in the file.
        milestone: its key in the plan.
        number: its place among the statements of the file.
        at: `occurred_at` as an instant, of a day its beginning.
    """

    name: str
    milestone: str
    type: str
    occurred_at: Moment
    data: Mapping[str, Any]
    number: int
    at: datetime


class NewEvent(NamedTuple):
    """An event to be recorded; `statement`: the number of the one it comes from, None: it retracts an earlier one."""

    id: str
    type: str
    milestone: str | None
    occurred_at: Moment
    data: Mapping[str, Any]
    statement: int | None


@dataclass(frozen=True, slots=True)
class News:
    """What is to be recorded, in this order, and how many statements were known already."""

    retractions: Sequence[NewEvent]
    events: Sequence[NewEvent]
    known: int


def news(
    source: str,
    statements: Sequence[Statement],
    earlier: Iterable[ExecutionEvent],
    milestones: Set[str],
    taken: Set[str],
    until: datetime | None = None,
) -> News:
    """What the file says that the files before it did not.

    A start, completion, block or its end that the file tells otherwise, or no longer tells, is retracted.
    Progress is a history and stays, unless the file says that nothing has happened at all, or that work had not
    begun, or says something else of what came after up to its data date. What was superseded by others is
    what it was: a file that only repeats itself does not override them. O(statements + earlier).

    Args:
        source: the source of all events of the plan's files.
        statements: what the file says.
        earlier: all events recorded from this source in the plan.
        milestones: the keys that the file has; of others nothing is said.
        taken: the ids that are in use in this source, in any plan.
        until: the data date of the file; None: it has none.
    """
    begun = {each.milestone: each.at for each in statements if each.type == EventType.started}
    standing: dict[tuple[str, str], list[ExecutionEvent]] = {}
    for event in effective(event for event in earlier if event.source == source):
        if event.milestone is not None:
            standing.setdefault((event.milestone, event.type), []).append(event)
    make = _Making(source, taken)
    told: set[str] = set()
    known = 0
    for statement in statements:
        told.add(statement.milestone)
        before = standing.pop((statement.milestone, statement.type), [])
        if statement.type == EventType.progressed:
            same, contradicted = _against_progress(statement, before, begun.get(statement.milestone), until)
        else:
            same, contradicted = _against(statement, before)
        make.retract(contradicted, "the schedule file tells it otherwise")
        known += same
        if not same:
            make.event(statement)
    for (milestone, type_), before in standing.items():
        if milestone in milestones and (type_ in _ONCE or milestone not in told):
            make.retract(before, "the schedule file no longer tells it")
    return News(make.retractions, make.events, known)


def _against(statement: Statement, before: Sequence[ExecutionEvent]) -> tuple[bool, Sequence[ExecutionEvent]]:
    """Whether the statement is known, and which events of its kind and milestone it contradicts."""
    same = [e for e in before if _moment(e) == statement.occurred_at and dict(e.data) == dict(statement.data)]
    return bool(same), [event for event in before if event not in same]


def _against_progress(
    statement: Statement, before: Sequence[ExecutionEvent], begun: datetime | None, until: datetime | None
) -> tuple[bool, Sequence[ExecutionEvent]]:
    """The same of progress: known is what the last report up to then said already.

    A report of later than the data date is none of this file's business: a newer file told it.
    """
    last = next((event for event in reversed(before) if event.occurred_at <= statement.at), None)
    known = last is not None and _progress(last.data) == _progress(statement.data)
    contradicted = [
        event
        for event in before
        if (begun is not None and event.occurred_at < begun)
        or (until is not None and statement.at < event.occurred_at <= until)
        or (not known and _moment(event) == statement.occurred_at)
    ]
    return known and last not in contradicted, contradicted


def _progress(data: Mapping[str, Any]) -> tuple[Any, Any]:
    return data.get("percent_complete"), data.get("remaining_minutes")


def _moment(event: ExecutionEvent) -> Moment:
    return event.occurred_on or event.occurred_at


class _Making:
    """The new events, each under an id that nothing has yet."""

    def __init__(self, source: str, taken: Set[str]) -> None:
        self._source, self._taken = source, set(taken)
        self.retractions: list[NewEvent] = []
        self.events: list[NewEvent] = []

    def retract(self, events: Iterable[ExecutionEvent], reason: str) -> None:
        for event in events:
            data = {"event": {"source": self._source, "id": event.id}, "reason": reason}
            found = self._free(f"{event.id}/retracted")
            self.retractions.append(NewEvent(found, EventType.retracted.value, None, _moment(event), data, None))

    def event(self, statement: Statement) -> None:
        name, milestone, type_, occurred_at, data, number, _ = statement
        found = self._free(f"{name}/{type_}/{format_moment(occurred_at)}")
        self.events.append(NewEvent(found, type_, milestone, occurred_at, data, number))

    def _free(self, text: str) -> str:
        """The id itself (hashed where it cannot be one), or the first of `…/2`, `…/3` … that is free."""
        short = len(text) <= MAX_ID - 10 and _IDENTIFIER.fullmatch(text)
        wanted = text if short else f"sha256:{sha256(text.encode()).hexdigest()}"
        found = next(each for n in count(1) if (each := wanted if n == 1 else f"{wanted}/{n}") not in self._taken)
        self._taken.add(found)
        return found
