"""Plans to be written as files of Microsoft Project, and those files as another reader has them."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.domain.calendars import STANDARD, WorkingRules, built_in, compile_calendar, zone_transitions
from app.domain.cpm import ScheduleInputs, options_of, schedule
from app.domain.execution import State
from app.domain.plan import Dependency, DependencyType, Milestone, Money, PlanContent, PlanFields
from app.formats.exported import Exported, ExportedBaseline, ExportedCalendar
from app.formats.mspdi_writer import write
from tests.domain.cpm_build import mark, phase, state
from tests.domain.cpm_build import task as activity

ZONE = "Europe/Berlin"
AS_OF = datetime(2026, 1, 8, 16, tzinfo=UTC)  # Thursday 17:00 in Berlin
MONDAY = date(2026, 1, 5)
FIELDS = PlanFields(
    "Bridge",
    time_zone=ZONE,
    calendar="standard",
    scheduling="as_soon_as_possible",
    schedule_options={"lag_calendar": "successor", "total_float": "smallest", "project_start": "2026-01-05"},
)
NIGHTS: Any = (((0, 180), (240, 480), (1380, 1440)),) * 5 + ((), ())
EXCEPTIONS: Any = {date(2026, 1, 1): (), date(2026, 1, 2): (), date(2026, 1, 3): ((480, 720),), date(2026, 2, 2): ()}
RULES = {
    **{key: built_in(key, zone_transitions(ZONE)) for key in ("standard", "always")},
    "nights": WorkingRules(NIGHTS, EXCEPTIONS, 480, zone_transitions(ZONE)),
    "other": WorkingRules(STANDARD, {}, 480, zone_transitions(ZONE)),
}
NAMES = {"standard": "Standard", "always": "24 hours", "nights": "Nights", "other": "nights"}
CLOCKS = {key: compile_calendar(rules, date(2025, 1, 1), date(2027, 1, 1)) for key, rules in RULES.items()}


def task(key: str, hours: float | None = 8, **more: Any) -> Milestone:
    return activity(key, hours, **{"calendar": None} | more)


def milestone(key: str, **more: Any) -> Milestone:
    return mark(key, **{"calendar": None} | more)


def summary(key: str, **more: Any) -> Milestone:
    return phase(key, **{"calendar": None} | more)


def link(predecessor: str, successor: str, type_: str = "FS", **more: Any) -> Dependency:
    return Dependency(predecessor, DependencyType(type_), successor, **more)


def plan(
    milestones: Iterable[Milestone],
    links: Iterable[Dependency] = (),
    states: dict[str, State] | None = None,
    fields: PlanFields = FIELDS,
    baselines: tuple[ExportedBaseline, ...] = (),
) -> Exported:
    content = PlanContent(fields, {each.key: each for each in milestones}, {each.identity: each for each in links})
    own = CLOCKS[fields.calendar]
    inputs = ScheduleInputs(
        content.milestones,
        content.dependencies.values(),
        states or {},
        lambda each: own if each.calendar is None else CLOCKS[each.calendar],
        own,
        options_of(fields),
    )
    used = {fields.calendar, *(each.calendar for each in content.milestones.values() if each.calendar)}
    calendars = {key: ExportedCalendar(NAMES[key], RULES[key]) for key in used}
    return Exported("bridge", content, AS_OF, states or {}, schedule(inputs, AS_OF), calendars, baselines)


def root(exported: Exported) -> ET.Element:
    """The file as another reader has it, without its namespace."""
    found = ET.fromstring(write(exported).replace(b' xmlns="http://schemas.microsoft.com/project"', b""))
    assert found.tag == "Project"
    return found


def tasks(exported: Exported) -> dict[str, ET.Element]:
    """The tasks by their names, without the one that is the project."""
    found = root(exported).findall("Tasks/Task")
    assert found[0].findtext("UID") == "0"
    return {each.findtext("Name") or "": each for each in found[1:]}


def texts(each: ET.Element, *names: str) -> list[str | None]:
    return [each.findtext(name) for name in names]


def everything() -> Exported:
    return plan(
        [
            summary("ph", deadline=date(2026, 3, 1), owner="Chief"),
            task("dig", 40, parent="ph", owner="Ann, Bob", budget=Money(Decimal("1200.50"), "USD")),
            task("pour", 16, parent="ph", constraint=("SNET", date(2026, 1, 20)), deadline="2026-01-30T12:00"),
            task("cure", 72, calendar="always"),
            task("night", 16, calendar="nights", planned_start="2026-01-19T23:00", planned_finish="2026-01-21T08:00"),
            task("late", constraint=("ALAP", None)),
            milestone("done", planned_finish="2026-02-20T17:00"),
        ],
        [
            link("dig", "pour", lag_minutes=480),
            link("pour", "cure", "SS", lag_minutes=1_440, lag_unit="elapsed"),
            link("cure", "night", "FF", lag_percent=50.0),
            link("night", "done", "SF", lag_minutes=-60),
        ],
        {"dig": state("in_progress", "2026-01-05T07:00", percent_complete=40.0, remaining_minutes=1_440)},
        baselines=(baseline(1, "dig"), baseline(2, "dig", "done")),
    )


def baseline(number: int, *keys: str) -> ExportedBaseline:
    day = date(2026, 1, number)
    kept: dict[str, Milestone] = {"dig": task("dig", 24, planned_start=day, planned_finish=day, calendar="gone")}
    kept |= {"done": milestone("done", planned_finish=day), "undated": task("undated")}
    return ExportedBaseline(number, f"B{number}", {key: kept[key] for key in keys})
