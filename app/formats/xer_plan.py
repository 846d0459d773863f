"""The tables of a Primavera XER file as a plan: its parts put together."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from app.formats.parsed import ParsedBaseline, ParsedFile, Place, ReadOptions
from app.formats.xer_calendars import Calendars
from app.formats.xer_links import links_of
from app.formats.xer_progress import note_suspensions, statements_of
from app.formats.xer_project import Project, chosen, fields, name_of
from app.formats.xer_resources import Resources
from app.formats.xer_tables import Tables
from app.formats.xer_tasks import Around, Task, frozen, milestone_of, network_of, note_tasks
from app.formats.xer_values import Values, cleaned, some
from app.formats.xer_wbs import breakdown


def plan_of(tables: Tables, values: Values, options: ReadOptions) -> ParsedFile:
    """The plan that the tables make. O(rows).

    Raises:
        Unreadable: naming everything that keeps them from making one.
    """
    project = chosen(tables, values, options.project)
    values.by_id(tables.of("TASK"), "task_id")
    tasks = network_of(project.tasks, values)
    around = _around(project, tasks, tables, values)
    milestones = [milestone_of(task, around) for task in tasks]
    links = links_of(project, tasks, tables, values)
    said = [(task, each) for task in tasks for each in statements_of(task, project.data_date, values)]
    plan = fields(project, values, options.time_zone)
    baselines = _baselines(project, {task.id for task in tasks}, values)
    _note(project, tasks, around, tables)
    if values.findings.problems:
        raise values.findings.unreadable()
    short_name = name_of(project.row)
    return ParsedFile(
        format="xer",
        project=short_name,
        document={
            "name": around.breakdown.name or short_name,
            "calendar": around.calendar,
            **plan,
            "milestones": [*around.breakdown.phases, *milestones],
            "dependencies": links.dependencies,
        },
        calendars=around.calendars.made,
        baselines=baselines,
        statements=[each for _, each in said],
        places={
            "milestones": [*around.breakdown.places, *_places(tasks)],
            "dependencies": links.places,
            "calendars": around.calendars.places,
            "statements": _places([task for task, _ in said]),
        },
        notes=[place for _, place in sorted(values.findings.notes, key=itemgetter(0))],
    )


def _around(project: Project, tasks: Sequence[Task], tables: Tables, values: Values) -> Around:
    calendars = Calendars(tables.of("CALENDAR"), values)
    nodes = [row for row in tables.of("PROJWBS") if row.raw("proj_id") == project.id]
    return Around(
        values,
        calendars,
        calendars.key(project.row),
        breakdown(nodes, (task.row.raw("wbs_id") for task in tasks), values),
        Resources(tables, values),
    )


def _places(tasks: Sequence[Task]) -> list[str]:
    return [task.row.place() for task in tasks]


def _baselines(project: Project, ids: set[str], values: Values) -> list[ParsedBaseline]:
    found: list[ParsedBaseline] = []
    for number, (row, rows) in enumerate(project.baselines, 1):
        dates = frozen(rows, values)
        gone = sorted(dates.keys() - ids)
        if gone:
            said = f"activities of a baseline that the plan no longer has are left out ({len(gone)}: {some(gone)})"
            values.findings.note(row, None, "baseline_removed", said)
        kept: Mapping[str, Mapping[str, Any]] = {key: dates[key] for key in dates if key in ids}
        found.append(ParsedBaseline(number, name_of(row), kept))
    return found


def _note(project: Project, tasks: Sequence[Task], around: Around, tables: Tables) -> None:
    note_tasks(tasks, around)
    note_suspensions(tasks, project.data_date, around.values)
    around.resources.note()
    _note_unread(tables, around.values)


def _note_unread(tables: Tables, values: Values) -> None:
    """A note on the tables that have rows, and that no plan has a place for."""
    found = [(line, cleaned(name), count) for name, (line, count) in tables.unread.items() if count]
    if found:
        line = min(line for line, _, _ in found)
        names = ", ".join(f"{name} ({count})" for _, name, count in found[:40])
        more = f" and {len(found) - 40} more" if len(found) > 40 else ""
        place = Place(f"line {line}", "tables_left_out", f"tables without a place in a plan: {names}{more}")
        values.findings.notes.append((line, place))
