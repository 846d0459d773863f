"""HTTP of schedules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.access.caller import Caller
from app.domain.changes import compare
from app.domain.plan import PlanContent
from app.formats import csv_writer, mspdi_writer
from app.formats.exported import Exported
from app.kit import wire
from app.kit.answers import answer, file
from app.kit.limits import MAX_BODY_BYTES
from app.kit.paging import MAX_ITEMS_LIMIT, Cursor
from app.kit.routing import StrictRoute, body
from app.kit.threads import beside_loop
from app.milestones.schemas import PlanPath
from app.parts.store import parts_at
from app.plans.change_schemas import changes_document
from app.plans.changes_wire import ASSIGNMENTS
from app.plans.lookup import head_of
from app.schedule import service
from app.schedule.exports import baselines_of, export
from app.schedule.preview import changed, happened, preview, with_content
from app.schedule.schemas import PreviewIn, PreviewOut, ScheduleOut
from app.variance.asking import Asked, AsOf, BaselineName, ItemLimit, KnownAt, Reader, ask, size, snapshot_of
from app.variance.service import header
from app.variance.snapshot import Question, take

CSV, XML = "text/csv", "text/xml"
_TEXT = {"type": "string"}

router = APIRouter(prefix="/v1/plans/{plan}", tags=["schedule"], route_class=StrictRoute)


@router.get("/schedule", response_model=ScheduleOut)
async def get_schedule(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
    critical: Annotated[bool | None, Query(description="Only critical milestones, or only the others.")] = None,
    limit: ItemLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """Early, late and projected dates, floats and the critical path, and what sets each date."""
    question = Question(as_of, known_at, baseline)
    asked = await ask(caller, plan, question, {"list": "schedule", "critical": critical}, cursor)
    page = (min(limit, MAX_ITEMS_LIMIT), asked.after, critical)
    content = await beside_loop(size(asked.snapshot), _page, asked, page)
    last = content.pop("last")
    return answer({**asked.header, **content, "next_cursor": asked.next_cursor(last)}).response()


def _page(asked: Asked, page: tuple[int, str | None, bool | None]) -> dict[str, Any]:
    limit, after, critical = page
    computed = service.compute(asked.snapshot, asked.as_of, asked.header["as_of_source"])
    chosen = [
        item
        for item in computed.items
        if (critical is None or computed.schedule.items[item.milestone].critical is critical)
        and (after is None or item.milestone > after)
    ]
    shown = chosen[:limit]
    return {
        "summary": service.summary_document(computed),
        "items": service.item_documents(computed, shown),
        "last": shown[-1].milestone if shown and len(chosen) > limit else None,
    }


@router.post("/schedule/preview", response_model=PreviewOut)
@body(max_bytes=MAX_BODY_BYTES)
async def preview_schedule(
    plan: PlanPath,
    wanted: PreviewIn,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
) -> Response:
    """What if: the whole schedule with changes of the plan and events that did not happen. Nothing is stored."""
    before = await snapshot_of(caller, plan, Question(as_of, known_at, baseline))
    work = size(before) + len(wanted.milestones) + len(wanted.dependencies) + len(wanted.events)
    async with caller.read() as db:
        others = await parts_at(db, before.head, before.revision, ASSIGNMENTS) if wanted.assignments else {}
    content = PlanContent(before.fields, before.current, before.dependencies, others)
    changed_content = await beside_loop(work, changed, content, wanted)
    async with caller.read() as db:
        after = await with_content(db, before, changed_content, caller.now)
    raw = await caller.request.json()
    after = replace(after, events=[*before.events, *happened(wanted, raw, after)])
    at, source = after.as_of(as_of, caller.now)
    head = header(after, at, source)
    head["inputs_digest"] = wire.digest([head["inputs_digest"], raw])
    changes = changes_document(compare(content, changed_content), content, changed_content)
    told = await beside_loop(work, preview, before, after, at, source)
    return answer({**head, **told, "effect": {"changes": changes, **told["effect"]}}).response()


@router.get("/schedule.csv", response_class=Response, responses={200: {"content": {CSV: {"schema": _TEXT}}}})
async def export_schedule_csv(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
) -> Response:
    """The schedule as a table for spreadsheets; `POST /v1/imports` reads it again."""
    content = await _file(caller, plan, Question(as_of, known_at, baseline), csv_writer.write)
    return file(content, f"{CSV}; charset=utf-8", f"{plan}.csv").response()


@router.get("/schedule.xml", response_class=Response, responses={200: {"content": {XML: {"schema": _TEXT}}}})
async def export_schedule_xml(
    plan: PlanPath,
    caller: Reader,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    baseline: BaselineName = None,
) -> Response:
    """The schedule as a file that Microsoft Project opens (MSPDI), with calendars, links, progress and baselines."""
    content = await _file(caller, plan, Question(as_of, known_at, baseline), mspdi_writer.write)
    return file(content, f"{XML}; charset=utf-8", f"{plan}.xml").response()


async def _file(caller: Caller, plan: str, question: Question, write: Callable[[Exported], bytes]) -> bytes:
    async with caller.read() as db:
        head = await head_of(db, caller.workspace_id, plan)
        snapshot = await take(db, head, question, caller.now)
        baselines = await baselines_of(db, snapshot)
    as_of, _ = snapshot.as_of(question.as_of, caller.now)
    return await beside_loop(size(snapshot), export, snapshot, as_of, baselines, write)
