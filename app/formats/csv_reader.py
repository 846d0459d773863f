"""A schedule as a table (CSV or TSV) as a plan; docs/guides/schedule-files.md says which columns there are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain.moments import Moment, format_moment
from app.formats.csv_columns import Column, unsaid_in
from app.formats.csv_durations import day_minutes
from app.formats.csv_links import Links, Network
from app.formats.csv_milestones import Item, baseline_of, item_of
from app.formats.csv_outline import Outline, outline_of
from app.formats.csv_plan import Plan, plan_of, rows_of
from app.formats.csv_progress import Statement, data_date, progress_of, statements_of
from app.formats.csv_rows import Findings, Row
from app.formats.csv_table import Table, table_of
from app.formats.csv_words import kind_of
from app.formats.parsed import ParsedBaseline, ParsedFile, ReadOptions

_NAMED = 20  # columns that are left out


def read(body: bytes, options: ReadOptions) -> ParsedFile:
    """The plan that a table makes.

    Rows that others lie in become phases. A plan with dependencies is scheduled as soon as possible, one
    without holds its planned dates, unless the table says which. O(bytes).

    Raises:
        Unreadable: naming every place that keeps it from becoming a plan.
    """
    table = table_of(body)
    findings = Findings(list(table.problems))
    _note_table(table, findings)
    everything = [Row(number, cells, table.header) for number, cells in table.rows]
    rows = rows_of(everything, options.project)
    plan = plan_of(rows, options, findings)
    outline = outline_of(rows, table.header_row, findings)
    parents = frozenset(outline.parents.values())
    kept = [(id_, row) for id_, row in outline.named if not _is_level_of_effort(id_, row, parents, findings)]
    items = [item_of(id_, row, outline.parents.get(id_), plan, has_children=id_ in parents) for id_, row in kept]
    links = _links(outline, kept, plan)
    scheduling = plan.scheduling or ("as_soon_as_possible" if links.dependencies else "hold_planned_dates")
    if options.calendar is None:  # a plan that is there keeps its own
        _note_defaults(plan, scheduling, table.header_row)
    progress = [progress_of(item, plan) for item in items if item.kind != "phase"]
    when = data_date(progress, plan)
    statements = statements_of(progress, when, plan)
    baselines = {item.id: dates for item in items if (dates := baseline_of(item, plan)) is not None}
    findings.check()
    return ParsedFile(
        format="csv",
        project=plan.project,
        document={
            **_plan_fields(plan, scheduling, when),
            "milestones": [*_phases(outline), *(item.milestone for item in items)],
            "dependencies": links.dependencies,
        },
        baselines=[ParsedBaseline(0, "Baseline", baselines)] if baselines else (),
        statements=[statement for statement, _ in statements],
        places=_places(outline, items, links, statements),
        notes=findings.notes,
        unsaid=_unsaid(table, plan, items),
    )


def _note_table(table: Table, findings: Findings) -> None:
    header, place = table.header, f"row {table.header_row}"
    for column in header.repeated:
        findings.wrong(f"{place}, {column}", "repeated", "stands in two columns")
    if header.left_out:
        more = len(header.left_out) - _NAMED
        names = ", ".join(header.left_out[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        findings.note(place, "unknown_columns", f"these columns are left out: {names}")
    if table.encoding == "cp1252":
        findings.note("file", "encoding", "is not in UTF-8, and was read as Windows-1252")


def _is_level_of_effort(id_: str, row: Row, parents: frozenset[str], findings: Findings) -> bool:
    if kind_of(row.text(Column.kind)) != "level_of_effort" or id_ in parents:
        return False
    findings.note(row.place(), "level_of_effort", "activities of the type level of effort are left out")
    return True


def _links(outline: Outline, kept: Sequence[tuple[str, Row]], plan: Plan) -> Links:
    left_out = {id_ for id_, _ in outline.named} - {id_ for id_, _ in kept}
    network = Network(plan.values.findings, frozenset(left_out), day_minutes(plan.calendar))
    for id_, row in kept:
        network.add(row, id_, (outline.by_reference, outline.by_unique_id))
    return network.links()


def _note_defaults(plan: Plan, scheduling: str, header_row: int) -> None:
    assumed = {Column.plan_calendar: plan.calendar, Column.plan_scheduling: scheduling}
    names = [f"{column} {value}" for column, value in assumed.items() if column not in plan.told]
    if names:
        detail = f"the file does not say it, so this is assumed: {', '.join(names)}"
        plan.values.findings.note(f"row {header_row}", "assumed", detail)


def _phases(outline: Outline) -> Iterator[Mapping[str, Any]]:
    """The phases that have no rows."""
    for group in outline.groups:
        phase = {"key": group.id, "external_id": group.id, "name": group.name[:200], "kind": "phase"}
        parent = outline.parents.get(group.id)
        yield phase if parent is None else {**phase, "parent": parent}


def _plan_fields(plan: Plan, scheduling: str, status_date: Moment | None) -> Mapping[str, Any]:
    """The plan's own fields; what the table does not say is not in them."""
    said = {
        "name": plan.name,
        "time_zone": plan.time_zone,
        "calendar": plan.calendar,
        "scheduling": scheduling,
        "status_date": None if status_date is None else format_moment(status_date),
    }
    return {field: value for field, value in said.items() if value is not None}


def _unsaid(table: Table, plan: Plan, items: Sequence[Item]) -> list[str]:
    unsaid = unsaid_in(table.header)
    if plan.status_date is None:
        unsaid.append("status_date")
    budgets = any(item.row.text(Column.budget) for item in items)
    if budgets and not any("budget" in item.milestone for item in items):  # nothing tells their currency
        unsaid.append("budget")
    return unsaid


def _places(
    outline: Outline, items: Sequence[Item], links: Links, statements: Sequence[tuple[Statement, str]]
) -> Mapping[str, Sequence[str]]:
    return {
        "milestones": [*(group.place for group in outline.groups), *(item.row.place() for item in items)],
        "dependencies": links.places,
        "calendars": [],
        "statements": [place for _, place in statements],
    }
