"""What became of a plan, in three words that are never made one: delivery, budget, metrics."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from app.domain.execution import Lifecycle
from app.domain.measures import Basis, Variance
from app.domain.metric_scores import Score, Verdict


class Delivery(StrEnum):
    """What became of the work."""

    on_time = "on_time"
    late = "late"
    early = "early"
    cancelled = "cancelled"
    """The plan was closed as cancelled, or all of its work was."""
    unfinished = "unfinished"
    """Something is not done, although the plan may be closed as completed."""
    unknown = "unknown"
    """There is nothing to compare, or nothing to do."""


class BudgetResult(StrEnum):
    """What was spent against what was budgeted."""

    within = "within"
    over = "over"
    unknown = "unknown"


class MetricsResult(StrEnum):
    """What the success metrics come to."""

    met = "met"
    partly = "partly"
    missed = "missed"
    failed_gate = "failed_gate"
    """A metric that all depends on failed, whatever the score is."""
    unknown = "unknown"
    """There are none, or too little of them is known."""


_RESULTS = {
    Verdict.met: MetricsResult.met,
    Verdict.partly: MetricsResult.partly,
    Verdict.missed: MetricsResult.missed,
    Verdict.failed: MetricsResult.failed_gate,
}


def delivery(lifecycles: Iterable[Lifecycle], finish: Variance) -> Delivery:
    """What became of the work of a plan, whatever its status is, to the working minute.

    Args:
        lifecycles: of every leaf that is in the plan.
        finish: the variance of the plan's finish.
    """
    every = set(lifecycles)
    if every == {Lifecycle.cancelled}:
        return Delivery.cancelled
    if every - {Lifecycle.completed, Lifecycle.cancelled}:
        return Delivery.unfinished
    minutes = finish.working_minutes
    if not every or minutes is None or finish.basis is not Basis.actual:
        return Delivery.unknown
    if minutes == 0:
        return Delivery.on_time
    return Delivery.late if minutes > 0 else Delivery.early


def budget(budgeted: Decimal | None, spent: Decimal | None, *, is_least: bool = False) -> BudgetResult:
    """Whether no more was spent than budgeted.

    Args:
        budgeted: in the plan's currency; None: not known.
        spent: the same.
        is_least: whether at least this was spent, so that it may be over and can't be known to be within.
    """
    if budgeted is None or spent is None:
        return BudgetResult.unknown
    if spent > budgeted:
        return BudgetResult.over
    return BudgetResult.unknown if is_least else BudgetResult.within


def metrics(score: Score) -> MetricsResult:
    """What a set of metrics comes to; a gate fails it whatever else is known."""
    return MetricsResult.unknown if score.verdict is None else _RESULTS[score.verdict]
