"""The five operations that every kind of parts has: one function makes them all."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.plan import PartBody
from app.kit.answers import Answer, answer
from app.kit.etags import IfMatch, not_modified, require_match
from app.kit.ids import KEY_PATTERN, new_key
from app.kit.paging import MAX_LIMIT, Cursor, Limit, decode_cursor, encode_cursor, position_of
from app.kit.parameters import Reason, Revision
from app.kit.patching import merge
from app.kit.problems import from_validation
from app.kit.routing import MERGE_PATCH, StrictRoute, body
from app.kit.schemas import In
from app.kit.stamps import Stamp
from app.milestones.schemas import PlanPath
from app.parts import service, store
from app.parts.schemas import answered, body_of, page, patch, with_key
from app.parts.service import Kind
from app.plans.lookup import head_of, locked, revision_of
from app.plans.store import Head

Reader = Annotated[Caller, needs(Scope.plans_read)]
Writer = Annotated[Caller, needs(Scope.plans_write)]


class Derived(NamedTuple):
    """What answers tell of a part beyond what it says itself; its ETag does not follow that, so there is no 304.

    Attributes:
        fields: type and description of each, as `create_model` takes them.
        of: their values by the keys of parts of a revision.
    """

    fields: Mapping[str, Any]
    of: Callable[[AsyncConnection, Head, int, Collection[str]], Awaitable[Mapping[str, Mapping[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Resource:
    """How a kind of parts is shown.

    Attributes:
        kind: what it is inside.
        one, many: its name in operations and sentences: `metric`, `metrics`.
        schema: the beginning of the names of its models: `Metric`.
        fields: the model of what it says, without its key.
        named_after: what its key is the key of, if it has none of its own, which then must be given.
        derived: what is told of it besides.
    """

    kind: Kind
    one: str
    many: str
    schema: str
    fields: type[In]
    named_after: str | None = None
    derived: Derived | None = None

    @property
    def parameter(self) -> str:
        """The name of the key in paths."""
        return self.named_after or self.one


def router_of(resource: Resource) -> APIRouter:
    """`/v1/plans/{plan}/…`: list, create, read, change, delete parts of one kind; each edit is a new revision."""
    router = APIRouter(
        prefix=f"/v1/plans/{{plan}}/{resource.kind.part}", route_class=StrictRoute, tags=[resource.many]
    )
    out = answered(resource.fields, resource.schema, {} if resource.derived is None else resource.derived.fields)
    _add_reads(router, resource, out)
    _add_create(router, resource, out)
    _add_change(router, resource, out)
    _add_delete(router, resource)
    return router


def _answer(
    key: str,
    told: PartBody,
    revision: int,
    besides: Mapping[str, Any],
    status: int = 200,
    location: str | None = None,
) -> Answer:
    content = {"key": key, **told, **besides, "revision": revision}
    return answer(content, status, etag=service.etag(revision), location=location)


async def _besides(
    resource: Resource, db: AsyncConnection, head: Head, revision: int, keys: Collection[str]
) -> Mapping[str, Mapping[str, Any]]:
    """By key, what is told of parts of a revision beyond what they say themselves."""
    if resource.derived is None:
        return {key: {} for key in keys}
    return await resource.derived.of(db, head, revision, keys)


def _key_path(resource: Resource) -> Any:
    told = f"Key of the {resource.parameter}."
    return Annotated[str, Path(alias=resource.parameter, pattern=KEY_PATTERN, description=told)]


def _binding(caller: Caller, cursor: str | None, head: Head, revision: int | None, many: str) -> dict[str, Any]:
    """What a cursor is bound to; it carries the revision of the first page, which later pages read too."""
    if cursor is None:
        carried: dict[str, Any] = {"revision": revision_of(head, revision)}
    else:
        carried = decode_cursor(caller.cursor_secret, cursor)[1]
    return {"list": many, "plan": head.key, "revision": revision, "carried": carried}


def _add_reads(router: APIRouter, resource: Resource, out: Any) -> None:
    kind, many, one = resource.kind, resource.many, resource.one
    key_path = _key_path(resource)

    async def list_parts(
        plan: PlanPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None, revision: Revision = None
    ) -> Response:
        async with caller.read() as db:
            head = await head_of(db, caller.workspace_id, plan)
            binding = _binding(caller, cursor, head, revision, many)
            position = position_of(caller.cursor_secret, binding, cursor)
            size, at = min(limit, MAX_LIMIT), binding["carried"]["revision"]
            rows = await store.page(db, head, at, kind.part, position[0] if position else None, size + 1)
            besides = await _besides(resource, db, head, at, [key for key, _, _ in rows[:size]])
        more = encode_cursor(caller.cursor_secret, binding, [rows[size - 1][0]]) if len(rows) > size else None
        items = [{"key": key, **told, **besides[key], "revision": since} for key, told, since in rows[:size]]
        return answer({"items": items, "next_cursor": more}).response()

    async def get_part(plan: PlanPath, key: key_path, caller: Reader) -> Response:  # type: ignore[valid-type]
        async with caller.read() as db:
            head = await head_of(db, caller.workspace_id, plan)
            told, revision = await service.get(db, head, kind, key)
            besides = await _besides(resource, db, head, head.revision, [key])
        unchanged = None if resource.derived else not_modified(caller.request, service.etag(revision))
        return unchanged or _answer(key, told, revision, besides[key]).response()

    router.add_api_route(
        "",
        list_parts,
        name=f"list_{many}",
        response_model=page(out, resource.schema),
        description=f"List the {many} of a plan, by key.",
    )
    router.add_api_route(
        f"/{{{resource.parameter}}}",
        get_part,
        name=f"get_{one}",
        response_model=out,
        description=f"Read {_a(one)} of a plan.",
    )


def _add_create(router: APIRouter, resource: Resource, out: Any) -> None:
    kind, one = resource.kind, resource.one
    model: Any = with_key(resource.fields, resource.schema, resource.named_after)

    async def create_part(plan: PlanPath, part: model, caller: Writer, reason: Reason = None) -> Response:
        key, told = part.key or new_key(one), body_of(part)

        async def work(tx: AsyncConnection) -> Answer:
            head = await locked(tx, caller.workspace_id, plan)
            stamp = Stamp(caller.name, caller.clock, reason)
            edited = await service.create(tx, head, kind, key, told, stamp)
            revision, place = edited.head.revision, f"/v1/plans/{plan}/{kind.part}/{key}"
            besides = await _besides(resource, tx, edited.head, revision, [key])
            return _answer(key, told, revision, besides[key], 201, place)

        return await caller.write(work)

    router.add_api_route(
        "",
        create_part,
        methods=["POST"],
        status_code=201,
        name=f"create_{one}",
        response_model=out,
        description=f"Add {_a(one)} to a plan: a new revision.",
    )


def _add_change(router: APIRouter, resource: Resource, out: Any) -> None:
    kind, one = resource.kind, resource.one
    model: Any = patch(resource.fields, resource.schema)
    key_path = _key_path(resource)

    @body(*MERGE_PATCH)
    async def update_part(
        plan: PlanPath,
        key: key_path,  # type: ignore[valid-type]
        change: model,
        caller: Writer,
        if_match: IfMatch = None,
        reason: Reason = None,
    ) -> Response:
        wanted = change.model_dump(mode="json", exclude_unset=True)

        async def work(tx: AsyncConnection) -> Answer:
            head = await locked(tx, caller.workspace_id, plan)
            before, revision = await service.get(tx, head, kind, key)
            require_match(if_match, service.etag(revision))
            after = _patched(resource.fields, before, wanted)
            edited = await service.put(tx, head, kind, key, after, Stamp(caller.name, caller.clock, reason))
            besides = await _besides(resource, tx, edited.head, edited.head.revision, [key])
            return _answer(key, after, edited.head.revision if edited.changes else revision, besides[key])

        return await caller.write(work)

    router.add_api_route(
        f"/{{{resource.parameter}}}",
        update_part,
        methods=["PATCH"],
        name=f"update_{one}",
        response_model=out,
        description=f"Change {_a(one)} by JSON merge patch: a new revision, unless nothing differs.",
    )


def _patched(model: type[In], before: PartBody, change: PartBody) -> PartBody:
    """The body after a merge patch.

    Raises:
        InvalidRequest: it does not fit the model.
    """
    after = merge(before, change)
    try:
        return body_of(model.model_validate(after))
    except ValidationError as error:
        raise from_validation(error.errors(include_url=False), after) from None


def _add_delete(router: APIRouter, resource: Resource) -> None:
    kind, one = resource.kind, resource.one
    key_path = _key_path(resource)

    async def delete_part(
        plan: PlanPath,
        key: key_path,  # type: ignore[valid-type]
        caller: Writer,
        if_match: IfMatch = None,
        reason: Reason = None,
    ) -> Response:
        async def work(tx: AsyncConnection) -> Answer:
            head = await locked(tx, caller.workspace_id, plan)
            _, revision = await service.get(tx, head, kind, key)
            require_match(if_match, service.etag(revision))
            await service.delete(tx, head, kind, key, Stamp(caller.name, caller.clock, reason))
            return Answer(204)

        return await caller.write(work)

    router.add_api_route(
        f"/{{{resource.parameter}}}",
        delete_part,
        methods=["DELETE"],
        status_code=204,
        name=f"delete_{one}",
        description=f"Take {_a(one)} out of a plan: a new revision. What was recorded of it stays.",
    )


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
