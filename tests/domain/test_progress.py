"""Corrections, and the fold: known sequences, and the same answer for every arrival order."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.progress import (
    EventType,
    ExecutionEvent,
    FindingCode,
    Lifecycle,
    State,
    effective,
    fold,
)
from tests.domain.builders import correction, event, instant, retraction

LATER = instant("2030-01-01")


def state(*events: ExecutionEvent, as_of: datetime = LATER) -> State:
    return fold(effective(events), as_of).get("m", State())


def codes(*events: ExecutionEvent) -> list[FindingCode]:
    return [finding.code for finding in state(*events).findings]


def ids(*events: ExecutionEvent) -> list[str]:
    return [each.id for each in effective(events)]


# --- the fold


def test_silence_is_no_state_at_all() -> None:
    assert fold([], LATER) == {}
    assert state() == State(lifecycle=Lifecycle.not_started)


def test_a_whole_life_with_every_detail() -> None:
    found = state(
        event("assigned", "2024-05-01T00:00:00Z", assignee="ann"),
        event("forecast_changed", "2024-05-01T01:00:00Z", start="2024-05-02", finish="2024-05-09"),
        event("started", "2024-05-02T08:00:00Z"),
        event("progressed", "2024-05-03T08:00:00Z", percent_complete=40, remaining_minutes=600),
        event("blocked", "2024-05-04T08:00:00Z", expected_resume_at="2024-05-06"),
        event("unblocked", "2024-05-05T08:00:00Z"),
        event("cost.incurred", "2024-05-05T09:00:00Z", amount="10.10", currency="EUR"),
        event("cost.incurred", "2024-05-05T10:00:00Z", amount="0.20", currency="EUR"),
        event("effort.spent", "2024-05-05T11:00:00Z", minutes=90),
        event("note.added", "2024-05-05T12:00:00Z", text="well"),
    )
    assert found == State(
        lifecycle=Lifecycle.in_progress,
        actual_start=instant("2024-05-02T08:00:00Z"),
        percent_complete=40.0,
        remaining_minutes=600,
        suspensions=((instant("2024-05-04T08:00:00Z"), instant("2024-05-05T08:00:00Z")),),
        forecast_start=date(2024, 5, 2),
        forecast_finish=date(2024, 5, 9),
        assignee="ann",
        last_event_at=instant("2024-05-05T12:00:00Z"),
        cost_by_currency={"EUR": Decimal("10.30")},
        effort_minutes=90,
    )


def test_what_lies_after_as_of_has_not_happened_and_plan_level_events_are_no_milestone() -> None:
    events = [
        event("started", "2024-05-02T08:00:00Z"),
        event("completed", "2024-05-03T08:00:00Z"),
        event("cost.incurred", "2024-05-01", None, amount="1", currency="EUR"),
    ]
    assert set(fold(events, LATER)) == {"m"}
    assert state(*events, as_of=instant("2024-05-03T07:59:59Z")).lifecycle is Lifecycle.in_progress
    assert state(*events, as_of=instant("2024-05-03T08:00:00Z")).lifecycle is Lifecycle.completed


def test_a_bare_date_keeps_its_precision() -> None:
    found = state(event("started", "2024-05-02"), event("completed", "2024-05-08"))
    assert (found.actual_start, found.actual_finish) == (date(2024, 5, 2), date(2024, 5, 8))


def test_completed_is_complete_and_its_start_is_never_implied() -> None:
    found = state(event("progressed", "2024-05-01", percent_complete=70), event("completed", "2024-05-02"))
    assert found.actual_start is None
    assert (found.lifecycle, found.percent_complete, found.remaining_minutes) == (Lifecycle.completed, 100.0, 0)


def test_reopening_brings_the_last_reported_progress_back() -> None:
    life = [
        event("progressed", "2024-05-01", percent_complete=70, remaining_minutes=30),
        event("completed", "2024-05-02"),
        event("reopened", "2024-05-03"),
    ]
    found = state(*life)
    assert (found.lifecycle, found.actual_finish) == (Lifecycle.in_progress, None)
    assert (found.percent_complete, found.remaining_minutes, found.findings) == (70.0, 30, ())
    assert state(*life, event("completed", "2024-05-04")).actual_finish == date(2024, 5, 4)
    assert codes(*life, event("progressed", "2024-05-04", percent_complete=10)) == []


def test_within_one_instant_the_type_decides() -> None:
    same = "2024-05-02T08:00:00Z"
    found = state(event("completed", same), event("reopened", same), event("started", same))
    assert (found.lifecycle, found.actual_finish) == (Lifecycle.completed, instant(same))
    assert [kind.value for kind in EventType][:3] == [
        "milestone.reopened",
        "milestone.started",
        "milestone.progressed",
    ]


def test_suspended_only_once_work_has_begun() -> None:
    block = event("blocked", "2024-05-02T00:00:00Z")
    assert state(block).lifecycle is Lifecycle.not_started
    assert state(block).blocked_since == instant("2024-05-02")
    working = event("progressed", "2024-05-01", percent_complete=1)
    found = state(working, block)
    assert (found.lifecycle, found.suspensions) == (Lifecycle.suspended, ((instant("2024-05-02"), None),))
    assert state(working, block, event("unblocked", "2024-05-03")).lifecycle is Lifecycle.in_progress


def test_completion_ends_a_block() -> None:
    found = state(event("started", "2024-05-01"), event("blocked", "2024-05-02"), event("completed", "2024-05-04"))
    assert (found.lifecycle, found.blocked_since) == (Lifecycle.completed, None)
    assert found.suspensions == ((instant("2024-05-02"), instant("2024-05-04")),)


def test_cancelled_until_reopened() -> None:
    cancelled = event("cancelled", "2024-05-02")
    assert state(cancelled).lifecycle is Lifecycle.cancelled
    assert state(cancelled, event("reopened", "2024-05-03")).lifecycle is Lifecycle.not_started
    begun = event("started", "2024-05-01")
    assert state(begun, cancelled).lifecycle is Lifecycle.cancelled
    assert state(begun, cancelled, event("reopened", "2024-05-03")).lifecycle is Lifecycle.in_progress


def test_a_forecast_keeps_what_it_leaves_out_and_clears_what_is_null() -> None:
    first = event("forecast_changed", "2024-05-01", start=date(2024, 6, 1), finish=date(2024, 6, 9))
    second = event("forecast_changed", "2024-05-02", finish=instant("2024-06-10"))
    found = state(first, second)
    assert (found.forecast_start, found.forecast_finish) == (date(2024, 6, 1), instant("2024-06-10"))
    third = event("forecast_changed", "2024-05-03", start=None)
    assert state(first, second, third).forecast_start is None
    assert state(first, second, third).forecast_finish == instant("2024-06-10")


def test_a_second_block_can_tell_another_resumption() -> None:
    first = event("blocked", "2024-05-01", expected_resume_at=date(2024, 6, 1))
    assert state(first, event("blocked", "2024-05-02")).expected_resume_at == date(2024, 6, 1)
    second = event("blocked", "2024-05-02", expected_resume_at=date(2024, 7, 1))
    found = state(first, second)
    assert (found.blocked_since, found.expected_resume_at) == (instant("2024-05-01"), date(2024, 7, 1))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["started 01", "started 02"], "started_again"),
        (["started 01", "completed 02", "progressed 03"], "progress_after_completion"),
        (["completed 01", "completed 02"], "completed_again"),
        (["completed 01", "blocked 02"], "blocked_after_completion"),
        (["blocked 01", "blocked 02"], "blocked_again"),
        (["unblocked 01"], "unblocked_without_block"),
        (["blocked 01", "started 02"], "progress_while_blocked"),
        (["reopened 01"], "reopened_while_open"),
        (["completed 01", "started 02"], "finish_before_start"),
        (["cancelled 01", "completed 02"], "event_after_cancellation"),
        (["cancelled 01", "cancelled 02"], "event_after_cancellation"),
    ],
)
@pytest.mark.parametrize("time", ["", "T10:00:00Z"])
def test_what_is_odd_is_found_and_not_refused(events: list[str], expected: str, time: str) -> None:
    named = [event(text.split()[0], f"2024-05-{text.split()[1]}{time}") for text in events]
    found = state(*named).findings
    assert [finding.code.value for finding in found] == [expected]
    assert found[0].detail
    assert found[0].event in {each.identity for each in named}


def test_a_falling_percent_is_found() -> None:
    up = event("progressed", "2024-05-01", percent_complete=60)
    down = event("progressed", "2024-05-02", percent_complete=40)
    assert codes(up, down) == [FindingCode.percent_decreased]
    assert state(up, down).percent_complete == 40.0
    assert codes(up, event("progressed", "2024-05-02", remaining_minutes=5)) == []


def test_a_day_holds_the_whole_of_it() -> None:
    done, busy = event("completed", "2024-05-08"), event("progressed", "2024-05-08T15:00:00Z", percent_complete=9)
    assert codes(done, busy) == []
    assert codes(done, event("started", "2024-05-08T15:00:00Z")) == []
    assert codes(done, event("started", "2024-05-09T09:00:00Z")) == [FindingCode.finish_before_start]


def test_the_last_of_two_completions_counts() -> None:
    found = state(event("completed", "2024-05-01"), event("completed", "2024-05-03"))
    assert found.actual_finish == date(2024, 5, 3)


def test_an_unknown_type_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        effective([event("milestone.sneezed", "2024-05-01")])


# --- corrections and retractions


DONE = event("completed", "2024-05-08T10:00:00Z", identity="done")
EARLIER = event("completed", "2024-05-07T10:00:00Z", identity="ignored")
EARLIEST = event("completed", "2024-05-06T10:00:00Z", identity="ignored")


def test_a_retraction_voids_and_a_retracted_retraction_gives_back() -> None:
    first, second, third = retraction("r1", "done"), retraction("r2", "r1"), retraction("r3", "r2")
    assert ids(DONE, first) == []
    assert ids(DONE, first, second) == ["done"]
    assert ids(DONE, first, second, third) == []


def test_a_correction_replaces_the_content_and_keeps_the_identity() -> None:
    (found,) = effective([DONE, correction("c", "done", EARLIER)])
    assert found == EARLIER._replace(id="done")


def test_a_correction_acts_whatever_its_own_time() -> None:
    fixed = [DONE, correction("c", "done", EARLIER, when="2029-01-01")]
    assert state(*fixed, as_of=instant("2024-05-07T12:00:00Z")).lifecycle is Lifecycle.completed


def test_a_superseder_may_come_first_or_for_nothing() -> None:
    assert ids(retraction("r", "done"), DONE) == []
    assert ids(retraction("r", "unheard-of"), DONE) == ["done"]
    assert ids(retraction("r", "x")._replace(target=None), DONE) == ["done"]


def test_a_retracted_correction_gives_the_original_back() -> None:
    assert effective([DONE, correction("c", "done", EARLIER), retraction("r", "c")]) == [DONE]


def test_a_correction_of_a_correction_changes_what_it_says() -> None:
    events = [DONE, correction("c1", "done", EARLIER), correction("c2", "c1", EARLIEST)]
    assert effective(events) == [EARLIEST._replace(id="done")]


def test_a_correction_of_a_retraction_stands_in_its_place() -> None:
    events = [DONE, retraction("r", "done"), correction("c", "r", EARLIER)]
    assert effective(events) == [EARLIER._replace(id="r"), DONE]


def test_the_last_of_several_corrections_wins_and_a_retraction_beats_them() -> None:
    early = correction("c1", "done", EARLIEST, when="2024-05-09")
    late = correction("c0", "done", EARLIER, when="2024-05-10")
    assert effective([late, DONE, early]) == [EARLIER._replace(id="done")]
    assert effective([early, DONE, late]) == [EARLIER._replace(id="done")]
    assert effective([late, DONE, early, retraction("r", "done")]) == []
    assert effective([late, DONE, early, retraction("r", "c0")]) == [EARLIEST._replace(id="done")]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_member_of_a_cycle_acts(length: int) -> None:
    cycle = [retraction(f"r{n}", f"r{(n + 1) % length}") for n in range(length)]
    assert ids(DONE, *cycle) == ["done"]
    outside = correction("c", "r0", EARLIER)
    assert ids(DONE, *cycle, outside) == ["r0", "done"]
    assert ids(DONE, *cycle, outside, retraction("x", "r0")) == ["done"]


def test_a_replacement_that_supersedes_has_no_effect() -> None:
    assert effective([DONE, correction("c", "done", retraction("x", "done"))]) == [DONE]
    assert effective([DONE, correction("c", "done", None)]) == [DONE]


def test_a_long_chain_is_no_recursion() -> None:
    chain = [retraction(f"r{n}", f"r{n - 1}" if n else "done") for n in range(20_001)]
    assert ids(DONE, *chain) == []
    assert ids(DONE, *chain[:-1]) == ["done"]


# --- properties


IDENTITIES = [f"e{n}" for n in range(12)]
DATA: dict[str, dict[str, Any]] = {
    "milestone.progressed": {"percent_complete": 30, "remaining_minutes": 60},
    "milestone.forecast_changed": {"finish": "2024-06-01"},
    "milestone.blocked": {"expected_resume_at": None},
    "milestone.assigned": {"assignee": "ann"},
    "cost.incurred": {"amount": "1.10", "currency": "EUR"},
    "effort.spent": {"minutes": 5},
}
ORDINARY = [kind.value for kind in EventType if not kind.value.startswith("event.")]


@st.composite
def ordinary(draw: st.DrawFn, identity: str = "ignored") -> ExecutionEvent:
    moment = datetime(2024, 5, 1, tzinfo=UTC) + timedelta(hours=12 * draw(st.integers(0, 8)))
    kind = draw(st.sampled_from(ORDINARY))
    data = dict(DATA.get(kind, {}))
    if kind == "milestone.progressed":
        data["percent_complete"] = draw(st.integers(0, 100))
    day = moment.date() if moment.hour == 0 and draw(st.booleans()) else None
    key = draw(st.sampled_from(["m", "n", None]))
    return ExecutionEvent("s", identity, kind, key, moment, day, data)


@st.composite
def histories(draw: st.DrawFn) -> list[ExecutionEvent]:
    events = []
    for identity in IDENTITIES[: draw(st.integers(0, len(IDENTITIES)))]:
        target = draw(st.sampled_from(IDENTITIES))
        when = f"2024-05-0{draw(st.integers(1, 9))}"
        kind = draw(st.sampled_from(["ordinary", "ordinary", "retraction", "correction"]))
        if kind == "ordinary":
            events.append(draw(ordinary(identity)))
        elif kind == "retraction":
            events.append(retraction(identity, target, when))
        else:
            events.append(correction(identity, target, draw(ordinary()), when))
    return events


@given(histories(), st.randoms(use_true_random=False), st.integers(1, 9))
def test_order_and_repetition_change_nothing(events: list[ExecutionEvent], random: object, day: int) -> None:
    as_of = datetime(2024, 5, day, tzinfo=UTC)
    expected = fold(effective(events), as_of)
    shuffled = [*events, *events[::2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert effective(shuffled) == effective(events)
    assert fold(effective(shuffled), as_of) == expected
    assert fold(reversed(effective(events)), as_of) == expected


@given(histories(), ordinary("extra"))
def test_a_retracted_event_leaves_no_trace(events: list[ExecutionEvent], extra: ExecutionEvent) -> None:
    assert effective([*events, extra, retraction("last", "extra")]) == effective(events)


@given(histories())
def test_states_keep_their_invariants(events: list[ExecutionEvent]) -> None:
    for found in fold(effective(events), LATER).values():
        assert found.percent_complete is None or 0 <= found.percent_complete <= 100
        if found.lifecycle is Lifecycle.completed:
            assert found.actual_finish is not None
            assert (found.percent_complete, found.remaining_minutes) == (100.0, 0)
            assert found.blocked_since is None
        if found.lifecycle is Lifecycle.suspended:
            assert found.suspensions[-1] == (found.blocked_since, None)
