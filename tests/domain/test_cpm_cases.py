"""Every published or recomputed case of the critical path method, and 480 networks of PSPLIB.

Where a case differs, the difference is one of those that the specification documents; it is named here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from app.domain.cpm import Schedule, ScheduleOptions
from app.domain.execution import State
from app.domain.plan import Dependency, Milestone
from tests.domain.cpm_build import (
    ASAP,
    DAYS,
    FIVE_DAYS,
    ROUND_THE_CLOCK,
    calendar,
    dates,
    link,
    mark,
    minute,
    moment,
    run,
    state,
    task,
    weekly_of,
)
from tests.domain.shared import shared_json

CASES = "oracles/cases"
ZERO = "2026-01-05T00:00"  # where cases that count periods begin, one minute a period
PERIODS = ["cpm-critpath-example1", "cpm-taha-6.5", "cpm-taylor-ch8-p6", "cpm-vanhoucke-2014-p1"]

# The R package does not cap a late finish at the project's finish; Primavera and this engine do.
CAPPED = "expected_with_late_finish_capped"
# Microsoft Project lets no SS or SF successor limit a predecessor's late dates; Primavera and this engine do.
UNLIMITED_BY_START = {("11", "ls"), ("11", "lf"), ("11", "tf_h"), ("13", "ls"), ("13", "lf"), ("13", "tf_h")}


def period(value: int | None) -> int | None:
    return None if value is None else value - minute(ZERO)


def in_periods(found: Schedule, key: str) -> dict[str, int | None]:
    item = found.items[key]
    return {
        "es": period(item.early_start),
        "ef": period(item.early_finish),
        "ls": period(item.late_start),
        "lf": period(item.late_finish),
        "tf": item.total_float_minutes,
        "ff": item.free_float_minutes,
    }


def of_periods(inputs: Any, as_of: str = ZERO, **changes: Any) -> Schedule:
    tasks = [task(each["id"], each["duration"] / 60) for each in inputs["activities"]]
    links = [link(each["pred"], each["succ"], each["type"], each["lag"] / 60) for each in inputs["links"]]
    return run(tasks, links, as_of, working=lambda _: ROUND_THE_CLOCK, **changes)


@pytest.mark.parametrize("name", PERIODS)
def test_textbook_networks(name: str) -> None:
    case = shared_json(f"{CASES}/{name}.json")
    found = of_periods(case["inputs"])
    assert period(found.finish) == case["expected"]["finish"]
    checked = 0
    for key, expected in case["expected"]["activities"].items():
        told = in_periods(found, key)
        assert {field: told[field] for field in expected} == expected, key
        checked += len(expected)
    if "critical" in case["expected"]:
        assert sorted(found.critical) == sorted(case["expected"]["critical"])
    assert checked + 1 + len(case["expected"].get("critical", ())) >= 17


def test_all_link_types_lags_and_relative_durations() -> None:
    case = shared_json(f"{CASES}/cpm-link-type-matrix.json")
    differing = set()
    for sub in case["inputs"]["subcases"]:
        # Only what has no predecessor starts with the project here; leads may go before it.
        found = of_periods(sub, "2026-01-04T00:00", project_start=moment(ZERO), floor_at_project_start=False)
        items = {key: in_periods(found, key) for key in sub["expected_published"]}
        for key, expected in sub["expected_published"].items():
            for field in ("es", "ef"):
                assert items[key][field] == expected[field], (sub["name"], key, field)
            for field in ("ls", "lf"):
                assert items[key][field] == sub[CAPPED][key][field], (sub["name"], key, field)
                if items[key][field] != expected[field]:
                    differing.add(sub["name"])
        starts = [int(told["es"] or 0) for told in items.values()]
        assert (period(found.finish) or 0) - min(starts) == sub["span_published"], sub["name"]
    assert len(case["inputs"]["subcases"]) == 36
    assert len(differing) == 13


def test_isolated_pairs_as_microsoft_project_stored_them() -> None:
    case = shared_json(f"{CASES}/cpm-msproject-task-links.json")
    found = hours(case["inputs"], case["inputs"]["project_start"], lag_calendar="successor", total_float="smallest")
    assert differences(found, case["expected"]["activities"]) == UNLIMITED_BY_START


def test_twelve_random_networks() -> None:
    case = shared_json(f"{CASES}/cpm-oracle-ms-corpus.json")
    inputs = case["inputs"]
    checked = 0
    for sub in inputs["subcases"]:
        found = hours(sub, inputs["project_start"], lag_calendar="successor")
        assert differences(found, sub["expected"]) == set(), sub["name"]
        checked += sum(map(len, sub["expected"].values()))
    assert checked == 1800


def test_hand_worked_schedules_by_the_rules_of_primavera() -> None:
    case = shared_json(f"{CASES}/cpm-p6-calendar-known-answers.json")
    checked = 0
    for sub in case["inputs"]["subcases"]:
        clock = calendar(FIVE_WEEK, sub["calendar"]["exceptions"])
        target = moment(sub["options"].get("must_finish"))
        found = hours(sub, sub["project_start"], clock, target_finish=target)
        assert differences(found, sub["expected"], clock) == set(), sub["name"]
        checked += sum(map(len, sub["expected"].values()))
    assert checked >= 40
    broken = hours(case["inputs"]["subcases"][4], "2026-01-05T08:00")
    assert [(each.milestone, each.minutes) for each in broken.findings] == [("D", 480)]


def test_a_finish_link_into_work_in_progress() -> None:
    case = shared_json(f"{CASES}/cpm-oracle-p6-ff-in-progress.json")
    found = hours(case["inputs"], case["inputs"]["data_date"])
    assert differences(found, case["expected"]["activities"]) == set()


@pytest.mark.parametrize(
    ("logic", "expected"), [("retained", "retained_logic"), ("override", "progress_override_independent_only")]
)
def test_out_of_sequence_progress(logic: str, expected: str) -> None:
    case = shared_json(f"{CASES}/cpm-oracle-p6-out-of-sequence.json")
    found = hours(case["inputs"], case["inputs"]["data_date"], progress_logic=logic)
    assert differences(found, case["expected"][expected]) == set()
    assert [(each.milestone, each.predecessor) for each in found.findings if each.predecessor] == [
        ("A2", "A1"),
        ("B2", "B1"),
    ]


def test_calendars_of_successors_and_of_lags() -> None:
    case = shared_json(f"{CASES}/cal-mixed-calendars-and-lag-calendar.json")
    mixed, lag, expected = case["inputs"]["mixed"], case["inputs"]["lag"], case["expected"]
    tasks = [task(each["id"], each["duration_h"], calendar=each.get("calendar")) for each in mixed["activities"]]
    found = run(tasks, links_of(mixed), mixed["project_start"])
    assert dates(found.items["K"]) == (expected["mixed"]["K"]["es"], expected["mixed"]["K"]["ef"])
    assert found.items["J"].total_float_minutes == 0
    for option, name in (("predecessor", "predecessor"), ("24h", "twenty_four_hour")):
        found = hours(lag, lag["project_start"], lag_calendar=option)
        assert differences(found, expected["lag"][name]) == set()


def test_a_night_shift() -> None:
    case = shared_json(f"{CASES}/cal-msproject-night-shift.json")
    week: dict[str, Iterable[Iterable[str]]] = {}
    for days, spans in case["inputs"]["week"].items():
        first, _, last = days.lower().partition("-")
        for day in DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]:
            week[day] = [span.split("-") for span in spans]
    clock = calendar(weekly_of(week))
    night = task("night", case["inputs"]["duration_h"])
    found = run([night], (), case["inputs"]["earliest"], working=lambda _: clock)
    assert dates(found.items["night"]) == (case["expected"]["start"], case["expected"]["finish"])


def test_480_networks_of_psplib() -> None:
    networks = shared_json("oracles/psplib_j30.json")
    for each in networks:
        tasks = [task(str(number), length / 60) for number, length in enumerate(each["durations"], 1)]
        links = [link(str(before), str(after)) for before, after in each["arcs"]]
        found = run(tasks, links, ZERO, working=lambda _: ROUND_THE_CLOCK)
        assert period(found.finish) == each["critical_path_length"], each["name"]
    assert len(networks) == 480


# --- cases in hours on a working week

FIVE_WEEK = weekly_of(dict.fromkeys(DAYS[:5], (("08:00", "12:00"), ("13:00", "17:00"))))
FIELDS = {
    "es": "early_start",
    "remaining_start": "early_start",
    "ef": "early_finish",
    "ls": "late_start",
    "lf": "late_finish",
    "tf_h": "total_float_minutes",
    "ff_h": "free_float_minutes",
}


def milestone_of(each: Any) -> Milestone:
    more: dict[str, Any] = {}
    if "constraint" in each:
        more["constraint"] = (each["constraint"], each["constraint_date"])
    if each.get("type") == "finish_ms":
        return mark(each["id"], **more)
    return task(each["id"], each["duration_h"], **more)


def state_of(each: Any) -> State:
    if "actual_finish" in each:
        return state("completed", each["actual_start"], each["actual_finish"])
    if "actual_start" in each:
        return state("in_progress", each["actual_start"], remaining_minutes=each["remaining_h"] * 60)
    return State()


def links_of(inputs: Any) -> list[Dependency]:
    return [link(each["pred"], each["succ"], each["type"], each.get("lag_h", 0)) for each in inputs["links"]]


def hours(
    inputs: Any, as_of: str, clock: Any = FIVE_DAYS, options: ScheduleOptions = ASAP, **changes: Any
) -> Schedule:
    return run(
        [milestone_of(each) for each in inputs["activities"]],
        links_of(inputs),
        as_of,
        {each["id"]: state_of(each) for each in inputs["activities"]},
        options,
        working=lambda _: clock,
        **changes,
    )


def differences(
    found: Schedule, expected: Mapping[str, Mapping[str, Any]], clock: Any = FIVE_DAYS
) -> set[tuple[str, str]]:
    """Which values differ: instants in working time, floats in hours."""
    wrong = set()
    for key, values in expected.items():
        for field, value in values.items():
            told = getattr(found.items[key], FIELDS[field])
            if field.endswith("_h"):
                same = told is not None and told == round(value * 60)
            else:
                same = told is not None and clock.worked(told) == clock.worked(minute(value))
            if not same:
                wrong.add((key, field))
    return wrong
