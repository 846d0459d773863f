"""The roll-up of an objective: what contributes to it, read as of one instant and joined by its rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.calendars.rules import tzdata_version
from app.domain.metric_pace import window_of
from app.domain.metric_scores import Score
from app.domain.metric_values import Metric, MetricReason, measured, metric_of
from app.domain.metrics import GateState, Reading, read
from app.domain.moments import parse_day
from app.domain.objectives import (
    Contributor,
    ContributorKind,
    Finish,
    Known,
    NoValue,
    RolledUp,
    RollupRule,
    roll_up,
    unknown,
)
from app.domain.progress import effective
from app.domain.variance import PlanSummary, ScheduleStatus
from app.kit import wire
from app.objectives.store import Version
from app.objectives.view import View
from app.variance.snapshot import Snapshot, end_of

ENGINE = "1"
"""Version of the arithmetic; part of the digest, raised whenever an answer to the same question changes."""

_ABSENT: Known[Any] = unknown(NoValue.not_applicable)


@dataclass(frozen=True, slots=True)
class PlanReading:
    """What one plan says as of the instant; `digest` names all that it was computed from."""

    key: str
    progress: Known[float]
    status: Known[ScheduleStatus]
    score: Known[float]
    finish: Finish | None
    gate_failed: bool
    known_at: datetime
    digest: str


class RollupAnswer(NamedTuple):
    """An objective rolled up, and everything that it was rolled up from."""

    contributors: Sequence[Contributor]
    result: RolledUp


def plan_reading(
    snapshot: Snapshot, summary: PlanSummary, score: Score | None, as_of: datetime, closed: Any = None
) -> PlanReading:
    """What a plan says: its variance from the current baseline, the score of its metrics (None: it has none).

    `closed` is the newest change of its status: of a plan that was cancelled only the score counts.
    """
    status, progress, finish = summary.schedule_status, summary.actual_percent_complete, summary.projected_finish
    missing = NoValue.no_baseline if snapshot.baseline is None else NoValue.nothing_to_compare
    if status is ScheduleStatus.not_applicable:
        missing = NoValue.not_applicable
    if closed is not None and closed.status == "cancelled":
        status, progress, finish, missing = ScheduleStatus.not_applicable, None, None, NoValue.cancelled
    is_known = status not in {ScheduleStatus.unknown, ScheduleStatus.not_applicable}
    return PlanReading(
        key=snapshot.head.key,
        progress=unknown(missing) if progress is None else Known(progress),
        status=Known(status) if is_known else unknown(missing),
        score=_score(score),
        finish=None if finish is None else Finish(end_of(finish, snapshot.zone), finish),
        gate_failed=score is not None and bool(score.failed_gates),
        known_at=max(snapshot.known_at, snapshot.known_at if closed is None else closed.recorded_at),
        digest=wire.digest([snapshot.digest(as_of), None if closed is None else closed.number]),
    )


def _score(score: Score | None) -> Known[float]:
    if score is None:
        return unknown(NoValue.no_metrics)
    if score.value is None:
        return unknown(NoValue.insufficient_data)
    return Known(float(score.value))


def rolled_up(view: View, plans: Mapping[UUID, PlanReading], as_of: datetime, key: str | None = None) -> RollupAnswer:
    """The objective of a view, or one below it, from its children up; pure."""
    key = view.key if key is None else key
    version = view.versions[key]
    of_plans = [_of_plan(plans[each.plan_id], each.weight) for each in view.contributions if each.objective == key]
    of_children = [
        _of_child(child, view.versions[child]["weight"], rolled_up(view, plans, as_of, child).result)
        for child in view.children(key)
    ]
    contributors = [*of_plans, *of_children, *map(_of_metric, metric_readings(view, key, as_of))]
    return RollupAnswer(contributors, roll_up(RollupRule(version["rollup"]), contributors))


def _of_plan(plan: PlanReading, weight: float) -> Contributor:
    told = (plan.progress, plan.status, plan.score, plan.finish, plan.gate_failed)
    return Contributor(ContributorKind.plan, plan.key, weight, *told)


def _of_child(key: str, weight: float, child: RolledUp) -> Contributor:
    told = (child.progress.known, child.status.known, child.score.known, child.finish, bool(child.gates_failed))
    return Contributor(ContributorKind.objective, key, weight, *told)


def _of_metric(reading: Reading) -> Contributor:
    metric, due = reading.metric, reading.window.due
    no_grade = NoValue.insufficient_data if reading.reason is MetricReason.not_binary else NoValue.not_measured
    return Contributor(
        kind=ContributorKind.metric,
        key=metric.key,
        weight=metric.weight,
        progress=_ABSENT,
        status=_ABSENT,
        score=unknown(no_grade) if reading.grade is None else Known(float(reading.grade)),
        finish=None if due is None else Finish(due, metric.measure_at or due),
        gate_failed=reading.gate is GateState.failed,
    )


def metric_readings(view: View, key: str, as_of: datetime) -> list[Reading]:
    """An objective's own metrics as of an instant; where they say nothing else, its period is their time."""
    version = view.versions[key]
    if not version["metrics"]:
        return []
    seen = measured(effective(view.events(key)))
    return [_read(view, version, metric, seen.get(metric.key, ()), as_of) for metric in metrics_of(version)]


def metrics_of(version: Version) -> list[Metric]:
    """The metrics of a version, by key."""
    return [metric_of(key, body) for key, body in sorted(version["metrics"].items())]


def _read(view: View, version: Version, metric: Metric, seen: Sequence[Any], as_of: datetime) -> Reading:
    period = version["period"]
    start, due = (None, None) if period is None else (parse_day(period["start"]), parse_day(period["finish"]))
    return read(metric, window_of(metric, view.zone(version["key"]), start, due), seen, as_of)


def known_at(view: View, plans: Mapping[UUID, PlanReading]) -> datetime:
    """The newest fact that the answer rests on."""
    return max([view.newest, *(plan.known_at for plan in plans.values())])


def digest(view: View, plans: Mapping[UUID, PlanReading], as_of: datetime) -> str:
    """SHA-256 over the names of everything the answer is computed from."""
    return wire.digest(
        {
            "engine": ENGINE,
            "tzdata": tzdata_version(),
            "objective": view.key,
            "versions": {key: version["version"] for key, version in view.versions.items()},
            "events": {each.objective: each.sequence for each in view.recorded},
            "plans": {plan.key: plan.digest for plan in plans.values()},
            "as_of": as_of.isoformat(),
        }
    )
