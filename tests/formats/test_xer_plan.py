"""What a XER file says of the plan as a whole: which project, its fields, options and breakdown."""

from typing import Any

import pytest

from tests.formats.xer_build import (
    BASE,
    ROOT,
    Row,
    active,
    base,
    done,
    milestone,
    notes,
    options,
    parsed,
    problems,
    project,
    task,
    wbs,
    wrong,
    xer,
)

OTHER = project(proj_id="2", proj_short_name="TUNNEL")


def of_other(row: Row) -> Row:
    """The same row, of project 2."""
    name, cells = row
    ids = {"task_id": f"{cells['task_id']}-2"} if name == "TASK" else {}
    return name, {**cells, "proj_id": "2"} | ids


def schedule_options(*rows: Row) -> dict[str, Any]:
    return dict(parsed(task("A"), base=base(*rows)).document["schedule_options"])


def test_a_file_becomes_a_plan() -> None:
    file = parsed(task("A"), time_zone="Europe/Berlin")
    assert (file.format, file.project) == ("xer", "BRIDGE")
    plan = {name: value for name, value in file.document.items() if name not in {"milestones", "dependencies"}}
    assert plan == {
        "name": "A bridge",
        "calendar": "Five days",
        "time_zone": "Europe/Berlin",
        "scheduling": "as_soon_as_possible",
        "schedule_options": {
            "progress_logic": "retained",
            "lag_calendar": "predecessor",
            "total_float": "finish",
            "critical_float_minutes": 0,
            "project_start": "2026-01-05T07:00:00Z",
        },
        "weight_basis": "duration",
        "target_finish": None,
        "status_date": "2026-01-04T23:00:00Z",
    }


def test_a_plan_whose_root_has_no_name_is_called_by_its_project() -> None:
    assert (
        parsed(task("A"), base=base(wbs("100", "X", "7", proj_node_flag="Y", wbs_name=""))).document["name"]
        == "BRIDGE"
    )


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-03-29 02:30", "2026-03-29T01:30:00Z"),  # in the gap: later by the gap
        ("2026-10-25 02:30", "2026-10-25T00:30:00Z"),  # there twice: the first
        ("2026-6-1 8.05", "2026-06-01T06:05:00Z"),
        ("2026-06-01 08:05:30", "2026-06-01T06:05:30Z"),
        ("2026-06-01", "2026-05-31T22:00:00Z"),
    ],
)
def test_local_times_are_told_as_instants(told: str, instant: str) -> None:
    file = parsed(task("A"), base=base(project(plan_end_date=told)), time_zone="Europe/Berlin")
    assert file.document["target_finish"] == instant


@pytest.mark.parametrize(
    "told", ["soon", "2026-02-30 08:00", "2026-01-01 25:00", "0000-01-01", "٢026-01-01", "1-1-1"]
)
def test_what_is_no_date_is_wrong(told: str) -> None:
    (problem,) = problems(xer(task("A"), base=base(project(plan_end_date=told))))
    assert problem.place == "line 4, PROJECT.plan_end_date"
    assert problem.code == "no_date"


@pytest.mark.parametrize("told", ["1969-12-31 23:59", "2200-01-01 00:00", "0001-01-01"])
def test_dates_far_away_are_wrong(told: str) -> None:
    assert wrong(task("A"), base=base(project(plan_end_date=told))) == [("PROJECT.plan_end_date", "out_of_range")]


def test_the_last_instant_of_all_is_none_elsewhere() -> None:
    body = xer(task("A"), base=base(project(plan_end_date="9999-12-31 23:59")))
    assert [problem.code for problem in problems(body, time_zone="America/Lima")] == ["no_date"]


def test_what_was_never_scheduled_is_seen_from_its_start() -> None:
    file = parsed(task("A"), base=base(project(last_recalc_date="")))
    assert file.document["status_date"] == "2026-01-05T08:00:00Z"
    assert notes(file)["no_data_date"] == "is empty; the planned start is taken for it"


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"last_recalc_date": "", "plan_start_date": ""}, [("PROJECT.plan_start_date", "missing")]),
        ({"last_recalc_date": "x"}, [("PROJECT.last_recalc_date", "no_date")]),
    ],
)
def test_a_project_without_a_data_date_is_wrong(told: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert wrong(active("A"), base=base(project(**told))) == found


def test_of_several_projects_one_is_named() -> None:
    rows = (task("A"), of_other(task("B")), of_other(wbs("200", "T", proj_node_flag="Y")))
    several = (*base(project(), OTHER), *rows)
    (problem,) = problems(xer(base=several))
    assert problem.code == "several_projects"
    assert problem.detail == "has several projects, name the one to read: BRIDGE, TUNNEL"
    file = parsed(base=several, project="BRIDGE")
    assert [each["key"] for each in file.document["milestones"]] == ["A"]
    assert notes(file)["other_projects"] == "is the only project read; left out: TUNNEL"
    (problem,) = problems(xer(base=several), project="ROAD")
    assert problem.detail == "has no single project of that name; it has: BRIDGE, TUNNEL"


def test_a_project_without_activities_is_not_meant() -> None:
    assert parsed(task("A"), base=base(project(), OTHER)).project == "BRIDGE"


def test_projects_that_are_baselines_of_the_plan_become_its_baselines() -> None:
    baselines = [
        project(proj_id=number, proj_short_name=f"BRIDGE - B{number}", orig_proj_id="1") for number in ("2", "3")
    ]
    rows = [
        task("A", 16),
        task("M", task_type="TT_Mile"),
        task("F", task_type="TT_FinMile"),
        *(of_other(task(code, 12, target_end_date="2026-01-04 17:00")) for code in "ABCDEFGH"),
        of_other(task("L", task_type="TT_LOE")),
        ("TASK", {**task("A")[1], "task_id": "tA-3", "proj_id": "3"}),
    ]
    file = parsed(*rows, base=base(project(sum_base_proj_id="2"), *baselines))
    assert [(each.number, each.name) for each in file.baselines] == [(1, "BRIDGE - B3"), (2, "BRIDGE - B2")]
    assert file.baselines[1].milestones["A"] == {
        "planned_start": "2026-01-05T08:00:00Z",
        "planned_finish": "2026-01-04T17:00:00Z",
        "planned_duration_minutes": 720,
    }
    assert set(file.baselines[1].milestones) == {"A", "F"}
    assert notes(file)["baseline_removed"].endswith("(6: B, C, D, E, G and 1 more)")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, {"progress_logic": "retained", "lag_calendar": "predecessor", "total_float": "finish"}),
        ({"sched_progress_override": "Y"}, {"progress_logic": "override"}),
        ({"sched_calendar_on_relationship_lag": "rcal_Successor"}, {"lag_calendar": "successor"}),
        ({"sched_calendar_on_relationship_lag": "rcal_ProjDefault"}, {"lag_calendar": "project"}),
        ({"sched_calendar_on_relationship_lag": "rcal_24hour"}, {"lag_calendar": "24h"}),
        ({"sched_calendar_on_relationship_lag": ""}, {"lag_calendar": "predecessor"}),
        ({"sched_float_type": "FT_SS"}, {"total_float": "start"}),
        ({"sched_float_type": "FT_MIN"}, {"total_float": "smallest"}),
    ],
)
def test_scheduling_options(told: dict[str, str], expected: dict[str, str]) -> None:
    found = schedule_options(options(**told))
    assert {name: found[name] for name in expected} == expected


def test_work_with_a_little_float_may_be_critical() -> None:
    assert schedule_options(project(critical_drtn_hr_cnt="12.5"))["critical_float_minutes"] == 750


def test_a_file_without_options_has_those_of_primavera() -> None:
    file = parsed(task("A"), base=[row for row in BASE if row[0] != "SCHEDOPTIONS"])
    assert "no_options" in notes(file)
    assert set(file.document["schedule_options"]) == {"critical_float_minutes", "project_start"}


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (options(sched_float_type="FT_X"), "SCHEDOPTIONS.sched_float_type"),
        (options(sched_open_critical_flag="?"), "SCHEDOPTIONS.sched_open_critical_flag"),
        (options(sched_calendar_on_relationship_lag="x"), "SCHEDOPTIONS.sched_calendar_on_relationship_lag"),
    ],
)
def test_options_that_are_none_are_wrong(row: Row, columns: str) -> None:
    assert wrong(task("A"), base=base(row)) == [(columns, "unknown_value")]


@pytest.mark.parametrize(
    ("row", "tasks", "code"),
    [
        (options(sched_retained_logic="N"), [active("A")], "actual_dates"),
        (options(sched_open_critical_flag="Y"), [task("A")], "open_ends"),
        (options(sched_use_expect_end_flag="Y"), [task("A", expect_end_date="2026-02-01 17:00")], "expected_finish"),
        (options(enable_multiple_longest_path_calc="Y"), [task("A", float_path=1)], "float_paths"),
        (project(critical_path_type="CT_DrivPath"), [task("A")], "critical_path"),
        (project(critical_drtn_hr_cnt=-8), [task("A")], "critical_float"),
    ],
)
def test_options_that_leeway_does_not_have_are_noted(row: Row, tasks: list[Row], code: str) -> None:
    assert list(notes(parsed(*tasks, base=base(row)))) == [code]


@pytest.mark.parametrize(
    ("row", "tasks"),
    [
        (options(sched_retained_logic="N"), [task("A")]),
        (options(sched_use_expect_end_flag="Y"), [done("A", expect_end_date="2026-02-01 17:00")]),
        (options(sched_use_expect_end_flag="N"), [task("A", expect_end_date="2026-02-01 17:00")]),
        (options(enable_multiple_longest_path_calc="Y"), [task("A")]),
        (options(sched_lag_early_start_flag="Y"), [task("A")]),
    ],
)
def test_options_without_effect_are_not(row: Row, tasks: list[Row]) -> None:
    assert notes(parsed(*tasks, base=base(row))) == {}


def test_the_breakdown_becomes_phases_named_by_their_way_from_the_root() -> None:
    rows = [
        wbs("103", "Piers", "102"),
        wbs("102", "East"),
        task("A", wbs_id="103"),
        task("B"),
        task("C", wbs_id="102"),
    ]
    file = parsed(*rows)
    assert [(each["key"], each["name"], each["parent"]) for each in file.document["milestones"][:2]] == [
        ("wbs:East", "Phase East", None),
        ("wbs:East.Piers", "Phase Piers", "wbs:East"),
    ]
    assert [milestone(file, code)["parent"] for code in "ABC"] == ["wbs:East.Piers", None, "wbs:East"]
    assert file.places["milestones"][:2] == ["line 15, PROJWBS", "line 14, PROJWBS"]


def test_phases_without_activities_are_left_out_with_a_note() -> None:
    file = parsed(wbs("102", "East"), wbs("103", "Piers", "102"), task("A"))
    assert notes(file)["empty_phase"] == "phases without activities are left out: East, Piers"
    assert [each["key"] for each in file.document["milestones"]] == ["A"]


def test_ids_of_phases_are_never_the_same() -> None:
    rows = [wbs("102", "1"), wbs("103", "1.1"), wbs("104", "1.1", "102"), wbs("105", "1", "103"), wbs("106", "")]
    file = parsed(*rows, *(task(f"A{wbs_id}", wbs_id=wbs_id) for wbs_id in range(102, 107)))
    keys = [each["key"] for each in file.document["milestones"][:5]]
    assert keys == ["wbs:1", "wbs:1.1", "wbs:106", "wbs:1.1.1", "wbs:1.1.1~105"]


def test_long_ways_are_shortened_each_to_another_id() -> None:
    rows = [wbs(str(101 + level), "x" * 60, str(100 + level)) for level in range(99)]
    file = parsed(*rows, task("A", wbs_id="199"))
    keys = [each["key"] for each in file.document["milestones"]]
    assert len(set(keys)) == 100
    assert max(map(len, keys)) <= 200


def test_the_root_is_flagged_or_the_only_one_without_a_parent() -> None:
    root = wbs("100", "BRIDGE", "7")
    assert parsed(task("A"), base=base(root)).document["name"] == "Phase BRIDGE"
    assert wrong(task("A"), base=base(root, wbs("101", "Second", "7"))) == [
        ("PROJWBS.proj_node_flag", "no_root"),
        ("TASK.wbs_id", "unknown_wbs"),
    ]


def test_a_project_without_a_breakdown_is_wrong() -> None:
    assert wrong(task("A"), base=base(wbs("100", "T", proj_id="2"))) == [("TASK.wbs_id", "unknown_wbs")]


def test_a_breakdown_that_does_not_lead_to_the_root_is_wrong() -> None:
    rows = [wbs("101", "A", "102"), wbs("102", "B", "101"), wbs("103", "C", "99"), task("A", wbs_id="101")]
    found = wrong(*rows)
    assert found[:3] == [("PROJWBS.parent_wbs_id", "not_below_root")] * 3
    assert found[3] == ("TASK.wbs_id", "unknown_wbs")


def test_a_breakdown_deeper_than_a_hundred_levels_is_wrong() -> None:
    rows = [wbs(str(101 + level), "x", str(100 + level)) for level in range(5_000)]
    assert wrong(*rows, task("A", wbs_id="5100")) == [("PROJWBS.parent_wbs_id", "too_deep")]


def test_ids_that_are_empty_or_stand_twice_are_wrong() -> None:
    rows = [wbs("101", "A"), wbs("101", "B"), wbs("", "C"), task("A"), task("A")]
    assert wrong(*rows, base=(project(), project(), *BASE[1:])) == [
        ("PROJECT.proj_id", "repeated"),
        ("PROJWBS.wbs_id", "repeated"),
        ("PROJWBS.wbs_id", "missing"),
        ("TASK.task_id", "repeated"),
        ("TASK.task_code", "repeated"),
    ]


def test_activities_of_no_project_are_wrong() -> None:
    assert wrong(task("A"), task("B", proj_id="9")) == [("TASK.proj_id", "unknown_project")]


def test_the_root_itself_is_no_phase() -> None:
    assert ROOT[1]["wbs_id"] == "100"
    assert [each["kind"] for each in parsed(task("A")).document["milestones"]] == ["activity"]
