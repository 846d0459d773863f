"""The assumptions of a plan as what tolerances judge."""

from collections.abc import Sequence

from app.domain.assumptions import assumption_items, assumption_of, invalidations
from app.domain.items import Item
from app.variance.scene import Scene

PART = "assumptions"


def items(scene: Scene) -> Sequence[Item]:
    """The items of the measure `assumption_invalidated`: one for everything that depends on an assumption."""
    bodies = scene.part(PART)
    if not bodies:
        return ()
    assumptions = [assumption_of(key, bodies[key]) for key in sorted(bodies)]
    return assumption_items(assumptions, invalidations(scene.effective), scene.as_of)
