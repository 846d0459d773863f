"""The books by milestone, phase and owner: sums of what is planned, earned and spent, to the last digit."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.cost import Books, everything, inside_of
from app.domain.measures import Reason
from app.domain.money import ZERO, exact
from app.domain.plan import Milestone, MilestoneKind
from app.domain.rollup import upwards


class CostBy(StrEnum):
    """What the lines of the books are."""

    milestone = "milestone"
    phase = "phase"
    owner = "owner"
    period = "period"


class Sums(NamedTuple):
    """Planned in all and to date, earned, and spent."""

    planned: Decimal = ZERO
    planned_to_date: Decimal = ZERO
    earned: Decimal = ZERO
    spent: Decimal = ZERO


NONE = Sums()


class CostLine(NamedTuple):
    """One line of the books.

    Attributes:
        key: of a milestone, phase, owner or period; None: what belongs to none of them, such as the costs of the
            plan as a whole.
        parent: the phase it lies in. absence: why nothing is planned of it.
    """

    key: str | None
    sums: Sums
    name: str | None = None
    parent: str | None = None
    absence: Reason | None = None


def add(one: Sums, other: Sums) -> Sums:
    """Both together; exact where money is."""
    return Sums(one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3])


def total(books: Books) -> Sums:
    """The whole."""
    return _sums((None, each) for _, each in _entries(books)).get(None, NONE)


def by_milestone(books: Books) -> list[CostLine]:
    """A line each milestone and activity, and one for what was spent on none of them; by key, that one first."""
    sums = _sums(_entries(books))
    return [_line(books, key, sums) for key in _ordered({*books.leaves, *sums})]


def by_owner(books: Books) -> list[CostLine]:
    """A line each owner, and one for what has none; by owner, that one first."""
    milestones = everything(books.inputs)

    def owner(key: str | None) -> str | None:
        milestone = milestones.get(key or "")
        return None if milestone is None else milestone.owner

    sums = _sums((owner(key), each) for key, each in _entries(books))
    return [CostLine(key, sums[key]) for key in _ordered(sums)]


def by_phase(books: Books, top: str | None = None) -> list[CostLine]:
    """A line each phase with all that lies in it at any depth, and one for what lies in none; by key, that one first.

    A phase within a phase is part of its parent's line, too: those without a parent and the line of no phase add up
    to the total. In the books of one phase, `top`, that phase takes the place of none.
    """
    milestones = everything(books.inputs)
    inside = milestones if top is None else inside_of(books.inputs, top) - {top}
    phases = {key for key in inside if milestones[key].kind is MilestoneKind.phase}

    def phase_of(key: str | None) -> str | None:
        milestone = milestones.get(key or "")
        if milestone is None or milestone.kind is MilestoneKind.phase:
            return key if key in phases else None
        return milestone.parent if milestone.parent in phases else None

    sums = _sums((phase_of(key), each) for key, each in _entries(books))
    with exact():
        for phase, parent in upwards(milestones):
            if phase in phases and parent in phases:
                sums[parent] = add(sums.get(parent, NONE), sums.get(phase, NONE))
    return [_line(books, key, sums) for key in _ordered({*phases, *sums})]


def _line(books: Books, key: str | None, sums: Mapping[str | None, Sums]) -> CostLine:
    leaf, milestone = books.leaves.get(key or ""), (books.inputs.baseline or {}).get(key or "")
    milestone = books.inputs.current.get(key or "", milestone)
    if milestone is None:
        return CostLine(key, sums.get(key, NONE))
    absence = None if leaf is None else leaf.absence
    return CostLine(key, sums.get(key, NONE), milestone.name, _phase_around(books, milestone), absence)


def _phase_around(books: Books, milestone: Milestone) -> str | None:
    """Where it lies; in none if that was a phase in the baseline alone, and is something else now."""
    parent = milestone.parent or ""
    found = books.inputs.current.get(parent, (books.inputs.baseline or {}).get(parent))
    return milestone.parent if found is not None and found.kind is MilestoneKind.phase else None


def _entries(books: Books) -> Iterator[tuple[str | None, Sums]]:
    for key, leaf in books.leaves.items():
        yield key, Sums(leaf.weight, leaf.planned, leaf.earned)
    for cost in books.costs:
        yield cost.milestone, Sums(spent=cost.amount)


def _sums(entries: Iterable[tuple[str | None, Sums]]) -> dict[str | None, Sums]:
    found: dict[str | None, Sums] = {}
    with exact():
        for key, each in entries:
            known = found.get(key)
            found[key] = each if known is None else add(known, each)
    return found


def _ordered(keys: Iterable[str | None]) -> list[str | None]:
    return sorted(keys, key=lambda key: key or "")
