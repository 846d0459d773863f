"""HTTP of corrective actions."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.deviations import action_store, actions, store
from app.deviations.problems import DeviationNotFound
from app.deviations.records import Record
from app.deviations.schemas import ActionIn, ActionOut, ActionPage, ActionPatch
from app.deviations.wire import action_document
from app.kit.answers import Answer, answer
from app.kit.bulk import as_dict
from app.kit.etags import IfMatch, not_modified
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.patching import merge
from app.kit.problems import from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp

router = APIRouter(prefix="/v1/deviations/{deviation}/actions", tags=["deviations"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.deviations_read)]
Writer = Annotated[Caller, needs(Scope.deviations_write)]
DeviationPath = Annotated[UUID, Path(description="Id of the deviation.")]
ActionPath = Annotated[UUID, Path(description="Id of the corrective action.")]


def _answer(row: Mapping[str, Any], status: int = 200) -> Answer:
    location = f"/v1/deviations/{row['deviation_id']}/actions/{row['action_id']}" if status == 201 else None
    return answer(action_document(row), status, etag=actions.etag(row), location=location)


async def _record(db: AsyncConnection, caller: Caller, deviation: UUID) -> Record:
    record = await store.get(db, caller.workspace_id, deviation)
    if record is None:
        raise DeviationNotFound
    return record


@router.get("", response_model=ActionPage)
async def list_corrective_actions(
    deviation: DeviationPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the corrective actions of a deviation, in the order they were planned in."""
    binding = {"list": "corrective-actions", "deviation": str(deviation)}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        record = await _record(db, caller, deviation)
        rows = await action_store.page(db, record, UUID(position[0]) if position else None, size + 1)
    items = [action_document(as_dict(row)) for row in rows[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["id"]]) if len(rows) > size else None
    return answer({"items": items, "next_cursor": more}).response()


@router.post("", status_code=201, response_model=ActionOut)
async def create_corrective_action(deviation: DeviationPath, action: ActionIn, caller: Writer) -> Response:
    """Plan a corrective action; when it is due, the value of the deviation is compared with the one it has now."""
    given = dict(action)

    async def work(tx: AsyncConnection) -> Answer:
        stamp = Stamp(caller.name, caller.clock)
        return _answer(await actions.plan_action(tx, caller.workspace_id, deviation, given, stamp), 201)

    return await caller.write(work)


@router.get("/{action}", response_model=ActionOut)
async def get_corrective_action(deviation: DeviationPath, action: ActionPath, caller: Reader) -> Response:
    """Read a corrective action."""
    async with caller.read() as db:
        row = await actions.get(db, await _record(db, caller, deviation), action)
    return not_modified(caller.request, actions.etag(row)) or _answer(row).response()


@router.patch("/{action}", response_model=ActionOut)
@body(*MERGE_PATCH)
async def update_corrective_action(
    deviation: DeviationPath, action: ActionPath, patch: ActionPatch, caller: Writer, if_match: IfMatch = None
) -> Response:
    """Change a corrective action by JSON merge patch; once its deviation is resolved, it can't be due anew."""
    change = {name: getattr(patch, name) for name in patch.model_fields_set}

    def edited(before: Mapping[str, Any]) -> dict[str, Any]:
        after = merge(before, change)
        try:
            return dict(ActionIn.model_validate(after))
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None

    async def work(tx: AsyncConnection) -> Answer:
        name = (caller.workspace_id, deviation, action)
        return _answer(await actions.change(tx, name, edited, if_match, caller.clock()))

    return await caller.write(work)
