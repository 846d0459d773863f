"""The scorecard of a plan, computed on read from one snapshot, as JSON-ready values."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.metric_projection import Projection, project
from app.domain.metric_scores import Score
from app.domain.metric_values import Metric
from app.domain.metrics import Reading
from app.metrics.reading import Bodies, Readings, Scorecard
from app.parts import store as parts
from app.variance.snapshot import Snapshot

PART = "metrics"
_MOST_DRIVERS = 20
_DEFINED = (
    *("kind", "unit", "baseline_value", "target", "floor", "stretch", "low", "high", "margin"),
    *("weight", "gate", "commitment", "start_at", "measure_at", "grace_minutes", "trajectory"),
)
"""What of a metric says how it is graded; the rest of it only names it."""
_VALUES = ("baseline_value", "target", "low", "high", "floor", "stretch")
_PLACES = 6  # decimals of shares and points on the wire


async def bodies_of(db: AsyncConnection, snapshot: Snapshot) -> tuple[Bodies, Bodies]:
    """The metrics of the revision of a snapshot, and those of its baseline, by key."""
    now = (await parts.parts_at(db, snapshot.head, snapshot.revision, PART)).get(PART, {})
    if snapshot.baseline is None:
        return now, {}
    return now, (await parts.parts_at(db, snapshot.head, snapshot.baseline.revision, PART)).get(PART, {})


def summary_document(card: Scorecard) -> dict[str, Any]:
    """The score of a plan, and that of its baseline."""
    counts = dict.fromkeys(("red", "amber", "green", "unknown"), 0)
    for reading in card.readings.values():
        counts["unknown" if reading.band is None else str(reading.band)] += 1
    then = card.readings if card.baseline is None else card.baseline
    return {
        **score_document(card.score),
        "counts": counts,
        "added": sorted(card.readings.keys() - then.keys()),
        "removed": sorted(then.keys() - card.readings.keys()),
        "baseline": None if card.baseline_score is None else score_document(card.baseline_score),
    }


def score_document(score: Score) -> dict[str, Any]:
    """What a set of metrics comes to."""
    return {
        "score": told(score.value),
        "band": score.band and str(score.band),
        "verdict": score.verdict and str(score.verdict),
        "reason": score.reason and str(score.reason),
        "coverage": told(score.coverage),
        "failed_gates": list(score.failed_gates),
        "pending_gates": list(score.pending_gates),
        "drivers": [
            {"metric": each.key, "lost_points": told(each.lost_points)} for each in score.drivers[:_MOST_DRIVERS]
        ],
    }


def item_document(reading: Reading, baseline: Readings | None) -> dict[str, Any]:
    """A metric, beside its counterpart in the baseline."""
    then = None if baseline is None else baseline.get(reading.metric.key)
    absence = "no_baseline" if baseline is None else "not_in_baseline"
    return {
        **reading_document(reading),
        "baseline": None if then is None else _baseline_document(reading.metric, then),
        "baseline_reason": absence if then is None else None,
    }


def reading_document(reading: Reading) -> dict[str, Any]:
    """A metric by itself, of a plan or of anything else."""
    metric, last = reading.metric, reading.observation
    return {
        "metric": metric.key,
        "name": metric.name,
        "kind": str(metric.kind),
        "unit": metric.unit,
        "direction": str(metric.direction),
        "owner": metric.owner,
        "weight": metric.weight,
        "commitment": str(metric.commitment),
        **_graded_document(reading),
        "value": None if last is None else last.value,
        "measured_at": None if last is None else last.at,
        "overachieved": reading.overachieved,
        "floor_missed": reading.floor_missed,
        "stretch_reached": reading.stretch_reached,
        "reason": reading.reason and str(reading.reason),
        "is_due": reading.is_due,
        "is_final": reading.is_final,
        "gate": reading.gate and str(reading.gate),
        "expected_attainment": told(reading.expected.attainment),
        "pace_gap_points": told(reading.pace_gap_points),
        "on_pace": reading.on_pace,
        "pace_reason": reading.pace_reason and str(reading.pace_reason),
        "projection": _projection_document(project(reading)),
        "stale": reading.stale,
        "events": [{"source": each.identity[0], "id": each.identity[1]} for each in reading.seen],
    }


def _graded_document(reading: Reading) -> dict[str, Any]:
    """By what a metric is graded, and what the grade is."""
    values = {name: getattr(reading.metric, name) for name in _VALUES}
    return values | {
        "start_at": reading.window.start,
        "measure_at": reading.window.due,
        "attainment": told(reading.attainment),
        "grade": told(reading.grade),
        "band": reading.band and str(reading.band),
    }


def _baseline_document(metric: Metric, then: Reading) -> dict[str, Any]:
    before = then.metric
    return _graded_document(then) | {
        "changed": [name for name in _DEFINED if getattr(metric, name) != getattr(before, name)]
    }


def _projection_document(projection: Projection) -> Mapping[str, Any]:
    return {
        "value": told(projection.value),
        "low": told(projection.low),
        "high": told(projection.high),
        "attainment": told(projection.attainment),
        "attainment_low": told(projection.attainment_low),
        "attainment_high": told(projection.attainment_high),
        "reason": projection.reason and str(projection.reason),
    }


def told(number: Fraction | float | None) -> float | None:
    """A computed number as it is on the wire: to six decimals."""
    return None if number is None else round(float(number), _PLACES)
