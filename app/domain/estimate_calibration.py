"""How long finished activities took against how long they were to take: by all, and by whose they were."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from app.domain.forecast_accuracy import LEAST, grouped
from app.domain.measures import Reason


class Estimate(NamedTuple):
    """A finished activity, in working minutes; `planned_minutes` is greater than 0."""

    owner: str | None
    planned_minutes: int
    actual_minutes: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """Actual by planned duration: more than 1 took longer; null with a reason below `LEAST` activities.

    Attributes:
        ratio: of the sums. `median_ratio`: of the activities, whatever their size.
    """

    count: int
    planned_minutes: int
    actual_minutes: int
    ratio: Fraction | None
    median_ratio: Fraction | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """All finished activities, and those of each owner."""

    whole: Ratio
    by_owner: Mapping[str | None, Ratio]


def calibration(estimates: Iterable[Estimate]) -> Calibration:
    """Actual by planned durations; the order of the activities changes nothing. O(n log n).

    Source: reference-class forecasting from an organisation's own closed work (Kahneman and Lovallo, 1993).
    """
    every = list(estimates)
    by_owner = grouped(every, lambda each: each.owner)
    return Calibration(_ratio(every), {owner: _ratio(some) for owner, some in by_owner.items()})


def _ratio(estimates: Sequence[Estimate]) -> Ratio:
    count = len(estimates)
    planned = sum(each.planned_minutes for each in estimates)
    actual = sum(each.actual_minutes for each in estimates)
    if count < LEAST:
        return Ratio(count, planned, actual, None, None, Reason.insufficient_data)
    middle = median(Fraction(each.actual_minutes, each.planned_minutes) for each in estimates)
    return Ratio(count, planned, actual, Fraction(actual, planned), Fraction(middle), None)
