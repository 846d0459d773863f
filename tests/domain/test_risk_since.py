"""Since when a trigger holds: looked for backwards, from event to event and then by halving."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.risk_since import Past, held_since
from tests.domain.builders import instant

FIRST, NOW = instant("2024-05-01T00:00:00Z"), instant("2024-05-31T00:00:00Z")
MINUTE = timedelta(minutes=1)


def since(held_from: datetime, *turns: datetime, looks: int = 100) -> datetime | None:
    return held_since(Past(lambda at: at >= held_from, looks), turns, FIRST, NOW)


def test_what_an_event_brought_holds_since_then() -> None:
    told = instant("2024-05-10T12:30:00Z")
    assert since(told, told, instant("2024-05-20T00:00:00Z"), instant("2024-05-05T00:00:00Z")) == told


def test_what_time_brought_is_found_to_the_minute() -> None:
    begun = instant("2024-05-10T12:31:00Z")
    assert since(begun) == begun
    assert since(begun, instant("2024-05-05T00:00:00Z"), instant("2024-05-20T00:00:00Z")) == begun


def test_what_held_from_the_first_on_has_no_beginning() -> None:
    assert since(FIRST, instant("2024-05-20T00:00:00Z")) is None


def test_what_takes_too_many_looks_is_not_told() -> None:
    begun = instant("2024-05-10T12:31:00Z")
    assert since(begun, looks=0) is None
    assert since(begun, looks=5) is None


def test_an_older_spell_does_not_count() -> None:
    ended, again = instant("2024-05-12T00:00:00Z"), instant("2024-05-20T00:00:00Z")
    past = Past(lambda at: at < ended or at >= again, 100)
    assert held_since(past, [ended, again], FIRST, NOW) == again


minutes = st.integers(1, 30 * 1440).map(lambda count: FIRST + count * MINUTE)


@given(minutes, st.lists(minutes, max_size=6))
def test_whatever_else_was_reported_the_beginning_is_found(begun: datetime, turns: list[datetime]) -> None:
    assert since(begun, *turns) == begun
