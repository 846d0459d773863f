"""HTTP of objectives."""

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
from app.kit.ids import KEY_PATTERN, new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import LABEL_PATTERN, Reason, RecordedAt
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp
from app.objectives import service, store
from app.objectives.problems import ObjectiveNotFound
from app.objectives.schemas import (
    ObjectiveFields,
    ObjectiveIn,
    ObjectiveOut,
    ObjectivePage,
    ObjectivePatch,
    ObjectivePath,
)
from app.objectives.store import Version

router = APIRouter(prefix="/v1/objectives", tags=["objectives"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.objectives_read)]
Writer = Annotated[Caller, needs(Scope.objectives_write)]

_SHOWN = ("key", "version", *service.FIELDS, "author", "reason", "recorded_at")


def _document(version: Version) -> dict[str, Any]:
    return {**{name: version[name] for name in _SHOWN}, "metrics": sorted(version["metrics"])}


def _answer(version: Version, status: int = 200) -> Answer:
    location = f"/v1/objectives/{version['key']}" if status == 201 else None
    return answer(_document(version), status, etag=service.etag(version["version"]), location=location)


def _fields(model: ObjectiveFields) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude={"key"})


def _stamp(caller: Caller, reason: str | None, recorded_at: datetime | None = None) -> Stamp:
    if recorded_at is not None:
        caller.require(Scope.history_write)
    return Stamp(caller.name, caller.clock, reason, recorded_at)


@router.get("", response_model=ObjectivePage)
async def list_objectives(
    caller: Reader,
    owner: Annotated[str | None, Query(min_length=1, max_length=200, description="Only those of this owner.")] = None,
    parent: Annotated[
        str | None, Query(pattern=KEY_PATTERN, description="Only those right below this objective.")
    ] = None,
    label: Annotated[
        str | None,
        Query(pattern=LABEL_PATTERN, description="Only those with this label.", examples=["team:core"]),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the objectives by key, in their newest versions."""
    binding = {"list": "objectives", "owner": owner, "parent": parent, "label": label}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    given = {"owner": owner, "parent": parent, "label": None if label is None else tuple(label.split(":", 1))}
    chosen = {name: value for name, value in given.items() if value is not None}
    async with caller.read() as db:
        rows = await store.page(db, caller.workspace_id, position[0] if position else None, size + 1, chosen)
    more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1]["key"]]) if len(rows) > size else None
    return answer({"items": [_document(row) for row in rows[:size]], "next_cursor": more}).response()


@router.post("", status_code=201, response_model=ObjectiveOut)
async def create_objective(
    objective: ObjectiveIn, caller: Writer, reason: Reason = None, recorded_at: RecordedAt = None
) -> Response:
    """Create an objective; its metrics are added one by one, and plans say themselves that they contribute to it."""
    key, stamp = objective.key or new_key("objective"), _stamp(caller, reason, recorded_at)

    async def work(tx: AsyncConnection) -> Answer:
        return _answer(await service.create(tx, caller.workspace_id, key, _fields(objective), stamp), 201)

    return await caller.write(work)


@router.get("/{objective}", response_model=ObjectiveOut)
async def get_objective(
    objective: ObjectivePath,
    caller: Reader,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Read this version, not the newest.")
    ] = None,
) -> Response:
    """Read an objective, in its newest or an older version."""
    async with caller.read() as db:
        found = await service.get(db, caller.workspace_id, objective, version)
    return not_modified(caller.request, service.etag(found["version"])) or _answer(found).response()


@router.put(
    "/{objective}",
    response_model=ObjectiveOut,
    responses={201: {"model": ObjectiveOut, "description": "The objective was created."}},
)
async def put_objective(
    objective: ObjectivePath,
    definition: ObjectiveFields,
    caller: Writer,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    reason: Reason = None,
    recorded_at: RecordedAt = None,
) -> Response:
    """Create an objective, or replace what it says by a new version; its metrics stay."""
    if if_none_match not in {None, "*"}:
        raise InvalidRequest(errors=[FieldError("#header/If-None-Match", "invalid", "must be *")])
    wanted, stamp, here = _fields(definition), _stamp(caller, reason, recorded_at), caller.workspace_id

    def replaced(before: Mapping[str, Any]) -> dict[str, Any]:
        return {**before, **wanted}

    async def work(tx: AsyncConnection) -> Answer:
        try:
            await service.get(tx, here, objective)
        except ObjectiveNotFound:
            if if_match is not None:
                raise PreconditionFailed("There is no such objective to match.") from None
            return _answer(await service.create(tx, here, objective, wanted, stamp), 201)
        if if_none_match is not None:
            raise PreconditionFailed
        check = service.matching(if_match)
        return _answer(await service.change(tx, here, objective, replaced, stamp, check))

    return await caller.write(work)


@router.patch("/{objective}", response_model=ObjectiveOut)
@body(*MERGE_PATCH)
async def update_objective(
    objective: ObjectivePath,
    patch: ObjectivePatch,
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
    recorded_at: RecordedAt = None,
) -> Response:
    """Change an objective by JSON merge patch: a new version, unless nothing differs."""
    change, stamp = patch.model_dump(mode="json", exclude_unset=True), _stamp(caller, reason, recorded_at)

    def edited(before: Mapping[str, Any]) -> dict[str, Any]:
        after = merge({name: before[name] for name in service.FIELDS}, change)
        try:
            return {**before, **_fields(ObjectiveFields.model_validate(after))}
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        check = service.matching(if_match)
        return _answer(await service.change(tx, caller.workspace_id, objective, edited, stamp, check))

    return await caller.write(work)


@router.delete("/{objective}", status_code=204)
async def delete_objective(objective: ObjectivePath, caller: Writer, if_match: IfMatch = None) -> Response:
    """Delete an objective without children, to which no plan contributes; its key stays reserved."""

    async def work(tx: AsyncConnection) -> Answer:
        await service.delete(tx, caller.workspace_id, objective, _stamp(caller, None), if_match)
        return Answer(204)

    return await caller.write(work)
