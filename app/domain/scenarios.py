"""Scenarios: which edits of a plan make one out of date, and what its risks do to the network."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import Any, NamedTuple

from app.domain.changes import Changes
from app.domain.plan import Dependency, DependencyType, Milestone, MilestoneKind, PartBody, PlanContent

Identity = tuple[str, str, str]


class Touched(NamedTuple):
    """What the change and the effects of a scenario are about.

    Attributes:
        gone: milestones that it takes out of the plan, with all their dependencies.
        parts: (part, key) of the risks, metrics and assignments it names.
    """

    fields: Set[str]
    milestones: Set[str]
    gone: Set[str]
    dependencies: Set[Identity]
    parts: Set[tuple[str, str]]


class Edit(NamedTuple):
    """Something that was edited: `kind` is `added`, `removed` or `changed`.

    Attributes:
        part: `plan`, `milestones`, `dependencies`, or one of `PARTS`.
        key: a dependency's is its three names with spaces between; None: the plan's own field.
        fields: which, of what changed.
    """

    part: str
    key: str | None
    kind: str
    fields: tuple[str, ...] = ()


def touched_by(body: PartBody) -> Touched:
    """What a scenario is about, by its body."""
    change: Mapping[str, Any] = body["change"]
    milestones = change.get("milestones", {})
    links = [*change.get("dependencies", ()), *change.get("removed_dependencies", ())]
    parts = {("risks", key) for key in body["risks"]} | {("metrics", key) for key in body["metric_effects"]}
    parts |= {("assignments", key) for key in change.get("assignments", {})}
    return Touched(
        fields=frozenset(change.get("plan") or ()),
        milestones=milestones.keys(),
        gone={key for key, patch in milestones.items() if patch is None},
        dependencies={(each["predecessor"], each.get("type", "FS"), each["successor"]) for each in links},
        parts=parts,
    )


def edits_of(touched: Touched, changes: Changes) -> tuple[Edit, ...]:
    """Which of the changes of a plan are of something that a scenario is about."""
    fields = tuple(each.field for each in changes.plan if each.field in touched.fields)
    found = [Edit("plan", None, "changed", fields)] if fields else []
    found += _of_milestones(touched, changes)
    found += _of_dependencies(touched, changes)
    found += _of_parts(touched, changes)
    return tuple(found)


def _of_milestones(touched: Touched, changes: Changes) -> Iterator[Edit]:
    for kind, keys in (("added", changes.milestones_added), ("removed", changes.milestones_removed)):
        yield from (Edit("milestones", key, kind) for key in keys if key in touched.milestones)
    for key, fields in changes.milestones_changed.items():
        if key in touched.milestones:
            yield Edit("milestones", key, "changed", tuple(each.field for each in fields))


def _of_dependencies(touched: Touched, changes: Changes) -> Iterator[Edit]:
    def is_touched(link: Identity) -> bool:
        return link in touched.dependencies or link[0] in touched.gone or link[2] in touched.gone

    for kind, links in (("added", changes.dependencies_added), ("removed", changes.dependencies_removed)):
        yield from (Edit("dependencies", " ".join(link), kind) for link in links if is_touched(link))
    for link, fields in changes.dependencies_changed.items():
        if is_touched(link):
            yield Edit("dependencies", " ".join(link), "changed", tuple(each.field for each in fields))


def _of_parts(touched: Touched, changes: Changes) -> Iterator[Edit]:
    for kind, names in (("added", changes.parts_added), ("removed", changes.parts_removed)):
        yield from (Edit(part, key, kind) for part, key in names if (part, key) in touched.parts)
    for (part, key), fields in changes.parts_changed.items():
        if (part, key) in touched.parts:
            yield Edit(part, key, "changed", tuple(each.field for each in fields))


def delayed(content: PlanContent, delays: Mapping[str, int]) -> PlanContent:
    """The content as its network is when these milestones finish so many working minutes later.

    A delay is work that nobody planned, behind the milestone and on its calendar: whatever waits for its finish
    waits for that, and its deadline is held by it. Each gets a name that no milestone can have. A lag in percent of
    a planned duration becomes one in minutes, so that the delay does not make it longer.
    """
    wanted = {key: minutes for key, minutes in delays.items() if minutes and key in content.milestones}
    milestones = dict(content.milestones)
    links = (_behind(link, content.milestones, wanted) for link in content.dependencies.values())
    dependencies = {link.identity: link for link in links}
    for key, minutes in wanted.items():
        hit = content.milestones[key]
        milestones[key] = replace(hit, deadline=None)
        behind = _name(key)
        milestones[behind] = Milestone(
            key=behind,
            name=behind,
            kind=MilestoneKind.activity,
            planned_duration_minutes=minutes,
            calendar=hit.calendar,
            parent=hit.parent,
            deadline=hit.deadline,
            weight=0.0,
        )
        link = Dependency(key, DependencyType.FS, behind)
        dependencies[link.identity] = link
    return replace(content, milestones=milestones, dependencies=dependencies)


def _name(key: str) -> str:
    return f"{key}/delay"


_FROM_FINISH = {DependencyType.SS: DependencyType.FS, DependencyType.SF: DependencyType.FF}


def _behind(link: Dependency, milestones: Mapping[str, Milestone], delays: Mapping[str, int]) -> Dependency:
    """The link as it leaves the delay of its predecessor, if that has one and the link leaves its finish."""
    is_from_finish = link.type not in _FROM_FINISH
    hit = milestones[link.predecessor]
    if link.predecessor not in delays or (not is_from_finish and hit.kind is not MilestoneKind.milestone):
        return link
    minutes, percent = link.lag_minutes, link.lag_percent
    if percent is not None:
        minutes, percent = round(percent * (hit.planned_duration_minutes or 0) / 100), None
    return replace(
        link,
        predecessor=_name(link.predecessor),
        type=_FROM_FINISH.get(link.type, link.type),
        lag_minutes=minutes,
        lag_percent=percent,
    )


def delays_of(impacts: Iterable[tuple[str, int]], over: Set[str]) -> dict[str, int]:
    """The delay of each milestone in working minutes, summed; what is over can't be delayed any more."""
    found: dict[str, int] = {}
    for key, minutes in impacts:
        if key not in over:
            found[key] = found.get(key, 0) + minutes
    return found
