"""Outcomes as JSON-ready values."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.domain.causes import Cause
from app.domain.estimate_calibration import Calibration, Ratio
from app.domain.forecast_accuracy import Accuracy, ForecastAccuracy
from app.domain.metric_scores import Score
from app.domain.money import exact, text
from app.domain.outcome import Delivery
from app.domain.target_moves import Move, Step
from app.kit import wire
from app.metrics.reading import Readings
from app.outcome.materials import Materials
from app.outcome.reading import Outcome, SideOutcome, Spending
from app.variance.service import header, variance_document

MOST_MOVES = 50
MOST_CAUSES = 20
MOST_NAMED = 20
MOST_OWNERS = 50
_PLACES = 6


def outcome_document(outcome: Outcome, source: str) -> dict[str, Any]:
    """Everything that is told of an outcome; `source` says where its status date comes from."""
    materials = outcome.materials
    head = header(materials.snapshot, outcome.as_of, source)
    del head["baseline"]
    return {
        **head,
        "inputs_digest": _digest(materials, outcome.as_of),
        "closed": closing_document(materials.closed),
        "original": side_document(outcome.original, outcome.delivery(outcome.original)),
        "current": side_document(outcome.current, outcome.delivery(outcome.current)),
        "target_moves": _ledger_document(outcome),
        "causes": _causes_document(outcome.causes),
        "forecast_accuracy": _accuracy_document(outcome.forecasts),
        "estimate_calibration": _calibration_document(outcome.estimates),
        "lessons": [] if materials.closed is None else list(materials.closed.lessons),
    }


def _digest(materials: Materials, as_of: datetime) -> str:
    closed = materials.closed
    return wire.digest(
        {
            "current": materials.snapshot.digest(as_of),
            "original": materials.original.snapshot.digest(as_of),
            "closed": None if closed is None else closed.number,
        }
    )


def closing_document(closed: Any) -> dict[str, Any] | None:
    """Who closed the plan, how and why."""
    if closed is None:
        return None
    return {name: getattr(closed, name) for name in ("status", "reason", "author", "recorded_at")}


def side_document(found: SideOutcome, delivery: Delivery) -> dict[str, Any]:
    """What became of the plan against one baseline."""
    baseline, summary = found.side.snapshot.baseline, found.summary
    return {
        "baseline": None
        if baseline is None
        else {"number": baseline.number, "name": baseline.name, "revision": baseline.revision},
        "delivery": {
            "result": str(delivery),
            "baseline_finish": summary.baseline_finish,
            "finish": summary.projected_finish,
            "finish_variance": variance_document(summary.finish_variance),
            "finished": found.finished,
            "cancelled": found.cancelled,
            "unfinished": found.unfinished,
        },
        "budget": {"result": str(found.budget), **_spending_document(found.spending)},
        "metrics": {"result": str(found.metrics), **_score_document(found.score, found.readings)},
    }


def _spending_document(spending: Spending) -> dict[str, Any]:
    budgeted, spent, currency = spending.budgeted, spending.spent, spending.currency
    with exact():
        left = None if budgeted is None or spent is None else budgeted - spent
    return {
        "budget": _money(budgeted, currency),
        "actual_cost": _money(spent, currency),
        "remaining": _money(left, currency),
        "reason": spending.reason,
    }


def _money(amount: Decimal | None, currency: str | None) -> dict[str, str] | None:
    return None if amount is None or currency is None else {"amount": text(amount), "currency": currency}


def _score_document(score: Score, readings: Readings) -> dict[str, Any]:
    pending = [each for _, each in sorted(readings.items()) if not each.is_final]
    named = [{"metric": each.metric.key, "measure_at": each.window.due} for each in pending[:MOST_NAMED]]
    return {
        "score": _number(score.value),
        "coverage": _number(score.coverage),
        "reason": "no_metrics" if not readings else score.reason and str(score.reason),
        "failed_gates": list(score.failed_gates),
        "pending_gates": list(score.pending_gates),
        "pending": named,
        "pending_left_out": len(pending) - len(named),
    }


def _ledger_document(outcome: Outcome) -> dict[str, Any]:
    materials = outcome.materials
    rows = [row for row, _ in materials.baselines]
    steps = [step.working_minutes or 0 for step in outcome.moves]
    kept = [minutes for row, minutes in zip(rows, steps, strict=True) if not row.supplementary]
    return {
        "items": [_step_document(outcome, row, step) for row, step in zip(rows, outcome.moves, strict=True)],
        "left_out": materials.baselines_left_out,
        "working_minutes": sum(kept) if len(kept) > 1 else None,
    }


def _step_document(outcome: Outcome, row: Any, step: Step) -> dict[str, Any]:
    fields = outcome.materials.snapshot.fields
    per_day = outcome.materials.snapshot.working(fields.calendar).minutes_per_day
    return {
        "baseline": row.number,
        "name": row.name,
        "reason": row.reason,
        "approved_by": row.approved_by,
        "decision": row.decision,
        "supplementary": row.supplementary,
        "revision": row.revision,
        "captured_at": row.recorded_at,
        "finish": step.finish,
        "working_minutes": step.working_minutes,
        "working_days": None if step.working_minutes is None else round(step.working_minutes / per_day, 4),
        "moves": [_move_document(move) for move in step.moves[:MOST_MOVES]],
        "moves_left_out": max(len(step.moves) - MOST_MOVES, 0),
        "added": step.added,
        "removed": step.removed,
    }


def _move_document(move: Move) -> dict[str, Any]:
    return {
        "milestone": move.milestone,
        "from": move.before,
        "to": move.after,
        "working_minutes": move.working_minutes,
    }


def _causes_document(causes: Sequence[Cause]) -> dict[str, Any]:
    return {
        "items": [_cause_document(cause) for cause in causes[:MOST_CAUSES]],
        "left_out": max(len(causes) - MOST_CAUSES, 0),
    }


def _cause_document(cause: Cause) -> dict[str, Any]:
    return {
        "reason_code": cause.reason_code,
        "deviations": cause.deviations,
        "blocks": cause.blocks,
        "slip_working_minutes": cause.slip_minutes,
        "blocked_working_minutes": cause.blocked_minutes,
        "milestones": list(cause.milestones[:MOST_NAMED]),
        "milestones_left_out": max(len(cause.milestones) - MOST_NAMED, 0),
    }


def _accuracy_document(found: ForecastAccuracy) -> dict[str, Any]:
    owners, left_out = _owners(found.by_owner, lambda each: each.count)
    return {
        "issued": found.issued,
        "open": found.open,
        "overdue": found.overdue,
        **_error_document(found.whole),
        "by_horizon": [{"horizon": str(each), **_error_document(of)} for each, of in found.by_horizon.items()],
        "by_owner": [{"owner": owner, **_error_document(of)} for owner, of in owners],
        "owners_left_out": left_out,
    }


def _error_document(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "count": accuracy.count,
        "mean_error_days": _number(accuracy.bias),
        "mean_absolute_error_days": _number(accuracy.mean_absolute_error),
        "reason": accuracy.reason and str(accuracy.reason),
    }


def _calibration_document(found: Calibration) -> dict[str, Any]:
    owners, left_out = _owners(found.by_owner, lambda each: each.count)
    return {
        **_ratio_document(found.whole),
        "by_owner": [{"owner": owner, **_ratio_document(of)} for owner, of in owners],
        "owners_left_out": left_out,
    }


def _ratio_document(ratio: Ratio) -> dict[str, Any]:
    return {
        "count": ratio.count,
        "planned_working_minutes": ratio.planned_minutes,
        "actual_working_minutes": ratio.actual_minutes,
        "ratio": _number(ratio.ratio),
        "median_ratio": _number(ratio.median_ratio),
        "reason": ratio.reason and str(ratio.reason),
    }


def _owners(by_owner: Mapping[str | None, Any], count_of: Any) -> tuple[list[tuple[str | None, Any]], int]:
    """Those of whom most is known, by name; and how many others there are."""
    most = sorted(by_owner, key=lambda owner: -count_of(by_owner[owner]))[:MOST_OWNERS]
    return [(owner, of) for owner, of in by_owner.items() if owner in most], len(by_owner) - len(most)


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), _PLACES)


_MOVING = frozenset({"as_of", "as_of_source", "known_at", "inputs_digest", "revision", "events_after_as_of"})
"""What of an outcome says when it was asked for, not what it comes to."""


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Which parts of an outcome, as on the wire, differ for another reason than that time went by; of none all."""
    one, other = _lasting(before) if before else {}, _lasting(after)
    return sorted(name for name in other if name not in one or one[name] != other[name])


def _lasting(document: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in document.items() if name not in _MOVING}
    for side in ("original", "current"):
        facts = {**document[side], "delivery": dict(document[side]["delivery"])}
        if facts["delivery"]["finish_variance"]["basis"] != "actual":  # of what is not done, time alone moves them
            del facts["delivery"]["finish_variance"], facts["delivery"]["finish"]
        found[side] = facts
    return found
