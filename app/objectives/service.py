"""Objectives and their metrics: created, edited as new versions, deleted when nothing hangs on them.

Every change of a version takes its turn in the workspace, so that the tree never has a circle, whoever moves what
meanwhile, and each instant has a whole tree.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import store as access
from app.domain.moments import LATEST
from app.domain.objectives import MAX_DEPTH, cycle_of, depth_with
from app.kit.etags import require_match
from app.kit.limits import MAX_OBJECTIVES
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.objectives import store
from app.objectives.problems import ObjectiveInUse, ObjectiveKeyTaken, ObjectiveNotFound, TooManyObjectives
from app.objectives.store import Row, Version
from app.parts import store as parts
from app.plans import store as plans

Definition = Mapping[str, Any]
FIELDS = ("name", "description", "owner", "parent", "weight", "period", "time_zone", "rollup", "labels")
"""What an objective says of itself; with its metrics that is a version. The rest is who said it, and when."""
_CONTENT = (*FIELDS, "metrics")


def etag(version: int) -> str:
    """The ETag of an objective: its version."""
    return f'"v{version}"'


async def get(db: AsyncConnection, workspace_id: int, key: str, version: int | None = None) -> Version:
    """A version of a living objective, by default the newest.

    Raises:
        ObjectiveNotFound: no such objective or version.
    """
    found = await store.get(db, workspace_id, key, version)
    if found is None:
        raise ObjectiveNotFound
    return found


async def create(tx: AsyncConnection, workspace_id: int, key: str, wanted: Definition, stamp: Stamp) -> Version:
    """Create an objective with version 1 and no metrics.

    Raises:
        ObjectiveKeyTaken, TooManyObjectives, RecordedBeforeHistory
        InvalidRequest: its parent does not exist, or lies too deep.
    """
    await access.lock_workspace(tx, workspace_id)
    if await store.count(tx, workspace_id) >= MAX_OBJECTIVES:
        raise TooManyObjectives
    await _require_place(tx, workspace_id, key, wanted["parent"])
    recorded_at = await _next_recorded_at(tx, workspace_id, stamp, None)
    if not await store.add(tx, workspace_id, key, recorded_at):
        raise ObjectiveKeyTaken
    content = {**wanted, "metrics": {}}
    return await _add_version(tx, workspace_id, {**content, "key": key, "version": 1}, stamp, recorded_at)


async def change(
    tx: AsyncConnection,
    workspace_id: int,
    key: str,
    edit: Callable[[Definition], Definition],
    stamp: Stamp,
    check: Callable[[Version], None],
) -> Version:
    """Add a version: `edit` makes the new content (`FIELDS` and metrics) of the old. No difference: none is added.

    `check` is shown the newest version first, and raises where the caller means another one.

    Raises:
        ObjectiveNotFound, InvalidRequest, RecordedBeforeHistory, and what `edit` and `check` raise
    """
    await access.lock_workspace(tx, workspace_id)
    row = await _living(tx, workspace_id, key)
    old = await get(tx, workspace_id, key)
    check(old)
    before = {name: old[name] for name in _CONTENT}
    after = edit(before)
    if after == before:
        return old
    if after["parent"] != before["parent"]:
        await _require_place(tx, workspace_id, key, after["parent"])
    recorded_at = await _next_recorded_at(tx, workspace_id, stamp, row)
    version = row.version + 1
    await store.move(tx, workspace_id, key, version=version, last_recorded_at=recorded_at)
    return await _add_version(tx, workspace_id, {**after, "key": key, "version": version}, stamp, recorded_at)


def matching(if_match: str | None) -> Callable[[Version], None]:
    """A check for `change`: the caller names the newest version.

    Raises (when called):
        PreconditionRequired, PreconditionFailed, InvalidRequest
    """
    return lambda version: require_match(if_match, etag(version["version"]))


async def delete(tx: AsyncConnection, workspace_id: int, key: str, stamp: Stamp, if_match: str | None) -> None:
    """Delete an objective that has no children and to which no living plan contributes; its key stays reserved.

    Raises:
        ObjectiveNotFound, ObjectiveInUse, PreconditionRequired, PreconditionFailed
    """
    await access.lock_workspace(tx, workspace_id)
    row = await _living(tx, workspace_id, key, for_deletion=True)
    require_match(if_match, etag(row.version))
    children = sorted(child for child, of in (await store.parents(tx, workspace_id)).items() if of == key)
    used = await parts.count_now(tx, workspace_id, "objectives", key, plans.living_ids(workspace_id))
    if children or used:
        raise ObjectiveInUse(_in_use(children, used))
    now = await _next_recorded_at(tx, workspace_id, stamp, row)
    await store.move(tx, workspace_id, key, deleted_at=now, last_recorded_at=now)


def _in_use(children: list[str], plan_count: int) -> str:
    listed = ", ".join(children[:5]) + (" …" if len(children) > 5 else "")
    told = [f"Objectives lie below it: {listed}."] if children else []
    told += [f"Plans that contribute to it: {plan_count}."] if plan_count else []
    return " ".join([*told, ObjectiveInUse.advice])


async def _living(tx: AsyncConnection, workspace_id: int, key: str, *, for_deletion: bool = False) -> Row:
    row = await store.lock(tx, workspace_id, key, for_deletion=for_deletion)
    if row is None or row.deleted_at is not None:
        raise ObjectiveNotFound
    return row


async def _require_place(tx: AsyncConnection, workspace_id: int, key: str, parent: str | None) -> None:
    """Require that an objective can stand below this one; the caller holds the workspace.

    Raises:
        InvalidRequest: there is no such parent, a circle would close, or the tree would be too deep.
    """
    if parent is None:
        return
    tree = await store.parents(tx, workspace_id)
    if parent != key and parent not in tree:
        _refuse("unknown_objective", "is no objective of this workspace; /v1/objectives lists them")
    circle = cycle_of(tree, key, parent)
    if circle:
        _refuse("objective_cycle", f"would close a circle: {' → '.join(circle)}")
    if depth_with(tree, key, parent) > MAX_DEPTH:
        _refuse("too_deep", f"would make the tree deeper than {MAX_DEPTH} objectives")


def _refuse(code: str, detail: str) -> None:
    raise InvalidRequest(errors=[FieldError("/parent", code, detail)])


async def _next_recorded_at(tx: AsyncConnection, workspace_id: int, stamp: Stamp, row: Row | None) -> datetime:
    """When the next version is recorded: after every other of the workspace and every event of its objective."""
    facts = [await store.newest_fact(tx, workspace_id, LATEST), None if row is None else row.last_recorded_at]
    last = max((fact for fact in facts if fact is not None), default=None)
    return next_recorded_at(stamp.recorded_at, stamp.clock(), last)


async def _add_version(
    tx: AsyncConnection, workspace_id: int, definition: Definition, stamp: Stamp, recorded_at: datetime
) -> Version:
    version = {**definition, "recorded_at": recorded_at, "author": stamp.author, "reason": stamp.reason}
    await store.add_version(tx, workspace_id, version)
    return version
