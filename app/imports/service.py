"""Importing a schedule file: read outside of any transaction, taken over in one, all or nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars import store as calendar_store
from app.calendars.rules import known_zone
from app.calendars.store import BUILT_INS
from app.domain.changes import Changes, compare
from app.domain.plan import PlanContent
from app.domain.rules import Violation
from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable
from app.imports import calendars, store
from app.imports.baselines import frozen_content, same_dates
from app.imports.content import counts, merged, renamed
from app.imports.keys import Keys, key_of
from app.imports.places import as_errors, place_of
from app.imports.prepared import Prepared, prepare
from app.imports.problems import ImportRefused, PlanOfAnotherProject
from app.imports.progress import News
from app.imports.reading import read_file
from app.imports.recording import record_progress
from app.kit import wire
from app.kit.db import Conflict
from app.kit.ids import uuid7
from app.kit.problems import FieldError, InvalidRequest
from app.kit.stamps import Stamp, next_recorded_at
from app.kit.threads import beside_loop
from app.milestones import remembered
from app.milestones import store as milestones
from app.milestones.content import edit, load
from app.milestones.problems import InvalidPlan
from app.plans import service as plans
from app.plans import store as plan_store
from app.plans.problems import PlanKeyTaken
from app.plans.schemas import BaselineIn, changes_document
from app.plans.store import Head

Reading = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file is to be imported.

    Attributes:
        plan: the key of the plan to create or update; None: the one that the file's project names.
        time_zone: the zone of the file's local times where the plan is new; None: UTC.
        project: which project of a file with several.
        dry_run: report what would happen, and store nothing.
    """

    plan: str | None = None
    time_zone: str | None = None
    project: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was read, and what is asked of it.

    Attributes:
        file: what it says, or what is wrong with it.
        wanted: what is asked.
        digest: of its bytes, and of what they were read with.
        project: what the schedule is called: its own id, else its name.
        notes: what its author should know.
    """

    file: Prepared
    wanted: Wanted
    digest: bytes
    project: str | None
    notes: Sequence[Place]


class DryRun(Exception):
    """Ends the transaction of a dry run, with the report of what it would have done."""

    def __init__(self, report: bytes) -> None:
        self.report = report
        super().__init__("dry run")


# Reading


async def read(
    reading: Reading, workspace_id: int, body: bytes, media_type: str, wanted: Wanted, now: datetime
) -> Upload:
    """Read and check a file; what is wrong with its content is told when it is imported, all at once.

    Raises:
        ImportRefused: it cannot be read at all, or does not say which plan it is.
        InvalidRequest: there is no such time zone.
    """
    if wanted.time_zone is not None and not known_zone(wanted.time_zone):
        raise InvalidRequest(errors=[FieldError("?time_zone", "unknown_zone", "is no IANA time zone")])
    asked = wanted.time_zone or "UTC"
    known = None if wanted.plan is None else await _zone_of(reading, workspace_id, wanted.plan)
    zone = known or asked
    parsed = await _parsed(body, media_type, ReadOptions(zone, wanted.project))
    project = parsed.project or parsed.document.get("name")
    plan = wanted.plan
    if plan is None:
        plan = _plan_of(project)
        known = await _zone_of(reading, workspace_id, plan)
        if known is not None and known != zone:
            zone = known
            parsed = await _parsed(body, media_type, ReadOptions(zone, wanted.project))
    notes = list(parsed.notes)
    if wanted.time_zone not in {None, zone}:
        notes.append(Place("?time_zone", "zone_of_the_plan", f"the plan has the zone {zone}, which counts"))
    size = len(parsed.document.get("milestones") or ()) + len(parsed.statements)
    file = await beside_loop(size, prepare, parsed, plan, zone, now)
    return Upload(file, wanted, await _digest(body, wanted), project, notes)


async def _zone_of(reading: Reading, workspace_id: int, plan: str) -> str | None:
    async with reading() as db:
        head = await plan_store.get(db, workspace_id, plan)
        return None if head is None else (await plan_store.fields_at(db, head, head.revision)).time_zone


async def _parsed(body: bytes, media_type: str, options: ReadOptions) -> ParsedFile:
    try:
        return await read_file(body, media_type, options)
    except Unreadable as problem:
        raise ImportRefused(errors=as_errors(problem.problems)) from None


def _plan_of(project: Any) -> str:
    if not isinstance(project, str) or not project:
        detail = "is needed: the file names no project to make a key of"
        raise ImportRefused(errors=[FieldError("?plan", "missing", detail)])
    return key_of(project)


async def _digest(body: bytes, wanted: Wanted) -> bytes:
    options = wire.canonical([wanted.time_zone, wanted.project]).encode()
    return await beside_loop(len(body) // 1024, lambda: sha256(options + b"\n" + body).digest())


# Taking over


@dataclass(slots=True)
class _Import:
    """An import under way: the plan as it stands, and what was done so far."""

    upload: Upload
    workspace_id: int
    stamp: Stamp
    head: Head | None
    before: PlanContent | None
    state: Mapping[str, Any]
    calendars: calendars.Taken = field(default_factory=calendars.Taken)
    baselines: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Place] = field(default_factory=list)

    @property
    def file(self) -> Prepared:
        """The file."""
        return self.upload.file


async def run(tx: AsyncConnection, workspace_id: int, upload: Upload, stamp: Stamp) -> tuple[bytes, UUID | None]:
    """Import a file that was read; answers the report, and the id of the import unless the file was known.

    Raises:
        ImportRefused: naming everything that is wrong with the file.
        PlanKeyTaken: the plan was deleted.
        PlanOfAnotherProject: the file's own key is that of a plan which has nothing to do with it.
        DryRun: all of it worked, and none of it is to be stored.
        Conflict: another import of the plan got in between.
    """
    plan = upload.file.plan
    found = await plan_store.lock(tx, workspace_id, [plan])
    head = found[0] if found else None
    if head is None and await plan_store.key_taken(tx, workspace_id, plan):
        raise PlanKeyTaken
    last = None
    if head is not None:
        known = await store.report_of(tx, head, upload.digest)
        if known is not None:
            return known.encode(), None
        await _require_same_project(tx, head, upload)
        last = await store.newest(tx, head)
    before = None if head is None else await load(tx, head, head.revision)
    stamp = replace(stamp, origin="import")
    work = _Import(upload, workspace_id, stamp, head, before, {} if last is None else last[0])
    try:
        return await _take_over(tx, work, None if last is None else last[1])
    finally:
        if work.head is not None:
            remembered.forget(work.head.plan_id, work.head.revision)


async def _require_same_project(tx: AsyncConnection, head: Head, upload: Upload) -> None:
    if upload.wanted.plan is None and not await store.has_project(tx, head, upload.project or ""):
        raise PlanOfAnotherProject
