"""What a set of metrics comes to: the weighted grade, what is covered, what fails it, what costs it most."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from app.domain.metric_grades import band_of
from app.domain.metric_values import Band, MetricReason, exact
from app.domain.metrics import GateState, Reading

LEAST_COVERAGE = Fraction(7, 10)
"""The share of the weights that must be graded before there is a score."""


class Verdict(StrEnum):
    """What a set of metrics comes to, in a word."""

    met = "met"
    """Green."""
    partly = "partly"
    """Amber."""
    missed = "missed"
    """Red."""
    failed = "failed"
    """A gate failed, whatever the score is."""


class Graded(NamedTuple):
    """One member of a set; `weight` greater than 0, `grade` 0 to 1 or None where it is not known."""

    key: str
    weight: float
    grade: Fraction | None
    gate: GateState | None = None


class Driver(NamedTuple):
    """What a member costs the score, in points of 100."""

    key: str
    lost_points: Fraction


class Score(NamedTuple):
    """What a set comes to.

    Attributes:
        value: 0 to 1; None, with a reason, where too little is known. `band`: of the unrounded value.
        coverage: the share of the weights that is graded, 0 to 1; None of a set without members.
        failed_gates: the keys of the gates that failed, sorted. `pending_gates`: those that may still fail.
        drivers: who costs the score anything, most first; together they cost all that is missing.
    """

    value: Fraction | None
    band: Band | None
    verdict: Verdict | None
    reason: MetricReason | None
    coverage: Fraction | None
    failed_gates: tuple[str, ...]
    pending_gates: tuple[str, ...]
    drivers: tuple[Driver, ...]


_VERDICTS = {Band.green: Verdict.met, Band.amber: Verdict.partly, Band.red: Verdict.missed}


def graded(reading: Reading) -> Graded:
    """A metric as a member of its set."""
    return Graded(reading.metric.key, reading.metric.weight, reading.grade, reading.gate)


def score(members: Iterable[Graded]) -> Score:
    """Sum of weight x grade / sum of weights, over what is graded; the order of the members changes nothing.

    Less than 0.7 of the weights graded: no score, `insufficient_data`. A failed gate fails the set whatever the
    score is, and though there is none. O(n log n).
    """
    ordered: Sequence[Graded] = sorted(members, key=lambda each: each.key)
    weighed = [(each.key, exact(each.weight), each.grade) for each in ordered if each.grade is not None]
    total = sum((exact(each.weight) for each in ordered), Fraction(0))
    known = sum((weight for _, weight, _ in weighed), Fraction(0))
    coverage = known / total if total else None
    failed = tuple(each.key for each in ordered if each.gate is GateState.failed)
    pending = tuple(each.key for each in ordered if each.gate is GateState.pending)
    if coverage is None or coverage < LEAST_COVERAGE:
        verdict = Verdict.failed if failed else None
        return Score(None, None, verdict, MetricReason.insufficient_data, coverage, failed, pending, ())
    lost = [Driver(key, 100 * weight * (1 - grade) / known) for key, weight, grade in weighed]
    value = 1 - sum((each.lost_points for each in lost), Fraction(0)) / 100
    band = band_of(value)
    verdict = Verdict.failed if failed else _VERDICTS[band]
    drivers = sorted((each for each in lost if each.lost_points), key=lambda each: -each.lost_points)
    return Score(value, band, verdict, None, coverage, failed, pending, tuple(drivers))
