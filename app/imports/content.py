"""What a plan says after a file was imported into it: what the file says, and what no such file can say. Pure."""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.moments import Moment, latest
from app.domain.part_rules import left_of
from app.domain.plan import Dependency, Milestone, MilestoneKind, PlanContent
from app.domain.rules import precedes
from app.formats.parsed import Place
from app.imports.prepared import Prepared, items

# What files of a format cannot say of milestones, or need not: where no milestone of a file has it, it stays.
# Of a table its reader knows.
_UNSAID = {"xer": {"labels", "weight", "deadline"}, "mspdi": {"labels", "weight"}}
_DATES = frozenset({"planned_start", "planned_finish", "planned_duration_minutes"})
_OTHERS = frozenset({"calendar", "parent", "owner", "constraint", "deadline", "weight", "budget", "labels"})


def renamed(content: PlanContent, keys: Mapping[str, str], calendars: Mapping[str, str]) -> PlanContent:
    """The content with other keys of milestones and calendars; what has none here keeps its own."""
    keys = {old: new for old, new in keys.items() if old != new}
    calendars = {old: new for old, new in calendars.items() if old != new}
    if not keys and not calendars:
        return content

    def of_milestone(milestone: Milestone) -> Milestone:
        return replace(
            milestone,
            key=keys.get(milestone.key, milestone.key),
            parent=None if milestone.parent is None else keys.get(milestone.parent, milestone.parent),
            calendar=None if milestone.calendar is None else calendars.get(milestone.calendar, milestone.calendar),
        )

    def of_link(link: Dependency) -> Dependency:
        return replace(
            link,
            predecessor=keys.get(link.predecessor, link.predecessor),
            successor=keys.get(link.successor, link.successor),
        )

    own = content.fields
    return PlanContent(
        replace(own, calendar=calendars.get(own.calendar, own.calendar)),
        {each.key: each for each in map(of_milestone, content.milestones.values())},
        {each.identity: each for each in map(of_link, content.dependencies.values())},
        content.parts,
    )


def merged(before: PlanContent, file: Prepared, content: PlanContent) -> tuple[PlanContent, list[Place]]:
    """The plan after the import, and what its author should know.

    The file overwrites what it says. What stays: plan fields that it leaves out, fields of milestones that it
    cannot say, dependencies if it can say none, milestones without an external id, that somebody added by hand,
    with their dependencies, and the plan's other parts. Milestones with one that are not in the file leave the plan.

    Args:
        before: the plan as it is.
        file: the file.
        content: what the file says, under the plan's own keys.
    """
    assert file.document is not None
    if file.is_own:
        return _settled(before, replace(file.document, content=content).over(before)), []
    given = file.document.given - ({"name"} - file.parsed.document.keys())  # what it does not say was made up
    whole = replace(file.document, content=content, given=given).over(before)
    unsaid = _unsaid(file)
    fields = whole.fields
    if "status_date" in unsaid and before.fields.status_date is not None:
        fields = replace(fields, status_date=_seen(before.fields.status_date, file, ZoneInfo(fields.time_zone)))
    milestones = {
        key: _kept(before.milestones.get(key), milestone, unsaid, fields.time_zone)
        for key, milestone in content.milestones.items()
    }
    added = {k: m for k, m in before.milestones.items() if m.external_id is None and k not in milestones}
    milestones |= added
    notes = _leave_phases(milestones)
    links = dict(content.dependencies)
    for identity, link in before.dependencies.items():
        ends = {identity[0], identity[2]}
        if ends <= milestones.keys() and ("dependencies" in unsaid or ends & added.keys()):
            links[identity] = link
    return _settled(before, PlanContent(fields, milestones, links, whole.parts)), notes


def _settled(before: PlanContent, after: PlanContent) -> PlanContent:
    """The plan after the import, its other parts without what they said of milestones that left it."""
    return replace(after, parts=left_of(before, after))


def _unsaid(file: Prepared) -> Set[str]:
    """What the file cannot say, and what none of its milestones gives and its format does not have to."""
    given: set[str] = set().union(*items(file.parsed, "milestones"))
    return {*file.parsed.unsaid} | (_UNSAID.get(file.parsed.format, set()) - given)


def _seen(status_date: Moment, file: Prepared, zone: ZoneInfo) -> Moment:
    """The data date after a file that tells none: late enough for what it says has happened, and never earlier."""
    return latest([status_date, *(statement.occurred_at for statement in file.statements)], zone)


def _kept(before: Milestone | None, milestone: Milestone, unsaid: Set[str], time_zone: str) -> Milestone:
    """A milestone as the file says it, and what the file cannot say as it was."""
    if before is None:
        return milestone
    kept: dict[str, Any] = {name: getattr(before, name) for name in unsaid & _OTHERS}
    if milestone.calendar is not None:  # of an elapsed duration
        kept.pop("calendar", None)
    if "kind" in unsaid and before.kind is MilestoneKind.phase:
        return replace(milestone, **kept | {"kind": before.kind} | dict.fromkeys(_DATES))
    dates = unsaid & _DATES
    if "kind" in unsaid and dates and before.kind is MilestoneKind.activity:
        kept["kind"] = before.kind  # the dates that the file has tell too little to say otherwise
    found = replace(milestone, **kept)
    whole = replace(found, **{name: getattr(before, name) for name in dates})
    return whole if _fits(whole, time_zone) else found


def _fits(milestone: Milestone, time_zone: str) -> bool:
    """Whether the dates are such as the kind has; those that the file says count if not."""
    start, finish = milestone.planned_start, milestone.planned_finish
    if milestone.kind is MilestoneKind.activity:
        return start is None or finish is None or not precedes(finish, start, time_zone)
    no_duration = not milestone.planned_duration_minutes
    return milestone.kind is MilestoneKind.milestone and no_duration and (start is None or finish is None)


def _leave_phases(milestones: dict[str, Milestone]) -> list[Place]:
    """Put into no phase what lies in one that is gone, or is none any more."""
    left = []
    for key, milestone in milestones.items():
        if milestone.parent is not None:
            parent = milestones.get(milestone.parent)
            if parent is None or parent.kind is not MilestoneKind.phase:
                left.append(key)
    for key in left:
        milestones[key] = replace(milestones[key], parent=None)
    said = "its phase is not in the file, so it is in none now"
    return [Place(f"plan, {key}", "parent_left", said) for key in left]


def counts(file: Prepared) -> dict[str, int]:
    """How much a file says, by kind."""
    kinds = [milestone.kind for milestone in file.content.milestones.values()]
    return {
        "phases": kinds.count(MilestoneKind.phase),
        "activities": kinds.count(MilestoneKind.activity),
        "milestones": kinds.count(MilestoneKind.milestone),
        "dependencies": len(file.content.dependencies),
        "calendars": len(file.parsed.calendars),
        "constraints": sum(m.constraint is not None for m in file.content.milestones.values()),
        "baselines": len(file.parsed.baselines),
    }
