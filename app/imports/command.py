"""`leeway import`: a file into a plan without a server, and the report as text."""

import json
from collections.abc import Iterator, Mapping
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


async def import_into(
    database: Database, workspace: str, file: Path, wanted: Wanted, reason: str | None
) -> list[str]:
    """Import a file; answers what it did, in lines for a person.

    Raises:
        WorkspaceNotFound, PayloadTooLarge, ImportRefused, PlanKeyTaken, PlanOfAnotherProject
    """
    async with database.read() as db:
        workspace_id = await access.workspace_id(db, workspace)
    if workspace_id is None:
        raise WorkspaceNotFound(f"There is no workspace {workspace}.")
    if file.stat().st_size > MAX_IMPORT_BYTES:
        raise PayloadTooLarge(f"A file has at most {MAX_IMPORT_BYTES // MIB} MiB.")
    media_type = _MEDIA_TYPES.get(file.suffix.lower(), "application/octet-stream")
    upload = await read(database.read, workspace_id, file.read_bytes(), media_type, wanted, utc_now())
    stamp = Stamp(_AUTHOR, utc_now, reason)

    async def work(tx: AsyncConnection) -> tuple[bytes, UUID | None]:
        return await run(tx, workspace_id, upload, stamp)

    try:
        report, import_id = await database.write(work)
    except DryRun as done:
        return ["Dry run: nothing was stored.", *lines(json.loads(done.report))]
    known = [] if import_id is not None else ["The same file was imported before; this is what it did then."]
    return [*known, *lines(json.loads(report))]


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """A report for a person."""
    counts, events, changes = report["counts"], report["events"], report["changes"]
    did = "created" if report["created"] else "updated"
    dated = f", as of {report['status_date']}" if report["status_date"] else ""
    yield f"Plan {report['plan']} {did} from {report['format']}{dated}: revision {report['revision']}"
    yield "  in the file: " + ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    for kind, keys in report["calendars"].items():
        if keys:
            yield f"  calendars {kind}: {', '.join(keys)}"
    for baseline in report["baselines"]:
        yield f"  baseline {baseline['number']}: {baseline['name']}"
    parts = ("milestones_added", "milestones_removed", "milestones_changed")
    parts += ("dependencies_added", "dependencies_removed", "dependencies_changed")
    told = [f"{len(changes[part])} {part.replace('_', ' ')}" for part in parts if changes[part]]
    yield "  changes: " + (", ".join(told) or "none")
    yield "  events: " + ", ".join(f"{count} {kind}" for kind, count in events.items())
    for note in report["notes"]:
        yield f"  note: {note['place']}: {note['detail']}"
