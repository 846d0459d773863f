"""What differs between two contents of a plan: one function for edits, revisions, baselines and dry runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from app.domain.plan import PlanContent

Identity = TypeVar("Identity", str, tuple[str, str, str])


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field and its values before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changes:
    """Added, removed and changed parts, each in the order of its keys."""

    plan: tuple[FieldChange, ...]
    milestones_added: tuple[str, ...]
    milestones_removed: tuple[str, ...]
    milestones_changed: Mapping[str, tuple[FieldChange, ...]]
    dependencies_added: tuple[tuple[str, str, str], ...]
    dependencies_removed: tuple[tuple[str, str, str], ...]
    dependencies_changed: Mapping[tuple[str, str, str], tuple[FieldChange, ...]]

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
        )


def compare(before: PlanContent, after: PlanContent) -> Changes:
    """What must be done to `before` to make it `after`. O(milestones + dependencies)."""
    milestones = _compare_parts(before.milestones, after.milestones)
    dependencies = _compare_parts(before.dependencies, after.dependencies)
    return Changes(field_changes(before.fields, after.fields), *milestones, *dependencies)


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
