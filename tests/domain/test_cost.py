"""The books of a plan: what is planned, earned and spent by milestone, phase and owner, and what is not counted."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.domain.cost import Books, CostBasis, open_books
from app.domain.cost_lines import by_milestone, by_owner, by_phase, total
from app.domain.costs import Effort, Exclusion
from app.domain.money import Undefined, text
from app.domain.plan import Money, WeightBasis
from tests.domain.builders import activity, correction, event, instant, milestone, phase, retraction
from tests.domain.cost_build import books, cost, effort, eur, inputs, told

WORK = activity("work", "2024-05-01", "2024-05-10", budget=eur(1000), parent="build", owner="ann")  # ten days
GATE = milestone("gate", "2024-05-06", budget=eur("500.50"), parent="build", owner="bob")
LATER = milestone("later", "2024-06-01", budget=eur(200))
PLAN = [phase("build"), WORK, GATE, LATER]


def excluded(found: Books) -> list[tuple[str | None, str, str]]:
    return [(each.milestone, text(each.amount), each.reason.value) for each in found.excluded]


def test_an_activity_is_planned_linearly_and_a_milestone_all_at_once() -> None:
    sums = told(by_milestone(books(PLAN, as_of="2024-05-06")))
    assert sums == {"gate": (500.5, 0, 0, 0), "later": (200, 0, 0, 0), "work": (1000, 500, 0, 0)}
    assert told(by_milestone(books(PLAN, as_of="2024-05-07")))["gate"] == (500.5, 500.5, 0, 0)


def test_what_is_done_earns_its_budget_and_what_it_costs_is_told_beside_it() -> None:
    events = [
        event("progressed", "2024-05-04", "work", percent_complete=33.35),
        event("completed", "2024-05-05", "gate"),
        cost("400.10", "2024-05-04", "work"),
        cost("-0.10", "2024-05-05", "work"),
        cost("77", "2024-05-05", None),
        cost("1", "2024-05-20", "work"),
    ]
    found = books(PLAN, events, as_of="2024-05-06")
    lines = told(by_milestone(found))
    assert lines == {
        None: (0, 0, 0, 77),
        "gate": (500.5, 0, 500.5, 0),
        "later": (200, 0, 0, 0),
        "work": (1000, 500, 333.5, 400),
    }
    assert list(total(found)) == [Decimal("1700.5"), 500, 834, 477]


def test_lines_by_owner_and_by_phase_add_up_to_the_same_whole() -> None:
    events = [cost(30, "2024-05-02", "work"), cost(5, "2024-05-02", "later"), cost(7, "2024-05-02", None)]
    found = books(PLAN, events, as_of="2024-05-06")
    assert told(by_owner(found)) == {
        None: (200, 0, 0, 12),
        "ann": (1000, 500, 0, 30),
        "bob": (500.5, 0, 0, 0),
    }
    assert told(by_phase(found)) == {None: (200, 0, 0, 12), "build": (1500.5, 500, 0, 30)}


def test_a_phase_holds_all_that_lies_in_it_at_any_depth() -> None:
    inner = [phase("inner", "build"), milestone("deep", "2024-05-02", budget=eur(10), parent="inner")]
    events = [cost(3, "2024-05-02", "deep"), cost(4, "2024-05-02", "gate"), cost(2, "2024-05-02", "inner")]
    found = books([*PLAN, *inner], events, as_of="2024-05-06")
    assert told(by_phase(found)) == {
        None: (200, 0, 0, 0),
        "build": (1510.5, 510, 0, 9),
        "inner": (10, 10, 0, 5),
    }
    assert [line.parent for line in by_phase(found)] == [None, None, "build"]


def test_a_phase_that_left_lies_in_no_phase_where_that_has_become_work() -> None:
    before = [phase("outer"), phase("inner", "outer"), milestone("deep", "2024-05-02", parent="inner")]
    now = [activity("outer", "2024-05-01", "2024-05-02")]
    plan = inputs(now, before, [cost(3, "2024-05-02", "deep")], currency="EUR")
    found = by_phase(open_books(plan, instant("2024-05-06")))
    assert told(found) == {None: (0, 0, 0, 0), "inner": (0, 0, 0, 3)}
    assert [line.parent for line in found] == [None, None]


def test_the_books_of_a_phase_are_those_of_what_lies_in_it() -> None:
    inner = [phase("inner", "build"), milestone("deep", "2024-05-02", budget=eur(10), parent="inner")]
    events = [cost(3, "2024-05-02", "deep"), cost(4, "2024-05-02", "gate"), cost(9, "2024-05-02", "later")]
    plan = [*PLAN, *inner]
    found = open_books(inputs(plan, plan, events), instant("2024-05-06"), "build")
    assert tuple(map(float, total(found))) == (1510.5, 510, 0, 7)
    assert told(by_phase(found, "build")) == {None: (1500.5, 500, 0, 4), "inner": (10, 10, 0, 3)}


def test_phases_that_hold_each_other_end() -> None:
    found = books([phase("a", "b"), phase("b", "a"), milestone("m", "2024-05-02", budget=eur(5), parent="a")])
    assert told(by_phase(found)) == {"a": (5, 5, 0, 0), "b": (0, 0, 0, 0)}
    assert total(open_books(found.inputs, found.as_of, "b")).planned == 5


def test_what_was_cancelled_or_has_left_is_planned_no_more_but_what_it_cost_was_spent() -> None:
    events = [event("cancelled", "2024-05-02", "work"), cost(30, "2024-05-02", "work"), cost(4, "2024-05-02", "gate")]
    now = [phase("build"), WORK, LATER, milestone("new", "2024-05-03", budget=eur(60))]
    found = open_books(inputs(now, PLAN, [*events, cost(1, "2024-05-02", "unknown")]), instant("2024-05-06"))
    lines = by_milestone(found)
    assert told(lines) == {
        "gate": (0, 0, 0, 4),
        "later": (200, 0, 0, 0),
        "new": (0, 0, 0, 0),
        "unknown": (0, 0, 0, 1),
        "work": (0, 0, 0, 30),
    }
    assert [line.absence for line in lines] == ["removed", None, "not_in_baseline", None, "cancelled"]
    assert excluded(found) == [("gate", "500.50", "removed"), ("work", "1000.00", "cancelled")]


def test_another_currency_is_told_and_never_added() -> None:
    plan = [*PLAN, milestone("abroad", "2024-05-02", budget=Money(Decimal(9), "USD"))]
    events = [cost(30, "2024-05-02", "work", "USD"), cost(8, "2024-05-03", "work")]
    found = books(plan, events, currency="EUR")
    assert total(found).spent == 8
    assert excluded(found) == [("abroad", "9.00", "other_currency"), ("work", "30.00", "other_currency")]


def test_the_currency_is_the_one_that_the_plan_names_else_that_of_its_budgets_else_of_its_baseline() -> None:
    bare = [replace(each, budget=None) for each in PLAN]
    assert books(PLAN).currency == "EUR"
    assert books(PLAN, currency="USD").currency == "USD"
    assert open_books(inputs(bare, PLAN), instant("2024-05-06")).currency == "EUR"
    unknown = books(bare, [cost(30, "2024-05-02", "work")])
    assert (unknown.currency, excluded(unknown)) == (Undefined.no_currency, [("work", "30.00", "no_currency")])
    mixed = books([*PLAN, milestone("abroad", "2024-05-02", budget=Money(Decimal(9), "USD"))])
    assert (mixed.currency, mixed.no_cost) == (Undefined.mixed_currency, Undefined.mixed_currency)
    assert {each.reason for each in mixed.excluded} == {Exclusion.mixed_currency}


@pytest.mark.parametrize("side", ["current", "baseline", "both"])
def test_a_phase_costs_what_lies_in_it(side: str) -> None:
    leaf, whole = milestone("build", "2024-05-02", budget=eur(5)), phase("build", budget=eur(5))
    current = whole if side != "baseline" else leaf
    baseline = whole if side != "current" else leaf
    found = open_books(inputs([current, WORK], [baseline, WORK]), instant("2024-05-06"))
    assert total(found).planned == 1000
    assert excluded(found) == [("build", "5.00", "budget_on_phase")]


@pytest.mark.parametrize(
    ("fields", "baseline", "reason"),
    [
        ({}, PLAN, None),
        ({}, None, Undefined.no_baseline),
        ({"currency": "USD"}, PLAN, Undefined.no_budget),
        ({}, [milestone("gate", "2024-05-02", budget=eur(0))], Undefined.no_budget),
        ({"currency": "EUR"}, [milestone("gate", "2024-05-02")], Undefined.no_budget),
    ],
)
def test_without_budgets_the_plan_weighs_by_its_weights(fields: Any, baseline: Any, reason: Undefined | None) -> None:
    found = open_books(inputs(PLAN, baseline, **fields), instant("2024-05-06"))
    assert found.no_cost is reason
    assert found.basis is (CostBasis.cost if reason is None else CostBasis.weight)


@pytest.mark.parametrize(
    ("basis", "weights"),
    [(WeightBasis.weight, [1, 3]), (WeightBasis.duration, [0, 10 * 1440]), (WeightBasis.equal, [1, 1])],
)
def test_weights_are_those_of_the_plan(basis: WeightBasis, weights: list[int]) -> None:
    plan = [milestone("a", "2024-05-02"), activity("b", "2024-05-01", "2024-05-10", weight=3.0)]
    found = books(plan, weight_basis=basis)
    assert [leaf.weight.scaleb(-18) for leaf in found.leaves.values()] == weights


def test_a_correction_and_a_retraction_change_what_was_spent() -> None:
    events = [cost(30, "2024-05-02", "work", identity="one"), cost(5, "2024-05-02", "work", identity="two")]
    assert total(books(PLAN, [*events, retraction("r", "two")])).spent == 30
    assert total(books(PLAN, [*events, correction("c", "one", cost(13, "2024-05-02", "work"))])).spent == 18


def test_effort_without_a_rate_costs_nobody_knows_what() -> None:
    found = books(PLAN, [effort(90, "2024-05-02", "work"), effort(30, "2024-05-20", "work")])
    assert found.effort == Effort(90, 90, Undefined.no_rate)
    assert total(found).spent == 0
    assert books(PLAN).effort == Effort(0, 0, Decimal(0))


def test_effort_costs_its_rate_by_the_hour() -> None:
    rates = {"work": eur("80.01"), "gate": Money(Decimal(70), "USD")}
    events = [effort(90, "2024-05-02", "work"), effort(60, "2024-05-02", "gate"), cost(1, "2024-05-02", "work")]
    found = books(PLAN, events, rate_of=lambda reported: rates.get(reported.milestone or ""))
    assert found.effort == Effort(150, 0, Decimal("120.015"))
    assert total(found).spent == Decimal("121.015")
    assert excluded(found) == [("gate", "70.00", "other_currency")]


def test_no_currency_no_cost_of_effort() -> None:
    assert books([milestone("a", "2024-05-02")]).effort == Effort(0, 0, Undefined.no_currency)


def test_what_is_left_to_be_done_is_estimated_by_the_current_budgets() -> None:
    now = [replace(WORK, budget=eur(2000)), GATE, LATER, milestone("new", "2024-05-03", budget=eur(60))]
    events = [
        event("progressed", "2024-05-04", "work", percent_complete=25),
        event("completed", "2024-05-05", "gate"),
        event("cancelled", "2024-05-05", "later"),
    ]
    found = open_books(inputs(now, PLAN, events), instant("2024-05-06"))
    left = {key: leaf.estimate for key, leaf in found.leaves.items()}
    assert left == {"work": 1500, "gate": 0, "later": None, "new": 60}


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1250", "1250.00"),
        ("0.5", "0.50"),
        ("1.230000", "1.23"),
        ("-0.000001", "-0.000001"),
        ("1E+3", "1000.00"),
        ("-0", "0.00"),
        ("4053813178263222134248902966.480001", "4053813178263222134248902966.480001"),
    ],
)
def test_money_is_told_with_all_of_its_digits(amount: str, expected: str) -> None:
    assert text(Decimal(amount)) == expected
