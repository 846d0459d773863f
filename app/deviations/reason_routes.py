"""HTTP of reason codes."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.deviations import reason_codes as service
from app.deviations import reason_store as store
from app.deviations.reason_schemas import (
    ReasonCodeFields,
    ReasonCodeIn,
    ReasonCodeOut,
    ReasonCodePage,
    ReasonCodePatch,
)
from app.deviations.reason_store import BUILT_INS, ReasonCode
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, not_modified
from app.kit.ids import KEY_PATTERN
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.patching import merge
from app.kit.problems import from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp

router = APIRouter(prefix="/v1/reason-codes", tags=["reason-codes"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.deviations_read)]
Writer = Annotated[Caller, needs(Scope.deviations_write)]
CodePath = Annotated[str, Path(pattern=KEY_PATTERN, description="The reason code.", examples=["rework"])]


def _document(code: ReasonCode) -> dict[str, Any]:
    return {**code, "built_in": code["key"] in BUILT_INS}


def _answer(code: ReasonCode, status: int = 200) -> Answer:
    location = f"/v1/reason-codes/{code['key']}" if status == 201 else None
    return answer(_document(code), status, etag=service.etag(code), location=location)


@router.get("", response_model=ReasonCodePage)
async def list_reason_codes(caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the reason codes by key: those that Leeway brought, and the workspace's own; deprecated ones, too."""
    binding = {"list": "reason_codes"}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        codes = await store.page(db, caller.workspace_id, position[0] if position else "", size + 1)
    more = encode_cursor(caller.cursor_secret, binding, [codes[size - 1]["key"]]) if len(codes) > size else None
    return answer({"items": [_document(code) for code in codes[:size]], "next_cursor": more}).response()


@router.post("", status_code=201, response_model=ReasonCodeOut)
async def create_reason_code(reason_code: ReasonCodeIn, caller: Writer) -> Response:
    """Add a reason code to the workspace's catalogue."""
    wanted = reason_code.model_dump(exclude={"key"})

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock)
        return _answer(await service.create(tx, caller.workspace_id, reason_code.key, wanted, stamp), 201)

    return await caller.write(work)


@router.get("/{code}", response_model=ReasonCodeOut)
async def get_reason_code(code: CodePath, caller: Reader) -> Response:
    """Read a reason code, deprecated or not."""
    async with caller.read() as db:
        found = await service.get(db, caller.workspace_id, code)
    return not_modified(caller.request, service.etag(found)) or _answer(found).response()


@router.patch("/{code}", response_model=ReasonCodeOut)
@body(*MERGE_PATCH)
async def update_reason_code(
    code: CodePath, patch: ReasonCodePatch, caller: Writer, if_match: IfMatch = None
) -> Response:
    """Rename, explain or deprecate a reason code by JSON merge patch; what was acknowledged with it keeps it."""
    change = patch.model_dump(exclude_unset=True)

    def edited(before: Mapping[str, Any]) -> Mapping[str, Any]:
        after = merge(before, change)
        try:
            return ReasonCodeFields.model_validate(after).model_dump()
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock)
        return _answer(await service.change(tx, caller.workspace_id, code, edited, stamp, if_match))

    return await caller.write(work)
