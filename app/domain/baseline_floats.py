"""How much room a baseline left: the total floats of its own network."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from app.domain.calendars import CalendarHorizon, WorkingTime
from app.domain.cpm import ScheduleCycles, ScheduleInputs, ScheduleOptions, schedule
from app.domain.moments import Moment, from_minutes
from app.domain.plan import Dependency, Milestone


def baseline_floats(
    milestones: Mapping[str, Milestone],
    dependencies: Iterable[Dependency],
    working: Callable[[Milestone], WorkingTime],
    plan_working: WorkingTime,
    options: ScheduleOptions,
    recorded_at: datetime,
) -> dict[str, int]:
    """The total float of each milestone with nothing executed, in working minutes of its own calendar.

    The network is seen from the earlier of `recorded_at` and its earliest planned date, lest the instant at which
    a baseline was recorded delay what it plans. Empty where the network can't be scheduled: the dependencies close
    cycles, or dates run beyond the years that calendars know.
    """
    inputs = ScheduleInputs(milestones, tuple(dependencies), {}, working, plan_working, options)
    try:
        dates = (date for each in milestones.values() for date in (each.planned_start, each.planned_finish) if date)
        first = min((_begin(date, plan_working) for date in dates), default=recorded_at)
        items = schedule(inputs, min(first, recorded_at)).items
    except (CalendarHorizon, ScheduleCycles):
        return {}
    return {key: item.total_float_minutes for key, item in items.items() if item.total_float_minutes is not None}


def _begin(moment: Moment, calendar: WorkingTime) -> datetime:
    return moment if isinstance(moment, datetime) else from_minutes(calendar.day_start(moment))
