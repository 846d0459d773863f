"""What the parts of a plan must keep to, each by the rules of its own module; and what leaves with milestones."""

from collections.abc import Callable, Iterable, Mapping, Set
from types import MappingProxyType

from app.domain import assignments, assumptions, decision_rules, metric_rules, risk_rules, scenario_rules
from app.domain.part_values import Wrong
from app.domain.plan import PARTS, PartBody, PlanContent

Check = Callable[[PlanContent, str, PartBody], Iterable[Wrong]]
Without = Callable[[PartBody, Set[str]], PartBody | None]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "metrics": metric_rules.check,
        "decisions": decision_rules.check_decision,
        "risks": risk_rules.check_risk,
        "assumptions": assumptions.check_assumption,
        "scenarios": scenario_rules.check_scenario,
        "assignments": assignments.check_assignment,
    }
)
"""By the name of a part: all that is wrong with the one that has this key and body, in this plan."""

WITHOUT: Mapping[str, Without] = MappingProxyType(
    {
        "risks": risk_rules.risk_without,
        "assumptions": assumptions.assumption_without,
        "assignments": assignments.assignment_without,
    }
)
"""By the name of a part: what is left of it when these milestones leave the plan; None: it leaves with them."""


def part_violations(content: PlanContent) -> Iterable[tuple[str, str, Wrong]]:
    """Everything that is wrong with the parts of a plan: (part, key, what), in a fixed order."""
    for part in (each for each in PARTS if each in CHECKS):
        bodies = content.part(part)
        for key in sorted(bodies):
            for wrong in CHECKS[part](content, key, bodies[key]):
                yield part, key, wrong


def edit_violations(before: PlanContent, after: PlanContent, revision: int) -> Iterable[tuple[str, str, Wrong]]:
    """What this edit, which makes the revision of this number, must not do to parts: (part, key, what)."""
    for key, wrong in decision_rules.rewritten(before, after, revision):
        yield "decisions", key, wrong


def left_of(before: PlanContent, after: PlanContent) -> Mapping[str, Mapping[str, PartBody]]:
    """The parts of `after` without what they say of milestones that left the plan since `before`.

    Only what stood in the plan before and was left as it is loses anything: what an edit itself writes has to be
    right as it is.
    """
    gone = before.milestones.keys() - after.milestones.keys()
    if not gone:
        return after.parts
    return {part: dict(_left(part, before.part(part), bodies, gone)) for part, bodies in after.parts.items()}


def _left(
    part: str, before: Mapping[str, PartBody], after: Mapping[str, PartBody], gone: Set[str]
) -> Iterable[tuple[str, PartBody]]:
    without = WITHOUT.get(part)
    for key, body in after.items():
        left = without(body, gone) if without is not None and before.get(key) == body else body
        if left is not None:
            yield key, left
