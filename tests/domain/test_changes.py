"""What differs between two contents of a plan."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import Changes, FieldChange, compare, field_changes
from app.domain.plan import Dependency, DependencyType, Milestone, PlanContent, PlanFields

DAY, MIDNIGHT = date(2024, 5, 7), datetime(2024, 5, 7, tzinfo=UTC)


def content(*parts: Milestone | Dependency, **fields: str) -> PlanContent:
    return PlanContent(
        replace(PlanFields("Plan"), **fields),  # type: ignore[arg-type]
        {part.key: part for part in parts if isinstance(part, Milestone)},
        {part.identity: part for part in parts if isinstance(part, Dependency)},
    )


def link(predecessor: str, successor: str, lag: int = 0) -> Dependency:
    return Dependency(predecessor, DependencyType.FS, successor, lag)


A, B, C = (Milestone(key, key.upper()) for key in "abc")
AB, BC = link("a", "b"), link("b", "c")


def test_equal_contents_have_no_changes() -> None:
    assert not compare(content(A, B, AB), content(B, A, AB))


def test_every_kind_of_change_is_found() -> None:
    before = content(A, B, AB, goal="ship")
    after = content(replace(A, name="New", weight=2.0), C, link("a", "b", 60), link("a", "c"), goal="ship it")
    assert compare(before, after) == Changes(
        plan=(FieldChange("goal", "ship", "ship it"),),
        milestones_added=("c",),
        milestones_removed=("b",),
        milestones_changed={"a": (FieldChange("name", "A", "New"), FieldChange("weight", 1.0, 2.0))},
        dependencies_added=(("a", "FS", "c"),),
        dependencies_removed=(),
        dependencies_changed={("a", "FS", "b"): (FieldChange("lag_minutes", 0, 60),)},
    )


@pytest.mark.parametrize(
    "after",
    [
        content(A, AB, BC, goal="other"),
        content(A, B, AB, BC),
        content(AB, BC),
        content(replace(A, owner="me"), AB, BC),
        content(A, AB, BC, link("c", "a")),
        content(A, AB),
        content(A, AB, link("b", "c", 1)),
    ],
    ids=["plan", "added", "removed", "changed", "link added", "link removed", "link changed"],
)
def test_any_single_change_counts(after: PlanContent) -> None:
    assert compare(content(A, AB, BC), after)


def test_a_day_and_the_instant_it_begins_with_are_different() -> None:
    found = field_changes(replace(A, planned_finish=DAY), replace(A, planned_finish=MIDNIGHT))
    assert found == (FieldChange("planned_finish", DAY, MIDNIGHT),)


def test_labels_are_compared_by_content_in_any_order() -> None:
    one, other = replace(A, labels={"a": "1", "b": "2"}), replace(A, labels={"b": "2", "a": "1"})
    assert field_changes(one, other) == ()


def test_changes_are_told_in_the_order_of_the_keys() -> None:
    found = compare(content(), content(C, A, B, BC, AB))
    assert found.milestones_added == ("a", "b", "c")
    assert found.dependencies_added == (("a", "FS", "b"), ("b", "FS", "c"))


MILESTONES = st.builds(
    Milestone,
    key=st.sampled_from("abcd"),
    name=st.sampled_from(["x", "y"]),
    planned_finish=st.sampled_from([None, DAY, MIDNIGHT]),
)
LINKS = st.builds(link, st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(0, 1))
CONTENTS = st.builds(
    lambda milestones, links, goal: content(*milestones, *links, goal=goal),
    st.lists(MILESTONES, max_size=5),
    st.lists(LINKS, max_size=5),
    st.sampled_from(["ship", "rest"]),
)


def applied(before: PlanContent, changes: Changes) -> PlanContent:
    """Take the changes to `before`, reading added parts from nowhere but the changes' own values where it can."""
    milestones = {k: m for k, m in before.milestones.items() if k not in changes.milestones_removed}
    for key, found in changes.milestones_changed.items():
        milestones[key] = replace(milestones[key], **{change.field: change.after for change in found})
    links = {i: d for i, d in before.dependencies.items() if i not in changes.dependencies_removed}
    for identity, found in changes.dependencies_changed.items():
        links[identity] = replace(links[identity], **{change.field: change.after for change in found})
    fields = replace(before.fields, **{change.field: change.after for change in changes.plan})
    return PlanContent(fields, milestones, links)


@given(CONTENTS, CONTENTS)
def test_the_changes_done_to_the_one_make_the_other(before: PlanContent, after: PlanContent) -> None:
    changes = compare(before, after)
    done = applied(before, changes)
    added = {key: after.milestones[key] for key in changes.milestones_added}
    links = {identity: after.dependencies[identity] for identity in changes.dependencies_added}
    made = PlanContent(done.fields, {**done.milestones, **added}, {**done.dependencies, **links})
    assert made == after
    assert bool(changes) == (before != after)


@given(CONTENTS, CONTENTS)
def test_the_way_back_is_the_mirror(before: PlanContent, after: PlanContent) -> None:
    there, back = compare(before, after), compare(after, before)
    assert (there.milestones_added, there.milestones_removed) == (back.milestones_removed, back.milestones_added)
    assert (there.dependencies_added, there.dependencies_removed) == (
        back.dependencies_removed,
        back.dependencies_added,
    )
    for key, found in there.milestones_changed.items():
        assert back.milestones_changed[key] == tuple(FieldChange(c.field, c.after, c.before) for c in found)


def with_parts(**parts: dict[str, dict[str, object]]) -> PlanContent:
    return PlanContent(PlanFields("Plan"), {}, {}, parts)


def test_parts_are_told_by_name_and_key() -> None:
    before = with_parts(metrics={"a": {"target": 1}, "b": {"target": 1}}, risks={"r": {"name": "R"}})
    after = with_parts(metrics={"b": {"target": 2, "unit": "%"}, "c": {"target": 1}}, risks={"r": {"name": "R"}})
    found = compare(before, after)
    assert (found.parts_added, found.parts_removed) == ((("metrics", "c"),), (("metrics", "a"),))
    changed = (FieldChange("target", 1, 2), FieldChange("unit", None, "%"))
    assert found.parts_changed == {("metrics", "b"): changed}
    assert found


def test_a_field_that_a_part_has_no_more_is_told() -> None:
    found = compare(with_parts(risks={"r": {"name": "R", "old": 1}}), with_parts(risks={"r": {"name": "R"}}))
    assert found.parts_changed == {("risks", "r"): (FieldChange("old", 1, None),)}


def test_parts_that_say_the_same_are_the_same() -> None:
    assert not compare(with_parts(risks={"r": {"name": "R"}}, metrics={}), with_parts(risks={"r": {"name": "R"}}))
