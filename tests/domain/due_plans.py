"""Plans, progress and tolerances at random: odd ones, too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from app.domain.cpm import ScheduleCycles
from app.domain.moments import Moment, is_day
from app.domain.plan import Constraint, Dependency, DependencyType, Milestone, MilestoneKind, PlanFields, WeightBasis
from app.domain.progress import ExecutionEvent
from app.domain.tolerances import (
    EVERYTHING,
    ITEM_MEASURES,
    UNBOUNDED,
    UNITS,
    AppliesTo,
    Bounds,
    JudgedBy,
    Measure,
    Tolerance,
    Unit,
)
from tests.domain.builders import event
from tests.domain.due_build import Story

START = datetime(2024, 5, 1, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)
EDGES = (0, 8, 12, 13, 17)
CALENDARS = (("always",), ("standard",), ("standard",), ("always", "standard"), ("always", "standard", "berlin"))
DURATIONS = (0, 60, 240, 480, 960, 1440, 2000)
CONSTRAINTS = ("SNET", "FNET", "SNLT", "FNLT", "SO", "FO", "MSO", "MFO", "ALAP")
REPORTS = (
    "started",
    "started",
    "started",
    "progressed",
    "completed",
    "blocked",
    "unblocked",
    "reopened",
    "cancelled",
)
BOUNDS: dict[Unit, Sequence[float]] = {
    Unit.working_days: (-2, -1, -0.5, 0, 0.25, 0.5, 1, 1.5, 2, 3),
    Unit.working_minutes: (-600, -60, 0, 30, 240, 480, 1000),
    Unit.percent_of_baseline_duration: (-20, 0, 10, 50, 100),
    Unit.points: (-20, 0, 5, 10, 50, 100, 150),
    Unit.number: (0, 1),
}


@dataclass(frozen=True)
class Draw:
    """One random plan: its precision of dates (`days`, `instants`, `mixed`) and its calendars."""

    chance: Random
    precision: str
    calendars: Sequence[str]

    def moment(self) -> Moment:
        found = START + timedelta(minutes=self.chance.randrange(12 * 1440))
        if self.chance.random() < 0.5:
            found = found.replace(hour=self.chance.choice(EDGES), minute=0)
        is_told_as_day = self.precision == "days" or (self.precision == "mixed" and self.chance.random() < 0.5)
        return found.date() if is_told_as_day else found

    def maybe(self, likely: float) -> bool:
        return self.chance.random() < likely

    def calendar(self) -> str:
        return self.chance.choice(self.calendars)


def story_of(seed: int, *, is_odd: bool = True) -> tuple[Story, datetime, Random] | None:
    """A random plan and when it is looked at; None where its links close a cycle.

    One that is not odd has a single calendar, dates of one precision, no constraints and only plain links.
    """
    chance = Random(seed)
    precision = chance.choice(("days", "days", "instants", "mixed") if is_odd else ("days", "instants"))
    draw = Draw(chance, precision, chance.choice(CALENDARS if is_odd else CALENDARS[:2]))
    phases = ["p", "q"] if draw.maybe(0.4) else []
    keys = [f"m{number}" for number in range(chance.randint(1, 6))]
    plan = {key: _phase(draw, key) for key in phases} | {key: _leaf(draw, key, phases, is_odd) for key in keys}
    now = START + timedelta(minutes=chance.randrange(2 * 1440, 10 * 1440))
    if draw.maybe(0.4):
        now = now.replace(hour=chance.choice(EDGES), minute=0)
    target = draw.moment() if draw.maybe(0.3) else None
    story = Story(
        plan,
        None if draw.maybe(0.05) else _baseline(draw, plan),
        tuple(_event(draw, number, chance.choice(keys), now) for number in range(chance.choice((0, 0, 1, 3, 6)))),
        tuple(_links(draw, keys, phases, is_odd).values()),
        PlanFields(
            "plan",
            calendar=draw.calendar(),
            scheduling=chance.choice(("hold_planned_dates", "hold_planned_dates", "as_soon_as_possible")),
            weight_basis=chance.choice(list(WeightBasis)),
            target_finish=target,
            schedule_options={"progress_logic": chance.choice(("retained", "retained", "override"))},
        ),
        {key: chance.choice((0, 480, 960, 1440)) for key in keys if draw.maybe(0.8)},
    )
    try:
        story.seen(now)
    except ScheduleCycles:
        return None
    return story, now, chance


def _phase(draw: Draw, key: str) -> Milestone:
    parent = "p" if key == "q" and draw.maybe(0.5) else None
    deadline = draw.moment() if draw.maybe(0.3) else None
    return Milestone(key, key, MilestoneKind.phase, calendar=draw.calendar(), parent=parent, deadline=deadline)


def _leaf(draw: Draw, key: str, phases: Sequence[str], is_odd: bool) -> Milestone:
    chance, more = draw.chance, dict[str, Any]()
    kind = chance.choice((MilestoneKind.milestone, MilestoneKind.activity))
    if kind is MilestoneKind.activity:
        start, finish = sorted((draw.moment(), draw.moment()), key=lambda each: each.isoformat()[:10])
        if is_day(start) == is_day(finish):
            start, finish = min(start, finish), max(start, finish)
        if draw.maybe(0.85):
            more = {"planned_start": start, "planned_finish": finish}
        elif draw.maybe(0.5):
            more = {"planned_finish": finish}
        if draw.maybe(0.5) or not more:
            more["planned_duration_minutes"] = chance.choice(DURATIONS)
    elif draw.maybe(0.9):
        more = {chance.choice(("planned_finish", "planned_finish", "planned_finish", "planned_start")): draw.moment()}
    if is_odd and draw.maybe(0.15):
        type_ = chance.choice(CONSTRAINTS)
        more["constraint"] = Constraint(type_, None if type_ == "ALAP" else draw.moment())
    if draw.maybe(0.3):
        more["deadline"] = draw.moment()
    if phases and draw.maybe(0.6):
        more["parent"] = chance.choice(phases)
    return Milestone(key, key, kind, calendar=draw.calendar(), weight=chance.choice((1, 2.5)), **more)


def _baseline(draw: Draw, plan: dict[str, Milestone]) -> dict[str, Milestone]:
    """The same plan, but for what was added since, and for what moved."""
    found = {}
    for key, each in plan.items():
        by = timedelta()
        if each.kind is not MilestoneKind.phase and draw.maybe(0.5):
            by = draw.chance.choice((-4, -2, -1, 1, 2)) * DAY
            if draw.precision != "days" and draw.maybe(0.3):
                by += timedelta(minutes=draw.chance.randrange(-600, 600))
        start, finish = (None if each_ is None else each_ + by for each_ in (each.planned_start, each.planned_finish))
        if not draw.maybe(0.1):
            found[key] = replace(each, planned_start=start, planned_finish=finish)
    return found


def _links(
    draw: Draw, keys: Sequence[str], phases: Sequence[str], is_odd: bool
) -> dict[tuple[str, str, str], Dependency]:
    chance, found = draw.chance, {}
    for _ in range(chance.randint(0, 2 * len(keys)) if len(keys) > 1 else 0):
        one, other = sorted(chance.sample(keys, 2))
        type_ = DependencyType(chance.choice(("FS", "FS", "FS", "SS", "FF", "SF") if is_odd else ("FS", "SS", "FF")))
        lag = chance.choice((0, 0, 0, 60, 480, -240) if is_odd else (0, 0, 480))
        unit = chance.choice(("working", "working", "working", "elapsed")) if is_odd else "working"
        link = Dependency(one, type_, other, lag, None, unit)
        found[link.identity] = link
    if phases and is_odd and draw.maybe(0.5):
        link = Dependency("p", DependencyType(chance.choice(("FS", "SS"))), chance.choice(keys))
        found[link.identity] = link
    return found


def _event(draw: Draw, number: int, key: str, now: datetime) -> ExecutionEvent:
    """What was reported in the last days; sometimes of tomorrow."""
    chance = draw.chance
    type_ = chance.choice((*REPORTS, "forecast_changed"))
    when = now + timedelta(minutes=chance.randrange(-4 * 1440, 1440 if draw.maybe(0.2) else 1))
    data: dict[str, Any] = {}
    if type_ == "progressed":
        data = chance.choice(({"percent_complete": 0}, {"percent_complete": 30}, {"remaining_minutes": 600}))
    elif type_ == "forecast_changed":
        data = {chance.choice(("start", "finish")): draw.moment()}
    elif type_ == "blocked" and draw.maybe(0.5):
        data = {"expected_resume_at": draw.moment()}
    told = when.isoformat().replace("+00:00", "Z") if draw.maybe(0.6) else when.date().isoformat()
    return event(type_, told, key, f"e{number}", **data)


OF_DATES = tuple(measure for measure in Measure if measure not in ITEM_MEASURES)


def tolerance_of(chance: Random, number: int, measures: Sequence[Measure] = OF_DATES) -> Tolerance:
    """A random tolerance whose bounds do not cross."""
    measure = chance.choice(measures)
    unit = chance.choice(UNITS[measure])
    low, high = sorted(chance.sample(BOUNDS[unit], 2))
    upper = chance.choice((Bounds(low, high), Bounds(None, low), Bounds(high, None)))
    beneath = chance.choice(BOUNDS[unit])
    lower = UNBOUNDED
    if chance.random() < 0.25 and beneath < min(each for each in upper if each is not None):
        lower = Bounds(None, beneath)
        upper = UNBOUNDED if chance.random() < 0.4 else upper
    applies_to = EVERYTHING
    if chance.random() < 0.4:
        some = AppliesTo(kinds=frozenset({chance.choice(list(MilestoneKind))}))
        applies_to = chance.choice((AppliesTo(critical_only=True), some, some))
    basis = chance.choice((JudgedBy.forecast, JudgedBy.forecast, JudgedBy.actual))
    margin = chance.choice((None, None, 0, 0.3))
    return Tolerance(f"t{number}", measure, unit, 1, "", basis, lower, upper, margin, applies_to=applies_to)
