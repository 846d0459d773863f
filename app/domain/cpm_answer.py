"""The dates of the network's nodes as the dates of milestones and phases."""

from datetime import date

from app.domain.calendars import WorkingTime
from app.domain.cpm_backward import Late
from app.domain.cpm_leaf import Leaf, NodeKind
from app.domain.cpm_links import Tree
from app.domain.cpm_values import NEVER, Edge, Scheduled, ScheduleInputs
from app.domain.cpm_why import driver_of
from app.domain.execution import Lifecycle

_UNSCHEDULED = Scheduled("", Lifecycle.not_started)
_NEAR_DAYS = 5  # near critical: at most so many working days of total float,
_NEAR_SHARE = 10  # or one part in so many of the project's remaining working time


def items_of(late: Late, inputs: ScheduleInputs) -> dict[str, Scheduled]:
    """Every milestone's dates, by key in the order of the plan. O(milestones + dependencies)."""
    early = late.early
    network = early.network
    rest = 0
    if late.horizon != NEVER:
        rest = inputs.plan_working.worked(late.horizon) - inputs.plan_working.worked(network.data_date)
    found = dict.fromkeys(inputs.milestones, _UNSCHEDULED)  # so that they keep their order
    for node, leaf in enumerate(network.leaves):
        if leaf.key in network.tree.children:
            continue
        if leaf.kind is NodeKind.work:
            found[leaf.key] = _unfinished(late, node, inputs.options.critical_float_minutes, rest // _NEAR_SHARE)
        elif leaf.kind is NodeKind.done:
            found[leaf.key] = _completed(late, node)
        else:
            found[leaf.key] = Scheduled(leaf.key, leaf.lifecycle)
    _add_phases(found, network.tree, inputs)
    return found


def told_day(clock: WorkingTime, minute: int, edge: Edge) -> date:
    """The local day of an instant told as a start or as a finish: a finish at midnight ends the day before.

    Raises:
        CalendarHorizon: the day lies outside of what calendars reach.
    """
    return clock.day_of(minute if edge == "start" else minute - 1)


def _known(minute: int) -> int | None:
    return None if minute == NEVER else minute


def _unfinished(late: Late, node: int, critical_float: int, near_share: int) -> Scheduled:
    early = late.early
    leaf, clock = early.network.leaves[node], early.network.clocks[node]
    start, finish, late_finish = late.starts[node], late.ends[node], late.finishes[node]
    shown_start, shown_finish = early.shown_starts[node], early.shown_finishes[node]
    if late.shifted and node in late.shifted:
        shown_start, shown_finish = late.shifted[node]
    late_start, closes = late.opens[node], clock.finish_at(late_finish)
    if start == finish:
        late_start = closes = _late_instant(leaf, late_start, closes, shown_start)
    float_ = late_finish - finish
    return Scheduled(  # by position: by name it takes half as long again
        leaf.key,
        leaf.lifecycle,
        shown_start,
        shown_finish,
        late_start,
        closes,
        _known(leaf.actual_start) if leaf.started else shown_start,
        shown_finish,
        leaf.work,
        float_,
        late.free[node],
        float_ <= critical_float,
        critical_float < float_ <= max(_NEAR_DAYS * clock.minutes_per_day, near_share),
        driver_of(late, node),
    )


def _late_instant(leaf: Leaf, opens: int, closes: int, shown: int) -> int:
    """The late date of what takes no time, told as its early date is: as a start or as a finish."""
    return opens if leaf.told_as_start or closes < shown <= opens else closes


def _completed(late: Late, node: int) -> Scheduled:
    leaf = late.early.network.leaves[node]
    start, finish = _known(leaf.actual_start), _known(leaf.actual_finish)
    return Scheduled(
        key=leaf.key,
        lifecycle=leaf.lifecycle,
        early_start=start,
        early_finish=finish,
        projected_start=start,
        projected_finish=finish,
        remaining_minutes=0,
    )


def _add_phases(found: dict[str, Scheduled], tree: Tree, inputs: ScheduleInputs) -> None:
    """Phases from what lies in them, innermost first."""
    for key in reversed(tree.children):
        inside = [found[child] for child in tree.children[key]]
        found[key] = _phase(key, inside, inputs.working(inputs.milestones[key]))


def _phase(key: str, inside: list[Scheduled], clock: WorkingTime) -> Scheduled:
    """A phase spans its living children: first start, last finish, least float; critical if one of them is.

    Its early and late dates are those of what is unfinished in it, as long as anything is.
    """
    living = [each for each in inside if each.lifecycle is not Lifecycle.cancelled]
    open_ = [each for each in living if each.late_finish is not None]
    early = open_ or living
    start, finish = _least(early, "early_start"), _most(early, "early_finish")
    work = None if start is None or finish is None else 0
    if open_ and start is not None and finish is not None:
        work = max(clock.worked(finish) - clock.worked(start), 0)
    critical = any(each.critical for each in open_)
    return Scheduled(
        key=key,
        lifecycle=_lifecycle(inside, living),
        early_start=start,
        early_finish=finish,
        late_start=_least(open_, "late_start"),
        late_finish=_most(open_, "late_finish"),
        projected_start=_least(living, "projected_start"),
        projected_finish=_most(living, "projected_finish"),
        remaining_minutes=work,
        total_float_minutes=_least(open_, "total_float_minutes"),
        critical=critical,
        near_critical=not critical and any(each.near_critical for each in open_),
    )


def _lifecycle(inside: list[Scheduled], living: list[Scheduled]) -> Lifecycle:
    """Not started as long as nothing in it has; completed once everything is; else in progress."""
    found = {each.lifecycle for each in living}
    if not found:
        return Lifecycle.cancelled if inside else Lifecycle.not_started
    if len(found) == 1:
        return found.pop()
    return Lifecycle.in_progress


def _values(items: list[Scheduled], name: str) -> list[int]:
    return [value for each in items if (value := getattr(each, name)) is not None]


def _least(items: list[Scheduled], name: str) -> int | None:
    return min(_values(items, name), default=None)


def _most(items: list[Scheduled], name: str) -> int | None:
    return max(_values(items, name), default=None)
