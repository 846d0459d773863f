"""The baselines of a Microsoft Project file, and what it says has happened."""

from datetime import datetime
from typing import Any

from app.domain.moments import format_instant
from app.domain.plan import MilestoneKind
from app.formats.mspdi_fields import Fields, Reading
from app.formats.mspdi_outline import Outline
from app.formats.mspdi_plan import Told, told
from app.formats.mspdi_values import Dates, Task
from app.formats.parsed import ParsedBaseline


def baselines_of(outline: Outline, reading: Reading) -> list[ParsedBaseline]:
    """The baselines, 1 to 10 and then the one that Microsoft Project compares with, which is 0. O(tasks)."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for task in outline.tasks:
        kind = outline.kind(task)
        for dates in task.baselines:
            if dates.interim:
                reading.note(task.place, "interim_plan_left_out", "has dates of an interim plan, which are left out")
            elif kind is not MilestoneKind.phase and (dates.start or dates.finish):
                found.setdefault(dates.number, {})[outline.ids[task.uid]] = _kept(dates, kind)
    return [
        ParsedBaseline(number, f"Baseline {number}" if number else "Baseline", found[number])
        for number in sorted(found, key=lambda number: number or 11)
    ]


def _kept(dates: Dates, kind: MilestoneKind) -> dict[str, Any]:
    if kind is MilestoneKind.milestone:
        finish = dates.finish or dates.start
        return {"planned_start": None, "planned_finish": told(finish), "planned_duration_minutes": None}
    return {
        "planned_start": told(dates.start),
        "planned_finish": told(dates.finish),
        "planned_duration_minutes": dates.minutes,
    }


def statements_of(outline: Outline, header: Fields) -> Told:
    """What has happened to each task: it started, so much is done, it was completed. O(tasks).

    How far work is was true at the status date; a file without one told it when it was saved last; one that
    does not tell this either, on its current date; else at the last actual date of all.
    """
    found = Told()
    asked = [header.moment(name) for name in ("StatusDate", "LastSaved", "CurrentDate")]
    actual = [date for task in outline.tasks for date in (task.actual_start, task.actual_finish) if date is not None]
    seen = next((each for each in asked if each is not None), max(actual, default=header.moment("StartDate")))
    for task in outline.tasks:
        kind = outline.kind(task)
        if kind is not MilestoneKind.phase:
            _tell(found, task, outline.ids[task.uid], kind, seen)
    return found


def _tell(found: Told, task: Task, name: str, kind: MilestoneKind, seen: datetime | None) -> None:
    def tell(what: str, at: datetime, data: dict[str, Any], element: str) -> None:
        item = {"type": f"milestone.{what}", "milestone": name, "occurred_at": format_instant(at), "data": data}
        found.add(item, f"{task.place}, {element}")

    start, finish = task.actual_start, task.actual_finish
    if start is not None and kind is MilestoneKind.activity:
        tell("started", start, {}, "ActualStart")
    if finish is not None:
        tell("completed", finish, {}, "ActualFinish")
    elif seen is not None and (task.percent or start is not None):
        # Nothing is done before it starts, even if the file says so.
        at = seen if start is None else max(seen, start)
        data = {"percent_complete": task.percent, "remaining_minutes": task.remaining}
        known = {key: value for key, value in data.items() if value is not None}
        if known:
            tell("progressed", at, known, "PercentComplete")
