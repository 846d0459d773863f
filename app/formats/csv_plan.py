"""What a table says of the whole plan: which one it is, its zone, calendar, data date."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.domain.moments import Moment
from app.formats.csv_columns import OF_PLAN, Column, normalised
from app.formats.csv_dates import DateStyle, Wrong, days_only, moment_of, order_in, split_actual
from app.formats.csv_rows import DATES, Findings, Row, Values
from app.formats.csv_words import calendar_of
from app.formats.parsed import Place, ReadOptions, Unreadable

T = TypeVar("T")

_SCHEDULING = ("hold_planned_dates", "as_soon_as_possible")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """What the rows of one plan have in common.

    Attributes:
        project: its own id in the file; None: it has none.
        name: what it is called; None: the file does not say.
        time_zone: the zone of its local times.
        calendar: the key of its calendar.
        scheduling: how it is scheduled; None: the file does not say.
        status_date: up to when its progress is told; None: the file does not say.
        told: the columns that say something of it.
        values: what reads its cells.
    """

    project: str | None
    name: str | None
    time_zone: str
    calendar: str
    scheduling: str | None
    status_date: Moment | None
    told: Collection[Column]
    values: Values


def rows_of(rows: Sequence[Row], wanted: str | None) -> Sequence[Row]:
    """The rows of the plan named `wanted`, else of the only one; a plan is named by its id or by its name.

    Raises:
        Unreadable: the file has several plans, or none that is named so.
    """
    ids = _distinct(row.text(Column.plan) or row.text(Column.plan_name) for row in rows)
    if not ids or (wanted is None and len(ids) == 1):
        return rows
    names = ", ".join(each[:40] for each in ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
    if wanted is None:
        detail = f"there are several projects, name the one to read: {names}"
        raise Unreadable([Place(f"column {Column.plan}", "several_projects", detail)])
    found = [row for row in rows if wanted in {row.text(Column.plan), row.text(Column.plan_name)}]
    if not found:
        detail = f"there is no project of that name; the file has: {names}"
        raise Unreadable([Place(f"column {Column.plan}", "unknown_project", detail)])
    return found


def plan_of(rows: Sequence[Row], options: ReadOptions, findings: Findings) -> Plan:
    """What the rows say of their plan; `options` tell what a file does not.

    Raises:
        Unreadable: nothing is known under the name of the zone.
    """
    told: Mapping[Column, Row] = dict(_told(rows, findings))

    def text(column: Column) -> str | None:
        return told[column].text(column) if column in told else None

    zone = text(Column.plan_time_zone) or options.time_zone
    place = told[Column.plan_time_zone].place(Column.plan_time_zone) if Column.plan_time_zone in told else "time_zone"
    style = DateStyle(_zone(zone, place), order_in(text for column in DATES for text in _dates(rows, column)))
    # The midnight of a data date counts: it is when the day begins, not the whole of it.
    days = {column for column in DATES if column is not Column.status_date and days_only(_dates(rows, column))}
    values = Values(findings, style, days)

    def read(column: Column, parse: Any) -> Any:
        return values.read(told[column], column, parse) if column in told else None

    name = text(Column.plan_name)
    return Plan(
        project=text(Column.plan),
        name=None if name is None else values.short(told[Column.plan_name], Column.plan_name, name),
        time_zone=zone,
        calendar=read(Column.plan_calendar, calendar_of) or options.calendar or "standard",
        scheduling=read(Column.plan_scheduling, _scheduling) or options.scheduling,
        status_date=read(Column.status_date, lambda text: moment_of(text, values.style)),
        told=told.keys(),
        values=values,
    )


def _told(rows: Sequence[Row], findings: Findings) -> Iterator[tuple[Column, Row]]:
    """The first row that says it, for each of the columns; the others must say the same or nothing."""
    for column in OF_PLAN:
        first: Row | None = None
        for row in rows:
            text = row.text(column)
            if text and first is None:
                first = row
                yield column, row
            elif text and first is not None and text != first.text(column):
                detail = f"differs from row {first.number}; it is said of the whole plan"
                findings.wrong(row.place(column), "differs", detail)


def _zone(name: str, place: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise Unreadable([Place(place, "unknown_zone", "is no IANA time zone such as Europe/Berlin")]) from None


def _dates(rows: Sequence[Row], column: Column) -> Iterator[str]:
    return (split_actual(text)[0] for row in rows if (text := row.text(column)))


def _scheduling(text: str) -> str:
    for word in _SCHEDULING:
        if normalised(text) == normalised(word):
            return word
    raise Wrong("unknown_word", f"is none of {', '.join(_SCHEDULING)}")


def _distinct(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]
