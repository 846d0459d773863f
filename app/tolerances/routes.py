"""HTTP of tolerances."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.tolerances import Measure
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, IfNoneMatch, PreconditionFailed, not_modified
from app.kit.ids import KEY_PATTERN, new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import Reason
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp
from app.tolerances import service, store
from app.tolerances.built_in import BUILT_INS
from app.tolerances.problems import ToleranceNotFound
from app.tolerances.schemas import ToleranceFields, ToleranceIn, ToleranceOut, TolerancePage, TolerancePatch
from app.tolerances.store import Version

router = APIRouter(prefix="/v1/tolerances", tags=["tolerances"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.tolerances_read)]
Writer = Annotated[Caller, needs(Scope.tolerances_write)]
TolerancePath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the tolerance.", examples=["finish"])]

_SHOWN = ("key", "version", *service.DEFINITION, "author", "reason", "recorded_at")


def _document(version: Version) -> dict[str, Any]:
    return {**{name: version[name] for name in _SHOWN}, "built_in": version["key"] in BUILT_INS}


def _answer(version: Version, status: int = 200) -> Answer:
    location = f"/v1/tolerances/{version['key']}" if status == 201 else None
    return answer(_document(version), status, etag=service.etag(version["version"]), location=location)


def _definition(model: ToleranceFields) -> dict[str, Any]:
    definition = model.model_dump(mode="json")
    return {name: definition[name] for name in service.DEFINITION}


def _stamp(caller: Caller, reason: str | None = None) -> Stamp:
    return Stamp(caller.name, caller.clock, reason)


@router.get("", response_model=TolerancePage)
async def list_tolerances(
    caller: Reader,
    plan: Annotated[
        str | None,
        Query(pattern=KEY_PATTERN, description="Only those that watch this plan: its own, and those of all."),
    ] = None,
    measure: Annotated[Measure | None, Query(description="Only those of this measure.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the tolerances by key, in their newest versions: those that Leeway brought, and the workspace's own."""
    binding = {"list": "tolerances", "plan": plan, "measure": measure}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        found = await store.newest(db, caller.workspace_id)  # they are few: pages are cut of all of them
    rows = [
        row
        for row in found
        if (plan is None or row["plan"] in {None, plan})
        and (measure is None or row["measure"] == measure)
        and (position is None or row["key"] > position[0])
    ]
    more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1]["key"]]) if len(rows) > size else None
    return answer({"items": [_document(row) for row in rows[:size]], "next_cursor": more}).response()


@router.post("", status_code=201, response_model=ToleranceOut)
async def create_tolerance(tolerance: ToleranceIn, caller: Writer, reason: Reason = None) -> Response:
    """Create a tolerance for one plan, or for every plan of the workspace; plans are judged by it at once."""
    key = tolerance.key or new_key("tolerance")

    async def work(tx: AsyncConnection) -> Answer:
        made = await service.create(tx, caller.workspace_id, key, _definition(tolerance), _stamp(caller, reason))
        return _answer(made, 201)

    return await caller.write(work)


@router.get("/{tolerance}", response_model=ToleranceOut)
async def get_tolerance(
    tolerance: TolerancePath,
    caller: Reader,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Read this version, not the newest.")
    ] = None,
) -> Response:
    """Read a tolerance, in its newest or an older version."""
    async with caller.read() as db:
        row = await service.get(db, caller.workspace_id, tolerance, version)
    return not_modified(caller.request, service.etag(row["version"])) or _answer(row).response()


@router.put(
    "/{tolerance}",
    response_model=ToleranceOut,
    responses={201: {"model": ToleranceOut, "description": "The tolerance was created, or brought back."}},
)
async def put_tolerance(
    tolerance: TolerancePath,
    definition: ToleranceFields,
    caller: Writer,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    reason: Reason = None,
) -> Response:
    """Create a tolerance, or replace it by a new version; a built-in one that was deleted is brought back."""
    if if_none_match not in {None, "*"}:
        raise InvalidRequest(errors=[FieldError("#header/If-None-Match", "invalid", "must be *")])
    wanted, stamp = _definition(definition), _stamp(caller, reason)

    async def work(tx: AsyncConnection) -> Answer:
        try:
            await service.get(tx, caller.workspace_id, tolerance)
        except ToleranceNotFound:
            if if_match is not None:
                raise PreconditionFailed("There is no such tolerance to match.") from None
            return _answer(await service.put_new(tx, caller.workspace_id, tolerance, wanted, stamp), 201)
        if if_none_match is not None:
            raise PreconditionFailed
        return _answer(await service.change(tx, caller.workspace_id, tolerance, lambda _: wanted, stamp, if_match))

    return await caller.write(work)


@router.patch("/{tolerance}", response_model=ToleranceOut)
@body(*MERGE_PATCH)
async def update_tolerance(
    tolerance: TolerancePath,
    patch: TolerancePatch,
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
) -> Response:
    """Change a tolerance by JSON merge patch: a new version, unless nothing differs; what it found keeps the old."""
    change = patch.model_dump(mode="json", exclude_unset=True)

    def edited(before: Mapping[str, Any]) -> dict[str, Any]:
        after = merge(before, change)
        try:
            return _definition(ToleranceFields.model_validate(after))
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        stamp = _stamp(caller, reason)
        return _answer(await service.change(tx, caller.workspace_id, tolerance, edited, stamp, if_match))

    return await caller.write(work)


@router.delete("/{tolerance}", status_code=204)
async def delete_tolerance(tolerance: TolerancePath, caller: Writer, if_match: IfMatch = None) -> Response:
    """Delete a tolerance: what it has open is resolved. Its key stays reserved; PUT brings a built-in one back."""

    async def work(tx: AsyncConnection) -> Answer:
        await service.delete(tx, caller.workspace_id, tolerance, _stamp(caller), if_match)
        return Answer(204)

    return await caller.write(work)
