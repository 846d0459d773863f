"""The rules of decisions: what a taken one needs, whose place it takes, and that no edit rewrites it."""

from typing import Any

import pytest

from app.domain.decision_rules import DecisionStatus, check_decision, rewritten, status_of, superseders
from app.domain.part_rules import edit_violations
from app.domain.plan import PartBody, PlanContent, PlanFields

OPTIONS = [{"key": "a", "scenario": None}, {"key": "b", "scenario": "fast"}]


def open_one(**fields: Any) -> dict[str, Any]:
    """A decision that is still to be taken."""
    empty = dict.fromkeys(("choice", "reason", "decided_by", "decided_at", "scenario", "resulting_revision"))
    return {"question": "Which?", "options": OPTIONS, "evidence": [], "supersedes": None, **empty, **fields}


def taken(**fields: Any) -> dict[str, Any]:
    return open_one(**{"choice": "a", "reason": "cheaper", "decided_by": "board", **fields})


def plan(**decisions: PartBody) -> PlanContent:
    parts: dict[str, dict[str, PartBody]] = {
        "decisions": decisions,
        "scenarios": {"fast": {}},
        "assumptions": {"stable": {}},
    }
    return PlanContent(PlanFields("A plan"), {}, {}, parts)


def wrongs(content: PlanContent, key: str = "d") -> list[tuple[str | None, str]]:
    found = check_decision(content, key, content.part("decisions")[key])
    return [(each.field, each.code) for each in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (open_one(), []),
        (taken(), []),
        (taken(choice="c"), [("choice", "unknown_option")]),
        (taken(reason=None, decided_by=None), [("reason", "needed"), ("decided_by", "needed")]),
        (open_one(options=[*OPTIONS, OPTIONS[0]]), [("options/2/key", "repeated")]),
        (open_one(scenario="slow"), [("scenario", "unknown_scenario")]),
        (open_one(options=[{"key": "a", "scenario": "slow"}]), [("options/0/scenario", "unknown_scenario")]),
        (open_one(evidence=[{"assumption": None}, {"assumption": "stable"}]), []),
        (open_one(evidence=[{"assumption": "shaky"}]), [("evidence/0/assumption", "unknown_assumption")]),
        (open_one(supersedes="x"), [("supersedes", "unknown_decision")]),
        (open_one(supersedes="d"), [("supersedes", "not_decided")]),
        (taken(supersedes="d"), [("supersedes", "cycle")]),
    ],
)
def test_what_is_wrong_with_one(body: PartBody, expected: list[tuple[str, str]]) -> None:
    assert wrongs(plan(d=body)) == expected


def test_one_is_superseded_by_one_only() -> None:
    content = plan(d=taken(supersedes="old"), e=taken(supersedes="old"), old=taken())
    assert wrongs(content) == wrongs(content, "e") == [("supersedes", "superseded_already")]
    content = plan(d=taken(supersedes="old"), e=open_one(supersedes="old"), old=taken())
    assert wrongs(content) == []


def test_a_ring_is_found_by_all_that_are_on_it_and_no_other() -> None:
    content = plan(d=taken(supersedes="e"), e=taken(supersedes="f"), f=taken(supersedes="d"))
    assert {key: wrongs(content, key) for key in "def"} == {key: [("supersedes", "cycle")] for key in "def"}
    beside = plan(d=open_one(supersedes="e"), e=taken(supersedes="f"), f=taken(supersedes="f"))
    assert wrongs(beside) == []
    assert wrongs(plan(d=taken(supersedes="e"), e=taken(supersedes="gone"))) == []


def test_where_one_stands() -> None:
    decisions = {"d": taken(), "e": taken(supersedes="d"), "f": open_one(supersedes="e")}
    found = {key: status_of(decisions, key) for key in decisions}
    assert found == {"d": DecisionStatus.superseded, "e": DecisionStatus.decided, "f": DecisionStatus.open}
    assert superseders(decisions) == {"d": "e"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (taken(), taken(), []),
        (taken(), taken(evidence=[{"assumption": "stable"}]), []),
        (taken(), taken(scenario="fast", resulting_revision=5), []),
        (taken(), taken(reason="other"), [("reason", "decided")]),
        (taken(), open_one(), [("choice", "decided"), ("reason", "decided"), ("decided_by", "decided")]),
        (taken(), None, [(None, "decided")]),
        (taken(scenario="fast"), taken(), [("scenario", "decided")]),
        (open_one(), open_one(question="Other?"), []),
        (open_one(), taken(), []),
        (open_one(), None, []),
        (open_one(), open_one(resulting_revision=6), [("resulting_revision", "unknown_revision")]),
        (open_one(resulting_revision=9), open_one(resulting_revision=9), []),
    ],
)
def test_what_an_edit_must_not_do(before: PartBody, after: PartBody | None, expected: list[tuple[str, str]]) -> None:
    sides = plan(d=before), plan() if after is None else plan(d=after)
    assert [(wrong.field, wrong.code) for _, wrong in rewritten(*sides, 5)] == expected
    assert [(part, key) for part, key, _ in edit_violations(*sides, 5)] == [("decisions", "d")] * len(expected)
