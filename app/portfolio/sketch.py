"""The summary of a plan, made of what its evaluation holds. Pure.

A sketch is all that is computed before the plan's row is locked; `finished` adds what is read under the lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from app.cost.inputs import inputs_of
from app.cost.wire import Writer
from app.domain.attention import Attention, Concern, attention
from app.domain.calendars import CalendarHorizon
from app.domain.cost import open_books
from app.domain.execution import Lifecycle
from app.domain.money import Undefined
from app.domain.performance import performance, planned_value
from app.domain.plan import PartBody, PlanFields
from app.domain.variance import PlanSummary, ScheduleStatus
from app.kit import wire
from app.metrics.reading import scorecard
from app.metrics.service import score_document
from app.outcome.reading import Outcome, SideOutcome
from app.plans.store import Head
from app.risks.documents import summary_document as exposure_document
from app.risks.service import Assessed
from app.variance.scene import Scene
from app.variance.service import summary_document
from app.variance.snapshot import Snapshot, end_of

MOST_DRIVERS = 5
_MOST_NAMED = 20
_SCHEDULE = (
    *("schedule_status", "projected_finish", "projection_reason", "finish_variance"),
    *("planned_percent_complete", "actual_percent_complete", "counts"),
)
_SCORE = ("score", "band", "verdict", "reason", "coverage", "failed_gates")
_EXPOSURE = ("contingencies_due", "contingencies_unknown", "expected_minutes", "expected_cost", "reviews_overdue")
_BOOKED = ("planned_value", "earned_value", "actual_cost", "budget_at_completion", "cpi")
_COSTS = (*_BOOKED, "estimate_at_completion", "spi_t")
_ADDED_UP = ("budget_at_completion", "earned_value", "actual_cost", "estimate_at_completion")
_SPENDING = frozenset({"cost.incurred", "effort.spent"})
_DONE = frozenset({Lifecycle.completed, Lifecycle.cancelled})
_PARTS = ("metrics", "cost", "exposure", "outcome")
_UNASKED = dict.fromkeys(("as_of", "baseline", *_SCHEDULE, "drivers", "negative_float", "stale", *_PARTS))


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is computed of a plan; `concerns` are those that it shows, and `finish` when it is projected to finish."""

    head: Head
    fields: PlanFields
    objectives: Mapping[str, PartBody]
    evaluated_at: datetime
    told: Mapping[str, Any]
    concerns: frozenset[Concern] = frozenset()
    finish: datetime | None = None


class Levels(NamedTuple):
    """How many deviations of a plan are not over: by level, and whether somebody acknowledged them."""

    open_warnings: int = 0
    open_breaches: int = 0
    acknowledged_warnings: int = 0
    acknowledged_breaches: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary as it is kept: its columns, and its body without the instant of the evaluation."""

    evaluated_at: datetime
    columns: Mapping[str, Any] = field(default_factory=dict)


def resting(head: Head, fields: PlanFields, objectives: Mapping[str, PartBody], now: datetime) -> Sketch:
    """A plan that nothing is computed of: a draft, or one on hold."""
    told = {**_UNASKED, "schedule_status": str(ScheduleStatus.unknown), "reason": head.status}
    return Sketch(head, fields, objectives, now, told)


def sketched(scene: Scene, objectives: Mapping[str, PartBody], outcome: Outcome | None = None) -> Sketch:
    """A plan as it was evaluated; O(events log events + milestones log milestones).

    Args:
        scene: beside the current baseline.
        objectives: what it contributes to.
        outcome: of a plan that is closed, if it was sealed.
    """
    evaluated_at = scene.now
    scene = replace(scene, measured=replace(scene.measured, now=scene.as_of, present=scene.measured.states))
    snapshot, summary = scene.snapshot, scene.variance.summary
    open_items = [item for item in scene.variance.items if item.lifecycle not in _DONE]
    told = summary_document(summary)
    drivers = None if summary.drivers is None else list(summary.drivers[:MOST_DRIVERS])
    parts = {
        "as_of": scene.as_of,
        "baseline": None if snapshot.baseline is None else snapshot.baseline.number,
        **{name: told[name] for name in _SCHEDULE},
        "drivers": drivers,
        "negative_float": sum((item.total_float_minutes or 0) < 0 for item in open_items),
        "stale": sum(item.stale for item in scene.variance.items),
        "metrics": _metrics(scene),
        "cost": _cost(snapshot, scene.as_of),
        "exposure": _exposure(scene),
        "outcome": None if outcome is None else outcome_of(outcome),
        "reason": None,
    }
    is_watched = snapshot.head.status == "active"
    return Sketch(
        head=snapshot.head,
        fields=snapshot.fields,
        objectives=objectives,
        evaluated_at=evaluated_at,
        told=parts,
        concerns=frozenset(_concerns(parts, summary)) if is_watched else frozenset(),
        finish=None if summary.projected_finish is None else end_of(summary.projected_finish, snapshot.zone),
    )


def _metrics(scene: Scene) -> dict[str, Any] | None:
    bodies = scene.part("metrics")
    if not bodies:
        return None
    told = score_document(scorecard(scene.snapshot, bodies, {}, scene.as_of).score)
    return {**{name: told[name] for name in _SCORE}, "failed_gates": told["failed_gates"][:_MOST_NAMED]}


def _cost(snapshot: Snapshot, as_of: datetime) -> dict[str, Any] | None:
    """The figures of the books; None of a plan without any money."""
    planned = (*snapshot.current.values(), *(snapshot.baseline_milestones or {}).values())
    if all(each.budget is None for each in planned) and not any(each.type in _SPENDING for each in snapshot.events):
        return None
    try:
        books = open_books(inputs_of(snapshot), as_of)
        writer, told = Writer(books), performance(books, planned_value(books))
    except CalendarHorizon:
        nothing = dict.fromkeys(_COSTS)
        reasons = dict.fromkeys(_COSTS, str(Undefined.calendar_horizon))
        return {"currency": None, "currency_reason": str(Undefined.calendar_horizon), **nothing, "reasons": reasons}
    parts = writer.performance(told)
    found = {
        **{name: parts["performance"][name] for name in _BOOKED},
        "estimate_at_completion": parts["estimates"]["estimate_at_completion"],
        "spi_t": parts["schedule"]["spi_t"],
    }
    why = {**parts["schedule"]["reasons"], **parts["estimates"]["reasons"], **parts["performance"]["reasons"]}
    return {**writer.currency(), **found, "reasons": {name: why[name] for name in _COSTS if found[name] is None}}


def _exposure(scene: Scene) -> dict[str, Any] | None:
    if not scene.part("risks"):
        return None
    told = exposure_document(Assessed(scene))
    return {name: told[name] for name in _EXPOSURE}


def outcome_of(outcome: Outcome) -> dict[str, Any]:
    """What became of a closed plan, against both baselines."""

    def side(found: SideOutcome) -> dict[str, str]:
        results = {"delivery": outcome.delivery(found), "budget": found.budget, "metrics": found.metrics}
        return {name: str(result) for name, result in results.items()}

    return {"original": side(outcome.original), "current": side(outcome.current)}


def _concerns(told: Mapping[str, Any], summary: PlanSummary) -> list[Concern]:
    metrics, exposure = told["metrics"] or {}, told["exposure"] or {}
    found = {
        Concern.contingency_due: bool(exposure.get("contingencies_due")),
        Concern.failed_gate: bool(metrics.get("failed_gates")),
        Concern.late: summary.schedule_status is ScheduleStatus.late,
        Concern.negative_float: bool(told["negative_float"]),
        Concern.over_budget: _is_over_budget(told["cost"] or {}),
        Concern.metrics_red: metrics.get("band") == "red",
        Concern.at_risk: summary.schedule_status is ScheduleStatus.at_risk,
        Concern.stale: bool(told["stale"]),
        Concern.no_baseline: told["baseline"] is None,
    }
    return [concern for concern, holds in found.items() if holds]


def _is_over_budget(cost: Mapping[str, Any]) -> bool:
    budget = cost.get("budget_at_completion")
    if budget is None:
        return False
    expected = cost["estimate_at_completion"] or cost["actual_cost"]
    return expected is not None and Decimal(expected["amount"]) > Decimal(budget["amount"])


def finished(sketch: Sketch, levels: Levels, report: Any) -> Summary:
    """The summary, with what is known under the lock: deviations, and the row of the newest status report."""
    head, fields = sketch.head, sketch.fields
    found = _attention(sketch, levels, report)
    objectives = {key: body["weight"] for key, body in sorted(sketch.objectives.items())}
    body = {
        "plan": head.key,
        "name": fields.name,
        "owner": fields.owner,
        "labels": dict(fields.labels),
        "status": head.status,
        "objectives": [{"objective": key, "weight": weight} for key, weight in objectives.items()],
        "revision": head.revision,
        "target_finish": fields.target_finish,
        **sketch.told,
        "deviations": levels._asdict(),
        "report": None if report is None else _report(report),
        "attention": [str(reason) for reason in found.reasons],
    }
    as_of = body.pop("as_of")
    columns = {
        "rank": found.rank,
        "key": head.key,
        "owner": fields.owner,
        "status": head.status,
        "labels": dict(fields.labels),
        "objectives": objectives,
        "schedule_status": body["schedule_status"],
        "band": (body["metrics"] or {}).get("band"),
        "percent": body["actual_percent_complete"],
        "finish": sketch.finish,
        "finish_told": body["projected_finish"],
        **_amounts(body),
        "body": wire.plain({**body, "as_of": as_of, "evaluated_at": sketch.evaluated_at}),
    }
    return Summary(sketch.evaluated_at, columns)


def _attention(sketch: Sketch, levels: Levels, report: Any) -> Attention:
    if sketch.head.status != "active":
        return attention(frozenset())
    told = {
        Concern.breach: levels.open_breaches > 0,
        Concern.warning: levels.open_warnings > 0,
        Concern.rosier: report is not None and report.disagreement == "rosier",
    }
    also = frozenset(concern for concern, holds in told.items() if holds)
    return attention(sketch.concerns | also, levels.open_breaches)


def _report(report: Any) -> dict[str, Any]:
    return {name: getattr(report, name) for name in ("number", "recorded_at", "health", "disagreement")}


def _amounts(body: Mapping[str, Any]) -> dict[str, str | None]:
    """The money of a summary, in its one currency."""
    cost, exposure = body["cost"] or {}, body["exposure"] or {}
    found = {name: cost.get(name) for name in _ADDED_UP} | {"expected_cost": exposure.get("expected_cost")}
    currency = next((each["currency"] for each in found.values() if each is not None), None)
    amounts = {
        name: each["amount"] if each is not None and each["currency"] == currency else None
        for name, each in found.items()
    }
    return {"currency": currency, **amounts}


def is_same(body: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two bodies say the same, whenever they were found."""
    return _said(body) == _said(other)


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in body.items() if name not in {"as_of", "evaluated_at"}}
