"""Tolerances: created, edited as new versions, deleted; each change makes the plans they watch due at once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import store as access
from app.domain.tolerances import Tolerance
from app.kit.db import Conflict
from app.kit.etags import require_match
from app.kit.limits import MAX_TOLERANCES
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.milestones import store as milestones
from app.plans import baseline_store
from app.plans import store as plans
from app.plans.store import Head
from app.tolerances import store
from app.tolerances.built_in import BUILT_INS
from app.tolerances.problems import ToleranceKeyTaken, ToleranceNotFound, TooManyTolerances
from app.tolerances.rules import errors_of, unmatched
from app.tolerances.store import Version

Definition = Mapping[str, Any]
DEFINITION = (
    *("name", "measure", "unit", "basis", "lower", "upper", "clear_margin", "consecutive", "baseline"),
    *("applies_to", "plan"),
)
"""What a tolerance says; the rest of a version is who said it, and when."""


def etag(version: int) -> str:
    """The ETag of a tolerance: its version."""
    return f'"v{version}"'


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Version:
    """A version of a living tolerance, by default the newest.

    Raises:
        ToleranceNotFound: no such tolerance or version.
    """
    found = await store.get(db, workspace_id, key, version)
    if found is None:
        raise ToleranceNotFound
    return found


async def create(tx: AsyncConnection, workspace_id: int, key: str, wanted: Definition, stamp: Stamp) -> Version:
    """Create a tolerance with version 1.

    Raises:
        ToleranceKeyTaken, TooManyTolerances
        InvalidRequest: it can't be as it is wanted, or its plan does not exist.
    """
    if key in BUILT_INS:
        raise ToleranceKeyTaken
    await _require_room(tx, workspace_id)
    tolerance = tried(key, wanted)
    head = await _plan(tx, workspace_id, wanted)
    if head is not None:
        await require_fit(tx, head, tolerance)
    plan_id = None if head is None else head.plan_id
    if not await store.add(tx, workspace_id, key, plan_id, wanted["plan"]):
        raise ToleranceKeyTaken
    return await _add_version(tx, (workspace_id, plan_id), {**wanted, "key": key, "version": 1}, stamp)


async def put_new(tx: AsyncConnection, workspace_id: int, key: str, wanted: Definition, stamp: Stamp) -> Version:
    """Create a tolerance, or bring a deleted built-in one back as its next version.

    Raises:
        ToleranceKeyTaken, TooManyTolerances, InvalidRequest
    """
    if key not in BUILT_INS:
        return await create(tx, workspace_id, key, wanted, stamp)
    await _require_room(tx, workspace_id)
    row = await store.lock(tx, workspace_id, key)
    if row is None or not row.deleted:
        raise Conflict  # somebody else brought it back in between: run again, and edit it
    _require_same(BUILT_INS[key], wanted)
    tried(key, wanted)
    await store.move(tx, workspace_id, key, version=row.version + 1, deleted=False)
    version = {**wanted, "key": key, "version": row.version + 1}
    return await _add_version(tx, (workspace_id, None), version, stamp)


async def change(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    edit: Callable[[Definition], Definition],
    stamp: Stamp,
    if_match: str | None,
) -> Version:
    """Add a version: `edit` makes the new definition of the old. Without a difference nothing is added.

    Raises:
        ToleranceNotFound, PreconditionRequired, PreconditionFailed, InvalidRequest
    """
    row = await store.lock(tx, workspace_id, key)
    if row is None or row.deleted:
        raise ToleranceNotFound
    require_match(if_match, etag(row.version))
    old = await get(tx, workspace_id, key)
    before = {name: old[name] for name in DEFINITION}
    after = edit(before)
    if after == before:
        return old
    _require_same(before, after)
    tolerance = tried(key, after)
    head = await _plan(tx, workspace_id, after)
    if head is not None:
        await require_fit(tx, head, tolerance, [name for name in _OF_ITS_PLAN if after[name] != before[name]])
    await store.move(tx, workspace_id, key, version=row.version + 1)
    version = {**after, "key": key, "version": row.version + 1}
    return await _add_version(tx, (workspace_id, row.plan_id), version, stamp)


async def delete(tx: AsyncConnection, workspace_id: int, key: str, stamp: Stamp, if_match: str | None) -> None:
    """Delete a tolerance; its key stays reserved, and what it found keeps its versions.

    Raises:
        ToleranceNotFound, PreconditionRequired, PreconditionFailed
    """
    row = await store.lock(tx, workspace_id, key)
    if row is None or row.deleted:
        raise ToleranceNotFound
    require_match(if_match, etag(row.version))
    old = await get(tx, workspace_id, key)
    await store.move(tx, workspace_id, key, deleted=True)
    await plans.mark_due(tx, workspace_id, old["plan"], stamp.clock())


async def _require_room(tx: AsyncConnection, workspace_id: int) -> None:
    await access.lock_workspace(tx, workspace_id)  # else two at once could both take the last place
    if len(await store.newest(tx, workspace_id)) >= MAX_TOLERANCES:
        raise TooManyTolerances


_FIXED = ("plan", "measure", "unit")
"""What a tolerance keeps for ever: values that it judged before must mean the same as those that it judges now."""


def _require_same(before: Definition, after: Definition) -> None:
    detail = "is what it was when the tolerance was created; create another one"
    _refuse(FieldError(f"/{name}", f"{name}_cannot_change", detail) for name in _FIXED if after[name] != before[name])


def tried(key: str, wanted: Definition, pointer: str = "") -> Tolerance:
    """A tolerance as it would be, whether it is stored then or not; `pointer` is where the request has it.

    Raises:
        InvalidRequest: it can't be as it is wanted.
    """
    tolerance = store.tolerance_of({**wanted, "key": key, "version": 1})
    _refuse(errors_of(tolerance), pointer)
    return tolerance


async def _plan(tx: AsyncConnection, workspace_id: int, wanted: Definition) -> Head | None:
    """The one plan that it watches; None: every plan of the workspace."""
    if wanted["plan"] is None:
        return None
    head = await plans.get(tx, workspace_id, wanted["plan"])
    if head is None:
        raise InvalidRequest(errors=[FieldError("/plan", "unknown_plan", "is no plan in your workspace")])
    return head


_OF_ITS_PLAN = ("applies_to", "baseline")
"""What names things of the one plan that a tolerance watches."""


async def require_fit(
    db: AsyncConnection, head: Head, tolerance: Tolerance, parts: Collection[str] = _OF_ITS_PLAN, pointer: str = ""
) -> None:
    """Require that what the parts of a tolerance name is in a plan, and that it watches something there.

    Raises:
        InvalidRequest: it is not, at `pointer` and the place in the tolerance.
    """
    errors: list[FieldError] = []
    if "baseline" in parts and tolerance.baseline.isdecimal():
        if await baseline_store.baseline(db, head, int(tolerance.baseline)) is None:
            errors.append(FieldError("/baseline", "unknown_baseline", "is the number of no baseline of the plan"))
    if "applies_to" in parts and not tolerance.applies_to.everything:
        current = await milestones.milestones_at(db, head, head.revision)
        errors += unmatched(tolerance, current.values())
    _refuse(errors, pointer)


def _refuse(errors: Iterable[FieldError], pointer: str = "") -> None:
    """Raise what is wrong, if anything, with `pointer` before each place."""
    placed = [replace(error, pointer=pointer + error.pointer) for error in errors]
    if placed:
        raise InvalidRequest(errors=placed)


async def _add_version(
    tx: AsyncConnection, of: tuple[int, UUID | None], definition: Mapping[str, Any], stamp: Stamp
) -> Version:
    """Add a version to a tolerance of (workspace, plan), and have the plans it watches looked at again."""
    workspace_id, plan_id = of
    now = stamp.clock()
    last = await store.last_recorded_at(tx, workspace_id, definition["key"])
    recorded_at = next_recorded_at(None, now, last)
    version = {**definition, "recorded_at": recorded_at, "author": stamp.author, "reason": stamp.reason}
    await store.add_version(tx, workspace_id, plan_id, version)
    await plans.mark_due(tx, workspace_id, definition["plan"], now)
    return version
