"""Contingencies as items: due or not, now, and at every later instant if nothing more is heard."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.deviation_values import Observed
from app.domain.due import next_check_at
from app.domain.items import Item
from app.domain.judging import judge
from app.domain.measures import Reason
from app.domain.risk_items import contingency_items
from app.domain.risks import Risk
from app.domain.tolerances import Bounds, Measure, Tolerance, Unit
from tests.domain.builders import activity, event, instant, milestone
from tests.domain.judging_build import link, observe
from tests.domain.risk_build import body, contingency, measure, risk, situation, told

START = "2024-05-05T00:00:00Z"
BUILD = activity("build", "2024-05-01", "2024-05-10")
SHIP = milestone("ship", "2024-05-12")
MINUTE = timedelta(minutes=1)
WATCHED = Tolerance("contingency", Measure.contingency_due, Unit.number, upper=Bounds(None, 0))


def seen(*events: Any, as_of: str = START) -> Observed:
    return observe([BUILD, SHIP], events, as_of, links=[link("build", "ship")])


def item(trigger: dict[str, Any], observed: Observed | None = None) -> Item:
    prepared = risk("r", 0.5, owner="ann", contingencies=[contingency(**trigger)])
    (found,) = contingency_items([prepared], situation(observed or seen()))
    return found


def with_items(observed: Observed, risks: Iterable[Risk]) -> Observed:
    """The plan with the items of its risks."""
    items = contingency_items(risks, situation(observed))
    return replace(observed, items=lambda measure, _: items if measure is Measure.contingency_due else ())


def value(found: Item, at: str = START) -> float | Reason | None:
    answer = found.value_at(instant(at))
    return answer.value if answer.reason is None else answer.reason


def test_every_contingency_is_an_item_of_its_own() -> None:
    on_build = contingency("x", **measure("total_float", below=1.0, milestone="build"))
    gone = contingency("y", type="event", event="milestone.blocked", milestone="gone")
    prepared = risk("r", 0.5, owner="ann", contingencies=[on_build, gone, contingency("z")])
    found = contingency_items([prepared], situation(seen()))
    assert [(each.about, each.milestone, each.owner) for each in found] == [
        ("risks/r/contingencies/x", "build", "ann"),
        ("risks/r/contingencies/y", None, "ann"),
        ("risks/r/contingencies/z", None, "ann"),
    ]


def test_a_date_makes_it_due_by_time_alone() -> None:
    found = item({"type": "date", "date": "2024-05-07"})
    assert found.breakpoints == (instant("2024-05-07T00:00:00Z") + timedelta(microseconds=1),)
    assert [value(found, each) for each in (START, "2024-05-07T00:00:00Z", "2024-05-07T00:01:00Z")] == [0, 0, 1]
    exact = item({"type": "date", "date": "2024-05-07T10:30:00Z"})
    assert exact.breakpoints == (instant("2024-05-07T10:30:00Z"),)
    assert item({"type": "date", "date": "2024-05-01"}).breakpoints == ()


def test_what_was_reported_of_a_later_instant_counts_from_then_on() -> None:
    ahead = [told("risk.occurred", "2024-05-05T18:00:00Z"), told("risk.closed", "2024-05-06")]
    found = item({"type": "risk_occurred"}, seen(*ahead))
    assert found.breakpoints == (
        instant("2024-05-05T18:00:00Z"),
        instant("2024-05-06") + timedelta(microseconds=1),
    )
    times = ("2024-05-05T17:59:00Z", "2024-05-05T18:00:00Z", "2024-05-06T00:01:00Z")
    assert [value(found, each) for each in times] == [0, 1, 0]


LATE_START = measure("start_variance", above=1.0, milestone="build")


def test_a_value_that_time_moves_is_judged_again_when_it_may_have_changed() -> None:
    observed = seen(as_of="2024-05-01T12:00:00Z")
    found = item(LATE_START, observed)
    (turn,) = found.breakpoints
    assert [value(found, each) for each in ("2024-05-01T12:00:00Z", "2024-05-01T13:00:00Z")] == [0, 0]
    before = found.value_at(turn - MINUTE)
    assert (before.value, before.reason) == (0, None)
    after = found.value_at(turn)
    assert (after.value, after.reason) == (None, Reason.not_computed)


def test_every_flip_of_a_trigger_is_found_by_stepping_from_check_to_check() -> None:
    prepared = [risk("r", 0.5, contingencies=[contingency("c", **LATE_START), contingency("d", **DEADLINE)])]
    now, flips = instant("2024-05-01T12:00:00Z"), list[tuple[str | None, datetime]]()
    for _ in range(200):
        observed = with_items(seen(as_of=now.isoformat().replace("+00:00", "Z")), prepared)
        due = {each.subject.about: each.value for each in judge(observed, [WATCHED], set())}
        flips += [(about, now) for about in due if about not in {name for name, _ in flips}]
        following = next_check_at(observed, [WATCHED], {})
        if following is None or len(flips) == 2:
            break
        assert following > now
        now = following
    assert [(about, at.isoformat()[:16]) for about, at in flips] == [
        ("risks/r/contingencies/c", "2024-05-02T00:01"),
        ("risks/r/contingencies/d", "2024-05-04T00:01"),
    ]


DEADLINE = {"type": "date", "date": "2024-05-04"}


def test_a_reason_that_is_taken_is_told_apart_from_what_is_not_judged_yet() -> None:
    late = event("forecast_changed", "2024-05-02", "build", finish="2024-05-16")
    consumed = measure("float_consumed_percent", "points", above=1.0, milestone="build")
    float_less = replace(seen(late, as_of="2024-05-02T12:00:00Z"), baseline_floats=dict)
    found = item(consumed, float_less)
    assert value(found, "2024-05-02T12:00:00Z") is Reason.not_computed
    for turn in found.breakpoints:
        assert found.value_at(turn).reason is Reason.insufficient_data


@pytest.mark.parametrize(
    ("events", "summary", "due"),
    [
        ([], "c of the risk r is not due: the risk is open", 0),
        (["risk.occurred"], "c of the risk r is due: the risk occurred", 1),
        (["risk.occurred", "risk.closed"], "c of the risk r is not due: the risk is closed", 0),
    ],
)
def test_an_item_says_why(events: list[str], summary: str, due: int) -> None:
    happened = [told(each, f"2024-05-0{day}") for day, each in enumerate(events, 1)]
    answer = item({"type": "risk_occurred"}, seen(*happened)).value_at(instant(START))
    assert (answer.summary, answer.value) == (summary, due)
    assert {"risk": "r", "contingency": "c"}.items() <= answer.operands.items()


def test_an_activated_contingency_is_not_due() -> None:
    events = [
        told("risk.occurred", "2024-05-01"),
        told("contingency.activated", "2024-05-02", contingency="c", revision=2),
    ]
    answer = item({"type": "risk_occurred"}, seen(*events)).value_at(instant(START))
    assert (answer.value, answer.summary) == (0, "c of the risk r is activated")


def test_a_plan_without_contingencies_has_no_items() -> None:
    assert contingency_items([risk("r", 0.5), risk("s", 0.5, name=body()["name"])], situation(seen())) == []
