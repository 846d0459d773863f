"""Microsoft Project XML (MSPDI): the bytes of a file as a plan.

Source: Microsoft's schema of the Project XML data interchange (mspdi_pj12.xsd and later).
"""

from typing import Any
from zoneinfo import ZoneInfo

from app.formats.mspdi_fields import MAX_MINUTES, Fields, Reading, clean
from app.formats.mspdi_outline import outline_of
from app.formats.mspdi_plan import dependencies_of, milestones_of, told
from app.formats.mspdi_progress import baselines_of, statements_of
from app.formats.mspdi_values import read_file
from app.formats.mspdi_working import Works
from app.formats.parsed import ParsedFile, Place, ReadOptions, Unreadable

_MINUTES_PER_DAY = 480


def read(body: bytes, options: ReadOptions) -> ParsedFile:
    """The plan that a file tells. O(bytes).

    A task is a phase, an activity or a milestone by the outline and its duration; its own calendar and those
    of its resources make one; lags count on the successor's. What of the file has no place in a plan is among
    the notes. Local times are those of `options.time_zone`.

    Raises:
        Unreadable: all that keeps the file from becoming a plan.
    """
    reading = Reading(_zone(options.time_zone))
    file = read_file(body, reading)
    header = file.header
    minutes_per_day = header.integer("MinutesPerDay", 1, 1440) or _MINUTES_PER_DAY
    works = Works(file, reading, minutes_per_day)
    outline = outline_of(file.tasks, reading)
    milestones = milestones_of(file, outline, works, reading)
    dependencies = dependencies_of(file, outline, reading)
    statements = statements_of(outline, header)
    baselines = baselines_of(outline, reading)
    document = {
        **_plan(header, minutes_per_day),
        "time_zone": options.time_zone,
        "calendar": works.project,
        "milestones": milestones.items,
        "dependencies": dependencies.items,
    }
    reading.stop_if_wrong()
    return ParsedFile(
        format="mspdi",
        project=_project(header),
        document=document,
        calendars=works.told,
        baselines=baselines,
        statements=statements.items,
        places={
            "milestones": milestones.places,
            "dependencies": dependencies.places,
            "calendars": works.places,
            "statements": statements.places,
        },
        notes=reading.told_notes(),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise Unreadable([Place("time_zone", "unknown_zone", f"{name!r} is no IANA time zone")]) from None


def _project(header: Fields) -> str | None:
    """What later files of the same schedule share: its title, else an id, else the name of the file."""
    names = (clean(header.text(name)) for name in ("Title", "GUID", "UID", "Name"))
    return next((name for name in names if name), None)


def _plan(header: Fields, minutes_per_day: int) -> dict[str, Any]:
    from_finish = header.flag("ScheduleFromStart") is False
    if from_finish:
        detail = "is scheduled from its finish, which becomes the target finish; work is as late as its tasks say"
        header.note("ScheduleFromStart", "from_finish", detail)
    limit = round((header.number("CriticalSlackLimit") or 0) * minutes_per_day)
    return {
        "name": clean(header.text("Title")) or clean(header.text("Name")) or "Project",
        "owner": clean(header.text("Manager")) or None,
        "scheduling": "as_soon_as_possible",
        "schedule_options": {
            "lag_calendar": "successor",
            "total_float": "smallest",
            "critical_float_minutes": min(max(limit, 0), MAX_MINUTES),
            "project_start": told(header.moment("StartDate")),
        },
        "weight_basis": "duration",
        "target_finish": told(header.moment("FinishDate")) if from_finish else None,
        "status_date": told(header.moment("StatusDate")),
    }
