"""Assignments: what they must keep to, and the chain of their hand-overs, whatever order it arrived in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assignments import (
    Assignment,
    HandOver,
    assignment_of,
    assignment_without,
    chain,
    check_assignment,
    hand_overs,
)
from app.domain.execution import ExecutionEvent, canonical_order
from app.domain.plan import Milestone, MilestoneKind, PlanContent, PlanFields

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BODY = {"milestone": "a", "resource": "anna", "units": 0.5, "effort_minutes": None, "role": None}


def told(number: int, type_: str, day: date | None = None, **data: Any) -> ExecutionEvent:
    """An event of the assignment `build`, so many hours after noon."""
    at, name = NOON + timedelta(hours=number), f"assignment.{type_}"
    return ExecutionEvent("ci", str(number), name, None, at, day, {"assignment": "build", **data})


def requested(number: int, to: str, by: str = "anna") -> ExecutionEvent:
    return told(number, "requested", to=to, by=by, note="please")


def accepted(number: int, by: str) -> ExecutionEvent:
    return told(number, "accepted", by=by)


def declined(number: int, by: str) -> ExecutionEvent:
    return told(number, "declined", by=by, reason="busy")


def chain_of(*events: ExecutionEvent, at: datetime = NOON + timedelta(days=9)) -> tuple[str, list[tuple[str, str]]]:
    found = chain("anna", events, at)
    return found.holder, [(step.to, step.status.value) for step in found.steps]


def content(**others: Any) -> PlanContent:
    milestones = {
        "a": Milestone("a", "A"),
        "b": Milestone("b", "B"),
        "f": Milestone("f", "F", MilestoneKind.phase),
    }
    return PlanContent(PlanFields("P"), milestones, {}, {"assignments": {"build": BODY, **others}})


class TestRules:
    """check_assignment, assignment_without, assignment_of."""

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            (BODY, []),
            ({**BODY, "milestone": "none"}, [("milestone", "unknown_milestone")]),
            ({**BODY, "milestone": "f"}, [("milestone", "phase_has_no_work")]),
        ],
    )
    def test_work_is_that_of_a_milestone(self, body: Any, wrong: Any) -> None:
        found = check_assignment(content(), "build", body)
        assert [(each.field, each.code) for each in found] == wrong

    def test_a_resource_is_assigned_to_a_milestone_once(self) -> None:
        twice = content(later=BODY, other={**BODY, "milestone": "b"})
        found = {key: list(check_assignment(twice, key, body)) for key, body in twice.part("assignments").items()}
        assert {key: [each.code for each in wrong] for key, wrong in found.items()} == {
            "build": [],
            "later": ["assigned_twice"],
            "other": [],
        }

    def test_it_leaves_with_its_milestone(self) -> None:
        assert assignment_without(BODY, {"a"}) is None
        assert assignment_without(BODY, {"b"}) is BODY

    def test_a_body_is_read(self) -> None:
        assert assignment_of("build", BODY) == Assignment("build", "a", "anna", 0.5)


class TestChain:
    """Who asked whom, what the answer was, and who holds it now."""

    def test_until_somebody_takes_it_the_plan_says_who_holds_it(self) -> None:
        assert chain_of() == ("anna", [])
        assert chain_of(requested(1, "ben")) == ("anna", [("ben", "pending")])
        assert chain_of(requested(1, "ben"), declined(2, "ben")) == ("anna", [("ben", "declined")])

    def test_the_newest_acceptance_holds_it(self) -> None:
        events = (requested(1, "ben"), accepted(2, "ben"), requested(3, "carla", "ben"), accepted(4, "carla"))
        assert chain_of(*events[:3]) == ("ben", [("ben", "accepted"), ("carla", "pending")])
        assert chain_of(*events) == ("carla", [("ben", "accepted"), ("carla", "accepted")])

    def test_a_step_tells_who_when_and_why(self) -> None:
        found = chain("anna", [requested(1, "ben"), declined(2, "ben")], NOON + timedelta(days=1))
        (step,) = found.steps
        assert (step.by, step.note, step.reason) == ("anna", "please", "busy")
        assert (step.asked_at, step.answered_at) == (NOON + timedelta(hours=1), NOON + timedelta(hours=2))
        assert step.events == (("ci", "1"), ("ci", "2"))
        assert (found.since, found.pending) == (None, ())

    def test_asked_again_the_newest_request_is_answered(self) -> None:
        events = (requested(1, "ben"), requested(2, "ben"), accepted(3, "ben"))
        assert chain_of(*events[:2]) == ("anna", [("ben", "superseded"), ("ben", "pending")])
        assert chain_of(*events) == ("ben", [("ben", "superseded"), ("ben", "accepted")])

    def test_an_answer_that_nobody_asked_for_is_a_step_of_its_own(self) -> None:
        found = chain("anna", [accepted(1, "ben"), declined(2, "carla")], NOON + timedelta(days=1))
        assert [(step.to, step.by, step.status) for step in found.steps] == [
            ("ben", None, HandOver.accepted),
            ("carla", None, HandOver.declined),
        ]
        assert (found.holder, found.since) == ("ben", NOON + timedelta(hours=1))

    def test_only_what_had_happened_counts(self) -> None:
        events = (requested(1, "ben"), accepted(2, "ben"))
        assert chain_of(*events, at=NOON) == ("anna", [])
        assert chain_of(*events, at=NOON + timedelta(hours=1)) == ("anna", [("ben", "pending")])

    def test_a_day_is_told_as_a_day(self) -> None:
        event = told(1, "accepted", date(2026, 3, 3), by="ben")
        assert chain("anna", [event], NOON + timedelta(days=1)).since == date(2026, 3, 3)

    def test_events_are_found_by_assignment(self) -> None:
        other = ExecutionEvent("ci", "x", "milestone.started", "a", NOON, None, {})
        assert dict(hand_overs([other, requested(1, "ben")])) == {"build": [requested(1, "ben")]}

    @given(st.permutations([requested(1, "ben"), declined(2, "ben"), requested(3, "carla"), accepted(4, "carla")]))
    def test_the_order_of_arrival_does_not_matter(self, arrived: list[ExecutionEvent]) -> None:
        known = hand_overs(sorted(arrived, key=canonical_order))["build"]
        assert chain_of(*known) == ("carla", [("ben", "declined"), ("carla", "accepted")])
