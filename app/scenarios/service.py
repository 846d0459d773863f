"""Scenarios side by side, from one snapshot of the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.changes import compare
from app.domain.plan import PartBody, PlanContent
from app.domain.scenarios import Edit, edits_of, touched_by
from app.kit.limits import MAX_COMPARED_MILESTONES, MAX_COMPARED_SCENARIOS
from app.kit.problems import MAX_ERRORS, FieldError, InvalidRequest
from app.milestones.content import load
from app.parts import store as parts
from app.plans.changes_wire import PlanChange, applied, misfits
from app.scenarios.comparing import Side, as_changed, as_it_is, known
from app.schedule.preview import with_content
from app.variance.snapshot import Snapshot

PART = "scenarios"
_MOST_EDITS = 100


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scenario, the revision it was last saved in, and what the plan was then."""

    key: str
    body: PartBody
    based_on: int
    before: PlanContent


@dataclass(frozen=True, slots=True)
class Tried:
    """A scenario tried on the plan: the edits that make it stale, and the plan with its change, or why not."""

    loaded: Loaded
    edits: tuple[Edit, ...]
    errors: Sequence[FieldError]
    content: PlanContent | None


async def content_of(db: AsyncConnection, snapshot: Snapshot) -> PlanContent:
    """The whole content of the revision of a snapshot."""
    others = await parts.parts_at(db, snapshot.head, snapshot.revision)
    return PlanContent(snapshot.fields, snapshot.current, snapshot.dependencies, others)


async def chosen(
    db: AsyncConnection, snapshot: Snapshot, content: PlanContent, keys: Sequence[str] | None
) -> list[Loaded]:
    """The scenarios with these keys, in this order; without any all of them, as far as they are compared at once.

    Raises:
        InvalidRequest: an unknown one, or more than are compared at once.
    """
    most = min(MAX_COMPARED_SCENARIOS, max(1, MAX_COMPARED_MILESTONES // max(1, len(content.milestones))))
    wanted = sorted(content.part(PART))[:most] if keys is None else list(dict.fromkeys(keys))
    if len(wanted) > most:
        raise _refused("too_many", f"at most {most} of this plan are compared at once")
    found, former = [], {snapshot.revision: content}
    for key in wanted:
        row = await parts.get(db, snapshot.head, snapshot.revision, PART, key)
        if row is None:
            raise _refused("unknown_scenario", "names a scenario that the plan does not have; /scenarios lists them")
        body, based_on = row
        if based_on not in former:
            former[based_on] = await load(db, snapshot.head, based_on)
        found.append(Loaded(key, body, based_on, former[based_on]))
    return found


def _refused(code: str, detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError("?scenarios", code, detail)])


def tried(content: PlanContent, loaded: Sequence[Loaded]) -> list[Tried]:
    """Each scenario on the plan as it is. O(scenarios x (milestones + dependencies))."""
    found = []
    for each in loaded:
        edits = edits_since(each.body, each.before, content)
        change = PlanChange.model_validate(each.body["change"])
        errors = misfits(content, change)
        found.append(Tried(each, edits, errors, None if errors else applied(content, change)))
    return found


def edits_since(body: PartBody, before: PlanContent, content: PlanContent) -> tuple[Edit, ...]:
    """What a scenario touches and what was edited since the plan was as it is before."""
    return () if before is content else edits_of(touched_by(body), compare(before, content))


async def sides(
    db: AsyncConnection, snapshot: Snapshot, scenarios: Sequence[Tried], now: datetime
) -> list[tuple[Tried, Side | None]]:
    """The sides to be computed: what each scenario makes of the snapshot, with the calendars it names."""
    found: list[tuple[Tried, Side | None]] = []
    for each in scenarios:
        body = each.loaded.body
        if each.content is None:
            found.append((each, None))
            continue
        try:
            after = await with_content(db, snapshot, each.content, now)
        except InvalidRequest as problem:
            found.append((replace(each, errors=problem.errors), None))
            continue
        side = Side(after, each.content, frozenset(body["risks"]), body["metric_effects"])
        found.append((each, side))
    return found


def compared(
    snapshot: Snapshot, content: PlanContent, scenarios: Sequence[tuple[Tried, Side | None]], as_of: datetime
) -> dict[str, Any]:
    """The plan as it is, and each scenario beside it. O(sides x milestones log milestones)."""
    facts = known(snapshot, content, as_of)
    current, finish = as_it_is(Side(snapshot, content), facts)
    nothing = dict.fromkeys(("changes", "schedule", "cost", "exposure", "metrics"))
    found = []
    for scenario, side in scenarios:
        computed = nothing if side is None else as_changed(side, facts, content, finish)
        found.append({**_described(scenario), **computed})
    shown = {scenario.loaded.key for scenario, _ in scenarios}
    return {"current": current, "scenarios": found, "left_out": sorted(content.part(PART).keys() - shown)}


def _described(scenario: Tried) -> Mapping[str, Any]:
    loaded, errors = scenario.loaded, scenario.errors[:MAX_ERRORS]
    return {
        "scenario": loaded.key,
        "name": loaded.body["name"],
        "risks": loaded.body["risks"],
        "based_on": loaded.based_on,
        "stale": bool(scenario.edits),
        "edited_since": [{**each._asdict(), "fields": list(each.fields)} for each in scenario.edits[:_MOST_EDITS]],
        "fits": not errors,
        "misfits": [{"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in errors],
    }
