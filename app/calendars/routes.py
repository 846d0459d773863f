"""HTTP of calendars."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.calendars import service, store
from app.calendars.problems import CalendarNotFound
from app.calendars.schemas import CalendarFields, CalendarIn, CalendarOut, CalendarPage, CalendarPatch, ExpandedOut
from app.calendars.store import BUILT_INS
from app.kit.answers import Answer, answer
from app.kit.bulk import as_dict
from app.kit.etags import IfMatch, IfNoneMatch, PreconditionFailed, not_modified
from app.kit.ids import KEY_PATTERN, new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import Reason
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp

router = APIRouter(prefix="/v1/calendars", tags=["calendars"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.calendars_read)]
Writer = Annotated[Caller, needs(Scope.calendars_write)]
CalendarPath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the calendar.", examples=["standard"])]


_BUILT_IN, _OWN = 0, 1  # the order of the list
_SHOWN = ExpandedOut.model_fields.keys()


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    expanded = {name: value for name, value in row["expanded"].items() if name in _SHOWN}
    shown = ("key", "version", *service.DEFINITION, "author", "reason", "recorded_at")
    return {
        **{name: row[name] for name in shown},
        "built_in": row["key"] in BUILT_INS,
        "expanded": expanded,
    }


def _answer(row: Mapping[str, Any], status: int = 200) -> Answer:
    location = f"/v1/calendars/{row['key']}" if status == 201 else None
    return answer(_document(row), status, etag=service.etag(row["version"]), location=location)


def _definition(model: CalendarFields) -> dict[str, Any]:
    definition = model.model_dump(mode="json", by_alias=True)
    return {name: definition[name] for name in service.DEFINITION}


@router.get("", response_model=CalendarPage)
async def list_calendars(caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the calendars: the two built-in ones, then the workspace's own by key."""
    binding = {"list": "calendars"}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    own_after = position[1] if position and position[0] == _OWN else None
    async with caller.read() as db:
        found = await store.page(db, caller.workspace_id, own_after, size + 1)
    rows = [([_BUILT_IN, key], service.built_in(key)) for key in sorted(BUILT_INS)]
    rows = [(place, row) for place, row in rows if position is None or place > position]
    rows += [([_OWN, row.key], as_dict(row)) for row in found]
    more = encode_cursor(caller.cursor_secret, binding, rows[size - 1][0]) if len(rows) > size else None
    return answer({"items": [_document(row) for _, row in rows[:size]], "next_cursor": more}).response()


@router.post("", status_code=201, response_model=CalendarOut)
async def create_calendar(calendar: CalendarIn, caller: Writer, reason: Reason = None) -> Response:
    """Create a calendar."""
    key = calendar.key or new_key("calendar")

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, reason)
        return _answer(await service.create(tx, caller.workspace_id, key, _definition(calendar), stamp), 201)

    return await caller.write(work)


@router.get("/{calendar}", response_model=CalendarOut)
async def get_calendar(
    calendar: CalendarPath,
    caller: Reader,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Read this version, not the newest.")
    ] = None,
) -> Response:
    """Read a calendar, in its newest or an older version."""
    async with caller.read() as db:
        row = await service.get(db, caller.workspace_id, calendar, version)
    return not_modified(caller.request, service.etag(row["version"])) or _answer(row).response()


@router.put(
    "/{calendar}",
    response_model=CalendarOut,
    responses={201: {"model": CalendarOut, "description": "The calendar was created."}},
)
async def put_calendar(
    calendar: CalendarPath,
    definition: CalendarFields,
    caller: Writer,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    reason: Reason = None,
) -> Response:
    """Create a calendar, or replace it by a new version; without a difference nothing happens."""
    if if_none_match not in {None, "*"}:
        raise InvalidRequest(errors=[FieldError("#header/If-None-Match", "invalid", "must be *")])

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, reason)
        wanted = _definition(definition)
        try:
            await service.get(tx, caller.workspace_id, calendar)
        except CalendarNotFound:
            if if_match is not None:
                raise PreconditionFailed("There is no such calendar to match.") from None
            return _answer(await service.create(tx, caller.workspace_id, calendar, wanted, stamp), 201)
        if if_none_match is not None:
            raise PreconditionFailed
        return _answer(await service.change(tx, caller.workspace_id, calendar, lambda _: wanted, stamp, if_match))

    return await caller.write(work)


@router.patch("/{calendar}", response_model=CalendarOut)
@body(*MERGE_PATCH)
async def update_calendar(
    calendar: CalendarPath,
    patch: CalendarPatch,
    caller: Writer,
    if_match: IfMatch = None,
    reason: Reason = None,
) -> Response:
    """Change a calendar by JSON merge patch: a new version, unless nothing differs. Old answers keep the old one."""
    change = patch.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def edited(before: Mapping[str, Any]) -> dict[str, Any]:
        after = merge(before, change)
        try:
            return _definition(CalendarFields.model_validate(after))
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock, reason)
        return _answer(await service.change(tx, caller.workspace_id, calendar, edited, stamp, if_match))

    return await caller.write(work)


@router.delete("/{calendar}", status_code=204)
async def delete_calendar(calendar: CalendarPath, caller: Writer, if_match: IfMatch = None) -> Response:
    """Delete a calendar that no plan uses; its key stays reserved."""

    async def work(tx: AsyncConnection) -> Answer:
        await service.delete(tx, caller.workspace_id, calendar, if_match)
        return Answer(204)

    return await caller.write(work)
