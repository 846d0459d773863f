"""Short ways to say items, and plans that have them."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from app.domain.deviation_values import Observed
from app.domain.items import Item, ItemValue
from app.domain.measures import Reason
from app.domain.tolerances import UNBOUNDED, AppliesTo, Bounds, Measure, Tolerance, Unit
from tests.domain.builders import instant
from tests.domain.judging_build import observe

NOW = instant("2024-05-06T09:00:00Z")
MINUTE = timedelta(minutes=1)
Course = Callable[[datetime], float | Reason]


def after(minutes: float) -> datetime:
    """So many minutes after the present."""
    return NOW + minutes * MINUTE


def value(amount: float | Reason | None, **fields: Any) -> ItemValue:
    """A value, or the reason for none, with a sentence that says it."""
    number, reason = (None, amount) if isinstance(amount, Reason) else (amount, None)
    told: dict[str, Any] = {"operands": {}, "events": (), "summary": f"it is {amount}"}
    return ItemValue(number, reason, **{**told, **fields})


def item(
    course: float | Reason | Course, about: str | None = "metrics/a", *, turns: Iterable[float] = (), **fields: Any
) -> Item:
    """An item of this value, at any time or as it goes on; `turns` are the minutes at which it may jump or turn."""
    milestone, owner = fields.pop("milestone", None), fields.pop("owner", None)

    def value_at(at: datetime) -> ItemValue:
        return value(course(at) if callable(course) else course, **fields)

    return Item(about, milestone, owner, value_at, tuple(map(after, turns)))


def pace(minutes_per_point: float, start: float = 0.0) -> Course:
    """So much at the present, and a point more each time so many minutes have passed."""
    return lambda at: start + (at - NOW) / MINUTE / minutes_per_point


def having(*items: Item, now: datetime = NOW, measure: Measure = Measure.metric_gap_points) -> Observed:
    """A plan with these items of a measure."""
    seen = observe([], as_of=now.isoformat())
    return Observed(
        **{name: getattr(seen, name) for name in Observed.__dataclass_fields__ if name != "items"},
        items=lambda asked, _: items if asked is measure else (),
    )


def gap(
    warning: float | None = 10, breach: float | None = 25, *milestones: str, lower: Bounds = UNBOUNDED
) -> Tolerance:
    """A tolerance of how far metrics may be behind their pace; over again at four fifths."""
    upper, of = Bounds(warning, breach), AppliesTo(milestones=frozenset(milestones))
    return Tolerance("pace", Measure.metric_gap_points, Unit.points, lower=lower, upper=upper, applies_to=of)
