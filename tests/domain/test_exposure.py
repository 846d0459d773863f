"""Expected delay and cost of risks, and which room covers them: known answers, and what always holds."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.exposure import Coverage, CoverageStatus, all_of, coverage, exposure_of, weight_of
from app.domain.measures import Reason
from app.domain.risks import Risk, RiskStatus
from tests.domain.risk_build import impact, risk

OPEN, OCCURRED, CLOSED = RiskStatus.open, RiskStatus.occurred, RiskStatus.closed
COVERED, UNCOVERED, UNKNOWN = CoverageStatus.covered, CoverageStatus.uncovered, CoverageStatus.unknown


def test_the_expected_impact_is_probability_times_impact() -> None:
    found = exposure_of(risk("r", 0.3, impact("a", 480, "1250.00"), impact("b", 100)), OPEN)
    assert found.minutes == {"a": Decimal(144), "b": Decimal(30)}
    assert found.cost == {"a": Decimal(375)}
    assert (found.total_minutes, found.total_cost) == (Decimal(174), Decimal(375))


def test_money_is_exact() -> None:
    found = exposure_of(risk("r", 0.1, impact("a", 0, "0.0003"), impact("b", 0, "999999999999999999.9999")), OPEN)
    assert found.cost == {"a": Decimal("0.00003"), "b": Decimal("99999999999999999.99999")}
    assert found.total_cost == Decimal("100000000000000000.00002")


@pytest.mark.parametrize(("status", "minutes"), [(OPEN, 48), (OCCURRED, 480), (CLOSED, 0)])
def test_what_occurred_counts_whole_until_it_is_closed(status: RiskStatus, minutes: int) -> None:
    assert exposure_of(risk("r", 0.1, impact("a", 480)), status).total_minutes == minutes


def test_what_is_done_is_delayed_no_more_and_may_still_cost_something() -> None:
    one = risk("r", 0.5, impact("a", 100, "10.00"), impact("b", 10))
    found = exposure_of(one, OPEN, {"a"})
    assert (found.minutes, found.cost) == ({"b": Decimal(5)}, {"a": Decimal(5)})


def test_exposures_add_up_by_milestone() -> None:
    one = exposure_of(risk("r", 0.5, impact("a", 100, "10.00"), impact("b", 10)), OPEN)
    other = exposure_of(risk("s", 0.2, impact("b", 50), impact("c", 0, "4.00")), OPEN)
    found = all_of([one, other])
    assert found.minutes == {"a": Decimal(50), "b": Decimal(15)}
    assert found.cost == {"a": Decimal(5), "c": Decimal("0.8")}


@pytest.mark.parametrize(
    ("expected", "room", "wanted"),
    [
        ("30", "100", (COVERED, "30", "0")),
        ("100", "100", (COVERED, "100", "0")),
        ("100.5", "100", (UNCOVERED, "100", "0.5")),
        ("30", "0", (UNCOVERED, "0", "30")),
        ("30", "-60", (UNCOVERED, "0", "30")),
        ("0", "-60", (COVERED, "0", "0")),
    ],
)
def test_room_covers_as_much_as_it_has(expected: str, room: str, wanted: tuple[CoverageStatus, str, str]) -> None:
    found = coverage(Decimal(expected), Decimal(room), None)
    assert (found.status, found.covered, found.uncovered) == (wanted[0], Decimal(wanted[1]), Decimal(wanted[2]))
    assert (found.room, found.reason) == (Decimal(room), None)


def test_without_any_room_known_nothing_is_said_of_what_is_expected() -> None:
    reason = Reason.calendar_horizon
    assert coverage(Decimal(1), None, reason) == Coverage(UNKNOWN, None, None, None, reason)
    assert coverage(Decimal(0), None, reason) == Coverage(COVERED, None, Decimal(0), Decimal(0))


probabilities = st.decimals(min_value="0.0001", max_value=1, places=4).map(float)
amounts = st.decimals(min_value=0, max_value=10**12, places=4).map(lambda amount: f"{amount:f}")
impacts = st.builds(impact, st.sampled_from("abc"), st.integers(0, 10**6), st.none() | amounts)
risks = st.builds(
    lambda probability, told: risk("r", probability, *told),
    probabilities,
    st.lists(impacts, max_size=3, unique_by=lambda each: each["milestone"]),
)
cases = st.lists(st.tuples(risks, st.sampled_from(RiskStatus)), max_size=6)


@given(cases, st.randoms())
def test_sums_are_exact_and_the_same_in_any_order(told: list[tuple[Risk, RiskStatus]], random: Random) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)
    total = all_of(exposure_of(*each) for each in told)
    assert total == all_of(exposure_of(*each) for each in shuffled)
    assert total.total_minutes == sum(exposure_of(*each).total_minutes for each in told)
    assert total.total_cost == sum(exposure_of(*each).total_cost for each in told)


@given(risks)
def test_nothing_expected_is_more_than_what_occurs(one: Risk) -> None:
    may, did = exposure_of(one, OPEN), exposure_of(one, OCCURRED)
    assert all(may.minutes[key] <= did.minutes[key] for key in did.minutes)
    assert may.total_cost <= did.total_cost
    assert weight_of(one, OPEN) * did.total_minutes == may.total_minutes


@given(st.decimals(0, 10**6, places=3), st.decimals(-(10**6), 10**6, places=3))
def test_what_is_covered_and_what_is_not_add_up(expected: Decimal, room: Decimal) -> None:
    found = coverage(expected, room, None)
    assert found.covered is not None
    assert found.uncovered is not None
    assert found.covered + found.uncovered == expected
    assert found.covered <= max(room, Decimal(0))
    assert (found.status is COVERED) == (found.uncovered == 0)
