"""Early and late dates, floats and critical work against what Primavera P6 stored in three schedules."""

from typing import Any

import pytest

from app.domain.calendars import WorkingTime
from app.domain.cpm import Schedule, ScheduleOptions
from app.domain.execution import State
from app.domain.plan import Dependency, Milestone
from tests.domain.cpm_build import calendar, link, mark, minute, moment, run, state, task, weekly_of
from tests.domain.shared import shared_json

PROJECTS = ["cairo-alex-road", "hilal-oil-gas", "terminal-building-airport"]
UNFINISHED = {"cairo-alex-road": 11, "hilal-oil-gas": 31, "terminal-building-airport": 66}
LAG_CALENDARS = {"rcal_Predecessor": "predecessor", "rcal_Successor": "successor"}
FLOATS = {"FT_FF": "finish", "FT_SS": "start"}
CONSTRAINTS = {"CS_MSOB": "SNLT"}


def clock_of(project: Any) -> WorkingTime:
    """Each of the three has one calendar."""
    (only,) = project["calendars"].values()
    days_off = [day for day, intervals in only["exceptions"].items() if not intervals]
    assert len(days_off) == len(only["exceptions"])
    return calendar(weekly_of(only["week"]), days_off, round(only["hours_per_day"] * 60))


def options_of(project: Any) -> ScheduleOptions:
    told = project["options"]
    assert (told["retained_logic"], told["open_ended_critical"], told["critical_float_h"]) == ("Y", "N", 0.0)
    return ScheduleOptions(
        scheduling="as_soon_as_possible",
        lag_calendar=LAG_CALENDARS[told["lag_calendar"]],
        total_float=FLOATS[told["float_type"]],
        project_start=moment(project["project_start"]),
        target_finish=moment(project["must_finish_by"]),
    )


def milestone_of(each: Any) -> Milestone:
    more: dict[str, Any] = {}
    name, when = each["constraint"]
    if name is not None:
        more["constraint"] = (CONSTRAINTS[name], when)
    if each["type"] == "TT_Mile":
        return mark(each["id"], planned_start=each["target_start"], **more)
    if each["type"] == "TT_FinMile":
        return mark(each["id"], planned_finish=each["target_finish"], **more)
    return task(each["id"], each["target_duration_h"], **more)


def state_of(each: Any) -> State:
    if each["status"] == "TK_Complete":
        return state("completed", each["actual_start"], each["actual_finish"])
    if each["status"] == "TK_Active":
        return state("in_progress", each["actual_start"], remaining_minutes=round(each["remaining_duration_h"] * 60))
    return State()


def links_of(project: Any) -> list[Dependency]:
    return [link(each["pred"], each["succ"], each["type"], each["lag_h"]) for each in project["links"]]


def scheduled(project: Any, clock: WorkingTime) -> Schedule:
    return run(
        [milestone_of(each) for each in project["tasks"]],
        links_of(project),
        project["data_date"],
        {each["id"]: state_of(each) for each in project["tasks"]},
        options_of(project),
        working=lambda _: clock,
    )


@pytest.mark.parametrize("name", PROJECTS)
def test_all_dates_and_floats_are_those_of_primavera(name: str) -> None:
    project = shared_json(f"oracles/p6/{name}.json")
    clock = clock_of(project)
    found = scheduled(project, clock)
    differences: list[tuple[Any, ...]] = []
    unfinished = [each for each in project["tasks"] if each["status"] != "TK_Complete"]
    for each in unfinished:
        item, expected = found.items[each["id"]], each["expected"]
        for date_ in ("early_start", "early_finish", "late_start", "late_finish"):
            value = getattr(item, date_)
            if clock.worked(value) != clock.worked(minute(expected[date_])):
                differences.append((each["id"], date_))
        for float_ in ("total_float", "free_float"):
            hours = getattr(item, f"{float_}_minutes") / 60
            if abs(hours - expected[f"{float_}_h"]) > 0.01:
                differences.append((each["id"], float_, hours, expected[f"{float_}_h"]))
    assert differences == []
    assert len(unfinished) == UNFINISHED[name]
    assert set(found.critical) == {each["id"] for each in unfinished if each["expected"]["total_float_h"] <= 0}
    assert clock.worked(found.finish or 0) == clock.worked(minute(project["project_finish"]))
