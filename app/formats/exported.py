"""What a writer of schedule files is given: a plan with its dates, and the words for its calendars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.calendars import WorkingRules
from app.domain.cpm import Schedule
from app.domain.execution import State
from app.domain.plan import Milestone, PlanContent


@dataclass(frozen=True, slots=True)
class ExportedCalendar:
    """A calendar that the plan uses: its name, and its rules with holidays and zone expanded."""

    name: str
    rules: WorkingRules


@dataclass(frozen=True, slots=True)
class ExportedBaseline:
    """A baseline of the plan: its number and name, and the milestones that it froze, by key."""

    number: int
    name: str
    milestones: Mapping[str, Milestone]


@dataclass(frozen=True, slots=True)
class Exported:
    """A plan as of an instant, ready to be written as a file.

    Attributes:
        key: the plan's key.
        content: one revision of it; local times in a file are those of its `time_zone`.
        as_of: the data date.
        states: what had happened by then, by milestone key; silence is missing.
        schedule: the dates computed for the data date.
        calendars: every calendar that the content names, by key, the built-in ones too.
        baselines: its baselines by number, but the one compared with comes last; at most eleven.
    """

    key: str
    content: PlanContent
    as_of: datetime
    states: Mapping[str, State]
    schedule: Schedule
    calendars: Mapping[str, ExportedCalendar]
    baselines: Sequence[ExportedBaseline] = ()
