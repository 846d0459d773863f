"""Assumptions: whether they hold, what depends on them, and what is left when milestones leave the plan."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.domain.assumptions import (
    AssumptionStatus,
    Dependent,
    assumption_items,
    assumption_of,
    assumption_without,
    check_assumption,
    invalidations,
    standing,
)
from app.domain.execution import ExecutionEvent
from app.domain.part_rules import left_of, part_violations
from app.domain.plan import PartBody, PlanContent, PlanFields
from tests.domain.builders import instant, milestone

NOON = instant("2026-03-02T12:00:00Z")
HOUR = timedelta(hours=1)


def body(*dependents: tuple[str, str], **fields: Any) -> PartBody:
    named = [{"part": part, "key": key} for part, key in dependents]
    return {"statement": "The interface stays", "sources": [], "dependents": named, **fields}


def invalidated(number: int, at: datetime = NOON, key: str = "api", day: date | None = None) -> ExecutionEvent:
    data = {"assumption": key, "reason": f"reason {number}"}
    return ExecutionEvent("tests", f"e{number}", "assumption.invalidated", None, at, day, data)


def content(assumptions: dict[str, PartBody], *milestones: str) -> PlanContent:
    there = {key: milestone(key) for key in milestones}
    metrics: dict[str, PartBody] = {}
    return PlanContent(PlanFields("p"), there, {}, {"assumptions": assumptions, "metrics": metrics})


def about(events: Sequence[ExecutionEvent], *dependents: tuple[str, str]) -> list[tuple[str | None, str | None]]:
    assumption = assumption_of("api", body(*dependents, owner="ada"))
    return [(item.about, item.milestone) for item in assumption_items([assumption], invalidations(events), NOON)]


def test_it_is_read_from_what_the_document_carries() -> None:
    found = assumption_of("api", body(("milestones", "a"), review_at="2026-04-01", confidence=0.8, owner="ada"))
    assert found.dependents == (Dependent("milestones", "a"),)
    assert (found.review_at, found.confidence, found.owner) == (date(2026, 4, 1), 0.8, "ada")


def test_it_holds_until_somebody_says_otherwise() -> None:
    told = [invalidated(1, NOON), invalidated(2, NOON + HOUR)]
    assert standing(told, NOON - HOUR).status is AssumptionStatus.holds
    found = standing(told, NOON)
    assert (found.status, found.since, found.reason) == (AssumptionStatus.invalidated, NOON, "reason 1")
    later = standing(told, NOON + HOUR)
    assert (later.since, later.reason, len(later.events)) == (NOON, "reason 2", 2)


def test_of_a_day_it_fails_once_the_day_has_begun() -> None:
    begin = instant("2026-03-03T00:00:00Z")
    told = [invalidated(1, begin, day=date(2026, 3, 3))]
    assert standing(told, begin).status is AssumptionStatus.holds
    assert standing(told, begin + timedelta(microseconds=1)).since == date(2026, 3, 3)


def test_everything_that_depends_on_it_is_judged_by_itself() -> None:
    named = [("milestones", "a"), ("metrics", "adoption")]
    assert about([], *named) == [("assumptions/api", "a"), ("assumptions/api/metrics/adoption", None)]
    assert about([]) == [("assumptions/api", None)]


def test_the_value_is_one_once_it_fails_and_says_what_for() -> None:
    note = ExecutionEvent("tests", "n", "note.added", None, NOON, None, {"text": "hm"})
    told = invalidations([invalidated(1, NOON + HOUR), invalidated(2, key="other"), note])
    (item,) = assumption_items([assumption_of("api", body(("milestones", "a"), owner="ada"))], told, NOON)
    assert (item.owner, item.breakpoints) == ("ada", (NOON + HOUR,))
    before, after = item.value_at(NOON), item.value_at(NOON + HOUR)
    assert (before.value, before.events, before.summary) == (0, (), "a depends on api, which holds")
    assert (after.value, after.events) == (1, (("tests", "e1"),))
    assert after.summary == "a depends on api, which has not held since 2026-03-02T13:00:00Z"
    assert after.operands["reason"] == "reason 1"
    assert after.operands["dependent"] == {"part": "milestones", "key": "a"}


def test_of_a_day_it_turns_just_after_the_day_began() -> None:
    begin = instant("2026-03-03T00:00:00Z")
    told = invalidations([invalidated(1, begin, day=date(2026, 3, 3))])
    (item,) = assumption_items([assumption_of("api", body())], told, NOON)
    (turn,) = item.breakpoints
    assert (item.value_at(begin).value, item.value_at(turn).value) == (0, 1)
    assert item.value_at(turn).summary == "Nothing depends on api, which has not held since 2026-03-03"


@pytest.mark.parametrize(
    ("dependents", "wrong"),
    [
        ([("milestones", "a")], []),
        ([("milestones", "b")], [("dependents/0/key", "unknown_dependent")]),
        ([("metrics", "adoption")], [("dependents/0/key", "unknown_dependent")]),
        ([("milestones", "a"), ("milestones", "a")], [("dependents/1", "repeated")]),
    ],
)
def test_what_depends_on_it_stands_in_the_plan_once(
    dependents: list[tuple[str, str]], wrong: list[tuple[str, str]]
) -> None:
    whole = content({"api": body(*dependents)}, "a")
    found = list(check_assumption(whole, "api", body(*dependents)))
    assert [(each.field, each.code) for each in found] == wrong
    assert [(part, key) for part, key, _ in part_violations(whole)] == [("assumptions", "api")] * len(wrong)


def test_milestones_that_leave_take_what_was_said_of_them_along() -> None:
    before = content({"api": body(("milestones", "a"), ("milestones", "b"), ("risks", "b"))}, "a", "b")
    after = PlanContent(before.fields, {"a": milestone("a")}, {}, before.parts)
    assert left_of(before, after)["assumptions"] == {"api": body(("milestones", "a"), ("risks", "b"))}
    assert assumption_without(body(("milestones", "a")), {"b"}) == body(("milestones", "a"))


def test_what_an_edit_writes_itself_stays_as_it_is() -> None:
    before = content({"api": body(("milestones", "b"))}, "a", "b")
    written = {"api": body(("milestones", "b"), confidence=0.5)}
    after = PlanContent(before.fields, {"a": milestone("a")}, {}, {"assumptions": written})
    assert left_of(before, after)["assumptions"] == written


def test_without_a_milestone_less_nothing_is_looked_at() -> None:
    before = content({"api": body()}, "a")
    assert left_of(before, before) is before.parts


def test_what_is_nothing_without_a_milestone_leaves_with_it() -> None:
    assignments = {key: {"milestone": key, "resource": "ada"} for key in ("a", "b")}
    there = {"a": milestone("a"), "b": milestone("b")}
    before = PlanContent(PlanFields("p"), there, {}, {"assignments": assignments})
    after = PlanContent(before.fields, {"a": milestone("a")}, {}, before.parts)
    assert left_of(before, after) == {"assignments": {"a": assignments["a"]}}
