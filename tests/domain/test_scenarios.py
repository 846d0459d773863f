"""Scenarios: which edits are of something they touch, and what delays do to a network."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import compare
from app.domain.plan import Dependency, DependencyType, Milestone, MilestoneKind, PlanContent, PlanFields
from app.domain.scenario_rules import check_scenario
from app.domain.scenarios import Edit, delayed, delays_of, edits_of, touched_by
from tests.domain.cpm_build import run
from tests.domain.test_cpm_properties import MONOTONE, PATIENT, Plan, plans

FS, SS, FF, SF = DependencyType.FS, DependencyType.SS, DependencyType.FF, DependencyType.SF


def body(risks: tuple[str, ...] = (), effects: tuple[str, ...] = (), **change: Any) -> dict[str, Any]:
    return {"change": change, "risks": list(risks), "metric_effects": dict.fromkeys(effects, 1.0)}


def plan(
    *milestones: str | Milestone, links: tuple[Dependency, ...] = (), goal: str = "", **parts: Any
) -> PlanContent:
    made = (each if isinstance(each, Milestone) else Milestone(each, each) for each in milestones)
    fields = PlanFields("A plan", goal=goal)
    return PlanContent(fields, {each.key: each for each in made}, {link.identity: link for link in links}, parts)


A_TO_B = Dependency("a", FS, "b")
BEFORE = plan("a", "b", links=(A_TO_B,), risks={"r": {"probability": 0.5}}, metrics={"m": {"target": 1}})


@pytest.mark.parametrize(
    ("told", "after", "expected"),
    [
        (body(), plan(), []),
        (body(plan={"goal": "x"}), plan("a", "b", goal="y"), [Edit("plan", None, "changed", ("goal",))]),
        (body(plan={"owner": "x"}), plan("a", "b", goal="y"), []),
        (body(milestones={"a": {}}), plan("b"), [Edit("milestones", "a", "removed")]),
        (body(milestones={"c": {}}), plan("a", "b", "c"), [Edit("milestones", "c", "added")]),
        (
            body(milestones={"a": {}}),
            plan(Milestone("a", "Renamed", owner="me"), "b"),
            [Edit("milestones", "a", "changed", ("name", "owner"))],
        ),
        (body(milestones={"b": {}}), plan(Milestone("a", "Renamed"), "b"), []),
        (body(removed_dependencies=[{"predecessor": "a", "successor": "b"}]), plan("a", "b"), ["a FS b removed"]),
        (body(dependencies=[{"predecessor": "a", "type": "SS", "successor": "b"}]), plan("a", "b"), []),
        (body(milestones={"b": None}), plan("a", "b"), ["a FS b removed"]),
        (
            body(milestones={"a": None}),
            plan("a", "b", links=(A_TO_B, Dependency("a", SS, "b"))),
            ["a SS b added"],
        ),
        (
            body(dependencies=[{"predecessor": "a", "type": "FS", "successor": "b"}]),
            plan("a", "b", links=(Dependency("a", FS, "b", 60),)),
            ["a FS b changed lag_minutes"],
        ),
        (body(milestones={"c": None}), plan("a", "b", links=(Dependency("a", FS, "b", 60),)), []),
    ],
)
def test_edits_of_what_it_touches(told: dict[str, Any], after: PlanContent, expected: list[Any]) -> None:
    found = [
        f"{each.key} {' '.join((each.kind, *each.fields))}" if each.part == "dependencies" else each
        for each in edits_of(touched_by(told), compare(BEFORE, after))
        if each.part not in {"risks", "metrics"}
    ]
    assert found == expected


def test_edits_of_the_risks_and_metrics_it_names() -> None:
    named = touched_by(body(risks=("r", "s"), effects=("m",)))
    after = plan("a", "b", links=(A_TO_B,), risks={"r": {"probability": 0.9}, "s": {}, "t": {}})
    assert edits_of(named, compare(BEFORE, after)) == (
        Edit("risks", "s", "added"),
        Edit("metrics", "m", "removed"),
        Edit("risks", "r", "changed", ("probability",)),
    )
    assert edits_of(touched_by(body()), compare(BEFORE, after)) == ()


def test_edits_of_the_assignments_it_changes() -> None:
    named = touched_by(body(assignments={"roof": {"resource": "ada"}}))
    after = plan(
        "a",
        "b",
        links=(A_TO_B,),
        risks={"r": {"probability": 0.5}},
        metrics={"m": {"target": 1}},
        assignments={"roof": {}, "x": {}},
    )
    assert edits_of(named, compare(BEFORE, after)) == (Edit("assignments", "roof", "added"),)


def test_a_delay_is_work_behind_what_it_hits() -> None:
    hit = Milestone("a", "a", MilestoneKind.activity, calendar="standard", parent="p")
    found = delayed(plan(hit, "b", links=(A_TO_B,)), {"a": 480, "b": 0, "gone": 5})
    assert sorted(found.milestones) == ["a", "a/delay", "b"]
    behind = found.milestones["a/delay"]
    assert (behind.planned_duration_minutes, behind.calendar, behind.parent) == (480, "standard", "p")
    assert sorted(found.dependencies) == [("a", "FS", "a/delay"), ("a/delay", "FS", "b")]


@pytest.mark.parametrize(
    ("kind", "link", "expected"),
    [
        (MilestoneKind.activity, Dependency("a", FF, "b", 5), ("a/delay", "FF", 5)),
        (MilestoneKind.activity, Dependency("a", SS, "b", 5), ("a", "SS", 5)),
        (MilestoneKind.activity, Dependency("a", SF, "b"), ("a", "SF", 0)),
        (MilestoneKind.milestone, Dependency("a", SS, "b", 5), ("a/delay", "FS", 5)),
        (MilestoneKind.milestone, Dependency("a", SF, "b"), ("a/delay", "FF", 0)),
        (MilestoneKind.activity, Dependency("a", FS, "b", lag_percent=50), ("a/delay", "FS", 30)),
        (MilestoneKind.milestone, Dependency("a", FS, "b", lag_percent=50), ("a/delay", "FS", 0)),
    ],
)
def test_what_leaves_its_finish_leaves_the_delay(
    kind: MilestoneKind, link: Dependency, expected: tuple[str, str, int]
) -> None:
    duration = 60 if kind is MilestoneKind.activity else None
    hit = Milestone("a", "a", kind, planned_duration_minutes=duration)
    links = delayed(plan(hit, "b", links=(link,)), {"a": 10}).dependencies
    (found,) = (each for each in links.values() if each.successor == "b")
    assert (found.predecessor, found.type, found.lag_minutes, found.lag_percent) == (*expected, None)


def test_a_deadline_is_held_by_the_delay() -> None:
    found = delayed(plan(Milestone("a", "a", deadline=date(2026, 3, 2))), {"a": 10})
    assert (found.milestones["a"].deadline, found.milestones["a/delay"].deadline) == (None, date(2026, 3, 2))


@PATIENT
@given(plans(types=MONOTONE, least_lag=0), st.data())
def test_work_is_delayed_as_if_it_took_longer(made: Plan, data: st.DataObject) -> None:
    keys = st.sampled_from([each.key for each in made.tasks])
    delays = data.draw(st.dictionaries(keys, st.integers(0, 2_000), max_size=3))
    longer = [
        replace(each, planned_duration_minutes=(each.planned_duration_minutes or 0) + delays.get(each.key, 0))
        for each in made.tasks
    ]
    found = delayed(plan(*made.tasks, links=made.links), delays)
    assert run(found.milestones.values(), found.dependencies.values()).finish == run(longer, made.links).finish


def test_delays_add_up_and_spare_what_is_over() -> None:
    assert delays_of([("a", 5), ("b", 7), ("a", 6)], {"b"}) == {"a": 11}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (body(risks=("r",), effects=("m",)), []),
        (body(risks=("s",)), [("risks/0", "unknown_risk")]),
        (body(risks=("r", "r")), [("risks/1", "repeated")]),
        (body(effects=("n",)), [("metric_effects/n", "unknown_metric")]),
    ],
)
def test_what_it_names_stands_in_the_plan(told: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(each.field, each.code) for each in check_scenario(BEFORE, "fast", told)] == expected
