"""The states at many instants in one pass are those of a fold at each of them."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.progress import ExecutionEvent, State, fold, fold_at
from tests.domain.builders import event, instant

DAY = timedelta(days=1)
FIRST = instant("2024-01-01T00:00:00Z")
INSTANTS = [FIRST + step * DAY / 2 for step in range(9)]

reports = st.builds(
    lambda kind, day, key, number, is_day: event(
        kind,
        f"2024-01-0{day}" if is_day else f"2024-01-0{day}T00:00:00Z",
        key,
        f"{number}",
        **({"percent_complete": number} if kind == "progressed" else {}),
    ),
    st.sampled_from(["started", "progressed", "completed", "reopened", "blocked", "unblocked", "cancelled"]),
    st.integers(1, 5),
    st.sampled_from(["a", "b", None]),
    st.integers(0, 100),
    st.booleans(),
)


def told(events: list[ExecutionEvent], instants: list[datetime]) -> list[dict[str, State]]:
    """All states at each instant, gathered from what is told to have changed."""
    known: dict[str, State] = {}
    found = []
    for _, changed in fold_at(events, instants):
        known |= changed
        found.append(dict(known))
    return found


@given(st.lists(reports, max_size=12))
def test_one_pass_tells_what_a_fold_at_each_instant_tells(events: list[ExecutionEvent]) -> None:
    assert told(events, INSTANTS) == [fold(events, instant) for instant in INSTANTS]


def test_only_what_changed_is_told() -> None:
    events = [event("started", "2024-01-01T06:00:00Z", "a"), event("started", "2024-01-02T06:00:00Z", "b")]
    changed = [sorted(states) for _, states in fold_at(events, INSTANTS[:6])]
    assert changed == [[], ["a"], [], ["b"], [], []]


def test_a_day_that_has_not_begun_waits_for_the_next_instant() -> None:
    events = [event("started", "2024-01-02", "a"), event("completed", "2024-01-02T00:00:00Z", "a", "early")]
    (_, at_midnight), (_, at_noon) = fold_at(events, INSTANTS[2:4])
    assert (at_midnight["a"].actual_start, at_noon["a"].actual_start) == (None, events[0].occurred_on)
