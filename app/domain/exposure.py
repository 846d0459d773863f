"""What risks may cost in time and money, and which room covers it: floats, the plan's buffer, its reserve.

The expected value of a risk is its probability times its impact (PMI, Practice Standard for Project Risk
Management: expected monetary value). What has occurred counts whole until it is closed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.measures import Reason
from app.domain.money import ZERO, exact, total
from app.domain.risks import Risk, RiskStatus

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Exposure:
    """Expected impacts: working minutes of delay, and money, each by milestone; what has none is not there."""

    minutes: Mapping[str, Decimal] = field(default_factory=dict)
    cost: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def total_minutes(self) -> Decimal:
        """All minutes, each of its milestone's own calendar."""
        return total(self.minutes.values())

    @property
    def total_cost(self) -> Decimal:
        """All money."""
        return total(self.cost.values())


NO_EXPOSURE = Exposure()


def weight_of(risk: Risk, status: RiskStatus) -> Decimal:
    """How much of its impact is expected: its probability; 1 once it has occurred; 0 when it is closed."""
    if status is RiskStatus.open:
        return risk.probability
    return _ONE if status is RiskStatus.occurred else ZERO


def exposure_of(risk: Risk, status: RiskStatus, done: Set[str] = frozenset()) -> Exposure:
    """Weight x impact of one risk; empty where it is closed. What is done can't be delayed any more."""
    weight = weight_of(risk, status)
    if not weight:
        return NO_EXPOSURE
    delayed = (each for each in risk.impacts if each.minutes and each.milestone not in done)
    minutes = {each.milestone: Decimal(each.minutes) for each in delayed}
    costs = {each.milestone: each.cost.amount for each in risk.impacts if each.cost is not None}
    return Exposure(_times(weight, minutes), _times(weight, costs))


def _times(weight: Decimal, amounts: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    with exact():
        return {key: weight * amount for key, amount in amounts.items()}


def all_of(exposures: Iterable[Exposure]) -> Exposure:
    """The sum of exposures, milestone by milestone; the same in whatever order they are added."""
    minutes, cost = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    with exact():
        for each in exposures:
            for key, amount in each.minutes.items():
                minutes[key] += amount
            for key, amount in each.cost.items():
                cost[key] += amount
    return Exposure(dict(minutes), dict(cost))


class CoverageStatus(StrEnum):
    """Whether there is room for what is expected."""

    covered = "covered"
    """All of it fits into the room there is."""
    uncovered = "uncovered"
    """It is more than the room there is."""
    unknown = "unknown"
    """Something is expected, and how much room there is can't be told; the reason says why."""


class NoRoom(StrEnum):
    """Why there is no room that could be told, besides the reasons of variance."""

    no_target_finish = "no_target_finish"
    """The plan has no target finish."""
    no_reserve = "no_reserve"
    """The plan has no reserve."""
    mixed_currency = "mixed_currency"
    """The reserve is in another currency than the plan's budgets and risks."""


class Coverage(NamedTuple):
    """What is expected against the room for it, in one unit.

    Attributes:
        room: what there is; negative where it is used up already and more; None: not known.
        covered, uncovered: which part of what is expected fits into the room, and what is left; None: not known.
        reason: why that is not known.
    """

    status: CoverageStatus
    room: Decimal | None
    covered: Decimal | None
    uncovered: Decimal | None
    reason: Reason | NoRoom | None = None


def coverage(expected: Decimal, room: Decimal | None, reason: Reason | NoRoom | None) -> Coverage:
    """How much of what is expected fits into the room; nothing at all fits always.

    Args:
        expected: not negative.
        room: what there is; a negative one covers nothing.
        reason: why there is none known, where `room` is None.
    """
    if room is None:
        if expected:
            return Coverage(CoverageStatus.unknown, None, None, None, reason)
        return Coverage(CoverageStatus.covered, None, ZERO, ZERO)
    covered = min(expected, max(room, ZERO))
    with exact():
        left = expected - covered
    return Coverage(CoverageStatus.uncovered if left else CoverageStatus.covered, room, covered, left)
