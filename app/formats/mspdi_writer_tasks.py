"""The tasks of a plan, as Microsoft Project XML has them.

What a task has by default is left out, and what Microsoft Project finds itself: with 20,000 tasks a file is to stay
smaller than what can be imported again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.cpm import Scheduled
from app.domain.execution import Lifecycle, State
from app.domain.plan import Constraint, Dependency, Milestone, MilestoneKind
from app.domain.subjects import SILENCE
from app.formats.mspdi_elements import duration, flag, group, tag, tag_unless
from app.formats.mspdi_fields import clean
from app.formats.mspdi_values import TEXT_1
from app.formats.mspdi_working import ALL_TIME
from app.formats.mspdi_writer_plan import Facts, Row

_CONSTRAINTS = {
    "ALAP": 1, "MSO": 2, "SO": 2, "MFO": 3, "FO": 3, "SNET": 4, "SNLT": 5, "FNET": 6, "FNLT": 7,
}  # fmt: skip
_OF_PHASES = frozenset({"SNET", "FNLT"})
_LINKS = {"FF": 0, "FS": 1, "SF": 2, "SS": 3}
_DAYS, _ELAPSED_DAYS, _PERCENT, _ELAPSED_PERCENT = 7, 8, 19, 20  # formats of durations and lags
_FIXED_DURATION = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is. Units: minutes of its calendar; `percent` 0 to 100."""

    duration: int
    actual: int
    remaining: int
    percent: int


def tasks(facts: Facts) -> Iterator[str]:
    """Every milestone as a task, in the order of the outline. O(milestones + dependencies + baselines)."""
    links: dict[str, list[Dependency]] = {}
    content = facts.exported.content
    for identity in sorted(content.dependencies):
        links.setdefault(identity[2], []).append(content.dependencies[identity])
    progress = _progress(facts)
    for number, row in enumerate(facts.rows, 1):
        yield group("Task", _task(facts, number, row, progress[row.milestone.key], links.get(row.milestone.key, ())))


def _progress(facts: Facts) -> dict[str, Progress]:
    """How far each task is; a phase as far as what lies in it, by duration."""
    found: dict[str, Progress] = {}
    sums: dict[str, tuple[int, int]] = {}
    for row in reversed(facts.rows):  # what lies in a phase comes before it
        each = row.milestone
        if each.kind is MilestoneKind.phase:
            whole, done = sums.get(each.key, (0, 0))
            found[each.key] = _of_phase(facts, each, round(100 * done / whole) if whole else 0)
        else:
            found[each.key] = _of_leaf(facts, each)
            whole, done = found[each.key].duration, found[each.key].actual
        if each.parent is not None:
            former = sums.get(each.parent, (0, 0))
            sums[each.parent] = former[0] + whole, former[1] + done
    return found


def _of_phase(facts: Facts, phase: Milestone, percent: int) -> Progress:
    start, finish = facts.item(phase).projected_start, facts.item(phase).projected_finish
    if start is None or finish is None:
        return Progress(0, 0, 0, percent)
    whole = max(facts.plan_clock.worked(finish) - facts.plan_clock.worked(start), 0)
    done = whole * percent // 100
    return Progress(whole, done, whole - done, percent)


def _of_leaf(facts: Facts, milestone: Milestone) -> Progress:
    item, state = facts.item(milestone), facts.exported.states.get(milestone.key, SILENCE)
    whole = facts.length(milestone)
    if item.lifecycle is Lifecycle.completed:
        return Progress(whole, whole, 0, 100)
    if item.lifecycle in {Lifecycle.not_started, Lifecycle.cancelled}:
        return Progress(whole, 0, whole, 0)
    remaining = item.remaining_minutes or 0
    whole = max(whole, remaining)  # the format has no other way to say that it takes longer
    return Progress(whole, whole - remaining, remaining, _percent(state, whole, remaining))


def _percent(state: State, whole: int, remaining: int) -> int:
    if state.percent_complete is not None:
        return round(state.percent_complete)
    return round(100 * (whole - remaining) / whole) if whole else 0


def _task(facts: Facts, number: int, row: Row, progress: Progress, links: Sequence[Dependency]) -> Iterator[str]:
    each, item = row.milestone, facts.item(row.milestone)
    leaf = each.kind is not MilestoneKind.phase
    uid = facts.uids[each.key]
    yield tag("UID", uid) + tag("ID", number) + tag("Name", clean(each.name))
    yield tag_unless(1, "Active", int(item.lifecycle is not Lifecycle.cancelled)) + tag("Type", _FIXED_DURATION)
    yield tag("OutlineNumber", row.number or None) + tag("OutlineLevel", row.level)
    yield from _dates(facts, each, item, progress)
    yield tag_unless(0, "Milestone", int(each.kind is MilestoneKind.milestone)) + tag_unless(
        0, "Summary", int(not leaf)
    )
    yield flag("Critical", value=item.critical)
    yield from _computed(facts, item)
    yield from _done(facts, each, item, progress)
    yield from _asked(facts, each, item)
    yield "".join(_link(facts, link) for link in links)
    name = each.key if each.external_id is None else each.external_id
    if name != str(uid):
        yield group("ExtendedAttribute", (tag("FieldID", TEXT_1), tag("Value", clean(name))))
    yield from _baselines(facts, each)


def _dates(facts: Facts, each: Milestone, item: Scheduled, progress: Progress) -> Iterator[str]:
    """The dates that it has or will have, else the planned ones; and what is left after a gap."""
    start = facts.told(item.projected_start) or facts.moment(each, each.planned_start, "start")
    finish = facts.told(item.projected_finish) or facts.moment(each, each.planned_finish, "finish")
    yield tag("Start", start or finish) + tag("Finish", finish or start)
    yield tag("Duration", duration(progress.duration))
    yield tag("DurationFormat", _ELAPSED_DAYS if _elapsed(facts, each) else _DAYS)
    going = item.lifecycle in {Lifecycle.in_progress, Lifecycle.suspended} and each.kind is MilestoneKind.activity
    if going and item.projected_start is not None and item.early_start is not None:
        clock = facts.clock(each)
        stop = min(clock.worked(item.projected_start) + progress.actual, clock.worked(item.early_start))
        yield tag("Stop", facts.told(max(clock.finish_at(stop), item.projected_start)))
        yield tag("Resume", facts.told(item.early_start))


def _elapsed(facts: Facts, each: Milestone) -> bool:
    """Whether its duration counts all minutes, where those of the plan do not."""
    return each.calendar == ALL_TIME != facts.exported.content.fields.calendar


def _computed(facts: Facts, item: Scheduled) -> Iterator[str]:
    yield tag("EarlyStart", facts.told(item.early_start)) + tag("EarlyFinish", facts.told(item.early_finish))
    yield tag("LateStart", facts.told(item.late_start)) + tag("LateFinish", facts.told(item.late_finish))
    total, free = item.total_float_minutes, item.free_float_minutes
    yield tag("FreeSlack", None if free is None else free * 10)
    yield tag("TotalSlack", None if total is None else total * 10)


def _done(facts: Facts, each: Milestone, item: Scheduled, progress: Progress) -> Iterator[str]:
    cost = None
    if each.budget is not None and each.budget.currency == facts.currency:
        cost = f"{(each.budget.amount * 100).normalize():f}"
    yield tag("FixedCost", cost)
    yield tag("PercentComplete", progress.percent) + tag("Cost", cost)
    begun = item.lifecycle in {Lifecycle.in_progress, Lifecycle.suspended, Lifecycle.completed}
    completed = item.lifecycle is Lifecycle.completed
    yield tag("ActualStart", facts.told(item.projected_start) if begun else None)
    yield tag("ActualFinish", facts.told(item.projected_finish) if completed else None)
    yield tag("ActualDuration", duration(progress.actual or None))
    yield tag("RemainingDuration", duration(progress.remaining))


def _asked(facts: Facts, each: Milestone, item: Scheduled) -> Iterator[str]:
    """Its constraint, calendar and deadline."""
    asked = _constraint(facts, each, item)
    kind = 0 if asked is None else _CONSTRAINTS[asked.type]
    yield tag_unless(0, "ConstraintType", kind)
    plan, own = facts.exported.content.fields.calendar, each.calendar
    own_calendar = own is not None and own != plan and not _elapsed(facts, each)
    yield tag("CalendarUID", facts.calendar_uids[own] if own is not None and own_calendar else None)
    if asked is not None and asked.date is not None:
        yield tag("ConstraintDate", facts.moment(each, asked.date, "finish" if "F" in asked.type else "start"))
    yield tag("Deadline", facts.moment(each, each.deadline, "finish"))
    yield tag_unless(0, "IgnoreResourceCalendar", int(own_calendar))


def _constraint(facts: Facts, each: Milestone, item: Scheduled) -> Constraint | None:
    """Its constraint; where planned dates are held, a planned date takes the place of one that is missing."""
    if each.kind is MilestoneKind.phase:
        return each.constraint if each.constraint is not None and each.constraint.type in _OF_PHASES else None
    held = facts.exported.content.fields.scheduling == "hold_planned_dates"
    if each.constraint is not None or not held or item.lifecycle is not Lifecycle.not_started:
        return each.constraint
    if each.planned_start is not None:
        return Constraint("SNET", each.planned_start)
    return None if each.planned_finish is None else Constraint("FNET", each.planned_finish)


def _link(facts: Facts, link: Dependency) -> str:
    always = facts.exported.content.fields.schedule_options.get("lag_calendar") == "24h"
    elapsed = link.lag_unit == "elapsed" or always
    if link.lag_percent is None:
        lag, told_as = link.lag_minutes * 10, _ELAPSED_DAYS if elapsed else _DAYS
    else:
        lag, told_as = round(link.lag_percent), _ELAPSED_PERCENT if elapsed else _PERCENT
    no_lag = (lag, told_as) == (0, _DAYS)
    return group(
        "PredecessorLink",
        (
            tag("PredecessorUID", facts.uids[link.predecessor]),
            tag("Type", _LINKS[link.type.value]),
            "" if no_lag else tag("LinkLag", lag) + tag("LagFormat", told_as),
        ),
    )


def _baselines(facts: Facts, each: Milestone) -> Iterator[str]:
    for number, baseline in facts.baselines.items():
        kept = baseline.milestones.get(each.key)
        if kept is not None and (kept.planned_start or kept.planned_finish):
            start = facts.moment(kept, kept.planned_start, "start")
            finish = facts.moment(kept, kept.planned_finish, "finish")
            yield group(
                "Baseline",
                (
                    tag("Number", number),
                    flag("Interim", value=False),
                    tag("Start", start or finish),
                    tag("Finish", finish or start),
                    tag("Duration", duration(facts.length(kept))),
                    tag("DurationFormat", _DAYS),
                ),
            )
