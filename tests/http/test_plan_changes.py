"""Prepared changes are held against the rules of plans: of a local one, what it touches alone tells as much."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.domain.plan import PlanContent
from app.domain.rules import violations
from app.kit.problems import InvalidRequest
from app.plans.changes_wire import PlanChange, applied, is_local, misfits
from app.plans.documents import read
from tests.http.build import activity, dependency, document, milestone, phase


def plan() -> PlanContent:
    within = [
        phase("outer"),
        phase("inner", parent="outer"),
        activity("a", "2026-03-02", "2026-03-06", parent="inner"),
    ]
    links = [dependency("a", "b")]
    whole = document(*within, milestone("b", "2026-03-20", external_id="B"), dependencies=links)
    return read(whole).content


CHANGES: dict[str, tuple[dict[str, Any], bool]] = {
    "nothing": ({}, True),
    "dates in order": ({"milestones": {"a": {"planned_finish": "2026-03-09"}}}, True),
    "dates out of order": ({"milestones": {"a": {"planned_finish": "2026-03-01"}}}, True),
    "two dates of a milestone": ({"milestones": {"b": {"planned_start": "2026-03-01"}}}, True),
    "a date of a phase": ({"milestones": {"inner": {"planned_start": "2026-03-01"}}}, True),
    "a constraint without its date": ({"milestones": {"a": {"constraint": {"type": "SNET"}}}}, True),
    "fields of the plan": ({"plan": {"goal": "Less", "target_finish": "2026-04-01"}}, True),
    "a parent that is no phase": ({"milestones": {"a": {"parent": "b"}}}, False),
    "phases in a ring": ({"milestones": {"outer": {"parent": "inner"}}}, False),
    "a phase that becomes work": ({"milestones": {"inner": {"kind": "activity"}}}, False),
    "an external id twice": ({"milestones": {"a": {"external_id": "B"}}}, False),
    "a phase that leaves its children": ({"milestones": {"inner": None}}, False),
    "a cycle": ({"dependencies": [{"predecessor": "b", "successor": "a"}]}, False),
    "another zone": ({"plan": {"time_zone": "Asia/Tokyo"}}, False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_looked_at_tells_all_that_is_wrong(name: str) -> None:
    body, local = CHANGES[name]
    wanted, content = PlanChange.model_validate(body), plan()
    assert is_local(content, wanted) is local
    found = violations(applied(content, wanted))
    assert codes(misfits(content, wanted)) == codes(found)


def codes(wrong: Sequence[Any]) -> list[tuple[str, str]]:
    return [(each.code, each.detail) for each in wrong]


def test_a_new_milestone_is_held_against_the_whole_plan() -> None:
    content, wanted = plan(), PlanChange.model_validate({"milestones": {"new": {"parent": "gone"}}})
    assert not is_local(content, wanted)
    assert [each.code for each in misfits(content, wanted)] == ["unknown_milestone"]


def test_what_cannot_be_applied_is_told_with_its_places() -> None:
    content, wanted = plan(), PlanChange.model_validate({"milestones": {"gone": None}})
    with pytest.raises(InvalidRequest):
        applied(content, wanted)
    assert [(each.pointer, each.code) for each in misfits(content, wanted)] == [
        ("/milestones/gone", "unknown_milestone")
    ]
