"""Why it went as it did: reason codes of deviations and of blocks."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.domain.causes import Block, Cause, Said, blocks, causes
from app.domain.execution import ExecutionEvent, Lifecycle
from app.domain.progress import effective, fold
from tests.domain.builders import STANDARD, event, instant

AS_OF = instant("2026-04-01T12:00:00Z")
DAY = 480


def found(*events: ExecutionEvent) -> list[Block]:
    return blocks(effective(events), AS_OF)


def blocked(when: str, key: str = "m", code: str | None = "supply") -> ExecutionEvent:
    return event("blocked", when, key, reason_code=code)


def block(since: str, until: str, key: str = "m", code: str | None = "supply") -> Block:
    return Block(key, code, instant(since), instant(until))


def test_a_block_lasts_until_it_is_lifted() -> None:
    assert found(blocked("2026-03-02"), event("unblocked", "2026-03-04")) == [block("2026-03-02", "2026-03-04")]


def test_completion_and_cancellation_end_a_block() -> None:
    assert found(blocked("2026-03-02"), event("completed", "2026-03-04")) == [block("2026-03-02", "2026-03-04")]
    assert found(blocked("2026-03-02"), event("cancelled", "2026-03-05")) == [block("2026-03-02", "2026-03-05")]


def test_a_block_that_nothing_ended_counts_up_to_the_status_date() -> None:
    assert found(blocked("2026-03-02")) == [Block("m", "supply", instant("2026-03-02"), AS_OF)]


def test_the_first_report_of_a_block_counts() -> None:
    again = found(blocked("2026-03-02"), blocked("2026-03-03", code="strike"), event("unblocked", "2026-03-04"))
    assert again == [block("2026-03-02", "2026-03-04")]


def test_finished_work_is_blocked_only_after_it_was_reopened() -> None:
    done = (event("completed", "2026-03-02"), blocked("2026-03-03"))
    assert found(*done) == []
    reopened = found(*done, event("reopened", "2026-03-04"), blocked("2026-03-05"), event("unblocked", "2026-03-06"))
    assert reopened == [block("2026-03-05", "2026-03-06")]


def test_what_ends_no_block_and_what_names_no_milestone_is_passed_over() -> None:
    assert found(event("unblocked", "2026-03-02"), event("note.added", "2026-03-02", None, text="x")) == []


def test_a_cause_is_made_of_what_was_said_and_of_what_stood_still() -> None:
    said = [Said("a", "supply"), Said("b", "supply"), Said("a", "supply"), Said(None, "supply")]
    stood = [block("2026-03-05T08:00:00Z", "2026-03-10T08:00:00Z", "c")]  # Thursday to Tuesday
    slips = {"a": 2 * DAY, "b": -DAY, "c": 9 * DAY}
    assert causes(said, stood, slips, lambda _: STANDARD) == [
        Cause("supply", 4, 1, slip_minutes=2 * DAY, blocked_minutes=3 * DAY, milestones=("a", "b", "c"))
    ]


def test_a_milestone_of_which_two_reasons_were_given_counts_for_both() -> None:
    both = causes([Said("a", "one"), Said("a", "two")], [], {"a": DAY}, lambda _: STANDARD)
    assert [(each.reason_code, each.slip_minutes) for each in both] == [("one", DAY), ("two", DAY)]


def test_the_weightiest_cause_comes_first_and_of_equals_what_has_a_code() -> None:
    said = [Said("a", "small"), Said("b", None), Said("c", "many"), Said("d", "many"), Said("e", "large")]
    slips = {"e": 3 * DAY}
    found = causes(said, [], slips, lambda _: STANDARD)
    assert [each.reason_code for each in found] == ["large", "many", "small", None]


def test_a_block_that_began_after_the_status_date_takes_no_time() -> None:
    (cause,) = causes([], [block("2026-03-10", "2026-03-02")], {}, lambda _: STANDARD)
    assert (cause.blocks, cause.blocked_minutes) == (1, 0)


said_of = st.builds(Said, st.sampled_from(["a", "b", None]), st.sampled_from(["x", "y", None]))


@given(st.lists(said_of), st.randoms())
def test_no_order_changes_anything(said: list[Said], random: Random) -> None:
    slips = {"a": DAY, "b": 2 * DAY}
    found = causes(said, [], slips, lambda _: STANDARD)
    shuffled = [*said]
    random.shuffle(shuffled)
    assert causes(shuffled, [], slips, lambda _: STANDARD) == found
    assert sum(each.deviations for each in found) == len(said)


types = st.sampled_from(["started", "blocked", "unblocked", "completed", "cancelled", "reopened"])


@given(st.lists(st.tuples(types, st.integers(1, 28)), max_size=12))
def test_blocks_are_the_suspensions_of_the_fold(told: list[tuple[str, int]]) -> None:
    events = effective(
        event(type_, f"2026-03-{day:02}T08:00:00Z", identity=str(i)) for i, (type_, day) in enumerate(told)
    )
    state = fold(events, AS_OF).get("m")
    suspensions = () if state is None else state.suspensions
    expected = [(since, until or AS_OF) for since, until in suspensions]
    assert [(each.since, each.until) for each in blocks(events, AS_OF)] == expected
    assert state is None or state.lifecycle in Lifecycle
