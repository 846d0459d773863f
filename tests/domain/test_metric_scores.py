"""What a set of metrics comes to: weights, coverage, gates, drivers."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.metric_scores import Graded, Verdict, graded, score
from app.domain.metric_values import Band, MetricReason
from app.domain.metrics import GateState
from tests.domain.metric_build import binary, reading


def member(key: str, grade: float | None, weight: float = 1.0, gate: GateState | None = None) -> Graded:
    return Graded(key, weight, None if grade is None else Fraction(str(grade)), gate)


def test_the_score_is_the_weighted_grade_and_its_drivers_cost_all_that_is_missing() -> None:
    found = score([member("a", 0.5, 1), member("b", 1, 2), member("c", 0.2, 1)])
    assert (found.value, found.band, found.verdict) == (Fraction(27, 40), Band.amber, Verdict.partly)
    assert [(each.key, float(each.lost_points)) for each in found.drivers] == [("c", 20), ("a", 12.5)]


@pytest.mark.parametrize(
    ("grade", "verdict"), [(0.7, Verdict.met), (0.69, Verdict.partly), (0.4, Verdict.partly), (0.39, Verdict.missed)]
)
def test_the_verdict_is_that_of_the_band(grade: float, verdict: Verdict) -> None:
    assert score([member("a", grade)]).verdict is verdict


def test_three_times_seven_tenths_is_seven_tenths() -> None:
    assert score([member(key, 0.7, 0.1) for key in "abc"]).band is Band.green


def test_what_is_not_known_weighs_nothing_as_long_as_seven_tenths_are_known() -> None:
    found = score([member("a", 0.5, 7), member("b", None, 3)])
    assert (found.value, found.coverage) == (Fraction(1, 2), Fraction(7, 10))


def test_with_less_than_seven_tenths_known_there_is_no_score() -> None:
    found = score([member("a", 1, 6.9), member("b", None, 3.1)])
    assert (found.value, found.band, found.verdict, found.drivers) == (None, None, None, ())
    assert (found.reason, found.coverage) == (MetricReason.insufficient_data, Fraction(69, 100))


def test_an_empty_set_has_no_score_and_no_coverage() -> None:
    found = score([])
    assert (found.value, found.coverage, found.reason) == (None, None, MetricReason.insufficient_data)


@pytest.mark.parametrize("other", [1.0, None])
def test_a_failed_gate_fails_the_set_whatever_the_score_is(other: float | None) -> None:
    found = score([member("gate", 0, 0.01, GateState.failed), member("a", other)])
    assert (found.verdict, found.failed_gates) == (Verdict.failed, ("gate",))


def test_gates_that_may_still_fail_are_named() -> None:
    found = score([member("b", 1, gate=GateState.pending), member("a", 1, gate=GateState.pending), member("c", 1)])
    assert (found.pending_gates, found.verdict) == (("a", "b"), Verdict.met)


def test_a_reading_is_a_member_with_the_weight_and_the_gate_of_its_metric() -> None:
    assert graded(reading(binary(weight=3.0, gate=True), 1.0)) == Graded("m", 3.0, Fraction(1), GateState.pending)


# --- properties

members = st.lists(
    st.builds(
        member,
        st.text("abcdefgh", min_size=1, max_size=3),
        st.one_of(st.none(), st.floats(0, 1)),
        st.floats(0.001, 1000),
        st.sampled_from([None, *GateState]),
    ),
    max_size=12,
    unique_by=lambda each: each.key,
)


@given(members, st.randoms(use_true_random=False))
def test_the_order_of_the_members_changes_nothing(found: list[Graded], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert score(shuffled) == score(found)


@given(members, st.lists(st.integers(1, 1000), min_size=12, max_size=12), st.integers(2, 9))
def test_only_the_proportions_of_the_weights_count(found: list[Graded], weights: list[int], factor: int) -> None:
    light = [each._replace(weight=weight) for each, weight in zip(found, weights, strict=False)]
    heavy = [each._replace(weight=each.weight * factor) for each in light]
    assert score(heavy) == score(light)


@given(members)
def test_the_score_lies_between_the_worst_and_the_best_grade_and_the_drivers_explain_it(found: list[Graded]) -> None:
    told = score(found)
    if told.value is not None:
        grades = [each.grade for each in found if each.grade is not None]
        assert min(grades) <= told.value <= max(grades)
        assert sum(each.lost_points for each in told.drivers) == 100 * (1 - told.value)


@given(members, st.floats(0, 1))
def test_a_better_grade_never_lowers_the_score(found: list[Graded], raised: float) -> None:
    before = score(found)
    if before.value is None or not found or found[0].grade is None:
        return
    better = [found[0]._replace(grade=max(found[0].grade, Fraction(str(raised)))), *found[1:]]
    after = score(better).value
    assert after is not None
    assert after >= before.value
