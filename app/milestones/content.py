"""The content of a plan: loaded whole, edited as a value, saved as a new revision.

Every edit, from a PATCH of one field to a whole new document, is a function from content to content;
this module finds what changed, checks the rules, and writes only the rows that differ.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store as calendars
from app.calendars.store import BUILT_INS
from app.domain.changes import Changes, compare
from app.domain.part_rules import edit_violations, left_of
from app.domain.plan import PARTS, PlanContent
from app.domain.rules import Violation, violations
from app.kit.limits import MAX_DEPENDENCIES, MAX_MILESTONES, MAX_PARTS
from app.kit.problems import FieldError
from app.kit.stamps import Stamp, next_recorded_at
from app.kit.threads import beside_loop
from app.milestones import store
from app.milestones.problems import InvalidPlan
from app.objectives import store as objectives
from app.parts import store as parts
from app.parts import written
from app.plans import store as plans
from app.plans.store import Head
from app.resources import store as resources

Change = Callable[[PlanContent], PlanContent]
Locate = Callable[[Violation], str]


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did: the plan's row after it, the content, and the changes (falsy when nothing changed)."""

    head: Head
    content: PlanContent
    changes: Changes


async def load(db: AsyncConnection, head: Head, revision: int) -> PlanContent:
    """The whole content of a revision that exists."""
    return PlanContent(
        await plans.fields_at(db, head, revision),
        await store.milestones_at(db, head, revision),
        await store.dependencies_at(db, head, revision),
        await parts.parts_at(db, head, revision),
    )


async def edit(
    tx: AsyncConnection, head: Head, change: Change, stamp: Stamp, locate: Locate, *, dry_run: bool = False
) -> Edited:
    """Apply a change to the newest content of a locked plan; without a difference there is no new revision.

    Raises:
        InvalidPlan: the result would break the plan's rules, limits, or name an unknown calendar.
        RecordedBeforeHistory: see `app.kit.stamps.next_recorded_at`.
    """
    before = await load(tx, head, head.revision)
    after = change(before)
    after = replace(after, parts=left_of(before, after))
    changes = await beside_loop(len(after.milestones), compare, before, after)
    if not changes:
        return Edited(head, before, changes)
    broken = [Violation(part, key, *wrong) for part, key, wrong in edit_violations(before, after, head.revision + 1)]
    await check(tx, head.workspace_id, after, locate, broken)
    await check_written(tx, head.workspace_id, (before, after), locate)
    if dry_run:
        next_recorded_at(stamp.recorded_at, stamp.clock(), head.last_recorded_at)
        return Edited(head, after, changes)
    return Edited(await _save(tx, head, after, changes, stamp), after, changes)


async def check(
    tx: AsyncConnection, workspace_id: int, content: PlanContent, locate: Locate, also: Sequence[Violation] = ()
) -> None:
    """Refuse content that is not sound; `also` is what is wrong with the edit that makes it.

    Raises:
        InvalidPlan: naming every place.
    """
    found = beyond_limits(content) or await beside_loop(len(content.milestones), violations, content)
    found += [*also, *await _unknown_calendars(tx, workspace_id, content)]
    found += await _unknown_objectives(tx, workspace_id, content)
    found += await _unknown_resources(tx, workspace_id, content)
    if found:
        raise _invalid(found, locate)


async def check_written(
    tx: AsyncConnection, workspace_id: int, contents: tuple[PlanContent | None, PlanContent], locate: Locate
) -> None:
    """Refuse what an edit prepares and the plan does not take, from the first content (None: no plan) to the other.

    Raises:
        InvalidPlan: naming every place.
    """
    found = await beside_loop(written.steps(*contents), written.unfit, *contents)
    named = written.calendars(*contents)
    wanted = {calendar for _, calendar in named} - BUILT_INS
    unknown = wanted - await calendars.lock_shared(tx, workspace_id, wanted) if wanted else set()
    found += [violation for violation, calendar in named if calendar in unknown]
    workers = written.resources(*contents)
    known = await resources.lock_shared(tx, workspace_id, {key for _, key in workers}) if workers else {}
    found += [violation for violation, key in workers if not known.get(key)]
    if found:
        raise _invalid(found, locate)


def _invalid(found: Sequence[Violation], locate: Locate) -> InvalidPlan:
    return InvalidPlan(errors=[_error(violation, locate(violation)) for violation in found[:51]])


def _error(violation: Violation, place: str) -> FieldError:
    """What is wrong, at its place; what stands in another part than the request brought says where."""
    part, key, field, code, detail = astuple(violation)
    if part in PARTS and key is not None and place in {"", f"/{part}"}:
        detail = f"{'/'.join(name for name in (part, key, field) if name)}: {detail}"
    return FieldError(place, code, detail)


def beyond_limits(content: PlanContent) -> list[Violation]:
    """What there is too much of."""
    found = []
    if len(content.milestones) > MAX_MILESTONES:
        found.append(Violation("milestones", None, None, "too_many", f"a plan has at most {MAX_MILESTONES}"))
    if len(content.dependencies) > MAX_DEPENDENCIES:
        found.append(Violation("dependencies", None, None, "too_many", f"a plan has at most {MAX_DEPENDENCIES}"))
    crowded = [part for part in PARTS if len(content.part(part)) > MAX_PARTS]
    return found + [Violation(p, None, None, "too_many", f"a plan has at most {MAX_PARTS}") for p in crowded]


async def _unknown_calendars(tx: AsyncConnection, workspace_id: int, content: PlanContent) -> list[Violation]:
    named = {m.calendar for m in content.milestones.values() if m.calendar is not None} | {content.fields.calendar}
    wanted = named - BUILT_INS
    unknown = wanted - await calendars.lock_shared(tx, workspace_id, wanted) if wanted else set()
    if not unknown:
        return []
    detail = "is no calendar of this workspace; /v1/calendars lists them"
    found = []
    if content.fields.calendar in unknown:
        found.append(Violation("plan", None, "calendar", "unknown_calendar", detail))
    for key, milestone in content.milestones.items():
        if milestone.calendar in unknown:
            found.append(Violation("milestones", key, "calendar", "unknown_calendar", detail))
    return found


async def _unknown_objectives(tx: AsyncConnection, workspace_id: int, content: PlanContent) -> list[Violation]:
    wanted = content.part("objectives").keys()
    unknown = wanted - await objectives.lock_shared(tx, workspace_id, wanted) if wanted else set()
    detail = "is no objective of this workspace; /v1/objectives lists them"
    return [Violation("objectives", key, "key", "unknown_objective", detail) for key in sorted(unknown)]


async def _unknown_resources(tx: AsyncConnection, workspace_id: int, content: PlanContent) -> list[Violation]:
    named = {key: body["resource"] for key, body in content.part("assignments").items()}
    if not named:
        return []
    known = await resources.lock_shared(tx, workspace_id, set(named.values()))
    # Who changes one of their calendars notes it in the plans that name them, and has to see this one.
    await calendars.lock_shared(tx, workspace_id, await resources.calendars_of(tx, workspace_id, known))
    detail = "is no resource of this workspace; /v1/resources lists them"
    unknown = [key for key, resource in sorted(named.items()) if not known.get(resource)]
    return [Violation("assignments", key, "resource", "unknown_resource", detail) for key in unknown]


async def save_first(tx: AsyncConnection, head: Head, content: PlanContent, stamp: Stamp) -> Edited:
    """Write revision 1 of a plan whose row was just added with revision 0."""
    nothing = PlanContent(content.fields, {}, {})
    changes = compare(nothing, content)
    return Edited(await _save(tx, head, content, changes, stamp), content, changes)


async def _save(tx: AsyncConnection, head: Head, after: PlanContent, changes: Changes, stamp: Stamp) -> Head:
    revision = head.revision + 1
    recorded_at = (
        head.created_at
        if head.revision == 0
        else next_recorded_at(stamp.recorded_at, stamp.clock(), head.last_recorded_at)
    )
    row = {
        "revision": revision,
        "recorded_at": recorded_at,
        "author": stamp.author,
        "reason": stamp.reason,
        "origin": stamp.origin,
        "change_counts": counts(changes),
    }
    await plans.add_revision(tx, head, after.fields, row)
    milestones_opened = [after.milestones[k] for k in (*changes.milestones_added, *changes.milestones_changed)]
    milestones_closed = [*changes.milestones_removed, *changes.milestones_changed]
    await store.replace_milestones(tx, head, revision, milestones_closed, milestones_opened)
    links_opened = [after.dependencies[k] for k in (*changes.dependencies_added, *changes.dependencies_changed)]
    links_closed = [*changes.dependencies_removed, *changes.dependencies_changed]
    await store.replace_dependencies(tx, head, revision, links_closed, links_opened)
    parts_closed = [*changes.parts_removed, *changes.parts_changed]
    names = (*changes.parts_added, *changes.parts_changed)
    parts_opened = [(part, key, after.parts[part][key]) for part, key in names]
    await parts.replace_parts(tx, head, revision, parts_closed, parts_opened)
    assigned = {body["resource"] for part, _, body in parts_opened if part == "assignments"}
    await resources.name(tx, [(head.workspace_id, head.plan_id, key, recorded_at) for key in sorted(assigned)])
    moved = {"revision": revision, "last_recorded_at": recorded_at, "updated_at": recorded_at}
    await plans.advance(tx, head, stamp.clock(), **moved)
    return replace(head, revision=revision, last_recorded_at=recorded_at, updated_at=recorded_at)


def counts(changes: Changes) -> dict[str, int]:
    """How much changed, by part and kind."""
    return {
        "plan_fields": len(changes.plan),
        "milestones_added": len(changes.milestones_added),
        "milestones_removed": len(changes.milestones_removed),
        "milestones_changed": len(changes.milestones_changed),
        "dependencies_added": len(changes.dependencies_added),
        "dependencies_removed": len(changes.dependencies_removed),
        "dependencies_changed": len(changes.dependencies_changed),
        "parts_added": len(changes.parts_added),
        "parts_removed": len(changes.parts_removed),
        "parts_changed": len(changes.parts_changed),
    }
