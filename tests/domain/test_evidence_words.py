"""Sentences that stay true while time passes, and that bear themselves out."""

from typing import Any

import pytest

from app.domain.deviation_values import Judged
from app.domain.evidence import Evidences
from app.domain.execution import ExecutionEvent
from app.domain.plan import Milestone
from app.domain.tolerances import Level
from tests.domain.builders import activity, at, event, milestone
from tests.domain.judging_build import DAYS, evidence, observe, subject, tolerance

WEEK = activity("m", "2024-05-06", "2024-05-10", calendar="standard")
STARTED = event("started", "2024-05-06")
NOON = milestone("m", "2024-05-07T12:00:00Z")
SILENT = tolerance("silence_minutes", DAYS, 1)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([STARTED], "since 2024-05-06T00:00:00Z"),
        ([], "since it was to start on 2024-05-06"),
        ([event("note.added", "2024-05-01", text="soon")], "since it was to start on 2024-05-06"),
    ],
)
def test_silence_is_told_with_when_it_began(events: list[ExecutionEvent], sentence: str) -> None:
    expected = f"Nothing has been heard of m {sentence}; the tolerance is 1 working day"
    assert evidence(observe([WEEK], events, "2024-05-09"), SILENT).summary == expected


def test_the_silence_of_a_milestone_begins_at_its_date() -> None:
    assert evidence(observe([NOON], as_of="2024-05-09"), SILENT).summary == (
        "Nothing has been heard of m since it was to finish at 2024-05-07T12:00:00Z; the tolerance is 1 day"
    )


@pytest.mark.parametrize(
    ("measure", "planned", "events"),
    [
        ("start_variance", WEEK, []),
        ("finish_variance", WEEK, [STARTED]),
        ("finish_variance", NOON, []),
        ("deadline_variance", milestone("m", deadline=at("2024-05-07")), []),
        ("duration_variance", WEEK, [STARTED]),
        ("blocked_minutes", WEEK, [STARTED, event("blocked", "2024-05-07")]),
        ("silence_minutes", WEEK, [STARTED]),
        ("silence_minutes", WEEK, []),
    ],
)
def test_what_only_time_makes_worse_is_told_alike_for_weeks(
    measure: str, planned: Milestone, events: list[ExecutionEvent]
) -> None:
    watched = tolerance(measure, DAYS, 1, facts=True)
    early, late = (evidence(observe([planned], events, as_of), watched) for as_of in ("2024-05-21", "2024-06-11"))
    assert early.operands["working_minutes"] < late.operands["working_minutes"]
    assert early.summary == late.summary


@pytest.mark.parametrize(
    ("finish", "bounds", "sentence"),
    [
        ("2024-05-12T12:01:00Z", {"breach": 5}, "more than 5 days after baseline 1; the tolerance is 5 days"),
        ("2024-05-12T12:00:00Z", {"breach": 5}, "5 days after baseline 1; the tolerance is 5 days"),
        ("2024-05-12T11:59:00Z", {"breach": 5}, "less than 5 days after baseline 1; the tolerance is 5 days"),
        ("2024-05-05T11:59:00Z", {"lower": -2}, "more than 2 days before baseline 1; the tolerance is 2 days"),
        ("2024-05-09T12:00:00Z", {"breach": 1.9999}, "2 days after baseline 1; the tolerance is 1.9999 days"),
    ],
)
def test_what_rounds_to_its_bound_is_told_as_more_or_less(finish: str, bounds: dict[str, Any], sentence: str) -> None:
    watched = tolerance("finish_variance", DAYS, **bounds)
    observed = observe([NOON], [event("completed", finish)], "2024-05-20")
    assert evidence(observed, watched).summary == f"m finished {sentence}"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(-1.5001, "less than -1.5"), (-1.5, "-1.5"), (-1.4999, "more than -1.5"), (-1.6, "-1.6")],
)
def test_a_float_that_rounds_to_its_bound_is_told_so_too(value: float, sentence: str) -> None:
    watched = tolerance("total_float", DAYS, lower=-1.5)
    judged = Judged(subject(watched), value, level=Level.breach)
    found = Evidences(observe([WEEK])).of(watched, judged).summary
    assert found == f"m has {sentence} working days of total float; the tolerance is -1.5 working days"
