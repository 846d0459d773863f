"""What many plans come to together, by declared rules and free of any order.

Counts are counted, money is added exactly and never across currencies, percents are means by weight, the status is
the worst of what is known, the finish the latest. A plan that contributes to several objectives counts in each, by
its weight there; in every other group each plan weighs 1.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from heapq import nsmallest
from typing import NamedTuple

from app.domain.attention import CALM
from app.domain.metric_values import exact
from app.domain.moments import Moment
from app.domain.money import total
from app.domain.variance import ScheduleStatus

MAX_DRIVERS = 5

FIGURES = ("budget_at_completion", "earned_value", "actual_cost", "estimate_at_completion", "expected_cost")
"""The money that is added up: of the books, and what is expected of risks."""

_KNOWN = tuple(each for each in ScheduleStatus if each not in {ScheduleStatus.unknown, ScheduleStatus.not_applicable})


class NoTotal(StrEnum):
    """Why there is no value of many plans."""

    no_plans = "no_plans"
    """There are no plans."""
    nothing_known = "nothing_known"
    """Of none of the plans it is known."""


class Entry(NamedTuple):
    """One plan, as far as it is added up.

    Attributes:
        percent: actual percent complete, 0 to 100; None: not known.
        finish: when it is projected to finish. `told`: the same as it is told.
        currency: of its money. `amounts`: one for each of `FIGURES`; None: it has none of that.
        rank: of its attention; the least is the most urgent.
    """

    key: str
    status: str
    schedule_status: str
    band: str | None
    percent: Decimal | None
    finish: datetime | None
    told: Moment | None
    currency: str | None
    amounts: tuple[Decimal | None, ...]
    rank: int


class MoneySum(NamedTuple):
    """An exact sum in one currency, and of how many plans."""

    amount: Decimal
    plans: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What plans come to together.

    Attributes:
        statuses, schedule_statuses, bands: how many plans have each; a band of None: there is no score.
        percent: the mean of actual percents complete by weight; None: of no plan it is known.
        percent_coverage: the share of the weights, 0 to 1, that is known.
        worst: the worst schedule status that is known.
        finish: the latest projected finish, as it is told.
        money: by figure and currency.
        drivers: the keys of the plans that need attention most, most urgent first.
        concerned: how many plans need attention.
        rank: that of the most urgent.
    """

    plans: int
    statuses: Mapping[str, int]
    schedule_statuses: Mapping[str, int]
    bands: Mapping[str | None, int]
    percent: Fraction | None
    percent_coverage: Fraction | None
    worst: ScheduleStatus | None
    finish: Moment | None
    money: Mapping[tuple[str, str], MoneySum]
    drivers: tuple[str, ...]
    concerned: int
    rank: int

    def reason(self, value: object) -> NoTotal | None:
        """Why a value of these plans is missing; None: it is not."""
        if value is not None:
            return None
        return NoTotal.nothing_known if self.plans else NoTotal.no_plans


@dataclass(slots=True)
class _Group:
    members: list[Entry] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


def totals(entries: Sequence[Entry], weights: Sequence[float] | None = None) -> Totals:
    """Roll plans up; `weights` are theirs, greater than 0, and 1 where none are given. O(n)."""
    percent, coverage = _percent(entries, weights or [1.0] * len(entries))
    schedule_statuses = Counter(each.schedule_status for each in entries)
    finishes = [(each.finish, str(each.told), each.told) for each in entries if each.finish is not None]
    concerned = [each for each in entries if each.rank < CALM]
    urgent = nsmallest(MAX_DRIVERS, concerned, key=lambda each: (each.rank, each.key))
    return Totals(
        plans=len(entries),
        statuses=Counter(each.status for each in entries),
        schedule_statuses=schedule_statuses,
        bands=Counter(each.band for each in entries),
        percent=percent,
        percent_coverage=coverage,
        worst=next((each for each in _KNOWN if schedule_statuses[each]), None),
        finish=max(finishes, key=lambda each: each[:2])[2] if finishes else None,
        money=_money(entries),
        drivers=tuple(each.key for each in urgent),
        concerned=len(concerned),
        rank=urgent[0].rank if urgent else CALM,
    )


def _percent(entries: Sequence[Entry], weights: Sequence[float]) -> tuple[Fraction | None, Fraction | None]:
    """The mean percent, and the share of the weights that it is the mean of."""
    by_weight: dict[float, list[Decimal | None]] = {}
    for entry, weight in zip(entries, weights, strict=True):
        by_weight.setdefault(weight, []).append(entry.percent)
    whole, known, done = Fraction(0), Fraction(0), Fraction(0)
    for weight, percents in by_weight.items():
        found = [each for each in percents if each is not None]
        whole += exact(weight) * len(percents)
        known += exact(weight) * len(found)
        done += exact(weight) * Fraction(total(found))
    return done / known if known else None, known / whole if whole else None


def _money(entries: Sequence[Entry]) -> dict[tuple[str, str], MoneySum]:
    by_currency: dict[str, list[tuple[Decimal | None, ...]]] = {}
    for entry in entries:
        if entry.currency is not None:
            by_currency.setdefault(entry.currency, []).append(entry.amounts)
    sums = {}
    for currency, rows in sorted(by_currency.items()):
        for figure, amounts in zip(FIGURES, zip(*rows, strict=True), strict=True):
            found = [each for each in amounts if each is not None]
            sums[figure, currency] = MoneySum(total(found), len(found))
    return sums


def grouped(members: Iterable[tuple[str | None, float, Entry]]) -> list[tuple[str | None, Totals]]:
    """Roll plans up by group, given (group, weight in it, plan); most urgent group first, then by its key.

    The group None is that of the plans that are in no other.
    """
    groups: dict[str | None, _Group] = {}
    for key, weight, entry in members:
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group()
        group.members.append(entry)
        group.weights.append(weight)
    found = [(key, totals(group.members, group.weights)) for key, group in groups.items()]
    return sorted(found, key=lambda each: (each[1].rank, each[0] is None, each[0] or ""))
