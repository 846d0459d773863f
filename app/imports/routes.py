"""HTTP of imports."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from app.access.caller import Caller, needs
from app.access.service import Scope
from app.imports import service, store
from app.imports.problems import ImportNotFound
from app.imports.reading import MEDIA_TYPES
from app.imports.schemas import ImportOut, ImportPage, item
from app.imports.uploads import Wanted, read
from app.kit.answers import Answer, answer
from app.kit.ids import KEY_PATTERN
from app.kit.limits import MAX_IMPORT_BYTES
from app.kit.paging import MAX_LIMIT, Cursor, Limit, encode_cursor, position_of
from app.kit.parameters import Reason
from app.kit.routing import StrictRoute, body, media_type_of
from app.kit.stamps import Stamp
from app.plans import store as plans
from app.plans.schemas import DocumentIn

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=StrictRoute)

Reader = Annotated[Caller, needs(Scope.plans_read)]
Importer = Annotated[Caller, needs(Scope.plans_write, Scope.calendars_write, Scope.events_write)]
_BODIES = {name: DocumentIn if name == "application/json" else bytes for name in MEDIA_TYPES}


PlanKey = Annotated[
    str | None,
    Query(
        pattern=KEY_PATTERN,
        description="Key of the plan to create or update. Left out: made of the project's id or name in the file; "
        "a plan that has it is updated only if a file of that project made or updated it before.",
    ),
]
ZoneName = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=100,
        description="IANA zone of the file's local times. A plan that exists has its own; else UTC by default.",
    ),
]
ProjectName = Annotated[
    str | None, Query(min_length=1, max_length=200, description="Which project, of a file with several.")
]


@router.post(
    "",
    status_code=201,
    response_model=ImportOut,
    responses={200: {"model": ImportOut, "description": "A dry run, or the report of the same file's first import."}},
)
@body(*MEDIA_TYPES, max_bytes=MAX_IMPORT_BYTES, schemas=_BODIES)
async def create_import(
    caller: Importer,
    plan: PlanKey = None,
    dry_run: Annotated[bool, Query(description="Answer what would change, and change nothing.")] = False,
    time_zone: ZoneName = None,
    project: ProjectName = None,
    reason: Reason = None,
) -> Response:
    """Import a schedule file: Primavera XER, Microsoft Project XML, CSV or TSV, or Leeway's own document.

    It creates the plan, or updates it: what the file says replaces what the plan says, what such a file cannot
    say stays, and of what has happened only what is new is recorded. All or nothing. The same file again
    answers the first report.
    """
    wanted = Wanted(plan, time_zone, project, dry_run)
    content = await caller.request.body()
    upload = await read(caller.read, caller.workspace_id, content, media_type_of(caller.request), wanted, caller.now)
    stamp = Stamp(caller.name, caller.clock, reason)

    async def work(tx: AsyncConnection) -> Answer:
        report, import_id = await service.run(tx, caller.workspace_id, upload, stamp)
        if import_id is None:
            return Answer(200, report)
        return Answer(201, report, {"Location": f"/v1/imports/{import_id}"})

    try:
        return await caller.write(work)
    except service.DryRun as done:
        return Answer(200, done.report).response()


@router.get("", response_model=ImportPage)
async def list_imports(
    caller: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    plan: Annotated[str | None, Query(pattern=KEY_PATTERN, description="Only those into this plan.")] = None,
) -> Response:
    """List imports, newest first."""
    binding = {"list": "imports", "plan": plan}
    position = position_of(caller.cursor_secret, binding, cursor)
    size = min(limit, MAX_LIMIT)
    async with caller.read() as db:
        before = UUID(position[0]) if position else None
        rows = await store.page(db, caller.workspace_id, plan, before, size + 1)
        keys = await plans.keys_of(db, caller.workspace_id, {row.plan_id for row in rows})
    items = [item(row, keys[row.plan_id]) for row in rows[:size]]
    more = encode_cursor(caller.cursor_secret, binding, [str(items[-1]["id"])]) if len(rows) > size else None
    return answer({"items": items, "next_cursor": more}).response()


ImportPath = Annotated[UUID, Path(alias="import", description="Id of the import.")]


@router.get("/{import}", response_model=ImportOut)
async def get_import(import_id: ImportPath, caller: Reader) -> Response:
    """Read the report of an import."""
    async with caller.read() as db:
        report = await store.report(db, caller.workspace_id, import_id)
    if report is None:
        raise ImportNotFound
    return Answer(200, report.encode()).response()
