"""How long an activity takes against its baseline."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.plan import Milestone
from app.domain.progress import ExecutionEvent, Lifecycle
from tests.domain.builders import (
    WEEK,
    Told,
    activity,
    event,
    instant,
    null,
    one,
    told,
)


def duration(*events: ExecutionEvent, as_of: str = "2024-06-01", now: Milestone = WEEK) -> Told:
    return told(one(now, WEEK, events, as_of).duration_variance)


def test_a_duration_not_started_is_the_planned_one() -> None:
    assert duration(as_of="2024-05-01") == (0, None, "planned")
    assert duration(as_of="2024-05-01", now=replace(WEEK, planned_finish=date(2024, 5, 13))) == (480, None, "planned")
    assert duration(now=replace(WEEK, planned_finish=None)) == null("no_planned_date")
    assert duration(now=replace(WEEK, planned_duration_minutes=2000)) == (-400, None, "planned")


def test_a_duration_at_mixed_precision_adds_up() -> None:
    now = replace(WEEK, planned_start=instant("2024-05-06T10:00:00Z"), planned_finish=instant("2024-05-10T12:00:00Z"))
    assert duration(as_of="2024-05-01", now=now) == (0, None, "planned")
    done = [event("started", "2024-05-07T11:00:00Z"), event("completed", "2024-05-14T09:00:00Z")]
    found = one(WEEK, WEEK, done, "2024-06-01")
    assert told(found.start_variance) == (480, 1440, "actual")
    assert told(found.finish_variance) == (960, 5760, "actual")
    assert told(found.duration_variance) == (480, 4320, "actual")


def test_suspended_time_is_no_duration() -> None:
    events = [
        event("started", "2024-05-06"),
        event("blocked", "2024-05-03T09:00:00Z"),
        event("unblocked", "2024-05-06T10:00:00Z"),
        event("blocked", "2024-05-07T08:00:00Z", identity="b2"),
        event("unblocked", "2024-05-08T12:00:00Z", identity="u2"),
        event("completed", "2024-05-10"),
    ]
    assert duration(*events) == (-120 - 480 - 240, 0, "actual")


def test_a_given_duration_is_the_baseline() -> None:
    base = replace(WEEK, planned_duration_minutes=1920)
    done = [event("started", "2024-05-06"), event("completed", "2024-05-10")]
    assert told(one(base, base, done, "2024-06-01").duration_variance) == (480, 0, "actual")
    alone = activity("m", planned_duration_minutes=1440)
    assert told(one(alone, alone, done, "2024-06-01").duration_variance) == (5760, None, "actual")


@pytest.mark.parametrize(
    ("remaining", "as_of", "expected"),
    [
        (None, "2024-05-07T12:00:00Z", (0, None, "planned")),
        (480, "2024-05-07T12:00:00Z", (0, None, "planned")),
        (1680, "2024-05-07T12:00:00Z", (0, None, "forecast")),
        (1920, "2024-05-07T12:00:00Z", (240, None, "forecast")),
        (None, "2024-05-13T10:00:00Z", (120, None, "overdue_floor")),
        (0, "2024-05-13T10:00:00Z", (120, None, "forecast")),
    ],
)
def test_a_duration_in_progress_is_the_longest(remaining: int | None, as_of: str, expected: Told) -> None:
    events = [event("started", "2024-05-06T09:00:00Z")]
    if remaining is not None:
        events.append(event("progressed", "2024-05-06T10:00:00Z", remaining_minutes=remaining))
    assert duration(*events, as_of=as_of) == expected


def test_a_duration_in_progress_without_plan_is_a_floor_or_unknown() -> None:
    now, started = replace(WEEK, planned_finish=None), event("started", "2024-05-06")
    assert duration(started, as_of="2024-05-08T12:00:00Z", now=now) == null("no_planned_date")
    assert duration(started, as_of="2024-05-13T09:00:00Z", now=now) == (60, None, "overdue_floor")


def test_a_suspension_that_lasts_stops_the_work_so_far() -> None:
    events = [event("started", "2024-05-06"), event("blocked", "2024-05-07")]
    found = one(WEEK, WEEK, events, "2024-05-31T00:00:00Z")
    assert told(found.duration_variance) == (0, None, "planned")
    assert (found.lifecycle, found.stale) == (Lifecycle.suspended, False)


def test_a_finish_before_the_start_has_no_duration() -> None:
    assert duration(event("completed", "2024-05-06"), event("started", "2024-05-09")) == null("insufficient_data")
    assert duration(event("completed", "2024-05-06")) == null("start_not_reported")
