"""What the effort that a plan assigns costs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from app.cost.inputs import rate_in
from app.domain.assignments import assignment_of
from app.domain.cost import Books
from app.domain.load import effort_of
from app.domain.measures import Reason
from app.domain.money import ZERO, Amount, Undefined, exact, share_of
from app.domain.plan import Money, PartBody
from app.resources.store import Version
from app.variance.snapshot import Snapshot

_MINUTES_PER_HOUR = 60


class PlannedEffort(NamedTuple):
    """All the minutes that are assigned, and what they cost."""

    minutes: Decimal
    cost: Amount


def planned_effort(snapshot: Snapshot, books: Books, bodies: Mapping[str, PartBody]) -> PlannedEffort:
    """The effort that assignments plan in the scope of the books, at the newest rates; cancelled work takes none."""
    minutes, amount, unpriced = ZERO, ZERO, False
    for key, body in bodies.items():
        assignment = assignment_of(key, body)
        leaf = books.leaves.get(assignment.milestone)
        if leaf is None or leaf.absence is Reason.cancelled:
            continue
        effort = effort_of(assignment, leaf.milestone, snapshot.working_of(leaf.milestone))
        cost = planned_cost(snapshot.resources[assignment.resource][-1], effort)
        with exact():
            minutes += effort
            if cost is not None and cost.currency == books.currency:
                amount += cost.amount
            else:
                unpriced = unpriced or effort > 0
    if isinstance(books.currency, Undefined):
        return PlannedEffort(minutes, books.currency)
    return PlannedEffort(minutes, Undefined.no_rate if unpriced else amount)


def planned_cost(version: Version, minutes: Decimal) -> Money | None:
    """What so much of a resource costs at the rate of this version, to six places; None: nothing says so."""
    rate = rate_in(version)
    return None if rate is None else Money(share_of(rate.amount, minutes, _MINUTES_PER_HOUR), rate.currency)
