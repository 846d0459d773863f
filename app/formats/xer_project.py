"""Which project of a Primavera XER file becomes the plan, and how Primavera schedules it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.moments import EARLIEST
from app.formats.parsed import Place
from app.formats.xer_tables import Row, Tables
from app.formats.xer_values import Values, cleaned, some, told

_LAG_CALENDARS = {
    "rcal_Predecessor": "predecessor",
    "rcal_Successor": "successor",
    "rcal_ProjDefault": "project",
    "rcal_24Hour": "24h",
}
_FLOATS = {"FT_FF": "finish", "FT_SS": "start", "FT_Min": "smallest"}
_FLAGS = {"Y": True, "N": False}


@dataclass(frozen=True, slots=True)
class Project:
    """The project that becomes the plan.

    Attributes:
        row: its own row.
        options: the row of its scheduling options, if the file has any.
        tasks: its activities, also those that no plan has.
        data_date: the instant up to which its progress is told.
        baselines: the projects of the file that are its baselines, the one compared with last, each with
            its activities.
    """

    row: Row
    options: Row | None
    tasks: Sequence[Row]
    data_date: datetime
    baselines: Sequence[tuple[Row, Sequence[Row]]]

    @property
    def id(self) -> str:
        """What the other tables know it by."""
        return self.row.raw("proj_id")


def chosen(tables: Tables, values: Values, wanted: str | None) -> Project:
    """The project named `wanted`, else the only one that has activities and is no baseline of another.

    Raises:
        Unreadable: there is none, or there are several.
    """
    rows = values.by_id(tables.of("PROJECT"), "proj_id")
    tasks: dict[str, list[Row]] = {}
    for task in tables.of("TASK"):
        if task.raw("proj_id") in rows:
            tasks.setdefault(task.raw("proj_id"), []).append(task)
        else:
            values.findings.wrong(task, "proj_id", "unknown_project", "is no project of the file")
    working = [row for proj_id, row in rows.items() if proj_id in tasks]
    if wanted is None:
        found = [row for row in working if row.raw("orig_proj_id") not in tasks]
    else:
        found = [row for row in working if name_of(row) == wanted]
    if len(found) != 1:
        values.findings.problems.append((0, _unchosen(found or working, wanted)))
        raise values.findings.unreadable()
    row = found[0]
    proj_id, compared = row.raw("proj_id"), row.raw("sum_base_proj_id")
    baselines = [each for each in working if each.raw("orig_proj_id") == proj_id]
    baselines.sort(key=lambda each: each.raw("proj_id") == compared)
    others = [each for each in working if proj_id not in {each.raw("proj_id"), each.raw("orig_proj_id")}]
    _note_others(values, row, others)
    options = [each for each in tables.of("SCHEDOPTIONS") if each.raw("proj_id") == proj_id]
    return Project(
        row,
        options[0] if options else None,
        tasks[proj_id],
        _data_date(row, values),
        tuple((each, tasks[each.raw("proj_id")]) for each in baselines),
    )


def _data_date(row: Row, values: Values) -> datetime:
    """The data date, of what was never scheduled its planned start; `EARLIEST` where neither can be told."""
    if row.raw("last_recalc_date"):
        return values.instant(row, "last_recalc_date") or EARLIEST
    values.findings.note(row, "last_recalc_date", "no_data_date", "is empty; the planned start is taken for it")
    return values.needed(row, "plan_start_date") or EARLIEST


def _note_others(values: Values, row: Row, others: Sequence[Row]) -> None:
    if others:
        said = f"is the only project read; left out: {some([name_of(other) for other in others])}"
        values.findings.note(row, "proj_short_name", "other_projects", said)


def name_of(row: Row) -> str:
    """What users know a project by."""
    return cleaned(row.raw("proj_short_name"), row.raw("proj_id"))


def _unchosen(working: Sequence[Row], wanted: str | None) -> Place:
    names = some([name_of(row) for row in working])
    if not working:
        return Place("table PROJECT", "no_project", "no project of the file has activities")
    if wanted is None:
        return Place("table PROJECT", "several_projects", f"has several projects, name the one to read: {names}")
    return Place("table PROJECT", "unknown_project", f"has no single project of that name; it has: {names}")


def fields(project: Project, values: Values, time_zone: str) -> dict[str, Any]:
    """The plan's own fields, but for its name and calendar."""
    row = project.row
    return {
        "time_zone": time_zone,
        "scheduling": "as_soon_as_possible",
        "schedule_options": _options(project, values),
        "weight_basis": "duration",
        "target_finish": told(values.instant(row, "plan_end_date")),
        "status_date": told(project.data_date),
    }


def _options(project: Project, values: Values) -> Mapping[str, Any]:
    row, findings = project.row, values.findings
    minutes = values.minutes(row, "critical_drtn_hr_cnt", least=-(10**9)) or 0
    if minutes < 0:
        said = "is negative; here work is critical as soon as it has no float left"
        findings.note(row, "critical_drtn_hr_cnt", "critical_float", said)
    if row.raw("critical_path_type") == "CT_DrivPath":
        said = "in P6 the longest path is critical; here work without float is, and the longest path is told too"
        findings.note(row, "critical_path_type", "critical_path", said)
    options: dict[str, Any] = {
        "critical_float_minutes": max(minutes, 0),
        "project_start": told(values.instant(row, "plan_start_date")),
    }
    if project.options is None:
        findings.note(row, None, "no_options", "has no scheduling options in the file; the defaults of P6 are taken")
        return options
    _note_unsupported(project.options, project, values)
    lag_calendar = "sched_calendar_on_relationship_lag"
    return {
        **options,
        "progress_logic": _progress_logic(project.options, project, values),
        "lag_calendar": values.choice(project.options, lag_calendar, _LAG_CALENDARS, default="predecessor"),
        "total_float": values.choice(project.options, "sched_float_type", _FLOATS, default="finish"),
    }


def is_set(row: Row, column: str, values: Values) -> bool:
    """Whether a flag is Y; an empty one is not."""
    return bool(values.choice(row, column, _FLAGS, default=False))


def _progress_logic(row: Row, project: Project, values: Values) -> str:
    if is_set(row, "sched_progress_override", values):
        return "override"
    retained = "sched_retained_logic"
    begun = [task for task in project.tasks if task.raw("status_code") != "TK_NotStart"]
    if row.raw(retained) and not is_set(row, retained, values) and begun:
        said = "P6 schedules by actual dates; here retained logic is taken"
        values.findings.note(row, retained, "actual_dates", said)
    return "retained"


def _note_unsupported(row: Row, project: Project, values: Values) -> None:
    open_ = [task for task in project.tasks if task.raw("status_code") != "TK_Complete"]
    if is_set(row, "sched_open_critical_flag", values):
        said = "P6 takes activities without successors for critical; here they are so only without float"
        values.findings.note(row, "sched_open_critical_flag", "open_ends", said)
    if is_set(row, "sched_use_expect_end_flag", values):
        expected = [task for task in open_ if task.raw("expect_end_date")]
        values.note_all(expected, "expect_end_date", "expected_finish", "expected finishes are left out")
    if is_set(row, "enable_multiple_longest_path_calc", values):
        paths = Counter(task.raw("float_path") for task in open_)
        del paths[""]
        if paths:
            said = f"{len(paths)} float paths are left out; longest path and floats are told instead"
            values.findings.note(row, "enable_multiple_longest_path_calc", "float_paths", said)
