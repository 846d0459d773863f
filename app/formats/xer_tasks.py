"""The activities of a Primavera XER file as milestones and activities of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.formats.xer_calendars import Calendars
from app.formats.xer_resources import Resources
from app.formats.xer_tables import Row
from app.formats.xer_values import Values, cleaned, told
from app.formats.xer_wbs import Breakdown

_LEFT_OUT = {
    "TT_LOE": ("level_of_effort", "activities of the type level of effort are left out"),
    "TT_WBS": ("wbs_summary", "activities of the type WBS summary are left out"),
}
_EDGES = {
    "TT_Task": "both",
    "TT_Rsrc": "both",
    "TT_Mile": "start",
    "TT_FinMile": "finish",
    "TT_LOE": "",
    "TT_WBS": "",
}
_STATUSES = {"TK_NotStart": "not_started", "TK_Active": "in_progress", "TK_Complete": "completed"}
_CONSTRAINTS = {
    "CS_MSO": "SO",
    "CS_MSOA": "SNET",
    "CS_MSOB": "SNLT",
    "CS_MEO": "FO",
    "CS_MEOA": "FNET",
    "CS_MEOB": "FNLT",
    "CS_MANDSTART": "MSO",
    "CS_MANDFIN": "MFO",
    "CS_ALAP": "ALAP",
}


@dataclass(frozen=True, slots=True)
class Task:
    """An activity that is part of the network.

    Attributes:
        row: its row.
        id: what the plan knows it by.
        edges: `both` of an activity, `start` or `finish` of a milestone.
        status: `not_started`, `in_progress` or `completed`.
        planned_minutes: its planned duration; None: not told.
        remaining_minutes: what is left of it; None: not told.
        suspended: since when work in progress stands still, if it does; `resumed`: until when, if that is known.
    """

    row: Row
    id: str
    edges: str
    status: str
    planned_minutes: int | None
    remaining_minutes: int | None
    suspended: datetime | None
    resumed: datetime | None


@dataclass(frozen=True, slots=True)
class Around:
    """What the activities of a project are read with."""

    values: Values
    calendars: Calendars
    calendar: str | None
    breakdown: Breakdown
    resources: Resources


def network_of(rows: Sequence[Row], values: Values) -> list[Task]:
    """The activities with dates of their own; what is left out is noted."""
    found: list[Task] = []
    summaries: dict[str, list[Row]] = {}
    for row in rows:
        edges = values.choice(row, "task_type", _EDGES)
        if edges == "":
            summaries.setdefault(row.raw("task_type"), []).append(row)
        else:
            found.append(_task(row, edges or "both", values))
    values.by_id([task.row for task in found], "task_code")
    for told_type, left_out in summaries.items():
        code, said = next(_LEFT_OUT[each] for each in _LEFT_OUT if each.lower() == told_type.lower())
        values.note_all(left_out, "task_type", code, said)
    return found


def _task(row: Row, edges: str, values: Values) -> Task:
    status = values.choice(row, "status_code", _STATUSES) or ""
    active = status == "in_progress"
    return Task(
        row,
        cleaned(row.raw("task_code")),
        edges,
        status,
        values.minutes(row, "target_drtn_hr_cnt"),
        values.minutes(row, "remain_drtn_hr_cnt"),
        values.instant(row, "suspend_date") if active else None,
        values.instant(row, "resume_date") if active else None,
    )


def milestone_of(task: Task, around: Around) -> dict[str, Any]:
    """A task as in a plan document.

    P6 schedules what has not begun by its remaining duration, hence that is the one planned.
    """
    row, values, budget = task.row, around.values, around.resources.budget(task.row)
    wbs_id = row.raw("wbs_id")
    if wbs_id not in around.breakdown.ids:
        values.findings.wrong(row, "wbs_id", "unknown_wbs", "is no WBS of the project")
    calendar = around.calendars.key(row) if row.raw("clndr_id") else around.calendar
    return {
        "key": task.id,
        "external_id": task.id,
        "name": cleaned(row.raw("task_name"), task.id),
        "kind": "activity" if task.edges == "both" else "milestone",
        **_dates(row, task.edges, values),
        "planned_duration_minutes": _duration(task),
        "calendar": None if calendar == around.calendar else calendar,
        "parent": around.breakdown.ids.get(wbs_id),
        "owner": around.resources.owner(row),
        "constraint": _constraint(row, values),
        **({"budget": budget} if budget else {}),
    }


def _dates(row: Row, edges: str, values: Values) -> dict[str, str | None]:
    if edges == "start":
        return {"planned_start": told(values.needed(row, "target_start_date")), "planned_finish": None}
    if edges == "finish":
        return {"planned_start": None, "planned_finish": told(values.needed(row, "target_end_date"))}
    start, finish = values.instant(row, "target_start_date"), values.instant(row, "target_end_date")
    return {"planned_start": told(start), "planned_finish": told(finish)}


def _duration(task: Task) -> int | None:
    if task.edges != "both":
        return None
    return task.planned_minutes if _as_planned(task) else task.remaining_minutes


def _as_planned(task: Task) -> bool:
    return task.status != "not_started" or task.remaining_minutes in {None, task.planned_minutes}


def frozen(rows: Sequence[Row], values: Values) -> dict[str, dict[str, Any]]:
    """The planned dates of the activities of a baseline, by their ids."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if edges := values.choice(row, "task_type", _EDGES):
            minutes = values.minutes(row, "target_drtn_hr_cnt") if edges == "both" else None
            dates = {**_dates(row, edges, values), "planned_duration_minutes": minutes}
            found[cleaned(row.raw("task_code"))] = dates
    return found


def _constraint(row: Row, values: Values) -> Mapping[str, Any] | None:
    if not row.raw("cstr_type"):
        return None
    name = values.choice(row, "cstr_type", _CONSTRAINTS)
    if name == "ALAP":
        return {"type": name, "date": None}
    return {"type": name, "date": told(values.needed(row, "cstr_date"))}


def note_tasks(tasks: Sequence[Task], around: Around) -> None:
    """Notes on what Primavera would take into account and a plan does not."""
    values = around.values
    activities = [task for task in tasks if task.edges == "both"]
    rows = [task.row for task in activities if not _as_planned(task)]
    said = (
        "unstarted activities have another remaining than planned duration; P6 schedules the remaining one, as here"
    )
    values.note_all(rows, "remain_drtn_hr_cnt", "remaining_duration", said)
    open_ = [task.row for task in tasks if task.status != "completed"]
    for column, code, said in (
        ("cstr_type2", "second_constraint", "secondary constraints are left out"),
        ("external_early_start_date", "external_date", "dates given by other projects are left out"),
        ("external_late_end_date", "external_date", "dates given by other projects are left out"),
    ):
        values.note_all([row for row in open_ if row.raw(column)], column, code, said)
    rows = [
        task.row
        for task in activities
        if task.row.raw("task_type").lower() == "tt_rsrc" and around.resources.has_own_calendar(task.row)
    ]
    said = "activities that P6 schedules by the calendars of their resources are scheduled by their own"
    values.note_all(rows, "task_type", "resource_calendar", said)
