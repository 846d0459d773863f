"""Objectives: rolled up by each rule, whatever the order; a tree that has no circle."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.metric_scores import Graded, score
from app.domain.metric_values import exact
from app.domain.objectives import (
    MAX_DEPTH,
    Contributor,
    ContributorKind,
    Finish,
    Known,
    NoValue,
    Rolled,
    RolledUp,
    RollupRule,
    cycle_of,
    depth_with,
    roll_up,
    unknown,
)
from app.domain.variance import ScheduleStatus as Status

START = datetime(2026, 3, 2, tzinfo=UTC)
UNKNOWN = NoValue.no_baseline


def known(value: Any, missing: NoValue) -> Known[Any]:
    return unknown(missing) if value is None else Known(value)


def plan(
    key: str = "p",
    weight: float = 1.0,
    progress: float | None = None,
    status: Status | None = None,
    score: float | None = None,
    day: int | None = None,
    **more: Any,
) -> Contributor:
    """A plan that finishes so many days after the start."""
    at = None if day is None else START + timedelta(days=day)
    return Contributor(
        ContributorKind.plan,
        key,
        weight,
        known(progress, UNKNOWN),
        known(status, UNKNOWN),
        known(score, NoValue.no_metrics),
        None if at is None else Finish(at, at.date()),
        **more,
    )


def metric(key: str, weight: float, grade: float | None) -> Contributor:
    none: Known[Any] = unknown(NoValue.not_applicable)
    return Contributor(ContributorKind.metric, key, weight, none, none, known(grade, NoValue.not_measured))


def drivers(rolled: Rolled[Any]) -> list[str]:
    return [key for _, key in rolled.drivers]


THREE = (
    plan("a", 1.0, 100.0, Status.on_track, 1.0, 5),
    plan("b", 2.0, 40.0, Status.late, 0.5, 9),
    plan("c", 3.0, 70.0, Status.on_track, 0.25, 9),
)


class TestRules:
    """Three plans with weights 1, 2 and 3, of which the last two finish on one day."""

    def test_worst(self) -> None:
        found = roll_up(RollupRule.worst, THREE)
        assert (found.progress.known.value, drivers(found.progress)) == (40.0, ["b"])
        assert (found.status.known.value, drivers(found.status)) == (Status.late, ["b"])
        assert (found.score.known.value, drivers(found.score)) == (0.25, ["c"])

    def test_weighted(self) -> None:
        found = roll_up(RollupRule.weighted, THREE)
        assert found.progress.known.value == pytest.approx((100 + 80 + 210) / 6)  # 65
        assert drivers(found.progress) == ["b"]
        assert (found.status.known.value, drivers(found.status)) == (Status.on_track, ["c", "a"])
        assert found.score.known.value == pytest.approx((1 + 1 + 0.75) / 6)
        assert [found.progress.shares["plan", key] for key in "abc"] == pytest.approx([1 / 6, 1 / 3, 1 / 2])

    def test_critical_path(self) -> None:
        found = roll_up(RollupRule.critical_path, THREE)
        assert (found.progress.known.value, found.status.known.value) == (40.0, Status.late)
        assert (found.score.known.value, drivers(found.score)) == (0.25, ["c"])
        assert found.finish == THREE[2].finish
        alone = roll_up(RollupRule.critical_path, THREE[:1])
        assert (alone.progress.known.value, drivers(alone.progress)) == (100.0, ["a"])

    def test_of_weights_that_tie_the_worse_status_stands(self) -> None:
        tied = [
            plan("a", 0.1, status=Status.on_track),
            plan("b", 0.2, status=Status.on_track),
            plan("c", 0.3, status=Status.at_risk),
        ]
        assert roll_up(RollupRule.weighted, tied).status.known.value is Status.at_risk

    @pytest.mark.parametrize("rule", RollupRule)
    def test_of_one_it_is_that_one(self, rule: RollupRule) -> None:
        found = roll_up(rule, [plan(progress=12.5, status=Status.ahead, score=0.7, day=1)])
        told = (found.progress.known, found.status.known, found.score.known)
        assert told == (Known(12.5), Known(Status.ahead), Known(0.7))


class TestUnknown:
    """What is not known is not counted, and how much is known is told."""

    @pytest.mark.parametrize("rule", RollupRule)
    def test_nothing_contributes(self, rule: RollupRule) -> None:
        found = roll_up(rule, [])
        assert found.progress == Rolled(unknown(NoValue.no_contributors), {}, ())
        assert found.status.known.reason is NoValue.no_contributors
        assert found.score.known.reason is NoValue.no_metrics
        assert (found.finish, found.gates_failed) == (None, ())

    @pytest.mark.parametrize("rule", RollupRule)
    def test_nothing_is_known(self, rule: RollupRule) -> None:
        found = roll_up(rule, [plan("a", day=1), plan("b", day=2)])
        assert found.progress.known == unknown(NoValue.nothing_known)
        assert drivers(found.progress) == (["b"] if rule is RollupRule.critical_path else [])

    @pytest.mark.parametrize("rule", [RollupRule.worst, RollupRule.weighted])
    def test_the_share_that_is_known_is_told(self, rule: RollupRule) -> None:
        found = roll_up(rule, [plan("a", 3.0, 50.0), plan("b", 1.0)])
        assert found.progress.known == Known(50.0, None, 0.75)
        assert found.progress.shares == {("plan", "a"): 1.0}

    def test_a_score_needs_seven_tenths_of_the_weights(self) -> None:
        for weight, value in ((7.0, 0.5), (6.9, None)):
            found = roll_up(RollupRule.weighted, [metric("a", weight, 0.5), metric("b", 10.0 - weight, None)])
            assert found.score.known.value == value
            assert found.score.known.coverage == weight / 10
        assert found.score.known.reason is NoValue.insufficient_data
        assert roll_up(RollupRule.worst, [metric("a", 1.0, 0.5), metric("b", 9.0, None)]).score.known.value == 0.5

    def test_seven_tenths_may_be_made_of_a_third(self) -> None:
        third = replace(metric("a", 0.45, 0.5), score=Known(0.5, None, 1 / 3))
        found = roll_up(RollupRule.weighted, [third, metric("b", 0.55, 0.5)])
        assert found.score.known == Known(0.5, None, 0.7)

    def test_where_the_last_to_finish_is_unknown_so_is_the_objective(self) -> None:
        found = roll_up(RollupRule.critical_path, [plan("a", 3.0, progress=50.0, day=1), plan("b", day=2)])
        assert (found.progress.known, drivers(found.progress)) == (Known(None, NoValue.nothing_known, 0.75), ["b"])

    def test_without_any_finish_nothing_decides(self) -> None:
        found = roll_up(RollupRule.critical_path, [plan("a", progress=50.0)])
        assert found.progress.known == Known(None, NoValue.no_finish, 1.0)

    def test_a_metric_has_no_progress_to_be_missed(self) -> None:
        found = roll_up(RollupRule.weighted, [plan("a", progress=50.0), metric("m", 9.0, 0.5)])
        assert found.progress.known == Known(50.0)
        assert found.score.known == Known(0.5)

    def test_what_is_half_known_counts_for_half(self) -> None:
        child = plan("a", 1.0)
        half = Contributor(ContributorKind.objective, "o", 1.0, Known(20.0, None, 0.5), child.status, child.score)
        assert roll_up(RollupRule.weighted, [half, plan("b", 1.0, 40.0)]).progress.known == Known(30.0, None, 0.75)

    def test_a_gate_that_failed_is_told_whatever_the_score(self) -> None:
        found = roll_up(RollupRule.weighted, [plan("a", score=0.9, gate_failed=True), plan("b", score=1.0)])
        assert found.gates_failed == (("plan", "a"),)

    def test_a_metric_is_no_finish_of_the_work(self) -> None:
        late = metric("m", 1.0, 0.5)
        late = Contributor(late.kind, "m", 1.0, late.progress, late.status, late.score, Finish(START, START.date()))
        assert roll_up(RollupRule.worst, [late]).finish is None


maybe = st.none() | st.integers(0, 100)
contributor_fields = st.tuples(
    st.integers(1, 20),
    maybe,
    st.none() | st.sampled_from([Status.late, Status.at_risk, Status.on_track, Status.ahead]),
    maybe,
    st.none() | st.integers(0, 3),
)


@st.composite
def contributors(draw: st.DrawFn) -> list[Contributor]:
    found = draw(st.lists(contributor_fields, max_size=5))
    return [
        plan(str(n), weight / 10, progress, status, None if grade is None else grade / 100, day)
        for n, (weight, progress, status, grade, day) in enumerate(found)
    ]


def quantities(found: RolledUp) -> list[Rolled[Any]]:
    return [found.progress, found.status, found.score]


@given(contributors(), st.sampled_from(RollupRule))
def test_no_order_changes_anything(given_: list[Contributor], rule: RollupRule) -> None:
    found = {repr(roll_up(rule, order)) for order in list(permutations(given_))[::7]}
    assert len(found) == 1


@given(contributors(), st.sampled_from(RollupRule))
def test_the_shares_of_what_counts_are_one(given_: list[Contributor], rule: RollupRule) -> None:
    for each in quantities(roll_up(rule, given_)):
        assert sum(each.shares.values()) == pytest.approx(1 if each.shares else 0)
        assert 0 <= each.known.coverage <= 1


@given(contributors(), st.sampled_from(RollupRule))
def test_a_value_or_a_reason(given_: list[Contributor], rule: RollupRule) -> None:
    for each in quantities(roll_up(rule, given_)):
        assert (each.known.value is None) == (each.known.reason is not None)


@given(contributors(), st.sampled_from(RollupRule))
def test_no_rule_leaves_the_range_of_what_contributes(given_: list[Contributor], rule: RollupRule) -> None:
    known_ = [each.progress.value for each in given_ if each.progress.value is not None]
    value = roll_up(rule, given_).progress.known.value
    assert value is None or min(known_) <= value <= max(known_)


@given(contributors(), st.integers(2, 9), st.sampled_from(RollupRule))
def test_only_the_proportion_of_weights_counts(given_: list[Contributor], by: int, rule: RollupRule) -> None:
    heavier = [
        Contributor(
            each.kind, each.key, round(each.weight * by, 6), each.progress, each.status, each.score, each.finish
        )
        for each in given_
    ]
    assert roll_up(rule, heavier) == roll_up(rule, given_)


@given(st.lists(st.tuples(st.integers(1, 30), st.none() | st.integers(0, 10)), min_size=1, max_size=6))
def test_of_its_own_metrics_it_is_the_score_of_a_set(found: list[tuple[int, int | None]]) -> None:
    grades = [(str(n), weight / 10, None if grade is None else grade / 10) for n, (weight, grade) in enumerate(found)]
    rolled = roll_up(RollupRule.weighted, [metric(*each) for each in grades]).score.known
    whole = score(Graded(key, weight, None if grade is None else exact(grade)) for key, weight, grade in grades)
    assert rolled.value == (None if whole.value is None else float(whole.value))
    assert Fraction(rolled.coverage) == pytest.approx(whole.coverage)


class TestTree:
    """A parent each, without a circle."""

    TREE = {"a": None, "b": "a", "c": "b", "x": None}

    def test_a_circle_is_named_from_the_key_over_its_parents(self) -> None:
        assert cycle_of(self.TREE, "a", "c") == ("a", "c", "b", "a")
        assert cycle_of(self.TREE, "a", "a") == ("a", "a")
        assert cycle_of(self.TREE, "x", "c") == cycle_of(self.TREE, "c", None) == ()

    def test_how_deep_it_would_reach(self) -> None:
        assert depth_with(self.TREE, "x", "c") == 4
        assert depth_with(self.TREE, "a", "x") == 4
        assert depth_with(self.TREE, "new", None) == 1

    @given(st.lists(st.tuples(st.integers(0, 14), st.none() | st.integers(0, 14)), max_size=60))
    def test_moves_that_are_let_through_keep_it_a_tree(self, moves: list[tuple[int, int | None]]) -> None:
        tree: dict[str, str | None] = {str(n): None for n in range(15)}
        for key, parent in ((str(one), None if other is None else str(other)) for one, other in moves):
            circle = cycle_of(tree, key, parent)
            if circle:
                assert circle[0] == circle[-1] == key
                # the circle is made of the move and of parents that there are
                assert all(tree[child] == above for child, above in pairwise(circle[1:]))
            elif depth_with(tree, key, parent) <= MAX_DEPTH:
                tree[key] = parent
            assert max(len(path_to_root(tree, each)) for each in tree) <= MAX_DEPTH


def path_to_root(tree: dict[str, str | None], key: str) -> list[str]:
    """Fails where it comes to a key again."""
    path = [key]
    while (above := tree[path[-1]]) is not None:
        assert above not in path
        path.append(above)
    return path
