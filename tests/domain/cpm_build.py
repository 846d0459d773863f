"""Short ways to say networks, and to schedule them, in tests of the critical path method."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from app.domain.calendars import (
    ALWAYS,
    STANDARD,
    Intervals,
    Weekly,
    WorkingRules,
    WorkingTime,
    compile_calendar,
)
from app.domain.cpm import BoundKind, Schedule, Scheduled, ScheduleInputs, ScheduleOptions, schedule
from app.domain.execution import Lifecycle, State
from app.domain.moments import Moment, from_minutes, parse_moment, to_minutes
from app.domain.plan import Constraint, Dependency, DependencyType, Milestone, MilestoneKind

FIRST, LAST = date(2001, 1, 1), date(2031, 1, 1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

ASAP = ScheduleOptions(scheduling="as_soon_as_possible")
HOLD = ScheduleOptions()


def calendar(weekly: Weekly, days_off: Iterable[str] = (), minutes_per_day: int = 480) -> WorkingTime:
    exceptions: dict[date, Intervals] = {date.fromisoformat(day): () for day in days_off}
    return compile_calendar(WorkingRules(weekly, exceptions, minutes_per_day), FIRST, LAST)


def weekly_of(week: Mapping[str, Iterable[Iterable[str]]]) -> Weekly:
    return tuple(tuple((_clock(start), _clock(finish)) for start, finish in week.get(day, ())) for day in DAYS)


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


FIVE_DAYS = calendar(STANDARD)
SIX_DAYS = calendar((*STANDARD[:5], STANDARD[0], ()))
SEVEN_DAYS = calendar((STANDARD[0],) * 7)
ROUND_THE_CLOCK = calendar(ALWAYS, minutes_per_day=1440)
CLOCKS = {"five": FIVE_DAYS, "six": SIX_DAYS, "seven": SEVEN_DAYS, "always": ROUND_THE_CLOCK}


def moment(text: str | Moment | None) -> Moment | None:
    """An instant or a day; local times of the files are taken as UTC."""
    if not isinstance(text, str):
        return text
    if len(text) == 10:
        return parse_moment(text)
    return parse_moment(text if text.endswith("Z") else f"{text}:00Z" if len(text) == 16 else f"{text}Z")


def instant(text: str) -> datetime:
    found = moment(text)
    return found if isinstance(found, datetime) else datetime(found.year, found.month, found.day, tzinfo=UTC)  # type: ignore[union-attr]


def minute(text: str) -> int:
    return to_minutes(instant(text))


def told(minutes: int | None) -> str | None:
    return None if minutes is None else from_minutes(minutes).strftime("%Y-%m-%dT%H:%M")


def task(key: str, hours: float | None = 0, **more: Any) -> Milestone:
    for name in ("planned_start", "planned_finish", "deadline"):
        if isinstance(more.get(name), str):
            more[name] = moment(more[name])
    if "constraint" in more:
        kind, when = more["constraint"]
        more["constraint"] = Constraint(kind, moment(when))
    minutes = None if hours is None else round(hours * 60)
    return Milestone(
        key, key, **{"kind": MilestoneKind.activity, "planned_duration_minutes": minutes, "calendar": "five"} | more
    )


def mark(key: str, **more: Any) -> Milestone:
    return task(key, None, **{"kind": MilestoneKind.milestone} | more)


def phase(key: str, **more: Any) -> Milestone:
    return task(key, None, **{"kind": MilestoneKind.phase} | more)


def link(predecessor: str, successor: str, type_: str = "FS", lag_hours: float = 0, **more: Any) -> Dependency:
    return Dependency(predecessor, DependencyType(type_), successor, lag_minutes=round(lag_hours * 60), **more)


def state(
    lifecycle: str = "in_progress", start: str | Moment | None = None, finish: str | Moment | None = None, **more: Any
) -> State:
    for name in ("forecast_start", "forecast_finish", "expected_resume_at", "blocked_since"):
        if isinstance(more.get(name), str):
            more[name] = moment(more[name])
    return State(Lifecycle(lifecycle), moment(start), moment(finish), **more)


def run(
    milestones: Iterable[Milestone],
    links: Iterable[Dependency] = (),
    as_of: str = "2026-01-05T08:00",
    states: Mapping[str, State] | None = None,
    options: ScheduleOptions = ASAP,
    working: Callable[[Milestone], WorkingTime] | None = None,
    **changes: Any,
) -> Schedule:
    for name in ("project_start", "target_finish"):
        if isinstance(changes.get(name), str):
            changes[name] = moment(changes[name])
    inputs = ScheduleInputs(
        milestones={each.key: each for each in milestones},
        dependencies=tuple(links),
        states=states or {},
        working=working or (lambda each: CLOCKS[each.calendar or "five"]),
        plan_working=FIVE_DAYS if working is None else working(mark("plan")),
        options=replace(options, **changes) if changes else options,
    )
    return schedule(inputs, instant(as_of))


def dates(item: Scheduled) -> tuple[str | None, str | None]:
    return told(item.early_start), told(item.early_finish)


def projected(item: Scheduled) -> tuple[str | None, str | None]:
    return told(item.projected_start), told(item.projected_finish)


def lates(item: Scheduled) -> tuple[str | None, str | None]:
    return told(item.late_start), told(item.late_finish)


def codes(found: Schedule, key: str | None = None) -> list[str]:
    return [each.code.value for each in found.findings if key in {None, each.milestone}]


MON, TUE, WED, THU, FRI = (f"2026-01-{day:02}" for day in range(5, 10))
MON2, TUE2, WED2, THU2, FRI2 = (f"2026-01-{day:02}" for day in range(12, 17))
AB = [task("a", 16), task("b", 8)]


def winner(found: Schedule, key: str) -> tuple[str, str | None]:
    """The kind of what sets the early dates, and the milestone or the constraint behind it."""
    first = next(each for each in found.why(key) if each.kind is not BoundKind.progress)
    return first.kind.value, first.milestone or first.constraint
