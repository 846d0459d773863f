"""What a Primavera XER file says has happened: actual dates, remaining work and suspensions as statements."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain.moments import format_instant
from app.formats.xer_tables import Row
from app.formats.xer_tasks import Task
from app.formats.xer_values import Values, told

_PERCENTS = {"CP_Drtn": "duration", "CP_Phys": "physical", "CP_Units": "units"}
_DONE = ("act_work_qty", "act_equip_qty")
_LEFT = ("remain_work_qty", "remain_equip_qty")

Statement = Mapping[str, Any]


def statements_of(task: Task, data_date: datetime, values: Values) -> Iterator[Statement]:
    """What has happened to one task, as of the data date.

    A start milestone is reached when it is started. What is in progress has its remaining duration and its
    percent complete of the kind that P6 shows for it.
    """
    row = task.row
    if task.status == "not_started":
        return
    if task.edges == "start":
        column = "act_start_date" if row.raw("act_start_date") else "act_end_date"
        yield from _at(task, "completed", values.needed(row, column))
        return
    completed = task.status == "completed"
    if task.edges == "both" or not completed:
        yield from _at(task, "started", values.instant(row, "act_start_date"))
    if completed:
        yield from _at(task, "completed", values.needed(row, "act_end_date"))
        return
    found = {"remaining_minutes": task.remaining_minutes, "percent_complete": _percent(task, values)}
    suspended, resumed = task.suspended, task.resumed
    if suspended is not None and suspended > data_date:
        suspended = None
    has_resumed = resumed is not None and resumed <= data_date
    if data := {name: value for name, value in found.items() if value is not None}:
        # Nobody works while it is blocked.
        yield from _at(task, "progressed", data_date if suspended is None or has_resumed else suspended, data)
    if suspended is not None:
        yield from _at(task, "blocked", suspended, {"expected_resume_at": told(resumed)})
        if has_resumed:
            yield from _at(task, "unblocked", resumed)


def _at(task: Task, kind: str, when: datetime | None, data: Mapping[str, Any] | None = None) -> Iterator[Statement]:
    if when is not None:
        yield {
            "type": f"milestone.{kind}",
            "milestone": task.id,
            "occurred_at": format_instant(when),
            "data": data or {},
        }


def _percent(task: Task, values: Values) -> float | None:
    """Percent complete, 0 to 100, as the type of the activity has it; None: it cannot be told."""
    row = task.row
    kind = values.choice(row, "complete_pct_type", _PERCENTS, default="duration")
    if kind == "physical":
        return _rounded(values.number(row, "phys_complete_pct"))
    if kind == "units":
        done, left = (_sum(row, columns, values) for columns in (_DONE, _LEFT))
        return _rounded(100 * done / (done + left)) if done + left > 0 else None
    planned, remaining = task.planned_minutes, task.remaining_minutes
    if remaining is None or not planned:
        return None
    return _rounded(Decimal(100 * (planned - remaining)) / planned)


def _sum(row: Row, columns: Sequence[str], values: Values) -> Decimal:
    return sum((values.number(row, column) or Decimal() for column in columns), Decimal())


def _rounded(percent: Decimal | None) -> float | None:
    return None if percent is None else float(round(min(max(percent, Decimal()), Decimal(100)), 4))


def note_suspensions(tasks: Sequence[Task], data_date: datetime, values: Values) -> None:
    """A note on work that is to be suspended later: no event tells it."""
    rows = [task.row for task in tasks if task.suspended is not None and task.suspended > data_date]
    values.note_all(rows, "suspend_date", "later_suspension", "suspensions after the data date are left out")
