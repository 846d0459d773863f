"""Items: what tolerances judge besides the dates of milestones, such as metrics, contingencies and money."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.domain.execution import Identity
from app.domain.measures import Reason
from app.domain.tolerances import Measure, Unit


class ItemValue(NamedTuple):
    """The value of an item at one data date, and what shows where it comes from.

    Attributes:
        value: in the unit that was asked for; None: there is nothing to judge.
        reason: why there is no value.
        operands: what it was computed from, as it is on the wire.
        events: the (source, id) of the execution events that it rests on, at most 20, newest last.
        summary: one plain sentence that says nothing of the tolerance and has no full stop:
            "adoption is 12 points behind its pace".
        basis: what the value rests on.
        is_final: whether it is a fact that time alone can't change.
    """

    value: float | None
    reason: Reason | None
    operands: Mapping[str, Any]
    events: tuple[Identity, ...]
    summary: str
    basis: str = "computed"
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a measure of items is judged of.

    Attributes:
        about: which part of the plan it is, as "metrics/adoption" or "risks/r1/contingencies/c1"; None (and
            no milestone): the plan as a whole.
        milestone: the key of a milestone that it is about, too.
        owner: who is responsible for it; None: the milestone's owner, or the plan's.
        value_at: pure: its value at a data date if nothing more is heard until then.
        breakpoints: later instants at which the value may jump or turn, begin to move or cease, be there or not;
            between two of them it is monotone in time, or None for one reason throughout. What does not move for a
            year after the last one is taken to stay.
    """

    about: str | None
    milestone: str | None
    owner: str | None
    value_at: Callable[[datetime], ItemValue]
    breakpoints: tuple[datetime, ...] = ()


ItemsOf = Callable[[Measure, Unit], Sequence[Item]]
"""The items that a measure has in one plan, their values in this unit."""
