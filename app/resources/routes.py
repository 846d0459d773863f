"""HTTP of resources."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, IfNoneMatch, PreconditionFailed, not_modified
from app.kit.ids import new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import LABEL_PATTERN, Reason, RecordedAt
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp
from app.resources import service, store
from app.resources.problems import ResourceNotFound
from app.resources.schemas import (
    ResourceFields,
    ResourceIn,
    ResourceKind,
    ResourceOut,
    ResourcePage,
    ResourcePatch,
    ResourcePath,
)
from app.resources.store import Version

router = APIRouter(prefix="/v1/resources", tags=["resources"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.resources_read)]
Writer = Annotated[Caller, needs(Scope.resources_write)]

_SHOWN = ("key", "version", *service.FIELDS, "author", "reason", "recorded_at")


def _document(version: Version) -> dict[str, Any]:
    return {name: version[name] for name in _SHOWN}


def _answer(version: Version, status: int = 200) -> Answer:
    location = f"/v1/resources/{version['key']}" if status == 201 else None
    return answer(_document(version), status, etag=service.etag(version["version"]), location=location)


def _fields(model: ResourceFields) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude={"key"})


def _stamp(caller: Caller, reason: str | None, recorded_at: datetime | None = None) -> Stamp:
    if recorded_at is not None:
        caller.require(Scope.history_write)
    return Stamp(caller.name, caller.clock, reason, recorded_at)


@router.get("", response_model=ResourcePage)
async def list_resources(
    caller: Reader,
    kind: Annotated[ResourceKind | None, Query(description="Only those of this kind.")] = None,
    owner: Annotated[str | None, Query(min_length=1, max_length=200, description="Only those of this owner.")] = None,
    label: Annotated[
        str | None,
        Query(pattern=LABEL_PATTERN, description="Only those with this label.", examples=["team:core"]),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the resources by key, in their newest versions."""
    binding = {"list": "resources", "kind": kind, "owner": owner, "label": label}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    given = {"kind": kind, "owner": owner, "label": None if label is None else tuple(label.split(":", 1))}
    chosen = {name: value for name, value in given.items() if value is not None}
    async with caller.read() as db:
        rows = await store.page(db, caller.workspace_id, position[0] if position else None, size + 1, chosen)
    more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1]["key"]]) if len(rows) > size else None
    return answer({"items": [_document(row) for row in rows[:size]], "next_cursor": more}).response()


@router.post("", status_code=201, response_model=ResourceOut)
async def create_resource(
    resource: ResourceIn, caller: Writer, reason: Reason = None, recorded_at: RecordedAt = None
) -> Response:
    """Create a resource; plans assign it to their milestones."""
    key, stamp = resource.key or new_key("resource"), _stamp(caller, reason, recorded_at)

    async def work(tx: AsyncConnection) -> Answer:
        return _answer(await service.create(tx, caller.workspace_id, key, _fields(resource), stamp), 201)

    return await caller.write(work)


@router.get("/{resource}", response_model=ResourceOut)
async def get_resource(
    resource: ResourcePath,
    caller: Reader,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Read this version, not the newest.")
    ] = None,
) -> Response:
    """Read a resource, in its newest or an older version."""
    async with caller.read() as db:
        found = await service.get(db, caller.workspace_id, resource, version)
    return not_modified(caller.request, service.etag(found["version"])) or _answer(found).response()


@router.put(
    "/{resource}",
    response_model=ResourceOut,
    responses={201: {"model": ResourceOut, "description": "The resource was created."}},
)
async def put_resource(
    resource: ResourcePath,
    definition: ResourceFields,
    caller: Writer,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    reason: Reason = None,
    recorded_at: RecordedAt = None,
) -> Response:
    """Create a resource, or replace what it says by a new version."""
    if if_none_match not in {None, "*"}:
        raise InvalidRequest(errors=[FieldError("#header/If-None-Match", "invalid", "must be *")])
    wanted, stamp, here = _fields(definition), _stamp(caller, reason, recorded_at), caller.workspace_id

    def replaced(_: Mapping[str, Any]) -> dict[str, Any]:
        return wanted

    async def work(tx: AsyncConnection) -> Answer:
        try:
            await service.get(tx, here, resource)
        except ResourceNotFound:
            if if_match is not None:
                raise PreconditionFailed("There is no such resource to match.") from None
            return _answer(await service.create(tx, here, resource, wanted, stamp), 201)
        if if_none_match is not None:
            raise PreconditionFailed
        return _answer(await service.change(tx, here, resource, replaced, stamp, if_match))

    return await caller.write(work)


@router.patch("/{resource}", response_model=ResourceOut)
@body(*MERGE_PATCH)
async def update_resource(
    resource: ResourcePath,
    patch: ResourcePatch,
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
    recorded_at: RecordedAt = None,
) -> Response:
    """Change a resource by JSON merge patch: a new version, unless nothing differs."""
    change, stamp = patch.model_dump(mode="json", exclude_unset=True), _stamp(caller, reason, recorded_at)

    def edited(before: Mapping[str, Any]) -> dict[str, Any]:
        after = merge(before, change)
        try:
            return _fields(ResourceFields.model_validate(after))
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        return _answer(await service.change(tx, caller.workspace_id, resource, edited, stamp, if_match))

    return await caller.write(work)


@router.delete("/{resource}", status_code=204)
async def delete_resource(resource: ResourcePath, caller: Writer, if_match: IfMatch = None) -> Response:
    """Delete a resource that no plan assigns any more; its key stays reserved."""

    async def work(tx: AsyncConnection) -> Answer:
        await service.delete(tx, caller.workspace_id, resource, if_match)
        return Answer(204)

    return await caller.write(work)
