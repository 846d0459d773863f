"""The performance of a plan as what tolerances judge."""

from app.cost.inputs import inputs_of
from app.domain.performance_items import performance_items
from app.domain.tolerances import UNITS, Measure
from app.variance.scene import Provider


def provider(measure: Measure) -> Provider:
    """What finds the plan as a whole as the one item of a measure of performance."""
    (unit,) = UNITS[measure]
    return lambda scene: performance_items(inputs_of(scene.snapshot), scene.as_of)(measure, unit)
