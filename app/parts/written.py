"""What is asked of parts of a plan only when they are written: that what they prepare can be done as it is now.

A plan that is made whole may bring what fits it no more: the document of every plan makes that plan again.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from app.domain.part_values import Wrong
from app.domain.plan import PartBody, PlanContent
from app.domain.rules import Violation
from app.kit.limits import MAX_PREPARED_STEPS
from app.plans.changes_wire import Names, PlanChange, calendars_named, is_local, resources_named
from app.risks import rules as risks
from app.scenarios import rules as scenarios

_FASTER = 20  # times, that a local change is held against the rules


class _Written:
    """What one kind of parts prepares: which changes, whether they fit, and what of the workspace they name."""

    def __init__(
        self,
        changes: Callable[[PartBody, PartBody | None], Iterator[PartBody]],
        unfit: Callable[[PlanContent, PartBody, PartBody | None], Iterator[Wrong]],
        named_in: Callable[[PartBody, PartBody | None, Names], Iterator[tuple[str, str]]],
    ) -> None:
        self.changes, self.unfit, self.named_in = changes, unfit, named_in


_KINDS: Mapping[str, _Written] = MappingProxyType(
    {
        "risks": _Written(risks.changes, risks.unfit, risks.named_in),
        "scenarios": _Written(scenarios.written, scenarios.unfit, scenarios.named_in),
    },
)


def steps(before: PlanContent | None, after: PlanContent) -> int:
    """How much work it is to see whether what an edit prepares fits the plan; `before`: None where it makes one."""
    return sum(_steps(before, after).values())


def _steps(before: PlanContent | None, after: PlanContent) -> dict[str, int]:
    size = max(1, len(after.milestones) + len(after.dependencies))
    found = dict.fromkeys(_KINDS, 0)
    for part, _, body, old in _edited(before, after):
        for change in _KINDS[part].changes(body, old):
            found[part] += size // _FASTER if is_local(after, PlanChange.model_validate(change)) else size
    return found


def unfit(before: PlanContent | None, after: PlanContent) -> list[Violation]:
    """Everything that an edit prepares and that the plan, as it makes it, does not take."""
    work = _steps(before, after)
    if sum(work.values()) > MAX_PREPARED_STEPS:
        detail = "prepares too many changes at once for a plan of this size; write them in several edits"
        return [Violation(max(work, key=lambda part: work[part]), None, None, "too_many", detail)]
    if before is None or before.part("risks") != after.part("risks"):
        crowded = [Violation("risks", None, None, "too_many", detail) for detail in risks.crowded(after)]
        if crowded:
            return crowded
    if before is None:
        found = sorted(after.part("risks").items())
        return [Violation("risks", key, *wrong) for key, body in found for wrong in risks.hopeless(body)]
    return [
        Violation(part, key, *wrong)
        for part, key, body, old in _edited(before, after)
        for wrong in _KINDS[part].unfit(after, body, old)
    ]


def calendars(before: PlanContent | None, after: PlanContent) -> list[tuple[Violation, str]]:
    """Each calendar that an edit prepares something with, and what is wrong if there is none of that key."""
    return _named(before, after, calendars_named, "calendar")


def resources(before: PlanContent | None, after: PlanContent) -> list[tuple[Violation, str]]:
    """Each resource that an edit prepares an assignment of, and what is wrong if there is none of that key."""
    return _named(before, after, resources_named, "resource")


def _named(before: PlanContent | None, after: PlanContent, names: Names, kind: str) -> list[tuple[Violation, str]]:
    detail = f"is no {kind} of this workspace; /v1/{kind}s lists them"
    return [
        (Violation(part, key, field, f"unknown_{kind}", detail), name)
        for part, key, body, old in _edited(before, after)
        for field, name in _KINDS[part].named_in(body, old, names)
    ]


def _edited(before: PlanContent | None, after: PlanContent) -> Iterator[tuple[str, str, PartBody, PartBody | None]]:
    """(part, key, body, body before) of the parts that an edit makes differ and that may prepare something."""
    if before is None:
        return
    for part in _KINDS:
        bodies, former = after.part(part), before.part(part)
        for key in sorted(bodies):
            if bodies[key] != former.get(key):
                yield part, key, bodies[key], former.get(key)
