"""What the risks of a plan must keep to, and what is left of one when milestones leave the plan.

These hold in every revision. What is asked of a trigger or a prepared change only when somebody writes it is not
among them: the plan may change in ways that make one pointless, and is not to be held up by that.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from app.domain.money import Undefined, currency_of
from app.domain.part_values import Wrong
from app.domain.plan import PartBody, PlanContent


def check_risk(content: PlanContent, _: str, body: PartBody) -> Iterator[Wrong]:
    """All that is wrong with a risk: impacts on known milestones, once each, in one currency; repeated keys."""
    impacts = body["impacts"]
    for index, impact in enumerate(impacts):
        if impact["milestone"] not in content.milestones:
            yield Wrong(f"impacts/{index}/milestone", "unknown_milestone", "is no milestone of this plan")
    yield from _repeated("impacts", "milestone", impacts)
    yield from _repeated("contingencies", "key", body["contingencies"])
    yield from _currencies(content, impacts)


def risk_without(body: PartBody, gone: Set[str]) -> PartBody:
    """A risk without its impacts on milestones that are gone; what its contingencies say of them stays as it is."""
    left = [each for each in body["impacts"] if each["milestone"] not in gone]
    return {**body, "impacts": left} if len(left) < len(body["impacts"]) else body


def _repeated(field: str, name: str, told: Iterable[Mapping[str, Any]]) -> Iterator[Wrong]:
    seen: set[str] = set()
    for index, each in enumerate(told):
        if each[name] in seen:
            yield Wrong(f"{field}/{index}/{name}", "repeated", "stands more than once")
        seen.add(each[name])


def _currencies(content: PlanContent, impacts: Iterable[Mapping[str, Any]]) -> Iterator[Wrong]:
    """A plan has one currency; its own, else that of its budgets, else that of its risks."""
    told = [(index, each["cost"]["currency"]) for index, each in enumerate(impacts) if each["cost"] is not None]
    if not told:
        return
    known = currency_of(content.fields, content.milestones)
    wanted = _of_risks(content) if isinstance(known, Undefined) else known
    for index, currency in told:
        if currency != wanted:
            yield Wrong(f"impacts/{index}/cost/currency", "currency_mixed", f"the plan's one currency is {wanted}")


def _of_risks(content: PlanContent) -> str:
    """The currency of the first cost of any risk, by key."""
    risks = content.part("risks")
    costs = (each["cost"] for key in sorted(risks) for each in risks[key]["impacts"] if each["cost"] is not None)
    return str(next(costs)["currency"])
