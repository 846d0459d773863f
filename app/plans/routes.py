"""HTTP of plans, documents, revisions, comparisons and baselines."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.domain.changes import compare
from app.domain.plan import PlanContent
from app.formats.leeway import to_yaml
from app.kit import wire
from app.kit.answers import Answer, answer, file
from app.kit.bulk import as_dict
from app.kit.etags import IfMatch, IfNoneMatch, not_modified, require_match
from app.kit.ids import new_key
from app.kit.limits import MAX_DOCUMENT_BYTES
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import Reason, RecordedAt, Revision
from app.kit.patching import merge
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.kit.routing import JSON, MERGE_PATCH, StrictRoute, body
from app.kit.stamps import Stamp
from app.kit.threads import beside_loop
from app.milestones.content import load
from app.milestones.schemas import PlanPath
from app.plans import baseline_store, documents, service, store
from app.plans.change_schemas import changes_document
from app.plans.field_schemas import PlanFieldsIn, PlanPatch, PlanStatus, fields_document, to_fields
from app.plans.lookup import baseline_of, head_of, locked, revision_of
from app.plans.problems import RevisionNotFound
from app.plans.schemas import (
    BaselineIn,
    BaselineOut,
    BaselinePage,
    ComparisonOut,
    DocumentIn,
    DocumentOut,
    DocumentResult,
    PlanIn,
    PlanOut,
    PlanPage,
    RevisionDetail,
    RevisionPage,
    baseline_document,
    document,
    plan_document,
)

router = APIRouter(prefix="/v1/plans", route_class=StrictRoute)

YAML = "application/yaml"

Reader = Annotated[Caller, needs(Scope.plans_read)]
Writer = Annotated[Caller, needs(Scope.plans_write)]


def _stamp(caller: Caller, reason: str | None, recorded_at: Any = None) -> Stamp:
    if recorded_at is not None:
        caller.require(Scope.history_write)
    return Stamp(caller.name, caller.clock, reason, recorded_at)


@router.get("", tags=["plans"], response_model=PlanPage)
async def list_plans(
    caller: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[PlanStatus | None, Query(description="Only plans of this status.")] = None,
) -> Response:
    """List the plans of the workspace, by key."""
    binding = {"list": "plans", "status": status}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        found = await store.page(db, caller.workspace_id, position[0] if position else None, size + 1, status)
        numbers = await baseline_store.current_numbers(db, [head for head, _ in found])
    items = [plan_document(head, fields, numbers.get(head.plan_id)) for head, fields in found[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["key"]]) if len(found) > size else None
    return answer({"items": items, "next_cursor": more}).response()


@router.post("", tags=["plans"], status_code=201, response_model=PlanOut)
async def create_plan(
    plan: PlanIn, caller: Writer, reason: Reason = None, recorded_at: RecordedAt = None
) -> Response:
    """Create a plan without milestones."""
    key, stamp = plan.key or new_key("plan"), _stamp(caller, reason, recorded_at)

    async def work(tx: AsyncConnection) -> Answer:
        edited = await service.create(tx, caller.workspace_id, key, to_fields(plan), stamp)
        content = plan_document(edited.head, edited.content.fields, None)
        return answer(content, 201, etag=service.etag(edited.head), location=f"/v1/plans/{key}")

    return await caller.write(work)


@router.get("/{plan}", tags=["plans"], response_model=PlanOut)
async def get_plan(plan: PlanPath, caller: Reader) -> Response:
    """Read a plan: its scalar fields and where it stands."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        fields = await store.fields_at(db, head, head.revision)
        numbers = await baseline_store.current_numbers(db, [head])
    # No 304: `current_baseline` may change under the same ETag, which tells the content that edits must match.
    return answer(plan_document(head, fields, numbers.get(head.plan_id)), etag=service.etag(head)).response()


@router.patch("/{plan}", tags=["plans"], response_model=PlanOut)
@body(*MERGE_PATCH)
async def update_plan(
    plan: PlanPath, patch: PlanPatch, caller: Writer, if_match: IfMatch = None, reason: Reason = None
) -> Response:
    """Change a plan's fields (a new revision) or its status by JSON merge patch."""
    change = patch.model_dump(mode="json", exclude_unset=True)
    status = change.pop("status", None)
    stamp = _stamp(caller, reason)

    async def work(tx: AsyncConnection) -> Answer:
        head = await locked(tx, caller.workspace_id, plan)
        require_match(if_match, service.etag(head))
        after = merge(fields_document(await store.fields_at(tx, head, head.revision)), change)
        try:
            fields = to_fields(PlanFieldsIn.model_validate(after))
        except ValidationError as error:
            raise from_validation(error.errors(include_url=False), after) from None
        head, fields = await service.change(tx, head, fields, status, stamp)
        numbers = await baseline_store.current_numbers(tx, [head])
        return answer(plan_document(head, fields, numbers.get(head.plan_id)), etag=service.etag(head))

    return await caller.write(work)


@router.delete("/{plan}", tags=["plans"], status_code=204)
async def delete_plan(plan: PlanPath, caller: Writer, if_match: IfMatch = None) -> Response:
    """Delete a plan: it is hidden at once, its key stays reserved, its data is purged later."""

    async def work(tx: AsyncConnection) -> Answer:
        await service.delete(tx, caller.workspace_id, plan, _stamp(caller, None), if_match)
        return Answer(204)

    return await caller.write(work)


@router.get(
    "/{plan}/document",
    tags=["plans"],
    response_model=DocumentOut,
    responses={200: {"content": {YAML: {"schema": {"type": "string"}}}}},
)
async def get_document(
    plan: PlanPath,
    caller: Reader,
    revision: Revision = None,
    format_: Annotated[
        Literal["json", "yaml"], Query(alias="format", description="`yaml` for people; it says the same.")
    ] = "json",
) -> Response:
    """Read the whole plan as one document, in its newest or an older revision, also as a file to keep.

    PUT it back, or import it, and nothing changes.
    """
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        number = revision_of(head, revision)
        content = await load(db, head, number)
    tag = f'"r{number}"' if format_ == "json" else f'"r{number}-yaml"'
    unchanged = not_modified(caller.request, tag)
    return unchanged or (await beside_loop(len(content.milestones), _document_file, plan, content, tag)).response()


def _document_file(plan: str, content: PlanContent, etag: str) -> Answer:
    told = document(content)
    if etag.endswith('yaml"'):
        return file(to_yaml(wire.plain(told)).encode(), YAML, f"{plan}.yaml", etag=etag)
    return file(wire.dump(told), JSON[0], f"{plan}.json", etag=etag)


@router.put(
    "/{plan}/document",
    tags=["plans"],
    response_model=DocumentResult,
    responses={201: {"model": DocumentResult, "description": "The plan was created."}},
)
@body(*JSON, max_bytes=MAX_DOCUMENT_BYTES, schemas={JSON[0]: DocumentIn})
async def put_document(
    plan: PlanPath,
    caller: Writer,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    dry_run: Annotated[bool, Query(description="Answer what would change, and change nothing.")] = False,
    reason: Reason = None,
    recorded_at: RecordedAt = None,
) -> Response:
    """Create or replace a whole plan in one revision; without a difference nothing happens."""
    stamp = _stamp(caller, reason, recorded_at)
    if if_none_match not in {None, "*"}:
        raise InvalidRequest(errors=[FieldError("#header/If-None-Match", "invalid", "must be *")])
    options = service.PutOptions(if_match, if_none_match, dry_run)
    parsed = await asyncio.to_thread(documents.parse, await caller.request.body())

    async def work(tx: AsyncConnection) -> Answer:
        edited, before, created = await service.put_document(tx, caller.workspace_id, plan, parsed, stamp, options)
        content = {
            "plan": plan,
            "revision": edited.head.revision,
            "created": created,
            "changed": created or bool(edited.changes),
            "dry_run": dry_run,
            "changes": changes_document(edited.changes, before, edited.content),
        }
        etag = service.document_etag(edited.head)
        if created and not dry_run:
            return answer(content, 201, etag=etag, location=f"/v1/plans/{plan}")
        return answer(content, etag=etag)

    return await caller.write(work)


@router.get("/{plan}/revisions", tags=["revisions"], response_model=RevisionPage)
async def list_revisions(plan: PlanPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List who changed what, when and why, newest first."""
    binding = {"list": "revisions", "plan": plan}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        rows = await store.revisions_page(db, head, position[0] if position else None, size + 1)
    items = [as_dict(row) for row in rows[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["revision"]]) if len(rows) > size else None
    return answer({"items": items, "next_cursor": more}).response()


RevisionPath = Annotated[int, Path(ge=1, le=2_147_483_646, description="Number of the revision.")]


@router.get("/{plan}/revisions/{revision}", tags=["revisions"], response_model=RevisionDetail)
async def get_revision(plan: PlanPath, revision: RevisionPath, caller: Reader) -> Response:
    """Read a revision with every change against the one before."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        row = await store.revision(db, head, revision)
        if row is None:
            raise RevisionNotFound
        after = await load(db, head, revision)
        before = PlanContent(after.fields, {}, {}) if revision == 1 else await load(db, head, revision - 1)
    changes = await beside_loop(len(after.milestones), compare, before, after)
    content = {**as_dict(row), "changes": changes_document(changes, before, after)}
    return answer(content).response()


_REFERENCE = "`current`, `revision:N`, `baseline:N`, `baseline:original` or `baseline:current`."
Reference = Annotated[str, Query(max_length=40, description=_REFERENCE, examples=["baseline:1"])]


@router.get("/{plan}/comparison", tags=["revisions"], response_model=ComparisonOut)
async def compare_revisions(
    plan: PlanPath,
    caller: Reader,
    from_: Annotated[str, Query(alias="from", max_length=40, description=_REFERENCE, examples=["baseline:1"])],
    to: Reference = "current",
) -> Response:
    """Compare any two of baselines, revisions and the current plan."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        first, first_baseline = await service.resolve(db, head, "from", from_)
        second, second_baseline = await service.resolve(db, head, "to", to)
        before, after = await load(db, head, first), await load(db, head, second)
    changes = await beside_loop(len(after.milestones), compare, before, after)
    content = {
        "plan": plan,
        "from": {"revision": first, "baseline": first_baseline},
        "to": {"revision": second, "baseline": second_baseline},
        "changes": changes_document(changes, before, after),
    }
    return answer(content).response()


@router.get("/{plan}/baselines", tags=["baselines"], response_model=BaselinePage)
async def list_baselines(plan: PlanPath, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the baselines of a plan, by number."""
    binding = {"list": "baselines", "plan": plan}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        rows = await baseline_store.baselines_page(db, head, position[0] if position else None, size + 1)
    items = [baseline_document(row) for row in rows[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [items[-1]["number"]]) if len(rows) > size else None
    return answer({"items": items, "next_cursor": more}).response()


@router.post("/{plan}/baselines", tags=["baselines"], status_code=201, response_model=BaselineOut)
async def create_baseline(
    plan: PlanPath, baseline: BaselineIn, caller: Writer, recorded_at: RecordedAt = None
) -> Response:
    """Freeze a revision as the plan's next baseline; the first activates the plan."""
    stamp = _stamp(caller, baseline.reason, recorded_at)

    async def work(tx: AsyncConnection) -> Answer:
        head, number = await service.capture_baseline(tx, caller.workspace_id, plan, baseline, stamp)
        row = await baseline_store.baseline(tx, head, number)
        return answer(baseline_document(row), 201, location=f"/v1/plans/{plan}/baselines/{number}")

    return await caller.write(work)


BaselinePath = Annotated[
    str, Path(pattern=r"^([1-9]\d{0,8}|original|current)$", description="Its number, `original` or `current`.")
]


@router.get("/{plan}/baselines/{number}", tags=["baselines"], response_model=BaselineOut)
async def get_baseline(plan: PlanPath, number: BaselinePath, caller: Reader) -> Response:
    """Read a baseline."""
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        row = await baseline_of(db, head, number)
    return answer(baseline_document(row)).response()
