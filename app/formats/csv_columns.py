"""The columns of a schedule as a table: their names here, and what other tools call them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    """What a column says; the members are the names that Leeway writes itself."""

    id = "id"
    unique_id = "unique_id"
    other_id = "other_id"
    name = "name"
    kind = "kind"
    milestone = "milestone"
    summary = "summary"
    parent = "parent"
    outline_level = "outline_level"
    wbs = "wbs"
    wbs_name = "wbs_name"
    start = "start"
    finish = "finish"
    duration = "duration"
    calendar = "calendar"
    predecessors = "predecessors"
    unique_predecessors = "unique_id_predecessors"
    successors = "successors"
    unique_successors = "unique_id_successors"
    blocked_by = "blocked_by"
    blocks = "blocks"
    owner = "owner"
    constraint_type = "constraint_type"
    constraint_date = "constraint_date"
    deadline = "deadline"
    weight = "weight"
    percent_complete = "percent_complete"
    remaining_duration = "remaining_duration"
    actual_start = "actual_start"
    actual_finish = "actual_finish"
    baseline_start = "baseline_start"
    baseline_finish = "baseline_finish"
    baseline_duration = "baseline_duration"
    budget = "budget"
    currency = "currency"
    labels = "labels"
    plan = "plan"
    plan_name = "plan_name"
    plan_time_zone = "plan_time_zone"
    plan_calendar = "plan_calendar"
    plan_scheduling = "plan_scheduling"
    status_date = "status_date"


COMPUTED = (
    "leeway_key",
    "lifecycle",
    "early_start",
    "early_finish",
    "late_start",
    "late_finish",
    "projected_start",
    "projected_finish",
    "remaining_minutes",
    "total_float_minutes",
    "free_float_minutes",
    "critical",
    "driving_predecessor",
)
"""What Leeway computes: written behind the columns, and passed over when it is read again."""

LISTS = frozenset(
    {
        Column.predecessors,
        Column.unique_predecessors,
        Column.successors,
        Column.unique_successors,
        Column.blocked_by,
        Column.blocks,
        Column.labels,
    }
)
"""What may stand in several columns: their entries are taken together."""

OF_PLAN = (
    Column.plan,
    Column.plan_name,
    Column.plan_time_zone,
    Column.plan_calendar,
    Column.plan_scheduling,
    Column.status_date,
)
"""What is said of the whole plan: the same in every row that says it."""

ALIASES: Mapping[Column, Sequence[str]] = {
    Column.id: ("Activity ID", "Task ID", "Issue key", "Key", "#", "Number", "task_code"),
    Column.unique_id: ("Task Unique ID", "UID", "External ID"),
    Column.other_id: ("Issue id",),
    Column.name: ("Task Name", "Activity Name", "Subject", "Title"),
    Column.kind: ("Type", "Activity Type", "Task Type", "Issue Type"),
    Column.milestone: ("Is Milestone",),
    Column.summary: ("Is Summary",),
    Column.parent: ("Parent ID", "Parent key", "Parent Task", "Parent issue", "Epic Link"),
    Column.outline_level: ("Level", "Indent"),
    Column.wbs: ("WBS Code", "WBS Path", "WBS ID", "Outline Number"),
    Column.wbs_name: (),
    Column.start: ("Start Date", "Planned Start", "Planned Start Date", "Scheduled Start", "Current Start"),
    Column.finish: (
        "Finish Date", "End", "End Date", "Due", "Due Date", "Planned Finish", "Planned Finish Date",
        "Scheduled Finish", "Current Finish",
    ),
    Column.duration: ("Original Duration", "Planned Duration", "Scheduled Duration"),
    Column.calendar: ("Calendar Name", "Task Calendar", "Activity Calendar"),
    Column.predecessors: ("Predecessor", "Predecessor Details"),
    Column.unique_predecessors: (),
    Column.successors: ("Successor", "Successor Details"),
    Column.unique_successors: (),
    Column.blocked_by: ("Depends on", "Follows", "Inward issue link (Blocks)"),
    Column.blocks: ("Precedes", "Outward issue link (Blocks)"),
    Column.owner: (
        "Assignee", "Assigned to", "Responsible", "Activity Owner", "Resource Names", "Resources", "Primary Resource",
    ),
    Column.constraint_type: ("Constraint", "Primary Constraint"),
    Column.constraint_date: ("Primary Constraint Date",),
    Column.deadline: ("Deadline Date",),
    Column.weight: (),
    Column.percent_complete: (
        "% Complete", "Complete %", "Activity % Complete", "Percent Done", "% Done", "Progress",
        "Duration % Complete", "Physical % Complete",
    ),
    Column.remaining_duration: (),
    Column.actual_start: ("Actual Start Date",),
    Column.actual_finish: ("Actual Finish Date", "Actual End", "Actual End Date", "Resolved"),
    Column.baseline_start: ("Baseline Start Date", "BL Project Start", "BL1 Start"),
    Column.baseline_finish: ("Baseline Finish Date", "Baseline End", "BL Project Finish", "BL1 Finish"),
    Column.baseline_duration: ("BL Project Duration", "BL1 Duration"),
    Column.budget: (
        "Budget at Completion", "Budgeted Total Cost", "Budgeted Cost", "Planned Cost", "Baseline Cost",
        "BL Project Total Cost",
    ),
    Column.currency: ("Currency Code",),
    Column.labels: ("Label", "Tags"),
    Column.plan: ("Plan ID", "Plan Key", "Project ID", "Project Key", "Project"),
    Column.plan_name: ("Project Name",),
    Column.plan_time_zone: ("Time Zone",),
    Column.plan_calendar: ("Project Calendar",),
    Column.plan_scheduling: (),
    Column.status_date: ("Data Date", "As of"),
}  # fmt: skip
"""What else each column may be called; of two that are both there the one named first counts."""

_OUTLINE = (Column.parent, Column.outline_level, Column.wbs)
_SAID_BY: Mapping[str, Sequence[Column]] = {
    "kind": (Column.kind, Column.milestone, Column.summary, *_OUTLINE),
    "planned_start": (Column.start,),
    "planned_finish": (Column.finish,),
    "planned_duration_minutes": (Column.duration,),
    "calendar": (Column.calendar,),
    "parent": _OUTLINE,
    "owner": (Column.owner,),
    "constraint": (Column.constraint_type,),
    "deadline": (Column.deadline,),
    "weight": (Column.weight,),
    "budget": (Column.budget,),
    "labels": (Column.labels,),
    "dependencies": tuple(LISTS - {Column.labels}),
}

MAX_COLUMNS = 1_000
_UNIT = re.compile(r"(.*?)\s*\(\s*(%|d|h|m|w|days?|hours?|minutes?|weeks?|hrs?|mins?|wks?)\s*\)\s*", re.IGNORECASE)
_LONGEST = 200  # characters of a name with a unit; longer cells are not looked at
_SHOWN = 40


def normalised(text: str) -> str:
    """A name without case, spaces and punctuation, `%` told as `percent`."""
    letters = text.casefold().replace("%", "percent")
    return "".join(c for c in letters if c.isalnum()) or letters.strip()


_NAMES: Mapping[str, tuple[Column, int]] = {
    normalised(name): (column, rank)
    for column, aliases in ALIASES.items()
    for rank, name in enumerate((column.value, *aliases))
}
_COMPUTED = frozenset(map(normalised, COMPUTED))


@dataclass(frozen=True, slots=True)
class Header:
    """The first row of a table.

    Attributes:
        width: how many columns there are.
        columns: where each column stands; several places only of `LISTS`.
        units: the unit that a name has in parentheses, as `Original Duration(h)`.
        repeated: the columns that stand twice by the same name.
        left_out: the names of the columns that are not read.
    """

    width: int
    columns: Mapping[Column, Sequence[int]]
    units: Mapping[Column, str]
    repeated: Sequence[Column]
    left_out: Sequence[str]


def header_of(cells: Sequence[str]) -> Header:
    """The header that the cells of a row make. O(cells)."""
    found: dict[Column, list[tuple[int, int]]] = {}
    units: dict[tuple[Column, int], str] = {}
    left_out: list[int] = []
    for index, cell in enumerate(cells):
        match = _UNIT.fullmatch(cell) if len(cell) <= _LONGEST else None
        name = normalised(match[1] if match else cell)
        if name in _NAMES:
            column, rank = _NAMES[name]
            found.setdefault(column, []).append((rank, index))
            if match:
                units[column, index] = match[2].lower()
        elif name not in _COMPUTED and cell.strip():
            left_out.append(index)
    if Column.name not in found and Column.summary in found:  # of a tracker: what an issue is called
        found[Column.name] = found.pop(Column.summary)
    columns: dict[Column, list[int]] = {}
    repeated: list[Column] = []
    for column, places in found.items():
        best = min(rank for rank, _ in places)
        columns[column] = [index for rank, index in places if rank == best or column in LISTS]
        left_out += [index for _, index in places if index not in columns[column]]
        if len(columns[column]) > 1 and column not in LISTS:
            repeated.append(column)
    return Header(
        width=len(cells),
        columns=columns,
        units={column: unit for (column, index), unit in units.items() if index in columns.get(column, ())},
        repeated=repeated,
        left_out=[_shown(cells[index]) for index in sorted(left_out)],
    )


def unsaid_in(header: Header) -> list[str]:
    """What a table with this header cannot say: fields of milestones, and `dependencies`."""
    return [part for part, columns in _SAID_BY.items() if header.columns.keys().isdisjoint(columns)]


def _shown(name: str) -> str:
    """A name as it can be told: short, on one line."""
    text = "".join(c if c.isprintable() else " " for c in name.strip())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
