"""The token bucket: what it lets through, what it promises, and how little it keeps."""

from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.rate_limit import Allowance, RateLimit
from tests.scale import full

KEY, OTHER, THIRD = (UUID(int=number) for number in (1, 2, 3))
SECOND = 10**9


class Watch:
    """Ticks that stand until they are moved."""

    def __init__(self) -> None:
        self.now = 5 * SECOND

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@given(
    per_minute=st.integers(1, 2_000),
    burst=st.integers(1, 20),
    gaps=st.lists(st.one_of(st.just(0), st.integers(0, 20 * SECOND), st.integers(0, 10**13)), max_size=60),
)
@settings(max_examples=full(4_000, 200), deadline=None)
def test_it_lets_through_what_an_exact_bucket_holds(per_minute: int, burst: int, gaps: list[int]) -> None:
    watch = Watch()
    limit = RateLimit(per_minute, burst, watch)
    rate = Fraction(per_minute, 60 * SECOND)
    held, passed = Fraction(burst), []
    for gap in gaps:
        watch.now += gap
        held = min(Fraction(burst), held + gap * rate)
        allowance = limit.take(KEY)
        assert allowance.passes == (held >= 1)
        held -= allowance.passes
        assert allowance.remaining == int(held)
        passed += [watch.now] * allowance.passes
    for first, began in enumerate(passed):
        for last, ended in enumerate(passed[first:], first):
            assert last - first + 1 <= burst + rate * (ended - began)


@given(
    per_minute=st.integers(1, 10_000), burst=st.integers(1, 10), asked=st.integers(1, 12), gap=st.integers(0, SECOND)
)
@settings(max_examples=full(2_000, 100), deadline=None)
def test_there_is_one_more_when_it_says_so_and_not_a_second_before(
    per_minute: int, burst: int, asked: int, gap: int
) -> None:
    def ask_again(wait_seconds: int) -> list[Allowance]:
        """What is told of so many requests, and of one more after a wait."""
        watch = Watch()
        limit = RateLimit(per_minute, burst, watch)
        told = []
        for wait in [gap] * asked + [wait_seconds * SECOND]:
            watch.now += wait
            told.append(limit.take(KEY))
        return told

    told = ask_again(0)[-2]
    early, in_time = ask_again(told.seconds - 1)[-1], ask_again(told.seconds)[-1]
    assert told.seconds >= 1
    assert (early.passes, early.remaining) == (told.remaining >= 1, max(told.remaining - 1, 0))
    assert in_time.passes
    assert in_time.remaining >= told.remaining


@pytest.mark.parametrize(
    ("per_minute", "burst", "policy"),
    [(600, 100, '"default";q=100;w=10'), (7, 10, '"default";q=10;w=86'), (60_000, 1, '"default";q=1;w=1')],
)
def test_the_policy_is_the_burst_and_the_seconds_that_refill_it(
    per_minute: int, burst: int, policy: str, watch: Watch
) -> None:
    assert RateLimit(per_minute, burst, watch).policy == policy


def test_of_too_many_keys_the_one_out_of_use_is_forgotten(watch: Watch) -> None:
    limit = RateLimit(1, 1, watch, max_keys=2)
    assert [limit.take(key).passes for key in (KEY, OTHER, KEY, THIRD)] == [True, True, False, True]
    assert [limit.take(key).passes for key in (KEY, OTHER)] == [False, True]


def test_a_clock_that_goes_back_empties_the_bucket_and_no_more(watch: Watch) -> None:
    limit = RateLimit(60, 5, watch)
    watch.advance(3600)
    limit.take(KEY)
    watch.advance(-3600)
    assert limit.take(KEY) == Allowance(passes=False, remaining=0, seconds=1)
    watch.advance(1)
    assert limit.take(KEY).passes


def test_it_keeps_one_instant_of_a_key_however_much_it_asks(watch: Watch) -> None:
    limit = RateLimit(60, 5, watch)
    for _ in range(1_000):
        limit.take(KEY)
        watch.advance(0.1)
    assert len(limit._full_at) == 1
