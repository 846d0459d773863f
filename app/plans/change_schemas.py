"""What differs between two contents of a plan, on the wire."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from app.domain.changes import Changes, FieldChange
from app.domain.plan import PlanContent
from app.kit.schemas import Out
from app.milestones.schemas import DependencyDocument, dependency_document


class FieldChangeOut(Out):
    """A field with its JSON values before and after."""

    field: str
    before: Any
    after: Any


class ChangedMilestone(Out):
    """A milestone that stands on both sides and differs."""

    key: str
    fields: list[FieldChangeOut]


class ChangedDependency(Out):
    """A dependency that stands on both sides and differs."""

    dependency: DependencyDocument
    fields: list[FieldChangeOut]


class PartName(Out):
    """What names a part of a plan besides milestones and dependencies."""

    part: str = Field(description="`metrics`, `risks`, …; an open list.")
    key: str


class ChangedPart(PartName):
    """A part that stands on both sides and differs."""

    fields: list[FieldChangeOut]


class ChangesOut(Out):
    """What differs between two contents of a plan."""

    plan: list[FieldChangeOut]
    milestones_added: list[str]
    milestones_removed: list[str]
    milestones_changed: list[ChangedMilestone]
    dependencies_added: list[DependencyDocument]
    dependencies_removed: list[DependencyDocument]
    dependencies_changed: list[ChangedDependency]
    parts_added: list[PartName]
    parts_removed: list[PartName]
    parts_changed: list[ChangedPart]


def changes_document(changes: Changes, before: PlanContent, after: PlanContent) -> dict[str, Any]:
    """Changes as JSON-ready values."""
    return {
        "plan": _field_changes(changes.plan),
        "milestones_added": list(changes.milestones_added),
        "milestones_removed": list(changes.milestones_removed),
        "milestones_changed": [
            {"key": key, "fields": _field_changes(found)} for key, found in changes.milestones_changed.items()
        ],
        "dependencies_added": [dependency_document(after.dependencies[i]) for i in changes.dependencies_added],
        "dependencies_removed": [dependency_document(before.dependencies[i]) for i in changes.dependencies_removed],
        "dependencies_changed": [
            {"dependency": dependency_document(after.dependencies[i]), "fields": _field_changes(found)}
            for i, found in changes.dependencies_changed.items()
        ],
        "parts_added": [_name(name) for name in changes.parts_added],
        "parts_removed": [_name(name) for name in changes.parts_removed],
        "parts_changed": [
            {**_name(name), "fields": _field_changes(found)} for name, found in changes.parts_changed.items()
        ],
    }


def _name(name: tuple[str, str]) -> dict[str, str]:
    return {"part": name[0], "key": name[1]}


def _field_changes(changes: tuple[FieldChange, ...]) -> list[dict[str, Any]]:
    return [{"field": c.field, "before": _plain(c.before), "after": _plain(c.after)} for c in changes]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    fields = getattr(type(value), "__dataclass_fields__", None)
    return value if fields is None else {name: getattr(value, name) for name in fields}
