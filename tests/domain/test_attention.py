"""Attention: which plans come first, and why."""

from itertools import combinations, permutations

import pytest

from app.domain.attention import CALM, Concern, attention


def test_the_reasons_come_gravest_first_whatever_order_they_were_found_in() -> None:
    for found in permutations((Concern.stale, Concern.breach, Concern.at_risk)):
        assert attention(frozenset(found)).reasons == (Concern.breach, Concern.at_risk, Concern.stale)


def test_without_a_concern_a_plan_comes_last() -> None:
    assert attention(frozenset()) == ((), CALM)
    assert all(attention(frozenset({concern})).rank < CALM for concern in Concern)


@pytest.mark.parametrize(("graver", "lighter"), list(combinations(Concern, 2)))
def test_one_graver_concern_outweighs_all_that_are_lighter(graver: Concern, lighter: Concern) -> None:
    everything_lighter = frozenset(list(Concern)[list(Concern).index(lighter) :])
    assert attention(frozenset({graver})).rank < attention(everything_lighter, breaches=10_000).rank


def test_of_two_with_the_same_gravest_concern_the_next_one_decides() -> None:
    late = frozenset({Concern.breach, Concern.late})
    assert attention(late).rank < attention(frozenset({Concern.breach, Concern.at_risk, Concern.stale})).rank


def test_of_two_with_the_same_concerns_more_open_breaches_come_first() -> None:
    ranks = [attention(frozenset({Concern.breach}), breaches).rank for breaches in (1_000, 999, 2, 1)]
    assert ranks == sorted(ranks)
    assert ranks[0] == ranks[1] < ranks[2] < ranks[3]
