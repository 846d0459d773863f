"""Which plans need attention now, and why: a declared order of concerns.

A plan is as urgent as the gravest concern there is about it; of two that share it, the one whose next concern is
graver; of two with the same concerns, the one with more open breaches. Pure, and free of any other order.
"""

from enum import StrEnum
from typing import NamedTuple


class Concern(StrEnum):
    """A reason to look at an active plan; the gravest is named first."""

    breach = "breach"
    """A deviation at the level of a breach is open: nobody has acknowledged it."""
    contingency_due = "contingency_due"
    """The trigger of a contingency holds, and it is not activated."""
    failed_gate = "failed_gate"
    """A metric that must be met was not."""
    late = "late"
    """Something finished late, or is not done although its baseline date has passed."""
    negative_float = "negative_float"
    """Something that is not done can't be in time for its deadline."""
    over_budget = "over_budget"
    """More was spent than budgeted, or will be at the cost performance so far."""
    metrics_red = "metrics_red"
    """The score of its metrics is red."""
    at_risk = "at_risk"
    """Something is expected late."""
    warning = "warning"
    """A deviation at the level of a warning is open."""
    rosier = "rosier"
    """The newest status report said better than was computed."""
    stale = "stale"
    """Work is going on that nothing was heard of for two weeks."""
    no_baseline = "no_baseline"
    """It is active, and there is nothing to hold it against."""


class Attention(NamedTuple):
    """How urgent a plan is.

    Attributes:
        reasons: the concerns there are, gravest first.
        rank: 0 and up; the least is the most urgent.
    """

    reasons: tuple[Concern, ...]
    rank: int


_MOST_BREACHES = 999  # beyond that, more make no difference
_PER_SET = _MOST_BREACHES + 1
_ALL = 2 ** len(Concern) - 1
_BITS = {concern: 2 ** (len(Concern) - 1 - place) for place, concern in enumerate(Concern)}

CALM = _ALL * _PER_SET + _MOST_BREACHES
"""The rank of a plan that there is no concern about: the last there is."""


def attention(concerns: frozenset[Concern], breaches: int = 0) -> Attention:
    """The urgency of a plan by its concerns, and how many of its breaches are open."""
    reasons = tuple(concern for concern in Concern if concern in concerns)
    found = sum(_BITS[concern] for concern in reasons)
    return Attention(reasons, (_ALL - found) * _PER_SET + _MOST_BREACHES - min(breaches, _MOST_BREACHES))
