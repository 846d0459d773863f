"""What a plan comes to as it is, and as a scenario would make it: dates, floats, money, risks and metrics. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.cost.inputs import inputs_of
from app.domain.calendars import CalendarHorizon
from app.domain.changes import compare
from app.domain.cost import open_books
from app.domain.cpm import Schedule
from app.domain.execution import ExecutionEvent, Lifecycle
from app.domain.exposure import all_of, exposure_of
from app.domain.measures import Reason
from app.domain.metric_pace import Window
from app.domain.metric_scores import graded, score
from app.domain.metric_values import Metric, Observation, measured
from app.domain.metrics import read
from app.domain.moments import Moment
from app.domain.money import Undefined, text, total
from app.domain.plan import MilestoneKind, PlanContent
from app.domain.progress import effective, fold
from app.domain.risks import UNTOUCHED, Risk, RiskStatus, fold_risks, risk_of
from app.domain.scenarios import delayed, delays_of
from app.domain.variance import PlanSummary
from app.metrics.reading import timed
from app.metrics.service import score_document
from app.plans.change_schemas import changes_document
from app.variance.service import measure, variance_document
from app.variance.snapshot import Snapshot

_OVER = frozenset({Lifecycle.completed, Lifecycle.cancelled})


@dataclass(frozen=True, slots=True)
class Known:
    """What all sides of a comparison share: the data date, what happened by then, the metrics and their time."""

    as_of: datetime
    events: Sequence[ExecutionEvent]
    over: frozenset[str]
    statuses: Mapping[str, RiskStatus]
    metrics: Sequence[tuple[Metric, Window]]
    observations: Mapping[str, Sequence[Observation]]


@dataclass(frozen=True, slots=True)
class Side:
    """One side: a plan with its other content, the risks that occur in it, and final values of metrics."""

    snapshot: Snapshot
    content: PlanContent
    occurring: frozenset[str] = frozenset()
    effects: Mapping[str, float] = field(default_factory=dict)


def known(snapshot: Snapshot, content: PlanContent, as_of: datetime) -> Known:
    """What is known of a plan at its data date, whatever becomes of it."""
    events = effective(snapshot.events)
    states = fold(events, as_of)
    return Known(
        as_of=as_of,
        events=events,
        over=frozenset(key for key, state in states.items() if state.lifecycle in _OVER),
        statuses={key: state.status for key, state in fold_risks(events, as_of).items()},
        metrics=timed(snapshot, content.part("metrics")),
        observations=measured(events),
    )


def as_it_is(side: Side, facts: Known) -> tuple[dict[str, Any], Moment | None]:
    """The plan without any scenario, and its projected finish, which the others are held against."""
    schedule, finish = _schedule(side, facts, None)
    return {"schedule": schedule, **_others(side, facts)}, finish


def as_changed(side: Side, facts: Known, before: PlanContent, finish: Moment | None) -> dict[str, Any]:
    """A plan as a scenario makes it: what that changes, and what it comes to."""
    changes = changes_document(compare(before, side.content), before, side.content)
    return {"changes": changes, "schedule": _schedule(side, facts, finish)[0], **_others(side, facts)}


def _others(side: Side, facts: Known) -> dict[str, Any]:
    risks = [risk_of(key, body) for key, body in sorted(side.content.part("risks").items())]
    return {
        "cost": _cost(side, facts, risks),
        "exposure": _exposure(side, facts, risks),
        "metrics": _metrics(side, facts),
    }


def _schedule(side: Side, facts: Known, before: Moment | None) -> tuple[dict[str, Any], Moment | None]:
    impacts = (
        (each.milestone, each.minutes)
        for key in sorted(side.occurring)
        for each in risk_of(key, side.content.part("risks")[key]).impacts
    )
    hit = delayed(side.content, delays_of(impacts, facts.over))
    snapshot = replace(side.snapshot, current=hit.milestones, dependencies=hit.dependencies)
    found = measure(snapshot, facts.as_of)
    summary = found.variance.summary
    return {
        "projected_finish": summary.projected_finish,
        "projection_reason": summary.projection_reason and str(summary.projection_reason),
        "finish_variance": variance_document(summary.finish_variance),
        **_against(side.snapshot, before, summary),
        **_network(side.content, found.schedule, summary),
        "critical_path_minutes": _length(side.snapshot, facts.as_of, summary.projected_finish),
    }, summary.projected_finish


def _against(snapshot: Snapshot, before: Moment | None, summary: PlanSummary) -> dict[str, Any]:
    if before is None or summary.projected_finish is None:
        return {"finish_change_minutes": None}
    clock = snapshot.working(snapshot.fields.calendar)
    return {"finish_change_minutes": clock.finish_work(summary.projected_finish) - clock.finish_work(before)}


def _network(content: PlanContent, schedule: Schedule | None, summary: PlanSummary) -> dict[str, Any]:
    """Floats and criticality of the plan's own milestones; what risks put behind them is not counted."""
    if schedule is None:
        return {
            "worst_total_float_minutes": None,
            "critical_count": None,
            "near_critical_count": None,
            "network_reason": str(Reason.calendar_horizon),
        }
    worst = schedule.worst_total_float_minutes
    return {
        "worst_total_float_minutes": worst,
        "critical_count": sum(key in content.milestones for key in schedule.critical),
        "near_critical_count": sum(key in content.milestones for key in schedule.near_critical),
        "network_reason": None if worst is not None else str(summary.network_reason or Reason.not_applicable),
    }


def _length(snapshot: Snapshot, as_of: datetime, finish: Moment | None) -> int | None:
    """Working minutes of the plan's calendar from the data date to the projected finish; none once that is past."""
    if finish is None:
        return None
    clock = snapshot.working(snapshot.fields.calendar)
    return max(0, clock.finish_work(finish) - clock.start_work(as_of))


def _cost(side: Side, facts: Known, risks: Iterable[Risk]) -> dict[str, Any]:
    """Budgets, what the risks that occur cost, and the estimate at completion: spent + left to be done + risks."""
    hit = [
        each.cost for risk in risks if risk.key in side.occurring for each in risk.impacts if each.cost is not None
    ]
    try:
        books = open_books(inputs_of(side.snapshot), facts.as_of)
    except CalendarHorizon:
        return _no_cost(Reason.calendar_horizon)
    currency = books.currency
    if isinstance(currency, Undefined):
        return _no_cost(currency)

    def money(amount: Decimal) -> dict[str, str]:
        return {"amount": text(amount), "currency": currency}

    leaves = [each for each in side.content.milestones.values() if each.kind is not MilestoneKind.phase]
    budgets = [each.budget.amount for each in leaves if each.budget and each.budget.currency == currency]
    left = [each.estimate for each in books.leaves.values() if each.estimate is not None]
    occurred = total(each.amount for each in hit if each.currency == currency)
    spent = total(each.amount for each in books.costs)
    return {
        "budget": money(total(budgets)),
        "risks": money(occurred),
        "spent": money(spent),
        "estimate_at_completion": money(total([spent, occurred, *left])) if left else None,
        "reason": None if left else str(Undefined.no_estimate),
    }


def _no_cost(reason: Reason | Undefined) -> dict[str, Any]:
    return {**dict.fromkeys(("budget", "risks", "spent", "estimate_at_completion")), "reason": str(reason)}


def _exposure(side: Side, facts: Known, risks: Iterable[Risk]) -> dict[str, Any]:
    """What may still come: of the risks that are not closed and do not occur in it."""
    left = [each for each in risks if each.key not in side.occurring]
    statuses = {each.key: facts.statuses.get(each.key, UNTOUCHED.status) for each in left}
    found = all_of(exposure_of(each, statuses[each.key]) for each in left)
    currencies = {each.cost.currency for risk in left for each in risk.impacts if each.cost is not None}
    amount = {"amount": text(found.total_cost), "currency": min(currencies)} if found.cost else None
    return {
        "risks": sum(status is not RiskStatus.closed for status in statuses.values()),
        "unquantified": sum(not each.impacts and statuses[each.key] is not RiskStatus.closed for each in left),
        "expected_minutes": float(found.total_minutes),
        "expected_cost": amount,
    }


def _metrics(side: Side, facts: Known) -> dict[str, Any]:
    """The score of what is measured, with expected final values in the place of what is."""
    readings = []
    for metric, window in facts.metrics:
        observations, at = facts.observations.get(metric.key, ()), facts.as_of
        is_settled = window.closed is not None and window.closed <= at
        if metric.key in side.effects and not is_settled:
            at = max(at, window.due or at)
            seen = (each for each in observations if each.is_by(facts.as_of))
            observations = [*seen, Observation(at, side.effects[metric.key], ("", ""))]
        readings.append(read(metric, window, observations, at))
    return score_document(score(map(graded, readings)))
