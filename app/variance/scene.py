"""What the items of a plan are made from: all that was observed of it, and the other parts of its content."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from app.domain.deviation_values import Observed
from app.domain.items import Item, ItemsOf
from app.domain.plan import NOTHING, PartBody
from app.domain.progress import ExecutionEvent, effective
from app.domain.variance import PlanVariance
from app.variance.snapshot import Snapshot

Parts = Mapping[str, Mapping[str, PartBody]]
"""Parts of a plan's content, by name (one of `PARTS`) and key."""


@dataclass(frozen=True)
class Scene:
    """A plan as it was known, seen from one data date and beside one baseline.

    Attributes:
        snapshot: milestones, dependencies, events and calendars as they were known.
        measured: the same measured as of the data date: states, schedule, variance; without its items.
        parts: what else the current revision consists of, as far as items are made of it.
        items: what finds the items of a scene.
    """

    snapshot: Snapshot
    measured: Observed
    parts: Parts
    items: Callable[["Scene"], ItemsOf]

    @property
    def observed(self) -> Observed:
        """What tolerances are judged on, with its items; they hold the scene, which does not hold them."""
        return replace(self.measured, items=self.items(self))

    def part(self, name: str) -> Mapping[str, PartBody]:
        """One of `PARTS` of the current revision, by key."""
        return self.parts.get(name, NOTHING)

    @property
    def as_of(self) -> datetime:
        """The data date, at which items are judged."""
        return self.measured.as_of

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.measured.now

    @property
    def variance(self) -> PlanVariance:
        """Summary and milestones, measured as of the data date."""
        return self.measured.variance

    @cached_property
    def effective(self) -> Sequence[ExecutionEvent]:
        """The events that count, with corrections in their places, in the order they were recorded in."""
        return effective(self.snapshot.events)


Provider = Callable[[Scene], Sequence[Item]]
"""The items that one measure has in a plan, their values in the measure's only unit."""
