"""Imports on the wire."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.kit.schemas import DayOrInstant, Instant, Out
from app.plans.change_schemas import ChangesOut

FileFormat = Literal["xer", "mspdi", "csv", "leeway"]


class ImportedCalendars(Out):
    """Keys of the workspace's calendars that a file says something of."""

    created: list[str]
    changed: list[str] = Field(description="They have a new version.")
    unchanged: list[str]


class ImportedBaseline(Out):
    """A baseline that a file brought."""

    number: int
    name: str


class ImportCounts(Out):
    """How much a file says, by kind."""

    phases: int
    activities: int
    milestones: int
    dependencies: int
    calendars: int
    constraints: int
    baselines: int


class ImportedEvents(Out):
    """What a file says has happened."""

    recorded: int = Field(description="New events.")
    known: int = Field(description="Statements that an earlier file made already.")
    retracted: int = Field(description="Earlier events that the file no longer tells, or tells otherwise.")


class ImportNote(Out):
    """What of a file was left out, or read in a way that its author may not expect; never an error."""

    place: str
    code: str
    detail: str


class ImportItem(Out):
    """A schedule file that was taken into a plan."""

    id: UUID | None = Field(description="null: a dry run, of which nothing is kept.")
    plan: str
    format: FileFormat
    project: str | None = Field(description="What the schedule is called in the file: its own id, else its name.")
    status_date: DayOrInstant | None = Field(description="The data date of the file.")
    revision: int = Field(description="The plan's newest revision afterwards.")
    author: str
    reason: str | None
    recorded_at: Instant


class ImportOut(ImportItem):
    """The report of an import."""

    created: bool = Field(description="Whether the plan is new.")
    dry_run: bool
    calendars: ImportedCalendars
    baselines: list[ImportedBaseline] = Field(description="Those that the file brought and that are new.")
    counts: ImportCounts
    changes: ChangesOut = Field(description="What the import changed in the plan's content.")
    events: ImportedEvents
    notes: list[ImportNote]


class ImportPage(Out):
    """A page of imports, newest first."""

    items: list[ImportItem]
    next_cursor: str | None


def item(row: Any, plan: str) -> dict[str, Any]:
    """An import without its report as JSON-ready values."""
    return {
        "id": row.import_id,
        "plan": plan,
        "format": row.format,
        "project": row.project,
        "status_date": row.status_date,
        "revision": row.revision,
        "author": row.author,
        "reason": row.reason,
        "recorded_at": row.recorded_at,
    }
