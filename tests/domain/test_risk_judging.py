"""Whether triggers hold: dates, events, the risk itself, and values that are judged as by a tolerance."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deviation_values import Observed
from app.domain.items import Item, ItemValue
from app.domain.judging import judge
from app.domain.measures import Reason
from app.domain.progress import effective
from app.domain.risk_judging import TriggerStatus, due_value
from app.domain.risk_triggers import MeasureTrigger, tolerance_of, trigger_of
from app.domain.risks import UNTOUCHED, Contingency, RiskState, RiskStatus, fold_risks
from app.domain.tolerances import Measure, Unit
from tests.domain.builders import activity, at, event, instant, milestone
from tests.domain.judging_build import link, observe
from tests.domain.risk_build import contingency, found, measure, risk, situation, told

HOLDS, WAITS, UNKNOWN = TriggerStatus.holds, TriggerStatus.waits, TriggerStatus.unknown
BUILD = activity("build", "2024-05-01", "2024-05-10")
SHIP = milestone("ship", "2024-05-10")
LATE = event("forecast_changed", "2024-05-02", "build", finish="2024-05-16")


def seen(*events: Any, as_of: str = "2024-05-05T00:00:00Z", **more: Any) -> Observed:
    return observe([BUILD, SHIP], events, as_of, links=[link("build", "ship")], **more)


@pytest.mark.parametrize(
    ("date", "as_of", "status"),
    [
        ("2024-05-05T12:00:00Z", "2024-05-05T11:59:00Z", WAITS),
        ("2024-05-05T12:00:00Z", "2024-05-05T12:00:00Z", HOLDS),
        ("2024-05-05", "2024-05-05T00:00:00Z", WAITS),  # the end of the day before
        ("2024-05-05", "2024-05-05T00:01:00Z", HOLDS),
    ],
)
def test_a_date_holds_once_it_has_come(date: str, as_of: str, status: TriggerStatus) -> None:
    answer = found({"type": "date", "date": date}, situation(seen(as_of=as_of)))
    assert (answer.status, answer.since) == (status, at(date) if status is HOLDS else None)
    assert answer.operands == {"date": date}


def test_an_event_holds_from_when_it_happened_first() -> None:
    blocked = event("blocked", "2024-05-03T08:00:00Z", "build", "b1")
    again = event("blocked", "2024-05-04T08:00:00Z", "build", "b2")
    answer = found(
        {"type": "event", "event": "milestone.blocked", "milestone": "build"}, situation(seen(again, blocked))
    )
    assert (answer.status, answer.since, answer.events) == (HOLDS, at("2024-05-03T08:00:00Z"), (("s", "b1"),))
    assert answer.summary == "milestone.blocked of build was reported of 2024-05-03T08:00:00Z"


def test_another_milestone_or_a_later_event_does_not_count() -> None:
    later = event("blocked", "2024-05-06T08:00:00Z", "build")
    other = event("blocked", "2024-05-03T08:00:00Z", "ship")
    of_build = {"type": "event", "event": "milestone.blocked", "milestone": "build"}
    assert found(of_build, situation(seen(later, other))).status is WAITS
    answer = found({**of_build, "milestone": None}, situation(seen(later, other)))
    assert (answer.status, answer.operands["milestone"]) == (HOLDS, "ship")


def test_the_risk_itself_may_be_what_is_waited_for() -> None:
    events = effective([told("risk.occurred", "2024-05-03")])
    state = fold_risks(events, instant("2024-05-05T00:00:00Z"))["r"]
    answer = found({"type": "risk_occurred"}, situation(seen()), state)
    assert (answer.status, answer.since, len(answer.events)) == (HOLDS, at("2024-05-03"), 1)
    assert found({"type": "risk_occurred"}, situation(seen())).summary == "the risk is open"


def test_a_value_beyond_its_bound_holds_and_says_what_it_was_computed_from() -> None:
    trigger = measure("finish_variance", above=5.0, milestone="build")
    answer = found(trigger, situation(seen(LATE)))
    assert (answer.status, answer.since, answer.events) == (HOLDS, None, (LATE.identity,))
    wanted = {"measure": "finish_variance", "unit": "working_days", "above": 5.0, "value": 6.0, "milestone": "build"}
    assert wanted.items() <= answer.operands.items()
    assert answer.operands["compared_finish"] == "2024-05-16"
    assert answer.summary == "finish variance of build is 6 working days, above 5"


def test_a_value_at_its_bound_is_not_beyond_it() -> None:
    answer = found(measure("finish_variance", above=6.0, milestone="build"), situation(seen(LATE)))
    assert (answer.status, answer.summary) == (WAITS, "finish variance of build is 6 working days, not above 6")


def test_too_little_float_is_below_its_bound() -> None:
    roomy = observe([BUILD, milestone("ship", "2024-05-14")], links=[link("build", "ship")])
    trigger = measure("total_float", below=5.0, milestone="build")
    assert found(trigger, situation(roomy)).status is HOLDS  # four days are left
    assert found({**trigger, "below": 4.0}, situation(roomy)).status is WAITS


def test_without_a_milestone_any_will_do_and_the_worst_is_told() -> None:
    answer = found(measure("finish_variance", above=2.0), situation(seen(LATE)))
    assert (answer.status, answer.operands["milestone"]) == (HOLDS, "build")
    assert answer.operands["beyond"] == ["build", "ship"]
    within = found(measure("finish_variance", above=9.0), situation(seen(LATE)))
    assert (within.status, within.operands["value"]) == (WAITS, None)
    assert within.summary == "no finish variance is above 9 working days"


def test_the_plan_as_a_whole_has_values_too() -> None:
    answer = found(measure("plan_finish_variance", above=5.0), situation(seen(LATE)))
    assert (answer.status, answer.summary) == (
        HOLDS,
        "plan finish variance of the plan is 6 working days, above 5",
    )


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (measure("finish_variance", above=1.0, milestone="gone"), Reason.removed),
        (measure("deadline_variance", above=1.0, milestone="build"), Reason.not_applicable),
        (measure("metric_gap_points", "points", above=1.0, metric="gone"), Reason.removed),
        (measure("metric_gap_points", "points", above=1.0), Reason.not_applicable),
    ],
)
def test_what_has_no_value_is_unknown_with_the_reason(trigger: dict[str, Any], reason: Reason) -> None:
    answer = found(trigger, situation(seen()))
    assert (answer.status, answer.reason) == (UNKNOWN, reason)


def test_without_a_baseline_a_variance_is_unknown() -> None:
    answer = found(measure("finish_variance", above=1.0, milestone="build"), situation(seen(baseline=None)))
    assert (answer.status, answer.reason) == (UNKNOWN, Reason.no_baseline)
    assert answer.summary == "finish variance is not known"


def gap(about: str, points: float) -> Item:
    def value_at(_: datetime) -> ItemValue:
        return ItemValue(points, None, {"attainment": 0.2}, (("s", "m1"),), "it is behind")

    return Item(about, None, None, value_at)


def with_metrics() -> Observed:
    items = [gap("metrics/adoption", 30.0), gap("metrics/errors", 8.0)]
    return replace(seen(), items=lambda measure, _: items if measure is Measure.metric_gap_points else ())


def test_a_metric_off_its_pace_holds() -> None:
    adoption = measure("metric_gap_points", "points", above=10.0, metric="adoption")
    answer = found(adoption, situation(with_metrics()))
    assert (answer.status, answer.events) == (HOLDS, (("s", "m1"),))
    assert answer.operands["about"] == "metrics/adoption"
    assert answer.operands["attainment"] == 0.2
    assert found({**adoption, "metric": "errors"}, situation(with_metrics())).status is WAITS


def test_of_several_metrics_the_worst_is_told() -> None:
    answer = found(measure("metric_gap_points", "points", above=5.0), situation(with_metrics()))
    assert answer.operands["about"] == "metrics/adoption"
    assert answer.operands["beyond"] == ["metrics/adoption", "metrics/errors"]


@given(st.floats(-20, 20), st.integers(-10, 10), st.booleans())
def test_a_trigger_holds_exactly_where_its_tolerance_is_breached(days: float, move: int, upper: bool) -> None:
    forecast = event("forecast_changed", "2024-05-02", "build", finish=f"2024-05-{12 + move:02}")
    trigger = {**measure("finish_variance", milestone="build"), "above" if upper else "below": days}
    observed = seen(forecast)
    parsed = trigger_of(trigger)
    assert isinstance(parsed, MeasureTrigger)
    flagged = judge(observed, [tolerance_of(parsed)], set())
    assert (found(trigger, situation(observed)).status is HOLDS) == bool(flagged)


def due(state: RiskState, trigger: dict[str, Any]) -> float | None:
    (prepared,) = risk(contingencies=[contingency(**trigger)]).contingencies
    assert isinstance(prepared, Contingency)
    return due_value(prepared, state, found(trigger, situation(seen(LATE)), state))


HOLDING = measure("finish_variance", above=2.0, milestone="build")


@pytest.mark.parametrize(
    ("state", "trigger", "value"),
    [
        (UNTOUCHED, HOLDING, 1.0),
        (UNTOUCHED, {**HOLDING, "above": 20.0}, 0.0),
        (UNTOUCHED, {**HOLDING, "milestone": "gone"}, None),
        (UNTOUCHED._replace(status=RiskStatus.closed), HOLDING, 0.0),
        (UNTOUCHED._replace(status=RiskStatus.occurred), HOLDING, 1.0),
    ],
    ids=["holds", "waits", "unknown", "closed", "occurred"],
)
def test_a_contingency_is_due_while_its_trigger_holds(
    state: RiskState, trigger: dict[str, Any], value: float | None
) -> None:
    assert due(state, trigger) == value


def test_once_it_is_activated_it_is_due_no_more() -> None:
    events = effective([told("contingency.activated", "2024-05-04", contingency="c", revision=3)])
    state = fold_risks(events, instant("2024-05-05T00:00:00Z"))["r"]
    assert due(state, HOLDING) == 0.0


def test_triggers_on_different_things_are_not_mixed_up() -> None:
    pairs = [(Measure.total_float, Unit.working_days, None), (Measure.total_float, Unit.working_minutes, None)]
    pairs += [(Measure.total_float, Unit.working_days, "a")]  # type: ignore[list-item]
    keys = {tolerance_of(MeasureTrigger(each, unit, below=1.0, milestone=key)).key for each, unit, key in pairs}
    assert len(keys) == len(pairs)
