"""From when to when a plan goes, by its dates."""

from app.domain.plan_span import span_of
from tests.domain.builders import ALWAYS, BERLIN, activity, instant, milestone, phase


def test_a_plan_goes_from_the_start_of_its_first_day_to_the_end_of_its_last() -> None:
    found = span_of([activity("a", "2024-05-06", "2024-05-10"), milestone("b", "2024-06-01"), phase("c")], ALWAYS)
    assert found == (instant("2024-05-06T00:00:00Z"), instant("2024-06-02T00:00:00Z"))


def test_days_are_those_of_the_zone_and_instants_are_what_they_are() -> None:
    found = span_of([milestone("a", "2024-05-06"), milestone("b", "2024-05-07T12:00:00Z")], BERLIN)
    assert found == (instant("2024-05-05T22:00:00Z"), instant("2024-05-07T12:00:00Z"))


def test_without_any_date_there_is_no_span() -> None:
    assert span_of([milestone("a")], ALWAYS) == (None, None)
