"""What a table says has happened, as statements: actual dates, percent complete, remaining work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain.moments import EARLIEST, Moment, format_moment, latest, parse_moment
from app.formats.csv_columns import Column
from app.formats.csv_durations import number_of
from app.formats.csv_milestones import Item
from app.formats.csv_plan import Plan

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """What has happened to an item: its actual dates, percent complete and remaining working minutes."""

    item: Item
    start: Moment | None
    finish: Moment | None
    percent: float | None
    remaining: int | None

    @property
    def is_complete(self) -> bool:
        """Whether it is finished; a milestone is as soon as it has an actual date."""
        reached = self.item.kind == "milestone" and self.start is not None
        return self.finish is not None or self.percent == 100 or reached

    @property
    def is_in_progress(self) -> bool:
        """Whether it is under way."""
        return not self.is_complete and (self.start is not None or bool(self.percent))


def progress_of(item: Item, plan: Plan) -> Progress:
    """What a row says has happened.

    Where it tells percent complete and a duration, but not what remains, that follows from them: what an
    earlier file said of it must not outlive a newer percent.
    """
    row, values = item.row, plan.values
    percent = values.read(row, Column.percent_complete, lambda text: number_of(text.removesuffix("%").rstrip(), 100))
    remaining = values.length(row, Column.remaining_duration, item.day)
    minutes, whole = None if remaining is None else remaining.minutes, item.milestone.get("planned_duration_minutes")
    if minutes is None and percent is not None and whole is not None:
        minutes = round(whole * (100 - percent) / 100)
    return Progress(
        item,
        values.actual(row, Column.actual_start, Column.start),
        values.actual(row, Column.actual_finish, Column.finish),
        percent,
        minutes,
    )


def data_date(progress: Sequence[Progress], plan: Plan) -> Moment | None:
    """Up to when progress is told: the status date; where work is under way without one the latest actual date."""
    return plan.status_date or _latest(progress, plan)


def statements_of(progress: Sequence[Progress], when: Moment | None, plan: Plan) -> list[tuple[Statement, str]]:
    """What has happened, and where the file says so.

    Progress is told for the data date `when`. Work that is complete without an actual finish is taken to have
    finished when it was planned to, at the latest at the status date.
    """
    _note_fractions(progress, plan)
    return [told for each in progress for told in _of(each, when, plan)]


def _of(told: Progress, when: Moment | None, plan: Plan) -> Iterator[tuple[Statement, str]]:
    item = told.item
    if told.start is not None and item.kind == "activity":
        yield _statement("started", item, told.start), _place(item, Column.actual_start, Column.start)
    if told.is_complete:
        finish = told.finish or (told.start if item.kind == "milestone" else None) or _assumed(told, plan)
        if finish is not None:
            yield _statement("completed", item, finish), _place(item, Column.actual_finish, Column.finish)
    elif told.is_in_progress:
        data = {"percent_complete": told.percent, "remaining_minutes": told.remaining}
        data = {name: value for name, value in data.items() if value is not None}
        if data and when is not None:
            yield _statement("progressed", item, when, data), item.row.place(Column.percent_complete)
        elif data:
            said = "progress is left out, as nothing says when it was so: add a column status_date"
            plan.values.findings.note(item.row.place(Column.percent_complete), "no_status_date", said)


def _place(item: Item, *columns: Column) -> str:
    """The first of the columns in which something stands."""
    return item.row.place(next((column for column in columns if item.row.text(column)), columns[0]))


def _statement(kind: str, item: Item, when: Moment, data: Mapping[str, Any] | None = None) -> Statement:
    occurred_at = format_moment(when)
    return {"type": f"milestone.{kind}", "milestone": item.id, "occurred_at": occurred_at, "data": data or {}}


def _assumed(told: Progress, plan: Plan) -> Moment | None:
    """When work that is complete was finished, if nothing says so."""
    item, note = told.item, plan.values.findings.note
    place = item.row.place(Column.percent_complete)
    planned = item.milestone.get("planned_start" if item.at_start else "planned_finish")
    if planned is None and plan.status_date is None:
        note(place, "no_actual_finish", "completions are left out that neither an actual nor a planned finish dates")
        return None
    note(place, "no_actual_finish", "complete without an actual finish: the planned one is taken")
    moments = [plan.status_date, None if planned is None else parse_moment(planned)]
    return min((moment for moment in moments if moment is not None), key=lambda moment: _order(moment, plan))


def _latest(progress: Sequence[Progress], plan: Plan) -> Moment | None:
    """The latest actual date."""
    actual = [moment for each in progress for moment in (each.start, each.finish) if moment is not None]
    if not actual or not any(each.is_in_progress for each in progress):
        return None
    said = "the file has no status_date: progress is told for its latest actual date"
    plan.values.findings.note("file", "status_date_assumed", said)
    return latest(actual, plan.values.style.zone)


def _order(moment: Moment, plan: Plan) -> tuple[date, datetime]:
    """Orders days and instants: by their local day, of one day the day before its instants."""
    if isinstance(moment, datetime):
        return moment.astimezone(plan.values.style.zone).date(), moment
    return moment, EARLIEST


def _note_fractions(progress: Sequence[Progress], plan: Plan) -> None:
    """A note where percents look like fractions of one."""
    percents = [each.percent for each in progress if each.percent is not None]
    if percents and 0 < max(percents) <= 1:
        said = "no percent_complete is more than 1: percents run to 100, so that 0.45 is less than one percent"
        plan.values.findings.note(f"column {Column.percent_complete}", "small_percents", said)
