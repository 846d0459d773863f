"""`leeway import`: a file into a plan without a server, and the report as text."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import store as access
from app.access.problems import WorkspaceNotFound
from app.imports.service import DryRun, run
from app.imports.uploads import Wanted, read
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.limits import MAX_IMPORT_BYTES, MIB
from app.kit.problems import PayloadTooLarge
from app.kit.stamps import Stamp

_MEDIA_TYPES = {
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_AUTHOR = "leeway import"
_CHANGES = (
    *("milestones_added", "milestones_removed", "milestones_changed"),
    *("dependencies_added", "dependencies_removed", "dependencies_changed"),
    *("parts_added", "parts_removed", "parts_changed"),
)


@dataclass(frozen=True, slots=True)
class Done:
    """What the command did: the report, and whether it is that of an earlier import of the same file."""

    report: dict[str, Any]
    known: bool


async def import_into(database: Database, workspace: str, file: Path, wanted: Wanted, reason: str | None) -> Done:
    """Import a file.

    Raises:
        WorkspaceNotFound, PayloadTooLarge, ImportRefused, PlanKeyTaken, PlanOfAnotherProject
    """
    async with database.read() as db:
        workspace_id = await access.workspace_id(db, workspace)
    if workspace_id is None:
        raise WorkspaceNotFound(
            "There is none of this name: `leeway serve` makes the first, `leeway keys create` any."
        )
    body = await asyncio.to_thread(_content, file)
    media_type = _MEDIA_TYPES.get(file.suffix.lower(), "application/octet-stream")
    upload = await read(database.read, workspace_id, body, media_type, wanted, utc_now())

    async def work(tx: AsyncConnection) -> tuple[bytes, UUID | None]:
        return await run(tx, workspace_id, upload, Stamp(_AUTHOR, utc_now, reason))

    try:
        report, import_id = await database.write(work)
    except DryRun as done:
        return Done(json.loads(done.report), known=False)
    return Done(json.loads(report), known=import_id is None)


def _content(file: Path) -> bytes:
    if file.stat().st_size > MAX_IMPORT_BYTES:
        raise PayloadTooLarge(f"A file has at most {MAX_IMPORT_BYTES // MIB} MiB.")
    return file.read_bytes()


def lines(done: Done) -> Iterator[str]:
    """What was done, for a person."""
    report = done.report
    if done.known:
        yield "The same file was imported before; this is what it did then."
    if report["dry_run"]:
        yield "Dry run: nothing was stored."
    did = "created" if report["created"] else "updated"
    dated = f", as of {report['status_date']}" if report["status_date"] else ""
    yield f"Plan {report['plan']} {did} from {report['format']}{dated}: revision {report['revision']}"
    yield f"  in the file: {_listed(report['counts'])}"
    for kind, keys in report["calendars"].items():
        if keys:
            yield f"  calendars {kind}: {', '.join(keys)}"
    for baseline in report["baselines"]:
        yield f"  baseline {baseline['number']}: {baseline['name']}"
    yield f"  changes: {_listed({part.replace('_', ' '): len(report['changes'][part]) for part in _CHANGES})}"
    yield f"  events: {_listed(report['events'])}"
    for note in report["notes"]:
        yield f"  note: {note['place']}: {note['detail']}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "none"
