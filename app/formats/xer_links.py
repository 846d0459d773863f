"""The relationships of a Primavera XER file as dependencies of a plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.formats.xer_project import Project, is_set
from app.formats.xer_tables import Row, Tables
from app.formats.xer_tasks import Task
from app.formats.xer_values import MAX_MINUTES, Values, some

# Schedules that came from P3 number several links of one type.
_TYPES = {f"PR_{kind}{number}": kind for number in ("", "1", "2") for kind in ("FS", "SS", "FF", "SF")}
_ENDS = (("pred_task_id", "pred_proj_id"), ("task_id", "proj_id"))


@dataclass(slots=True)
class Links:
    """The dependencies between activities of the plan, where they stand in the file, and what was left out.

    `external`, `left_out` and `early` are rows with the activities that they name: links with other projects,
    links with what is left out, and those whose lag P6 may count otherwise.
    """

    dependencies: list[Mapping[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    external: list[tuple[Row, str]] = field(default_factory=list)
    left_out: list[tuple[Row, str]] = field(default_factory=list)
    early: list[tuple[Row, str]] = field(default_factory=list)


def links_of(project: Project, tasks: Iterable[Task], tables: Tables, values: Values) -> Links:
    """The links between the tasks; those with other projects or with what is left out are noted. O(links)."""
    ours = {task.row.raw("task_id"): task for task in tasks}
    project_of = {row.raw("task_id"): row.raw("proj_id") for row in tables.of("TASK")}
    links = Links()
    for row in tables.of("TASKPRED"):
        ends = [(row.raw(task), row.raw(owner)) for task, owner in _ENDS]
        projects = {project_of.get(task_id, owner or project.id) for task_id, owner in ends}
        if project.id not in projects:
            continue
        tied = [ours[task_id] for task_id, _ in ends if task_id in ours]
        if len(projects) > 1:
            links.external.append((row, some([task.id for task in tied])))
        elif _are_known(row, project_of, values):
            _tie(links, row, tied, values)
    _note(links.external, "external_link", "links with other projects are left out", values)
    _note(links.left_out, "link_left_out", "links with activities that are left out go with them", values)
    if project.options is not None and is_set(project.options, "sched_lag_early_start_flag", values):
        said = "P6 counts lags from the early start of predecessors in progress; here they count from the actual one"
        _note(links.early, "lag_from_early_start", said, values)
    return links


def _are_known(row: Row, project_of: Mapping[str, str], values: Values) -> bool:
    unknown = [column for column, _ in _ENDS if row.raw(column) not in project_of]
    for column in unknown:
        values.findings.wrong(row, column, "unknown_task", "is no activity of the file")
    return not unknown


def _tie(links: Links, row: Row, tied: Sequence[Task], values: Values) -> None:
    """Add a link between two activities of the project, of which those that the plan has are `tied`."""
    if len(tied) < 2:
        links.left_out.append((row, some([task.id for task in tied])))
        return
    predecessor, successor = tied
    type_ = values.choice(row, "pred_type", _TYPES)
    lag = values.minutes(row, "lag_hr_cnt", least=-MAX_MINUTES) or 0
    links.dependencies.append(
        {"predecessor": predecessor.id, "type": type_, "successor": successor.id, "lag_minutes": lag}
    )
    links.places.append(row.place())
    if type_ == "SS" and lag and (predecessor.status, successor.status) == ("in_progress", "not_started"):
        links.early.append((row, successor.id))


def _note(found: Sequence[tuple[Row, str]], code: str, said: str, values: Values) -> None:
    if found:
        names = some([name for _, name in found if name])
        values.findings.note(found[0][0], None, code, f"{said} ({len(found)}{': ' + names if names else ''})")
