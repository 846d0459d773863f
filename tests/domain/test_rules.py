"""What a plan's content must keep to."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.moments import Moment, format_moment, parse_moment
from app.domain.plan import (
    Constraint,
    Dependency,
    DependencyType,
    Milestone,
    MilestoneKind,
    Money,
    PlanContent,
    PlanFields,
)
from app.domain.rules import Violation, precedes, violations


def milestone(key: str = "m", **fields: Any) -> Milestone:
    kind = MilestoneKind(fields.pop("kind", "milestone"))
    dates = {
        name: parse_moment(value)
        for name, value in fields.items()
        if name in {"planned_start", "planned_finish"} and value is not None
    }
    return Milestone(key, key, kind, **{**fields, **dates})


def activity(start: str, finish: str) -> Milestone:
    return milestone(kind="activity", planned_start=start, planned_finish=finish)


def link(text: str, **fields: Any) -> Dependency:
    return Dependency(text[0], DependencyType.FS, text[-1], **fields)


def content(*parts: Milestone | Dependency, zone: str = "UTC") -> PlanContent:
    return PlanContent(
        PlanFields("Plan", time_zone=zone),
        {part.key: part for part in parts if isinstance(part, Milestone)},
        {part.identity: part for part in parts if isinstance(part, Dependency)},
    )


def broken(*parts: Milestone | Dependency, zone: str = "UTC") -> list[tuple[Any, str | None, str]]:
    return [(v.key, v.field, v.code) for v in violations(content(*parts, zone=zone))]


PHASE = milestone("p", kind="phase")


@pytest.mark.parametrize(
    "sound",
    [
        milestone(),
        milestone(planned_finish="2024-05-07"),
        milestone(planned_start="2024-05-07"),
        milestone(planned_duration_minutes=0),
        milestone(kind="activity"),
        activity("2024-05-07", "2024-05-07"),
        activity("2024-05-07T09:00:00Z", "2024-05-07T09:00:00Z"),
        activity("2024-05-07T09:00:00Z", "2024-05-07"),
        milestone(kind="activity", planned_duration_minutes=60),
        milestone(kind="phase"),
        milestone(constraint=Constraint("ALAP", None)),
        milestone(constraint=Constraint("SNET", date(2024, 5, 7))),
    ],
)
def test_milestones_that_are_sound(sound: Milestone) -> None:
    assert broken(sound) == []


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (milestone(planned_start="2024-05-07", planned_finish="2024-05-07"), "planned_start", "both_dates"),
        (milestone(planned_duration_minutes=1), "planned_duration_minutes", "has_duration"),
        (milestone(kind="phase", planned_start="2024-05-07"), "planned_start", "phase_has_dates"),
        (milestone(kind="phase", planned_finish="2024-05-07"), "planned_finish", "phase_has_dates"),
        (milestone(kind="phase", planned_duration_minutes=0), "planned_duration_minutes", "phase_has_dates"),
        (activity("2024-05-08", "2024-05-07"), "planned_finish", "finish_before_start"),
        (activity("2024-05-07T09:00:00Z", "2024-05-07T08:59:00Z"), "planned_finish", "finish_before_start"),
        (activity("2024-05-08T00:00:00Z", "2024-05-07"), "planned_finish", "finish_before_start"),
        (activity("2024-05-08", "2024-05-07T23:59:00Z"), "planned_finish", "finish_before_start"),
        (milestone(constraint=Constraint("SNET", None)), "constraint", "constraint_date"),
        (milestone(constraint=Constraint("ALAP", date(2024, 5, 7))), "constraint", "constraint_date"),
        (milestone(parent="nobody"), "parent", "unknown_milestone"),
    ],
)
def test_milestones_that_are_not(wrong: Milestone, field: str, code: str) -> None:
    assert broken(wrong) == [("m", field, code)]


def test_an_instant_lies_on_the_local_day_of_the_plan() -> None:
    evening = activity("2024-05-08T02:00:00Z", "2024-05-07")  # seven in the evening of the 7th in Los Angeles
    assert broken(evening, zone="America/Los_Angeles") == []
    assert broken(evening, zone="UTC") == [("m", "planned_finish", "finish_before_start")]
    morning = activity("2024-05-07T22:30:00Z", "2024-05-07")  # half past midnight of the 8th in Berlin
    assert broken(morning, zone="Europe/Berlin") == [("m", "planned_finish", "finish_before_start")]
    assert broken(morning, zone="UTC") == []


def test_a_parent_is_a_phase_of_the_plan() -> None:
    assert broken(PHASE, milestone(parent="p")) == []
    assert broken(milestone("p"), milestone(parent="p")) == [("m", "parent", "parent_not_phase")]


def test_an_external_id_stands_once() -> None:
    twice = [milestone("a", external_id="7"), milestone("b", external_id="7"), milestone("c", external_id="8")]
    assert broken(*twice, milestone("d"), milestone("e")) == [("b", "external_id", "repeated")]


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (link("x→b"), "predecessor", "unknown_milestone"),
        (link("a→x"), "successor", "unknown_milestone"),
        (link("a→a"), "successor", "self_link"),
        (link("a→b", lag_percent=10.0, lag_minutes=60), "lag_percent", "two_lags"),
    ],
)
def test_links_that_are_wrong(wrong: Dependency, field: str, code: str) -> None:
    assert broken(milestone("a"), milestone("b"), wrong) == [(wrong.identity, field, code)]


def test_a_lag_is_minutes_or_percent() -> None:
    both = [milestone("a"), milestone("b")]
    assert broken(*both, link("a→b", lag_percent=10.0)) == []
    assert broken(*both, link("a→b", lag_minutes=-60)) == []


def cycles(*parts: Milestone | Dependency) -> list[Violation]:
    found = violations(content(*parts))
    assert {v.code for v in found} <= {"cycle"}
    return found


def test_a_cycle_is_named_whole_at_one_of_its_links() -> None:
    (found,) = cycles(*map(milestone, "abcd"), link("d→a"), link("a→b"), link("b→c"), link("c→d"))
    assert (found.part, found.key) == ("dependencies", ("a", "FS", "b"))
    assert found.detail == "closes a cycle: a → b → c → d → a"


def test_each_cycle_is_named() -> None:
    found = cycles(*map(milestone, "abcd"), link("a→b"), link("b→a"), link("c→d"), link("d→c"))
    assert [v.detail for v in found] == ["closes a cycle: a → b → a", "closes a cycle: c → d → c"]


@pytest.mark.parametrize(
    ("links", "detail"),
    [
        ("p→b b→p", "closes a cycle: b → p → b"),
        ("a→b b→p", "closes a cycle: p → a → b → p"),
        ("p→a", "closes a cycle: p → a → p"),
        ("a→p", "closes a cycle: p → a → p"),
    ],
)
def test_a_cycle_may_run_through_a_phase(links: str, detail: str) -> None:
    parts = [PHASE, milestone("a", parent="p"), milestone("b")]
    assert [v.detail for v in cycles(*parts, *map(link, links.split()))] == [detail]


def test_a_phase_without_children_closes_a_cycle_too() -> None:
    assert [v.detail for v in cycles(PHASE, milestone("b"), link("p→b"), link("b→p"))] == [
        "closes a cycle: b → p → b"
    ]


def test_phases_are_not_each_others_parents() -> None:
    (own,) = cycles(milestone("p", kind="phase", parent="p"))
    assert (own.part, own.key, own.field) == ("milestones", "p", "parent")
    assert own.detail == "closes a cycle: p → p"
    ring = {"p": "q", "q": "r", "r": "p"}
    (found,) = cycles(*(milestone(key, kind="phase", parent=parent) for key, parent in ring.items()))
    assert set(found.detail.removeprefix("closes a cycle: ").split(" → ")) == {"p", "q", "r"}


def test_what_is_wrong_in_itself_is_told_before_cycles() -> None:
    assert broken(milestone("a"), milestone("b"), link("a→b"), link("b→a"), link("a→a")) == [
        (("a", "FS", "a"), "successor", "self_link")
    ]


def test_a_cycle_too_long_for_an_answer_is_named_from_its_beginning() -> None:
    keys = [f"milestone-with-a-long-name-{i:05}" for i in range(20_000)]
    links = [Dependency(a, DependencyType.FS, b) for a, b in zip(keys, [*keys[1:], keys[0]], strict=True)]
    (found,) = cycles(*map(milestone, keys), *links)
    assert found.detail == f"closes a cycle: {keys[0]} → {keys[1]} → … 19998 more … → {keys[0]}"


def test_thousands_of_cycles_cost_no_more_than_a_look_at_the_plan() -> None:
    keys = [f"{i:05}" for i in range(20_000)]
    pairs = [pair for a, b in zip(keys[::2], keys[1::2], strict=True) for pair in ((a, b), (b, a))]
    links = [Dependency(a, DependencyType.FS, b) for a, b in pairs]
    began = time.process_time()
    found = cycles(*map(milestone, keys), *links)
    assert len(found) == 50
    assert time.process_time() - began < 10


FIRST = datetime(2024, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from(["UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu"])
MOMENTS = st.integers(0, 3 * 1440).map(lambda minutes: FIRST + timedelta(minutes=minutes))
MIXED = MOMENTS | MOMENTS.map(lambda moment: parse_moment(format_moment(moment)[:10]))


@given(MIXED, MIXED, ZONES)
def test_of_two_moments_at_most_one_precedes_the_other(first: Moment, second: Moment, zone: str) -> None:
    assert not (precedes(first, second, zone) and precedes(second, first, zone))
    assert not precedes(first, first, zone)


KEYS = "abcd"
PARTS = st.builds(
    Milestone,
    key=st.sampled_from(KEYS),
    name=st.just("x"),
    kind=st.sampled_from(MilestoneKind),
    planned_start=st.none() | MIXED,
    planned_finish=st.none() | MIXED,
    planned_duration_minutes=st.none() | st.integers(0, 2),
    parent=st.none() | st.sampled_from([*KEYS, "x"]),
    external_id=st.none() | st.sampled_from("12"),
)
LINKS = st.builds(link, st.tuples(st.sampled_from([*KEYS, "x"]), st.sampled_from(KEYS)).map("→".join))
CONTENTS = st.lists(PARTS | LINKS, max_size=10).map(lambda parts: content(*parts))


@given(CONTENTS)
def test_every_violation_names_what_is_there_and_the_order_of_the_parts_does_not_matter(plan: PlanContent) -> None:
    found = violations(plan)
    mirrored = replace(
        plan,
        milestones=dict(reversed(list(plan.milestones.items()))),
        dependencies=dict(reversed(list(plan.dependencies.items()))),
    )
    assert violations(mirrored) == found
    for violation in found:
        assert violation.key in (plan.milestones if violation.part == "milestones" else plan.dependencies)


@given(CONTENTS)
def test_a_sound_plan_without_one_of_its_links_is_still_sound(plan: PlanContent) -> None:
    kept = {i: d for i, d in plan.dependencies.items() if not violations(replace(plan, dependencies={i: d}))}
    sound = replace(plan, dependencies=kept)
    for identity in kept if not violations(sound) else ():
        fewer = {i: d for i, d in kept.items() if i != identity}
        assert violations(replace(sound, dependencies=fewer)) == []


def budget(key: str, currency: str) -> Milestone:
    return milestone(key, budget=Money(Decimal(10), currency))


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({}, [("milestones", "c", "budget")]),
        ({"currency": "EUR"}, [("milestones", "c", "budget")]),
        ({"currency": "USD"}, [("milestones", "a", "budget"), ("milestones", "b", "budget")]),
        ({"reserve": Money(Decimal(1), "CHF")}, [("milestones", key, "budget") for key in "abc"]),
        (
            {"currency": "EUR", "reserve": Money(Decimal(1), "USD")},
            [("plan", None, "reserve"), ("milestones", "c", "budget")],
        ),
    ],
)
def test_a_plan_counts_in_one_currency(fields: dict[str, Any], places: list[tuple[str, str | None, str]]) -> None:
    plan = content(budget("a", "EUR"), budget("b", "EUR"), milestone("n"), budget("c", "USD"))
    plan = replace(plan, fields=replace(plan.fields, **fields))
    found = violations(plan)
    assert [(each.part, each.key, each.field) for each in found] == places
    assert {each.code for each in found} == {"mixed_currency"}
