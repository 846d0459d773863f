"""Actual by planned durations."""

from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.domain.estimate_calibration import Estimate, calibration
from app.domain.forecast_accuracy import LEAST
from app.domain.measures import Reason

FIVE = [Estimate("crew", 480, actual) for actual in (480, 480, 960, 720, 240)]


def test_the_ratio_is_of_the_sums_and_the_median_of_the_activities() -> None:
    whole = calibration([*FIVE[:4], Estimate("crew", 4800, 9600)]).whole
    assert (whole.planned_minutes, whole.actual_minutes) == (6720, 12240)
    assert whole.ratio == Fraction(12240, 6720)
    assert whole.median_ratio == Fraction(3, 2)


def test_of_an_even_number_the_median_lies_between_the_two_in_the_middle() -> None:
    assert calibration([*FIVE, Estimate("crew", 480, 600)]).whole.median_ratio == Fraction(9, 8)  # of 1 and 1.25


def test_too_few_activities_say_nothing_but_their_sums() -> None:
    whole = calibration(FIVE[: LEAST - 1]).whole
    assert (whole.ratio, whole.median_ratio, whole.reason) == (None, None, Reason.insufficient_data)
    assert (whole.planned_minutes, whole.actual_minutes) == (1920, 2640)


def test_each_owner_is_told_by_itself() -> None:
    found = calibration([*FIVE, *(each._replace(owner=None, actual_minutes=960) for each in FIVE)])
    assert list(found.by_owner) == ["crew", None]
    assert [each.ratio for each in found.by_owner.values()] == [Fraction(6, 5), 2]


some = st.builds(Estimate, st.sampled_from(["a", None]), st.integers(1, 9999), st.integers(0, 9999))


@given(st.lists(some), st.randoms())
def test_no_order_changes_anything_and_the_owners_make_the_whole(every: list[Estimate], random: Random) -> None:
    found = calibration(every)
    shuffled = [*every]
    random.shuffle(shuffled)
    assert calibration(shuffled) == found
    assert sum(each.actual_minutes for each in found.by_owner.values()) == found.whole.actual_minutes
