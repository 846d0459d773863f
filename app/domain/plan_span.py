"""From when to when a plan goes, by its dates."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

from app.domain.calendars import WorkingTime
from app.domain.moments import Moment, from_minutes
from app.domain.plan import Milestone


def span_of(milestones: Iterable[Milestone], days: WorkingTime) -> tuple[datetime | None, datetime | None]:
    """The first and the last instant that any date of the milestones names; None: there is no date.

    Of a day the first is its start and the last its end, in the zone of `days`.
    """
    dates = [each for one in milestones for each in (one.planned_start, one.planned_finish) if each is not None]
    return (
        min((_instant(each, days.day_start) for each in dates), default=None),
        max((_instant(each, days.day_end) for each in dates), default=None),
    )


def _instant(moment: Moment, edge: Callable[[date], int]) -> datetime:
    return moment if isinstance(moment, datetime) else from_minutes(edge(moment))
