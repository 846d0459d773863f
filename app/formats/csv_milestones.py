"""A row of a table as a milestone of a plan document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.moments import Moment, format_moment
from app.formats.csv_columns import Column
from app.formats.csv_durations import Length, day_minutes, money_of, number_of
from app.formats.csv_plan import Plan
from app.formats.csv_rows import Row
from app.formats.csv_words import calendar_of, constraint_of, flag_of, is_nothing, kind_of, label_name, label_of

_MAX_WEIGHT = 10**9
_UNITS = re.compile(r"\[[\d.,]{1,9}%\]")


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the plan.

    Attributes:
        id: what the file calls it.
        row: the row itself.
        kind: `milestone`, `activity` or `phase`.
        at_start: a milestone that is planned by its start.
        day: the working minutes of `1d` on its calendar.
        milestone: what a plan document says of it.
    """

    id: str
    row: Row
    kind: str
    at_start: bool
    day: int
    milestone: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Dates:
    """When a row is planned."""

    start: Moment | None
    finish: Moment | None
    duration: Length | None

    @property
    def is_instant(self) -> bool:
        """Whether they are those of a milestone where nothing says so: one date, none, or no duration."""
        if self.duration is not None:
            return not self.duration.minutes
        both = self.start is not None and self.finish is not None
        return not both or (isinstance(self.start, datetime) and self.start == self.finish)


def item_of(id_: str, row: Row, parent: str | None, plan: Plan, *, has_children: bool) -> Item:
    """What a row says, without what has happened and without its links."""
    values, findings = plan.values, plan.values.findings
    named = values.read(row, Column.calendar, calendar_of)
    calendar = None if named == plan.calendar else named
    day = day_minutes(calendar or plan.calendar)
    dates = _Dates(
        values.moment(row, Column.start), values.moment(row, Column.finish), values.length(row, Column.duration, day)
    )
    kind, at_start = _kind(row, dates, plan, has_children=has_children)
    if kind == "activity" and dates.duration and dates.duration.elapsed:
        calendar = None if plan.calendar == "always" else "always"
    name = row.text(Column.name)
    if not name:
        findings.wrong(row.place(Column.name), "missing", "is empty, and is needed")
    said = {
        "key": id_,
        "external_id": id_,
        "name": values.short(row, Column.name, name),
        "kind": kind,
        **_planned(row, kind, dates, plan, at_start=at_start),
        "calendar": calendar,
        "parent": parent,
        "owner": _owner(row, plan),
        "constraint": _constraint(row, plan),
        "deadline": told(values.moment(row, Column.deadline)),
        "weight": values.read(row, Column.weight, lambda text: number_of(text, _MAX_WEIGHT)),
        "budget": _budget(row, plan),
        "labels": _labels(row, plan) or None,
    }
    milestone = {field: value for field, value in said.items() if value is not None}
    return Item(id_, row, kind, at_start, day, milestone)


def _kind(row: Row, dates: _Dates, plan: Plan, *, has_children: bool) -> tuple[str, bool]:
    """The kind, and whether it is a milestone at a start."""
    note, word = plan.values.findings.note, kind_of(row.text(Column.kind))
    if flag_of(row.text(Column.milestone)) and word != "start_milestone":
        word = "milestone"
    if has_children and word in {"milestone", "start_milestone", "activity"}:
        note(row.place(), "has_children", "other rows lie within it, so that it is a phase: its dates are theirs")
    if has_children or word == "phase" or flag_of(row.text(Column.summary)):
        return "phase", False
    if word in {"activity", "level_of_effort"}:
        return "activity", False
    if word is None and not dates.is_instant:
        return "activity", False
    if dates.duration and dates.duration.minutes:
        note(row.place(Column.duration), "takes_time", "a milestone takes no time, so that this is an activity")
        return "activity", False
    return "milestone", dates.start is not None and (word == "start_milestone" or dates.finish is None)


def _planned(row: Row, kind: str, dates: _Dates, plan: Plan, *, at_start: bool) -> Mapping[str, Any]:
    """The planned dates that a kind has."""
    if kind == "phase":
        return {}
    if kind == "activity":
        minutes = None if dates.duration is None else dates.duration.minutes
        return _dated(dates.start, dates.finish, minutes)
    if dates.start is not None and dates.finish is not None and dates.start != dates.finish:
        used = Column.start if at_start else Column.finish
        plan.values.findings.note(row.place(), "two_dates", f"a milestone has one date: the {used} is taken")
    return _dated(dates.start, None, None) if at_start else _dated(None, dates.finish, None)


def _dated(start: Moment | None, finish: Moment | None, minutes: int | None) -> dict[str, Any]:
    return {"planned_start": told(start), "planned_finish": told(finish), "planned_duration_minutes": minutes}


def told(moment: Moment | None) -> str | None:
    """A date as in a plan document."""
    return None if moment is None else format_moment(moment)


def _owner(row: Row, plan: Plan) -> str | None:
    """The owner, without the units that Microsoft Project adds: `Ann[50%]`."""
    text = _UNITS.sub("", row.text(Column.owner))
    return plan.values.short(row, Column.owner, text) or None


def _constraint(row: Row, plan: Plan) -> Mapping[str, Any] | None:
    values, findings = plan.values, plan.values.findings
    for column in (Column.start, Column.finish):
        if row.text(column).endswith("*") and Column.constraint_type not in row.header.columns:
            said = "the constraint that * stands for is left out: add the columns constraint_type and constraint_date"
            findings.note(row.place(column), "constraint_left_out", said)
    type_ = values.read(row, Column.constraint_type, constraint_of)
    date = values.moment(row, Column.constraint_date)
    if type_ is None:
        return None
    if type_ == "ALAP":
        return {"type": type_, "date": None}
    if date is None and is_nothing(row.text(Column.constraint_date)):
        findings.wrong(row.place(Column.constraint_date), "missing", "is empty, and is needed")
    return {"type": type_, "date": told(date)}


def _budget(row: Row, plan: Plan) -> Mapping[str, str] | None:
    money = plan.values.read(row, Column.budget, money_of)
    if money is None:
        return None
    amount, currency = money[0], money[1] or row.text(Column.currency)
    if not currency:
        said = "budgets without a currency are left out: add a column currency such as EUR"
        plan.values.findings.note(row.place(Column.budget), "no_currency", said)
        return None
    return {"amount": amount, "currency": currency.upper()}


def _labels(row: Row, plan: Plan) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in row.entries(Column.labels):
        told_name, value = label_of(entry)
        name = label_name(told_name)
        if name != told_name:
            said = "names of labels have letters, digits and . _ / -, at most 63; others are changed to such"
            plan.values.findings.note(row.place(Column.labels), "label_renamed", said)
        found[name] = plan.values.short(row, Column.labels, value)
    return found


def baseline_of(item: Item, plan: Plan) -> Mapping[str, Any] | None:
    """The baseline dates of an item as in a plan document; None: it has no baseline."""
    row, values = item.row, plan.values
    start, finish = values.moment(row, Column.baseline_start), values.moment(row, Column.baseline_finish)
    length = values.length(row, Column.baseline_duration, item.day)
    if item.kind == "phase" or (start is None and finish is None and length is None):
        return None
    if item.kind == "activity":
        return _dated(start, finish, None if length is None else length.minutes)
    return _dated(start or finish, None, None) if item.at_start else _dated(None, finish or start, None)
