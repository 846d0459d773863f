"""What a plan's content must keep to; everything that is wrong, in one list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.moments import Moment, is_day
from app.domain.network import dependency_graph, find_cycles, key_of
from app.domain.part_rules import part_violations
from app.domain.plan import Dependency, Milestone, MilestoneKind, PlanContent

_CYCLES = 50  # at most so many are named, each whole as long as together they stay within:
_CYCLE_CHARACTERS = 16_000


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong: in which part, of which object, in which field."""

    part: str  # "plan", "milestones", "dependencies" or one of PARTS
    key: str | tuple[str, str, str] | None
    field: str | None
    code: str
    detail: str


def violations(content: PlanContent) -> list[Violation]:
    """All rules that the content breaks, in a fixed order; empty when it is sound.

    Checked: dates that fit the kind, finish not before start, parents that are phases without loops,
    one external id once, one currency, links between two living milestones, the rules of the other parts, no
    cycle (each is named whole).
    O(milestones + dependencies).
    """
    found = [v for key in sorted(content.milestones) for v in _of_milestone(content, content.milestones[key])]
    found += _of_external_ids(content)
    found += _of_money(content)
    found += [v for link in sorted(content.dependencies) for v in _of_link(content, content.dependencies[link])]
    found += [Violation(part, key, *wrong) for part, key, wrong in part_violations(content)]
    if not found:
        found += _of_cycles(content)
    return found


def precedes(first: Moment, second: Moment, time_zone: str) -> bool:
    """Whether `first` lies before `second`; a day and an instant are compared by their local days in the zone."""
    if is_day(first) == is_day(second):
        return first < second
    return _day(first, time_zone) < _day(second, time_zone)


def _day(moment: Moment, time_zone: str) -> Moment:
    return moment.astimezone(ZoneInfo(time_zone)).date() if isinstance(moment, datetime) else moment


def _of_milestone(content: PlanContent, milestone: Milestone) -> Iterator[Violation]:
    def wrong(field: str, code: str, detail: str) -> Violation:
        return Violation("milestones", milestone.key, field, code, detail)

    start, finish, duration = milestone.planned_start, milestone.planned_finish, milestone.planned_duration_minutes
    if milestone.kind is MilestoneKind.milestone:
        if start is not None and finish is not None:
            yield wrong("planned_start", "both_dates", "a milestone has one date: planned_finish, or planned_start")
        if duration:
            yield wrong("planned_duration_minutes", "has_duration", "a milestone takes no time; use kind activity")
    elif milestone.kind is MilestoneKind.phase:
        for field, value in (("planned_start", start), ("planned_finish", finish)):
            if value is not None:
                yield wrong(field, "phase_has_dates", "a phase has no dates of its own; it spans its children")
        if duration is not None:
            yield wrong("planned_duration_minutes", "phase_has_dates", "a phase has no duration of its own")
    elif start is not None and finish is not None and precedes(finish, start, content.fields.time_zone):
        yield wrong("planned_finish", "finish_before_start", "lies before planned_start")
    constraint = milestone.constraint
    if constraint is not None and (constraint.date is None) != (constraint.type == "ALAP"):
        yield wrong("constraint", "constraint_date", "every constraint but ALAP has a date")
    yield from _of_parent(content, milestone)


def _of_parent(content: PlanContent, milestone: Milestone) -> Iterator[Violation]:
    if milestone.parent is None:
        return
    parent = content.milestones.get(milestone.parent)
    if parent is None:
        yield Violation("milestones", milestone.key, "parent", "unknown_milestone", "is no milestone of this plan")
    elif parent.kind is not MilestoneKind.phase:
        detail = f"{milestone.parent} is the parent of {milestone.key}, but not of kind phase"
        yield Violation("milestones", milestone.key, "parent", "parent_not_phase", detail)


def _of_external_ids(content: PlanContent) -> Iterator[Violation]:
    seen: set[str] = set()
    for key in sorted(content.milestones):
        external_id = content.milestones[key].external_id
        if external_id in seen:
            yield Violation("milestones", key, "external_id", "repeated", "stands on another milestone of this plan")
        if external_id is not None:
            seen.add(external_id)


def _of_money(content: PlanContent) -> Iterator[Violation]:
    """What is in another currency than the plan's: the one it names, else that of the first amount."""
    currency = content.fields.currency
    budgets = [("milestones", key, "budget", content.milestones[key].budget) for key in sorted(content.milestones)]
    for part, key, field, money in [("plan", None, "reserve", content.fields.reserve), *budgets]:
        currency = currency or (None if money is None else money.currency)
        if money is not None and money.currency != currency:
            detail = f"is in another currency than the plan, which counts in {currency}"
            yield Violation(part, key, field, "mixed_currency", detail)


def _of_link(content: PlanContent, link: Dependency) -> Iterator[Violation]:
    for field, key in (("predecessor", link.predecessor), ("successor", link.successor)):
        if key not in content.milestones:
            detail = f"{key} is no milestone of this plan"
            yield Violation("dependencies", link.identity, field, "unknown_milestone", detail)
    if link.predecessor == link.successor:
        yield Violation("dependencies", link.identity, "successor", "self_link", "is its own predecessor")
    if link.lag_percent is not None and link.lag_minutes:
        yield Violation("dependencies", link.identity, "lag_percent", "two_lags", "give lag_minutes or lag_percent")


def _of_cycles(content: PlanContent) -> Iterator[Violation]:
    graph = dependency_graph(content.milestones, content.dependencies.values())
    named: set[frozenset[str]] = set()  # a phase among its own parents closes two: by starts and by finishes
    room = _CYCLE_CHARACTERS
    for cycle in find_cycles(graph)[:_CYCLES]:
        keys = [key_of(node) for node in cycle]
        path = [key for index, key in enumerate(keys) if key != keys[index - 1]] or keys[:1]
        if frozenset(path) not in named:
            named.add(frozenset(path))
            text = _way(path, room)
            room -= len(text)
            yield _cycle(content, path, f"closes a cycle: {text}")


def _way(path: list[str], room: int) -> str:
    """The whole cycle, or its beginning where that would be longer than an answer may be."""
    whole = " → ".join([*path, path[0]])
    return whole if len(whole) <= room else f"{path[0]} → {path[1]} → … {len(path) - 2} more … → {path[0]}"


def _cycle(content: PlanContent, path: list[str], detail: str) -> Violation:
    ring = set(zip(path, [*path[1:], path[0]], strict=True))
    link = min((i for i in content.dependencies if (i[0], i[2]) in ring), default=None)
    if link is None:
        return Violation("milestones", path[0], "parent", "cycle", detail)
    return Violation("dependencies", link, None, "cycle", detail)
