"""Triggers of contingencies: the condition on which a prepared change of the plan falls due.

A condition on a measure is judged as a tolerance with that bound would be, so that there is one way to say what
too late, too little float or too far behind its pace is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.moments import Moment, parse_moment
from app.domain.tolerances import EVERYTHING, AppliesTo, Bounds, Measure, Tolerance, Unit


@dataclass(frozen=True, slots=True)
class MeasureTrigger:
    """A value of the plan beyond a bound; either `above` or `below`, in the unit.

    Attributes:
        milestone: of this milestone alone. metric: of this success metric alone. Without either, of whatever the
            measure is of: any of it will do.
    """

    measure: Measure
    unit: Unit
    above: float | None = None
    below: float | None = None
    milestone: str | None = None
    metric: str | None = None


@dataclass(frozen=True, slots=True)
class DateTrigger:
    """An instant, or a day of the plan's zone, that comes."""

    date: Moment


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """An execution event of this type; of this milestone, if there is one."""

    event: str
    milestone: str | None = None


@dataclass(frozen=True, slots=True)
class OccurredTrigger:
    """The risk itself has occurred."""


Trigger = MeasureTrigger | DateTrigger | EventTrigger | OccurredTrigger


def trigger_of(body: Mapping[str, Any]) -> Trigger:
    """The trigger that a part of a plan carries, by its `type`."""
    match body["type"]:
        case "measure":
            bounds = {name: body[name] for name in ("above", "below", "milestone", "metric")}
            return MeasureTrigger(Measure(body["measure"]), Unit(body["unit"]), **bounds)
        case "date":
            return DateTrigger(parse_moment(body["date"]))
        case "event":
            return EventTrigger(body["event"], body["milestone"])
        case _:
            return OccurredTrigger()


def tolerance_of(trigger: MeasureTrigger) -> Tolerance:
    """The tolerance whose breach is that the trigger holds; without any margin: as soon as it is back, it is back.

    Its key tells it from that of any trigger that looks at something else.
    """
    narrowed = EVERYTHING if trigger.milestone is None else AppliesTo(milestones=frozenset({trigger.milestone}))
    return Tolerance(
        key=f"trigger/{trigger.measure}/{trigger.unit}/{trigger.milestone or ''}",
        measure=trigger.measure,
        unit=trigger.unit,
        lower=Bounds(None, trigger.below),
        upper=Bounds(None, trigger.above),
        clear_margin=0.0,
        applies_to=narrowed,
    )
