"""Resources as items that tolerances judge: how much more work a plan has for each than it can do."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from app.domain.calendars import WorkingTime
from app.domain.cost_periods import Period, next_start, period_starts
from app.domain.items import Item, ItemValue
from app.domain.load import Slot, Work, slots, working_minutes
from app.domain.moments import from_minutes, to_minutes

_FARTHEST = timedelta(days=3653)  # as far as is looked ahead


class Burden(NamedTuple):
    """A resource, what it can do, and what a plan has for it.

    Attributes:
        capacity: minutes of work in each working minute of its calendar.
        works: the work that the plan assigns to it.
    """

    resource: str
    owner: str | None
    capacity: float
    working: WorkingTime
    works: Sequence[Work]


class _Week(NamedTuple):
    """A week in which there is more to do than can be done; `end` is the minute at which it is over."""

    start: date
    end: int
    slot: Slot


def over_allocation_items(burdens: Iterable[Burden], as_of: datetime) -> list[Item]:
    """The items of the measure `over_allocation_minutes`, one a resource.

    The most minutes beyond its capacity in any week that is not over yet, by the dates projected at the data date.
    """
    return [_item(each, as_of) for each in burdens]


def _item(burden: Burden, as_of: datetime) -> Item:
    weeks = _weeks(burden, as_of)
    ends = tuple(from_minutes(week.end) for week in weeks)

    def value_at(at: datetime) -> ItemValue:
        return _value(burden, weeks[bisect_right(ends, at) :])

    return Item(f"resources/{burden.resource}", None, burden.owner, value_at, ends)


def _weeks(burden: Burden, as_of: datetime) -> list[_Week]:
    """The weeks from the data date on in which there is too much to do."""
    zone, now = burden.working, to_minutes(as_of)
    last = max([work.end for work in burden.works if work.end is not None], default=now)
    last = min(max(last, now), to_minutes(as_of + _FARTHEST))
    starts = period_starts((zone.day_of(now), zone.day_of(last)), Period.week)
    edges = [zone.day_start(day) for day in (*starts, next_start(starts[-1], Period.week))]
    found = slots(burden.works, burden.capacity, working_minutes([burden.working], edges), edges)
    rows = zip(starts, edges[1:], found, strict=True)
    return [_Week(start, end, slot) for start, end, slot in rows if slot.over and end > now]


def _value(burden: Burden, weeks: Sequence[_Week]) -> ItemValue:
    most = max(weeks, key=lambda week: week.slot.over, default=None)
    slot = Slot(Fraction(0), None) if most is None else most.slot
    operands = {
        "resource": burden.resource,
        "capacity": burden.capacity,
        "week": None if most is None else most.start.isoformat(),
        "planned_minutes": None if most is None else _told(slot.planned),
        "capacity_minutes": None if slot.capacity is None else _told(slot.capacity),
    }
    over = _told(slot.over)
    summary = f"{burden.resource} has no more work than it can do"
    if most is not None:
        summary = f"{burden.resource} has {over:g} minutes too much to do in the week of {most.start.isoformat()}"
    return ItemValue(over, None, operands, (), summary)


def _told(minutes: Fraction) -> float:
    return round(float(minutes), 6)
