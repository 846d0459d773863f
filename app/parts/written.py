"""What is asked of parts of a plan only when they are written: that what they prepare can be done as it is now."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from app.domain.part_values import Wrong
from app.domain.plan import PARTS, PartBody, PlanContent
from app.domain.rules import Violation
from app.kit.limits import MAX_PREPARED_STEPS
from app.risks import rules as risks
from app.scenarios import rules as scenarios


class _Written:
    """What one kind of parts prepares: how much, whether it fits, and which calendars it names."""

    def __init__(
        self,
        written: Callable[[PartBody, PartBody | None], Iterator[object]],
        unfit: Callable[[PlanContent, PartBody, PartBody | None], Iterator[Wrong]],
        calendars: Callable[[PartBody, PartBody | None], Iterator[tuple[str, str]]],
    ) -> None:
        self.written, self.unfit, self.calendars = written, unfit, calendars


_KINDS: Mapping[str, _Written] = MappingProxyType(
    {
        "risks": _Written(risks.written, risks.unfit, risks.calendars_of),
        "scenarios": _Written(scenarios.written, scenarios.unfit, scenarios.calendars_of),
    },
)


def steps(before: PlanContent | None, after: PlanContent) -> int:
    """How much work it is to see whether what an edit prepares fits the plan; `before`: None where it makes one."""
    size = max(1, len(after.milestones) + len(after.dependencies))
    count = sum(1 for part, _, body, old in _edited(before, after) for _ in _KINDS[part].written(body, old))
    return size * count


def unfit(before: PlanContent | None, after: PlanContent) -> list[Violation]:
    """Everything that an edit prepares and that the plan, as it makes it, does not take."""
    if steps(before, after) > MAX_PREPARED_STEPS:
        detail = "prepares too many changes at once for a plan of this size; write them in several edits"
        return [Violation("risks", None, None, "too_many", detail)]
    return [
        Violation(part, key, *wrong)
        for part, key, body, old in _edited(before, after)
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
        bodies = after.part(part) if part in _KINDS else {}
        former = {} if before is None else before.part(part)
        for key in sorted(bodies):
            if bodies[key] != former.get(key):
                yield part, key, bodies[key], former.get(key)
