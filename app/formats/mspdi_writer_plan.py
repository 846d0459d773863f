"""What a writer of Microsoft Project XML has to find out about a plan before it writes the first task."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.domain.calendars import WorkingTime, compile_calendar
from app.domain.cpm import Scheduled
from app.domain.cpm_leaf import shown_at
from app.domain.cpm_values import Edge
from app.domain.moments import Moment
from app.domain.plan import Milestone, MilestoneKind
from app.formats.exported import Exported, ExportedBaseline
from app.formats.mspdi_elements import local
from app.formats.mspdi_fields import clean
from app.formats.mspdi_writer_calendars import numbered

_MAX_UID = 2**31 - 1
_MAX_BASELINES = 10  # beside the one that is compared with
_FIVE_YEARS = timedelta(days=5 * 366)
_NUMBERED_LEVELS = 50  # deeper numbers of the outline would be longer than the plan
_LATE = 1 << 60


class Row(NamedTuple):
    """A milestone, and where it stands in the outline."""

    milestone: Milestone
    level: int
    number: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A plan as it is about to be written.

    Attributes:
        rows: its milestones in the order of the outline; what starts first comes first.
        uids: the number of each milestone.
        calendar_uids: the number of each calendar.
        owners: the number of each person, by name.
        baselines: the number of each baseline that is written.
        currency: the currency of all budgets that are written.
    """

    exported: Exported
    zone: ZoneInfo
    clocks: Mapping[str, WorkingTime]
    rows: Sequence[Row]
    uids: Mapping[str, int]
    calendar_uids: Mapping[str, int]
    owners: Mapping[str, int]
    baselines: Mapping[int, ExportedBaseline]
    currency: str | None

    @property
    def plan_clock(self) -> WorkingTime:
        """The plan's own calendar."""
        return self.clocks[self.exported.content.fields.calendar]

    def clock(self, milestone: Milestone) -> WorkingTime:
        """The calendar of a milestone; of an older one that is no more, the plan's."""
        return self.clocks.get(milestone.calendar or "", self.plan_clock)

    def item(self, milestone: Milestone) -> Scheduled:
        """What is computed of it."""
        return self.exported.schedule.items[milestone.key]

    def told(self, minute: int | None) -> str | None:
        """An instant as a local time."""
        return local(minute, self.zone)

    def moment(self, milestone: Milestone, moment: Moment | None, edge: Edge) -> str | None:
        """A date as a local time; of a day the start or the end of its work."""
        return None if moment is None else self.told(shown_at(self.clock(milestone), moment, edge))

    def length(self, milestone: Milestone) -> int:
        """The planned duration; else the working time between the planned dates; else 0. Minutes."""
        if milestone.planned_duration_minutes is not None:
            return milestone.planned_duration_minutes
        if milestone.planned_start is None or milestone.planned_finish is None:
            return 0
        clock = self.clock(milestone)
        return max(clock.finish_work(milestone.planned_finish) - clock.start_work(milestone.planned_start), 0)


def facts_of(exported: Exported) -> Facts:
    """All that the writing needs. O(milestones · log milestones + calendars)."""
    content = exported.content
    day = exported.as_of.date()
    rows = list(_rows(exported))
    owners = dict.fromkeys(name for row in rows for name in owners_of(row.milestone))
    budgets = (row.milestone.budget.currency for row in rows if row.milestone.budget is not None)
    return Facts(
        exported=exported,
        zone=ZoneInfo(content.fields.time_zone),
        clocks={
            key: compile_calendar(each.rules, day - _FIVE_YEARS, day + _FIVE_YEARS)
            for key, each in exported.calendars.items()
        },
        rows=rows,
        uids=_uids(content.milestones),
        calendar_uids=numbered(exported.calendars, content.fields.calendar),
        owners={name: number for number, name in enumerate(owners, 1)},
        baselines=dict(_baselines(exported.baselines)),
        currency=next(budgets, None),
    )


def owners_of(milestone: Milestone) -> list[str]:
    """Who owns it: several have commas between them, which a name cannot have there, nor can it have brackets."""
    names = (milestone.owner or "").replace("[", "(").replace("]", ")").split(",")
    return [name for each in names if (name := clean(each))]


def _uids(milestones: Mapping[str, Milestone]) -> dict[str, int]:
    """A number for each: the one that it had in the file it came from, else one that is free."""
    found: dict[str, int] = {}
    for key, each in milestones.items():
        told = each.external_id or ""
        if told.isascii() and told.isdigit() and len(told) <= 10 and 0 < int(told) <= _MAX_UID and told[0] != "0":
            found[key] = int(told)
    taken, number = set(found.values()), 0
    for key in sorted(milestones):
        if key not in found:
            number += 1
            while number in taken:
                number += 1
            found[key] = number
    return found


def _rows(exported: Exported) -> Iterator[Row]:
    """The outline, phases before what lies in them."""
    items, milestones = exported.schedule.items, exported.content.milestones
    inside: dict[str | None, list[str]] = {}
    for key, each in milestones.items():
        inside.setdefault(each.parent, []).append(key)

    def order(key: str) -> tuple[int, int, int, str]:
        start, finish = items[key].projected_start, items[key].projected_finish
        last = _LATE if finish is None else finish
        return last if start is None else start, last, len(key), key

    def rows(parent: str | None, level: int, number: str) -> list[Row]:
        keys = sorted(inside.get(parent, ()), key=order)
        prefix = f"{number}." if number else ""
        told = level <= _NUMBERED_LEVELS
        return [Row(milestones[key], level, f"{prefix}{n}" if told else "") for n, key in enumerate(keys, 1)]

    open_ = rows(None, 1, "")[::-1]
    while open_:
        row = open_.pop()
        yield row
        if row.milestone.kind is MilestoneKind.phase:
            open_ += rows(row.milestone.key, row.level + 1, row.number)[::-1]


def _baselines(baselines: Sequence[ExportedBaseline]) -> Iterator[tuple[int, ExportedBaseline]]:
    """The baselines by the numbers that they get: the one compared with, then the newest of the others."""
    if baselines:
        yield 0, baselines[-1]
        yield from enumerate(baselines[:-1][-_MAX_BASELINES:], 1)
