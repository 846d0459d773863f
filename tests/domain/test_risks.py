"""What the events make of risks, and what risks keep to within a plan."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.plan import Money, PlanContent, PlanFields
from app.domain.progress import effective
from app.domain.risk_rules import check_risk, risk_without
from app.domain.risk_triggers import DateTrigger, EventTrigger, MeasureTrigger, OccurredTrigger
from app.domain.risks import Impact, RiskResponse, RiskStatus, fold_risks, risk_of
from app.domain.tolerances import Measure, Unit
from tests.domain.builders import at, correction, instant, milestone, retraction
from tests.domain.risk_build import body, contingency, impact, measure, risk, told


def test_a_risk_is_read_from_what_the_document_carries() -> None:
    found = risk_of(
        "r",
        body(
            probability=0.1,
            impacts=[impact("a", 480, "1250.00"), impact("b", 60)],
            response="mitigate",
            review_at="2024-06-01",
        ),
    )
    assert (found.key, found.probability, found.response) == ("r", Decimal("0.1"), RiskResponse.mitigate)
    assert found.impacts == (Impact("a", 480, Money(Decimal("1250.00"), "EUR")), Impact("b", 60, None))
    assert found.review_at == at("2024-06-01")


@pytest.mark.parametrize(
    ("trigger", "wanted"),
    [
        (
            measure("total_float", below=2.0, milestone="a"),
            MeasureTrigger(Measure.total_float, Unit.working_days, below=2.0, milestone="a"),
        ),
        ({"type": "date", "date": "2024-06-01"}, DateTrigger(at("2024-06-01"))),  # type: ignore[arg-type]
        ({"type": "event", "event": "milestone.blocked", "milestone": "a"}, EventTrigger("milestone.blocked", "a")),
        ({"type": "risk_occurred"}, OccurredTrigger()),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
def test_a_trigger_is_one_of_four(trigger: dict[str, Any], wanted: object) -> None:
    (one,) = risk(contingencies=[contingency(**trigger)]).contingencies
    assert one.trigger == wanted


HISTORY = [
    told("risk.occurred", "2024-05-02T10:00:00Z", "o1"),
    told("contingency.activated", "2024-05-03T10:00:00Z", "a1", contingency="c", revision=4),
    told("risk.closed", "2024-05-04", "c1", reason="over"),
]


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2024-05-02T09:59:00Z", None),
        ("2024-05-02T10:00:00Z", RiskStatus.occurred),
        ("2024-05-04T00:00:00Z", RiskStatus.occurred),  # the end of the day before
        ("2024-05-04T00:01:00Z", RiskStatus.closed),
    ],
)
def test_a_risk_occurs_and_is_closed(as_of: str, status: RiskStatus | None) -> None:
    state = fold_risks(effective(HISTORY), instant(as_of)).get("r")
    assert (None if state is None else state.status) == status


def test_a_state_tells_when_why_and_by_which_events() -> None:
    state = fold_risks(effective(HISTORY), instant("2024-06-01"))["r"]
    assert (state.occurred_at, state.closed_at, state.reason) == (
        at("2024-05-02T10:00:00Z"),
        at("2024-05-04"),
        "over",
    )
    assert state.events == (("s", "o1"), ("s", "c1"))
    assert state.activations["c"] == (at("2024-05-03T10:00:00Z"), 4, ("s", "a1"))


def test_what_is_closed_may_still_occur() -> None:
    again = told("risk.occurred", "2024-05-05T08:00:00Z", "o2")
    state = fold_risks(effective([*HISTORY, again]), instant("2024-06-01"))["r"]
    assert (state.status, state.closed_at, state.reason) == (RiskStatus.occurred, None, None)
    assert state.occurred_at == at("2024-05-05T08:00:00Z")


def test_what_was_retracted_never_was_and_what_was_corrected_is_another_risk() -> None:
    (occurred, activated, closed), later = HISTORY, instant("2024-06-01")
    events = effective([occurred, activated, closed, retraction("x", "c1"), retraction("y", "a1")])
    state = fold_risks(events, later)["r"]
    assert (state.status, dict(state.activations)) == (RiskStatus.occurred, {})
    instead = told("risk.occurred", "2024-05-02T10:00:00Z", "o1", risk="other")
    states = fold_risks(effective([occurred, correction("z", "o1", instead)]), later)
    assert {key: each.status for key, each in states.items()} == {"other": RiskStatus.occurred}


@pytest.mark.parametrize("order", list(permutations(HISTORY)))
def test_the_order_of_arrival_does_not_matter(order: Sequence[Any]) -> None:
    later = instant("2024-06-01")
    assert fold_risks(effective(order), later) == fold_risks(effective(HISTORY), later)


def content(*risks: dict[str, Any], **fields: Any) -> PlanContent:
    milestones = {
        "a": milestone("a", budget=Money(Decimal(10), "USD") if fields.pop("budget", False) else None),
        "b": milestone("b"),
    }
    named = {f"r{index}": each for index, each in enumerate(risks, 1)}
    return PlanContent(PlanFields("plan", **fields), milestones, {}, {"risks": named})


def wrong(plan: PlanContent, key: str = "r1") -> list[tuple[str | None, str]]:
    return [(each.field, each.code) for each in check_risk(plan, key, plan.part("risks")[key])]


def test_a_sound_risk_breaks_no_rule() -> None:
    told_once = [impact("a", 5, "1.00"), impact("b", 0, "2.00")]
    assert wrong(content(body(impacts=told_once, contingencies=[contingency("x"), contingency("y")]))) == []


def test_impacts_are_on_milestones_of_the_plan_once_each() -> None:
    found = wrong(content(body(impacts=[impact("a"), impact("gone"), impact("a")])))
    assert found == [("impacts/1/milestone", "unknown_milestone"), ("impacts/2/milestone", "repeated")]


def test_a_contingency_has_a_key_of_its_own() -> None:
    assert wrong(content(body(contingencies=[contingency(), contingency()]))) == [("contingencies/1/key", "repeated")]


@pytest.mark.parametrize("fields", [{"currency": "USD"}, {"budget": True}], ids=["the plan's", "that of a budget"])
def test_a_cost_is_in_the_one_currency_of_the_plan(fields: dict[str, Any]) -> None:
    plan = content(body(impacts=[impact("a", 0, "1.00"), impact("b", 0, "1.00", "USD")]), **fields)
    assert wrong(plan) == [("impacts/0/cost/currency", "currency_mixed")]


def test_without_any_other_money_the_first_risk_says_the_currency() -> None:
    plan = content(body(impacts=[impact("a", 0, "1.00")]), body(impacts=[impact("b", 1, "1.00", "USD")]))
    assert (wrong(plan, "r1"), wrong(plan, "r2")) == ([], [("impacts/0/cost/currency", "currency_mixed")])


def test_impacts_leave_with_their_milestones_and_nothing_else_does() -> None:
    before = body(impacts=[impact("a", 5), impact("b", 6)], contingencies=[contingency(**measure("total_float"))])
    assert risk_without(before, {"a"}) == {**before, "impacts": [impact("b", 6)]}
    assert risk_without(before, {"elsewhere"}) is before


@given(st.floats(min_value=1e-9, max_value=1.0))
def test_a_probability_is_the_number_that_was_given(probability: float) -> None:
    assert float(risk("r", probability).probability) == probability
