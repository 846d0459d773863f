"""The resources of a plan as what tolerances judge."""

from collections.abc import Sequence

from app.assignments.load import planned_by
from app.domain.assignments import PART
from app.domain.items import Item
from app.domain.load_items import Burden, over_allocation_items
from app.variance.scene import Scene


def items(scene: Scene) -> Sequence[Item]:
    """The items of the measure `over_allocation_minutes`: one a resource, with what this plan has for it."""
    bodies = scene.part(PART)
    if not bodies:
        return ()
    snapshot = scene.snapshot
    burdens = []
    for key, planned in sorted(planned_by(snapshot, bodies, scene.variance.items).items()):
        version = snapshot.resources[key][-1]
        working = snapshot.working(version["calendar"] or snapshot.fields.calendar)
        works = [each.work for each in planned]
        burdens.append(Burden(key, version["owner"], version["capacity"], working, works))
    return over_allocation_items(burdens, scene.as_of)
