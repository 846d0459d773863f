"""Variance and trend of a plan, computed on read from one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.domain.calendars import CalendarHorizon
from app.domain.cpm import Schedule, ScheduleInputs, options_of, schedule
from app.domain.moments import Moment, from_minutes
from app.domain.progress import State, effective, fold, has_happened
from app.domain.variance import (
    MilestoneVariance,
    PlanInputs,
    PlanSummary,
    PlanVariance,
    Reason,
    Variance,
    measure_plan,
)
from app.kit.limits import MAX_TREND_MILESTONE_STEPS, MAX_TREND_STEPS
from app.kit.problems import FieldError
from app.variance.problems import InstantRefused
from app.variance.snapshot import Snapshot, end_of


@dataclass(frozen=True, slots=True)
class Measured:
    """A plan as of an instant: its variance, and the schedule it was measured with.

    `schedule` is None where the dates run beyond the years that calendars know.
    """

    variance: PlanVariance
    schedule: Schedule | None
    states: Mapping[str, State]


def measure(snapshot: Snapshot, as_of: datetime) -> Measured:
    """The variance and the schedule of a snapshot as of an instant. Pure; O(events log events + milestones)."""
    return _measure(snapshot, effective(snapshot.events), as_of)


def _measure(snapshot: Snapshot, events: Sequence[Any], as_of: datetime) -> Measured:
    states = fold(events, as_of)
    try:
        computed = schedule(schedule_inputs(snapshot, states), as_of)
    except CalendarHorizon:
        computed = None
    inputs = PlanInputs(
        current=snapshot.current,
        baseline=snapshot.baseline_milestones,
        states=states,
        working=snapshot.working_of,
        plan_working=snapshot.working(snapshot.fields.calendar),
        weight_basis=snapshot.fields.weight_basis,
        schedule=computed,
        holds_planned_dates=snapshot.fields.scheduling == "hold_planned_dates",
        no_schedule=Reason.calendar_horizon,
    )
    return Measured(measure_plan(inputs, as_of), computed, states)


def schedule_inputs(snapshot: Snapshot, states: Mapping[str, State]) -> ScheduleInputs:
    """What is scheduled: the current revision of a snapshot, with what happened to it."""
    return ScheduleInputs(
        milestones=snapshot.current,
        dependencies=snapshot.dependencies.values(),
        states=states,
        working=snapshot.working_of,
        plan_working=snapshot.working(snapshot.fields.calendar),
        options=options_of(snapshot.fields),
    )


def trend_instants(snapshot: Snapshot, first: Moment, last: Moment, step_days: int) -> list[datetime]:
    """The status dates of a trend: every `step_days` from the first to the last, which is always one.

    Between days each is the end of that day in the plan's zone.

    Raises:
        InstantRefused: the period is empty, or has more steps than a trend may.
    """
    zone = snapshot.zone
    if not isinstance(first, datetime) and not isinstance(last, datetime):
        found = [from_minutes(zone.day_end(day)) for day in _days(first, last, step_days)]
    else:
        begin, end = end_of(first, zone), end_of(last, zone)
        count = max(0, (end - begin) // timedelta(days=step_days) + 1)
        _check_steps(snapshot, count)
        found = [begin + timedelta(days=step_days) * i for i in range(count)]
        if found and found[-1] != end:
            found.append(end)
    if not found:
        raise InstantRefused(errors=[FieldError("?to", "empty_period", "lies before from")])
    _check_steps(snapshot, len(found))
    return found


def _days(first: date, last: date, step_days: int) -> list[date]:
    count = (last - first).days // step_days + 1
    days = [first + timedelta(days=step_days) * i for i in range(min(count, MAX_TREND_STEPS + 1))]
    return days if not days or days[-1] == last or count > MAX_TREND_STEPS else [*days, last]


def _check_steps(snapshot: Snapshot, count: int) -> None:
    size = max(len(snapshot.current), 1)
    most = min(MAX_TREND_STEPS, max(2, MAX_TREND_MILESTONE_STEPS // size))
    if count > most:
        detail = f"makes {count} steps; at most {most} for this plan: shorten the period or raise step_days"
        raise InstantRefused(errors=[FieldError("?step_days", "too_many_steps", detail)])


def trend(snapshot: Snapshot, instants: Sequence[datetime]) -> list[dict[str, Any]]:
    """The summary at each instant, from one snapshot of what is known."""
    events = effective(snapshot.events)
    found = []
    for as_of in instants:
        summary = _measure(snapshot, events, as_of).variance.summary
        found.append({"as_of": as_of, "summary": summary_document(summary)})
    return found


def header(snapshot: Snapshot, as_of: datetime, source: str) -> dict[str, Any]:
    """What every answer says of its question, as JSON-ready values."""
    baseline = snapshot.baseline
    return {
        "plan": snapshot.head.key,
        "as_of": as_of,
        "as_of_source": source,
        "known_at": snapshot.known_at,
        "revision": snapshot.revision,
        "inputs_digest": snapshot.digest(as_of),
        "events_after_as_of": sum(not has_happened(event, as_of) for event in snapshot.events),
        "baseline": None
        if baseline is None
        else {"number": baseline.number, "name": baseline.name, "revision": baseline.revision},
    }


def summary_document(summary: PlanSummary) -> dict[str, Any]:
    """A summary as JSON-ready values."""
    return {
        "schedule_status": str(summary.schedule_status),
        "baseline_finish": summary.baseline_finish,
        "projected_finish": summary.projected_finish,
        "projection_reason": summary.projection_reason and str(summary.projection_reason),
        "network_reason": summary.network_reason and str(summary.network_reason),
        "finish_variance": variance_document(summary.finish_variance),
        "planned_percent_complete": summary.planned_percent_complete,
        "actual_percent_complete": summary.actual_percent_complete,
        "counts": {str(status): count for status, count in summary.counts.items()},
        "added": list(summary.added),
        "removed": list(summary.removed),
        "drivers": None if summary.drivers is None else list(summary.drivers),
    }


def item_document(item: MilestoneVariance) -> dict[str, Any]:
    """An item as JSON-ready values."""
    return {
        "milestone": item.milestone,
        "kind": str(item.kind),
        "lifecycle": str(item.lifecycle),
        "schedule_status": str(item.schedule_status),
        "planned_start": item.planned_start,
        "planned_finish": item.planned_finish,
        "baseline_start": item.baseline_start,
        "baseline_finish": item.baseline_finish,
        "actual_start": item.actual_start,
        "actual_finish": item.actual_finish,
        "forecast_start": item.forecast_start,
        "forecast_finish": item.forecast_finish,
        "projected_start": item.projected_start,
        "projected_finish": item.projected_finish,
        "projection_reason": item.projection_reason and str(item.projection_reason),
        "start_variance": variance_document(item.start_variance),
        "finish_variance": variance_document(item.finish_variance),
        "duration_variance": variance_document(item.duration_variance),
        "percent_complete": item.percent_complete,
        "network_reason": item.network_reason and str(item.network_reason),
        "total_float_minutes": item.total_float_minutes,
        "free_float_minutes": item.free_float_minutes,
        "critical": item.critical,
        "driving_predecessor": item.driving_predecessor,
        "last_event_at": item.last_event_at,
        "stale": item.stale,
        "findings": [
            {
                "code": str(finding.code),
                "detail": finding.detail,
                "event": None if finding.event is None else {"source": finding.event[0], "id": finding.event[1]},
            }
            for finding in item.findings
        ],
    }


def variance_document(variance: Variance) -> Mapping[str, Any]:
    """A variance as JSON-ready values."""
    days = variance.working_days
    return {
        "working_minutes": variance.working_minutes,
        "working_days": None if days is None else round(days, 4),
        "elapsed_minutes": variance.elapsed_minutes,
        "basis": str(variance.basis),
        "favorability": str(variance.favorability),
        "reason": variance.reason and str(variance.reason),
    }
