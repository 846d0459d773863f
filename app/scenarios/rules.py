"""What is asked of a scenario when it is written: a change that the plan takes as it is now."""

from collections.abc import Iterator

from app.domain.part_values import Wrong
from app.domain.plan import PartBody, PlanContent
from app.domain.rules import violations
from app.kit.problems import FieldError, InvalidRequest
from app.plans.changes_wire import PlanChange, applied, calendars_named, place_of


def written(body: PartBody, before: PartBody | None) -> Iterator[PartBody]:
    """The change of a scenario, where it is another than before."""
    if body["change"] and (before is None or before["change"] != body["change"]):
        yield body["change"]


def unfit(content: PlanContent, body: PartBody, before: PartBody | None) -> Iterator[Wrong]:
    """Where a plan does not take the change that is written. O(milestones + dependencies)."""
    for change in written(body, before):
        for error in misfits(content, PlanChange.model_validate(change)):
            yield Wrong(f"change{error.pointer}", error.code, error.detail)


def calendars_of(body: PartBody, before: PartBody | None) -> Iterator[tuple[str, str]]:
    """(field, key) of each calendar that the change names."""
    for change in written(body, before):
        for place, calendar in calendars_named(PlanChange.model_validate(change)):
            yield f"change{place}", calendar


def misfits(content: PlanContent, wanted: PlanChange) -> list[FieldError]:
    """Where in a change a plan, as it is now, does not take it; empty where it does."""
    try:
        after = applied(content, wanted)
    except InvalidRequest as problem:
        return list(problem.errors)
    return [FieldError(place_of(each, wanted), each.code, each.detail) for each in violations(after)]
