"""A schedule file on its way into a plan: read in the sandbox and checked, with no transaction open."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy.ext.asyncio import AsyncConnection

from app.calendars.rules import known_zone
from app.formats.parsed import ParsedFile, ReadOptions, Unreadable
from app.imports.keys import key_of
from app.imports.places import as_errors
from app.imports.prepared import Prepared, items, prepare
from app.imports.problems import ImportRefused
from app.imports.reading import read_file
from app.kit import wire
from app.kit.problems import FieldError, InvalidRequest
from app.kit.threads import beside_loop
from app.plans import store as plans

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
        options: what it was read with; of a plan that was there, what the plan said then.
    """

    file: Prepared
    wanted: Wanted
    digest: bytes
    project: str | None
    options: ReadOptions


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
    new = ReadOptions(wanted.time_zone or "UTC", wanted.project)
    options = new if wanted.plan is None else await _as_the_plan_is(reading, workspace_id, wanted.plan, new)
    parsed = await _parsed(body, media_type, options)
    project = parsed.project or _name_of(parsed)
    plan = wanted.plan
    if plan is None:
        plan = _plan_of(project)
        as_it_is = await _as_the_plan_is(reading, workspace_id, plan, new)
        if as_it_is != options:
            options = as_it_is
            parsed = await _parsed(body, media_type, options)
    size = len(items(parsed, "milestones")) + len(parsed.statements)
    file = await beside_loop(size, prepare, parsed, plan, options.time_zone, now)
    return Upload(file, wanted, await _digest(body, wanted), project, options)


async def _as_the_plan_is(reading: Reading, workspace_id: int, plan: str, new: ReadOptions) -> ReadOptions:
    """How to read a file of a plan: what the plan says counts; of one that is not there, what was asked."""
    async with reading() as db:
        head = await plans.get(db, workspace_id, plan)
        if head is None:
            return new
        fields = await plans.fields_at(db, head, head.revision)
    return replace(new, time_zone=fields.time_zone, calendar=fields.calendar, scheduling=fields.scheduling)


async def _parsed(body: bytes, media_type: str, options: ReadOptions) -> ParsedFile:
    try:
        return await read_file(body, media_type, options)
    except Unreadable as problem:
        raise ImportRefused(errors=as_errors(problem.problems)) from None


def _name_of(parsed: ParsedFile) -> str | None:
    name = parsed.document.get("name")
    return name if isinstance(name, str) else None


def _plan_of(project: str | None) -> str:
    if not project:
        detail = "is needed: the file names no project to make a key of"
        raise ImportRefused(errors=[FieldError("?plan", "needed", detail)])
    return key_of(project)


async def _digest(body: bytes, wanted: Wanted) -> bytes:
    options = wire.canonical([wanted.time_zone, wanted.project]).encode()
    return await beside_loop(len(body) // 1024, lambda: sha256(options + b"\n" + body).digest())
