"""Variance against what Microsoft Project stored, federal projects reported, and CPython released.

The data lies beside the repository; each test reads it when it runs, and is skipped where it is absent.
"""

import csv
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.domain.moments import parse_day, parse_instant
from app.domain.plan import Milestone
from app.domain.progress import ExecutionEvent
from app.domain.variance import Basis, MilestoneVariance, Reason, Variance
from tests.domain.builders import activity, by_key, event, instant, measure, milestone, one
from tests.domain.shared import shared


def text_of(name: str) -> str:
    return shared(name).read_text()


def utc(local: str | None) -> str | None:
    return None if local is None else f"{local}:00Z" if len(local) == 16 else f"{local}Z"


# --- Microsoft Project


def test_microsoft_project_stored_these_eighteen_variances() -> None:
    case = json.loads(text_of("oracles/cases/variance-msproject-baseline.json"))
    now, base, events = [], [], []
    for task in case["inputs"]["tasks"]:
        key = task["id"]
        dates = {"calendar": "standard"}
        now.append(activity(key, utc(task["start"]), utc(task["finish"]), **dates))
        base.append(activity(key, utc(task["baseline_start"]), utc(task["baseline_finish"]), **dates))
        for kind, when in (("started", task["actual_start"]), ("completed", task["actual_finish"])):
            if when is not None:
                events.append(event(kind, str(utc(when)), key))
    # At this status date no task is overdue: Project never moves work that has not started.
    items = by_key(measure(now, base, events, "2006-09-06T08:00:00Z"))
    checked = 0
    for key, expected in case["expected"]["tasks"].items():
        item = items[key]
        for measure_name in ("start_variance", "finish_variance", "duration_variance"):
            found: Variance = getattr(item, measure_name)
            assert found.working_minutes == expected[f"{measure_name}_h"] * 60, (key, measure_name)
            assert found.working_days == expected[f"{measure_name}_h"] / 8
            checked += 1
    assert checked == 18
    assert items["3"].finish_variance.basis is Basis.actual
    assert items["5"].finish_variance.basis is Basis.planned


def test_microsoft_project_stored_these_tenths_of_minutes() -> None:
    rows = [row for row in json.loads(text_of("oracles/mspdi/msp_variance_vectors.json")) if row["match"]]
    assert len(rows) == 23
    for row in rows:
        is_start = row["field"] == "StartVariance"
        baseline, current = str(utc(row["baseline"])), str(utc(row["current"]))
        if is_start:
            base = activity("m", start=baseline, calendar="standard")
            now = activity("m", start=current, calendar="standard")
        else:
            base, now = (milestone("m", when, calendar="standard") for when in (baseline, current))
        item = one(now, base, [], "2000-01-01")
        found = item.start_variance if is_start else item.finish_variance
        assert found.working_minutes is not None
        assert found.working_minutes * 10 == row["expected_tenths_min"], row
        kind = "started" if is_start else "completed"
        reported = one(base, base, [event(kind, current)], "2030-01-01")
        actual = reported.start_variance if is_start else reported.finish_variance
        assert (actual.working_minutes, actual.basis) == (found.working_minutes, Basis.actual)


# --- the US Federal IT Dashboard


def test_federal_projects_are_as_late_as_their_dates_say() -> None:
    rows = list(csv.DictReader(text_of("oracles/us_it_dashboard.csv").splitlines()))
    assert len(rows) == 876
    base = [milestone(f"m{row['row']}", row["planned_finish"]) for row in rows]
    events = [event("completed", row["projected_or_actual_finish"], f"m{row['row']}") for row in rows]
    items = by_key(measure(base, base, events, "2030-01-01"))
    assert len(items) == len(rows)
    for row in rows:
        days = (parse_day(row["projected_or_actual_finish"]) - parse_day(row["planned_finish"])).days
        assert days == int(row["calendar_days_late"])
        found = items[f"m{row['row']}"].finish_variance
        assert (found.working_minutes, found.elapsed_minutes) == (days * 1440, days * 1440), row
        assert found.working_days == days


# --- CPython


def release(version: str = "3.13") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text_of(f"samples/python-{version}-release.json"))
    return found


def happened(found: dict[str, Any], known_at: str | None = None) -> list[ExecutionEvent]:
    """Completions and cancellations recorded by then; a cancellation took effect when it was recorded."""
    limit = None if known_at is None else instant(known_at)
    events = []
    for each in found["events"]:
        recorded = parse_instant(each["recorded_at"])
        if each["type"] in ("completed", "cancelled") and (limit is None or recorded <= limit):
            when = each["effective"] or recorded.isoformat().replace("+00:00", "Z")
            events.append(event(each["type"], when, each["milestone"]))
    return events


def planned(found: dict[str, Any], known_at: str) -> tuple[list[Milestone], list[Milestone]]:
    """(current, baseline): the first recorded plan, and what its re-plans recorded by then made of it."""
    limit, first = instant(known_at), min(each["baseline_recorded_at"] for each in found["milestones"])
    base = {
        each["id"]: milestone(each["id"], each["baseline"])
        for each in found["milestones"]
        if each["baseline_recorded_at"] == first
    }
    now = dict(base)
    for each in found["events"]:
        if each["type"] == "replanned" and parse_instant(each["recorded_at"]) <= limit:
            moved = replace(now[each["milestone"]], planned_finish=date.fromisoformat(each["effective"]))
            now[each["milestone"]] = moved
    return list(now.values()), list(base.values())


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_python_releases_were_as_late_as_the_history_says(version: str) -> None:
    found = release(version)
    base = [milestone(each["id"], each["baseline"]) for each in found["milestones"]]
    items = by_key(measure(base, base, happened(found), "2030-01-01"))
    for each in found["milestones"]:
        variance = items[each["id"]].finish_variance
        if each["expected_finish_variance_days"] is None:
            assert variance.basis is not Basis.actual
        else:
            assert variance.working_days == each["expected_finish_variance_days"], each["id"]
            assert variance.basis is Basis.actual


def test_python_3_13_on_9_may_2024_as_known_a_week_later() -> None:
    found, known_at = release(), "2024-05-16T00:00:00Z"
    now, base = planned(found, known_at)
    measured = measure(now, base, happened(found, known_at), "2024-05-09T00:00:00Z")
    summary = measured.summary
    assert {status.value: count for status, count in summary.counts.items()} == {
        "late": 6,
        "at_risk": 0,
        "on_track": 6,
        "ahead": 1,
        "unknown": 0,
        "not_applicable": 1,
    }
    assert (summary.planned_percent_complete, summary.actual_percent_complete) == (53.8, 53.8)
    assert (summary.schedule_status, summary.baseline_finish) == ("late", date(2024, 10, 1))
    assert (summary.finish_variance.working_minutes, summary.finish_variance.basis) == (0, Basis.planned)
    items = by_key(measured)
    beta: MilestoneVariance = items["3.13 beta 1"]
    assert (beta.finish_variance.working_minutes, beta.finish_variance.elapsed_minutes) == (1440, 1440)
    assert items["3.13 alpha 7"].finish_variance.reason is Reason.cancelled


def test_python_3_13_alpha_2_was_overdue_while_nobody_reported_it() -> None:
    found, known_at = release(), "2023-12-01T00:00:00Z"
    now, base = planned(found, known_at)
    alpha = by_key(measure(now, base, happened(found, known_at), known_at))["3.13 alpha 2"]
    assert (alpha.finish_variance.elapsed_minutes, alpha.finish_variance.basis) == (12_960, Basis.overdue_floor)
