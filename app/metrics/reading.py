"""The success metrics of a plan as of an instant: read from one snapshot, against its baseline, and scored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.metric_pace import Window, window_of
from app.domain.metric_scores import Score, graded, score
from app.domain.metric_values import Metric, Observation, measured, metric_of
from app.domain.metrics import Reading, read
from app.domain.plan import PartBody
from app.domain.plan_span import span_of
from app.domain.progress import effective
from app.variance.snapshot import Snapshot

Bodies = Mapping[str, PartBody]
Readings = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What the metrics of a plan say as of an instant.

    Attributes:
        readings: by key, as the plan defines them. `baseline`: as the baseline does, those that left the plan, too;
            None: there is none.
        score: of the plan's. `baseline_score`: of the baseline's.
    """

    readings: Readings
    score: Score
    baseline: Readings | None
    baseline_score: Score | None


def scorecard(snapshot: Snapshot, bodies: Bodies, baseline_bodies: Bodies, as_of: datetime) -> Scorecard:
    """Everything that the metrics of a plan say. Pure; O(events log events + metrics).

    Args:
        snapshot: the plan as it was known, beside one baseline.
        bodies: the metrics of its revision, by key.
        baseline_bodies: those of the revision of its baseline.
        as_of: the data date.
    """
    seen = measured(effective(snapshot.events))
    now = _read(timed(snapshot, bodies), seen, as_of)
    then = None if snapshot.baseline is None else _read(timed(snapshot, baseline_bodies), seen, as_of)
    return Scorecard(now, _scored(now), then, None if then is None else _scored(then))


def timed(snapshot: Snapshot, bodies: Bodies) -> list[tuple[Metric, Window]]:
    """The metrics in the order of their keys, each with its time.

    One that does not say when it starts or is measured does so with the first and the last date of the baseline.
    """
    days = snapshot.zone
    span = span_of((snapshot.baseline_milestones or {}).values(), days)
    metrics = (metric_of(key, bodies[key]) for key in sorted(bodies))
    return [(metric, window_of(metric, days, *span)) for metric in metrics]


def _read(
    metrics: Iterable[tuple[Metric, Window]], seen: Mapping[str, Sequence[Observation]], as_of: datetime
) -> Readings:
    return {metric.key: read(metric, window, seen.get(metric.key, ()), as_of) for metric, window in metrics}


def _scored(readings: Readings) -> Score:
    return score(graded(each) for each in readings.values())
