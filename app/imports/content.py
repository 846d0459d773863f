"""What a plan says after a file was imported into it: what the file says, and what no such file can say. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.domain.plan import Dependency, Milestone, MilestoneKind, PlanContent
from app.formats.parsed import Place
from app.imports.prepared import Prepared, items

# What files of a format cannot say of milestones, or need not: where no milestone of a file has it, it stays.
_UNSAID = {
    "xer": {"labels", "weight", "deadline"},
    "mspdi": {"labels", "weight"},
    "csv": {"labels", "weight", "deadline", "owner", "budget"},
}


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
    )


def merged(before: PlanContent, file: Prepared, content: PlanContent) -> tuple[PlanContent, list[Place]]:
    """The plan after the import, and what its author should know.

    The file overwrites what it says. What stays: plan fields that it leaves out, fields of milestones that it
    cannot say, milestones without an external id, that somebody added by hand, with their dependencies.
    Milestones with one that are not in the file leave the plan.

    Args:
        before: the plan as it is.
        file: the file.
        content: what the file says, under the plan's own keys.
    """
    assert file.document is not None
    if file.is_own:
        return replace(file.document, content=content).over(before), []
    given = file.document.given - ({"name"} - file.parsed.document.keys())  # what it does not say was made up
    whole = replace(file.document, content=content, given=given).over(before)
    unsaid = _unsaid(file)
    milestones = {
        key: _kept(before.milestones.get(key), milestone, unsaid) for key, milestone in content.milestones.items()
    }
    added = {k: m for k, m in before.milestones.items() if m.external_id is None and k not in milestones}
    notes = []
    for key, milestone in added.items():
        if milestone.parent is not None and milestone.parent not in milestones and milestone.parent not in added:
            added[key] = replace(milestone, parent=None)
            notes.append(Place(f"plan, {key}", "parent_left", "its phase is not in the file, so it is in none now"))
    milestones |= added
    links = dict(content.dependencies)
    for identity, link in before.dependencies.items():
        ends = {identity[0], identity[2]}
        if ends & added.keys() and ends <= milestones.keys():
            links[identity] = link
    return PlanContent(whole.fields, milestones, links), notes


def _unsaid(file: Prepared) -> set[str]:
    """The fields that no milestone of the file gives, and that files of its format do not have to."""
    given: set[str] = set().union(*items(file.parsed, "milestones"))
    return _UNSAID[file.parsed.format] - given


def _kept(before: Milestone | None, milestone: Milestone, unsaid: Iterable[str]) -> Milestone:
    if before is None:
        return milestone
    return replace(milestone, **{name: getattr(before, name) for name in unsaid})


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
