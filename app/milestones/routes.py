"""HTTP of milestones and dependencies."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.plan import Dependency, DependencyType, Milestone, MilestoneKind
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, not_modified, require_match
from app.kit.ids import KEY_PATTERN, new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, decode_cursor, encode_cursor, position_of
from app.kit.parameters import Reason, Revision, filters
from app.kit.patching import merge
from app.kit.problems import from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp
from app.milestones import service, store
from app.milestones.schemas import (
    DependencyIn,
    DependencyOut,
    DependencyPage,
    DependencyPatch,
    MilestoneDocument,
    MilestoneIn,
    MilestoneOut,
    MilestonePage,
    MilestonePatch,
    MilestonePath,
    PlanPath,
    dependency_document,
    milestone_document,
    to_dependency,
    to_milestone,
)
from app.plans.lookup import head_of, locked, revision_of
from app.plans.store import Head

router = APIRouter(prefix="/v1/plans/{plan}", route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.plans_read)]
Writer = Annotated[Caller, needs(Scope.plans_write)]


def _milestone(milestone: Milestone, revision: int, status: int = 200, location: str | None = None) -> Answer:
    content = {**milestone_document(milestone), "revision": revision}
    return answer(content, status, etag=service.etag(revision), location=location)


def _dependency(link: Dependency, revision: int, status: int = 200, location: str | None = None) -> Answer:
    content = {**dependency_document(link), "revision": revision}
    return answer(content, status, etag=service.etag(revision), location=location)


def _binding(caller: Caller, cursor: str | None, head: Head, revision: int | None, **filters: str) -> dict[str, Any]:
    """What a cursor is bound to; it carries the revision of the first page, which later pages read too."""
    if cursor is None:
        carried: dict[str, Any] = {"revision": revision_of(head, revision)}
    else:
        carried = decode_cursor(caller.cursor_secret, cursor)[1]
    return {**filters, "revision": revision, "carried": carried}


@router.get("/milestones", tags=["milestones"], response_model=MilestonePage)
async def list_milestones(
    plan: PlanPath,
    caller: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: Annotated[MilestoneKind | None, Query(description="Only this kind.")] = None,
    parent: Annotated[str | None, Query(pattern=KEY_PATTERN, description="Only the children of this phase.")] = None,
    revision: Revision = None,
) -> Response:
    """List the milestones of a plan, by key."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        chosen = filters(kind=kind and kind.value, parent=parent)
        binding = _binding(caller, cursor, head, revision, list="milestones", plan=plan, **chosen)
        position = position_of(caller.cursor_secret, binding, cursor)
        size, at = min(limit, MAX_LIMIT), binding["carried"]["revision"]
        rows = await store.milestones_page(db, head, at, position[0] if position else None, size + 1, **chosen)
    more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1][0].key]) if len(rows) > size else None
    items = [{**milestone_document(m), "revision": r} for m, r in rows[:size]]
    return answer({"items": items, "next_cursor": more}).response()


@router.post("/milestones", tags=["milestones"], status_code=201, response_model=MilestoneOut)
async def create_milestone(plan: PlanPath, milestone: MilestoneIn, caller: Writer, reason: Reason = None) -> Response:
    """Add a milestone to a plan: a new revision."""
    added = to_milestone(milestone, milestone.key or new_key("milestone"))

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, reason)
        edited = await service.create_milestone(tx, caller.workspace_id, plan, added, stamp)
        location = f"/v1/plans/{plan}/milestones/{added.key}"
        return _milestone(added, edited.head.revision, 201, location)

    return await caller.write(work)


@router.get("/milestones/{milestone}", tags=["milestones"], response_model=MilestoneOut)
async def get_milestone(plan: PlanPath, milestone: MilestonePath, caller: Reader) -> Response:
    """Read a milestone."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        found, revision = await service.get_milestone(db, head, milestone)
    unchanged = not_modified(caller.request, service.etag(revision))
    return unchanged or _milestone(found, revision).response()


@router.patch("/milestones/{milestone}", tags=["milestones"], response_model=MilestoneOut)
@body(*MERGE_PATCH)
async def update_milestone(
    plan: PlanPath,
    milestone: MilestonePath,
    patch: MilestonePatch,
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
) -> Response:
    """Change a milestone by JSON merge patch: a new revision, unless nothing differs."""
    change = patch.model_dump(mode="json", exclude_unset=True)

    async def work(tx: AsyncConnection) -> Answer:
        head = await locked(tx, caller.workspace_id, plan)
        found, revision = await service.get_milestone(tx, head, milestone)
        require_match(if_match, service.etag(revision))
        after = to_milestone(_patched(MilestoneDocument, milestone_document(found), change), milestone)
        edited = await service.change_milestone(tx, head, after, Stamp(caller.name, caller.clock, reason))
        return _milestone(after, service.changed_in(edited, revision))

    return await caller.write(work)


def _patched(model: Any, before: dict[str, Any], change: dict[str, Any]) -> Any:
    """The model of a merge-patched document.

    Raises:
        InvalidRequest: the result does not fit the model.
    """
    after = merge(before, change)
    try:
        return model.model_validate(after)
    except ValidationError as error:
        raise from_validation(error.errors(include_url=False), after) from None


@router.delete("/milestones/{milestone}", tags=["milestones"], status_code=204)
async def delete_milestone(
    plan: PlanPath, milestone: MilestonePath, caller: Writer, if_match: IfMatch = None, reason: Reason = None
) -> Response:
    """Take a milestone out of the scope: a new revision. Its events stay."""

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, reason)
        await service.delete_milestone(tx, caller.workspace_id, plan, milestone, stamp, if_match)
        return Answer(204)

    return await caller.write(work)


@router.get("/dependencies", tags=["dependencies"], response_model=DependencyPage)
async def list_dependencies(
    plan: PlanPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None, revision: Revision = None
) -> Response:
    """List the dependencies of a plan, by predecessor, type and successor."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        binding = _binding(caller, cursor, head, revision, list="dependencies", plan=plan)
        position = position_of(caller.cursor_secret, binding, cursor)
        size, at = min(limit, MAX_LIMIT), binding["carried"]["revision"]
        rows = await store.dependencies_page(db, head, at, position, size + 1)
    more = encode_cursor(caller.cursor_secret, binding, rows[size - 1][0].identity) if len(rows) > size else None
    items = [{**dependency_document(link), "revision": r} for link, r in rows[:size]]
    return answer({"items": items, "next_cursor": more}).response()


@router.post("/dependencies", tags=["dependencies"], status_code=201, response_model=DependencyOut)
async def create_dependency(
    plan: PlanPath, dependency: DependencyIn, caller: Writer, reason: Reason = None
) -> Response:
    """Add a dependency to a plan: a new revision. A link that closes a cycle is refused, naming the cycle."""
    link = to_dependency(dependency)

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, reason)
        edited = await service.create_dependency(tx, caller.workspace_id, plan, link, stamp)
        location = f"/v1/plans/{plan}/dependencies/{'/'.join(link.identity)}"
        return _dependency(link, edited.head.revision, 201, location)

    return await caller.write(work)


Predecessor = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the predecessor.")]
LinkType = Annotated[DependencyType, Path(description="Which edges it links: S is start, F is finish.")]
Successor = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the successor.")]
_LINK = "/dependencies/{predecessor}/{type}/{successor}"


@router.get(_LINK, tags=["dependencies"], response_model=DependencyOut)
async def get_dependency(
    plan: PlanPath,
    predecessor: Predecessor,
    type: LinkType,
    successor: Successor,
    caller: Reader,
) -> Response:
    """Read a dependency."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        link, revision = await service.get_dependency(db, head, (predecessor, type.value, successor))
    unchanged = not_modified(caller.request, service.etag(revision))
    return unchanged or _dependency(link, revision).response()


@router.patch(_LINK, tags=["dependencies"], response_model=DependencyOut)
@body(*MERGE_PATCH)
async def update_dependency(
    plan: PlanPath,
    predecessor: Predecessor,
    type: LinkType,
    successor: Successor,
    patch: DependencyPatch,
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
) -> Response:
    """Change a dependency's lag by JSON merge patch: a new revision, unless nothing differs."""
    identity = (predecessor, type.value, successor)
    change = patch.model_dump(mode="json", exclude_unset=True)

    async def work(tx: AsyncConnection) -> Answer:
        head = await locked(tx, caller.workspace_id, plan)
        found, revision = await service.get_dependency(tx, head, identity)
        require_match(if_match, service.etag(revision))
        after = to_dependency(_patched(DependencyIn, dependency_document(found), change))
        edited = await service.change_dependency(tx, head, after, Stamp(caller.name, caller.clock, reason))
        return _dependency(after, service.changed_in(edited, revision))

    return await caller.write(work)


@router.delete(_LINK, tags=["dependencies"], status_code=204)
async def delete_dependency(
    plan: PlanPath,
    predecessor: Predecessor,
    type: LinkType,
    successor: Successor,
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
) -> Response:
    """Take a dependency out of a plan: a new revision."""
    identity = (predecessor, type.value, successor)

    async def work(tx: AsyncConnection) -> Answer:
        head = await locked(tx, caller.workspace_id, plan)
        _, revision = await service.get_dependency(tx, head, identity)
        require_match(if_match, service.etag(revision))
        await service.delete_dependency(tx, head, identity, Stamp(caller.name, caller.clock, reason))
        return Answer(204)

    return await caller.write(work)
