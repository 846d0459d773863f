"""Bytes to events: JSON, NDJSON, CloudEvents and CDEvents, each item judged by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from app.events.batch_schemas import BatchEventIn
from app.events.cd_event_schemas import CdEvent, is_cd_event
from app.events.cd_events import Rules, Unmapped, mapped
from app.events.problems import EventRefused
from app.events.schemas import CloudEvent, ExecutionEventIn
from app.events.service import Incoming
from app.kit import strict_json, wire
from app.kit.ids import is_key
from app.kit.limits import MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from app.kit.problems import FieldError, InvalidRequest, PayloadTooLarge, Problem, from_validation

JSON = "application/json"
NDJSON = "application/x-ndjson"
CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENTS = "application/cloudevents-batch+json"

_event: TypeAdapter[Any] = TypeAdapter(ExecutionEventIn)
_batch_event: TypeAdapter[Any] = TypeAdapter(BatchEventIn)
_cloud_event: TypeAdapter[CloudEvent] = TypeAdapter(CloudEvent)
_cd_event: TypeAdapter[CdEvent] = TypeAdapter(CdEvent)

_DATED = {"milestone.blocked", "milestone.forecast_changed", "event.corrected"}

Item = Incoming | Problem
Read = Incoming | Unmapped
T = TypeVar("T")


def plain_event(workspace_id: int, plan: str, raw: Any) -> Incoming:
    """The event of a request to one plan, in our own form.

    Raises:
        InvalidRequest: it does not fit its schema.
    """
    return _incoming(workspace_id, plan, _validated(_event, raw), raw)


def read_event(workspace_id: int, plan: str, raw: Any, media_type: str) -> Read:
    """The event of a request to one plan; a CDEvent has still to be mapped.

    Raises:
        InvalidRequest: it does not fit its schema, or a CloudEvent names another plan.
    """
    if media_type != CLOUD_EVENT:
        return plain_event(workspace_id, plan, raw)
    if is_cd_event(raw):
        return Unmapped(_validated(_cd_event, raw), raw)
    named, event = _from_cloud_event(raw)
    if named != plan:
        raise InvalidRequest(errors=[FieldError("/subject", "other_plan", "names another plan than the path")])
    return _incoming_of_cloud(workspace_id, plan, event)


def mapped_event(workspace_id: int, plan: str, found: Unmapped, rules: Rules) -> Incoming:
    """The event that a CDEvent sent to one plan is.

    Raises:
        NoMapping: the rules do not say what it means.
        InvalidRequest: it does not fit what it is mapped to, or is of another plan.
    """
    named, event = mapped(rules, found, plan)
    if named != plan:
        raise InvalidRequest(errors=[FieldError("", "other_plan", "is mapped to another plan than the path's")])
    return _incoming_of_cloud(workspace_id, plan, event)


def mapped_batch(workspace_id: int, items: Sequence[Read | Problem], rules: Rules) -> list[Item]:
    """The items of a batch with every CDEvent mapped, or why it is not."""

    def one(_: int, found: Unmapped) -> Incoming:
        return _incoming_of_cloud(workspace_id, *mapped(rules, found))

    return [_item(workspace_id, item, one) if isinstance(item, Unmapped) else item for item in items]


def read_batch(workspace_id: int, body: bytes, media_type: str) -> list[Read | Problem]:
    """The items of a batch in order: an event each, CDEvents still to be mapped, or why it cannot be read.

    Raises:
        MalformedJson, InvalidRequest: the batch as a whole cannot be read.
        PayloadTooLarge: more than 10,000 items.
    """
    if media_type == NDJSON:
        lines = [line for line in body.split(b"\n") if line.strip()]
        _check_count(len(lines))
        return [_item(workspace_id, line, _batch_line) for line in lines]
    raw = strict_json.parse(body)
    if not isinstance(raw, list):
        raise InvalidRequest(errors=[FieldError("", "not_a_list", "must be an array of events")])
    _check_count(len(raw))
    read: Callable[[int, Any], Read] = _cloud_item if media_type == CLOUD_EVENTS else _batch_item
    return [_item(workspace_id, value, read) for value in raw]


def _check_count(count: int) -> None:
    if count > MAX_BATCH_EVENTS:
        raise PayloadTooLarge(f"A batch has at most {MAX_BATCH_EVENTS} events.")


def _item(workspace_id: int, value: Any, read: Callable[[int, Any], T]) -> T | Problem:
    try:
        return read(workspace_id, value)
    except Problem as problem:
        return problem


def _batch_line(workspace_id: int, line: bytes) -> Incoming:
    return _batch_item(workspace_id, strict_json.parse(line))


def _batch_item(workspace_id: int, value: Any) -> Incoming:
    if not isinstance(value, dict):
        raise InvalidRequest(errors=[FieldError("", "not_an_object", "must be an event")])
    event = _validated(_batch_event, value)
    return _incoming(workspace_id, event.plan, event, value)


def _cloud_item(workspace_id: int, value: Any) -> Read:
    if is_cd_event(value):
        return Unmapped(_validated(_cd_event, value), value)
    plan, event = _from_cloud_event(value)
    return _incoming_of_cloud(workspace_id, plan, event)


def _incoming_of_cloud(workspace_id: int, plan: str, event: dict[str, Any]) -> Incoming:
    """The event, its errors told by the names that a CloudEvent has for its parts."""
    try:
        return _incoming(workspace_id, plan, _validated(_event, event), event)
    except InvalidRequest as problem:
        names = {"/occurred_at": "/time", "/milestone": "/subject"}
        raise InvalidRequest(
            errors=[replace(e, pointer=names.get(e.pointer, e.pointer)) for e in problem.errors]
        ) from None


def _from_cloud_event(raw: Any) -> tuple[str, dict[str, Any]]:
    """The plan a CloudEvent's subject names, and the event in our own form."""
    event = _validated(_cloud_event, raw)
    _, plan, *milestone = event.subject.split("/")
    if not is_key(plan):
        raise InvalidRequest(errors=[FieldError("/subject", "invalid_key", "names no plan")])
    ours = {
        "id": event.id,
        "source": event.source,
        "type": event.type.removeprefix("leeway."),
        "occurred_at": raw["time"],
        "actor": event.actor,
        "data": event.data,
    }
    if milestone:
        ours["milestone"] = milestone[1]
    return plan, ours


def _validated(schema: TypeAdapter[T], raw: Any) -> T:
    try:
        return schema.validate_python(raw)
    except ValidationError as error:
        raise from_validation(error.errors(include_url=False, include_input=False), raw) from None


def _incoming(workspace_id: int, plan: str, event: Any, raw: Any) -> Incoming:
    given = raw.get("data", {})
    # Data without dates is kept as it was given; dates are told in UTC.
    data = event.data.model_dump(mode="json", exclude_unset=True) if event.type in _DATED else given
    if data and len(wire.dump(data)) > MAX_EVENT_BYTES:
        raise EventRefused(errors=[FieldError("/data", "too_large", f"is larger than {MAX_EVENT_BYTES} bytes")])
    return Incoming(
        workspace_id,
        plan,
        event.source,
        event.id,
        event.type,
        getattr(event, "milestone", None),
        event.occurred_at,
        event.actor,
        data,
        event.recorded_at,
    )


def event_document(plan: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded event as JSON-ready values."""
    return {
        "plan": plan,
        "sequence": row["sequence"],
        "source": row["source"],
        "id": row["event_id"],
        "type": row["type"],
        "milestone": row["milestone"],
        "occurred_at": row["occurred_on"] or row["occurred_at"],
        "recorded_at": row["recorded_at"],
        "actor": row["actor"],
        "data": row["data"],
    }


def problem_document(problem: Problem) -> dict[str, Any]:
    """Why an item was not recorded, as JSON-ready values."""
    document = problem.document()
    return {name: document[name] for name in ("type", "title", "status", "detail", "code", "errors")}


def item_errors(problems: Sequence[tuple[int, Problem]]) -> list[FieldError]:
    """The problems of a batch's items as places in the batch."""
    errors = []
    for index, problem in problems:
        inner = problem.errors or [FieldError("", problem.slug, problem.detail)]
        errors += [FieldError(f"/{index}{e.pointer}", e.code, e.detail) for e in inner]
    return errors
