"""Objectives: their tree, and how what contributes to one is rolled up by its declared rule.

Pure and free of any order: weights and values are added exactly, as the decimal fractions they are written as. So
the same contributors give the same numbers however they are listed, and 0.1 and 0.2 together tie with 0.3.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Generic, NamedTuple, TypeVar

from app.domain.metric_scores import LEAST_COVERAGE
from app.domain.metric_values import exact
from app.domain.moments import Moment
from app.domain.variance import ScheduleStatus

MAX_DEPTH = 10
"""Objectives from a root down to the deepest, both counted."""

MAX_DRIVERS = 20

T = TypeVar("T", float, ScheduleStatus)
Name = tuple[str, str]  # (kind, key)


class RollupRule(StrEnum):
    """How an objective is made of what contributes to it."""

    worst = "worst"
    """The lowest progress and score, the worst status."""
    weighted = "weighted"
    """The weighted means of progress and score over what is known; the status that has the greatest weight."""
    critical_path = "critical_path"
    """What finishes last decides."""


class ContributorKind(StrEnum):
    """What contributes to an objective."""

    plan = "plan"
    objective = "objective"
    metric = "metric"


class NoValue(StrEnum):
    """Why something has no progress, status or score."""

    not_applicable = "not_applicable"
    """This kind of contributor has none, or all of its work was cancelled."""
    cancelled = "cancelled"
    """The plan was cancelled."""
    no_metrics = "no_metrics"
    """It has no success metrics, and nor has what it is made of."""
    no_contributors = "no_contributors"
    """No plan and no child objective contributes to it."""
    nothing_known = "nothing_known"
    """Something contributes to it, but nothing is known of any of it; see the contributors."""
    no_finish = "no_finish"
    """What finishes last decides, and nothing that contributes has a finish."""
    no_baseline = "no_baseline"
    """The plan has no baseline."""
    nothing_to_compare = "nothing_to_compare"
    """Nothing that is left of the plan's baseline has a date, or weighs anything."""
    not_measured = "not_measured"
    """Nobody has measured the metric so that it could be graded."""
    insufficient_data = "insufficient_data"
    """Less than 0.7 of the weight of what has metrics is graded."""


ABSENT = frozenset({NoValue.not_applicable, NoValue.cancelled, NoValue.no_metrics})
"""What makes a contributor count for nothing, rather than as something that is not known."""

_GOODNESS = {status: rank for rank, status in enumerate(ScheduleStatus)}  # the worst is named first


class Finish(NamedTuple):
    """When something finishes: the instant, and the moment as it is told."""

    at: datetime
    told: Moment


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A value, or the reason why there is none.

    `coverage` is the share, 0 to 1, of what it is made of that is known.
    """

    value: T | None
    reason: NoValue | None = None
    coverage: float = 1.0

    @property
    def applies(self) -> bool:
        """Whether it counts at all."""
        return self.reason not in ABSENT


def unknown(reason: NoValue) -> Known[T]:
    """No value, for this reason."""
    return Known(None, reason, 0.0)


@dataclass(frozen=True, slots=True)
class Contributor:
    """A plan, a child objective or a metric of the objective's own.

    Units: `weight` is dimensionless and greater than 0; `progress` percent complete, 0 to 100; `score` the grade of
    its success metrics, 0 to 1. `gate_failed`: a metric that must be met was not.
    """

    kind: ContributorKind
    key: str
    weight: float
    progress: Known[float]
    status: Known[ScheduleStatus]
    score: Known[float]
    finish: Finish | None = None
    gate_failed: bool = False

    @property
    def name(self) -> Name:
        """What tells it from the others."""
        return (self.kind.value, self.key)


@dataclass(frozen=True, slots=True)
class Rolled(Generic[T]):
    """One quantity of an objective.

    `shares` are the parts, together 1, that what is known has of the weight; `drivers` what decided: the worst ones;
    by weight those that pull the mean down, hardest first, or that have the status; what finishes last.
    """

    known: Known[T]
    shares: Mapping[Name, float]
    drivers: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class RolledUp:
    """An objective, made of what contributes to it."""

    progress: Rolled[float]
    status: Rolled[ScheduleStatus]
    score: Rolled[float]
    finish: Finish | None
    gates_failed: tuple[Name, ...]


class _Entry(NamedTuple, Generic[T]):
    """What one contributor has of one quantity."""

    contributor: Contributor
    weight: Fraction
    known: Known[T]


def roll_up(rule: RollupRule, contributors: Iterable[Contributor]) -> RolledUp:
    """An objective by its rule.

    `worst`: the lowest progress, the lowest score and the worst status of what is known. `weighted`: the mean of
    progress and of scores by weight, over what is known, a score only where at least 0.7 of the weight is; the status
    with the greatest weight, of two that tie the worse. `critical_path`: for each quantity, the contributor that
    finishes last of those that have it (of several at the same instant the worst); where it is not known, neither is
    the objective.

    Coverage is always the share of the weight that is known, of what the quantity applies to.
    """
    listed = sorted(contributors, key=lambda each: each.name)
    finishes = [each.finish for each in listed if each.finish and each.kind is not ContributorKind.metric]
    return RolledUp(
        progress=_rolled(rule, _entries(listed, lambda each: each.progress), _percents),
        status=_rolled(rule, _entries(listed, lambda each: each.status), _statuses),
        score=_rolled(rule, _entries(listed, lambda each: each.score), _scores, NoValue.no_metrics),
        finish=max(finishes, key=lambda finish: (finish.at, str(finish.told)), default=None),
        gates_failed=tuple(each.name for each in listed if each.gate_failed),
    )


def _entries(contributors: Sequence[Contributor], part: Callable[[Contributor], Known[T]]) -> list[_Entry[T]]:
    found = [_Entry(each, exact(each.weight), part(each)) for each in contributors]
    return [entry for entry in found if entry.known.applies]


class _Kind(NamedTuple, Generic[T]):
    """How values of a quantity are compared and averaged; `least`: the coverage without which there is no average."""

    goodness: Callable[[T], float]
    average: Callable[[Sequence[_Entry[T]]], tuple[T, tuple[Name, ...]]]
    least: Fraction = Fraction(0)


def _rolled(
    rule: RollupRule, entries: Sequence[_Entry[T]], kind: _Kind[T], nothing: NoValue = NoValue.no_contributors
) -> Rolled[T]:
    if not entries:
        return Rolled(unknown(nothing), {}, ())
    counted = [entry for entry in entries if entry.known.value is not None]
    total = sum(entry.weight for entry in counted)
    shares = {entry.contributor.name: float(entry.weight / total) for entry in counted}
    covered = sum(entry.weight * exact(entry.known.coverage) for entry in counted)
    # What is known of a child is a rounded share: 0.45 of a third and 0.55 are 0.7.
    coverage = float(covered / sum(entry.weight for entry in entries))
    by_finish = rule is RollupRule.critical_path
    deciding = _last(entries) if by_finish else entries
    if not deciding:
        return Rolled(Known(None, NoValue.no_finish, coverage), shares, ())
    found = [entry for entry in deciding if entry.known.value is not None]
    if not found:
        return Rolled(Known(None, NoValue.nothing_known, coverage), shares, _names(deciding) if by_finish else ())
    if rule is not RollupRule.weighted:
        value, drivers = _worst(found, kind)
    elif exact(coverage) >= kind.least:
        value, drivers = kind.average(found)
    else:
        return Rolled(Known(None, NoValue.insufficient_data, coverage), shares, ())
    return Rolled(Known(value, None, coverage), shares, drivers)


def _last(entries: Sequence[_Entry[T]]) -> list[_Entry[T]]:
    """Those that finish last, at one instant."""
    finishes = [(entry.contributor.finish.at, entry) for entry in entries if entry.contributor.finish is not None]
    last = max((at for at, _ in finishes), default=None)
    return [entry for at, entry in finishes if at == last]


def _names(entries: Iterable[_Entry[T]]) -> tuple[Name, ...]:
    return tuple(entry.contributor.name for entry in entries)[:MAX_DRIVERS]


def _value(entry: _Entry[T]) -> T:
    assert entry.known.value is not None
    return entry.known.value


def _worst(entries: Sequence[_Entry[T]], kind: _Kind[T]) -> tuple[T, tuple[Name, ...]]:
    worst = min((_value(entry) for entry in entries), key=kind.goodness)
    return worst, _names(entry for entry in entries if entry.known.value == worst)


def _mean(entries: Sequence[_Entry[float]]) -> tuple[float, tuple[Name, ...]]:
    total = sum(entry.weight for entry in entries)
    mean = sum((entry.weight * exact(_value(entry)) for entry in entries), Fraction(0)) / total
    pulls = [(entry.weight * (mean - exact(_value(entry))), entry) for entry in entries]
    hardest = sorted((each for each in pulls if each[0] > 0), key=lambda each: -each[0])
    return float(mean), _names(entry for _, entry in hardest)


def _heaviest(entries: Sequence[_Entry[ScheduleStatus]]) -> tuple[ScheduleStatus, tuple[Name, ...]]:
    weights: dict[ScheduleStatus, Fraction] = {}
    for entry in entries:
        weights[_value(entry)] = weights.get(_value(entry), Fraction(0)) + entry.weight
    status = max(weights, key=lambda each: (weights[each], -_GOODNESS[each]))
    of_it = sorted((entry for entry in entries if entry.known.value is status), key=lambda entry: -entry.weight)
    return status, _names(of_it)


_percents: _Kind[float] = _Kind(lambda value: value, _mean)
_scores: _Kind[float] = _Kind(lambda value: value, _mean, LEAST_COVERAGE)
_statuses: _Kind[ScheduleStatus] = _Kind(lambda status: _GOODNESS[status], _heaviest)


def cycle_of(parents: Mapping[str, str | None], key: str, parent: str | None) -> tuple[str, ...]:
    """The circle that would close if `key` had this parent: from the key over its parents back to it; else empty.

    `parents` is the tree as it is, without a circle. O(depth).
    """
    path = [key]
    while parent is not None:
        path.append(parent)
        if parent == key:
            return tuple(path)
        parent = parents.get(parent)
    return ()


def depth_with(parents: Mapping[str, str | None], key: str, parent: str | None) -> int:
    """How deep the tree would reach below `key` if it had this parent, which must close no circle. O(objectives)."""
    above = 0
    while parent is not None:
        above += 1
        parent = parents.get(parent)
    children: dict[str, list[str]] = {}
    for child, of in parents.items():
        if of is not None:
            children.setdefault(of, []).append(child)
    level, below = [key], 0
    while level:
        below += 1
        level = [child for each in level for child in children.get(each, ())]
    return above + below
