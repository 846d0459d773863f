"""The schedule engine: projected dates, floats and drivers of a plan, by the critical path method."""

from datetime import datetime

from app.domain.calendars import WorkingTime
from app.domain.cpm_answer import items_of, told_day
from app.domain.cpm_backward import backward
from app.domain.cpm_findings import findings_of
from app.domain.cpm_forward import forward
from app.domain.cpm_network import network_of
from app.domain.cpm_values import (
    Bound,
    BoundKind,
    Schedule,
    ScheduleCycles,
    Scheduled,
    ScheduleFinding,
    ScheduleFindingCode,
    ScheduleInputs,
    ScheduleOptions,
    options_of,
)
from app.domain.cpm_why import Reasons, driving_chain, longest_path
from app.domain.moments import Moment, to_minutes

__all__ = [
    "Bound",
    "BoundKind",
    "Schedule",
    "ScheduleCycles",
    "ScheduleFinding",
    "ScheduleFindingCode",
    "ScheduleInputs",
    "ScheduleOptions",
    "Scheduled",
    "options_of",
    "schedule",
    "told_day",
]


def schedule(inputs: ScheduleInputs, as_of: datetime) -> Schedule:
    """The schedule of a plan as seen from the data date `as_of`.

    A forward pass gives the early dates, a backward pass the late ones; total float = W(late finish) -
    W(early finish) on the milestone's own calendar, in working minutes, negative where it is too late and
    never clamped. Every comparison is made on working lines; instants are told as starts or finishes only
    in the answer. Nothing depends on the order of what comes in. Iterative.
    O((milestones + dependencies) · log of the calendars).

    Source: Kelley and Walker, "Critical-path planning and scheduling" (1959); the precedence diagramming
    method and progress as in the PMI Practice Standard for Scheduling; retained logic, constraints, ALAP
    and floats as Primavera P6 calculates them.

    Raises:
        ScheduleCycles: the dependencies close cycles; all of them are named.
        CalendarHorizon: a date lies outside of 1900 … 2300.
        KeyError: a dependency or a parent names a milestone that is not there.
    """
    network = network_of(inputs, as_of)
    early = forward(network)
    target = inputs.options.target_finish
    late = backward(early, None if target is None else _end_of(inputs.plan_working, target))
    items = items_of(late, inputs)
    ordered = sorted(items)
    leaves = [leaf.key for leaf in network.leaves if leaf.key not in network.tree.children]
    finishes = [finish for key in leaves if (finish := items[key].projected_finish) is not None]
    floats = [told for key in leaves if (told := items[key].total_float_minutes) is not None]
    reasons = Reasons(late)
    return Schedule(
        data_date=network.data_date,
        items=items,
        finish=max(finishes, default=None),
        late_finish=late.end if floats else None,
        longest_path=longest_path(late),
        driving_chain=driving_chain(late),
        critical=tuple(key for key in ordered if items[key].critical),
        near_critical=tuple(key for key in ordered if items[key].near_critical),
        worst_total_float_minutes=min(floats, default=None),
        findings=findings_of(late),
        why=reasons.why,
        late_why=reasons.late_why,
        passes=late,
    )


def _end_of(clock: WorkingTime, moment: Moment) -> int:
    """The instant a target means: of a day the end of that local day."""
    return to_minutes(moment) if isinstance(moment, datetime) else clock.day_end(moment)
