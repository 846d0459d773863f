"""Three words for what became of a plan."""

from decimal import Decimal

import pytest

from app.domain.execution import Lifecycle
from app.domain.measures import NOTHING, Basis, Favorability, Reason, Variance
from app.domain.metric_scores import Verdict, score
from app.domain.outcome import BudgetResult, Delivery, MetricsResult, budget, delivery, metrics

DONE, GONE, OPEN = Lifecycle.completed, Lifecycle.cancelled, Lifecycle.in_progress


def finish(minutes: int, basis: Basis = Basis.actual) -> Variance:
    return Variance(minutes, minutes / 480, minutes, basis, Favorability.neutral, None)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, Delivery.on_time), (1, Delivery.late), (-1, Delivery.early), (None, Delivery.unknown)],
)
def test_what_is_done_was_late_early_or_on_time_to_the_minute(minutes: int | None, expected: Delivery) -> None:
    found = NOTHING[Reason.no_baseline] if minutes is None else finish(minutes)
    assert delivery([DONE, DONE, GONE], found) is expected


def test_what_is_not_done_is_unfinished_however_late_it_is() -> None:
    assert delivery([DONE, OPEN], finish(480, Basis.projected)) is Delivery.unfinished


def test_a_plan_is_cancelled_with_all_of_its_work() -> None:
    assert delivery([GONE, DONE], finish(0)) is Delivery.on_time
    assert delivery([GONE, GONE], NOTHING[Reason.no_planned_date]) is Delivery.cancelled


def test_a_finish_that_is_no_fact_and_a_plan_without_work_are_unknown() -> None:
    assert delivery([DONE], finish(0, Basis.projected)) is Delivery.unknown
    assert delivery([], finish(0)) is Delivery.unknown


@pytest.mark.parametrize(
    ("budgeted", "spent", "expected"),
    [
        ("100.00", "100.00", BudgetResult.within),
        ("100.00", "100.01", BudgetResult.over),
        (None, "1", BudgetResult.unknown),
        ("1", None, BudgetResult.unknown),
    ],
)
def test_a_budget_is_kept_to_the_cent(budgeted: str | None, spent: str | None, expected: BudgetResult) -> None:
    assert budget(budgeted and Decimal(budgeted), spent and Decimal(spent)) is expected  # type: ignore[arg-type]


def test_what_was_at_least_spent_may_be_over_and_is_never_known_to_be_within() -> None:
    assert budget(Decimal(100), Decimal(101), is_least=True) is BudgetResult.over
    assert budget(Decimal(100), Decimal(99), is_least=True) is BudgetResult.unknown


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.met, MetricsResult.met),
        (Verdict.partly, MetricsResult.partly),
        (Verdict.missed, MetricsResult.missed),
        (Verdict.failed, MetricsResult.failed_gate),
        (None, MetricsResult.unknown),
    ],
)
def test_metrics_are_what_their_score_says(verdict: Verdict | None, expected: MetricsResult) -> None:
    assert metrics(score([])._replace(verdict=verdict)) is expected
