"""What is asked of a scenario when it is written: a change that the plan takes as it is now.

A plan that is made whole from a document is not asked: the document of every plan makes that plan again, also with a
scenario that was adopted, or overtaken.
"""

from collections.abc import Iterator

from app.domain.part_values import Wrong
from app.domain.plan import PartBody, PlanContent
from app.plans.changes_wire import Names, PlanChange, misfits


def written(body: PartBody, before: PartBody | None) -> Iterator[PartBody]:
    """The change of a scenario, where it is another than before."""
    if body["change"] and (before is None or before["change"] != body["change"]):
        yield body["change"]


def unfit(content: PlanContent, body: PartBody, before: PartBody | None) -> Iterator[Wrong]:
    """Where a plan does not take the change that is written. O(milestones + dependencies)."""
    for change in written(body, before):
        for error in misfits(content, PlanChange.model_validate(change)):
            yield Wrong(f"change{error.pointer}", error.code, error.detail)


def named_in(body: PartBody, before: PartBody | None, names: Names) -> Iterator[tuple[str, str]]:
    """(field, key) of each of `names`, calendars or resources, that the change has."""
    for change in written(body, before):
        for place, calendar in names(PlanChange.model_validate(change)):
            yield f"change{place}", calendar
