"""A change of a plan that may or may not be made: how it is said, and what it makes of a plan's content.

One form for every change that is prepared, tried or compared before anybody makes it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer, ValidationError

from app.assignments.schemas import AssignmentChange, AssignmentFields
from app.domain.part_rules import left_of
from app.domain.plan import Dependency, DependencyType, Milestone, PartBody, PlanContent, PlanFields
from app.domain.rules import Violation, violations
from app.kit.limits import MAX_PREVIEW_CHANGES
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.kit.schemas import In, Key
from app.milestones.schemas import (
    DependencyIn,
    MilestoneDocument,
    MilestonePatch,
    milestone_document,
    to_dependency,
    to_milestone,
)
from app.plans.field_schemas import PlanFieldsIn, PlanPatch, fields_document, to_fields

_OWN_OF_PLAN = frozenset(
    {"name", "goal", "owner", "scheduling", "weight_basis", "target_finish", "status_date", "labels"}
)
_OWN_OF_MILESTONE = frozenset(
    {
        *("name", "planned_start", "planned_finish", "planned_duration_minutes", "calendar", "owner", "constraint"),
        *("deadline", "weight", "labels"),
    }
)
"""The fields that no rule compares with those of anything else."""


ASSIGNMENTS = "assignments"


class DependencyRef(In):
    """The name of a dependency in its plan."""

    predecessor: Key
    type: DependencyType = DependencyType.FS
    successor: Key


class PlanChange(In):
    """A change of a plan's content, by its parts."""

    plan: PlanPatch | None = Field(default=None, description="A JSON merge patch of the plan's fields.")
    milestones: dict[Key, MilestonePatch | None] = Field(
        default={},
        max_length=MAX_PREVIEW_CHANGES,
        description="A JSON merge patch by milestone key; a key that the plan does not have adds a milestone, null "
        "removes one with its dependencies.",
    )
    dependencies: Annotated[list[DependencyIn], Field(max_length=MAX_PREVIEW_CHANGES)] = Field(
        default=[], description="Added, or put in place of the one there is."
    )
    removed_dependencies: Annotated[list[DependencyRef], Field(max_length=MAX_PREVIEW_CHANGES)] = []
    assignments: dict[Key, AssignmentChange | None] = Field(
        default={},
        max_length=MAX_PREVIEW_CHANGES,
        description="A JSON merge patch by the key of an assignment; one that the plan does not have is added, null "
        "removes one.",
    )


PreparedChange = Annotated[
    PlanChange, PlainSerializer(lambda change: change.model_dump(mode="json", exclude_unset=True))
]
"""A change that is stored to be made later: as it was given, since a patch has no defaults to fill in."""


Names = Callable[[PlanChange], Iterator[tuple[str, str]]]
"""What finds (place in the change, key) of everything of one kind that a change names."""


def applied(content: PlanContent, wanted: PlanChange) -> PlanContent:
    """The content with a change; whether the result is sound is not checked. O(milestones + dependencies).

    Raises:
        InvalidRequest: a patched part does not fit its schema, or names what is not there.
    """
    fields = _fields(content.fields, wanted)
    milestones = _milestones(content.milestones, wanted)
    dependencies = _dependencies(content, wanted, milestones)
    after = PlanContent(fields, milestones, dependencies, content.parts)
    parts = left_of(content, after)
    assignments = _assignments(parts.get(ASSIGNMENTS, {}), wanted)
    return replace(after, parts={**parts, ASSIGNMENTS: assignments} if wanted.assignments else parts)


def misfits(content: PlanContent, wanted: PlanChange) -> list[FieldError]:
    """Where in a change a sound plan does not take it; empty where it does. O(milestones + dependencies).

    A change that is local is held against the rules with what it touches alone, which is many times faster.
    """
    try:
        after = applied(content, wanted)
    except InvalidRequest as problem:
        return list(problem.errors)
    concerned = _around(after, wanted.milestones) if is_local(content, wanted) else after
    return [FieldError(place_of(each, wanted), each.code, each.detail) for each in violations(concerned)]


def is_local(content: PlanContent, wanted: PlanChange) -> bool:
    """Whether a change can break no rule but those of what it touches: no rule compares its fields with others."""
    if wanted.dependencies or wanted.removed_dependencies or wanted.assignments:
        return False
    if wanted.plan is not None and not wanted.plan.model_fields_set <= _OWN_OF_PLAN:
        return False
    return all(
        patch is not None and key in content.milestones and patch.model_fields_set <= _OWN_OF_MILESTONE
        for key, patch in wanted.milestones.items()
    )


def _around(content: PlanContent, keys: Iterable[str]) -> PlanContent:
    """These milestones with the phases around them, and nothing else."""
    found: dict[str, Milestone] = {}
    waiting: list[str | None] = list(keys)
    while waiting:
        key = waiting.pop()
        if key is not None and key not in found:
            found[key] = content.milestones[key]
            waiting.append(found[key].parent)
    return PlanContent(content.fields, found, {})


def place_of(violation: Violation, wanted: PlanChange) -> str:
    """Where in the change a rule of plans is broken; the part, or "" where it is of none that a change has."""
    field = f"/{violation.field}" if violation.field else ""
    if violation.part == "plan":
        return f"/plan{field}"
    if violation.part in {"milestones", ASSIGNMENTS} and violation.key is not None:
        return f"/{violation.part}/{violation.key}{field}"
    added = [(link.predecessor, link.type.value, link.successor) for link in wanted.dependencies]
    if violation.key in added:
        return f"/dependencies/{added.index(violation.key)}{field}"
    return f"/{violation.part}" if violation.part in PlanChange.model_fields else ""


def calendars_named(wanted: PlanChange) -> Iterator[tuple[str, str]]:
    """(place in the change, key) of each calendar that a change names."""
    if wanted.plan is not None and wanted.plan.calendar is not None:
        yield "/plan/calendar", wanted.plan.calendar
    for key, patch in wanted.milestones.items():
        if patch is not None and patch.calendar is not None:
            yield f"/milestones/{key}/calendar", patch.calendar


def resources_named(wanted: PlanChange) -> Iterator[tuple[str, str]]:
    """(place in the change, key) of each resource that a change names."""
    for key, patch in wanted.assignments.items():
        if patch is not None and patch.resource is not None:
            yield f"/assignments/{key}/resource", patch.resource


def _fields(before: PlanFields, wanted: PlanChange) -> PlanFields:
    if wanted.plan is None:
        return before
    if "status" in wanted.plan.model_fields_set:
        detail = "is no part of the schedule: leave it out"
        raise InvalidRequest(errors=[FieldError("/plan/status", "not_schedulable", detail)])
    return to_fields(_patched(PlanFieldsIn, fields_document(before), wanted.plan, "/plan"))


def _milestones(before: Mapping[str, Milestone], wanted: PlanChange) -> dict[str, Milestone]:
    after, missing = dict(before), []
    for key, patch in wanted.milestones.items():
        if patch is not None:
            found = milestone_document(before[key]) if key in before else {"key": key, "name": key}
            after[key] = to_milestone(_patched(MilestoneDocument, found, patch, f"/milestones/{key}"), key)
        elif after.pop(key, None) is None:
            missing.append(FieldError(f"/milestones/{key}", "unknown_milestone", "is no milestone of this plan"))
    if missing:
        raise InvalidRequest(errors=missing)
    return after


def _dependencies(
    content: PlanContent, wanted: PlanChange, milestones: Mapping[str, Milestone]
) -> dict[tuple[str, str, str], Dependency]:
    gone = content.milestones.keys() - milestones.keys()
    after = {i: link for i, link in content.dependencies.items() if i[0] not in gone and i[2] not in gone}
    missing = []
    for index, name in enumerate(wanted.removed_dependencies):
        identity = (name.predecessor, name.type.value, name.successor)
        after.pop(identity, None)
        if identity not in content.dependencies:
            place = f"/removed_dependencies/{index}"
            missing.append(FieldError(place, "unknown_dependency", "is no dependency of this plan"))
    added: dict[tuple[str, str, str], Dependency] = {}
    for index, link in enumerate(map(to_dependency, wanted.dependencies)):
        if link.identity in added:
            missing.append(FieldError(f"/dependencies/{index}", "repeated", "stands more than once"))
        added[link.identity] = link
    if missing:
        raise InvalidRequest(errors=missing)
    return after | added


def _assignments(before: Mapping[str, PartBody], wanted: PlanChange) -> dict[str, PartBody]:
    after, missing = dict(before), []
    for key, patch in wanted.assignments.items():
        if patch is not None:
            found = _patched(AssignmentFields, dict(before.get(key, {})), patch, f"/assignments/{key}")
            after[key] = found.model_dump(mode="json")
        elif after.pop(key, None) is None:
            missing.append(FieldError(f"/assignments/{key}", "unknown_assignment", "is no assignment of this plan"))
    if missing:
        raise InvalidRequest(errors=missing)
    return after


def _patched(model: Any, before: dict[str, Any], patch: BaseModel, place: str) -> Any:
    after = merge(before, patch.model_dump(mode="json", exclude_unset=True))
    try:
        return model.model_validate(after)
    except ValidationError as error:
        problem = from_validation(error.errors(include_url=False), after)
        errors = [replace(e, pointer=place + e.pointer) for e in problem.errors]
        raise InvalidRequest(errors=errors) from None
