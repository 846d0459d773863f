"""Networks to schedule: the same one as domain values, as a plan document, and as plain numbers for peers.

Twice as many links as activities. Of the links 85 % are FS, 10 % SS, 4 % FF and 1 % SF, and one in ten has a lag: of
those in the Primavera files that the engine is tested with 87 % are FS, and 15 % have a lag.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from app.domain.calendars import STANDARD, WorkingRules, WorkingTime, compile_calendar
from app.domain.cpm import ScheduleInputs, ScheduleOptions
from app.domain.plan import Dependency, DependencyType, Milestone, MilestoneKind

DATA_DATE = datetime(2026, 1, 5, 8, tzinfo=UTC)
SEED = 6
_TYPES = (DependencyType.FS, DependencyType.SS, DependencyType.FF, DependencyType.SF)
_NEAR = 100  # a predecessor is one of so many activities before

Link = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Network:
    """Durations in minutes by key, and links as (predecessor, type, successor, lag in minutes); both in order."""

    durations: dict[str, int]
    links: list[Link]

    def document(self) -> dict[str, Any]:
        """A plan that logic alone schedules."""
        activities = [
            {"key": key, "name": key, "kind": "activity", "planned_duration_minutes": minutes}
            for key, minutes in self.durations.items()
        ]
        names = ("predecessor", "type", "successor", "lag_minutes")
        return {
            "name": "A network",
            "calendar": "standard",
            "scheduling": "as_soon_as_possible",
            "milestones": activities,
            "dependencies": [dict(zip(names, link, strict=True)) for link in self.links],
        }

    def inputs(self, calendars: int = 1) -> ScheduleInputs:
        """What is scheduled; each activity on one of so many calendars, whose days begin a minute apart."""
        chance = random.Random(SEED)
        clocks = [_calendar(minutes) for minutes in range(calendars)]
        working = {key: chance.choice(clocks) for key in self.durations}
        milestones = {
            key: Milestone(key, key, MilestoneKind.activity, planned_duration_minutes=minutes)
            for key, minutes in self.durations.items()
        }
        return ScheduleInputs(
            milestones=milestones,
            dependencies=[Dependency(*ends(link), lag_minutes=link[3]) for link in self.links],
            states={},
            working=lambda milestone: working[milestone.key],
            plan_working=clocks[0],
            options=ScheduleOptions(scheduling="as_soon_as_possible"),
        )


def ends(link: Link) -> tuple[str, DependencyType, str]:
    return link[0], DependencyType(link[1]), link[2]


def network(count: int) -> Network:
    """A network of so many activities, each of which has a predecessor and a successor nearby."""
    chance = random.Random(SEED)
    keys = [f"a{number:06}" for number in range(count)]
    links: dict[tuple[str, str, str], Link] = {}

    def link(before: int, after: int) -> None:
        type_ = chance.choices(_TYPES, (85, 10, 4, 1))[0].value
        lag = chance.choice((-480, 60, 480, 960)) if chance.random() < 0.1 else 0
        links[keys[before], type_, keys[after]] = (keys[before], type_, keys[after], lag)

    for number in range(count):
        if number > 0:
            link(max(number - chance.randint(1, _NEAR), 0), number)
        if number < count - 1:
            link(number, min(number + chance.randint(1, _NEAR), count - 1))
    while len(links) < 2 * count:
        after = chance.randrange(1, count)
        link(max(after - chance.randint(1, _NEAR), 0), after)
    return Network({key: 60 * chance.randint(1, 40) for key in keys}, sorted(links.values()))


def _calendar(minutes_later: int) -> WorkingTime:
    weekly = tuple(
        tuple((start + minutes_later, finish + minutes_later) for start, finish in day) for day in STANDARD
    )
    return compile_calendar(WorkingRules(weekly), date(2026, 1, 1), date(2036, 1, 1))
