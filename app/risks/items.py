"""The contingencies of a plan as items that tolerances judge."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from app.domain.items import Item
from app.domain.moments import from_minutes
from app.domain.risk_items import contingency_items
from app.domain.risk_judging import Situation, situation_of
from app.domain.risks import Risk, risk_of
from app.variance.scene import Scene

PART = "risks"


def items(scene: Scene) -> Sequence[Item]:
    """The items of the measure `contingency_due`: of each contingency whether it is due."""
    return contingency_items(risks_in(scene), situation_in(scene)) if scene.part(PART) else ()


def risks_in(scene: Scene) -> Iterable[Risk]:
    """The risks of a plan, by key."""
    bodies = scene.part(PART)
    return [risk_of(key, bodies[key]) for key in sorted(bodies)]


def situation_in(scene: Scene) -> Situation:
    """What the triggers of a plan are judged on."""
    zone = scene.snapshot.zone

    def begins(day: date) -> datetime:
        return from_minutes(zone.day_start(day))

    return situation_of(scene.observed, scene.effective, begins)
