"""The success metrics of a plan as what tolerances judge."""

from collections.abc import Sequence

from app.domain import metric_items
from app.domain.items import Item
from app.domain.metric_values import measured
from app.metrics.reading import timed
from app.variance.scene import Scene


def items(scene: Scene) -> Sequence[Item]:
    """The items of the measure `metric_gap_points`: one a metric, in points."""
    metrics = timed(scene.snapshot, scene.part("metrics"))
    return metric_items.items(metrics, measured(scene.effective)) if metrics else ()
