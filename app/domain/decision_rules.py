"""What the decisions of a plan must keep to: what they name, what a taken one says, and that it is not rewritten.

A decision is taken once it has a choice. From then on it is a record: another decision may supersede it.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from app.domain.part_values import Wrong
from app.domain.plan import PartBody, PlanContent

_TAKEN = ("question", "options", "choice", "reason", "decided_by", "decided_at", "supersedes")
_ONCE = ("scenario", "resulting_revision")  # may be filled in later, by an adoption
_STAYS = "was decided and stays as it is: record a new decision that supersedes it"


class DecisionStatus(StrEnum):
    """Where a decision stands."""

    open = "open"
    """Nothing is chosen yet."""
    decided = "decided"
    """It holds."""
    superseded = "superseded"
    """A later decision took its place."""


def status_of(decisions: Mapping[str, PartBody], key: str) -> DecisionStatus:
    """Where one of a plan's decisions stands."""
    if decisions[key]["choice"] is None:
        return DecisionStatus.open
    return DecisionStatus.superseded if key in superseders(decisions) else DecisionStatus.decided


def superseders(decisions: Mapping[str, PartBody]) -> dict[str, str]:
    """By the key of each decision that was superseded, the one that took its place; an open one takes none."""
    return {body["supersedes"]: key for key, body in decisions.items() if body["supersedes"] and body["choice"]}


def check_decision(content: PlanContent, key: str, body: PartBody) -> Iterator[Wrong]:
    """All that is wrong with a decision: unknown names, a choice that is no option, what a taken one lacks."""
    options = body["options"]
    yield from _repeated(options)
    if body["choice"] is not None:
        if body["choice"] not in {each["key"] for each in options}:
            yield Wrong("choice", "unknown_option", "is none of its options")
        for name in ("reason", "decided_by"):
            if not body[name]:
                yield Wrong(name, "needed", "is needed once a choice is made")
    yield from _names(content, key, body)
    if body["supersedes"] is not None:
        yield from _superseding(content.part("decisions"), key, body["supersedes"])


def _repeated(options: Iterable[PartBody]) -> Iterator[Wrong]:
    seen: set[str] = set()
    for index, each in enumerate(options):
        if each["key"] in seen:
            yield Wrong(f"options/{index}/key", "repeated", "stands more than once")
        seen.add(each["key"])


def _names(content: PlanContent, own: str, body: PartBody) -> Iterator[Wrong]:
    scenarios = [("scenario", body["scenario"])]
    scenarios += [(f"options/{index}/scenario", each["scenario"]) for index, each in enumerate(body["options"])]
    for field, name in scenarios:
        if name is not None and name not in content.part("scenarios"):
            detail = f"the decision {own} names {name}, which is no scenario of this plan"
            yield Wrong(field, "unknown_scenario", detail)
    for index, each in enumerate(body["evidence"]):
        name = each["assumption"]
        if name is not None and name not in content.part("assumptions"):
            detail = f"the decision {own} names {name}, which is no assumption of this plan"
            yield Wrong(f"evidence/{index}/assumption", "unknown_assumption", detail)


def _superseding(decisions: Mapping[str, PartBody], key: str, former: str) -> Iterator[Wrong]:
    if former not in decisions:
        yield Wrong("supersedes", "unknown_decision", f"{former} is no decision of this plan")
    elif decisions[former]["choice"] is None:
        yield Wrong("supersedes", "not_decided", f"{former} is still open: decide it, or edit it")
    elif any(each["supersedes"] == former and each["choice"] and other != key for other, each in decisions.items()):
        yield Wrong("supersedes", "superseded_already", f"{former} has been superseded by another decision")
    elif _comes_back(decisions, key, former):
        yield Wrong("supersedes", "cycle", "a decision can't supersede itself, nor what supersedes it")


def _comes_back(decisions: Mapping[str, PartBody], key: str, former: str | None) -> bool:
    seen: set[str] = set()
    while former is not None and former not in seen:
        if former == key:
            return True
        seen.add(former)
        former = decisions[former]["supersedes"] if former in decisions else None
    return False


def rewritten(before: PlanContent, after: PlanContent, revision: int) -> Iterator[tuple[str, Wrong]]:
    """What an edit must not do to decisions, by key: change or remove one that was taken, name what is yet to come.

    Args:
        before: the plan as it is.
        after: the plan as it would be.
        revision: the number that this edit's revision would have.
    """
    told = after.part("decisions")
    for key, body in sorted(before.part("decisions").items()):
        if body["choice"] is not None and told.get(key) != body:
            yield from ((key, wrong) for wrong in _changed(body, told.get(key)))
    for key, body in sorted(told.items()):
        stated = body["resulting_revision"]
        if stated is not None and stated > revision and before.part("decisions").get(key) != body:
            yield key, Wrong("resulting_revision", "unknown_revision", "the plan has no revision of this number")


def _changed(before: PartBody, after: PartBody | None) -> Iterator[Wrong]:
    if after is None:
        yield Wrong(None, "decided", _STAYS)
        return
    for name in _TAKEN:
        if after[name] != before[name]:
            yield Wrong(name, "decided", _STAYS)
    for name in _ONCE:
        if before[name] is not None and after[name] != before[name]:
            yield Wrong(name, "decided", _STAYS)
