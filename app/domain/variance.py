"""How far execution has drifted from a baseline, per milestone and for the plan, as of any instant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.cpm_values import Schedule, Scheduled
from app.domain.durations import Remaining, duration_variance, span_minutes
from app.domain.measures import (
    NOTHING,
    Basis,
    Favorability,
    Line,
    Reason,
    Variance,
    date_variance,
)
from app.domain.moments import Moment, to_minutes
from app.domain.percent import percent_complete, share
from app.domain.plan import Milestone, MilestoneKind, WeightBasis
from app.domain.progress import Finding, FindingCode, Lifecycle, State
from app.domain.rollup import phases_of, plan_finish
from app.domain.subjects import GONE, SILENCE, Subject, is_start_milestone, leaf_of

__all__ = [
    "STALE_AFTER",
    "Basis",
    "Favorability",
    "MilestoneVariance",
    "PlanInputs",
    "PlanSummary",
    "PlanVariance",
    "Reason",
    "ScheduleStatus",
    "Variance",
    "measure_plan",
]

STALE_AFTER = timedelta(days=14)

_LEAVES = frozenset({MilestoneKind.milestone, MilestoneKind.activity})


class ScheduleStatus(StrEnum):
    """One word for the schedule; the order of the members is worst first, as a plan is judged."""

    late = "late"
    """It happened, or is overdue, beyond the tolerance."""
    at_risk = "at_risk"
    """It is expected beyond the tolerance, or its start is overdue."""
    on_track = "on_track"
    """Within the tolerance."""
    ahead = "ahead"
    """Earlier than the baseline by more than the tolerance."""
    unknown = "unknown"
    """There is nothing to compare."""
    not_applicable = "not_applicable"
    """Cancelled, or removed from the plan."""


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """One consistent snapshot of a plan.

    `current` and `baseline` are the milestones living at their revisions (`baseline` None: there is
    none), `states` the fold of the events up to the same `as_of`. `working` gives the compiled calendar
    of a milestone, the same object for the same calendar. `schedule` is the schedule of `current` as of the
    same instant; without one, for the reason `no_schedule`, planned dates stand for what is expected.
    Where `holds_planned_dates`, nothing is projected of what nobody planned, forecast or linked.
    """

    current: Mapping[str, Milestone]
    baseline: Mapping[str, Milestone] | None
    states: Mapping[str, State]
    working: Callable[[Milestone], WorkingTime]
    plan_working: WorkingTime
    weight_basis: WeightBasis = WeightBasis.weight
    schedule: Schedule | None = None
    holds_planned_dates: bool = True
    no_schedule: Reason = Reason.not_computed


class MilestoneVariance(NamedTuple):
    """One milestone against its baseline; of a phase, the span of its leaves.

    `projected_*` are the actual dates where there are any, else the network's; `projection_reason` tells why
    there is no projected finish (of a start milestone: start), `network_reason` why there are no floats.
    """

    milestone: str
    kind: MilestoneKind
    lifecycle: Lifecycle
    schedule_status: ScheduleStatus
    planned_start: Moment | None
    planned_finish: Moment | None
    baseline_start: Moment | None
    baseline_finish: Moment | None
    actual_start: Moment | None
    actual_finish: Moment | None
    forecast_start: Moment | None
    forecast_finish: Moment | None
    projected_start: Moment | None
    projected_finish: Moment | None
    projection_reason: Reason | None
    start_variance: Variance
    finish_variance: Variance
    duration_variance: Variance
    percent_complete: float | None
    last_event_at: datetime | None
    stale: bool
    findings: tuple[Finding, ...]
    network_reason: Reason | None
    total_float_minutes: int | None
    free_float_minutes: int | None
    critical: bool | None
    driving_predecessor: str | None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The plan as a whole; `counts` has every status and counts leaves only."""

    schedule_status: ScheduleStatus
    baseline_finish: Moment | None
    projected_finish: Moment | None
    projection_reason: Reason | None
    finish_variance: Variance
    planned_percent_complete: float | None
    actual_percent_complete: float | None
    counts: Mapping[ScheduleStatus, int]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    network_reason: Reason | None = None
    drivers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PlanVariance:
    """The summary, and an item for every milestone of either side, sorted by key."""

    summary: PlanSummary
    items: tuple[MilestoneVariance, ...]


def measure_plan(inputs: PlanInputs, as_of: datetime) -> PlanVariance:
    """Every milestone of the plan and of its baseline, and the plan as a whole, as of an instant.

    variance = W(compared) - W(baseline) on the working line of the milestone's own calendar, + is late or
    longer; see `Variance` for units and `Edge.expected` for what is compared. A milestone that was
    cancelled, was removed, or is not in the baseline has none, and says why. O(n log n).

    Source: start, finish and duration variance as Microsoft Project stores them; status date (data date)
    as in the PMI Practice Standard for Scheduling.

    Raises:
        CalendarHorizon: a date lies outside of what calendars know.
    """
    lines: dict[int, Line] = {}
    leaves, phases = _subjects(inputs, as_of, lines)
    items = {key: _item(subject, inputs, as_of) for key, subject in sorted((leaves | phases).items())}
    plan_line = _line(inputs.plan_working, as_of, lines)
    return PlanVariance(_summary(inputs, leaves, items, plan_line), tuple(items.values()))


def _subjects(
    inputs: PlanInputs, as_of: datetime, lines: dict[int, Line]
) -> tuple[dict[str, Subject], dict[str, Subject]]:
    """The leaves and the phases by key, leaves in the order of their keys."""
    current, baseline, states = inputs.current, inputs.baseline or {}, inputs.states
    has_baseline = inputs.baseline is not None
    scheduled: Mapping[str, Scheduled] = {} if inputs.schedule is None else inputs.schedule.items
    undated = _undated(inputs, scheduled, as_of)
    leaves: dict[str, Subject] = {}
    phase_lines: dict[str, Line] = {}
    for key in sorted(current.keys() | baseline.keys()):
        milestone = current.get(key) or baseline[key]
        line = _line(inputs.working(milestone), as_of, lines)
        if milestone.kind is MilestoneKind.phase:
            phase_lines[key] = line
        else:
            sides = (current.get(key), baseline.get(key))
            state = states.get(key, SILENCE)
            found = None if key in undated else scheduled.get(key)
            leaves[key] = leaf_of(milestone, sides, state, line, found, has_baseline=has_baseline)
    return leaves, phases_of(current, inputs.baseline, leaves.values(), phase_lines)


def _undated(inputs: PlanInputs, scheduled: Mapping[str, Scheduled], as_of: datetime) -> set[str]:
    """Where planned dates are held, what is to begin at the status date only because nothing says when.

    It has neither been planned nor forecast, and what drives it, if anything does, is no better off.
    """
    if not inputs.holds_planned_dates:
        return set()
    now = to_minutes(as_of)
    drivers: dict[str, str | None] = {}
    for key, item in scheduled.items():
        milestone, state = inputs.current[key], inputs.states.get(key, SILENCE)
        dates = (milestone.planned_start, milestone.planned_finish, state.forecast_start, state.forecast_finish)
        is_open = item.lifecycle is Lifecycle.not_started and milestone.kind is not MilestoneKind.phase
        if is_open and not any(dates):
            drivers[key] = item.driving_predecessor
    followers: dict[str | None, list[str]] = {}
    for key, driver in drivers.items():
        followers.setdefault(driver, []).append(key)
    undated: set[str] = set()
    waiting = [key for key in followers.get(None, ()) if _begins_at(inputs, scheduled[key], now)]
    while waiting:
        key = waiting.pop()
        undated.add(key)
        waiting += followers.get(key, ())
    return undated


def _begins_at(inputs: PlanInputs, item: Scheduled, now: int) -> bool:
    clock, start = inputs.working(inputs.current[item.key]), item.early_start
    return start is not None and clock.worked(start) == clock.worked(now)


def _line(calendar: WorkingTime, as_of: datetime, known: dict[int, Line]) -> Line:
    line = known.get(id(calendar))
    if line is None:
        line = known[id(calendar)] = Line(calendar, as_of)
    return line


def _item(subject: Subject, inputs: PlanInputs, as_of: datetime) -> MilestoneVariance:
    scheduled = None if inputs.schedule is None else inputs.schedule.items.get(subject.key)
    planned, base, line, state = subject.planned, subject.base, subject.line, subject.state
    absence = subject.absence
    if absence is None:
        start = date_variance(line, line.start, subject.start, base.planned_start)
        finish = date_variance(line, line.finish, subject.finish, base.planned_finish)
        duration = NOTHING[Reason.not_applicable]
        if subject.milestone.kind is MilestoneKind.activity:
            remaining = None
            if scheduled is not None and scheduled.remaining_minutes is not None:
                remaining = Remaining(scheduled.remaining_minutes, inputs.holds_planned_dates)
            duration = duration_variance(line, (planned, base), state, (start, finish), remaining)
    else:
        start = finish = duration = NOTHING[absence]
    return MilestoneVariance(
        milestone=subject.milestone.key,
        kind=subject.milestone.kind,
        lifecycle=subject.lifecycle,
        schedule_status=_status(subject, start, finish, None if scheduled is None else scheduled.total_float_minutes),
        planned_start=planned.planned_start,
        planned_finish=planned.planned_finish,
        baseline_start=base.planned_start,
        baseline_finish=base.planned_finish,
        actual_start=subject.actual_start,
        actual_finish=subject.actual_finish,
        forecast_start=state.forecast_start,
        forecast_finish=state.forecast_finish,
        projected_start=subject.projected_start,
        projected_finish=subject.projected_finish,
        projection_reason=_projection_reason(subject, scheduled, inputs.no_schedule),
        start_variance=start,
        finish_variance=finish,
        duration_variance=duration,
        percent_complete=100.0 if subject.lifecycle is Lifecycle.completed else state.percent_complete,
        last_event_at=state.last_event_at,
        stale=_is_stale(subject, as_of),
        findings=_findings(subject, inputs.states.get(subject.key, SILENCE)),
        network_reason=_network_reason(subject, scheduled, inputs.no_schedule),
        total_float_minutes=None if scheduled is None else scheduled.total_float_minutes,
        free_float_minutes=None if scheduled is None else scheduled.free_float_minutes,
        critical=None if scheduled is None else scheduled.critical,
        driving_predecessor=None if scheduled is None else scheduled.driving_predecessor,
    )


def _status(subject: Subject, start: Variance, finish: Variance, total_float: int | None) -> ScheduleStatus:
    """The first that matches; the tolerance is 0. Where the baseline has a start alone, that is judged.

    What is not done although its baseline date has passed is late as a fact, whatever is expected of it.
    """
    if subject.absence in GONE:
        return ScheduleStatus.not_applicable
    base, line = subject.base, subject.line
    is_start = base.planned_finish is None and base.planned_start is not None
    judged = start if is_start else finish
    minutes = judged.working_minutes
    if minutes is None:
        return ScheduleStatus.unknown
    if minutes > 0:
        passed = line.start.is_past(base.planned_start) if is_start else line.finish.is_past(base.planned_finish)
        is_fact = judged.basis is Basis.actual or passed
        return ScheduleStatus.late if is_fact else ScheduleStatus.at_risk
    overdue = subject.lifecycle is Lifecycle.not_started and line.start.is_past(base.planned_start)
    if overdue or (total_float is not None and total_float < 0):
        return ScheduleStatus.at_risk
    return ScheduleStatus.ahead if minutes < 0 else ScheduleStatus.on_track


def _projection_reason(subject: Subject, scheduled: Scheduled | None, no_schedule: Reason) -> Reason | None:
    if subject.absence in GONE:
        return subject.absence
    if subject.projected_finish is not None:
        return None
    if is_start_milestone(subject.milestone):
        return Reason.not_applicable
    return Reason.no_planned_date if scheduled is not None else no_schedule


def _network_reason(subject: Subject, scheduled: Scheduled | None, no_schedule: Reason) -> Reason | None:
    """Why there are no floats: it is gone, it is done, or there is no network."""
    if subject.absence in GONE:
        return subject.absence
    if scheduled is None:
        return no_schedule
    return None if scheduled.total_float_minutes is not None else Reason.not_applicable


def _is_stale(subject: Subject, as_of: datetime) -> bool:
    """Whether work is going on, and nothing was heard of it in the period before the status date."""
    last = subject.state.last_event_at
    if subject.lifecycle is not Lifecycle.in_progress or subject.absence in GONE or last is None:
        return False
    return as_of - last > STALE_AFTER


def _findings(subject: Subject, reported: State) -> tuple[Finding, ...]:
    milestone, findings = subject.milestone, reported.findings
    if milestone.kind is MilestoneKind.activity and milestone.planned_duration_minutes is not None:
        between = span_minutes(subject.line, milestone)
        if between is not None and between != milestone.planned_duration_minutes:
            detail = f"planned {milestone.planned_duration_minutes} min, {between} min between the dates"
            findings = (*findings, Finding(FindingCode.duration_mismatch, detail))
    if reported.last_event_at is None:
        return findings
    if milestone.kind is MilestoneKind.phase:
        return (Finding(FindingCode.event_on_phase, "events are reported of a phase"),)
    if subject.absence is Reason.removed:
        return (*findings, Finding(FindingCode.event_on_removed, "has events, and has left the plan"))
    return findings


def _summary(
    inputs: PlanInputs,
    leaves: Mapping[str, Subject],
    items: Mapping[str, MilestoneVariance],
    line: Line,
) -> PlanSummary:
    counts = dict.fromkeys(ScheduleStatus, 0)
    for key in leaves:
        counts[items[key].schedule_status] += 1
    worst = next((status for status, count in counts.items() if count), ScheduleStatus.unknown)
    surviving = [leaf for leaf in leaves.values() if leaf.absence is None and leaf.base.kind in _LEAVES]
    schedule = inputs.schedule
    baseline_finish, projected, finish = plan_finish(leaves.values(), line, is_projected=schedule is not None)
    planned_percent, actual_percent = percent_complete(
        share(leaf.line, leaf.base, leaf.state, leaf.lifecycle, inputs.weight_basis) for leaf in surviving
    )
    added: list[str] = []
    removed: list[str] = []
    if inputs.baseline is not None:
        added = sorted(inputs.current.keys() - inputs.baseline.keys())
        removed = sorted(inputs.baseline.keys() - inputs.current.keys())
    return PlanSummary(
        schedule_status=worst,
        baseline_finish=baseline_finish,
        projected_finish=projected,
        projection_reason=None if projected is not None else _nothing_projected(inputs),
        finish_variance=NOTHING[Reason.no_baseline] if inputs.baseline is None else finish,
        planned_percent_complete=planned_percent,
        actual_percent_complete=actual_percent,
        counts=counts,
        added=tuple(added),
        removed=tuple(removed),
        network_reason=inputs.no_schedule if schedule is None else None,
        drivers=None if schedule is None else schedule.driving_chain,
    )


def _nothing_projected(inputs: PlanInputs) -> Reason:
    return inputs.no_schedule if inputs.schedule is None else Reason.not_applicable
