"""The items of a plan: who provides those of each measure."""

from collections.abc import Mapping, Sequence
from functools import cache

from app.assignments import items as assignments
from app.assumptions import items as assumptions
from app.cost import items as cost
from app.domain.items import Item, ItemsOf
from app.domain.tolerances import Measure, Unit
from app.metrics import items as metrics
from app.risks import items as risks
from app.variance.scene import Provider, Scene

PROVIDERS: Mapping[Measure, Provider] = {
    Measure.metric_gap_points: metrics.items,
    Measure.contingency_due: risks.items,
    Measure.assumption_invalidated: assumptions.items,
    Measure.cost_performance: cost.provider(Measure.cost_performance),
    Measure.schedule_performance: cost.provider(Measure.schedule_performance),
    Measure.cost_at_completion_percent: cost.provider(Measure.cost_at_completion_percent),
    Measure.over_allocation_minutes: assignments.items,
}
"""What a measure is judged of, in the only unit that each of these measures has."""

PARTS_OF_ITEMS = ("metrics", "risks", "assumptions", "assignments")
"""The parts of a plan that items are made of."""


def items_in(scene: Scene) -> ItemsOf:
    """What finds the items that a measure has in a plan; those of each measure are made once."""

    @cache
    def items(measure: Measure, _: Unit) -> Sequence[Item]:
        provider = PROVIDERS.get(measure)
        return () if provider is None else provider(scene)

    return items
