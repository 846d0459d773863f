"""Baselines that a file brings: the file's own content with the dates that the baseline froze. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.domain.moments import Moment
from app.domain.part_rules import left_of
from app.domain.plan import Milestone, MilestoneKind, PlanContent
from app.domain.rules import precedes
from app.kit.schemas import DayOrInstant, In, PositiveMinutes


class DatesIn(In):
    """What a baseline says of one milestone."""

    planned_start: DayOrInstant | None = None
    planned_finish: DayOrInstant | None = None
    planned_duration_minutes: PositiveMinutes | None = None


class Dates(NamedTuple):
    """What a baseline says of one milestone; the duration is in working minutes."""

    start: Moment | None
    finish: Moment | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class FileBaseline:
    """A baseline of a file: its number there, its name, and what it says of each milestone by key."""

    number: int
    name: str
    dates: Mapping[str, Dates]


def dates_of(milestone: Milestone) -> Dates:
    """What a plan says of one milestone, as a baseline would."""
    return Dates(milestone.planned_start, milestone.planned_finish, milestone.planned_duration_minutes)


def fitting(milestone: Milestone, said: Dates) -> Dates | None:
    """The dates as a milestone of this kind has them; None: the baseline says nothing of it."""
    start, finish, _ = said
    if milestone.kind is MilestoneKind.phase or (start is None and finish is None):
        return None
    if milestone.kind is MilestoneKind.activity:
        return said
    if start is not None and finish is not None:
        is_start = milestone.planned_start is not None
        start, finish = (start, None) if is_start else (None, finish)
    return Dates(start, finish, None)


def frozen_content(content: PlanContent, dates: Mapping[str, Dates]) -> PlanContent:
    """The content as a baseline froze it: what has no dates in it is left out, but for the phases around the rest.

    The plan's other parts stay, but for what they say of what is left out.
    """
    kept: dict[str, Milestone] = {}
    for key, milestone in content.milestones.items():
        found = fitting(milestone, dates[key]) if key in dates else None
        if found is not None:
            start, finish, minutes = found
            kept[key] = replace(
                milestone, planned_start=start, planned_finish=finish, planned_duration_minutes=minutes
            )
    for milestone in list(kept.values()):
        parent = milestone.parent
        while parent is not None and parent not in kept and parent in content.milestones:
            kept[parent] = content.milestones[parent]
            parent = kept[parent].parent
    links = {i: link for i, link in content.dependencies.items() if i[0] in kept and i[2] in kept}
    frozen = PlanContent(content.fields, kept, links, content.parts)
    return replace(frozen, parts=left_of(content, frozen))


def reversed_dates(content: PlanContent, dates: Mapping[str, Dates]) -> Iterable[str]:
    """The keys of activities that finish before they start in a baseline."""
    for key, (start, finish, _) in dates.items():
        milestone = content.milestones.get(key)
        if milestone is None or milestone.kind is not MilestoneKind.activity or start is None or finish is None:
            continue
        if precedes(finish, start, content.fields.time_zone):
            yield key


def same_dates(captured: Mapping[str, Milestone], content: PlanContent, living: Iterable[str]) -> bool:
    """Whether a captured baseline says the same as this one of all milestones that the file still has."""
    before = {key: dates_of(captured[key]) for key in living if key in captured and _has_dates(captured[key])}
    after = {key: dates_of(milestone) for key, milestone in content.milestones.items() if _has_dates(milestone)}
    return before == after


def _has_dates(milestone: Milestone) -> bool:
    return milestone.kind is not MilestoneKind.phase
