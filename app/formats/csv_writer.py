"""A plan as a table: `schedule.csv`, which `csv_reader` reads again, and which spreadsheets open.

RFC 4180 in UTF-8, with commas and CRLF. It begins with a byte order mark, for without one Excel takes UTF-8 for
the code page of the machine and spoils every letter beyond ASCII.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from app.domain.cpm import Scheduled
from app.domain.execution import Lifecycle, State
from app.domain.moments import EARLIEST, LATEST, Moment, format_instant, from_minutes
from app.domain.plan import Dependency, Milestone, MilestoneKind
from app.formats.csv_columns import COMPUTED, Column
from app.formats.csv_durations import told_length
from app.formats.csv_rows import FORMULA
from app.formats.csv_words import escaped
from app.formats.exported import Exported

_COLUMNS = (
    Column.id,
    Column.name,
    Column.kind,
    Column.parent,
    Column.start,
    Column.finish,
    Column.duration,
    Column.calendar,
    Column.predecessors,
    Column.owner,
    Column.constraint_type,
    Column.constraint_date,
    Column.deadline,
    Column.weight,
    Column.percent_complete,
    Column.remaining_duration,
    Column.actual_start,
    Column.actual_finish,
    Column.baseline_start,
    Column.baseline_finish,
    Column.baseline_duration,
    Column.budget,
    Column.currency,
    Column.labels,
    Column.plan,
    Column.plan_name,
    Column.plan_time_zone,
    Column.plan_calendar,
    Column.plan_scheduling,
    Column.status_date,
)
_NOTHING = State()


def write(exported: Exported) -> bytes:
    """The table of a plan: a row a milestone, phases before what lies in them. O(milestones + dependencies)."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow([*_COLUMNS, *COMPUTED])
    writing = _Writing(exported)
    for milestone in _ordered(exported.content.milestones):
        cells = writing.row(milestone)
        table.writerow([cells[column] for column in (*_COLUMNS, *COMPUTED)])
    return out.getvalue().encode("utf-8-sig")


def _ordered(milestones: Mapping[str, Milestone]) -> Iterator[Milestone]:
    """Every milestone behind the phase that it lies in, those of one phase by key."""
    inside: dict[str | None, list[str]] = {}
    for key in sorted(milestones, reverse=True):
        inside.setdefault(milestones[key].parent, []).append(key)
    stack = inside.pop(None, [])
    while stack:
        key = stack.pop()
        yield milestones[key]
        stack += inside.pop(key, [])


class _Writing:
    """What the cells of a plan are made of."""

    def __init__(self, exported: Exported) -> None:
        content = exported.content
        self._exported = exported
        self._zone = ZoneInfo(content.fields.time_zone)
        self._ids = _ids(content.milestones)
        self._baseline = exported.baselines[-1].milestones if exported.baselines else {}
        self._predecessors: dict[str, list[str]] = {}
        for identity in sorted(content.dependencies):
            link = content.dependencies[identity]
            entry = f"{escaped(self._ids[link.predecessor])}{link.type}{_lag(link)}"
            self._predecessors.setdefault(link.successor, []).append(entry)
        fields = content.fields
        self._plan: Mapping[str, str] = {
            Column.plan: _text(exported.key),
            Column.plan_name: _text(fields.name),
            Column.plan_time_zone: _text(fields.time_zone),
            Column.plan_calendar: _text(fields.calendar),
            Column.plan_scheduling: _text(fields.scheduling),
            Column.status_date: self._date(exported.as_of),
        }

    def row(self, milestone: Milestone) -> Mapping[str, str]:
        """The cells of a milestone by column."""
        key = milestone.key
        return {
            **self._plan,
            **self._planned(milestone),
            **self._happened(milestone, self._exported.states.get(key, _NOTHING)),
            **self._frozen(self._baseline.get(key)),
            **self._computed(self._exported.schedule.items[key]),
        }

    def _planned(self, milestone: Milestone) -> Mapping[str, str]:
        constraint, budget = milestone.constraint, milestone.budget
        labels = "; ".join(escaped(f"{name}={value}") for name, value in milestone.labels.items())
        return {
            Column.id: _text(self._ids[milestone.key]),
            Column.name: _text(milestone.name),
            Column.kind: milestone.kind.value,
            Column.parent: "" if milestone.parent is None else _text(self._ids[milestone.parent]),
            Column.start: self._date(milestone.planned_start),
            Column.finish: self._date(milestone.planned_finish),
            Column.duration: _length(milestone.planned_duration_minutes),
            Column.calendar: _text(milestone.calendar),
            Column.predecessors: _text("; ".join(self._predecessors.get(milestone.key, ()))),
            Column.owner: _text(milestone.owner),
            Column.constraint_type: "" if constraint is None else constraint.type,
            Column.constraint_date: "" if constraint is None else self._date(constraint.date),
            Column.deadline: self._date(milestone.deadline),
            Column.weight: _number(milestone.weight),
            Column.budget: "" if budget is None else f"{budget.amount:f}",
            Column.currency: "" if budget is None else budget.currency,
            Column.labels: _text(labels),
        }

    def _happened(self, milestone: Milestone, state: State) -> Mapping[str, str]:
        """Progress, as far as it would be read as what it is.

        A phase has none of its own; a date that a milestone began and 100 percent would be taken for completions.
        """
        done = state.lifecycle is Lifecycle.completed
        if milestone.kind is MilestoneKind.phase:
            state = _NOTHING
        elif milestone.kind is MilestoneKind.milestone and not done:
            state = state._replace(actual_start=None)
        percent = None if state.percent_complete == 100 and not done else state.percent_complete
        return {
            Column.percent_complete: _number(percent),
            Column.remaining_duration: "" if done else _length(state.remaining_minutes),
            Column.actual_start: self._date(state.actual_start),
            Column.actual_finish: self._date(state.actual_finish),
        }

    def _frozen(self, baseline: Milestone | None) -> Mapping[str, str]:
        if baseline is None:
            return dict.fromkeys((Column.baseline_start, Column.baseline_finish, Column.baseline_duration), "")
        return {
            Column.baseline_start: self._date(baseline.planned_start),
            Column.baseline_finish: self._date(baseline.planned_finish),
            Column.baseline_duration: _length(baseline.planned_duration_minutes),
        }

    def _computed(self, found: Scheduled) -> Mapping[str, str]:
        dates: dict[str, int | None] = {
            name: getattr(found, name) for name in COMPUTED if name.endswith(("_start", "_finish"))
        }
        driver = found.driving_predecessor
        return {
            **{name: "" if minute is None else self._date(from_minutes(minute)) for name, minute in dates.items()},
            "leeway_key": _text(found.key),
            "lifecycle": found.lifecycle.value,
            "remaining_minutes": _number(found.remaining_minutes),
            "total_float_minutes": _number(found.total_float_minutes),
            "free_float_minutes": _number(found.free_float_minutes),
            "critical": "yes" if found.critical else "no",
            "driving_predecessor": "" if driver is None else _text(self._ids[driver]),
        }

    def _date(self, moment: Moment | None) -> str:
        """A day as it is; an instant in the plan's zone where that is exact, else with `Z`.

        So is midnight, for a column that has no other times is one of days.
        """
        if not isinstance(moment, datetime):
            return "" if moment is None else moment.isoformat()
        local = moment.astimezone(self._zone)
        exact = bool(local.hour or local.minute) and not (local.second or local.microsecond)
        exact = exact and local.replace(fold=0).astimezone(UTC) == moment
        exact = exact and EARLIEST.date() <= local.date() <= LATEST.date()
        return f"{local:%Y-%m-%d %H:%M}" if exact else format_instant(moment)


def _ids(milestones: Mapping[str, Milestone]) -> dict[str, str]:
    """The ids of the system that the plan came from, unless two of them are the same."""
    ids = {key: (milestone.external_id or "").strip() or key for key, milestone in milestones.items()}
    return ids if len(set(ids.values())) == len(ids) else {key: key for key in ids}


def _text(text: str | None) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{text}" if text and text[0] in f"{FORMULA}'" else text or ""


def _length(minutes: int | None) -> str:
    return "" if minutes is None else told_length(minutes)


def _number(number: float | None) -> str:
    return "" if number is None else repr(number).removesuffix(".0")


def _lag(link: Dependency) -> str:
    elapsed = "e" if link.lag_unit == "elapsed" else ""
    if link.lag_percent is not None:
        return f"{'-' if link.lag_percent < 0 else '+'}{_number(abs(link.lag_percent))}{elapsed}%"
    if not link.lag_minutes and not elapsed:
        return ""
    length = told_length(abs(link.lag_minutes))
    return f"{'-' if link.lag_minutes < 0 else '+'}{length[:-1]}{elapsed}{length[-1]}"
