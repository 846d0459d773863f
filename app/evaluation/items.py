"""The items of a plan: who provides those of each measure."""

from collections.abc import Mapping, Sequence

from app.domain.items import Item, ItemsOf
from app.domain.tolerances import Measure, Unit
from app.metrics import items as metrics
from app.variance.scene import Provider, Scene

PROVIDERS: Mapping[Measure, Provider] = {
    Measure.metric_gap_points: metrics.items,
}
"""What a measure is judged of, in the only unit that each of these measures has."""

PARTS_OF_ITEMS = ("metrics", "risks", "assumptions", "assignments")
"""The parts of a plan that items are made of."""


def items_in(scene: Scene) -> ItemsOf:
    """What finds the items that a measure has in a plan."""

    def items(measure: Measure, _: Unit) -> Sequence[Item]:
        provider = PROVIDERS.get(measure)
        return () if provider is None else provider(scene)

    return items
