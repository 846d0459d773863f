"""HTTP of webhooks."""

import json
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ValidationError
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.feed.announcements import AnnouncementType
from app.kit import wire
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, not_modified
from app.kit.ids import KEY_PATTERN, new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import filters
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.schemas import Instant
from app.webhooks import service, store
from app.webhooks.problems import DeliveryNotFound
from app.webhooks.schemas import (
    AttemptOut,
    DeliveryDetailOut,
    DeliveryOut,
    DeliveryPage,
    DeliveryState,
    ReplayIn,
    ReplayOut,
    WebhookCreated,
    WebhookFields,
    WebhookIn,
    WebhookOut,
    WebhookPage,
    WebhookPatch,
    WebhookSecret,
)
from app.webhooks.store import Wanted
from app.webhooks.urls import url_error

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.webhooks_read)]
Writer = Annotated[Caller, needs(Scope.webhooks_write)]
WebhookPath = Annotated[str, Path(pattern=KEY_PATTERN, description="Key of the webhook.", examples=["board"])]
DeliveryPath = Annotated[UUID, Path(description="Id of the delivery: its `webhook-id`.")]


def _document(row: Row[Any]) -> dict[str, Any]:
    enabled = {"enabled": row.state == "enabled"}
    return {name: enabled[name] if name in enabled else getattr(row, name) for name in WebhookOut.model_fields}


def _answer(row: Row[Any]) -> Answer:
    return answer(_document(row), etag=service.etag(row))


def _checked(fields: WebhookFields, caller: Caller) -> dict[str, Any]:
    _check_url(fields.url, caller)
    return fields.model_dump(mode="json")


def _check_url(url: str, caller: Caller) -> None:
    error = url_error(url, caller.request.app.state.settings.reach())
    if error is not None:
        raise InvalidRequest(errors=[error])


def _merged(before: dict[str, Any], change: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """What a patch makes of a webhook; its URL is checked where it is new, or will be sent to again."""
    after = merge(before, change)
    try:
        wanted = WebhookFields.model_validate(after).model_dump(mode="json")
    except ValidationError as error:
        raise from_validation(error.errors(include_url=False), after) from None
    if wanted["url"] != before["url"] or (wanted["enabled"] and not before["enabled"]):
        _check_url(wanted["url"], caller)
    return wanted


def _unsealed(response: Response, caller: Caller) -> Response:
    """The answer with its secret in plain text: what is kept under an Idempotency-Key holds it sealed."""
    told = json.loads(bytes(response.body))
    told["secret"] = caller.request.app.state.vault.open(told["secret"].encode())
    response.body = wire.dump(told)
    response.headers["content-length"] = str(len(response.body))
    return response


@router.get("", response_model=WebhookPage)
async def list_webhooks(caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the webhooks, by key."""
    binding = {"list": "webhooks"}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        rows = await store.page(db, caller.workspace_id, position[0] if position else None, size + 1)
    more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1].key]) if len(rows) > size else None
    return answer({"items": [_document(row) for row in rows[:size]], "next_cursor": more}).response()


@router.post("", status_code=201, response_model=WebhookCreated)
async def create_webhook(webhook: WebhookIn, caller: Writer) -> Response:
    """Create a webhook: from now on it is sent what is announced and passes its filter, signed by Standard Webhooks.

    The answer carries the secret, once. The addresses of the URL's name are checked at each delivery.
    """
    wanted = _checked(webhook, caller)
    wanted["key"] = webhook.key or new_key("webhook")
    vault = caller.request.app.state.vault

    async def work(tx: AsyncConnection) -> Answer:
        row = await service.create(tx, caller.workspace_id, wanted, vault, caller.clock())
        told = {**_document(row), "secret": row.secret.decode()}
        return answer(told, 201, etag=service.etag(row), location=f"/v1/webhooks/{row.key}")

    return _unsealed(await caller.write(work), caller)


@router.get("/{webhook}", response_model=WebhookOut)
async def get_webhook(webhook: WebhookPath, caller: Reader) -> Response:
    """Read a webhook."""
    async with caller.read() as db:
        row = await service.get(db, caller.workspace_id, webhook)
    return not_modified(caller.request, service.etag(row)) or _answer(row).response()


@router.patch("/{webhook}", response_model=WebhookOut)
@body(*MERGE_PATCH)
async def update_webhook(
    webhook: WebhookPath, patch: WebhookPatch, caller: Writer, if_match: IfMatch = None
) -> Response:
    """Change a webhook by JSON merge patch; `{"enabled": true}` sends what waited while it was disabled."""
    change = patch.model_dump(mode="json", exclude_unset=True)

    async def work(tx: AsyncConnection) -> Answer:
        edited = partial(_merged, change=change, caller=caller)
        return _answer(await service.change(tx, caller.workspace_id, webhook, edited, caller.clock, if_match))

    return await caller.write(work)


@router.delete("/{webhook}", status_code=204)
async def delete_webhook(webhook: WebhookPath, caller: Writer, if_match: IfMatch = None) -> Response:
    """Delete a webhook, with what is queued for it and its log."""

    async def work(tx: AsyncConnection) -> Answer:
        await service.delete(tx, caller.workspace_id, webhook, if_match)
        return Answer(204)

    return await caller.write(work)


@router.post("/{webhook}/secret", response_model=WebhookSecret)
async def rotate_webhook_secret(webhook: WebhookPath, caller: Writer) -> Response:
    """Make a new secret, shown once. For 24 hours deliveries are signed with the one before, too.

    Secrets that still sign go on to: after several rotations in a day the newest three of those before.
    """
    vault = caller.request.app.state.vault

    async def work(tx: AsyncConnection) -> Answer:
        row = await service.rotate_secret(tx, caller.workspace_id, webhook, vault, caller.clock())
        return answer({"secret": row.secret.decode(), "previous_secret_until": row.previous_secret_until})

    return _unsealed(await caller.write(work), caller)


@router.post("/{webhook}/test", status_code=201, response_model=DeliveryOut)
async def test_webhook(webhook: WebhookPath, caller: Writer) -> Response:
    """Send a `webhook.test` to this webhook, whatever its filter, by the way that everything goes."""

    async def work(tx: AsyncConnection) -> Answer:
        item_id = await service.send_test(tx, caller.workspace_id, webhook, caller.clock())
        row = await service.get(tx, caller.workspace_id, webhook)
        made = await store.delivery(tx, row, item_id)
        assert made is not None
        return answer(_delivery(made), 201, location=f"/v1/webhooks/{webhook}/deliveries/{item_id}")

    return await caller.write(work)


def _delivery(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, "item_id" if name == "id" else name) for name in DeliveryOut.model_fields}


@router.get("/{webhook}/deliveries", response_model=DeliveryPage)
async def list_deliveries(
    webhook: WebhookPath,
    caller: Reader,
    state: Annotated[DeliveryState | None, Query(description="Only those in this state.")] = None,
    type: Annotated[AnnouncementType | None, Query(description="Only those of this type.")] = None,
    plan: Annotated[str | None, Query(pattern=KEY_PATTERN, description="Only those about this plan.")] = None,
    begin: Annotated[Instant | None, Query(alias="from", description="What occurred from this instant on.")] = None,
    finish: Annotated[Instant | None, Query(alias="to", description="What occurred before this instant.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List what was queued for a webhook, the newest first."""
    if begin is not None and finish is not None and begin > finish:
        raise InvalidRequest(errors=[FieldError("/from", "empty_period", "lies after to")])
    given = filters(state=state, type=type, plan=plan, begin=begin, finish=finish)
    binding = {"list": "deliveries", "webhook": webhook, **given}
    position = position_of(caller.cursor_secret, binding, cursor)
    wanted = Wanted((state,) if state else (), type, plan, begin, finish)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        row = await service.get(db, caller.workspace_id, webhook)
        rows = await store.deliveries(db, row, wanted, UUID(position[0]) if position else None, size + 1)
    last = str(rows[size - 1].item_id) if len(rows) > size else None
    more = None if last is None else encode_cursor(caller.cursor_secret, binding, [last])
    return answer({"items": [_delivery(row) for row in rows[:size]], "next_cursor": more}).response()


@router.get("/{webhook}/deliveries/{delivery}", response_model=DeliveryDetailOut)
async def get_delivery(webhook: WebhookPath, delivery: DeliveryPath, caller: Reader) -> Response:
    """Read what is delivered, and every attempt to."""
    async with caller.read() as db:
        row = await service.get(db, caller.workspace_id, webhook)
        found = await store.delivery(db, row, delivery)
        if found is None:
            raise DeliveryNotFound
        tried = await store.attempts(db, row, delivery)
    log = [{name: getattr(a, _COLUMNS.get(name, name)) for name in AttemptOut.model_fields} for a in tried]
    return answer({**_delivery(found), "payload": json.loads(found.body), "attempts": log}).response()


_COLUMNS = {"response_excerpt": "excerpt"}


@router.post("/{webhook}/replays", response_model=ReplayOut)
async def replay_deliveries(webhook: WebhookPath, replay: ReplayIn, caller: Writer) -> Response:
    """Queue deliveries again, with the `webhook-id` they had: one, or those of a period (by default the dead ones).

    They go in their order: before what is newer and still pending of the same plan. A period with more than 1,000
    takes several calls, each with the `next_cursor` of the one before.
    """
    states, begin, finish = sorted(replay.states), replay.begin, replay.finish
    binding = {"list": "replays", "webhook": webhook, "states": states, **filters(begin=begin, finish=finish)}
    position = position_of(caller.cursor_secret, binding, replay.cursor)
    after = UUID(position[0]) if position else None
    wanted = replay.delivery or Wanted(states, begin=begin, finish=finish, after=after)

    async def work(tx: AsyncConnection) -> Answer:
        queued, last = await service.replay(tx, caller.workspace_id, webhook, wanted, caller.clock())
        more = None if last is None else encode_cursor(caller.cursor_secret, binding, [str(last)])
        return answer({"queued": queued, "next_cursor": more})

    return await caller.write(work)
