"""What differs between two contents of a plan: one function for edits, revisions, baselines and dry runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from app.domain.plan import PARTS, PartBody, PlanContent

Identity = TypeVar("Identity", str, tuple[str, str, str])


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field and its values before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changes:
    """Added, removed and changed parts, each in the order of its keys; the others by (part, key)."""

    plan: tuple[FieldChange, ...]
    milestones_added: tuple[str, ...]
    milestones_removed: tuple[str, ...]
    milestones_changed: Mapping[str, tuple[FieldChange, ...]]
    dependencies_added: tuple[tuple[str, str, str], ...]
    dependencies_removed: tuple[tuple[str, str, str], ...]
    dependencies_changed: Mapping[tuple[str, str, str], tuple[FieldChange, ...]]
    parts_added: tuple[tuple[str, str], ...] = ()
    parts_removed: tuple[tuple[str, str], ...] = ()
    parts_changed: Mapping[tuple[str, str], tuple[FieldChange, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(
            self.plan
            or self.milestones_added
            or self.milestones_removed
            or self.milestones_changed
            or self.dependencies_added
            or self.dependencies_removed
            or self.dependencies_changed
            or self.parts_added
            or self.parts_removed
            or self.parts_changed
        )


def compare(before: PlanContent, after: PlanContent) -> Changes:
    """What must be done to `before` to make it `after`. O(milestones + dependencies)."""
    milestones = _compare_parts(before.milestones, after.milestones)
    dependencies = _compare_parts(before.dependencies, after.dependencies)
    parts = _compare_others(before, after)
    return Changes(field_changes(before.fields, after.fields), *milestones, *dependencies, *parts)


def _compare_others(
    before: PlanContent, after: PlanContent
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], dict[tuple[str, str], tuple[FieldChange, ...]]]:
    added, removed = list[tuple[str, str]](), list[tuple[str, str]]()
    changed: dict[tuple[str, str], tuple[FieldChange, ...]] = {}
    for name in PARTS:
        old, new = before.part(name), after.part(name)
        added += [(name, key) for key in sorted(new.keys() - old.keys())]
        removed += [(name, key) for key in sorted(old.keys() - new.keys())]
        for key in sorted(old.keys() & new.keys()):
            if found := _body_changes(old[key], new[key]):
                changed[name, key] = found
    return tuple(added), tuple(removed), changed


def _body_changes(before: PartBody, after: PartBody) -> tuple[FieldChange, ...]:
    names = [*after, *(name for name in before if name not in after)]
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return tuple(FieldChange(name, old, new) for name, old, new in pairs if old != new)


def field_changes(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """The fields in which two values of one frozen type differ, in the order of the type.

    A day and an instant are different values, even where they mean the same point in time.
    """
    if before == after and type(before) is type(after):
        return ()
    pairs = ((f.name, getattr(before, f.name), getattr(after, f.name)) for f in fields(before))
    return tuple(FieldChange(name, old, new) for name, old, new in pairs if old != new)


def _compare_parts(
    before: Mapping[Identity, Any], after: Mapping[Identity, Any]
) -> tuple[tuple[Identity, ...], tuple[Identity, ...], dict[Identity, tuple[FieldChange, ...]]]:
    added = tuple(sorted(after.keys() - before.keys()))
    removed = tuple(sorted(before.keys() - after.keys()))
    common = sorted(before.keys() & after.keys())
    changed = {key: found for key in common if (found := field_changes(before[key], after[key]))}
    return added, removed, changed
