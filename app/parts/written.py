"""What is asked of parts of a plan only when they are written: that what they prepare can be done as it is now."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from app.domain.part_values import Wrong
from app.domain.plan import PARTS, PartBody, PlanContent
from app.domain.rules import Violation
from app.kit.limits import MAX_PREPARED_STEPS
from app.plans.changes_wire import PlanChange, is_local
from app.risks import rules as risks
from app.scenarios import rules as scenarios

_FASTER = 20  # times, that a local change is held against the rules


class _Written:
    """What one kind of parts prepares: which changes, whether they fit, and which calendars they name."""

    def __init__(
        self,
        changes: Callable[[PartBody, PartBody | None], Iterator[PartBody]],
        unfit: Callable[[PlanContent, PartBody, PartBody | None], Iterator[Wrong]],
        calendars: Callable[[PartBody, PartBody | None], Iterator[tuple[str, str]]],
        *,
        of_new_plans: bool = True,
    ) -> None:
        self.changes, self.unfit, self.calendars = changes, unfit, calendars
        self.of_new_plans = of_new_plans  # else a plan that is made whole may bring what fits it no more


_KINDS: Mapping[str, _Written] = MappingProxyType(
    {
        "risks": _Written(risks.changes, risks.unfit, risks.calendars_of),
        "scenarios": _Written(scenarios.written, scenarios.unfit, scenarios.calendars_of, of_new_plans=False),
    },
)


def steps(before: PlanContent | None, after: PlanContent) -> int:
    """How much work it is to see whether what an edit prepares fits the plan; `before`: None where it makes one."""
    size = max(1, len(after.milestones) + len(after.dependencies))
    return sum(
        size // _FASTER if is_local(after, PlanChange.model_validate(change)) else size
        for part, _, body, old in _edited(before, after)
        for change in _KINDS[part].changes(body, old)
    )


def unfit(before: PlanContent | None, after: PlanContent) -> list[Violation]:
    """Everything that an edit prepares and that the plan, as it makes it, does not take."""
    edited = list(_edited(before, after))
    if edited and steps(before, after) > MAX_PREPARED_STEPS:
        detail = "prepares too many changes at once for a plan of this size; write them in several edits"
        return [Violation(edited[0][0], None, None, "too_many", detail)]
    crowded = [Violation("risks", None, None, "too_many", detail) for detail in risks.crowded(after)]
    return crowded or [
        Violation(part, key, *wrong)
        for part, key, body, old in edited
        for wrong in _KINDS[part].unfit(after, body, old)
    ]


def calendars(before: PlanContent | None, after: PlanContent) -> list[tuple[Violation, str]]:
    """Each calendar that an edit prepares something with, and what is wrong if there is none of that key."""
    detail = "is no calendar of this workspace; /v1/calendars lists them"
    return [
        (Violation(part, key, field, "unknown_calendar", detail), calendar)
        for part, key, body, old in _edited(before, after)
        for field, calendar in _KINDS[part].calendars(body, old)
    ]


def _edited(before: PlanContent | None, after: PlanContent) -> Iterator[tuple[str, str, PartBody, PartBody | None]]:
    """(part, key, body, body before) of the parts that differ and may prepare something."""
    for part in PARTS:
        kind = _KINDS.get(part)
        bodies = after.part(part) if kind and (before is not None or kind.of_new_plans) else {}
        former = {} if before is None else before.part(part)
        for key in sorted(bodies):
            if bodies[key] != former.get(key):
                yield part, key, bodies[key], former.get(key)
