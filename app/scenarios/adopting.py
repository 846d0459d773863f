"""Adopting a scenario: its change and the record of the decision become one revision, both or neither."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from app.decisions import service as decisions
from app.decisions.problems import DecisionKeyTaken
from app.decisions.schemas import DecisionFields
from app.domain.plan import PartBody, PlanContent
from app.domain.rules import Violation
from app.domain.scenarios import Edit
from app.kit.ids import new_key
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp
from app.kit.threads import beside_loop
from app.milestones.content import Edited, edit, load
from app.milestones.problems import InvalidPlan
from app.parts import store as parts
from app.parts.schemas import body_of
from app.parts.service import with_part
from app.plans.changes_wire import PlanChange, applied, place_of
from app.plans.lookup import locked
from app.plans.store import Head
from app.scenarios.problems import ScenarioNotFound, ScenarioStale, ScenarioUnfit
from app.scenarios.schemas import AdoptionIn, NewDecision
from app.scenarios.service import PART, edits_since

ORIGIN = "scenario"


@dataclass(frozen=True, slots=True)
class Adopted:
    """What an adoption made: the plan before, the edit, and the key of the decision behind it."""

    before: PlanContent
    edited: Edited
    decision: str | None


async def adopt(
    tx: AsyncConnection, workspace_id: int, plan: str, scenario: str, wanted: AdoptionIn, stamp: Stamp
) -> Adopted:
    """Make the change of a scenario the plan's next revision, and note it in the decision behind it.

    Raises:
        PlanNotFound, ScenarioNotFound, DecisionRequired, DecisionKeyTaken
        ScenarioStale: what it touches was edited since, and the caller does not say that this is known.
        ScenarioUnfit: the plan does not take its change any more, or is not changed by it.
        InvalidRequest, InvalidPlan: the decision can't stand behind it.
    """
    head = await locked(tx, workspace_id, plan)
    found = await parts.get(tx, head, head.revision, PART, scenario)
    if found is None:
        raise ScenarioNotFound
    body, based_on = found
    before = await load(tx, head, head.revision)
    if wanted.accept_changes_since != head.revision:
        former = before if based_on == head.revision else await load(tx, head, based_on)
        edits = await beside_loop(len(before.milestones), edits_since, body, former, before)
        if edits:
            raise ScenarioStale(errors=[_edited(each, based_on) for each in edits[:51]])
    key, decision = await _decision(tx, head, scenario, wanted)
    change = PlanChange.model_validate(body["change"])
    edited = await _edit(tx, head, change, (key, decision), replace(stamp, origin=ORIGIN))
    return Adopted(before, edited, key)


async def _decision(
    tx: AsyncConnection, head: Head, scenario: str, wanted: AdoptionIn
) -> tuple[str | None, PartBody | None]:
    """Key and body of the decision, with its links to the scenario and to the revision that the adoption makes."""
    links = {"scenario": scenario, "resulting_revision": head.revision + 1}
    if wanted.new_decision is not None:
        if wanted.decision is not None:
            raise _refused("/new_decision", "two_decisions", "give decision or new_decision")
        return await _new(tx, head, wanted.new_decision, links)
    body = await decisions.behind(tx, head, "adoption", wanted.decision)
    if body is None:
        return None, None
    _check_about(body, scenario, "/decision")
    if body["resulting_revision"] is not None:
        raise decisions.refused("used_already", f"brought about revision {body['resulting_revision']}")
    return wanted.decision, {**body, **links}


async def _new(tx: AsyncConnection, head: Head, wanted: NewDecision, links: dict[str, Any]) -> tuple[str, PartBody]:
    key = wanted.key or new_key("decision")
    if wanted.choice is None:
        raise _refused("/new_decision/choice", "not_decided", "has to be made: which option is chosen")
    if await parts.get(tx, head, head.revision, decisions.PART, key) is not None:
        raise DecisionKeyTaken
    body = body_of(DecisionFields.model_validate(wanted.model_dump(exclude={"key"}) | links))
    _check_about(body, links["scenario"], "/new_decision/choice")
    return key, body


def _check_about(body: PartBody, scenario: str, place: str) -> None:
    """Refuse a decision for another scenario: by its own link, or by that of the option it chose.

    Raises:
        InvalidRequest
    """
    option = next((each["scenario"] for each in body["options"] if each["key"] == body["choice"]), None)
    for other in (body["scenario"], option):
        if other not in {None, scenario}:
            raise _refused(place, "other_scenario", f"is for the scenario {other}")


def _refused(place: str, code: str, detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(place, code, detail)])


async def _edit(
    tx: AsyncConnection, head: Head, change: PlanChange, decision: tuple[str | None, PartBody | None], stamp: Stamp
) -> Edited:
    """The edit that makes the change and records the decision.

    Raises:
        ScenarioUnfit, InvalidPlan
    """
    key, body = decision

    def change_content(content: PlanContent) -> PlanContent:
        after = applied(content, change)
        return after if key is None or body is None else with_part(after, decisions.PART, key, body)

    try:
        edited = await edit(tx, head, change_content, stamp, _place(change, key))
    except InvalidRequest as problem:
        _raise_unfit(problem.errors)
    except InvalidPlan as problem:
        own = [each for each in problem.errors if each.pointer.startswith("/new_decision")]
        if own:
            raise InvalidPlan(errors=own) from None
        _raise_unfit(problem.errors)
    if not edited.changes:
        raise ScenarioUnfit("The scenario changes nothing of the plan as it is, and no decision is recorded with it.")
    return edited


def _place(change: PlanChange, decision: str | None) -> Callable[[Violation], str]:
    def locate(violation: Violation) -> str:
        if violation.part == decisions.PART and violation.key == decision:
            return f"/new_decision/{violation.field}"
        return place_of(violation, change)

    return locate


def _raise_unfit(errors: Any) -> NoReturn:
    raise ScenarioUnfit(errors=[FieldError(f"/change{each.pointer}", each.code, each.detail) for each in errors])


def _edited(edit: Edit, based_on: int) -> FieldError:
    """What was edited, by its place in the plan's document."""
    place = "/".join(each for each in ("", edit.part, edit.key) if each is not None)
    what = f"was {edit.kind} since revision {based_on}"
    return FieldError(place, "edited_since", f"{what}: {', '.join(edit.fields)}" if edit.fields else what)
