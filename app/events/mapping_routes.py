"""HTTP of event mappings."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.events import mapping_store as store
from app.events import mappings as service
from app.events.mapping_schemas import (
    EventMappingFields,
    EventMappingIn,
    EventMappingOut,
    EventMappingPage,
    EventMappingPatch,
)
from app.events.mapping_store import EventMapping
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, not_modified
from app.kit.ids import KEY_PATTERN
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.patching import merge
from app.kit.problems import from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp

router = APIRouter(prefix="/v1/event-mappings", tags=["event-mappings"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.events_read)]
Writer = Annotated[Caller, needs(Scope.events_write)]
MappingPath = Annotated[
    str, Path(pattern=KEY_PATTERN, description="The key of the mapping.", examples=["release-done"])
]


def _answer(mapping: EventMapping, status: int = 200) -> Answer:
    location = f"/v1/event-mappings/{mapping['key']}" if status == 201 else None
    return answer(mapping, status, etag=service.etag(mapping), location=location)


@router.get("", response_model=EventMappingPage)
async def list_event_mappings(caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the event mappings by key; they are tried by `position`."""
    binding = {"list": "event_mappings"}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        found = await store.page(db, caller.workspace_id, position[0] if position else "", size + 1)
    more = encode_cursor(caller.cursor_secret, binding, [found[size - 1]["key"]]) if len(found) > size else None
    return answer({"items": found[:size], "next_cursor": more}).response()


@router.post("", status_code=201, response_model=EventMappingOut)
async def create_event_mapping(mapping: EventMappingIn, caller: Writer) -> Response:
    """Say what CDEvents of a type mean: which execution event, of which plan and milestone.

    It holds for what is sent from then on.
    """
    wanted = mapping.model_dump(exclude={"key"})

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock)
        return _answer(await service.create(tx, caller.workspace_id, mapping.key, wanted, stamp), 201)

    return await caller.write(work)


@router.get("/{mapping}", response_model=EventMappingOut)
async def get_event_mapping(mapping: MappingPath, caller: Reader) -> Response:
    """Read an event mapping."""
    async with caller.read() as db:
        found = await service.get(db, caller.workspace_id, mapping)
    return not_modified(caller.request, service.etag(found)) or _answer(found).response()


@router.patch("/{mapping}", response_model=EventMappingOut)
@body(*MERGE_PATCH)
async def update_event_mapping(
    mapping: MappingPath, patch: EventMappingPatch, caller: Writer, if_match: IfMatch = None
) -> Response:
    """Change an event mapping by JSON merge patch; what was recorded by it stays."""
    change = patch.model_dump(exclude_unset=True)

    def edited(before: Mapping[str, Any]) -> Mapping[str, Any]:
        after = merge(before, change)
        try:
            return EventMappingFields.model_validate(after).model_dump()
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock)
        return _answer(await service.change(tx, caller.workspace_id, mapping, edited, stamp, if_match))

    return await caller.write(work)


@router.delete("/{mapping}", status_code=204)
async def delete_event_mapping(mapping: MappingPath, caller: Writer, if_match: IfMatch = None) -> Response:
    """Delete an event mapping; what was recorded by it stays."""

    async def work(tx: AsyncConnection) -> Answer:
        await service.delete(tx, caller.workspace_id, mapping, if_match)
        return Answer(204)

    return await caller.write(work)
